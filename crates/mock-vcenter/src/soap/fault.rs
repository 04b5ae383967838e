//! SOAP faults as vCenter words them.

use super::xml::{escape, reference};

/// A fault: sent with HTTP status 500, its fields after any cause and messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SoapFault {
    /// The actual type, such as `InvalidArgument`.
    pub(crate) kind: String,
    /// Text for people; localised on a real server.
    pub(crate) message: String,
    /// The fault's own fields, already XML.
    pub(crate) fields: String,
}

impl SoapFault {
    fn new(kind: &str, message: &str, fields: String) -> Self {
        Self {
            kind: kind.to_owned(),
            message: message.to_owned(),
            fields,
        }
    }

    pub(crate) fn not_authenticated(kind: &str, moref: &str) -> Self {
        let mut fields = String::new();
        reference(&mut fields, "object", kind, moref);
        fields.push_str("<privilegeId>System.View</privilegeId>");
        Self::new(
            "NotAuthenticated",
            "The session is not authenticated.",
            fields,
        )
    }

    pub(crate) fn invalid_login() -> Self {
        let message = "Cannot complete login due to an incorrect user name or password.";
        Self::new("InvalidLogin", message, String::new())
    }

    /// `property` names the argument, such as `querySpec.interval`.
    pub(crate) fn invalid_argument(property: &str) -> Self {
        let message = format!("A specified parameter was not correct: {property}");
        Self::new(
            "InvalidArgument",
            &message,
            element("invalidProperty", property),
        )
    }

    pub(crate) fn not_found(kind: &str, moref: &str) -> Self {
        let mut fields = String::new();
        reference(&mut fields, "obj", kind, moref);
        let message = format!(
            "The object 'vim.{kind}:{moref}' has already been deleted or has not been completely \
             created"
        );
        Self::new("ManagedObjectNotFound", &message, fields)
    }

    pub(crate) fn invalid_property(path: &str) -> Self {
        Self::new("InvalidProperty", "", element("name", path))
    }

    pub(crate) fn invalid_type(name: &str) -> Self {
        Self::new("InvalidType", "", element("argument", name))
    }

    /// An option that is not set.
    pub(crate) fn invalid_name(name: &str) -> Self {
        Self::new("InvalidName", "", element("name", name))
    }

    /// More metrics in one historical query than `maxQueryMetrics` allows.
    pub(crate) fn too_many_metrics() -> Self {
        let option = "vpxd.stats.maxQueryMetrics";
        let message = format!(
            "This operation is restricted by the administrator - '{option}'. Contact your system \
             administrator."
        );
        Self::new(
            "RestrictedByAdministrator",
            &message,
            element("details", option),
        )
    }

    pub(crate) fn method_not_found(kind: &str, moref: &str, method: &str) -> Self {
        let mut fields = String::new();
        reference(&mut fields, "receiver", kind, moref);
        fields.push_str(&element("method", method));
        Self::new("MethodNotFound", "", fields)
    }

    /// A version of a property collector that is unknown or too old.
    pub(crate) fn invalid_collector_version() -> Self {
        Self::new("InvalidCollectorVersion", "", String::new())
    }

    /// A wait that another call has ended.
    pub(crate) fn request_canceled() -> Self {
        let message = "The task was canceled by a user.";
        Self::new("RequestCanceled", message, String::new())
    }

    /// A request that cannot be read.
    pub(crate) fn invalid_request(reason: &str) -> Self {
        Self::new("InvalidRequest", reason, String::new())
    }

    /// Appends the `soapenv:Fault` element.
    pub(crate) fn write(&self, out: &mut String) {
        out.push_str("<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>");
        escape(out, &self.message);
        out.push_str("</faultstring><detail><");
        out.push_str(&self.kind);
        out.push_str("Fault xmlns=\"urn:vim25\" xsi:type=\"");
        out.push_str(&self.kind);
        out.push_str("\">");
        out.push_str(&self.fields);
        out.push_str("</");
        out.push_str(&self.kind);
        out.push_str("Fault></detail></soapenv:Fault>");
    }

    /// Appends the `fault` of a `missingSet` entry.
    pub(crate) fn write_localized(&self, out: &mut String) {
        out.push_str("<fault><fault xsi:type=\"");
        out.push_str(&self.kind);
        out.push_str("\">");
        out.push_str(&self.fields);
        out.push_str("</fault><localizedMessage>");
        escape(out, &self.message);
        out.push_str("</localizedMessage></fault>");
    }

    /// What is withheld from an account without the right to see it.
    pub(crate) fn no_permission(kind: &str, moref: &str, privilege: &str) -> Self {
        let mut fields = String::new();
        reference(&mut fields, "object", kind, moref);
        fields.push_str(&element("privilegeId", privilege));
        Self::new(
            "NoPermission",
            "Permission to perform this operation was denied.",
            fields,
        )
    }
}

fn element(name: &str, text: &str) -> String {
    let mut out = format!("<{name}>");
    escape(&mut out, text);
    out.push_str("</");
    out.push_str(name);
    out.push('>');
    out
}
