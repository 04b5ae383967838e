//! Requests for a reload, on their way from HTTP clients to what reads the settings, and the answers.

use std::future::pending;

use tokio::sync::watch;

/// What came of a reload: the reason if it was refused.
pub type ReloadResult = Result<(), String>;

/// Where clients ask for a reload. Clones are the same place.
///
/// However many ask, at most one reload waits while another one runs: it answers all that have asked before it began.
#[derive(Debug, Clone)]
pub struct ReloadRequests {
    /// How many have asked so far.
    asked: watch::Sender<u64>,
    latest: watch::Receiver<Answer>,
}

/// Where requests are taken and answered.
#[derive(Debug)]
pub struct ReloadDesk {
    asked: watch::Receiver<u64>,
    latest: watch::Sender<Answer>,
}

/// A reload that is done.
#[derive(Debug)]
struct Answer {
    /// The number of requests that it answers, from the first one on.
    answered: u64,
    result: ReloadResult,
}

/// A place to ask, and one to answer.
pub fn reload_requests() -> (ReloadRequests, ReloadDesk) {
    let (asked, of_desk) = watch::channel(0);
    let (answers, latest) = watch::channel(Answer {
        answered: 0,
        result: Ok(()),
    });
    let desk = ReloadDesk {
        asked: of_desk,
        latest: answers,
    };
    (ReloadRequests { asked, latest }, desk)
}

impl ReloadRequests {
    /// Asks for a reload that begins from now on, and waits for it. `None` if the exporter ends before.
    pub async fn reload(&self) -> Option<ReloadResult> {
        let mut number = 0;
        self.asked.send_modify(|asked| {
            *asked += 1;
            number = *asked;
        });
        let mut latest = self.latest.clone();
        let answer = latest.wait_for(|answer| answer.answered >= number).await;
        Some(answer.ok()?.result.clone())
    }
}

impl ReloadDesk {
    /// Waits until somebody asks. Cancel safe.
    pub(crate) async fn asked(&mut self) {
        if self.asked.changed().await.is_err() {
            // Nobody can ask any more.
            pending::<()>().await;
        }
    }

    /// A reload begins. Returns which requests it answers.
    pub(crate) fn begin(&mut self) -> u64 {
        *self.asked.borrow_and_update()
    }

    /// The reload is done that began with these requests.
    pub(crate) fn answer(&self, answered: u64, result: ReloadResult) {
        self.latest.send_replace(Answer { answered, result });
    }
}

#[cfg(test)]
mod tests {
    use futures_util::future::{FutureExt as _, join_all};

    use super::*;

    #[tokio::test]
    async fn one_reload_answers_all_that_asked_before_it_began_and_no_others() {
        let (requests, mut desk) = reload_requests();
        let mut early = Box::pin(join_all((0..100).map(|_| requests.reload())));
        assert!(early.as_mut().now_or_never().is_none());
        desk.asked().await;
        let first = desk.begin();
        let mut late = Box::pin(requests.reload());
        assert!(late.as_mut().now_or_never().is_none());
        desk.answer(first, Err("broken".to_owned()));
        let answers = early.await;
        assert!(
            answers
                .iter()
                .all(|it| *it == Some(Err("broken".to_owned())))
        );
        // What the late one wants read may have changed after the first reload had read it.
        assert!(late.as_mut().now_or_never().is_none());
        desk.asked().await;
        let second = desk.begin();
        assert!(desk.asked().now_or_never().is_none());
        desk.answer(second, Ok(()));
        assert_eq!(late.await, Some(Ok(())));
    }

    #[tokio::test]
    async fn who_waits_at_the_end_is_not_kept() {
        let (requests, desk) = reload_requests();
        let mut waiting = Box::pin(requests.reload());
        assert!(waiting.as_mut().now_or_never().is_none());
        drop(desk);
        assert_eq!(waiting.await, None);
    }
}
