//! Keeps a wrong password from locking the account: vSphere's default policy locks after five failures in 180 s.

use std::time::Duration;

use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;

const FIRST_PAUSE: Duration = Duration::from_secs(5 * 60);
const LONGEST_PAUSE: Duration = Duration::from_secs(60 * 60);

/// Remembers a refused password. With it nobody logs in again before a pause, which doubles each time, has passed.
#[derive(Debug, Default)]
pub(super) struct LoginGuard {
    refused: Option<Refused>,
}

#[derive(Debug)]
struct Refused {
    password: SecretString,
    next_try: Instant,
    pause: Duration,
}

impl LoginGuard {
    /// How long to wait before logging in with this password; `None` means now.
    pub(super) fn wait(&self, password: &SecretString, now: Instant) -> Option<Duration> {
        let refused = self
            .refused
            .as_ref()
            .filter(|refused| is_same(&refused.password, password))?;
        refused
            .next_try
            .checked_duration_since(now)
            .filter(|wait| !wait.is_zero())
    }

    /// Notes that vCenter refused the password.
    pub(super) fn refused(&mut self, password: SecretString, now: Instant) {
        let pause = match &self.refused {
            Some(before) if is_same(&before.password, &password) => {
                (before.pause * 2).min(LONGEST_PAUSE)
            }
            _ => FIRST_PAUSE,
        };
        self.refused = Some(Refused {
            password,
            next_try: now + pause,
            pause,
        });
    }

    /// Notes a refusal that went unnoticed, where a lost session was to be replaced in the midst of a cycle.
    pub(super) fn refused_before(&mut self, password: &SecretString, now: Instant) {
        let known = self.refused.as_ref();
        if !known.is_some_and(|refused| is_same(&refused.password, password)) {
            self.refused(password.clone(), now);
        }
    }

    /// Notes that vCenter let us in.
    pub(super) fn accepted(&mut self) {
        self.refused = None;
    }
}

fn is_same(a: &SecretString, b: &SecretString) -> bool {
    a.expose_secret() == b.expose_secret()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minutes(minutes: u64) -> Duration {
        Duration::from_secs(minutes * 60)
    }

    #[test]
    fn a_wrong_password_held_for_hours_is_tried_a_few_times() {
        let (mut guard, start) = (LoginGuard::default(), Instant::now());
        let password = SecretString::from("wrong");
        let mut attempts = Vec::new();
        for minute in 0..300 {
            let now = start + minutes(minute);
            if guard.wait(&password, now).is_none() {
                attempts.push(minute);
                guard.refused(password.clone(), now);
            }
        }
        assert_eq!(attempts, [0, 5, 15, 35, 75, 135, 195, 255]);
    }

    #[test]
    fn a_refusal_that_went_unnoticed_counts_once() {
        let (mut guard, start) = (LoginGuard::default(), Instant::now());
        let password = SecretString::from("wrong");
        for minute in [0, 1, 5] {
            let now = start + minutes(minute);
            guard.refused_before(&password, now);
            let left = (minute < 5).then(|| minutes(5 - minute));
            assert_eq!(guard.wait(&password, now), left);
        }
    }

    #[test]
    fn another_password_is_tried_at_once_and_success_forgets() {
        let (mut guard, now) = (LoginGuard::default(), Instant::now());
        let (wrong, right) = (SecretString::from("wrong"), SecretString::from("right"));
        guard.refused(wrong.clone(), now);
        assert_eq!(guard.wait(&wrong, now + minutes(1)), Some(minutes(4)));
        assert_eq!(guard.wait(&right, now), None);
        guard.accepted();
        assert_eq!(guard.wait(&wrong, now), None);
    }
}
