//! How many settings each layer gives.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::layers::Layers;
use super::origin::Origin;
use super::table::SETTINGS;

/// How many settings each layer gives. A setting that several vCenters have of their own counts for each.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LayerCounts {
    /// By flags.
    pub flags: usize,
    /// By environment variables.
    pub variables: usize,
    /// By the file.
    pub file: usize,
    /// The file, if it gives any.
    pub file_name: Option<Arc<str>>,
}

impl LayerCounts {
    /// Counts the settings in force that are not defaults.
    pub fn of(layers: &Layers) -> Self {
        let vcenters: Vec<Option<usize>> = match layers.vcenters() {
            Some(count) => (0..count).map(Some).collect(),
            None => vec![None],
        };
        let mut given = BTreeSet::new();
        for setting in SETTINGS {
            let found = vcenters.iter().filter_map(|it| layers.find(setting, *it));
            given.extend(found.map(|found| (setting.name, found.origin)));
        }
        let mut counts = Self::default();
        for (_, origin) in given {
            match origin {
                Origin::Default => {}
                Origin::Flag(_) => counts.flags += 1,
                Origin::Variable(_) => counts.variables += 1,
                Origin::File(place) | Origin::Vcenter(place) => {
                    counts.file += 1;
                    counts.file_name = Some(place.file);
                }
            }
        }
        counts
    }
}
