//! The singletons of the service and the session of the caller.

use crate::session::Session;
use crate::sight::Sight;
use crate::soap::Fields;
use crate::world::Kind;

/// What the version list and `about` agree on: the API of an 8.0.3.
const API_VERSION: &str = "8.0.2.0";

pub(super) fn describe(sight: &Sight, kind: Kind, fields: &mut Fields<'_>) {
    match kind {
        Kind::ServiceInstance => {
            fields.time("serverClock", sight.now);
            fields.data("content", "ServiceContent", service_content);
        }
        Kind::SessionManager => {
            match &sight.session {
                Some(session) => {
                    fields.data("currentSession", "UserSession", |f| {
                        user_session(f, session);
                    });
                }
                None => fields.unset("currentSession"),
            }
            for name in ["sessionList", "message"] {
                fields.unset(name);
            }
            fields.string("defaultLocale", "en");
        }
        Kind::ViewManager => fields.unset("viewList"),
        Kind::PropertyCollector => fields.unset("filter"),
        _ => {}
    }
}

/// The fields of `ServiceContent`: the managers this server has. A real one names some forty.
pub(crate) fn service_content(fields: &mut Fields<'_>) {
    fields.reference("rootFolder", "Folder", "group-d1");
    fields.reference(
        "propertyCollector",
        "PropertyCollector",
        "propertyCollector",
    );
    fields.reference("viewManager", "ViewManager", "ViewManager");
    fields.data("about", "AboutInfo", |f| {
        f.string("name", "VMware vCenter Server");
        f.string("fullName", "VMware vCenter Server 8.0.3 build-70000001");
        f.string("vendor", "VMware, Inc.");
        f.string("version", "8.0.3");
        f.string("patchLevel", "00000");
        f.string("build", "70000001");
        f.string("localeVersion", "INTL");
        f.string("localeBuild", "000");
        f.string("osType", "linux-x64");
        f.string("productLineId", "vpx");
        f.string("apiType", "VirtualCenter");
        f.string("apiVersion", API_VERSION);
        f.string("instanceUuid", "0b8a6a52-9f3e-4d57-8f0c-6d6f636b7663");
        f.string("licenseProductName", "VMware VirtualCenter Server");
        f.string("licenseProductVersion", "8.0");
    });
    fields.reference("setting", "OptionManager", "VpxSettings");
    fields.reference("sessionManager", "SessionManager", "SessionManager");
    fields.reference("perfManager", "PerformanceManager", "PerfMgr");
}

/// The fields of a `UserSession`.
pub(crate) fn user_session(fields: &mut Fields<'_>, session: &Session) {
    fields.string("key", &session.key);
    fields.string("userName", &session.user);
    fields.string("fullName", &session.user);
    fields.time("loginTime", session.login_time);
    fields.time("lastActiveTime", session.login_time);
    fields.string("locale", "en");
    fields.string("messageLocale", "en");
    fields.boolean("extensionSession", false);
    fields.string("ipAddress", &session.address);
    fields.string("userAgent", &session.user_agent);
    fields.long("callCount", 0);
}
