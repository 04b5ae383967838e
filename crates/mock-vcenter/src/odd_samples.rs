//! Samples that are sent as something else: rules, as data.

use std::collections::HashMap;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

/// Sends samples of a machine as another text, whatever its host measured.
///
/// In JSON: `{"vm": "vm-1001", "text": "9223372036854775807", "every": 3}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OddSamples {
    /// The machine's managed object id.
    pub vm: String,
    /// What is sent instead. It need not be a number.
    pub text: String,
    /// Only one sample in this many is odd, in all counters and disks at the same time.
    #[serde(default = "each")]
    pub every: NonZeroU32,
}

fn each() -> NonZeroU32 {
    NonZeroU32::MIN
}

impl OddSamples {
    /// Whether the sample of this number is odd.
    pub(crate) fn is_odd(&self, number: i64) -> bool {
        number.rem_euclid(i64::from(self.every.get())) == 0
    }
}

/// The rules of a running server, one for a machine.
#[derive(Debug, Default)]
pub(crate) struct OddSampleRules(Mutex<Arc<HashMap<String, OddSamples>>>);

impl OddSampleRules {
    pub(crate) fn add(&self, rule: OddSamples) {
        let mut rules = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::make_mut(&mut rules).insert(rule.vm.clone(), rule);
    }

    pub(crate) fn clear(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::default();
    }

    /// Those in force now.
    pub(crate) fn all(&self) -> Arc<HashMap<String, OddSamples>> {
        Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
