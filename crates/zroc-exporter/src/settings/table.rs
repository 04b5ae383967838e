//! Every setting, in the order in which they are documented.

use super::setting::{Form, Section, Setting};

/// The name under which standard input is given instead of a file.
pub(super) const STANDARD_INPUT: &str = "-";

const DURATION: &str =
    "seconds such as `300` or `0.5`, or a duration such as `5m` or `90s`, up to a day";
const PERIOD: &str =
    "seconds such as `300` or `0.5`, or a duration such as `5m` or `90s`, from 0.1 s to a day";
const SWITCH: &str = "`true`, `yes`, `1`, `false`, `no` or `0`";
const HOST: &str = "a host name or an IP address, without scheme, port or path";
const PROXY: &str =
    "the URL of an HTTP proxy, such as `http://proxy.corp:3128`, or `NO_PROXY` with vCenter in it";
const PATTERNS: &str =
    "names separated by commas, with `*` and `?` as wildcards, such as `web-*,db-??`";

/// The most custom attributes: each may add a series per VM.
pub(super) const MOST_ATTRIBUTES: usize = 16;

const fn text(name: &'static str, allowed: &'static str) -> Setting {
    Setting::new(name, Form::Text, allowed)
}

const fn path(name: &'static str, allowed: &'static str) -> Setting {
    Setting::new(name, Form::Path, allowed)
}

const fn switch(name: &'static str) -> Setting {
    Setting::new(name, Form::Switch, SWITCH).default("false")
}

/// A duration that may not be zero.
const fn period(name: &'static str) -> Setting {
    Setting::new(name, Form::Duration(100), PERIOD)
}

const fn patterns(name: &'static str) -> Setting {
    Setting::new(name, Form::Patterns, PATTERNS)
}

/// Makes each row a constant, so that no reader can name a setting that the table has not.
macro_rules! table {
    ($($(#[$doc:meta])* $name:ident = $row:expr;)*) => {
        $($(#[$doc])* pub(super) const $name: Setting = $row;)*

        /// All settings, in the order in which they are documented.
        pub const SETTINGS: &[Setting] = &[$($name),*];
    };
}

table! {
    /// The row of `ZROC_CONFIG`.
    ZROC_CONFIG = path("ZROC_CONFIG", "path of a readable TOML file, or `-` for standard input")
        .of(Section::Top).flag("config")
        .help("file with settings; `-` reads standard input. `zroc-exporter config --example` prints one");
    /// The row of `listen`.
    LISTEN = Setting::new("listen", Form::Addresses, "a host name or an IP address with a port, such as `127.0.0.1:9272`, `[::]:9272` or `:9272`")
        .without_variable().of(Section::Http).flag("web.listen-address").example(r#"["0.0.0.0:9272"]"#)
        .help("addresses to listen on; the flag may be repeated. Without it `HTTP_HOST` and `HTTP_PORT` count, which otherwise replace that part of every address in the file");
    /// The row of `HTTP_HOST`.
    HTTP_HOST = text("HTTP_HOST", HOST)
        .of(Section::Http).default("0.0.0.0")
        .help("address to listen on");
    /// The row of `HTTP_PORT`.
    HTTP_PORT = Setting::new("HTTP_PORT", Form::Number(0, 65_535), "a port from 0 to 65535; 0 lets the system choose")
        .of(Section::Http).default("9272")
        .help("port to listen on; 0 lets the system choose");
    /// The row of `WEB_CONFIG_FILE`.
    WEB_CONFIG_FILE = path("WEB_CONFIG_FILE", "path of a readable web config file, such as those of Prometheus' exporters")
        .of(Section::Http).key("web_config_file").flag("web.config.file").example(r#""web.yml""#)
        .help("TLS and users of the exporter's own port, read again when they change");
    /// The row of `WEB_ENABLE_LIFECYCLE`.
    WEB_ENABLE_LIFECYCLE = switch("WEB_ENABLE_LIFECYCLE")
        .of(Section::Http).key("enable_lifecycle").flag("web.enable-lifecycle")
        .help("let HTTP clients ask for a reload of the settings: `POST /-/reload`");
    /// The row of `LOG_LEVEL`.
    LOG_LEVEL = Setting::new("LOG_LEVEL", Form::Choice(&["TRACE", "DEBUG", "INFO", "WARNING", "ERROR"]), "`TRACE`, `DEBUG`, `INFO`, `WARNING` or `ERROR`")
        .of(Section::Log).key("level").flag("log.level").default("INFO")
        .help("least important messages to log: `TRACE` (all that vCenter is asked and answers, but for secrets), `DEBUG`, `INFO`, `WARNING` or `ERROR`");
    /// The row of `LOG_FORMAT`.
    LOG_FORMAT = Setting::new("LOG_FORMAT", Form::Choice(&["text", "json"]), "`text` or `json`")
        .of(Section::Log).key("format").flag("log.format").default("text")
        .help("`text` or `json`, on standard error");
    /// The row of `VCENTER_LABEL`.
    VCENTER_LABEL = switch("VCENTER_LABEL")
        .of(Section::Top).key("vcenter_label").flag("vcenter-label")
        .help("add the label `vcenter` to the series of VMs; always so with `[[vcenter]]`. It renames every one of these series");
    /// The row of `name`.
    NAME = text("name", "a text without control characters, at most 200 bytes long, that no other `[[vcenter]]` has")
        .unique()
        .without_variable().example(r#""boston""#)
        .help("the value of the label `vcenter`; `host` unless given");
    /// The row of `VCENTER_HOST`.
    VCENTER_HOST = text("VCENTER_HOST", HOST)
        .hidden()
        .key("host").flag("vcenter.host").default("vcenter.local")
        .help("vCenter to read from: a name or an IP address, IPv6 too; required in `[[vcenter]]`");
    /// The row of `VCENTER_PORT`.
    VCENTER_PORT = Setting::new("VCENTER_PORT", Form::Number(1, 65_535), "a port from 1 to 65535")
        .key("port").flag("vcenter.port").default("443")
        .help("vCenter's HTTPS port");
    /// The row of `VCENTER_USER`.
    VCENTER_USER = text("VCENTER_USER", "a user name such as `reader@vsphere.local`")
        .key("user").flag("vcenter.user").default("administrator@vsphere.local")
        .help("account with the Read-only role");
    /// The row of `VCENTER_PASSWORD`.
    VCENTER_PASSWORD = Setting::new("VCENTER_PASSWORD", Form::Secret, "the account's password")
        .hidden()
        .help("password; required unless `VCENTER_PASSWORD_FILE` is given");
    /// The row of `VCENTER_PASSWORD_FILE`.
    VCENTER_PASSWORD_FILE = path("VCENTER_PASSWORD_FILE", "path of a readable file that holds the password")
        .hidden()
        .key("password_file").flag("vcenter.password-file").example(r#""/run/secrets/vcenter""#)
        .help("file with the password, read again when it changes");
    /// The row of `VCENTER_SSL_VERIFY`.
    VCENTER_SSL_VERIFY = switch("VCENTER_SSL_VERIFY")
        .key("ssl_verify").flag("vcenter.ssl-verify")
        .help("verify vCenter's certificate against the system's CAs");
    /// The row of `VCENTER_CA_FILE`.
    VCENTER_CA_FILE = path("VCENTER_CA_FILE", "path of a readable PEM file with at least one certificate")
        .key("ca_file").flag("vcenter.ca-file").example(r#""vcenter-ca.pem""#)
        .help("verify it against the CAs in this PEM file alone; read again in every cycle");
    /// The row of `VCENTER_THUMBPRINT`.
    VCENTER_THUMBPRINT = text("VCENTER_THUMBPRINT", "64 hexadecimal digits, with or without colons, such as `openssl x509 -fingerprint -sha256` prints")
        .key("thumbprint").flag("vcenter.thumbprint").example(r#""67:5B:D5:DE:21:07:4C:5A:E8:CC:8F:2B:5D:0E:93:7D:0A:64:C1:9B:33:F0:88:1E:AD:57:49:B2:16:7C:FC:05""#)
        .help("accept exactly the certificate with this SHA-256 thumbprint, whatever else it says; in any form that `openssl x509 -noout -fingerprint -sha256` or a browser shows");
    /// The row of `HTTPS_PROXY`.
    HTTPS_PROXY = text("HTTPS_PROXY", PROXY)
        .hidden()
        .key("https_proxy").example(r#""http://proxy.corp:3128""#)
        .help("HTTP proxy on the way to vCenter; `https_proxy` too");
    /// The row of `ALL_PROXY`.
    ALL_PROXY = text("ALL_PROXY", PROXY)
        .hidden()
        .key("all_proxy").example(r#""http://proxy.corp:3128""#)
        .help("the same, where `HTTPS_PROXY` is not given; `all_proxy` too");
    /// The row of `NO_PROXY`.
    NO_PROXY = text("NO_PROXY", "`*`, names, addresses and networks separated by commas, each with or without a port, such as `.corp,10.0.0.0/8`")
        .key("no_proxy").example(r#"".corp,10.0.0.0/8,vc1:443""#)
        .help("what is reached without the proxy: `*`, or names (with all below them), addresses and networks, each with or without a port; `no_proxy` too");
    /// The row of `VCENTER_CONNECT_TIMEOUT`.
    VCENTER_CONNECT_TIMEOUT = period("VCENTER_CONNECT_TIMEOUT")
        .key("connect_timeout").flag("vcenter.connect-timeout").default("10")
        .help("time to connect");
    /// The row of `VCENTER_REQUEST_TIMEOUT`.
    VCENTER_REQUEST_TIMEOUT = period("VCENTER_REQUEST_TIMEOUT")
        .key("request_timeout").flag("vcenter.request-timeout").default("60")
        .help("time for one call, its answer included; half of `CYCLE_TIMEOUT` if that is less");
    /// The row of `POLL_INTERVAL`.
    POLL_INTERVAL = period("POLL_INTERVAL")
        .key("poll_interval").flag("poll-interval").default("300")
        .help("time between the starts of cycles");
    /// The row of `CYCLE_TIMEOUT`.
    CYCLE_TIMEOUT = period("CYCLE_TIMEOUT")
        .key("cycle_timeout").flag("cycle-timeout").example("270")
        .help("deadline of one cycle; 0.9 x `POLL_INTERVAL` unless given, but at least 30 s");
    /// The row of `BATCH_SIZE`.
    BATCH_SIZE = Setting::new("BATCH_SIZE", Form::Number(1, 10_000), "a whole number from 1 to 10000")
        .key("batch_size").flag("batch-size").default("100")
        .help("most VMs in one `QueryPerf` call");
    /// The row of `BATCH_DELAY`.
    BATCH_DELAY = Setting::new("BATCH_DELAY", Form::Duration(0), DURATION)
        .key("batch_delay").flag("batch-delay").default("0.5")
        .help("pause between two `QueryPerf` calls");
    /// The row of `VM_INVENTORY_TTL`.
    VM_INVENTORY_TTL = Setting::new("VM_INVENTORY_TTL", Form::Duration(0), DURATION)
        .key("vm_inventory_ttl").flag("vm-inventory-ttl").default("600")
        .help("time between full reads of the inventory; changes are read in every cycle");
    /// The row of `PERF_INTERVAL_ID`.
    PERF_INTERVAL_ID = Setting::new("PERF_INTERVAL_ID", Form::Number(20, 86_400), "a whole number of seconds from 20 to 86400, at most 3600 with `PERF_SOURCE=realtime`")
        .key("perf_interval_id").flag("perf-interval-id").default("300")
        .help("window of the published values, in seconds; at most 3600 with `PERF_SOURCE=realtime`");
    /// The row of `PERF_SOURCE`.
    PERF_SOURCE = Setting::new("PERF_SOURCE", Form::Choice(&["auto", "realtime", "historical"]), "`auto`, `realtime` or `historical`")
        .key("perf_source").flag("perf-source").default("auto")
        .help("`realtime` (20-second samples), `historical` (stored roll-ups), or `auto`: real-time for windows up to an hour");
    /// The row of `COLLECT_CONCURRENCY`.
    COLLECT_CONCURRENCY = Setting::new("COLLECT_CONCURRENCY", Form::Number(1, 8), "a whole number from 1 to 8")
        .key("collect_concurrency").flag("collect-concurrency").default("1")
        .help("`QueryPerf` calls at the same time, at most 8");
    /// The row of `COLLECT_READS`.
    COLLECT_READS = switch("COLLECT_READS")
        .key("collect_reads").flag("collect-reads")
        .help("publish the reads of VMs too");
    /// The row of `PER_DISK_METRICS`.
    PER_DISK_METRICS = switch("PER_DISK_METRICS")
        .key("per_disk_metrics").flag("per-disk-metrics")
        .help("publish each virtual disk too");
    /// The row of `CUSTOM_ATTRIBUTES`.
    CUSTOM_ATTRIBUTES = Setting::new("CUSTOM_ATTRIBUTES", Form::Names(MOST_ATTRIBUTES), "at most 16 names separated by commas, such as `Owner,Cost centre`")
        .key("custom_attributes").flag("custom-attributes").example(r#"["Owner", "Cost centre"]"#)
        .help("publish these custom attributes of VMs, spelt as vCenter shows them: each value is a series of its own");
    /// The row of `INCLUDE_VMS`.
    INCLUDE_VMS = patterns("INCLUDE_VMS")
        .key("include_vms").flag("include-vms").example(r#"["web-*", "db-??"]"#)
        .help("only VMs whose name fits one of these patterns, separated by commas: `web-*,db-??`; a list in the file");
    /// The row of `EXCLUDE_VMS`.
    EXCLUDE_VMS = patterns("EXCLUDE_VMS")
        .key("exclude_vms").flag("exclude-vms").example(r#"["test-*"]"#)
        .help("no VMs whose name fits one of these");
    /// The row of `INCLUDE_CLUSTERS`.
    INCLUDE_CLUSTERS = patterns("INCLUDE_CLUSTERS")
        .key("include_clusters").flag("include-clusters").example(r#"["Production*"]"#)
        .help("only VMs in these clusters");
    /// The row of `EXCLUDE_CLUSTERS`.
    EXCLUDE_CLUSTERS = patterns("EXCLUDE_CLUSTERS")
        .key("exclude_clusters").flag("exclude-clusters").example(r#"["Lab*"]"#)
        .help("no VMs in these clusters");
    /// The row of `INCLUDE_DATACENTERS`.
    INCLUDE_DATACENTERS = patterns("INCLUDE_DATACENTERS")
        .key("include_datacenters").flag("include-datacenters").example(r#"["East"]"#)
        .help("only VMs in these datacenters");
    /// The row of `EXCLUDE_DATACENTERS`.
    EXCLUDE_DATACENTERS = patterns("EXCLUDE_DATACENTERS")
        .key("exclude_datacenters").flag("exclude-datacenters").example(r#"["West"]"#)
        .help("no VMs in these datacenters");
    /// The row of `INCLUDE_FOLDERS`.
    INCLUDE_FOLDERS = patterns("INCLUDE_FOLDERS")
        .key("include_folders").flag("include-folders").example(r#"["Production/*"]"#)
        .help("only VMs whose folder path below the datacenter, such as `Production/Web`, fits one of these");
    /// The row of `EXCLUDE_FOLDERS`.
    EXCLUDE_FOLDERS = patterns("EXCLUDE_FOLDERS")
        .key("exclude_folders").flag("exclude-folders").example(r#"["Templates"]"#)
        .help("no VMs whose folder path fits one of these");
    /// The row of `STATE_FILE`.
    STATE_FILE = path("STATE_FILE", "path of a regular file, there or not, in a folder that exists")
        .key("state_file").flag("state-file").example(r#""/var/lib/zroc-exporter/totals""#)
        .help("regular file, in a folder that the exporter can write to, that keeps the totals across restarts; without it they restart from zero. Each vCenter needs its own");
    /// The row of `HISTORY_DIR`.
    HISTORY_DIR = path("HISTORY_DIR", "path of a folder that exists")
        .key("history_dir").flag("history-dir").example(r#""/var/lib/zroc-exporter/history""#)
        .help("folder that the exporter can write to, in which the history of each vCenter has a folder of its own; without it a history lasts as long as the process");
    /// The row of `HISTORY_HOURS`.
    HISTORY_HOURS = Setting::new("HISTORY_HOURS", Form::Number(0, 8_784), "a whole number of hours from 0 to 8784; 0 keeps no history")
        .key("history_hours").flag("history-hours").default("24")
        .help("hours of which all samples are kept; 0 keeps no history");
    /// The row of `HISTORY_ROLLUP_DAYS`.
    HISTORY_ROLLUP_DAYS = Setting::new("HISTORY_ROLLUP_DAYS", Form::Number(0, 366), "a whole number of days from 0 to 366")
        .key("history_rollup_days").flag("history-rollup-days").default("7")
        .help("days of which means and peaks of five minutes are kept, and the sums of all VMs and of each cluster");
    /// The row of `HISTORY_MAX_BYTES`.
    HISTORY_MAX_BYTES = text("HISTORY_MAX_BYTES", "a size with its unit from `64KiB` to `1TiB`, such as `256MiB` or `1GB`")
        .key("history_max_bytes").flag("history-max-bytes").default("256MiB")
        .help("most memory that the history of a vCenter takes; beyond it the samples of the oldest hours go first, then the oldest means");
    /// The row of `HISTORY_BACKFILL`.
    HISTORY_BACKFILL = switch("HISTORY_BACKFILL").default("true")
        .key("history_backfill").flag("history-backfill")
        .help("read at the start what the history lacks and vCenter still has: the past hour, and roll-ups where they have the writes of disks");
}
