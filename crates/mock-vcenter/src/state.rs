//! What all connections of a server share.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::{SignedDuration, Timestamp};
use rustls::crypto;
use sha2::{Digest, Sha256};
use tokio::sync::watch;

use crate::call_counts::CallCounts;
use crate::clock::Clock;
use crate::fault_rules::FaultRules;
use crate::host_clocks::HostClocks;
use crate::odd_samples::OddSampleRules;
use crate::options::Options;
use crate::reachability::Reachability;
use crate::sessions::Sessions;
use crate::settings::Settings;
use crate::start_error::StartError;
use crate::world::{Kind, Moment, World};

/// The state of a server.
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
    pub(crate) odd_samples: OddSampleRules,
    pub(crate) host_clocks: HostClocks,
    pub(crate) reachability: Reachability,
    pub(crate) calls: CallCounts,
    /// Wakes those who wait for changes.
    changed: watch::Sender<()>,
    secret: [u8; 32],
    issued: AtomicU64,
}

impl Shared {
    pub(crate) fn new(options: Options) -> Result<Self, StartError> {
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
            settings: Mutex::new(options.settings),
            changed: watch::Sender::new(()),
            faults: FaultRules::default(),
            odd_samples: OddSampleRules::default(),
            host_clocks: HostClocks::default(),
            reachability: Reachability::new(),
            calls: CallCounts::default(),
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

    pub(crate) fn set_settings(&self, settings: Settings) {
        let mut present = self.settings.lock().unwrap_or_else(PoisonError::into_inner);
        let before = std::mem::replace(&mut *present, settings);
        drop(present);
        if settings.counter_id_shift != before.counter_id_shift {
            self.sessions.close_all();
        }
        // Its intervals show their statistics level.
        self.world
            .change(|world| world.touch_service(Kind::PerformanceManager));
        self.announce();
    }

    /// The present as the world needs it.
    pub(crate) fn moment(&self) -> Moment {
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

    /// Reports changes from now on.
    pub(crate) fn changes(&self) -> watch::Receiver<()> {
        self.changed.subscribe()
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
