//! A retrieval of properties, page by page.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::Arc;

use futures_util::Stream;
use futures_util::stream::try_unfold;

use crate::client::Client;
use crate::decode::{self, Refusal};
use crate::error::Error;
use crate::operation::Operation;
use crate::property_collector::{
    ObjectContent, ObjectSelection, PropertyFilterSpec, RetrievedPage,
};
use crate::request::Request;
use crate::session::Session;

const RETRIEVE: Operation = Operation::RETRIEVE_PROPERTIES;
const CONTINUE: Operation = Operation::CONTINUE_RETRIEVE_PROPERTIES;
const CANCEL: Operation = Operation::CANCEL_RETRIEVE_PROPERTIES;

/// A retrieval under way, from [`Client::retrieve_properties`].
///
/// Dropping it before the end leaves the rest of the result on the server until the session ends;
/// [`cancel`](Self::cancel) frees it at once. Its methods are not cancel safe: drop the retrieval
/// along with a dropped future.
#[derive(Debug)]
pub struct Retrieval {
    client: Client,
    spec: PropertyFilterSpec,
    max_objects: Option<NonZeroU32>,
    stage: Stage,
    /// Objects of the last page that [`next`](Self::next) has not handed out yet.
    waiting: VecDeque<ObjectContent>,
}

#[derive(Debug)]
enum Stage {
    NotStarted,
    /// The token continues the retrieval, once, in this session.
    More {
        token: Box<str>,
        session: Arc<Session>,
    },
    Done,
}

impl Retrieval {
    pub(crate) fn new(
        client: Client,
        spec: PropertyFilterSpec,
        max_objects: Option<NonZeroU32>,
    ) -> Self {
        Self {
            client,
            spec,
            max_objects,
            stage: Stage::NotStarted,
            waiting: VecDeque::new(),
        }
    }

    /// The next page, or `None` after the last. The only page may be empty. One call.
    ///
    /// # Errors
    /// Any failure of the call, which ends the retrieval; [`Error::SessionLost`] when the view or
    /// the rest of the result is gone; [`Error::ForeignHandle`] when another client made the view;
    /// [`Error::NoProgress`] when a page is empty and not the last.
    pub async fn next_page(&mut self) -> Result<Option<Vec<ObjectContent>>, Error> {
        let (page, session) = match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::NotStarted => self.first_page().await?,
            Stage::More { token, session } => {
                let collector = &session.content().property_collector;
                let request = Request::new(CONTINUE, collector, |arguments| {
                    arguments.text("token", &token);
                });
                let page = self
                    .client
                    .call_bound(&session, &request, read_page)
                    .await?;
                (page, session)
            }
            Stage::Done => return Ok(None),
        };
        if let Some(token) = page.token {
            if page.objects.is_empty() {
                return Err(self.client.no_progress(CONTINUE));
            }
            self.stage = Stage::More { token, session };
        }
        Ok(Some(page.objects))
    }

    /// The next object, or `None` after the last.
    ///
    /// # Errors
    /// As [`next_page`](Self::next_page).
    pub async fn next(&mut self) -> Result<Option<ObjectContent>, Error> {
        loop {
            if let Some(object) = self.waiting.pop_front() {
                return Ok(Some(object));
            }
            match self.next_page().await? {
                Some(page) => self.waiting = page.into(),
                None => return Ok(None),
            }
        }
    }

    /// All further objects as a stream. It ends after the first error.
    pub fn into_stream(self) -> impl Stream<Item = Result<ObjectContent, Error>> {
        try_unfold(self, async |mut retrieval| {
            let object = retrieval.next().await?;
            Ok(object.map(|object| (object, retrieval)))
        })
    }

    /// Frees the rest of the result on the server. Without a rest, or when it died with its session,
    /// there is nothing to do.
    ///
    /// # Errors
    /// Any failure of the call.
    pub async fn cancel(self) -> Result<(), Error> {
        let Stage::More { token, session } = self.stage else {
            return Ok(());
        };
        let collector = &session.content().property_collector;
        let request = Request::new(CANCEL, collector, |arguments| {
            arguments.text("token", &token);
        });
        let decode = |body: &[u8]| decode::void(body, CANCEL.name());
        match self.client.call_bound(&session, &request, decode).await {
            Err(Error::SessionLost { .. }) => Ok(()),
            result => result,
        }
    }

    async fn first_page(&self) -> Result<(RetrievedPage, Arc<Session>), Error> {
        match &self.spec.objects {
            ObjectSelection::View(view) => {
                let session = self.client.owning_session(RETRIEVE, view.owner()).await?;
                let request = self.request(&session);
                let result = self.client.call_bound(&session, &request, read_page).await;
                let gone = |error: &Error| error.fault().is_some_and(|fault| view.is_gone(fault));
                if result.as_ref().is_err_and(gone) {
                    return Err(self.client.session_lost(RETRIEVE, &session).await);
                }
                Ok((result?, session))
            }
            ObjectSelection::Objects(_) => {
                let build = |session: &Session| Ok(self.request(session));
                self.client.call(RETRIEVE, build, read_page).await
            }
        }
    }

    fn request(&self, session: &Session) -> Request {
        Request::new(
            RETRIEVE,
            &session.content().property_collector,
            |arguments| {
                arguments.filter_spec("specSet", &self.spec);
                arguments.open("options");
                if let Some(max_objects) = self.max_objects {
                    arguments.value("maxObjects", max_objects);
                }
                arguments.close("options");
            },
        )
    }
}

/// Reads a page. One that tells of a dead session, with nothing readable for want of authentication, is
/// the fault that other operations answer with.
fn read_page(body: &[u8]) -> Result<RetrievedPage, Refusal> {
    let page = decode::retrieve_properties(body)?;
    if page.objects.iter().all(ObjectContent::is_unauthenticated) {
        let mut missing = page.objects.iter().flat_map(|object| &object.missing);
        if let Some(missing) = missing.find(|it| it.fault.is_not_authenticated()) {
            return Err(Refusal::Fault(Box::new(missing.fault.clone())));
        }
    }
    Ok(page)
}
