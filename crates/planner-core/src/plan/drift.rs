//! How a plan differs from one made before.

use std::collections::BTreeMap;

/// Figures that differ by less than this part are the same.
const SAME: f64 = 1e-9;

/// A figure that is no longer what it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Path of the figure, such as `links_for_rpo[0].megabit_per_second`.
    pub figure: String,
    /// What it was; `None` if it was not known.
    pub was: Option<f64>,
    /// What it is; `None` if it isn't known now.
    pub now: Option<f64>,
}

/// The figures that changed, by path. A figure that one plan has and the other lacks has changed.
pub fn changes(was: &BTreeMap<String, f64>, now: &BTreeMap<String, f64>) -> Vec<Change> {
    let gone = was.keys().filter(|figure| !now.contains_key(*figure));
    let mut figures: Vec<&String> = now.keys().chain(gone).collect();
    figures.sort_unstable();
    let changes = figures.into_iter().map(|figure| Change {
        figure: figure.clone(),
        was: was.get(figure).copied(),
        now: now.get(figure).copied(),
    });
    changes.filter(Change::is_one).collect()
}

impl Change {
    fn is_one(&self) -> bool {
        match (self.was, self.now) {
            (Some(was), Some(now)) => (was - now).abs() > SAME * was.abs().max(now.abs()),
            _ => true,
        }
    }
}
