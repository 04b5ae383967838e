//! A call of an operation: who makes it, and on what.

use crate::host_clocks::Stamping;
use crate::sight::Sight;
use crate::soap::{Request, SoapFault};
use crate::state::Shared;
use crate::world::{Kind, Object, Snapshot};

/// One call.
pub(crate) struct Call<'a> {
    pub(crate) server: &'a Shared,
    pub(crate) request: &'a Request,
    /// The cookie that came with it, whatever it is worth.
    pub(crate) cookie: Option<&'a str>,
    /// The cookie that the answer hands out, should this be a login.
    pub(crate) new_cookie: &'a str,
    pub(crate) user_agent: &'a str,
    pub(crate) address: String,
    /// What it sees of the world and the server.
    pub(crate) sight: Sight,
    /// Whether this is a wait that is answered again.
    pub(crate) resumed: bool,
}

impl Call<'_> {
    pub(super) fn world(&self) -> &Snapshot {
        self.sight.world()
    }

    /// How the host of a machine, or a host itself, stamps samples.
    pub(super) fn stamping(&self, object: Object) -> Option<Stamping> {
        let host = match object {
            Object::Vm(index) => Object::Node(self.world().vm(index)?.host?),
            other => other,
        };
        self.server.host_clocks.stamping(&self.world().moref(host))
    }

    /// The text of a required argument.
    pub(super) fn argument(&self, name: &str) -> Result<&str, SoapFault> {
        self.request
            .body
            .text_of(name)
            .ok_or_else(|| SoapFault::invalid_argument(name))
    }

    /// The caller's cookie, if its session is live.
    pub(super) fn authenticated(&self) -> Result<&str, SoapFault> {
        let (kind, moref) = self.request.this();
        self.cookie
            .filter(|_| self.sight.session.is_some())
            .ok_or_else(|| SoapFault::not_authenticated(kind, moref))
    }

    /// Refuses calls on anything but the singleton that offers the operation.
    pub(super) fn on(&self, kind: Kind) -> Result<(), SoapFault> {
        let (named, moref) = self.request.this();
        let of_session = |cookie| self.server.sessions.collector(cookie, moref).is_some();
        let known = self
            .world()
            .by_moref(moref)
            .map(|object| self.world().kind(object))
            .or_else(|| {
                let is_own = self.cookie.is_some_and(of_session);
                is_own.then_some(Kind::PropertyCollector)
            });
        match known {
            Some(found) if found == kind => Ok(()),
            Some(found) => Err(SoapFault::method_not_found(
                found.name(),
                moref,
                &self.request.operation,
            )),
            None => Err(SoapFault::not_found(named, moref)),
        }
    }
}
