//! A read of all objects, page by page.

use std::num::NonZeroU32;

use super::event::Event;
use super::failure;
use crate::client::Client;
use crate::detached_call::DetachedCall;
use crate::error::Error;
use crate::property_collector::{ObjectContent, PropertyFilterSpec};
use crate::retrieval::Retrieval;

/// A read under way.
#[derive(Debug)]
pub(super) struct FullRead {
    spec: PropertyFilterSpec,
    page_objects: NonZeroU32,
    page: DetachedCall<Page>,
    /// Whether a deleted object may still make it start over. It does so only once.
    may_restart: bool,
}

/// Objects, and the retrieval that continues after them; `None` after the last page.
type Page = Result<Option<(Vec<ObjectContent>, Retrieval)>, Error>;

impl FullRead {
    pub(super) fn begin(
        client: &Client,
        spec: PropertyFilterSpec,
        page_objects: NonZeroU32,
    ) -> Self {
        Self {
            page: first_page(client, spec.clone(), page_objects),
            spec,
            page_objects,
            may_restart: true,
        }
    }

    /// Takes the next page. Cancel safe.
    pub(super) async fn next(&mut self, client: &Client) -> Result<Event, Error> {
        match self.page.answer().await {
            Ok(Some((objects, retrieval))) => {
                self.page = DetachedCall::start(next_page(retrieval));
                Ok(Event::Page(objects))
            }
            Ok(None) => Ok(Event::ReadComplete),
            Err(error) if self.may_restart && failure::is_of_gone_object(&error) => {
                self.may_restart = false;
                self.page = first_page(client, self.spec.clone(), self.page_objects);
                Ok(Event::ReadRestarted)
            }
            Err(error) => Err(error),
        }
    }
}

fn first_page(
    client: &Client,
    spec: PropertyFilterSpec,
    page_objects: NonZeroU32,
) -> DetachedCall<Page> {
    let retrieval = client.retrieve_properties(spec, Some(page_objects));
    let retrieval = retrieval.read_ahead();
    DetachedCall::start(next_page(retrieval))
}

async fn next_page(mut retrieval: Retrieval) -> Page {
    let objects = retrieval.next_page().await?;
    Ok(objects.map(|objects| (objects, retrieval)))
}
