//! Whether a history is kept, where, and how much of it.

use std::fs;
use std::num::NonZeroU32;

use planner_core::history::Limits;
use tempfile::TempDir;
use zroc_exporter::settings::HistorySettings;

use crate::settings::{problems, with_password};

fn history(variables: &[(&str, &str)]) -> Option<HistorySettings> {
    let settings = with_password(variables).unwrap();
    let collection = &settings.vcenters[0].collection;
    let history = collection.history.clone();
    // New samples take memory.
    assert_eq!(collection.options().keep_new_samples, history.is_some());
    history
}

#[test]
fn a_history_is_kept_unless_it_has_no_hours() {
    let root = TempDir::new().unwrap();
    let folder = root.path().to_str().unwrap();
    assert_eq!(history(&[("HISTORY_HOURS", "0")]), None);
    assert_eq!(
        history(&[("HISTORY_DIR", folder), ("HISTORY_HOURS", "0")]),
        None
    );
    let in_memory = history(&[]).unwrap();
    assert_eq!((&in_memory.folder, in_memory.backfill), (&None, true));
    let without = history(&[("HISTORY_BACKFILL", "no")]).unwrap();
    assert!(!without.backfill);
    let limits = |hours, roll_up_days, bytes| {
        Some(HistorySettings {
            folder: Some(root.path().to_owned()),
            limits: Limits {
                hours: NonZeroU32::new(hours).unwrap(),
                roll_up_days,
                bytes,
            },
            backfill: true,
        })
    };
    assert_eq!(
        history(&[("HISTORY_DIR", folder)]),
        limits(24, 7, 256 << 20)
    );
    assert_eq!(
        Some(in_memory.limits),
        limits(24, 7, 256 << 20).map(|it| it.limits)
    );
    let given = [
        ("HISTORY_DIR", folder),
        ("HISTORY_HOURS", "720"),
        ("HISTORY_ROLLUP_DAYS", "0"),
        ("HISTORY_MAX_BYTES", "1.5GB"),
    ];
    assert_eq!(history(&given), limits(720, 0, 1_500_000_000));
}

#[test]
fn what_no_history_can_have_is_refused() {
    let root = TempDir::new().unwrap();
    let file = root.path().join("file");
    fs::write(&file, "").unwrap();
    let missing = root.path().join("missing");
    for (name, value, said) in [
        (
            "HISTORY_DIR",
            file.to_str().unwrap(),
            "which is not a folder",
        ),
        ("HISTORY_DIR", missing.to_str().unwrap(), "No such file"),
        ("HISTORY_HOURS", "8785", "from 0 to 8784"),
        ("HISTORY_HOURS", "1.5", "a whole number of hours"),
        ("HISTORY_ROLLUP_DAYS", "367", "from 0 to 366"),
        ("HISTORY_MAX_BYTES", "268435456", "a size with its unit"),
        ("HISTORY_MAX_BYTES", "65kB", "from `64KiB` to `1TiB`"),
        ("HISTORY_MAX_BYTES", "2TiB", "from `64KiB` to `1TiB`"),
        ("HISTORY_MAX_BYTES", "many", "such as `256MiB`"),
    ] {
        let refused = with_password(&[(name, value)]);
        let text = refused.as_ref().unwrap_err().to_string();
        assert!(text.contains(said), "{text}");
        assert_eq!(problems(refused), [name]);
    }
}
