//! A small VMware vSphere SOAP client: sessions, container views, the property collector and the
//! performance manager.
#![warn(clippy::missing_errors_doc)]

mod client;
mod config;
pub mod decode;
mod error;
mod fault;
mod moref;
mod observer;
mod performance_manager;
mod property_collector;
mod query_perf;
mod request;
mod retrieval;
mod service_content;
mod session;
mod transport;
mod trust;
mod version;
mod view;
mod virtual_device;
mod xml;

pub use client::Client;
pub use config::ClientConfig;
pub use error::{Cause, Endpoint, Error};
pub use fault::{Fault, FaultKind};
pub use jiff::Timestamp;
pub use moref::MoRef;
pub use observer::{CallOutcome, CallReport, Observer};
pub use performance_manager::{
    OptionData, OptionValue, PerfCounterInfo, PerfInterval, PerfProviderSummary,
};
pub use property_collector::{
    MissingProperty, ObjectContent, ObjectSelection, Property, PropertyFilterSpec, PropertySpec,
    PropertyValue, RetrievedPage,
};
pub use query_perf::{
    PerfEntityMetrics, PerfFormat, PerfMetricId, PerfMetricSeries, PerfQuerySpec, PerfSampleInfo,
};
pub use retrieval::Retrieval;
pub use service_content::{About, ServiceContent, UserSession};
pub use session::Session;
pub use trust::{BadThumbprint, Trust};
pub use version::{ApiVersion, NotAVersion};
pub use view::ContainerView;
pub use virtual_device::{ControllerBus, VirtualDevice, VirtualDeviceKind};
pub use xml::DecodeError;
