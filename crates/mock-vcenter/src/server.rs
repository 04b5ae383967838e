//! The running server and the handle on it.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use rustls::crypto;
use sha2::{Digest, Sha256};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use crate::clock::Clock;
use crate::fault_rules::{FaultRule, FaultRules};
use crate::network::{self, Network};
use crate::options::Options;
use crate::sessions::Sessions;
use crate::settings::Settings;
use crate::tls::{self, Identity};
use crate::world::{Change, ChangeError, DenyRule, Kind, Moment, Snapshot, World};

/// A vCenter that is being served. Dropping it stops it.
#[derive(Debug)]
pub struct MockVcenter {
    shared: Arc<Shared>,
    address: SocketAddr,
    identity: Identity,
    accepting: JoinHandle<()>,
}

/// Why a server did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
    /// The certificate could not be made.
    #[error("cannot make a certificate")]
    Certificate(#[from] rcgen::Error),
    /// TLS could not be set up.
    #[error("cannot set up TLS")]
    Tls(#[from] rustls::Error),
    /// The system gave no random numbers.
    #[error("no random numbers")]
    Random,
}

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) options: Options,
    pub(crate) world: World,
    pub(crate) clock: Arc<Clock>,
    /// When it was started, by its own clock.
    pub(crate) started: Timestamp,
    settings: Mutex<Settings>,
    pub(crate) sessions: Sessions,
    pub(crate) faults: FaultRules,
    pub(crate) network: Network,
    /// Tells those who wait for changes that there may be some.
    changed: watch::Sender<()>,
    calls: Mutex<BTreeMap<String, u64>>,
    secret: [u8; 32],
    issued: AtomicU64,
}

/// How many names of operations are counted one by one. The rest share one entry, so that odd
/// requests cannot fill the memory.
const MAX_COUNTED_NAMES: usize = 100;

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
        self.shared
            .calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Starts counting anew: calls, and the most sessions that were open.
    pub fn reset_calls(&self) {
        self.shared
            .calls
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
        self.shared.sessions.reset_most();
    }

    /// How many sessions are open.
    pub fn open_sessions(&self) -> usize {
        self.shared.sessions.count()
    }

    /// The cookies of the open sessions, for whoever looks for them where they must not be.
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

    /// Adds a rule behind those there are.
    pub fn add_fault(&self, rule: FaultRule) {
        self.shared.faults.add(rule);
    }

    /// Removes all rules, and makes the server reachable again with its own certificate.
    pub fn clear_faults(&self) {
        self.shared.faults.clear();
        self.shared.network.recover();
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
        let mut present = self
            .shared
            .settings
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *present, settings);
        drop(present);
        if settings.counter_id_shift != before.counter_id_shift {
            self.shared.sessions.close_all();
        }
        // Its intervals tell their statistics level.
        self.shared
            .world
            .change(|world| world.touch_service(Kind::PerformanceManager));
        self.shared.announce();
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

impl Shared {
    fn new(options: Options) -> Result<Self, StartError> {
        let mut secret = [0; 32];
        crypto::ring::default_provider()
            .secure_random
            .fill(&mut secret)
            .map_err(|_| StartError::Random)?;
        let clock = Arc::new(Clock::new(options.clock_offset_seconds));
        let idle = i64::try_from(options.session_idle_seconds).unwrap_or(i64::MAX);
        Ok(Self {
            world: World::new(options.world.clone()),
            sessions: Sessions::new(SignedDuration::from_secs(idle), Arc::clone(&clock)),
            started: clock.now(),
            clock,
            settings: Mutex::new(options.settings()),
            changed: watch::Sender::new(()),
            faults: FaultRules::default(),
            network: Network::new(),
            calls: Mutex::default(),
            secret,
            issued: AtomicU64::new(0),
            options,
        })
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(crate) fn advance_clock(&self, seconds: i64) {
        self.clock.advance(seconds);
        self.announce();
    }

    pub(crate) fn settings(&self) -> Settings {
        *self.settings.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The present as the world needs it.
    fn moment(&self) -> Moment {
        let now = self.now().as_second();
        Moment {
            now,
            newest_sample: self.settings().newest_sample(now),
        }
    }

    /// Wakes those who wait for changes.
    pub(crate) fn announce(&self) {
        self.changed.send_replace(());
    }

    /// To be told of changes from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
    }

    pub(crate) fn count(&self, operation: &str) {
        let mut calls = self.calls.lock().unwrap_or_else(PoisonError::into_inner);
        let known = calls.contains_key(operation) || calls.len() < MAX_COUNTED_NAMES;
        *calls
            .entry(if known { operation } else { "other" }.to_owned())
            .or_default() += 1;
    }

    /// Forty hex digits that nobody can guess.
    pub(crate) fn random_cookie(&self) -> String {
        let number = self.issued.fetch_add(1, Ordering::Relaxed);
        let digest = Sha256::new()
            .chain_update(self.secret)
            .chain_update(number.to_be_bytes());
        let mut cookie = String::with_capacity(40);
        for byte in digest.finalize().iter().take(20) {
            // Writing to a string cannot fail.
            let _ = write!(cookie, "{byte:02x}");
        }
        cookie
    }

    /// A key in the form of a UUID.
    pub(crate) fn random_key(&self) -> String {
        let digits = self.random_cookie();
        let part = |from: usize, to: usize| digits.get(from..to).unwrap_or_default();
        format!(
            "52{}-{}-{}-{}-{}",
            part(0, 6),
            part(6, 10),
            part(10, 14),
            part(14, 18),
            part(18, 30)
        )
    }
}
