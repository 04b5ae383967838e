//! Makes changes: checks one as a whole, then records what is different.

mod disks;

use std::sync::Arc;

use super::alteration::{Alteration, Place};
use super::attribute;
use super::change::{Change, ChangeError, PowerState};
use super::disk;
use super::kind::Kind;
use super::moment::Moment;
use super::name;
use super::object::{NodeId, Object};
use super::oddity::Oddity;
use super::snapshot::Snapshot;
use super::span::Span;
use super::vm::Vm;

impl Snapshot {
    /// Makes a change, or none at all. Returns the id of the object it was about.
    pub(crate) fn apply(&mut self, change: &Change, at: Moment) -> Result<String, ChangeError> {
        match change {
            Change::Migrate { vm, host } => self.migrate(vm, host, at)?,
            Change::Power { vm, state } => self.switch(vm, *state, at)?,
            Change::Rename { object, name } => self.rename(object, name)?,
            Change::Delete { vm } => self.delete(vm)?,
            Change::Create { name, host, disks } => return self.create(name, host, *disks, at),
            Change::ResizeDisk {
                vm,
                disk,
                capacity_bytes,
            } => self.resize(vm, disk, *capacity_bytes)?,
            Change::MoveToFolder { vm, folder } => self.move_to_folder(vm, folder)?,
            Change::MoveFolder { folder, into } => self.move_folder(folder, into)?,
            Change::MoveHost { host, cluster } => self.move_host(host, cluster)?,
            Change::Manage { vm, extension } => self.manage(vm, extension.as_deref())?,
            Change::SetAttribute {
                vm,
                attribute,
                value,
            } => self.set_attribute(vm, attribute, value)?,
            Change::AddDisk { vm, capacity_bytes } => self.add_disk(vm, *capacity_bytes, at)?,
            Change::RemoveDisk { vm, disk } => self.remove_disk(vm, disk, at)?,
        }
        let (Change::Migrate { vm: about, .. }
        | Change::Power { vm: about, .. }
        | Change::Rename { object: about, .. }
        | Change::Delete { vm: about }
        | Change::Create { name: about, .. }
        | Change::ResizeDisk { vm: about, .. }
        | Change::MoveToFolder { vm: about, .. }
        | Change::MoveFolder { folder: about, .. }
        | Change::MoveHost { host: about, .. }
        | Change::Manage { vm: about, .. }
        | Change::SetAttribute { vm: about, .. }
        | Change::AddDisk { vm: about, .. }
        | Change::RemoveDisk { vm: about, .. }) = change;
        Ok(about.clone())
    }

    fn migrate(&mut self, moref: &str, host: &str, at: Moment) -> Result<(), ChangeError> {
        let vm = self.movable(moref)?;
        let target = self.responding_host(host)?;
        let index = vm.index;
        let stays = vm.host == Some(target);
        let mut place = vm.place();
        let compute_of = |host| self.topology.above(host, Kind::ComputeResource);
        let (old, new) = (vm.host.and_then(compute_of), compute_of(target));
        place.host = Some(target);
        if old != new {
            let there = self.place_on(target);
            place.datastore = there.datastore;
            place.pool = there.pool;
            place.vapp = None;
            let datacenter = |id| self.topology.above(id, Kind::Datacenter);
            if place.folder.and_then(datacenter) != datacenter(target) {
                place.folder = there.folder;
            }
        }
        self.alter(index, true, |altered| {
            altered.place = Some(place);
            if !stays {
                altered.arrived = Some(at.onwards().first);
            }
        });
        Ok(())
    }

    fn switch(&mut self, moref: &str, state: PowerState, at: Moment) -> Result<(), ChangeError> {
        let vm = self.movable(moref)?;
        let (index, before) = (vm.index, vm.power_state());
        if before == state {
            return Ok(());
        }
        if before == PowerState::Off && state == PowerState::Suspended {
            return Err(ChangeError::not_possible(moref, "it is off"));
        }
        let mut runs = vm
            .runs()
            .map_or_else(|| vec![Span::ALWAYS], |runs| runs.to_vec());
        if let Some(run) = runs.last_mut() {
            // What the host had not handed over when it stopped is lost.
            run.last = run.last.min(at.newest_sample);
        }
        if state == PowerState::On && vm.can_be_sampled() {
            runs.push(at.onwards());
        }
        self.alter(index, false, |altered| {
            altered.power = Some(state);
            altered.started = (state == PowerState::On).then_some(at.now);
            altered.runs = Some(Arc::from(runs));
        });
        Ok(())
    }

    fn rename(&mut self, moref: &str, name: &str) -> Result<(), ChangeError> {
        let name = name::encoded(name);
        match self.by_moref(moref) {
            Some(Object::Vm(index)) => {
                self.alter(index, false, |altered| altered.name = Some(name));
            }
            Some(object @ Object::Node(id)) => {
                Arc::make_mut(&mut self.topology).rename(id, name);
                self.history.generation += 1;
                self.touch(object);
                if self.kind(object) == Kind::Datastore {
                    // It is in the paths of files.
                    self.history.rights = self.history.generation;
                }
            }
            Some(Object::Service(_)) | None => return Err(ChangeError::unknown(moref)),
        }
        Ok(())
    }

    fn delete(&mut self, moref: &str) -> Result<(), ChangeError> {
        let index = self.machine(moref)?.index;
        self.alter(index, true, |altered| altered.deleted = true);
        Ok(())
    }

    fn create(
        &mut self,
        name: &str,
        host: &str,
        disks: usize,
        at: Moment,
    ) -> Result<String, ChangeError> {
        let host_id = self.responding_host(host)?;
        let disks = u32::try_from(disks)
            .ok()
            .filter(|disks| *disks <= 64)
            .ok_or_else(|| ChangeError::not_possible(name, "too many disks"))?;
        let place = self.place_on(host_id);
        let index = self.vm_indices().end;
        self.created += 1;
        let alteration = Alteration {
            name: Some(name::encoded(name)),
            place: Some(place),
            started: Some(at.now),
            runs: Some(Arc::from([at.onwards()])),
            disks: Some(disk::disks(self.seed(), index, disks).collect()),
            ..Alteration::default()
        };
        self.alter(index, true, |altered| *altered = alteration);
        Ok(self.moref(Object::Vm(index)))
    }

    fn move_to_folder(&mut self, moref: &str, folder: &str) -> Result<(), ChangeError> {
        let vm = self.machine(moref)?;
        let index = vm.index;
        let target = self.node(folder, Kind::Folder)?;
        let mut place = vm.place();
        let from = place
            .folder
            .ok_or_else(|| ChangeError::not_possible(moref, "it is in a vApp"))?;
        let datacenter = self.topology.above(from, Kind::Datacenter);
        let here = datacenter.and_then(|id| self.topology.vm_folders.get(&id));
        if !here.is_some_and(|folders| folders.contains(&target)) {
            let reason = "it is no folder for machines of the same datacenter";
            return Err(ChangeError::not_possible(folder, reason));
        }
        place.folder = Some(target);
        self.alter(index, true, |altered| altered.place = Some(place));
        Ok(())
    }

    fn move_folder(&mut self, moref: &str, into: &str) -> Result<(), ChangeError> {
        let folder = self.node(moref, Kind::Folder)?;
        let target = self.node(into, Kind::Folder)?;
        let topology = &self.topology;
        let of_machines = topology
            .above(folder, Kind::Datacenter)
            .and_then(|datacenter| topology.vm_folders.get(&datacenter));
        // The first one is vCenter's own.
        let can_move = of_machines.is_some_and(|folders| {
            folders.contains(&target) && folders.iter().skip(1).any(|id| *id == folder)
        });
        if !can_move {
            let reason = "both have to be folders for machines of one datacenter";
            return Err(ChangeError::not_possible(moref, reason));
        }
        if topology.upwards(target).any(|(id, _)| id == folder) {
            return Err(ChangeError::not_possible(moref, "the other is inside it"));
        }
        self.reparent(folder, target);
        Ok(())
    }

    fn move_host(&mut self, moref: &str, cluster: &str) -> Result<(), ChangeError> {
        let host = self.responding_host(moref)?;
        let cluster = self.node(cluster, Kind::ClusterComputeResource)?;
        let datacenter = |id| self.topology.above(id, Kind::Datacenter);
        if datacenter(host) != datacenter(cluster) {
            return Err(ChangeError::not_possible(
                moref,
                "the cluster is in another datacenter",
            ));
        }
        let places = self.vm_indices().filter_map(|index| {
            let place = self.vm(index)?.place();
            (place.host == Some(host)).then_some((index, place))
        });
        let places: Vec<(u32, Place)> = places.collect();
        if places.iter().any(|(_, place)| place.vapp.is_some()) {
            return Err(ChangeError::not_possible(moref, "it runs a vApp"));
        }
        // Where they are follows from their host until it is set, and is to be left from there.
        for (index, place) in &places {
            self.alter(*index, true, |altered| altered.place = Some(*place));
        }
        self.reparent(host, cluster);
        let there = self.place_on(host);
        for (index, mut place) in places {
            place.pool = place.pool.and(there.pool);
            place.datastore = there.datastore;
            self.alter(index, true, |altered| altered.place = Some(place));
        }
        Ok(())
    }

    fn reparent(&mut self, id: NodeId, parent: NodeId) {
        let before = Arc::make_mut(&mut self.topology).reparent(id, parent);
        self.history.generation += 1;
        self.history.shape = self.history.generation;
        for touched in [Some(id), Some(parent), before].into_iter().flatten() {
            self.touch(Object::Node(touched));
        }
    }

    fn manage(&mut self, moref: &str, extension: Option<&str>) -> Result<(), ChangeError> {
        let index = self.machine(moref)?.index;
        let extension = extension.unwrap_or_default().to_owned();
        self.alter(index, false, |altered| altered.manager = Some(extension));
        Ok(())
    }

    fn set_attribute(&mut self, moref: &str, name: &str, value: &str) -> Result<(), ChangeError> {
        let index = self.machine(moref)?.index;
        let attribute = attribute::by_name(name);
        let key = attribute.ok_or_else(|| ChangeError::unknown(name))?.key;
        self.alter(index, false, |altered| {
            altered.attributes.insert(key, value.to_owned());
        });
        Ok(())
    }

    /// Where a new machine on a host goes: the root pool and the root folder.
    fn place_on(&self, host: NodeId) -> Place {
        let topology = &self.topology;
        let compute = topology.above(host, Kind::ComputeResource);
        Place {
            host: Some(host),
            folder: topology.root_vm_folder(host),
            pool: compute.and_then(|id| topology.children_of(id, Kind::ResourcePool).next()),
            vapp: None,
            datastore: compute
                .and_then(|id| topology.get(id))
                .and_then(|node| node.datastore),
        }
    }

    fn machine(&self, moref: &str) -> Result<Vm<'_>, ChangeError> {
        match self.by_moref(moref) {
            Some(Object::Vm(index)) => self.vm(index),
            Some(_) => return Err(ChangeError::wrong_type(moref, Kind::VirtualMachine)),
            None => None,
        }
        .ok_or_else(|| ChangeError::unknown(moref))
    }

    /// A machine that vCenter can act on.
    fn movable(&self, moref: &str) -> Result<Vm<'_>, ChangeError> {
        let vm = self.machine(moref)?;
        match vm.oddity.and_then(Oddity::stuck) {
            Some(reason) => Err(ChangeError::not_possible(moref, reason)),
            None => Ok(vm),
        }
    }

    fn responding_host(&self, moref: &str) -> Result<NodeId, ChangeError> {
        let host = self.node(moref, Kind::HostSystem)?;
        if self.topology.disconnected_host == Some(host) {
            return Err(ChangeError::not_possible(moref, "it is not responding"));
        }
        Ok(host)
    }

    fn node(&self, moref: &str, kind: Kind) -> Result<NodeId, ChangeError> {
        match self.by_moref(moref) {
            Some(object @ Object::Node(id)) if self.kind(object) == kind => Ok(id),
            Some(_) => Err(ChangeError::wrong_type(moref, kind)),
            None => Err(ChangeError::unknown(moref)),
        }
    }

    /// Records a difference of a machine and everything whose lists may show it.
    fn alter(&mut self, index: u32, moves: bool, act: impl FnOnce(&mut Alteration)) {
        self.history.generation += 1;
        if moves {
            self.history.shape = self.history.generation;
            self.touch_surroundings(index);
        }
        act(self.alterations.entry(index).or_default());
        self.touch(Object::Vm(index));
        if moves {
            self.touch_surroundings(index);
        }
    }

    fn touch_surroundings(&mut self, index: u32) {
        if let Some(vm) = self.vm(index) {
            let place = vm.place();
            let around = [
                place.host,
                place.folder,
                place.pool,
                place.vapp,
                place.datastore,
            ];
            for id in around.into_iter().flatten() {
                self.touch(Object::Node(id));
            }
        }
    }
}
