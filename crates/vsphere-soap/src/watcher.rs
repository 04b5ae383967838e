//! Watches the objects of a view: follows the changes that the server reports, and reads all objects page by page.
//!
//! [`Watcher`] covers the mechanics: sessions that end, filters that the server drops, servers that report no changes.
//! Its caller decides when to ask, when to read everything, and what to do with the objects.

mod event;
mod failure;
mod full_read;
mod selection;
mod state;

use std::num::NonZeroU32;

use self::full_read::FullRead;
use self::state::{Reports, State};
use crate::client::Client;
use crate::detached_call::DetachedCall;
use crate::error::Error;
use crate::moref::MoRef;
use crate::operation::Operation;
use crate::progress::{NoProgress, wait};
use crate::property_collector::PropertyFilterSpec;
use crate::property_filter::{PropertyFilter, UpdateSet, WaitOptions};
use crate::view::ContainerView;

pub use self::event::Event;
pub use self::selection::Selection;

/// A view, a property filter and a read of all objects, as one.
///
/// Every method is cancel safe: a call under way continues, and the next use of the same method takes its answer. Reports
/// and pages advance independently, so a slow page does not hold back a report.
#[derive(Debug)]
pub struct Watcher {
    client: Client,
    selection: Selection,
    state: State,
    read: Option<FullRead>,
}

impl Watcher {
    /// Prepares a watcher. Nothing is sent yet.
    pub fn new(client: Client, selection: Selection) -> Self {
        Self {
            client,
            selection,
            state: State::Detached,
            read: None,
        }
    }

    /// Makes the view and the filter, unless the present session has them. Returns [`Event::Attached`],
    /// [`Event::Restarted`] or [`Event::Lost`].
    ///
    /// # Errors
    /// Any failure of a call, or of the login. The next use continues with the call that failed.
    pub async fn attach(&mut self) -> Result<Event, Error> {
        self.finish_detaching().await;
        let session = self.client.session().await?;
        let is_elsewhere = |view: &ContainerView| view.session_id() != session.id();
        if self.state.view().is_some_and(is_elsewhere) {
            self.state = State::Detached;
            self.read = None;
        }
        if self.state.is_attached() {
            return Ok(Event::Attached);
        }
        match self.set_up(&session.content().root_folder).await {
            Ok(()) => Ok(Event::Restarted),
            Err(error) => self.failed(error),
        }
    }

    /// Asks for the next report, which covers what has changed up to now. Returns [`Event::Listed`], [`Event::Changed`],
    /// [`Event::Unsupported`] or [`Event::Lost`]; attaches first if nothing is attached.
    ///
    /// When an earlier use gave up waiting, this one takes the answer to the earlier question. The latest changes may be
    /// missing there; the report after it has them.
    ///
    /// # Errors
    /// Any failure of the call; [`Error::NoProgress`] when reports repeat objects or bring few of them without an end. The
    /// next use asks the same again.
    pub async fn follow(&mut self) -> Result<Event, Error> {
        let Self {
            client,
            selection,
            state,
            ..
        } = self;
        match state {
            State::Unreported { .. } => Ok(Event::Unsupported),
            State::Following {
                reports, question, ..
            } => {
                let ask = || ask(client, reports, selection.page_objects);
                let answer = question.get_or_insert_with(ask).answer().await;
                *question = None;
                match answer {
                    Ok(set) => reports
                        .take(set)
                        .map_err(|NoProgress| client.no_progress(Operation::WAIT_FOR_UPDATES)),
                    Err(error) if failure::is_unsupported(&error) => {
                        state.stop_reports();
                        Ok(Event::Unsupported)
                    }
                    Err(error) => self.failed(error),
                }
            }
            _ => self.attach().await,
        }
    }

    /// Reads the next page of all objects; begins a read if none is under way. Returns [`Event::Page`],
    /// [`Event::ReadRestarted`], [`Event::ReadComplete`] or [`Event::Lost`]; attaches first if nothing is attached.
    ///
    /// # Errors
    /// Any failure of the call, which ends the read. The next use begins another one.
    pub async fn read(&mut self) -> Result<Event, Error> {
        let Some(view) = self.state.attached_view() else {
            return self.attach().await;
        };
        let (client, selection) = (&self.client, &self.selection);
        let begin = || FullRead::begin(client, selection.spec(view), selection.page_objects);
        let result = self.read.get_or_insert_with(begin).next(client).await;
        if !matches!(result, Ok(Event::Page(_) | Event::ReadRestarted)) {
            self.read = None;
        }
        result.or_else(|error| self.failed(error))
    }

    /// Ends the read, the filter and the view, as far as the server cooperates. The rest ends with the session.
    pub async fn detach(&mut self) {
        self.begin_detaching();
        self.finish_detaching().await;
    }

    /// Makes what is missing of view and filter.
    async fn set_up(&mut self, root: &MoRef) -> Result<(), Error> {
        loop {
            match &mut self.state {
                State::Detached | State::Detaching(_) => {
                    let call = make_view(&self.client, root.clone(), self.selection.types);
                    self.state = State::MakingView(call);
                }
                State::MakingView(call) => {
                    let view = call.answer().await;
                    self.state.viewed(view)?;
                }
                State::Viewing { view } => {
                    let view = view.clone();
                    let call = make_filter(&self.client, self.selection.spec(&view));
                    self.state = State::MakingFilter { view, call };
                }
                State::MakingFilter { call, .. } => {
                    let filter = call.answer().await;
                    self.state.filtered(filter, self.selection.page_objects)?;
                }
                State::Following { .. } | State::Unreported { .. } => return Ok(()),
            }
        }
    }

    fn failed(&mut self, error: Error) -> Result<Event, Error> {
        if failure::is_lost(&error) {
            self.begin_detaching();
            return Ok(Event::Lost(error));
        }
        Err(error)
    }

    fn begin_detaching(&mut self) {
        self.read = None;
        let client = &self.client;
        self.state.detach(|view, filter| end(client, view, filter));
    }

    async fn finish_detaching(&mut self) {
        if let State::Detaching(call) = &mut self.state {
            call.answer().await;
            self.state = State::Detached;
        }
    }
}

fn make_view(
    client: &Client,
    root: MoRef,
    types: &'static [&'static str],
) -> DetachedCall<Result<ContainerView, Error>> {
    let client = client.clone();
    DetachedCall::start(async move { client.create_container_view(&root, types, true).await })
}

fn make_filter(
    client: &Client,
    spec: PropertyFilterSpec,
) -> DetachedCall<Result<PropertyFilter, Error>> {
    let client = client.clone();
    DetachedCall::start(async move { client.create_filter(spec).await })
}

/// Asks what has changed up to now. The server does not wait for a change.
fn ask(
    client: &Client,
    reports: &Reports,
    max_objects: NonZeroU32,
) -> DetachedCall<Result<Option<UpdateSet>, Error>> {
    let (client, filter) = (client.clone(), reports.filter().clone());
    let version = reports.version().clone();
    let up_to_now = WaitOptions {
        max_wait_seconds: Some(0),
        max_object_updates: Some(max_objects),
    };
    let pause = reports.pause();
    DetachedCall::start(async move {
        wait(pause).await;
        client.wait_for_updates(&filter, &version, up_to_now).await
    })
}

/// What fails here is left to the end of the session.
fn end(client: &Client, view: ContainerView, filter: Option<PropertyFilter>) -> DetachedCall<()> {
    let client = client.clone();
    DetachedCall::start(async move {
        if let Some(filter) = filter {
            let _ = client.destroy_filter(filter).await;
        }
        let _ = client.destroy_view(view).await;
    })
}
