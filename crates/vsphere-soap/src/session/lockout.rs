//! Keeps a wrong password from locking the account.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;

use crate::backoff::Backoff;
use crate::fault::Fault;

/// vSphere's default policy locks an account after 5 failed logins within 180 s, and one failure every 5 minutes never
/// adds up to that.
const BACKOFF: Backoff = Backoff::new(Duration::from_secs(5 * 60), Duration::from_secs(60 * 60));

/// Remembers the password that the server refused last, and when it may be tried again.
#[derive(Default)]
pub(super) struct Lockout(Option<RefusedPassword>);

struct RefusedPassword {
    password: SecretString,
    fault: Box<Fault>,
    next_try: Instant,
    backoff: Backoff,
}

/// Why a password may not be sent yet.
pub(super) struct LoginPause {
    /// Time until the next try.
    pub(super) wait: Duration,
    /// How the server refused the password.
    pub(super) fault: Box<Fault>,
}

impl Lockout {
    /// Why this password may not be sent yet; `None` when it may.
    pub(super) fn pause(&self, password: &SecretString, now: Instant) -> Option<LoginPause> {
        let refused = self.0.as_ref().filter(|refused| refused.is(password))?;
        let wait = refused.next_try.saturating_duration_since(now);
        (!wait.is_zero()).then(|| LoginPause {
            wait,
            fault: refused.fault.clone(),
        })
    }

    /// Records that the server refused this password.
    pub(super) fn record_refusal(
        &mut self,
        password: &SecretString,
        fault: Box<Fault>,
        now: Instant,
    ) {
        let mut backoff = match &self.0 {
            Some(before) if before.is(password) => before.backoff,
            _ => BACKOFF,
        };
        self.0 = Some(RefusedPassword {
            password: password.clone(),
            fault,
            next_try: now + backoff.next_pause(),
            backoff,
        });
    }

    /// Records that the server accepted a password.
    pub(super) fn record_success(&mut self) {
        self.0 = None;
    }
}

impl RefusedPassword {
    fn is(&self, password: &SecretString) -> bool {
        self.password.expose_secret() == password.expose_secret()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::FaultKind;

    fn minutes(minutes: u64) -> Duration {
        Duration::from_secs(minutes * 60)
    }

    fn refuse(lockout: &mut Lockout, password: &SecretString, now: Instant) {
        let fault = Fault {
            kind: FaultKind::InvalidLogin,
            message: String::new(),
        };
        lockout.record_refusal(password, Box::new(fault), now);
    }

    fn wait(lockout: &Lockout, password: &SecretString, now: Instant) -> Option<Duration> {
        lockout.pause(password, now).map(|pause| pause.wait)
    }

    #[test]
    fn a_wrong_password_held_for_hours_is_tried_a_few_times() {
        let (mut lockout, start) = (Lockout::default(), Instant::now());
        let password = SecretString::from("wrong");
        let mut attempts = Vec::new();
        for minute in 0..300 {
            let now = start + minutes(minute);
            if wait(&lockout, &password, now).is_none() {
                attempts.push(minute);
                refuse(&mut lockout, &password, now);
            }
        }
        assert_eq!(attempts, [0, 5, 15, 35, 75, 135, 195, 255]);
    }

    #[test]
    fn another_password_is_tried_at_once_and_success_forgets() {
        let (mut lockout, now) = (Lockout::default(), Instant::now());
        let (wrong, right) = (SecretString::from("wrong"), SecretString::from("right"));
        refuse(&mut lockout, &wrong, now);
        assert_eq!(wait(&lockout, &wrong, now + minutes(1)), Some(minutes(4)));
        assert_eq!(wait(&lockout, &right, now), None);
        lockout.record_success();
        assert_eq!(wait(&lockout, &wrong, now), None);
    }
}
