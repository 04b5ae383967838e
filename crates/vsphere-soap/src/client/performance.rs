//! Performance data and server settings.

use super::Client;
use crate::decode;
use crate::error::Error;
use crate::moref::MoRef;
use crate::operation::Operation;
use crate::perf_bounds::PerfBounds;
use crate::perf_reply::PerfReply;
use crate::performance_manager::{OptionValue, PerfCounterInfo, PerfInterval, PerfProviderSummary};
use crate::property_collector::PropertyValue;
use crate::query_perf::{PerfEntityMetrics, PerfMetricId, PerfQuerySpec};
use crate::request::{Request, Writer};
use crate::service_content::ServiceContent;
use crate::session::Session;

impl Client {
    /// The whole catalogue of counters: about 800 entries and 400 kB on a vCenter 9.
    ///
    /// # Errors
    /// Any failure of the call; [`Error::MissingProperty`] when the catalogue is withheld.
    pub async fn perf_counters(&self) -> Result<Vec<PerfCounterInfo>, Error> {
        match self
            .perf_manager_property("perfCounter", &["perfCounter"])
            .await?
        {
            PropertyValue::PerfCounters(counters) => Ok(counters),
            _ => Err(self.missing_property(Operation::RETRIEVE_PROPERTIES, "perfCounter", None)),
        }
    }

    /// The historical intervals with their statistics levels. None where the server keeps none.
    ///
    /// # Errors
    /// Any failure of the call; [`Error::MissingProperty`] when the list is withheld.
    pub async fn historical_intervals(&self) -> Result<Vec<PerfInterval>, Error> {
        let property = self
            .perf_manager_property("historicalInterval", &["historicalInterval"])
            .await;
        match property {
            Ok(PropertyValue::PerfIntervals(intervals)) => Ok(intervals),
            Ok(_) | Err(Error::MissingProperty { fault: None, .. }) => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// The counters with these keys.
    ///
    /// # Errors
    /// Any failure of the call, such as an unknown key.
    pub async fn query_perf_counter(&self, keys: &[i32]) -> Result<Vec<PerfCounterInfo>, Error> {
        let arguments = |arguments: &mut Writer| {
            for key in keys {
                arguments.value("counterId", key);
            }
        };
        self.call_perf_manager(
            Operation::QUERY_PERF_COUNTER,
            arguments,
            decode::perf_counters,
        )
        .await
    }

    /// The counters and instances that `entity` has data for. May name counters that the catalogue
    /// lacks. One call per object: too expensive for thousands.
    ///
    /// # Errors
    /// Any failure of the call.
    pub async fn query_available_perf_metric(
        &self,
        entity: &MoRef,
        interval_id_seconds: Option<i32>,
    ) -> Result<Vec<PerfMetricId>, Error> {
        let arguments = |arguments: &mut Writer| {
            arguments.moref("entity", entity);
            if let Some(interval) = interval_id_seconds {
                arguments.value("intervalId", interval);
            }
        };
        let decode = decode::available_metrics;
        self.call_perf_manager(Operation::QUERY_AVAILABLE_PERF_METRIC, arguments, decode)
            .await
    }

    /// What kinds of statistics `entity` has.
    ///
    /// # Errors
    /// Any failure of the call; an object without statistics is an invalid argument.
    pub async fn query_perf_provider_summary(
        &self,
        entity: &MoRef,
    ) -> Result<PerfProviderSummary, Error> {
        let arguments = |arguments: &mut Writer| arguments.moref("entity", entity);
        let decode = decode::provider_summary;
        self.call_perf_manager(Operation::QUERY_PERF_PROVIDER_SUMMARY, arguments, decode)
            .await
    }

    /// Samples of many objects in one call. The answer leaves out objects without data. One bad argument
    /// fails the whole call.
    ///
    /// What was asked for bounds the answer: the number of objects, with room to spare that of series and samples, and
    /// the bytes of the body.
    ///
    /// # Errors
    /// Any failure of the call, such as [`Error::TooLarge`] or [`Error::Decode`] for an answer that holds more than was
    /// asked for; [`FaultKind::RestrictedByAdministrator`](crate::FaultKind) when a
    /// historical query asks for more metrics than the server allows.
    pub async fn query_perf(
        &self,
        specs: &[PerfQuerySpec<'_>],
    ) -> Result<Vec<PerfEntityMetrics>, Error> {
        self.receive_perf(specs).await?.decode().await
    }

    /// The first half of [`query_perf`](Self::query_perf): waits for the complete answer, but does not
    /// decode it.
    ///
    /// Between the halves the server has nothing to do. A caller of many queries saves time by sending the
    /// next query while it decodes the last answer:
    ///
    /// ```
    /// use vsphere_soap::{Client, Error, PerfEntityMetrics, PerfQuerySpec};
    ///
    /// async fn query_both(
    ///     client: &Client,
    ///     first: &[PerfQuerySpec<'_>],
    ///     second: &[PerfQuerySpec<'_>],
    /// ) -> Result<Vec<PerfEntityMetrics>, Error> {
    ///     let reply = client.receive_perf(first).await?;
    ///     let (mut entities, reply) =
    ///         tokio::try_join!(reply.decode(), client.receive_perf(second))?;
    ///     entities.extend(reply.decode().await?);
    ///     Ok(entities)
    /// }
    /// ```
    ///
    /// # Errors
    /// Any failure of the call, apart from an answer that [`PerfReply::decode`] cannot read.
    pub async fn receive_perf(&self, specs: &[PerfQuerySpec<'_>]) -> Result<PerfReply, Error> {
        let operation = Operation::QUERY_PERF;
        let bounds = PerfBounds::of(specs);
        let build = |session: &Session| {
            let request = self.perf_manager_request(operation, session, |arguments| {
                for spec in specs {
                    arguments.perf_query_spec("querySpec", spec);
                }
            })?;
            Ok(Request {
                most_answer_bytes: bounds.body_bytes,
                ..request
            })
        };
        let answer = self.receive(operation, build).await?;
        Ok(PerfReply::new(answer, bounds))
    }

    /// The server setting `name`, or all settings below a name that ends with a dot.
    ///
    /// # Errors
    /// Any failure of the call; [`FaultKind::InvalidName`](crate::FaultKind) for a setting that has
    /// no value, which is the normal state of many.
    pub async fn query_options(&self, name: &str) -> Result<Vec<OptionValue>, Error> {
        const OPERATION: Operation = Operation::QUERY_OPTIONS;
        let build = |session: &Session| {
            let setting = session.content().setting.as_ref();
            let manager = self.manager(OPERATION, "OptionManager", setting)?;
            Ok(Request::new(OPERATION, manager, |arguments| {
                arguments.text("name", name);
            }))
        };
        self.call(OPERATION, build, decode::query_options)
            .await
            .map(|(options, _)| options)
    }

    async fn call_perf_manager<T>(
        &self,
        operation: Operation,
        arguments: impl Fn(&mut Writer),
        decode: fn(&[u8]) -> Result<T, decode::Refusal>,
    ) -> Result<T, Error>
    where
        T: Send + 'static,
    {
        let build = |session: &Session| self.perf_manager_request(operation, session, &arguments);
        self.call(operation, build, decode)
            .await
            .map(|(value, _)| value)
    }

    fn perf_manager_request(
        &self,
        operation: Operation,
        session: &Session,
        arguments: impl FnOnce(&mut Writer),
    ) -> Result<Request, Error> {
        let manager = session.content().perf_manager.as_ref();
        let manager = self.manager(operation, "PerformanceManager", manager)?;
        Ok(Request::new(operation, manager, arguments))
    }

    async fn perf_manager_property(
        &self,
        property: &'static str,
        paths: &'static [&'static str],
    ) -> Result<PropertyValue, Error> {
        let manager = |content: &ServiceContent| content.perf_manager.clone();
        self.manager_property("PerformanceManager", manager, property, paths)
            .await
    }
}
