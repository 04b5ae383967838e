//! Who is logged in: cookies, lock-out, idle expiry, and what belongs to a session.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

use crate::clock::Clock;
use crate::session::Session;
use crate::session_objects::{Collector, Page, View};

/// Five wrong passwords within this time lock the account (vsphere.local's default policy).
const FAILURE_WINDOW: SignedDuration = SignedDuration::from_secs(180);
const FAILURES_TO_LOCK: usize = 5;
/// How long it stays locked.
const LOCKED_FOR: SignedDuration = SignedDuration::from_secs(300);

/// The collector that every session has from the start.
const OWN_COLLECTOR: &str = "propertyCollector";

/// All sessions of a server.
#[derive(Debug)]
pub(crate) struct Sessions {
    state: Mutex<State>,
    idle: SignedDuration,
    clock: Arc<Clock>,
}

#[derive(Debug, Default)]
struct State {
    by_cookie: HashMap<String, Open>,
    failures: Vec<Timestamp>,
    locked_until: Option<Timestamp>,
    refused: u64,
    /// The most that were open at the same time.
    most: usize,
}

#[derive(Debug)]
struct Open {
    session: Session,
    used: Timestamp,
    views: HashMap<String, Arc<View>>,
    pages: HashMap<String, Page>,
    /// By their ids; the one that every session has is made when it is first used.
    collectors: HashMap<String, Arc<Mutex<Collector>>>,
    issued: u64,
}

impl Open {
    /// An id that shows the session it belongs to.
    fn next_id(&mut self) -> String {
        self.issued += 1;
        format!("session[{}]5286fa88-{:012x}", self.session.key, self.issued)
    }
}

impl Sessions {
    pub(crate) fn new(idle: SignedDuration, clock: Arc<Clock>) -> Self {
        Self {
            state: Mutex::default(),
            idle,
            clock,
        }
    }

    /// The live sessions; those idle for too long are dropped first.
    fn state(&self) -> MutexGuard<'_, State> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let now = self.clock.now();
        state
            .by_cookie
            .retain(|_, open| now.duration_since(open.used) < self.idle);
        state
    }

    /// The session of a cookie; being looked up counts as use.
    pub(crate) fn find(&self, cookie: Option<&str>) -> Option<Session> {
        let mut state = self.state();
        let open = state.by_cookie.get_mut(cookie?)?;
        open.used = self.clock.now();
        Some(open.session.clone())
    }

    /// Opens a session unless the account is locked or the password is wrong.
    pub(crate) fn open(&self, cookie: &str, password_fits: bool, session: Session) -> bool {
        let mut state = self.state();
        let now = self.clock.now();
        if state.locked_until.is_some_and(|until| now < until) {
            state.refused += 1;
            return false;
        }
        if !password_fits {
            state.refused += 1;
            state
                .failures
                .retain(|failure| now.duration_since(*failure) < FAILURE_WINDOW);
            state.failures.push(now);
            if state.failures.len() >= FAILURES_TO_LOCK {
                state.failures.clear();
                state.locked_until = now.checked_add(LOCKED_FOR).ok();
            }
            return false;
        }
        state.failures.clear();
        let open = Open {
            session,
            used: now,
            views: HashMap::new(),
            pages: HashMap::new(),
            collectors: HashMap::new(),
            issued: 0,
        };
        state.by_cookie.insert(cookie.to_owned(), open);
        state.most = state.most.max(state.by_cookie.len());
        true
    }

    /// Counts a login that was refused for another reason than its password.
    pub(crate) fn refuse(&self) {
        self.state().refused += 1;
    }

    pub(crate) fn close(&self, cookie: &str) {
        self.state().by_cookie.remove(cookie);
    }

    pub(crate) fn close_all(&self) {
        self.state().by_cookie.clear();
    }

    pub(crate) fn count(&self) -> usize {
        self.state().by_cookie.len()
    }

    pub(crate) fn cookies(&self) -> Vec<String> {
        self.state().by_cookie.keys().cloned().collect()
    }

    /// The most that were open at the same time, since the start or the last reset.
    pub(crate) fn most(&self) -> usize {
        self.state().most
    }

    pub(crate) fn reset_most(&self) {
        let mut state = self.state();
        state.most = state.by_cookie.len();
    }

    pub(crate) fn refused(&self) -> u64 {
        self.state().refused
    }

    /// Whether a session with this key is live.
    pub(crate) fn has_key(&self, key: &str) -> bool {
        self.state()
            .by_cookie
            .values()
            .any(|open| open.session.key == key)
    }

    /// Keeps a view and returns its id.
    pub(crate) fn add_view(&self, cookie: &str, view: View) -> Option<String> {
        let mut state = self.state();
        let open = state.by_cookie.get_mut(cookie)?;
        let id = open.next_id();
        open.views.insert(id.clone(), Arc::new(view));
        Some(id)
    }

    /// A fresh id for an object of a session.
    pub(crate) fn next_id(&self, cookie: &str) -> Option<String> {
        Some(self.state().by_cookie.get_mut(cookie)?.next_id())
    }

    /// Makes a collector and returns its id.
    pub(crate) fn add_collector(&self, cookie: &str) -> Option<String> {
        let mut state = self.state();
        let open = state.by_cookie.get_mut(cookie)?;
        let id = open.next_id();
        open.collectors.insert(id.clone(), Arc::default());
        Some(id)
    }

    /// The session's own collector or one that it made.
    pub(crate) fn collector(&self, cookie: &str, id: &str) -> Option<Arc<Mutex<Collector>>> {
        let mut state = self.state();
        let collectors = &mut state.by_cookie.get_mut(cookie)?.collectors;
        if id == OWN_COLLECTOR {
            return Some(Arc::clone(collectors.entry(id.to_owned()).or_default()));
        }
        collectors.get(id).map(Arc::clone)
    }

    /// All collectors of a session.
    pub(crate) fn collectors(&self, cookie: &str) -> Vec<Arc<Mutex<Collector>>> {
        let state = self.state();
        let open = state.by_cookie.get(cookie);
        open.map(|open| open.collectors.values().map(Arc::clone).collect())
            .unwrap_or_default()
    }

    /// Whether there was such a collector, other than the session's own.
    pub(crate) fn remove_collector(&self, cookie: &str, id: &str) -> bool {
        let mut state = self.state();
        state
            .by_cookie
            .get_mut(cookie)
            .is_some_and(|open| id != OWN_COLLECTOR && open.collectors.remove(id).is_some())
    }

    pub(crate) fn view(&self, cookie: &str, id: &str) -> Option<Arc<View>> {
        self.state()
            .by_cookie
            .get(cookie)?
            .views
            .get(id)
            .map(Arc::clone)
    }

    /// Whether there was such a view.
    pub(crate) fn remove_view(&self, cookie: &str, id: &str) -> bool {
        let mut state = self.state();
        state
            .by_cookie
            .get_mut(cookie)
            .is_some_and(|open| open.views.remove(id).is_some())
    }

    /// Keeps the rest of a retrieval and returns the token for it.
    pub(crate) fn add_page(&self, cookie: &str, page: Page) -> Option<String> {
        let mut state = self.state();
        let open = state.by_cookie.get_mut(cookie)?;
        open.issued += 1;
        let token = format!("{:x}", open.issued);
        open.pages.insert(token.clone(), page);
        Some(token)
    }

    /// Takes the rest of a retrieval; a token works once.
    pub(crate) fn take_page(&self, cookie: &str, token: &str) -> Option<Page> {
        self.state().by_cookie.get_mut(cookie)?.pages.remove(token)
    }
}
