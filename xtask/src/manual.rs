//! What packages install beside the exporter: man pages, and completions for shells.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use clap_complete::Shell;
use zroc_exporter::cli;

const PROGRAM: &str = "zroc-exporter";

const SHELLS: [Shell; 3] = [Shell::Bash, Shell::Fish, Shell::Zsh];

#[derive(Args)]
pub(crate) struct Options {
    /// The folder to write to; it is made if it does not exist
    folder: PathBuf,
}

/// One page for the program, and one for each of its commands.
pub(crate) fn write_man_pages(Options { folder }: &Options) -> anyhow::Result<()> {
    make(folder)?;
    let written = clap_mangen::generate_to(cli::command(), folder);
    written.with_context(|| format!("cannot write to {}", folder.display()))
}

/// One file for each shell.
pub(crate) fn write_completions(Options { folder }: &Options) -> anyhow::Result<()> {
    make(folder)?;
    for shell in SHELLS {
        let written = clap_complete::generate_to(shell, &mut cli::command(), PROGRAM, folder);
        written.with_context(|| format!("cannot write to {}", folder.display()))?;
    }
    Ok(())
}

fn make(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))
}

#[cfg(test)]
mod tests {
    use clap_complete::generate;
    use clap_mangen::Man;
    use zroc_exporter::settings::SETTINGS;

    use super::*;

    #[test]
    fn the_man_page_has_every_setting() {
        let mut page = Vec::new();
        Man::new(cli::command()).render(&mut page).unwrap();
        let page = String::from_utf8(page).unwrap().replace("\\-", "-");
        for setting in SETTINGS {
            let flag = setting.flag.map(|flag| format!("--{flag}"));
            let names = [
                Some(setting.name.to_owned()).filter(|_| setting.is_variable),
                flag,
            ];
            for name in names.into_iter().flatten() {
                assert!(page.contains(&name), "{name}");
            }
        }
    }

    #[test]
    fn completions_have_every_flag() {
        for shell in SHELLS {
            let mut script = Vec::new();
            generate(shell, &mut cli::command(), PROGRAM, &mut script);
            let script = String::from_utf8(script).unwrap();
            for flag in SETTINGS.iter().filter_map(|setting| setting.flag) {
                assert!(script.contains(flag), "{shell}: {flag}");
            }
        }
    }
}
