//! Custom attributes: what is defined, and what machines have.

use std::collections::BTreeMap;

use super::oddity::Oddity;

/// A custom attribute that the server defines.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Attribute {
    pub(crate) key: u32,
    pub(crate) name: &'static str,
    /// The only type of objects that can have it.
    pub(crate) object_type: Option<&'static str>,
}

const OWNER: u32 = 101;
const COST_CENTRE: u32 = 102;

/// All of them. A real vCenter has the first one from its installation on.
pub(crate) const ATTRIBUTES: [Attribute; 3] = [
    Attribute {
        key: 5,
        name: "AutoDeploy.MachineIdentity",
        object_type: Some("HostSystem"),
    },
    Attribute {
        key: OWNER,
        name: "Owner",
        object_type: None,
    },
    Attribute {
        key: COST_CENTRE,
        name: "Cost centre",
        object_type: Some("VirtualMachine"),
    },
];

/// An attribute that machines can have.
pub(super) fn by_name(name: &str) -> Option<Attribute> {
    let mut attributes = ATTRIBUTES.into_iter();
    attributes.find(|it| it.name == name && it.object_type != Some("HostSystem"))
}

/// Values by name instead of key.
pub(super) fn named(values: BTreeMap<u32, String>) -> BTreeMap<String, String> {
    let named = values.into_iter().filter_map(|(key, value)| {
        let attribute = ATTRIBUTES.iter().find(|it| it.key == key)?;
        Some((attribute.name.to_owned(), value))
    });
    named.collect()
}

/// What a machine has before anybody changes it, by key. Two in three have a cost centre.
pub(super) fn values(index: u32, oddity: Option<Oddity>) -> Vec<(u32, String)> {
    const OWNERS: [&str; 3] = ["Finance", "R&D <east>", "Web \"team\" \\ 1"];
    let owner = match oddity {
        // Nobody may take this for a label.
        Some(Oddity::Gaps) => "a note of many words, ".repeat(20),
        Some(Oddity::Named(name)) => name.to_owned(),
        _ => {
            let owner = OWNERS.get(index as usize % OWNERS.len());
            owner.copied().unwrap_or_default().to_owned()
        }
    };
    let mut values = vec![(OWNER, owner)];
    if !index.is_multiple_of(3) {
        values.push((COST_CENTRE, format!("{}", 4000 + index % 7)));
    }
    values
}
