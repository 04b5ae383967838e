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
