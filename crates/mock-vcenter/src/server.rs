//! The handle on a running server.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::fault_rules::FaultRule;
use crate::host_clocks::HostClock;
use crate::network;
use crate::odd_samples::OddSamples;
use crate::options::Options;
use crate::settings::Settings;
use crate::start_error::StartError;
use crate::state::Shared;
use crate::tls::{self, Identity};
use crate::world::{Change, ChangeError, DenyRule, Kind, Snapshot, World};

/// A vCenter that is being served. Dropping it stops it.
#[derive(Debug)]
pub struct MockVcenter {
    shared: Arc<Shared>,
    address: SocketAddr,
    identity: Identity,
    accepting: JoinHandle<()>,
}

impl MockVcenter {
    /// Starts a server; it accepts connections when this returns.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let listen = |source| StartError::Listen {
            address: options.listen,
            source,
        };
        let listener = TcpListener::bind(options.listen).await.map_err(listen)?;
        let address = listener.local_addr().map_err(listen)?;
        let (identity, config) = tls::make()?;
        let (_, other_config) = tls::make()?;
        let shared = Arc::new(Shared::new(options)?);
        let acceptors = [config, other_config].map(TlsAcceptor::from);
        let accepting = network::accept(listener, address, acceptors, Arc::clone(&shared));
        let accepting = tokio::spawn(accepting);
        Ok(Self {
            shared,
            address,
            identity,
            accepting,
        })
    }

    /// Starts a server with the default options and this many ordinary virtual machines.
    pub async fn with_vms(vms: usize) -> Result<Self, StartError> {
        Self::start(Options::with_vms(vms)).await
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The URL of its SOAP service.
    pub fn url(&self) -> String {
        format!("https://{}/sdk", self.address)
    }

    /// Its certificate, self-signed: trust it as its own authority.
    pub fn certificate_pem(&self) -> &str {
        &self.identity.pem
    }

    /// SHA-256 of its certificate in upper-case hex with colons.
    pub fn thumbprint(&self) -> &str {
        &self.identity.thumbprint
    }

    /// How often each SOAP operation was called since the start or the last reset. The version
    /// list counts as `vimServiceVersions.xml`.
    pub fn calls(&self) -> BTreeMap<String, u64> {
        self.shared.calls.all()
    }

    /// How often one operation (`*` for any) was called since the start or the last reset.
    pub fn calls_of(&self, operation: &str) -> u64 {
        self.shared.calls.of(operation)
    }

    /// Returns once an operation (`*` for any) has been called this often since the start or the
    /// last reset. A call counts as soon as it is read, before it is answered.
    pub async fn called(&self, operation: &str, times: u64) {
        self.shared.calls.reached(operation, times).await;
    }

    /// Closes all connections and refuses further ones until the faults are cleared. Returns once
    /// the port is closed; nobody else can take it.
    pub async fn become_unreachable(&self) {
        self.shared.reachability.become_unreachable();
        self.shared.reachability.until_listening(false).await;
    }

    /// Returns once the server accepts connections again.
    pub async fn listening(&self) {
        self.shared.reachability.until_listening(true).await;
    }

    /// Resets the counts: calls, and the most sessions that were open.
    pub fn reset_calls(&self) {
        self.shared.calls.reset();
        self.shared.sessions.reset_most();
    }

    /// How many sessions are open.
    pub fn open_sessions(&self) -> usize {
        self.shared.sessions.count()
    }

    /// The cookies of the open sessions, for tests that they appear nowhere else.
    pub fn session_cookies(&self) -> Vec<String> {
        self.shared.sessions.cookies()
    }

    /// The most sessions that were open at the same time since the start or the last reset.
    pub fn most_open_sessions(&self) -> usize {
        self.shared.sessions.most()
    }

    /// How many logins were refused since the start.
    pub fn failed_logins(&self) -> u64 {
        self.shared.sessions.refused()
    }

    /// Adds a rule behind the present ones.
    pub fn add_fault(&self, rule: FaultRule) {
        self.shared.faults.add(rule);
    }

    /// Removes all rules, and makes the server reachable again with its own certificate.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
        self.shared.reachability.recover();
    }

    /// Sends samples of a machine as another text, in place of a rule about the same machine.
    pub fn add_odd_samples(&self, rule: OddSamples) {
        self.shared.odd_samples.add(rule);
    }

    /// Sends all samples as they are.
    pub fn clear_odd_samples(&self) {
        self.shared.odd_samples.clear();
    }

    /// Sets the clock of a host, by which its 20 s samples are stamped from now on.
    pub fn set_host_clock(&self, clock: &HostClock) -> Result<(), ChangeError> {
        let world = self.shared.world.snapshot();
        let host = world
            .by_moref(&clock.host)
            .ok_or_else(|| ChangeError::unknown(&clock.host))?;
        if world.kind(host) != Kind::HostSystem {
            return Err(ChangeError::wrong_type(&clock.host, Kind::HostSystem));
        }
        self.shared.host_clocks.set(self.now().as_second(), clock);
        Ok(())
    }

    /// Sets the clocks of all hosts right.
    pub fn set_host_clocks_right(&self) {
        self.shared
            .host_clocks
            .set_all_right(self.now().as_second());
    }

    /// Ends every session, as an administrator can: cookies, views and tokens become worthless.
    pub fn drop_sessions(&self) {
        self.shared.sessions.close_all();
        self.shared.announce();
    }

    /// What clients are to find.
    pub fn world(&self) -> &World {
        &self.shared.world
    }

    /// Changes the world, or leaves it as it is. Returns the id of the object that was changed,
    /// which for [`Change::Create`] is a new one.
    pub fn apply(&self, change: &Change) -> Result<String, ChangeError> {
        let at = self.shared.moment();
        let applied = self.shared.world.change(|world| world.apply(change, at));
        self.shared.announce();
        applied
    }

    /// Changes drawn from a seed that can all be made now, one after the other.
    pub fn random_changes(&self, seed: u64, count: usize) -> Vec<Change> {
        let world = self.shared.world.snapshot();
        (*world)
            .clone()
            .random_changes(seed, count, self.shared.moment())
    }

    /// Takes a right from the account, on top of those taken before.
    pub fn deny(&self, rule: &DenyRule) -> Result<(), ChangeError> {
        let denied = self.shared.world.change(|world| world.deny(rule));
        self.shared.announce();
        denied
    }

    /// Gives all rights back.
    pub fn clear_denials(&self) {
        self.shared.world.change(Snapshot::clear_denials);
        self.shared.announce();
    }

    /// The server's clock.
    pub fn now(&self) -> Timestamp {
        self.shared.now()
    }

    /// Sets the clock forward, or back with a negative number. What depends on time follows: the
    /// samples there are, idle sessions, a locked account.
    pub fn advance_clock(&self, seconds: i64) {
        self.shared.advance_clock(seconds);
    }

    /// Sets what is added to the machine's clock to give the server's clock.
    pub fn set_clock_offset(&self, seconds: i64) {
        self.shared.clock.set_offset(seconds);
        self.shared.announce();
    }

    /// The settings in force.
    pub fn settings(&self) -> Settings {
        self.shared.settings()
    }

    /// Replaces the settings from the next call on.
    pub fn set_settings(&self, settings: Settings) {
        self.shared.set_settings(settings);
    }

    /// Stops it and waits until its connections are closed.
    pub async fn stop(mut self) {
        self.accepting.abort();
        // The error says that it was aborted.
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for MockVcenter {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
