//! The singletons of the service and the session of the caller.

use crate::session::Session;
use crate::sight::Sight;
use crate::soap::Fields;
use crate::world::{ATTRIBUTES, Kind};

/// What the version list and `about` agree on: the API of an 8.0.3.
const API_VERSION: &str = "8.0.2.0";

const NODE_OF_SEED_1: u64 = 0x6d6f_636b_7663;

pub(super) fn describe(sight: &Sight, kind: Kind, fields: &mut Fields<'_>) {
    match kind {
        Kind::ServiceInstance => {
            fields.time("serverClock", sight.now);
            let seed = sight.world().seed();
            fields.data("content", "ServiceContent", |f| service_content(seed, f));
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
        Kind::CustomFieldsManager => custom_fields(fields),
        Kind::PropertyCollector => fields.unset("filter"),
        _ => {}
    }
}

/// The fields of `ServiceContent`: the managers this server has. A real one names some forty.
pub(crate) fn service_content(seed: u64, fields: &mut Fields<'_>) {
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
        f.string("instanceUuid", &instance_uuid(seed));
        f.string("licenseProductName", "VMware VirtualCenter Server");
        f.string("licenseProductVersion", "8.0");
    });
    fields.reference("setting", "OptionManager", "VpxSettings");
    fields.reference("sessionManager", "SessionManager", "SessionManager");
    fields.reference("perfManager", "PerformanceManager", "PerfMgr");
    let custom_fields = "CustomFieldsManager";
    fields.reference("customFieldsManager", custom_fields, custom_fields);
}

fn custom_fields(fields: &mut Fields<'_>) {
    fields.list("field", "CustomFieldDef", |items| {
        for attribute in ATTRIBUTES {
            items.data("CustomFieldDef", |f| {
                f.int("key", attribute.key);
                f.string("name", attribute.name);
                f.string("type", "string");
                if let Some(object_type) = attribute.object_type {
                    f.string("managedObjectType", object_type);
                }
            });
        }
    });
}

/// Another world is another server.
fn instance_uuid(seed: u64) -> String {
    let node = NODE_OF_SEED_1.wrapping_add(seed).wrapping_sub(1) & 0xffff_ffff_ffff;
    format!("0b8a6a52-9f3e-4d57-8f0c-{node:012x}")
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
