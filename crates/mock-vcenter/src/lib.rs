//! A vCenter for tests and demonstrations: SOAP over TLS, an inventory of any size and a
//! deterministic workload.
//!
//! It shares no code with any client and behaves as a real vCenter where simulators usually do
//! not: a quoted cookie that is not the session key, pages cut by the server, per-disk series in
//! no order and without an aggregate, ascending samples behind the clock, statistics levels that
//! withhold, `maxSample` ignored for roll-ups, limits, lock-out and idle expiry.
//!
//! ```
//! # async fn example() -> Result<(), mock_vcenter::StartError> {
//! let mock = mock_vcenter::MockVcenter::start(mock_vcenter::Options::default()).await?;
//! println!("{} holds {} VMs", mock.url(), mock.world().vms().len());
//! mock.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! # Changes, rights, faults
//!
//! All of them are data, given to the handle, to the [`control`] endpoint or in a [`script`]:
//! [`Change`]s of the world ([`MockVcenter::apply`]), which show in `WaitForUpdatesEx` too;
//! the clock ([`MockVcenter::advance_clock`]); the server's habits ([`Settings`]); rights taken
//! away ([`DenyRule`]); [`FaultRule`]s that spoil calls; samples that no disk has ([`OddSamples`]), and clocks of hosts that are
//! wrong ([`HostClock`]). The truth ([`World`]) follows the changes.
//!
//! Not here: privileges by name and role, tasks and events.

mod call_counts;
mod clock;
pub mod control;
mod counters;
mod exchange;
mod fault_rules;
mod host_clocks;
mod network;
mod odd_samples;
mod operations;
mod options;
mod properties;
mod reachability;
mod reply;
pub mod script;
mod server;
mod session;
mod session_objects;
mod sessions;
mod settings;
mod sight;
mod soap;
mod start_error;
mod state;
mod tls;
mod world;

pub use self::fault_rules::{Effect, FaultRule};
pub use self::host_clocks::HostClock;
pub use self::odd_samples::OddSamples;
pub use self::options::Options;
pub use self::server::MockVcenter;
pub use self::settings::Settings;
pub use self::start_error::StartError;
pub use self::world::{
    BackingTruth, Change, ChangeError, Denial, DenyRule, PowerState, VmTruth, World, WorldOptions,
};
