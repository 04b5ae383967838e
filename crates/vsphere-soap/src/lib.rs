//! A small VMware vSphere SOAP client: sessions, container views, the property collector and the
//! performance manager, for programs that watch a vCenter.
//!
//! # Example
//!
//! The names and disks of all virtual machines, from a mock vCenter:
//!
//! ```
//! use vsphere_soap::{Client, ClientConfig, Error, ObjectSelection};
//! use vsphere_soap::{PropertyFilterSpec, PropertySpec, Trust};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let options = mock_vcenter::Options::default();
//! # let mock = mock_vcenter::MockVcenter::start(options.clone()).await?;
//! # let (host, thumbprint) = (mock.address().ip().to_string(), mock.thumbprint());
//! # let (user, password) = (options.user, options.password);
//! let mut config = ClientConfig::new(host, user, password);
//! config.trust = Trust::parse_thumbprint(thumbprint)?;
//! # config.port = mock.address().port();
//! let client = Client::new(config)?;
//!
//! let root = client.session().await?.content().root_folder.clone();
//! let view = client.create_container_view(&root, &["VirtualMachine"], true).await?;
//! let spec = PropertyFilterSpec {
//!     properties: vec![PropertySpec {
//!         kind: "VirtualMachine",
//!         paths: &["name", "config.hardware.device"],
//!     }],
//!     objects: ObjectSelection::View(view.clone()),
//! };
//! let mut machines = 0;
//! let mut retrieval = client.retrieve_properties(spec, None);
//! while let Some(vm) = retrieval.next().await? {
//!     let name = vm.property("name").and_then(|name| name.as_str());
//!     let devices = vm.property("config.hardware.device").and_then(|it| it.as_virtual_devices());
//!     for disk in devices.unwrap_or_default() {
//!         if let Some(instance) = disk.disk_instance(devices.unwrap_or_default()) {
//!             println!("{name:?} has a disk {instance}");
//!         }
//!     }
//!     machines += 1;
//! }
//! # assert_eq!(machines, 200);
//! client.destroy_view(view).await?;
//! client.logout().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What it takes care of
//!
//! - One session per client: logged in on demand, once for all waiting calls; replaced when lost;
//!   logged out for good by [`Client::logout`]. A failed login leaves no session behind. The
//!   client pauses before it tries a refused password again, so that it does not lock the account.
//! - Answers of servers from 6.5 on: private version names, unset and withheld properties, short and
//!   missing samples, faults in every form. A malformed property of one object counts as unset. Anything
//!   else that cannot be read, samples included, is an error that names the place.
//! - Bounds: on the time of a call, on the size of an answer before and after decompression, on the
//!   depth of its elements.
//! - TLS with the system's authorities, those in a file, or a pinned certificate ([`Trust`]).
//!
//! # What it leaves out
//!
//! Everything that changes a vCenter: this client only reads. Of the property types, those that
//! monitoring needs; others are skipped as [`PropertyValue::Other`]. Property collectors as objects
//! of their own, REST, single sign-on tokens, HTTP/2. It plans no batches and repeats no call
//! beyond those noted at [`Client`]; it never logs a password or cookie, and bodies only at TRACE
//! level on the target `vsphere_soap::wire`.
#![warn(clippy::missing_errors_doc)]

mod authorities;
mod backoff;
mod cause;
mod cleared_fault;
mod client;
mod config;
mod connect_failure;
mod custom_field;
pub mod decode;
mod detached_call;
mod endpoint;
mod error;
mod fault;
mod join;
mod moref;
mod observer;
mod operation;
mod percent;
mod perf_bounds;
mod perf_reply;
mod performance_manager;
mod progress;
mod property_collector;
mod property_filter;
mod proxy;
mod query_perf;
mod redactor;
mod request;
mod retrieval;
mod server_certificate;
mod service_content;
mod session;
mod tls;
mod transport;
mod trust;
mod unreadable_objects;
mod untrusted_text;
mod version;
mod view;
mod virtual_device;
#[doc(hidden)]
pub mod watcher;
mod xml;

pub use cause::Cause;
pub use client::Client;
pub use config::ClientConfig;
pub use connect_failure::{CertificateFault, ConnectFailure, RefusedCertificate};
pub use custom_field::{CustomField, CustomFieldValue};
pub use endpoint::Endpoint;
pub use error::Error;
pub use fault::{Fault, FaultKind};
pub use jiff::Timestamp;
pub use moref::MoRef;
pub use observer::{CallOutcome, CallReport, Observer};
pub use operation::Operation;
pub use perf_reply::PerfReply;
pub use performance_manager::{
    OptionData, OptionValue, PerfCounterInfo, PerfInterval, PerfProviderSummary,
};
pub use property_collector::{
    MissingProperty, ObjectContent, ObjectSelection, Property, PropertyFilterSpec, PropertySpec,
    PropertyValue, RetrievedPage,
};
pub use property_filter::{
    CollectorUpdates, FilterUpdate, MissingObject, ObjectUpdate, ObjectUpdateKind, PropertyChange,
    PropertyChangeOp, PropertyFilter, UpdateSet, UpdateVersion, WaitOptions,
};
pub use proxy::{BadProxy, Proxy};
pub use query_perf::{
    PerfEntityMetrics, PerfFormat, PerfMetricId, PerfMetricSeries, PerfQuerySpec, PerfSampleInfo,
};
pub use retrieval::Retrieval;
pub use server_certificate::ServerCertificate;
pub use service_content::{About, ServiceContent, UserSession};
pub use session::Session;
pub use trust::{BadThumbprint, Trust};
pub use unreadable_objects::UnreadableObjects;
pub use version::{ApiVersion, NotAVersion};
pub use view::ContainerView;
pub use virtual_device::{
    ControllerBus, DiskBacking, VirtualDevice, VirtualDeviceKind, VirtualHardware,
};
pub use xml::DecodeError;
