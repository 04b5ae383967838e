//! What the flags ask for, checked.

use std::num::NonZeroU32;
use std::path::PathBuf;

use jiff::tz::TimeZone;
use planner_core::inventory::filter::Pattern;
use planner_core::plan::assumptions::{
    Compression, History, Inputs, JournalRules, OneOrMore, VraBuffer,
};
use planner_core::plan::percent::Percent;
use planner_core::units::{Gib, Seconds};
use serde_json::{Value, json};

use super::arguments::{Arguments, Format, Origin, Percents};
use super::assuming;
use super::checks::{Checked, or_default, refuse};
use super::echo::Echo;
use super::requested_time::RequestedTime;
use super::scenarios;

/// What a plan is to answer, wherever samples come from.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) time: RequestedTime,
    pub(super) inputs: Inputs,
    /// The inputs of each scenario, in the order of [`Inputs::scenarios`].
    pub(super) scenario_echoes: Vec<Echo>,
    pub(super) echo: Echo,
}

impl Asked {
    /// What the flags ask for. Those about the source and the result are not looked at.
    pub(super) fn new(arguments: &Arguments) -> Checked<Self> {
        let mut echo = Echo::default();
        let time = time(arguments, &mut echo)?;
        let mut inputs = Inputs {
            assumptions: assuming::assumptions(arguments, &mut echo)?,
            time_zone: time_zone(arguments, &mut echo)?,
            quantiles: quantiles(arguments, &mut echo)?,
            journal: journal(arguments, &mut echo)?,
            excluded: arguments.exclude_time.clone(),
            ..Inputs::default()
        };
        recovery(arguments, &mut inputs, &mut echo)?;
        let spans = arguments.exclude_time.iter();
        let spans = spans.map(|span| json!([span.start.to_string(), span.end.to_string()]));
        echo.put_list("exclude_time", spans.collect());
        let scenario_echoes = scenarios::add(&arguments.scenario, &mut inputs, &echo)?;
        selection(arguments, &mut echo);
        Ok(Self {
            time,
            inputs,
            scenario_echoes,
            echo,
        })
    }
}

/// A checked request of the command.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) origin: Origin,
    /// Length of a CSV file's rows, or the distance at which totals of a Prometheus change.
    pub(super) bucket_seconds: Option<NonZeroU32>,
    /// Whether a Prometheus is asked for the series of all VMs.
    pub(super) reads_series: bool,
    pub(super) asked: Asked,
    pub(super) format: Format,
    pub(super) output: Option<PathBuf>,
    pub(super) compare: Option<PathBuf>,
    pub(super) require_hours: Option<f64>,
}

impl Request {
    pub(super) fn new(arguments: &Arguments) -> Checked<Self> {
        let origin = arguments.from.clone().unwrap_or(Origin::Vcenter);
        refuse_unsupported(arguments, &origin)?;
        let mut asked = Asked::new(arguments)?;
        let echo = &mut asked.echo;
        echo.put("from", origin_text(&origin), arguments.from.is_some());
        let bucket_seconds = bucket(arguments, &origin, echo)?;
        if arguments.read_series {
            echo.put("read_series", true, true);
        }
        let require_hours = arguments.require_hours;
        if require_hours.is_some_and(|hours| !(hours >= 0.0 && hours.is_finite())) {
            return refuse("--require-hours is a number of hours, such as 24");
        }
        echo.put_given("require_hours", require_hours);
        Ok(Self {
            origin,
            bucket_seconds,
            reads_series: arguments.read_series,
            asked,
            format: arguments.format.unwrap_or(Format::Text),
            output: arguments.output.clone(),
            compare: arguments.compare.clone(),
            require_hours,
        })
    }
}

fn refuse_unsupported(arguments: &Arguments, origin: &Origin) -> Checked<()> {
    match origin {
        Origin::Exporter(_) => refuse(
            "--from exporter:URL is not supported yet: use vcenter, prometheus:URL or a CSV file",
        ),
        Origin::Prometheus(_) if !arguments.exclude_disk.is_empty() => {
            refuse("--exclude-disk needs series of disks, which are not read from Prometheus")
        }
        Origin::Prometheus(_) if !arguments.read_series && !arguments.exclude_time.is_empty() => {
            refuse(
                "--exclude-time with --from prometheus:URL needs --read-series: the server adds up all the time",
            )
        }
        Origin::Prometheus(_) => Ok(()),
        Origin::Vcenter | Origin::File(_) => {
            if arguments.read_series || arguments.http_config.is_some() {
                return refuse("--read-series and --http-config belong to --from prometheus:URL");
            }
            Ok(())
        }
    }
}

fn origin_text(origin: &Origin) -> String {
    match origin {
        Origin::Vcenter => "vcenter".to_owned(),
        Origin::File(path) => path.display().to_string(),
        Origin::Exporter(url) => format!("exporter:{url}"),
        Origin::Prometheus(url) => format!("prometheus:{url}"),
    }
}

fn time(arguments: &Arguments, echo: &mut Echo) -> Checked<RequestedTime> {
    let last = arguments.last.map(|last| whole_seconds(last, 1e9));
    echo.put_given("last_seconds", arguments.last.map(Seconds::get));
    echo.put_given("start", arguments.start.map(|at| at.to_string()));
    echo.put_given("end", arguments.end.map(|at| at.to_string()));
    match (last, arguments.start, arguments.end) {
        (None, None, None) => Ok(RequestedTime::All),
        (Some(Some(seconds)), None, None) => Ok(RequestedTime::Last(seconds.get())),
        (Some(None), None, None) => refuse("--last is a whole number of seconds, such as 1h"),
        (None, Some(start), Some(end)) if start < end => {
            if start.subsec_nanosecond() != 0 || end.subsec_nanosecond() != 0 {
                return refuse("--start and --end are whole seconds");
            }
            Ok(RequestedTime::Window(start.as_second(), end.as_second()))
        }
        (None, Some(_), Some(_)) => refuse("--start must be before --end"),
        (None, _, _) => refuse("--start and --end come together"),
        (Some(_), _, _) => refuse("--last is given beside --start or --end: give one of both"),
    }
}

fn bucket(arguments: &Arguments, origin: &Origin, echo: &mut Echo) -> Checked<Option<NonZeroU32>> {
    echo.put_given("bucket_seconds", arguments.bucket.map(Seconds::get));
    let Some(bucket) = arguments.bucket else {
        return Ok(None);
    };
    if !matches!(origin, Origin::File(_) | Origin::Prometheus(_)) {
        return refuse(
            "--bucket is the length of a CSV file's rows, or the poll interval of what Prometheus has: leave it out",
        );
    }
    match whole_seconds(bucket, 86_400.0) {
        Some(seconds) => Ok(Some(seconds)),
        None => refuse("--bucket is a whole number of seconds, from 1s to 1d"),
    }
}

/// A whole number of seconds from 1 to `most`.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "what does not fit is filtered out"
)]
fn whole_seconds(time: Seconds, most: f64) -> Option<NonZeroU32> {
    let seconds = time.get();
    let is_fit = seconds.fract() == 0.0 && (1.0..=most).contains(&seconds);
    NonZeroU32::new(seconds as u32).filter(|_| is_fit)
}

fn time_zone(arguments: &Arguments, echo: &mut Echo) -> Checked<TimeZone> {
    let name = arguments.time_zone.as_deref();
    echo.put("time_zone", name.unwrap_or("UTC"), name.is_some());
    match name {
        None => Ok(TimeZone::UTC),
        Some(name) => TimeZone::get(name).or_else(|_| {
            refuse(format!(
                "--time-zone {name:?} is not known: give one such as Europe/Berlin"
            ))
        }),
    }
}

fn quantiles(arguments: &Arguments, echo: &mut Echo) -> Checked<OneOrMore<Percent>> {
    let given = arguments.quantile.as_ref();
    let Percents(listed) = given.cloned().unwrap_or(Percents(Vec::new()));
    let mut once = listed.clone();
    once.sort_unstable();
    once.dedup();
    if once.len() < listed.len() {
        return refuse("--quantile has a percentage twice");
    }
    let quantiles = or_default(&listed, &Inputs::default().quantiles);
    let shown: Vec<f64> = quantiles.iter().map(Percent::get).collect();
    echo.put("quantile_percent", shown, given.is_some());
    Ok(quantiles)
}

fn journal(arguments: &Arguments, echo: &mut Echo) -> Checked<JournalRules> {
    let mut rules = JournalRules::default();
    if let Some(history) = arguments.history {
        rules.history = match History::new(history) {
            Some(history) => history,
            None => return refuse("--history is from 1h to 30d"),
        };
    }
    if let Some(compression) = arguments.journal_compression {
        rules.compression = match Compression::new(compression) {
            Some(compression) => compression,
            None => return refuse("--journal-compression is from 0 to less than 1, such as 0.3"),
        };
    }
    rules.limit = arguments.journal_limit.unwrap_or(rules.limit);
    let history = rules.history.time().get();
    echo.put("history_seconds", history, arguments.history.is_some());
    let compression = rules.compression.get();
    let is_given = arguments.journal_compression.is_some();
    echo.put("journal_compression", compression, is_given);
    let limit = Gib::from(rules.limit).get();
    echo.put(
        "journal_limit_gib",
        limit,
        arguments.journal_limit.is_some(),
    );
    Ok(rules)
}

fn recovery(arguments: &Arguments, inputs: &mut Inputs, echo: &mut Echo) -> Checked<()> {
    let hosts = arguments.recovery_hosts;
    inputs.recovery_hosts = match NonZeroU32::new(hosts.unwrap_or(1)) {
        Some(hosts) => hosts,
        None => return refuse("--recovery-hosts is at least 1"),
    };
    echo.put(
        "recovery_hosts",
        inputs.recovery_hosts.get(),
        hosts.is_some(),
    );
    let memory = arguments.vra_memory.map(Gib::from).map(Gib::get);
    echo.put_given("vra_memory_gib", memory);
    echo.put_given("vra_count", arguments.vra_count);
    inputs.vra_buffer = match (arguments.vra_memory, arguments.vra_count) {
        (None, None) => None,
        (Some(memory), Some(count)) => {
            let buffer = NonZeroU32::new(count).and_then(|count| VraBuffer::new(memory, count));
            if buffer.is_none() {
                return refuse(
                    "--vra-memory must be more than the 563MiB that a VRA keeps for itself, and --vra-count at least 1",
                );
            }
            buffer
        }
        _ => return refuse("--vra-memory and --vra-count come together"),
    };
    Ok(())
}

fn selection(arguments: &Arguments, echo: &mut Echo) {
    let patterns = |patterns: &[Pattern]| -> Vec<Value> {
        patterns
            .iter()
            .map(|pattern| pattern.as_str().into())
            .collect()
    };
    for choice in arguments.choices() {
        echo.put_list(&choice.flag.replace('-', "_"), patterns(choice.patterns));
    }
    echo.put_list("count", patterns(&arguments.count));
    let disks = arguments.exclude_disk.iter();
    let disks = disks.map(|(vm, disk)| format!("{}:{}", vm.as_str(), disk.as_str()).into());
    echo.put_list("exclude_disk", disks.collect());
    let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
    echo.put_given("vm_list", path(&arguments.vm_list));
    echo.put_given("groups", path(&arguments.groups));
}
