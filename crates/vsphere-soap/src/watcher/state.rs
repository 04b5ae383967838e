//! The states of a watcher, and how answers change them. No I/O.

use std::num::NonZeroU32;
use std::time::Duration;

use super::event::Event;
use super::failure;
use crate::detached_call::DetachedCall;
use crate::error::Error;
use crate::progress::{NoProgress, Progress};
use crate::property_filter::{PropertyFilter, UpdateSet, UpdateVersion};
use crate::view::ContainerView;

/// What the server keeps for a watcher, with the call under way that changes it.
#[derive(Debug, Default)]
pub(super) enum State {
    /// The server keeps nothing.
    #[default]
    Detached,
    /// The server is asked for a view.
    MakingView(DetachedCall<Result<ContainerView, Error>>),
    /// The server keeps a view. It failed to make a filter, and is asked again.
    Viewing {
        /// The view without a filter.
        view: ContainerView,
    },
    /// The server keeps a view and is asked for a filter on it.
    MakingFilter {
        /// The view to be filtered.
        view: ContainerView,
        /// The filter to come.
        call: DetachedCall<Result<PropertyFilter, Error>>,
    },
    /// The server keeps a view and a filter, and reports changes.
    Following {
        /// The view of all objects.
        view: ContainerView,
        /// How far its reports were taken.
        reports: Reports,
        /// The question for the next report, once it is asked.
        question: Option<DetachedCall<Result<Option<UpdateSet>, Error>>>,
    },
    /// The server keeps a view but reports no changes.
    Unreported {
        /// The view of all objects.
        view: ContainerView,
    },
    /// The server is asked to end what it kept.
    Detaching(DetachedCall<()>),
}

/// How far the reports of a filter were taken.
#[derive(Debug)]
pub(super) struct Reports<F = PropertyFilter> {
    filter: F,
    version: UpdateVersion,
    /// Whether the first report, which lists all objects, is still incomplete.
    is_listing: bool,
    /// How the parts of an incomplete report follow each other.
    progress: Progress,
}

impl State {
    /// Whether view and filter are made, as far as the server can.
    pub(super) fn is_attached(&self) -> bool {
        self.attached_view().is_some()
    }

    /// The view, once it is ready to be read.
    pub(super) fn attached_view(&self) -> Option<&ContainerView> {
        match self {
            Self::Following { view, .. } | Self::Unreported { view } => Some(view),
            _ => None,
        }
    }

    /// The view that the server keeps.
    pub(super) fn view(&self) -> Option<&ContainerView> {
        match self {
            Self::Viewing { view } | Self::MakingFilter { view, .. } => Some(view),
            _ => self.attached_view(),
        }
    }

    /// Takes the answer to [`MakingView`](Self::MakingView).
    pub(super) fn viewed(&mut self, view: Result<ContainerView, Error>) -> Result<(), Error> {
        *self = Self::Detached;
        *self = Self::Viewing { view: view? };
        Ok(())
    }

    /// Takes the answer to [`MakingFilter`](Self::MakingFilter).
    pub(super) fn filtered(
        &mut self,
        filter: Result<PropertyFilter, Error>,
        page_objects: NonZeroU32,
    ) -> Result<(), Error> {
        let Self::MakingFilter { view, .. } = std::mem::take(self) else {
            return Ok(());
        };
        let (state, result) = match filter {
            Ok(filter) => (Self::following(view, filter, page_objects), Ok(())),
            Err(error) if failure::is_unsupported(&error) => (Self::Unreported { view }, Ok(())),
            Err(error) => (Self::Viewing { view }, Err(error)),
        };
        *self = state;
        result
    }

    fn following(view: ContainerView, filter: PropertyFilter, page_objects: NonZeroU32) -> Self {
        Self::Following {
            view,
            reports: Reports::of(filter, page_objects),
            question: None,
        }
    }

    /// The server has turned out to report no changes.
    pub(super) fn stop_reports(&mut self) {
        *self = match std::mem::take(self) {
            Self::Following { view, .. } => Self::Unreported { view },
            other => other,
        };
    }

    /// Forgets the view and the filter. `end` starts the call that ends them on the server.
    pub(super) fn detach(
        &mut self,
        end: impl FnOnce(ContainerView, Option<PropertyFilter>) -> DetachedCall<()>,
    ) {
        *self = match std::mem::take(self) {
            Self::Detached | Self::MakingView(_) => Self::Detached,
            Self::Viewing { view }
            | Self::MakingFilter { view, .. }
            | Self::Unreported { view } => Self::Detaching(end(view, None)),
            Self::Following { view, reports, .. } => {
                Self::Detaching(end(view, Some(reports.filter)))
            }
            Self::Detaching(call) => Self::Detaching(call),
        };
    }
}

impl<F> Reports<F> {
    fn of(filter: F, page_objects: NonZeroU32) -> Self {
        Self {
            filter,
            version: UpdateVersion::initial(),
            is_listing: true,
            progress: Progress::new(Some(page_objects)),
        }
    }

    /// The filter that is reported on.
    pub(super) fn filter(&self) -> &F {
        &self.filter
    }

    /// The version to ask with next.
    pub(super) fn version(&self) -> &UpdateVersion {
        &self.version
    }

    /// How long to wait before the next question.
    pub(super) fn pause(&self) -> Duration {
        self.progress.pause()
    }

    /// Takes a report; `None` if nothing has changed. One that leads nowhere is not taken.
    pub(super) fn take(&mut self, set: Option<UpdateSet>) -> Result<Event, NoProgress> {
        let is_last = set.as_ref().is_none_or(|set| !set.truncated);
        let updates = set.iter().flat_map(|set| &set.updates);
        let noted = if is_last {
            Ok(())
        } else {
            self.progress.note_report(updates)
        };
        if is_last || noted.is_err() {
            self.progress.restart();
        }
        noted?;
        let mut objects = Vec::new();
        if let Some(set) = set {
            self.version = set.version;
            objects = set.updates;
        }
        if self.is_listing {
            self.is_listing = !is_last;
            return Ok(Event::Listed { objects, is_last });
        }
        Ok(Event::Changed { objects, is_last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moref::MoRef;
    use crate::property_collector::PropertyValue;
    use crate::property_filter::{
        ObjectUpdate, ObjectUpdateKind, PropertyChange, PropertyChangeOp,
    };

    const PAGE: NonZeroU32 = NonZeroU32::new(500).unwrap();

    fn set(version: &str, truncated: bool) -> UpdateSet {
        let object = ObjectUpdate {
            obj: MoRef::new("VirtualMachine", version),
            kind: ObjectUpdateKind::Enter,
            changes: Vec::new(),
            missing: Vec::new(),
        };
        UpdateSet {
            version: UpdateVersion::new(version.into()),
            truncated,
            updates: vec![object],
            missing_objects: Vec::new(),
        }
    }

    fn is_listed(event: &Result<Event, NoProgress>, last: bool) -> bool {
        matches!(event, Ok(Event::Listed { is_last, .. }) if *is_last == last)
    }

    fn is_changed(event: &Result<Event, NoProgress>, last: bool) -> bool {
        matches!(event, Ok(Event::Changed { is_last, .. }) if *is_last == last)
    }

    #[test]
    fn the_first_report_lists_all_objects_and_later_ones_report_changes() {
        let mut reports = Reports::of("filter", PAGE);
        assert_eq!(*reports.version(), UpdateVersion::initial());
        assert!(is_listed(&reports.take(Some(set("1_0", true))), false));
        assert!(is_listed(&reports.take(Some(set("1_1", false))), true));
        assert!(is_changed(&reports.take(Some(set("2_0", true))), false));
        assert!(is_changed(&reports.take(Some(set("2_1", false))), true));
        assert_eq!(reports.version().as_str(), "2_1");
        assert!(is_changed(&reports.take(None), true));
        assert_eq!(reports.version().as_str(), "2_1", "it still holds");
    }

    #[test]
    fn a_first_report_of_nothing_is_complete() {
        let mut reports = Reports::of("filter", PAGE);
        assert!(is_listed(&reports.take(None), true));
        assert!(is_changed(&reports.take(None), true));
    }

    #[test]
    fn objects_may_change_again_while_the_server_reports() {
        let mut reports = Reports::of("filter", PAGE);
        reports.take(Some(set("1", false))).unwrap();
        for number in 2..100 {
            let mut again = set("same", true);
            again.version = UpdateVersion::new(number.to_string().into());
            again.updates[0].changes = vec![PropertyChange {
                name: "name".into(),
                op: PropertyChangeOp::Assign,
                value: Some(PropertyValue::Int(number)),
            }];
            assert!(is_changed(&reports.take(Some(again)), false));
        }
    }

    #[test]
    fn a_report_that_leads_nowhere_is_not_taken() {
        let mut reports = Reports::of("filter", PAGE);
        reports.take(Some(set("1", false))).unwrap();
        let endless = |number: i32| UpdateSet {
            version: UpdateVersion::new(number.to_string().into()),
            ..set("same", true)
        };
        let mut taken = (2..).take_while(|number| reports.take(Some(endless(*number))).is_ok());
        let last = taken.by_ref().last().unwrap();
        assert_eq!(reports.version().as_str(), last.to_string());
        // A later question may have more success.
        assert!(is_changed(&reports.take(Some(set("100", true))), false));
        assert!(is_changed(&reports.take(None), true));
    }

    #[test]
    fn nothing_is_ended_where_nothing_was_made() {
        let mut state = State::Detached;
        state.detach(|_, _| unreachable!("there is no view"));
        assert!(matches!(state, State::Detached));
        assert!(!state.is_attached() && state.view().is_none());
    }
}
