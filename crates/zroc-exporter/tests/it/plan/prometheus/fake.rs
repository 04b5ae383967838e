//! A server that answers the queries of a plan from what made VMs wrote.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::thread;

use axum::Router;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::routing::post;
use reqwest::Url;
use serde_json::{Value, json};

use crate::plan::MONDAY;

/// Seconds between two polls.
pub(super) const POLL: i64 = 60;

/// The largest 20 s sample of every VM, in bytes per second.
const PEAK: f64 = 120e6;

/// What a VM writes.
#[derive(Debug, Clone)]
pub(super) struct Written {
    pub(super) moref: &'static str,
    pub(super) name: &'static str,
    /// Bytes per second by poll, from Monday on.
    rates: Vec<f64>,
    /// The poll at which its total begins again.
    restart: Option<usize>,
    not_sized: Option<&'static str>,
}

impl Written {
    pub(super) fn new(
        moref: &'static str,
        name: &'static str,
        rates: impl Iterator<Item = f64>,
    ) -> Self {
        Self {
            moref,
            name,
            rates: rates.collect(),
            restart: None,
            not_sized: None,
        }
    }

    /// What this poll adds is the first of a new total.
    pub(super) fn restarted_at(mut self, poll: usize) -> Self {
        self.restart = Some(poll);
        self
    }

    pub(super) fn not_sized(mut self, reason: &'static str) -> Self {
        self.not_sized = Some(reason);
        self
    }

    /// Bytes by poll.
    pub(super) fn counted(&self) -> impl Iterator<Item = f64> {
        self.rates.iter().map(|rate| rate * POLL as f64)
    }

    /// Its total at a moment, if there is one.
    fn total(&self, second: i64) -> Option<f64> {
        let polls = usize::try_from((second - MONDAY).div_euclid(POLL)).ok()?;
        if polls > self.rates.len() {
            return None;
        }
        let from = self.restart.filter(|restart| *restart < polls);
        let bytes = self.counted().take(polls).skip(from.unwrap_or(0));
        Some(1e9 * f64::from(u8::from(from.is_none())) + bytes.sum::<f64>())
    }

    fn grown(&self, second: i64, seconds: i64) -> Option<f64> {
        Some(self.total(second)? - self.total(second - seconds)?)
    }
}

/// The server. It ends with the test's process.
pub(super) struct Fake {
    address: SocketAddr,
    asked: Arc<Mutex<Vec<(String, HeaderMap)>>>,
}

impl Fake {
    pub(super) fn start(vms: Vec<Written>) -> Self {
        Self::answering(move |query, form| {
            let answer = answer(&vms, query, form);
            let answer = answer.unwrap_or_else(|| panic!("{query} is not known"));
            (StatusCode::OK, answer.to_string())
        })
    }

    /// A server that says what it wants.
    pub(super) fn answering(
        answer: impl Fn(&str, &Url) -> (StatusCode, String) + Send + Sync + 'static,
    ) -> Self {
        let asked: Arc<Mutex<Vec<(String, HeaderMap)>>> = Arc::default();
        let log = Arc::clone(&asked);
        let answer = Arc::new(answer);
        let handler = move |uri: Uri, headers: HeaderMap, body: String| async move {
            let form = Url::parse(&format!("http://fake{}?{body}", uri.path())).unwrap();
            let query = parameter(&form, "query").unwrap();
            log.lock().unwrap().push((query.clone(), headers));
            answer(&query, &form)
        };
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            runtime.unwrap().block_on(async move {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                let router = Router::new()
                    .route("/base/api/v1/query", post(handler.clone()))
                    .route("/base/api/v1/query_range", post(handler));
                axum::serve(listener, router).await.unwrap();
            });
        });
        Self { address, asked }
    }

    pub(super) fn url(&self) -> String {
        format!("http://{}/base/", self.address)
    }

    pub(super) fn source(&self) -> String {
        format!("prometheus:{}", self.url())
    }

    /// All queries so far.
    pub(super) fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        asked.iter().map(|(query, _)| query.clone()).collect()
    }

    /// The headers of the first query.
    pub(super) fn first_headers(&self) -> HeaderMap {
        self.asked.lock().unwrap()[0].1.clone()
    }
}

fn parameter(form: &Url, name: &str) -> Option<String> {
    let mut pairs = form.query_pairs();
    pairs.find_map(|(key, value)| (key == name).then(|| value.into_owned()))
}

fn answer(vms: &[Written], query: &str, form: &Url) -> Option<Value> {
    let number = |name| parameter(form, name)?.parse::<i64>().ok();
    if let (Some(start), Some(end), Some(step)) = (number("start"), number("end"), number("step")) {
        let moments = (0..=(end - start) / step).map(|n| start + n * step);
        let moments: Vec<i64> = moments.collect();
        return range(vms, query, &moments);
    }
    let at = number("time")?;
    let vector = |values: Vec<(Value, f64)>| {
        let result: Vec<Value> = values
            .into_iter()
            .map(|(metric, value)| json!({"metric": metric, "value": [at, value.to_string()]}))
            .collect();
        Some(success("vector", &result))
    };
    let of_each = |value: &dyn Fn(&Written) -> Option<f64>| {
        let asked = vms.iter().filter(|vm| is_asked(query, vm));
        let values = asked.filter_map(|vm| Some((json!({"vm_moref": vm.moref}), value(vm)?)));
        vector(values.collect())
    };
    let of_all = |value: &dyn Fn(&Written) -> Option<(Value, f64)>| {
        vector(vms.iter().filter_map(value).collect())
    };
    if query.contains("vcenter_vm_info") {
        return of_all(&|vm| {
            let place = json!({
                "vcenter": "east", "vm_moref": vm.moref, "vm_name": vm.name,
                "cluster": "c1", "host": "esx01", "datacenter": "dc",
            });
            Some((place, 1.0))
        });
    }
    let identity = |vm: &Written| json!({"vcenter": "east", "vm_moref": vm.moref});
    if query.contains("vcenter_vm_disk_provisioned_gb") {
        return of_all(&|vm| Some((identity(vm), 100.0)));
    }
    if query.contains("vcenter_collector_vm_not_sized") {
        return of_all(&|vm| {
            let mut labels = identity(vm);
            labels["reason"] = vm.not_sized?.into();
            Some((labels, 1.0))
        });
    }
    if query.starts_with("vcenter_collector_poll_interval_seconds[") {
        let values: Vec<Value> = (0..20)
            .map(|n| json!([at - 300 + n * 15, POLL.to_string()]))
            .collect();
        let series = json!({"metric": {"vcenter": "east"}, "values": values});
        return Some(success("matrix", &[series]));
    }
    let inside = query.strip_prefix("max by (vm_moref) (")?;
    let seconds = |before: &str| {
        let (_, rest) = inside.rsplit_once(before)?;
        rest.split_once('s')?.0.parse::<i64>().ok()
    };
    if inside.starts_with("resets(") {
        of_each(&|vm| vm.restart.map(|_| 1.0))
    } else if inside.starts_with("max_over_time(vcenter_vm_disk_write_peak_bytes_per_second{") {
        of_each(&|_| Some(PEAK))
    } else if inside.starts_with("last_over_time(") {
        let length = seconds(" offset ")?;
        of_each(&|vm| vm.grown(at, length))
    } else if inside.starts_with("count_over_time((") {
        let (length, step) = (seconds("}[").or(seconds(")["))?, seconds(" offset ")?);
        let moments = moments(at, length, step);
        of_each(&|vm| Some(moments.iter().filter_map(|at| vm.grown(*at, step)).count() as f64))
    } else if inside.starts_with("max_over_time((") {
        let (length, history) = (seconds(")[")?, seconds(" offset ")?);
        let moments = moments(at, length, POLL);
        of_each(&|vm| {
            let windows = moments.iter().filter_map(|at| vm.grown(*at, history));
            windows.reduce(f64::max)
        })
    } else {
        None
    }
}

fn range(vms: &[Written], query: &str, moments: &[i64]) -> Option<Value> {
    let asked: Vec<&Written> = vms.iter().filter(|vm| is_asked(query, vm)).collect();
    let points = |value: &dyn Fn(i64) -> Option<f64>| {
        let points = moments
            .iter()
            .filter_map(|at| Some(json!([at, value(*at)?.to_string()])));
        points.collect::<Vec<Value>>()
    };
    if query.starts_with("sum(clamp_min(") {
        let sum = |at| {
            let grown = asked.iter().filter_map(|vm| vm.grown(at, POLL));
            grown
                .map(|bytes| bytes.max(0.0))
                .reduce(|one, other| one + other)
        };
        let series = json!({"metric": {}, "values": points(&sum)});
        return Some(success("matrix", &[series]));
    }
    query.strip_prefix("max by (vm_moref) (vcenter_vm_disk_write_bytes_total{")?;
    let series: Vec<Value> = asked
        .iter()
        .map(|vm| json!({"metric": {"vm_moref": vm.moref}, "values": points(&|at| vm.total(at))}))
        .collect();
    Some(success("matrix", &series))
}

/// The moments of a subquery that ends at `at`.
fn moments(at: i64, length: i64, step: i64) -> Vec<i64> {
    let last = at.div_euclid(step) * step;
    let moments = (0..=length / step).map(|n| last - n * step);
    moments.filter(|moment| *moment >= at - length).collect()
}

fn is_asked(query: &str, vm: &Written) -> bool {
    let morefs = query
        .split_once("vm_moref=~\"")
        .and_then(|(_, rest)| rest.split_once('"'));
    morefs.is_some_and(|(morefs, _)| morefs.split('|').any(|moref| moref == vm.moref))
}

fn success(kind: &str, result: &[Value]) -> Value {
    json!({"status": "success", "data": {"resultType": kind, "result": result}})
}
