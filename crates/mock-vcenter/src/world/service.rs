//! The singletons of the service and their ids.

use super::kind::Kind;
use super::object::Object;

const SERVICES: [(Kind, &str); 7] = [
    (Kind::ServiceInstance, "ServiceInstance"),
    (Kind::PropertyCollector, "propertyCollector"),
    (Kind::ViewManager, "ViewManager"),
    (Kind::SessionManager, "SessionManager"),
    (Kind::PerformanceManager, "PerfMgr"),
    (Kind::OptionManager, "VpxSettings"),
    (Kind::CustomFieldsManager, "CustomFieldsManager"),
];

pub(super) fn moref(kind: Kind) -> &'static str {
    SERVICES
        .iter()
        .find(|(known, _)| *known == kind)
        .map_or("", |(_, moref)| moref)
}

pub(super) fn by_moref(moref: &str) -> Option<Object> {
    SERVICES
        .iter()
        .find(|(_, known)| *known == moref)
        .map(|(kind, _)| Object::Service(*kind))
}
