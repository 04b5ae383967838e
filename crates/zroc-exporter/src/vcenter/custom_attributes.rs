//! Custom attributes: the keys that the names which the operator allows have in this vCenter.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;
use vsphere_soap::{Client, CustomField};

use super::details::Wanted;
use super::error::CollectError;
use crate::error_chain::with_causes;

/// Finds the keys of allowed names, and says which names vCenter does not define.
#[derive(Debug)]
pub(super) struct CustomAttributes {
    client: Client,
    names: Vec<Arc<str>>,
    /// Names that were said to be undefined.
    undefined: Vec<Arc<str>>,
    /// Whether the latest question failed, which was said then.
    has_failed: bool,
}

impl CustomAttributes {
    pub(super) fn new(client: Client, names: &[Arc<str>]) -> Self {
        Self {
            client,
            names: names.to_vec(),
            undefined: Vec::new(),
            has_failed: false,
        }
    }

    /// The allowed names that vCenter does not define, as far as it was asked.
    pub(super) fn undefined(&self) -> &[Arc<str>] {
        &self.undefined
    }

    /// Asks for the keys. `None` if no name is allowed, or if vCenter did not answer: then the keys known so far remain.
    ///
    /// It is asked in every cycle, since an attribute may be defined, renamed and given to VMs at any time, and the values
    /// that VMs have are kept by key. The answer is small.
    pub(super) async fn keys(&mut self, patience: Duration) -> Option<Wanted> {
        if self.names.is_empty() {
            return None;
        }
        let reason = match timeout(patience, self.client.custom_fields()).await {
            Ok(Ok(defined)) => {
                self.has_failed = false;
                return Some(self.find(&defined));
            }
            Ok(Err(error)) => with_causes(&CollectError::from(error)),
            Err(_) => "vCenter did not answer in time".to_owned(),
        };
        if !std::mem::replace(&mut self.has_failed, true) {
            tracing::warn!(
                reason,
                "the custom attributes that vCenter defines cannot be read; those known so far remain"
            );
        }
        None
    }

    fn find(&mut self, defined: &[CustomField]) -> Wanted {
        let find = |name: &Arc<str>| {
            let field = defined.iter().find(|field| *field.name == **name)?;
            Some((field.key, Arc::clone(name)))
        };
        let undefined = self.names.iter().filter(|name| find(name).is_none());
        let undefined: Vec<Arc<str>> = undefined.cloned().collect();
        if undefined != self.undefined && !undefined.is_empty() {
            let names = undefined.join(", ");
            tracing::warn!(
                names,
                "vCenter defines no custom attributes of these names; check CUSTOM_ATTRIBUTES, upper and lower case included"
            );
        }
        self.undefined = undefined;
        Wanted(self.names.iter().filter_map(find).collect())
    }
}
