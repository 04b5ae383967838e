//! One VM during all looks: its stays, its disks and its series.

use super::look::{Look, SeriesId};
use super::slots::{self, Slots};
use super::stay::{Stay, stays};

/// One VM during all looks.
#[derive(Debug)]
pub(super) struct Timeline<'l> {
    pub(super) stays: Vec<Stay<'l>>,
    /// The disks with series, in the order of their numbers.
    pub(super) disks: Vec<&'l str>,
    pub(super) series: Vec<SeriesSlots<'l>>,
}

/// A series with its slots in each stay.
#[derive(Debug)]
pub(super) struct SeriesSlots<'l> {
    pub(super) id: SeriesId<'l>,
    pub(super) by_stay: Vec<Slots>,
}

impl<'l> Timeline<'l> {
    pub(super) fn new(looks: &'l [Look], vm: usize) -> Self {
        let stays = stays(looks, vm);
        let mut ids: Vec<SeriesId<'l>> = Vec::new();
        for (_, look) in stays.iter().flat_map(Stay::answers) {
            for series in &look.series {
                if !ids.contains(&series.id()) {
                    ids.push(series.id());
                }
            }
        }
        // By number: scsi0:2 is before scsi0:10. What is over all disks comes last.
        ids.sort_by_key(|id| {
            let SeriesId { counter, instance } = *id;
            (
                instance.is_empty(),
                instance.len(),
                instance,
                counter.full_name(),
            )
        });
        let mut disks: Vec<&str> = ids.iter().map(|id| id.instance).collect();
        disks.dedup();
        disks.retain(|disk| !disk.is_empty());
        let series = ids.into_iter().map(|id| SeriesSlots {
            id,
            by_stay: stays.iter().map(|stay| slots::of(stay, id)).collect(),
        });
        Self {
            series: series.collect(),
            stays,
            disks,
        }
    }
}
