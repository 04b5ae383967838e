//! Which VMs hosts say they have.

use planner_core::inventory::{Inventory, VmId};
use vsphere_soap::{Client, ObjectSelection, PropertyFilterSpec, PropertySpec, PropertyValue};

use super::bounds::{Bounds, LONGEST_REFERENCE, PAGE_OBJECTS};
use super::error::CollectError;

/// The VMs of every host that the account may see, as the hosts list them.
#[derive(Debug, Default)]
pub struct Census {
    hosts: Vec<Vec<VmId>>,
    /// Hosts whose list the account may not read.
    pub unreadable_hosts: usize,
}

impl Census {
    pub(super) async fn take(client: &Client) -> Result<Self, CollectError> {
        let root = client.session().await?.content().root_folder.clone();
        let view = client
            .create_container_view(&root, &["HostSystem"], true)
            .await?;
        let spec = PropertyFilterSpec {
            properties: vec![PropertySpec {
                kind: "HostSystem",
                paths: &["vm"],
            }],
            objects: ObjectSelection::View(view.clone()),
        };
        let taken = Self::read(client, spec).await;
        // The view ends with the session at the latest.
        let _ = client.destroy_view(view).await;
        taken
    }

    async fn read(client: &Client, spec: PropertyFilterSpec) -> Result<Self, CollectError> {
        let mut census = Self::default();
        let mut objects = 0;
        let mut retrieval = client.retrieve_properties(spec, Some(PAGE_OBJECTS));
        while let Some(host) = retrieval.next().await? {
            let vms = host.properties.into_iter().find(|it| &*it.name == "vm");
            let Some(PropertyValue::MoRefs(vms)) = vms.map(|vms| vms.value) else {
                census.unreadable_hosts += usize::from(!host.missing.is_empty());
                continue;
            };
            objects += 1 + vms.len();
            Bounds::REAL.check_objects(objects)?;
            let vms = vms.iter().map(vsphere_soap::MoRef::value);
            let vms = vms.filter(|moref| moref.len() <= LONGEST_REFERENCE);
            census.hosts.push(vms.map(VmId::new).collect());
        }
        Ok(census)
    }

    /// How many hosts listed their VMs.
    pub fn hosts(&self) -> usize {
        self.hosts.len()
    }

    /// How many VMs they listed.
    pub fn vms(&self) -> usize {
        self.hosts.iter().map(Vec::len).sum()
    }

    /// How many of the VMs are not in an inventory, and on how many hosts they are.
    pub fn hidden_from(&self, inventory: &Inventory) -> (usize, usize) {
        let hidden = |vms: &Vec<VmId>| {
            let hidden = vms.iter().filter(|vm| inventory.get(vm).is_none());
            hidden.count()
        };
        let hidden: Vec<usize> = self.hosts.iter().map(hidden).filter(|it| *it > 0).collect();
        (hidden.iter().sum(), hidden.len())
    }
}
