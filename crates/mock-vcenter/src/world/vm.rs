//! One virtual machine, computed from its index.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::alteration::{Alteration, Place};
use super::attribute;
use super::change::PowerState;
use super::disk::{Disk, disks};
use super::object::NodeId;
use super::oddity::Oddity;
use super::span::Span;

/// The facts of one virtual machine that are cheap to copy; names and disks are made on demand.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Vm<'w> {
    /// Position in the world; the moref follows from it.
    pub(crate) index: u32,
    pub(crate) oddity: Option<Oddity>,
    pub(crate) host: Option<NodeId>,
    pub(crate) folder: Option<NodeId>,
    pub(crate) pool: Option<NodeId>,
    pub(crate) vapp: Option<NodeId>,
    pub(crate) datastore: Option<NodeId>,
    pub(super) seed: u64,
    pub(super) disk_count: u32,
    pub(super) alteration: Option<&'w Alteration>,
}

/// Number in the moref of the first VM; vCenter's counter is past a thousand on a grown system.
pub(super) const FIRST_NUMBER: u32 = 1001;

impl<'w> Vm<'w> {
    pub(crate) fn moref(&self) -> String {
        format!("vm-{}", FIRST_NUMBER + self.index)
    }

    /// The name as on the wire, escapes included.
    pub(crate) fn wire_name(&self) -> String {
        const ROLES: [&str; 8] = ["web", "app", "db", "mail", "file", "vdi", "build", "log"];
        if let Some(name) = self.alteration.and_then(|altered| altered.name.as_ref()) {
            return name.clone();
        }
        if let Some(oddity) = self.oddity {
            return oddity.wire_name().to_owned();
        }
        let role = ROLES
            .get(self.index as usize % ROLES.len())
            .copied()
            .unwrap_or("vm");
        format!("{role}-{:05}", self.index)
    }

    pub(crate) fn power_state(&self) -> PowerState {
        if let Some(state) = self.alteration.and_then(|altered| altered.power) {
            return state;
        }
        match self.oddity {
            Some(
                Oddity::PoweredOff | Oddity::Template | Oddity::Orphaned | Oddity::Placeholder,
            ) => PowerState::Off,
            Some(Oddity::Suspended) => PowerState::Suspended,
            _ => PowerState::On,
        }
    }

    pub(crate) fn powered_on(&self) -> bool {
        self.power_state() == PowerState::On
    }

    pub(crate) fn connection_state(&self) -> &'static str {
        match self.oddity {
            Some(Oddity::Orphaned) => "orphaned",
            Some(Oddity::Disconnected) => "disconnected",
            Some(Oddity::WithoutConfig) => "inaccessible",
            Some(Oddity::Invalid) => "invalid",
            _ => "connected",
        }
    }

    pub(crate) fn template(&self) -> bool {
        self.oddity == Some(Oddity::Template)
    }

    /// Extension and kind of `config.managedBy`.
    pub(crate) fn managed_by(&self) -> Option<(&str, &str)> {
        let manager = self
            .alteration
            .and_then(|altered| altered.manager.as_deref());
        match manager {
            Some("") => None,
            Some(extension) => Some((extension, "managed")),
            None => self.oddity.and_then(Oddity::managed_by),
        }
    }

    /// Values of custom attributes, in the order of their keys.
    pub(crate) fn attributes(&self) -> BTreeMap<u32, String> {
        let mut values: BTreeMap<_, _> = attribute::values(self.index, self.oddity)
            .into_iter()
            .collect();
        if let Some(altered) = self.alteration {
            values.extend(altered.attributes.clone());
        }
        values
    }

    pub(crate) fn has_config(&self) -> bool {
        self.oddity != Some(Oddity::WithoutConfig)
    }

    /// Whether QueryPerf has series for it.
    pub(crate) fn sampled(&self) -> bool {
        self.powered_on() && self.can_be_sampled()
    }

    /// Whether it would have samples if it were on.
    pub(crate) fn can_be_sampled(&self) -> bool {
        self.oddity.is_none_or(Oddity::can_be_sampled)
    }

    /// When it ran; `None` means always.
    pub(crate) fn runs(&self) -> Option<Arc<[Span]>> {
        if let Some(runs) = self.alteration.and_then(|altered| altered.runs.as_ref()) {
            return Some(Arc::clone(runs));
        }
        (!self.sampled()).then(|| Arc::from([]))
    }

    /// Unix time of its last start if that was seen.
    pub(crate) fn started(&self) -> Option<i64> {
        self.alteration.and_then(|altered| altered.started)
    }

    /// Stamp of its first sample on its host if it was moved there.
    pub(crate) fn arrived(&self) -> Option<i64> {
        self.alteration.and_then(|altered| altered.arrived)
    }

    pub(crate) fn place(&self) -> Place {
        Place {
            host: self.host,
            folder: self.folder,
            pool: self.pool,
            vapp: self.vapp,
            datastore: self.datastore,
        }
    }

    /// The disks it has now.
    pub(crate) fn disks(&self) -> impl Iterator<Item = Disk> + use<'w> {
        self.all_disks().filter(|disk| disk.span.last == i64::MAX)
    }

    /// Its disks and those that were removed.
    pub(crate) fn all_disks(&self) -> impl Iterator<Item = Disk> + use<'w> {
        let kept = self.alteration.and_then(|altered| altered.disks.as_deref());
        let computed = kept
            .is_none()
            .then(|| disks(self.seed, self.index, self.disk_count));
        kept.unwrap_or_default()
            .iter()
            .copied()
            .chain(computed.into_iter().flatten())
    }
}
