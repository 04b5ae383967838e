//! What happened to a watcher.

use crate::error::Error;
use crate::property_collector::ObjectContent;
use crate::property_filter::ObjectUpdate;

/// The result of one step of a [`Watcher`](super::Watcher).
#[derive(Debug)]
pub enum Event {
    /// The server still keeps the view and the filter.
    Attached,
    /// The server has made a new view, and a new filter if it reports changes. A read that was under way is lost. The
    /// next reports list every object again.
    Restarted,
    /// The server reports no changes. Only a read finds them.
    Unsupported,
    /// Objects of the first report, which lists all of them.
    Listed {
        /// The objects.
        objects: Vec<ObjectUpdate>,
        /// Whether the list is complete.
        is_last: bool,
    },
    /// Changes since the report before.
    Changed {
        /// The objects that changed.
        objects: Vec<ObjectUpdate>,
        /// Whether these are all changes up to now.
        is_last: bool,
    },
    /// Objects of a read.
    Page(Vec<ObjectContent>),
    /// An object was deleted during the read, so the server refused to continue. The read starts over: its pages up to
    /// here are void.
    ReadRestarted,
    /// The pages up to here are all objects.
    ReadComplete,
    /// The server has dropped the view or the filter, alone or with the session. A read that was under way is lost.
    /// [`Watcher::attach`](super::Watcher::attach) starts over.
    Lost(Error),
}
