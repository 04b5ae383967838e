//! A client that follows a filter, and what it should know.

use std::collections::BTreeMap;

use crate::client::{Client, Reply, all, view_spec};

pub(crate) const COLLECTOR: &str = "PropertyCollector";

pub(crate) async fn collector_call(client: &mut Client, operation: &str, arguments: &str) -> Reply {
    client
        .call(operation, COLLECTOR, "propertyCollector", arguments)
        .await
}

pub(crate) async fn filter(client: &mut Client, spec: &str) -> Reply {
    let arguments = format!("<spec>{spec}</spec><partialUpdates>false</partialUpdates>");
    collector_call(client, "CreateFilter", &arguments).await
}

/// Asks what is new without waiting.
pub(crate) async fn poll(client: &mut Client, version: &str, limit: Option<usize>) -> Reply {
    let limit = limit
        .map(|limit| format!("<maxObjectUpdates>{limit}</maxObjectUpdates>"))
        .unwrap_or_default();
    let arguments = format!(
        "<version>{version}</version><options><maxWaitSeconds>0</maxWaitSeconds>{limit}</options>"
    );
    collector_call(client, "WaitForUpdatesEx", &arguments).await
}

/// What a client that follows a filter knows: values by object and property.
#[derive(Debug, Default, PartialEq, Eq, Clone)]
pub(crate) struct Known {
    pub(crate) objects: BTreeMap<String, BTreeMap<String, String>>,
    pub(crate) version: String,
}

impl Known {
    /// Takes in one answer; returns whether there is more to fetch at once.
    #[track_caller]
    fn learn(&mut self, reply: &Reply) -> bool {
        let Some(version) = reply.all("version").first().copied() else {
            return false;
        };
        version.clone_into(&mut self.version);
        for update in reply.all("objectSet") {
            let moref = all(update, "obj")[0].to_owned();
            match all(update, "kind")[0] {
                "enter" => {
                    let before = self.objects.insert(moref.clone(), BTreeMap::new());
                    assert_eq!(before, None, "{moref} enters twice");
                }
                "leave" => {
                    assert!(
                        self.objects.remove(&moref).is_some(),
                        "{moref} was not there"
                    );
                    continue;
                }
                _ => {}
            }
            let object = self.objects.get_mut(&moref).unwrap();
            for change in all(update, "changeSet") {
                let (name, value) = change.split_once("</op>").unwrap();
                let path = all(name, "name")[0].to_owned();
                if value.is_empty() {
                    object.remove(&path);
                } else {
                    object.insert(path, value.to_owned());
                }
            }
            for missing in all(update, "missingSet") {
                object.remove(all(missing, "path")[0]);
            }
        }
        reply.text().contains("<truncated>true</truncated>")
    }

    pub(crate) async fn catch_up(&mut self, client: &mut Client, limit: Option<usize>) {
        while {
            let reply = poll(client, &self.version, limit).await.ok();
            self.learn(&reply)
        } {}
    }
}

/// The same from a retrieval.
pub(crate) async fn retrieved(
    client: &mut Client,
    spec: &str,
) -> BTreeMap<String, BTreeMap<String, String>> {
    let reply = client.retrieve(spec, "").await.ok();
    let objects = reply.all("objects");
    objects
        .into_iter()
        .map(|object| {
            let properties = all(object, "propSet").into_iter().map(|property| {
                let (name, value) = property.split_once("</name>").unwrap();
                (name.replace("<name>", ""), value.to_owned())
            });
            (all(object, "obj")[0].to_owned(), properties.collect())
        })
        .collect()
}

/// Everything of every type that changes touch.
pub(crate) fn wide_spec(view: &str) -> String {
    let vm_paths = [
        "name",
        "parent",
        "parentVApp",
        "resourcePool",
        "datastore",
        "runtime",
        "runtime.host",
        "runtime.powerState",
        "runtime.bootTime",
        "config",
        "config.hardware.device",
        "summary",
    ];
    let mut spec = view_spec(view, "VirtualMachine", &vm_paths);
    for (kind, paths) in [
        ("ManagedEntity", ["name", "parent"]),
        ("HostSystem", ["vm", "summary"]),
        ("Folder", ["childEntity", "childType"]),
        ("ResourcePool", ["vm", "owner"]),
        ("Datastore", ["vm", "summary.name"]),
    ] {
        let paths = paths
            .map(|path| format!("<pathSet>{path}</pathSet>"))
            .concat();
        spec = format!("<propSet><type>{kind}</type>{paths}</propSet>{spec}");
    }
    spec
}
