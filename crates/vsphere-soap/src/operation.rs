//! The operations that this library calls, and how it treats each.

use std::fmt;

/// An operation of the vSphere API, with what a client has to know to call it safely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Operation {
    name: &'static str,
    repeatable: bool,
    confidential: bool,
}

impl Operation {
    /// The list of API versions. It is a plain HTTP request, but is timed and reported like a call.
    pub const SERVICE_VERSIONS: Self = Self::read("vimServiceVersions");
    /// Names the managers of the server.
    pub const RETRIEVE_SERVICE_CONTENT: Self = Self::read("RetrieveServiceContent");
    /// Opens the session.
    pub const LOGIN: Self = Self::with_secrets("Login");
    /// Ends the session.
    pub const LOGOUT: Self = Self::with_secrets("Logout");
    /// Reads the server's clock.
    pub const CURRENT_TIME: Self = Self::read("CurrentTime");
    /// Creates a view of the objects in a container.
    pub const CREATE_CONTAINER_VIEW: Self = Self::write("CreateContainerView");
    /// Ends a view.
    pub const DESTROY_VIEW: Self = Self::write("DestroyView");
    /// Reads properties: the first page.
    pub const RETRIEVE_PROPERTIES: Self = Self::read("RetrievePropertiesEx");
    /// Reads properties: a further page. The server forgets a page that it has sent.
    pub const CONTINUE_RETRIEVE_PROPERTIES: Self = Self::write("ContinueRetrievePropertiesEx");
    /// Frees the pages of a retrieval that nobody has read.
    pub const CANCEL_RETRIEVE_PROPERTIES: Self = Self::write("CancelRetrievePropertiesEx");
    /// Creates a property collector beside the one that comes with the session.
    pub const CREATE_PROPERTY_COLLECTOR: Self = Self::write("CreatePropertyCollector");
    /// Ends such a property collector and its filters.
    pub const DESTROY_PROPERTY_COLLECTOR: Self = Self::write("DestroyPropertyCollector");
    /// Creates a property filter.
    pub const CREATE_FILTER: Self = Self::write("CreateFilter");
    /// Ends a property filter.
    pub const DESTROY_FILTER: Self = Self::write("DestroyPropertyFilter");
    /// Waits for changes. If the client asks twice with one version, the server repeats its answer or
    /// refuses, but loses no change.
    pub const WAIT_FOR_UPDATES: Self = Self::read("WaitForUpdatesEx");
    /// Reads samples.
    pub const QUERY_PERF: Self = Self::read("QueryPerf");
    /// Describes counters.
    pub const QUERY_PERF_COUNTER: Self = Self::read("QueryPerfCounter");
    /// Lists the counters and instances of one object.
    pub const QUERY_AVAILABLE_PERF_METRIC: Self = Self::read("QueryAvailablePerfMetric");
    /// Names the kinds of statistics that one object has.
    pub const QUERY_PERF_PROVIDER_SUMMARY: Self = Self::read("QueryPerfProviderSummary");
    /// Reads settings of the server.
    pub const QUERY_OPTIONS: Self = Self::read("QueryOptions");

    /// Changes nothing on the server.
    const fn read(name: &'static str) -> Self {
        Self {
            name,
            repeatable: true,
            confidential: false,
        }
    }

    /// Creates, uses up or ends something on the server.
    const fn write(name: &'static str) -> Self {
        Self {
            name,
            repeatable: false,
            confidential: false,
        }
    }

    /// Carries the password, or ends the session that the password opened.
    const fn with_secrets(name: &'static str) -> Self {
        Self {
            name,
            repeatable: false,
            confidential: true,
        }
    }

    /// The name in the vSphere API, such as `QueryPerf`; for the version list `vimServiceVersions`.
    pub const fn name(self) -> &'static str {
        self.name
    }

    /// Whether the client sends the call once more when the connection breaks before the first byte of
    /// an answer. The server may have executed the first one.
    pub const fn is_repeatable(self) -> bool {
        self.repeatable
    }

    /// Whether request and answer may hold secrets. The client neither logs nor quotes them.
    pub(crate) const fn is_confidential(self) -> bool {
        self.confidential
    }
}

/// Shows the name.
impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
