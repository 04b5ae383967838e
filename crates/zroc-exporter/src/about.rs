//! Which vCenter is collected from, by its own account.

/// What a vCenter says about itself. A text is empty where it says nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// `VCENTER_HOST`: where it was asked.
    pub host: Box<str>,
    /// `about.instanceUuid`, which outlives renames.
    pub instance_uuid: Box<str>,
    /// `about.name`: the product.
    pub product: Box<str>,
    /// `about.version`: the product's version.
    pub version: Box<str>,
    /// `about.build`: the build number.
    pub build: Box<str>,
    /// `about.apiVersion`: the version of the API, which is not the product's.
    pub api_version: Box<str>,
}
