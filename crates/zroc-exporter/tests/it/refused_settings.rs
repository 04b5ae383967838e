//! What the settings refuse, and what they say of it.

use crate::settings::{load, problems, with_password};

#[test]
fn every_problem_is_in_one_message() {
    let error = load(&[
        ("VCENTER_PASSWORD", ""),
        ("BATCH_SIZE", "abc"),
        ("HTTP_PORT", "99999"),
    ])
    .unwrap_err();
    assert_eq!(
        error.to_string(),
        "3 settings cannot be used:\n  \
         VCENTER_PASSWORD is missing: give the account's password\n  \
         BATCH_SIZE is \"abc\": give a whole number from 1 to 10000\n  \
         HTTP_PORT is \"99999\": give a port from 0 to 65535; 0 lets the system choose"
    );
}

#[test]
fn each_setting_refuses_what_it_cannot_use() {
    for (name, value) in [
        ("VCENTER_HOST", "https://vc/sdk"),
        ("VCENTER_HOST", "vc:443"),
        ("VCENTER_HOST", "vc/sdk"),
        ("VCENTER_HOST", "[fd00::10]:443"),
        ("VCENTER_HOST", "[vc]"),
        ("VCENTER_HOST", "vc..corp"),
        ("VCENTER_HOST", "10.0.0"),
        ("VCENTER_HOST", "10.0.0.256"),
        ("VCENTER_HOST", "0x7f000001"),
        ("VCENTER_HOST", "vcenter.corp,vcenter2.corp"),
        ("VCENTER_HOST", "vcénter.corp"),
        ("VCENTER_HOST", "  "),
        ("VCENTER_PORT", "0"),
        ("VCENTER_PORT", "４４３"),
        ("VCENTER_USER", " \t "),
        ("VCENTER_USER", "reader\u{1}@vsphere.local"),
        ("VCENTER_SSL_VERIFY", "maybe"),
        ("VCENTER_CA_FILE", "/no/such/file.pem"),
        ("VCENTER_THUMBPRINT", "AB:CD"),
        ("VCENTER_CONNECT_TIMEOUT", "0"),
        ("VCENTER_REQUEST_TIMEOUT", "-1"),
        ("POLL_INTERVAL", "0"),
        ("POLL_INTERVAL", "1e-9"),
        ("POLL_INTERVAL", "NaN"),
        ("POLL_INTERVAL", "inf"),
        ("POLL_INTERVAL", "25h"),
        ("CYCLE_TIMEOUT", "soon"),
        ("BATCH_SIZE", "0"),
        ("BATCH_SIZE", "1.5"),
        ("BATCH_DELAY", "-0.1"),
        ("BATCH_DELAY", "1e999"),
        ("BATCH_DELAY", "５"),
        ("VM_INVENTORY_TTL", "ten"),
        ("PERF_INTERVAL_ID", "19"),
        ("PERF_INTERVAL_ID", "5m"),
        ("PERF_INTERVAL_ID", "86401"),
        ("PERF_SOURCE", "rollup"),
        ("COLLECT_CONCURRENCY", "9"),
        ("COLLECT_READS", "on"),
        ("PER_DISK_METRICS", "2"),
        ("CUSTOM_ATTRIBUTES", "Owner,,Cost centre"),
        ("CUSTOM_ATTRIBUTES", "a\tb"),
        (
            "CUSTOM_ATTRIBUTES",
            "1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17",
        ),
        ("INCLUDE_VMS", "web-*,,db"),
        ("EXCLUDE_FOLDERS", ","),
        ("HTTP_HOST", "a b"),
        ("HTTP_PORT", "-1"),
        ("LOG_LEVEL", "LOUD"),
        ("LOG_FORMAT", "xml"),
    ] {
        assert_eq!(
            problems(with_password(&[(name, value)])),
            [name],
            "{name}={value}"
        );
    }
}

#[test]
fn a_password_that_no_keyboard_types_is_refused_and_not_shown() {
    for (password, fault) in [
        (
            "secret\n",
            "ends with a line break, which cannot belong to it",
        ),
        (
            "secret\r\n",
            "ends with a line break, which cannot belong to it",
        ),
        (
            "se\u{1b}cret",
            "has a control character, which cannot belong to it",
        ),
        (
            "\u{1}secret",
            "has a control character, which cannot belong to it",
        ),
    ] {
        let error = load(&[("VCENTER_PASSWORD", password)]).unwrap_err();
        let problem = &error.problems[0];
        assert_eq!(
            (problem.name.as_str(), problem.fault.as_str()),
            ("VCENTER_PASSWORD", fault)
        );
    }
}

#[test]
fn a_refusal_says_what_the_allowed_values_do_not() {
    for (name, value, fault) in [
        (
            "POLL_INTERVAL",
            "25h",
            "is \"25h\", which is longer than a day",
        ),
        (
            "POLL_INTERVAL",
            "0",
            "is \"0\", which is shorter than 0.1 s",
        ),
        ("POLL_INTERVAL", "soon", "is \"soon\""),
        (
            "VCENTER_HOST",
            "10.0.0",
            "is \"10.0.0\", which ends in a number like an IPv4 address, but is not one",
        ),
        (
            "INCLUDE_VMS",
            "a,,b",
            "is \"a,,b\", which has an empty name",
        ),
        (
            "VCENTER_HOST",
            "https://vc/sdk",
            "is \"https://vc/sdk\", which has a scheme",
        ),
        ("VCENTER_HOST", "vc/sdk", "is \"vc/sdk\", which has a path"),
        (
            "VCENTER_HOST",
            "vc:443",
            "is \"vc:443\", which has a port; that belongs into a setting of its own",
        ),
        (
            "VCENTER_HOST",
            "https://user:s3cret@vc",
            "holds a user name or password before an `@`; these belong into settings of their own",
        ),
        (
            "VCENTER_PORT",
            "tcp://10.0.0.1:443",
            "is \"tcp://10.0.0.1:443\", which Kubernetes sets for a service of that name; set `enableServiceLinks: false` \
             in the pod's spec",
        ),
        (
            "HTTP_PORT",
            "tcp://10.0.0.1:80",
            "is \"tcp://10.0.0.1:80\", which Kubernetes sets for a service of that name; set `enableServiceLinks: false` \
             in the pod's spec",
        ),
        (
            "VCENTER_THUMBPRINT",
            "SHA1 Fingerprint=AB",
            "is \"SHA1 Fingerprint=AB\", which has 2 digits instead of 64",
        ),
        ("STATE_FILE", "/", "is \"/\", which is a folder"),
        (
            "STATE_FILE",
            "/dev/full",
            "is \"/dev/full\", which is a device",
        ),
        (
            "STATE_FILE",
            "/no/such/totals",
            "is \"/no/such/totals\", whose folder does not exist",
        ),
    ] {
        let error = with_password(&[(name, value)]).unwrap_err();
        let faults: Vec<&str> = error
            .problems
            .iter()
            .map(|problem| problem.fault.as_str())
            .collect();
        assert_eq!(faults, [fault], "{name}");
    }
}
