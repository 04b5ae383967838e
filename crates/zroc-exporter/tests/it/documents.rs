//! The documents tell what the program does.

use planner_core::snapshot::VmState;
use zroc_exporter::exposition::VM_FAMILIES;
use zroc_exporter::settings::SETTINGS;

const README: &str = include_str!("../../../../README.md");

fn row_of(name: &str) -> &'static str {
    let named = format!("`{name}`");
    README
        .lines()
        .find(|line| {
            line.split('|')
                .nth(1)
                .is_some_and(|cell| cell.contains(&named))
        })
        .unwrap_or_else(|| panic!("{name} is not in the README"))
}

#[test]
fn the_readme_has_every_setting_with_its_default() {
    for setting in SETTINGS {
        let default = setting
            .default
            .map_or(String::new(), |default| format!("`{default}`"));
        let cell = row_of(setting.name)
            .split('|')
            .nth(2)
            .unwrap()
            .trim()
            .to_owned();
        assert_eq!(cell, default, "{}", setting.name);
    }
}

#[test]
fn the_readme_has_every_metric() {
    for family in VM_FAMILIES {
        assert!(
            README.contains(&format!("`{}", family.name)),
            "{}",
            family.name
        );
    }
    for state in VmState::ALL {
        assert!(
            README.contains(&format!("`{}`", state.as_str())),
            "{}",
            state.as_str()
        );
    }
    let page = include_str!("snapshots/it__exposition__text.snap");
    let metadata = page.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    for name in metadata.filter_map(|line| line.split(' ').next()) {
        assert!(
            README.contains(&format!("`{name}")),
            "{name} is not in the README"
        );
    }
}
