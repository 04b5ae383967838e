//! A retrieval of properties, page by page.

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::Arc;

use futures_util::Stream;
use futures_util::stream::try_unfold;

use crate::client::Client;
use crate::decode::{self, Refusal};
use crate::detached_call::DetachedCall;
use crate::error::Error;
use crate::operation::Operation;
use crate::progress::{Progress, wait};
use crate::property_collector::{
    ObjectContent, ObjectSelection, PropertyFilterSpec, RetrievedPage,
};
use crate::request::Request;
use crate::session::Session;
use crate::transport::Answer;

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
    reads_ahead: bool,
    stage: Stage,
    progress: Progress,
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
    /// The token is used: the next page is on its way.
    Coming {
        page: ComingPage,
        session: Arc<Session>,
    },
    Done,
}

/// A page that was asked for before the one ahead of it was decoded.
#[derive(Debug)]
struct ComingPage {
    /// What it was asked for with.
    token: Box<str>,
    answer: DetachedCall<Result<Answer, Error>>,
}

/// A page, the one after it if it is on its way, and the session of both.
type DecodedPage = (RetrievedPage, Option<ComingPage>, Arc<Session>);

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
            reads_ahead: false,
            stage: Stage::NotStarted,
            progress: Progress::new(max_objects),
            waiting: VecDeque::new(),
        }
    }

    /// Asks for each page as soon as the page before it is received, so the server prepares it while that one is
    /// decoded. The server still gets one call at a time, and at most one page waits undecoded, in memory.
    ///
    /// This applies to the members of a view. Pages take turns with their decoding where the server does not put the
    /// token first.
    #[must_use]
    pub fn read_ahead(mut self) -> Self {
        self.reads_ahead = true;
        self
    }

    /// The next page, or `None` after the last. The only page may be empty. One call, which
    /// [reading ahead](Self::read_ahead) has made before.
    ///
    /// # Errors
    /// Any failure of the call, which ends the retrieval; [`Error::SessionLost`] when the view or
    /// the rest of the result is gone; [`Error::ForeignHandle`] when another client made the view;
    /// [`Error::NoProgress`] when a page is empty and not the last, and when pages repeat objects or bring few of them
    /// without an end.
    pub async fn next_page(&mut self) -> Result<Option<Vec<ObjectContent>>, Error> {
        let (page, coming, session) = match std::mem::replace(&mut self.stage, Stage::Done) {
            Stage::NotStarted => self.first_page().await?,
            Stage::More { token, session } => {
                let request = continue_with(&token, &session);
                wait(self.progress.pause()).await;
                let answer = self.client.receive_bound(&session, &request).await?;
                self.decode(answer, session).await?
            }
            Stage::Coming { mut page, session } => {
                let answer = page.answer.answer().await?;
                self.decode(answer, session).await?
            }
            Stage::Done => return Ok(None),
        };
        if let Some(token) = page.token {
            let objects = page.objects.iter().map(|object| &object.obj);
            let progress = self.progress.note_page(objects);
            if progress.is_err() || page.objects.is_empty() {
                return Err(self.client.no_progress(CONTINUE));
            }
            self.stage = match coming {
                Some(page) if page.token == token => Stage::Coming { page, session },
                _ => Stage::More { token, session },
            };
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
    /// there is nothing to do. A page that is on its way is waited for.
    ///
    /// # Errors
    /// Any failure of the call.
    pub async fn cancel(self) -> Result<(), Error> {
        match self.end().await {
            Err(Error::SessionLost { .. }) => Ok(()),
            result => result,
        }
    }

    async fn end(self) -> Result<(), Error> {
        let (token, session) = match self.stage {
            Stage::More { token, session } => (token, session),
            Stage::Coming { mut page, session } => {
                let answer = page.answer.answer().await?;
                let page = self.client.decode_bound(&session, answer, read_page);
                let Some(token) = page.await?.token else {
                    return Ok(());
                };
                (token, session)
            }
            Stage::NotStarted | Stage::Done => return Ok(()),
        };
        let collector = &session.content().property_collector;
        let request = Request::new(CANCEL, collector, |arguments| {
            arguments.text("token", &token);
        });
        let decode = |body: &[u8]| decode::void(body, CANCEL.name());
        self.client.call_bound(&session, &request, decode).await
    }

    async fn first_page(&self) -> Result<DecodedPage, Error> {
        match &self.spec.objects {
            ObjectSelection::View(view) => {
                let session = self.client.owning_session(RETRIEVE, view.owner()).await?;
                let request = self.request(&session);
                let answer = self.client.receive_bound(&session, &request).await;
                if answer.as_ref().is_err_and(|error| view.is_gone(error)) {
                    return Err(self.client.session_lost(RETRIEVE, &session).await);
                }
                self.decode(answer?, session).await
            }
            ObjectSelection::Objects(_) => {
                let build = |session: &Session| Ok(self.request(session));
                let (page, session) = self.client.call(RETRIEVE, build, read_page).await?;
                Ok((page, None, session))
            }
        }
    }

    /// Decodes a page. Asks for the one after it before, if its token can be read without the objects.
    async fn decode(&self, answer: Answer, session: Arc<Session>) -> Result<DecodedPage, Error> {
        let token = self
            .reads_ahead
            .then(|| decode::leading_token(answer.body()))
            .flatten();
        let coming = token.map(|token| self.ask_ahead(token, &session));
        let page = self
            .client
            .decode_bound(&session, answer, read_page)
            .await?;
        Ok((page, coming, session))
    }

    fn ask_ahead(&self, token: Box<str>, session: &Arc<Session>) -> ComingPage {
        let request = continue_with(&token, session);
        let (client, session) = (self.client.clone(), Arc::clone(session));
        let pause = self.progress.pause();
        let answer = async move {
            wait(pause).await;
            client.receive_bound(&session, &request).await
        };
        ComingPage {
            token,
            answer: DetachedCall::start(answer),
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

fn continue_with(token: &str, session: &Session) -> Request {
    let collector = &session.content().property_collector;
    Request::new(CONTINUE, collector, |arguments| {
        arguments.text("token", token);
    })
}

/// Reads a page. If nothing in it could be read because the session is dead, that is the fault which other operations
/// answer with.
fn read_page(body: &[u8]) -> Result<RetrievedPage, Refusal> {
    let page = decode::retrieve_properties(body)?;
    page.unreadable.report();
    if page.objects.iter().all(ObjectContent::is_unauthenticated) {
        let mut missing = page.objects.iter().flat_map(|object| &object.missing);
        if let Some(missing) = missing.find(|it| it.fault.is_not_authenticated()) {
            return Err(Refusal::Fault(Box::new(missing.fault.clone())));
        }
    }
    Ok(page)
}
