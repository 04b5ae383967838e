//! Plans from what the running exporter keeps of its vCenters, for who asks over HTTP.
//!
//! A question is a query string with the words of the command's flags. A [`Planner`] answers it with the same code as the
//! command, in one of the command's formats or as a page.

mod bad_question;
mod listing;
mod no_plan;
mod page;
mod pairs;
mod question;
mod recorded;

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use jiff::Timestamp;
use planner_core::inventory::filter::Filter;
use planner_core::plan::demand::Demand;
use planner_core::plan::whole::Plan;
use ring::digest::{SHA256, digest};
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::arguments::Format;
use super::document::{Document, Made};
use super::error::PlanError;
use super::request::Asked;
use super::selection::{self, Selected};
use crate::publication::{Publication, Publications};
use crate::task::join;
use crate::version;

pub use self::bad_question::BadQuestion;
pub use self::no_plan::NoPlan;
pub(crate) use self::page::{SCRIPT, STYLE};
use self::pairs::Pairs;
use self::question::Question;
use self::recorded::Recorded;

/// More plans than this are not made at once. Scrapes and collection need a share of the machine too.
const AT_ONCE: usize = 2;

/// Who asks waits no longer than this for another plan to be ready.
const WAITS_AT_MOST: Duration = Duration::from_secs(2);

/// Makes plans from the latest publication.
#[derive(Debug, Clone)]
pub struct Planner {
    publications: Publications,
    permits: Arc<Semaphore>,
    /// Keeps apart what this process publishes and what another one did.
    started: Timestamp,
}

impl Planner {
    /// Plans from what these publications have.
    pub fn new(publications: Publications) -> Self {
        Self {
            publications,
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            started: Timestamp::now(),
        }
    }

    /// The plan that answers a question, in a format of the command. The question is a query string such as
    /// `link=300Mbit&rpo=10s&include-vms=sql*`.
    ///
    /// It is made on a thread of its own. The permit for that belongs to the work: it is given back when the work is done,
    /// even if nobody waits for it any more.
    ///
    /// # Errors
    /// If there is no plan. [`NoPlan`] says why.
    pub async fn document(&self, query: &str, format: Format) -> Result<Vec<u8>, NoPlan> {
        let question = Question::parse(query)?;
        self.work(move |publication| {
            answer(&question, publication, |made| {
                Ok(super::render(made, &Document::new(made), format)?)
            })
        })
        .await
    }

    /// The page `/planner` for the same question, and why it has no plan if that is so. Then it has the inputs as they
    /// were given, and says what to do.
    pub async fn page(&self, query: &str) -> (String, Result<(), NoPlan>) {
        let pairs = Pairs::parse(query);
        match self.page_with_plan(query, pairs.clone()).await {
            Ok(page) => (page, Ok(())),
            Err(no_plan) => (page::in_words(&pairs, &no_plan), Err(no_plan)),
        }
    }

    async fn page_with_plan(&self, query: &str, pairs: Pairs) -> Result<String, NoPlan> {
        let question = Question::parse(query)?;
        self.work(move |publication| {
            answer(&question, publication, |made| {
                Ok(page::with_plan(&pairs, &question, made)?)
            })
        })
        .await
    }

    /// What is the same as long as the same question has the same answer, as an entity tag.
    pub fn edition(&self, path_and_query: &str) -> String {
        let mut text = format!("{} {} {path_and_query}", version::VERSION, self.started);
        for vcenter in &self.publications.borrow().vcenters {
            let cycles = vcenter.collection.cycles;
            let _ = write!(text, " {cycles} {:?}", vcenter.name.as_str());
        }
        let digest = digest(&SHA256, text.as_bytes());
        format!("W/\"{}\"", BASE64_URL_SAFE_NO_PAD.encode(digest))
    }

    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Publication) -> Result<T, NoPlan> + Send + 'static,
    ) -> Result<T, NoPlan> {
        let permit = timeout(WAITS_AT_MOST, Arc::clone(&self.permits).acquire_owned()).await;
        let Ok(Ok(permit)) = permit else {
            return Err(NoPlan::Busy);
        };
        let publication = Arc::clone(&self.publications.borrow());
        let task = spawn_blocking(move || {
            let _permit = permit;
            work(&publication)
        });
        join(task).await?
    }
}

/// Makes the plan, and something of it.
fn answer<T>(
    question: &Question,
    publication: &Publication,
    make: impl FnOnce(&Made<'_>) -> Result<T, NoPlan>,
) -> Result<T, NoPlan> {
    let Question {
        arguments, asked, ..
    } = question;
    let (recorded, found) = Recorded::of(&publication.vcenters)?;
    // What the exporter's own filters leave out was not found.
    let filter = selection::filter(arguments, Filter::default());
    let selected = selection::select(found, arguments, &filter, None, Vec::new())?;
    let plan = compute(&recorded, asked, &selected)?;
    make(&Made::now(&plan, asked, &selected))
}

fn compute(recorded: &Recorded, asked: &Asked, selected: &Selected) -> Result<Plan, PlanError> {
    let (past, series) = recorded.past(&selected.vms, asked.time)?;
    let grid = Arc::clone(past.grid());
    let known = selected.vms.iter().map(|found| found.vm.clone()).collect();
    let demand = Demand::new(grid, known, |id, row| {
        if let Some(series) = series.get(id.vm) {
            past.read(*series, row);
        }
    });
    Ok(Plan::compute(&demand, &asked.inputs)?)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::sync::watch;

    use super::*;
    use crate::exposition::Pages;
    use crate::self_metrics::ProcessHealth;

    /// A planner without vCenters.
    fn planner() -> Planner {
        let publication = Publication {
            vcenters: Vec::new(),
            pages: Pages::render(&[], &ProcessHealth::default()).unwrap(),
        };
        let (_, publications) = watch::channel(Arc::new(publication));
        Planner::new(publications)
    }

    #[tokio::test]
    async fn permits_belong_to_the_work_and_not_to_who_waits_for_it() {
        let planner = planner();
        let (begun, mut begins) = tokio::sync::mpsc::unbounded_channel();
        let mut ends = Vec::new();
        for _ in 0..AT_ONCE {
            let (end, ended) = mpsc::channel::<()>();
            ends.push(end);
            let begun = begun.clone();
            let waiting = planner.work(move |_| {
                let _ = begun.send(());
                let _ = ended.recv();
                Ok(())
            });
            // Nobody waits for it once it has begun.
            tokio::select! {
                _ = waiting => panic!("it has not ended"),
                _ = begins.recv() => {}
            }
        }
        let refused = planner.work(|_| Ok(())).await;
        assert!(matches!(refused, Err(NoPlan::Busy)), "{refused:?}");
        drop(ends.pop());
        planner.work(|_| Ok(())).await.unwrap();
    }

    #[tokio::test]
    async fn a_bug_in_the_work_is_an_error_and_gives_the_permit_back() {
        let planner = planner();
        for _ in 0..=AT_ONCE {
            let failed = planner.work::<()>(|_| panic!("a bug")).await;
            assert!(matches!(failed, Err(NoPlan::Task(_))), "{failed:?}");
        }
    }
}
