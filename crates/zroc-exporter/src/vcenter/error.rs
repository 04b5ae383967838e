//! Why a cycle, or a part of it, could not be collected.

use planner_core::counters::DiskCounter;

/// What keeps us from collecting.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CollectError {
    /// The call to vCenter failed.
    #[error(transparent)]
    Vsphere(#[from] vsphere_soap::Error),
    /// The password file cannot be read any more.
    #[error("the vCenter password cannot be read")]
    Password(#[source] std::io::Error),
    /// vCenter refused the password before, and it is still the same.
    #[error(
        "vCenter refused the user name and password; the next try is in {seconds} s, so that the account is not locked"
    )]
    LoginPaused {
        /// Time to wait.
        seconds: u64,
    },
    /// vCenter's catalogue has none of the counters.
    #[error("this vCenter has none of the counters {}", DiskCounter::ALL.map(DiskCounter::full_name).join(", "))]
    NoCounters,
    /// vCenter stores no roll-ups of this length.
    #[error("vCenter stores no roll-up of {wanted_seconds} s; it has those of {offered} s")]
    NoSuchInterval {
        /// What `PERF_INTERVAL_ID` asks for.
        wanted_seconds: u32,
        /// The roll-ups there are, in seconds.
        offered: String,
    },
}

impl CollectError {
    /// Whether further calls in the same cycle are pointless: vCenter cannot be reached, or does not let us in.
    pub fn ends_the_cycle(&self) -> bool {
        match self {
            Self::Vsphere(error) => {
                error.is_invalid_login()
                    || matches!(
                        error,
                        vsphere_soap::Error::Connect { .. } | vsphere_soap::Error::Closed { .. }
                    )
            }
            Self::Password(_)
            | Self::LoginPaused { .. }
            | Self::NoCounters
            | Self::NoSuchInterval { .. } => true,
        }
    }
}
