//! Every setting in one table: names, defaults and help come from here.

/// One setting, as operators know it.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Name of the environment variable.
    pub name: &'static str,
    /// The value taken when the variable is absent or empty.
    pub default: Option<&'static str>,
    /// What is accepted, in a few words.
    pub allowed: &'static str,
    /// What it does.
    pub help: &'static str,
}

const fn setting(
    name: &'static str,
    default: &'static str,
    allowed: &'static str,
    help: &'static str,
) -> Setting {
    Setting {
        name,
        default: Some(default),
        allowed,
        help,
    }
}

const fn optional(name: &'static str, allowed: &'static str, help: &'static str) -> Setting {
    Setting {
        name,
        default: None,
        allowed,
        help,
    }
}

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

/// All settings, in the order in which they are documented.
pub const SETTINGS: &[Setting] = &[
    setting(
        "VCENTER_HOST",
        "vcenter.local",
        HOST,
        "vCenter to read from",
    ),
    setting(
        "VCENTER_PORT",
        "443",
        "a port from 1 to 65535",
        "vCenter's HTTPS port",
    ),
    setting(
        "VCENTER_USER",
        "administrator@vsphere.local",
        "a user name such as `reader@vsphere.local`",
        "account with the Read-only role",
    ),
    optional(
        "VCENTER_PASSWORD",
        "the account's password",
        "password; required unless `VCENTER_PASSWORD_FILE` is given",
    ),
    optional(
        "VCENTER_PASSWORD_FILE",
        "path of a readable file that holds the password",
        "file with the password, read again when it changes",
    ),
    setting(
        "VCENTER_SSL_VERIFY",
        "false",
        SWITCH,
        "verify vCenter's certificate against the system's CAs",
    ),
    optional(
        "VCENTER_CA_FILE",
        "path of a readable PEM file with at least one certificate",
        "verify vCenter's certificate against these CAs alone",
    ),
    optional(
        "VCENTER_THUMBPRINT",
        "64 hexadecimal digits, with or without colons, such as `openssl x509 -fingerprint -sha256` prints",
        "accept exactly the certificate with this SHA-256 thumbprint",
    ),
    optional(
        "HTTPS_PROXY",
        PROXY,
        "HTTP proxy on the way to vCenter; `https_proxy` too",
    ),
    optional(
        "ALL_PROXY",
        PROXY,
        "the same, where `HTTPS_PROXY` is not given; `all_proxy` too",
    ),
    optional(
        "NO_PROXY",
        "`*`, names, addresses and networks separated by commas, each with or without a port, such as `.corp,10.0.0.0/8`",
        "what is reached without the proxy; `no_proxy` too",
    ),
    setting(
        "VCENTER_CONNECT_TIMEOUT",
        "10",
        PERIOD,
        "time to connect to vCenter",
    ),
    setting(
        "VCENTER_REQUEST_TIMEOUT",
        "60",
        PERIOD,
        "time for one call, its answer included; half of `CYCLE_TIMEOUT` if that is less",
    ),
    setting(
        "POLL_INTERVAL",
        "300",
        PERIOD,
        "time between the starts of collection cycles",
    ),
    optional(
        "CYCLE_TIMEOUT",
        PERIOD,
        "deadline of one cycle; 0.9 x `POLL_INTERVAL` unless given, but at least 30 s",
    ),
    setting(
        "BATCH_SIZE",
        "100",
        "a whole number from 1 to 10000",
        "most VMs asked for in one QueryPerf call",
    ),
    setting(
        "BATCH_DELAY",
        "0.5",
        DURATION,
        "pause between two QueryPerf calls",
    ),
    setting(
        "VM_INVENTORY_TTL",
        "600",
        DURATION,
        "time between full reads of the inventory",
    ),
    setting(
        "PERF_INTERVAL_ID",
        "300",
        "a whole number of seconds from 20 to 86400, at most 3600 with `PERF_SOURCE=realtime`",
        "window over which the published values are averaged",
    ),
    setting(
        "PERF_SOURCE",
        "auto",
        "`auto`, `realtime` or `historical`",
        "20-second samples, vCenter's stored roll-ups, or whichever fits the window",
    ),
    setting(
        "COLLECT_CONCURRENCY",
        "1",
        "a whole number from 1 to 8",
        "QueryPerf calls at the same time",
    ),
    setting(
        "COLLECT_READS",
        "false",
        SWITCH,
        "publish the reads of VMs too",
    ),
    setting(
        "PER_DISK_METRICS",
        "false",
        SWITCH,
        "publish each virtual disk too",
    ),
    optional(
        "INCLUDE_VMS",
        PATTERNS,
        "only VMs whose name fits one of these",
    ),
    optional(
        "EXCLUDE_VMS",
        PATTERNS,
        "no VMs whose name fits one of these",
    ),
    optional("INCLUDE_CLUSTERS", PATTERNS, "only VMs in these clusters"),
    optional("EXCLUDE_CLUSTERS", PATTERNS, "no VMs in these clusters"),
    optional(
        "INCLUDE_DATACENTERS",
        PATTERNS,
        "only VMs in these datacenters",
    ),
    optional(
        "EXCLUDE_DATACENTERS",
        PATTERNS,
        "no VMs in these datacenters",
    ),
    optional(
        "INCLUDE_FOLDERS",
        PATTERNS,
        "only VMs whose folder path, such as `Production/Web`, fits one of these",
    ),
    optional(
        "EXCLUDE_FOLDERS",
        PATTERNS,
        "no VMs whose folder path fits one of these",
    ),
    optional(
        "STATE_FILE",
        "path of a regular file, there or not, in a folder that exists",
        "file that keeps the totals over restarts; without it they begin anew",
    ),
    setting(
        "HTTP_HOST",
        "0.0.0.0",
        HOST,
        "address that the exporter listens on",
    ),
    setting(
        "HTTP_PORT",
        "9272",
        "a port from 0 to 65535; 0 lets the system choose",
        "port that the exporter listens on",
    ),
    optional(
        "WEB_CONFIG_FILE",
        "path of a readable web config file, such as those of Prometheus' exporters",
        "TLS and users of the exporter's own port, read again when they change",
    ),
    setting(
        "LOG_LEVEL",
        "INFO",
        "`TRACE`, `DEBUG`, `INFO`, `WARNING` or `ERROR`",
        "least important messages to log; `TRACE` shows all that vCenter is asked and answers, but for secrets",
    ),
    setting(
        "LOG_FORMAT",
        "text",
        "`text` or `json`",
        "how log lines are written",
    ),
];
