//! Figures at a glance.

use planner_core::plan::percent::Percent;
use planner_core::plan::recovery::SizeIs;
use planner_core::plan::words::digits;
use planner_core::units::Seconds;

use super::shown::{megabit_digits, megabyte_digits, size_needed, time};
use super::subject::Subject;

/// A figure.
#[derive(Debug)]
pub(in crate::plan) struct Tile {
    pub(in crate::plan) name: String,
    pub(in crate::plan) value: String,
    pub(in crate::plan) unit: &'static str,
    pub(in crate::plan) below: Vec<String>,
}

/// The rate on the wire.
pub(super) fn rates(subject: &Subject<'_>) -> Vec<Tile> {
    let quantiles = subject.plan.wan.quantiles.iter();
    let tiles = quantiles.map(|quantile| {
        let minutes = quantile.above_per_day.get() / 60.0;
        Tile {
            name: if quantile.percent == Percent::ALL {
                "highest".to_owned()
            } else {
                format!("{} % of the time", quantile.percent.get())
            },
            value: megabit_digits(quantile.rate),
            unit: "Mbit/s",
            below: vec![
                format!("{} MB/s", megabyte_digits(quantile.rate)),
                if quantile.percent == Percent::ALL {
                    "never above".to_owned()
                } else {
                    format!("{} min a day above", digits(minutes))
                },
            ],
        }
    });
    tiles.collect()
}

/// What the recovery site needs.
pub(super) fn recovery(subject: &Subject<'_>) -> Vec<Tile> {
    let plan = subject.plan;
    let journals = &plan.journals;
    let mut journal = Tile {
        name: format!("Journals, {}", time(journals.history)),
        value: size_needed(journals.sum),
        unit: "",
        below: vec![format!("at one time {}", size_needed(journals.joint_peak))],
    };
    match plan.journals_over_limit() {
        0 => {}
        count => journal.below.push(format!("▲ {count} over the limit")),
    }
    if journals.is_extrapolated {
        journal.below.push("extrapolated".to_owned());
    }
    let storage = &plan.recovery_storage;
    let known = |size: Option<_>| size.map_or("not known".to_owned(), size_needed);
    let copies = Tile {
        name: "Copies".to_owned(),
        value: known(storage.provisioned),
        unit: "",
        below: vec![
            match storage.used {
                Some(used) => format!("thick; thin {}", size_needed(used)),
                None => "thick; thin not known".to_owned(),
            },
            format!("scratch {} more", size_needed(storage.scratch)),
        ],
    };
    vec![journal, copies, first_copy(subject), vras(subject)]
}

fn first_copy(subject: &Subject<'_>) -> Tile {
    let name = "Initial sync".to_owned();
    let Some(sync) = &subject.plan.initial_sync else {
        return Tile {
            name,
            value: "–".to_owned(),
            unit: "",
            below: vec!["needs a link and sizes".to_owned()],
        };
    };
    let or_never = |it: Option<Seconds>| it.map_or("never".to_owned(), time);
    Tile {
        name,
        value: time(sync.lower),
        unit: "at least",
        below: vec![
            format!("while VMs write: {}", or_never(sync.trace)),
            match sync.size_is {
                SizeIs::Used => "of what is used",
                SizeIs::Provisioned => "of what is provisioned",
            }
            .to_owned(),
        ],
    }
}

fn vras(subject: &Subject<'_>) -> Tile {
    let vras = &subject.plan.vras;
    let mut below = vec![format!(
        "{} needed for {} volumes",
        vras.needed_for_volumes, vras.volumes
    )];
    match vras.bitmap_sync_likely {
        Some(true) => below.push("▲ bitmap sync likely".to_owned()),
        Some(false) => below.push("no bitmap sync seen".to_owned()),
        None => {}
    }
    Tile {
        name: "VRAs".to_owned(),
        value: vras.recovery_hosts.to_string(),
        unit: if vras.recovery_hosts.get() == 1 {
            "recovery host"
        } else {
            "recovery hosts"
        },
        below,
    }
}
