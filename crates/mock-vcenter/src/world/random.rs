//! Plausible changes drawn from a seed, for tests that try many of them.

use super::chance::{choose, draw};
use super::change::{Change, PowerState};
use super::kind::Kind;
use super::moment::Moment;
use super::object::{NodeId, Object};
use super::snapshot::Snapshot;
use super::topology::Topology;

const GIB: u64 = 1 << 30;

impl Snapshot {
    /// A sequence of changes that can all be made, one after the other.
    pub(crate) fn random_changes(mut self, seed: u64, count: usize, at: Moment) -> Vec<Change> {
        let mut changes = Vec::with_capacity(count);
        // Some draws cannot be made, such as moving a template; others can always.
        for attempt in 0..(count as u64).saturating_mul(50) {
            if changes.len() == count {
                break;
            }
            let change = self.random_change(draw(seed, attempt, 0xc4a6e, 0));
            if let Some(change) = change.filter(|change| self.apply(change, at).is_ok()) {
                changes.push(change);
            }
        }
        changes
    }

    fn random_change(&self, drawn: u64) -> Option<Change> {
        let part = |number| draw(drawn, number, 0, 0);
        let indices = self.vm_indices();
        let index = u32::try_from(part(1).checked_rem(u64::from(indices.end))?).ok()?;
        let machine = self.vm(index)?;
        let vm = machine.moref();
        let disks: Vec<_> = machine.disks().collect();
        let disk = || choose(part(2), &disks).map(|disk| disk.instance());
        let host = choose(part(3), &self.topology.hosts);
        let host = host.map(|id| self.moref(Object::Node(id)));
        let capacity_bytes = (1 + part(4) % 2000) * GIB + (part(5) % 4) * (GIB / 2);
        Some(match part(6) % 100 {
            0..30 => Change::Migrate { vm, host: host? },
            30..45 => Change::Rename {
                object: vm,
                name: odd_name(part(7)),
            },
            45..48 => Change::MoveFolder {
                folder: self.random_folder(machine.folder?, part(8))?,
                into: self.random_folder(machine.folder?, part(10))?,
            },
            48..50 => Change::MoveHost {
                host: host?,
                cluster: self.random_cluster(part(8))?,
            },
            50..54 => Change::Rename {
                object: self.random_node(part(8))?,
                name: odd_name(part(7)),
            },
            54..67 => Change::Power {
                vm,
                state: choose(
                    part(9),
                    &[PowerState::On, PowerState::Off, PowerState::Suspended],
                )?,
            },
            67..74 => Change::ResizeDisk {
                vm,
                disk: disk()?,
                capacity_bytes,
            },
            74..80 => Change::MoveToFolder {
                vm,
                folder: self.random_folder(machine.folder?, part(10))?,
            },
            80..88 => Change::Create {
                name: odd_name(part(7)),
                host: host?,
                disks: usize::try_from(part(11) % 4).ok()?,
            },
            88..94 => Change::Delete { vm },
            94..96 => Change::Manage {
                vm,
                extension: choose(
                    part(2),
                    &[None, Some("com.vmware.vcDr"), Some("example.tool")],
                )?
                .map(str::to_owned),
            },
            96..98 => Change::AddDisk { vm, capacity_bytes },
            _ => Change::RemoveDisk { vm, disk: disk()? },
        })
    }

    fn random_folder(&self, from: NodeId, drawn: u64) -> Option<String> {
        let datacenter = self.topology.above(from, Kind::Datacenter)?;
        let folders = self.topology.vm_folders.get(&datacenter)?;
        choose(drawn, folders).map(|id| self.moref(Object::Node(id)))
    }

    fn random_cluster(&self, drawn: u64) -> Option<String> {
        let is_cluster = |id: &NodeId| {
            let node = self.topology.get(*id);
            node.is_some_and(|node| node.kind == Kind::ClusterComputeResource)
        };
        let clusters: Vec<NodeId> = self.topology.ids().filter(is_cluster).collect();
        choose(drawn, &clusters).map(|id| self.moref(Object::Node(id)))
    }

    fn random_node(&self, drawn: u64) -> Option<String> {
        let nodes: Vec<NodeId> = self
            .topology
            .ids()
            .filter(|id| *id != Topology::ROOT)
            .collect();
        choose(drawn, &nodes).map(|id| self.moref(Object::Node(id)))
    }
}

fn odd_name(drawn: u64) -> String {
    let number = drawn % 10_000;
    match (drawn >> 32) % 8 {
        0 => format!("a/b {number}"),
        1 => format!("50% of {number}"),
        2 => format!("C:\\{number}"),
        3 => format!("say \"{number}\" & <more>"),
        4 => format!("t\u{ea}te \u{1f680} {number}"),
        5 => format!("%2f{number}"),
        _ => format!("renamed-{number}"),
    }
}
