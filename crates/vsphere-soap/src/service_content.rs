//! What a server says about itself and about a session.

use jiff::Timestamp;

use crate::moref::MoRef;

/// The entry points of a server, from `RetrieveServiceContent`.
///
/// Managers are optional because not every product has each of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceContent {
    /// The root of the inventory.
    pub root_folder: MoRef,
    /// The property collector of a session.
    pub property_collector: MoRef,
    /// Makes views.
    pub view_manager: Option<MoRef>,
    /// Holds the server's settings.
    pub setting: Option<MoRef>,
    /// Logs in and out.
    pub session_manager: Option<MoRef>,
    /// Answers queries for performance data.
    pub perf_manager: Option<MoRef>,
    /// Defines custom attributes.
    pub custom_fields_manager: Option<MoRef>,
    /// The product.
    pub about: About,
}

/// The product behind the API. Texts are cut to 200 characters, hold no control characters, and are
/// empty where the server says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Short product name.
    pub name: Box<str>,
    /// Product name with version and build.
    pub full_name: Box<str>,
    /// Product version, such as `8.0.3`.
    pub version: Box<str>,
    /// Build number.
    pub build: Box<str>,
    /// `VirtualCenter` for vCenter, `HostAgent` for a single ESXi host.
    pub api_type: Box<str>,
    /// API version, such as `8.0.2.0`; not the product version.
    pub api_version: Box<str>,
    /// Identifies a vCenter across renames.
    pub instance_uuid: Option<Box<str>>,
}

/// A session as the server describes it in its answer to `Login`, with texts as in [`About`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserSession {
    /// The server's key of the session. On vCenter this is not the cookie and gives no access.
    pub key: Box<str>,
    /// The user, in the server's spelling: `VSPHERE.LOCAL\Administrator`.
    pub user_name: Box<str>,
    /// The user's full name.
    pub full_name: Box<str>,
    /// When the session began, by the server's clock; [`Timestamp::UNIX_EPOCH`] where it does not say.
    pub login_time: Timestamp,
    /// The language of the server's messages.
    pub message_locale: Box<str>,
}
