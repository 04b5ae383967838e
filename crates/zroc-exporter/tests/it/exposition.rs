//! The metrics page in both formats.

mod several_vcenters;

use std::io::Read as _;
use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, ACCEPT_ENCODING};
use flate2::bufread::GzDecoder;
use jiff::Timestamp;
use planner_core::collection::accumulators::Measures;
use planner_core::collection::counters::DiskCounter;
use planner_core::collection::governor::Missed;
use planner_core::collection::host_clocks::HostClock;
use planner_core::collection::reason::{CallFailure, FailureKind, Reason};
use planner_core::collection::source::{CounterAvailability, Source, Statistics};
use planner_core::collection::tally::Tally;
use planner_core::collection::{CycleEnd, CycleReport, VcenterName};
use planner_core::inventory::details::{CustomAttribute, DiskDetails};
use planner_core::inventory::entities::{
    DiskSummary, Entities, EntityKind, ManagedEntity, VmRecord, decoded_name,
};
use planner_core::inventory::filter::Filter;
use planner_core::inventory::{FullReadStamp, PowerState, VmId};
use planner_core::io_stats::{DiskStats, IoStats, VmIoStats};
use planner_core::snapshot::Snapshot;
use planner_core::snapshot_builder::SnapshotBuilder;
use planner_core::units::{Bytes, Iops, KibPerSec, LatencyMillis};
use planner_core::vcenter_time::VcenterTime;
use tokio::time::Instant;
use zroc_exporter::about::About;
use zroc_exporter::exposition::{Format, Pages, VcenterPart, VmLines};
use zroc_exporter::http::negotiation;
use zroc_exporter::self_metrics::{
    BatchOutcome, CollectionMetrics, HistoryStatus, LoginOutcome, ProcessHealth,
};
use zroc_exporter::status::{CollectionStatus, Success, VcenterStatus};
use zroc_exporter::version::REVISION;

use crate::metrics_page::MetricsPage;

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

/// Four VMs: an ordinary one, one with a name that needs escapes and no host, one that is off, and one that is left out.
pub(crate) fn snapshot() -> Snapshot {
    let mut entities = Entities::new();
    for (moref, kind, name, parent) in [
        ("group-v3", EntityKind::Other, "vm", Some("datacenter-2")),
        (
            "group-v4",
            EntityKind::Other,
            "Production",
            Some("group-v3"),
        ),
        ("group-v5", EntityKind::Other, "Web", Some("group-v4")),
        ("datacenter-2", EntityKind::Datacenter, "DC-East", None),
        (
            "domain-c9",
            EntityKind::ComputeResource,
            "Cluster-01",
            Some("datacenter-2"),
        ),
        (
            "host-21",
            EntityKind::Host,
            "esxi-01.corp.example",
            Some("domain-c9"),
        ),
    ] {
        *entities.managed_entity(moref, kind) = ManagedEntity {
            kind,
            name: decoded_name(name),
            parent: parent.map(Box::from),
            folder: None,
        };
    }
    let vm = |name: &str, host: Option<&str>, power_state| VmRecord {
        name: decoded_name(name),
        host: host.map(Arc::from),
        power_state: Some(power_state),
        disks: Some(DiskSummary {
            count: 2,
            capacity: Bytes::new(50 << 30),
        }),
        ..VmRecord::default()
    };
    *entities.vm("vm-1") = vm("web-prod-01", Some("host-21"), PowerState::PoweredOn);
    *entities.vm("vm-2") = vm("a\"b%5cc\nd", None, PowerState::PoweredOn);
    *entities.vm("vm-3") = vm("off", Some("host-21"), PowerState::PoweredOff);
    *entities.vm("vm-4") = vm("Z-VRA-esxi-01", Some("host-21"), PowerState::PoweredOn);
    entities.vm("vm-1").parent = Some("group-v5".into());
    let disk = |instance: &str, datastore: &str, is_thin| DiskDetails {
        instance: instance.into(),
        datastore: datastore.into(),
        is_thin,
        mode: "persistent".into(),
        sharing: "".into(),
    };
    let details = entities.vm_place("vm-1").details;
    let disks = [
        disk("scsi0:0", "fast", Some(true)),
        disk("nvme0:1", "a\"b\\c\nd", None),
    ];
    details.set_disks("vm-1", disks.into());
    let attribute = |name: &str, value: &str| CustomAttribute {
        name: name.into(),
        value: value.into(),
    };
    let attributes = vec![attribute("Owner", "R&D \"east\""), attribute("Cost", "42")];
    details.set_attributes("vm-1", attributes, 3, 1_000);
    let inventory = Arc::new(entities.resolve(&Filter::default(), full_read(1_700_000_000)));
    let mut builder = SnapshotBuilder::new(inventory, None);
    let stats = IoStats {
        iops: Iops::new(12.5),
        rate: KibPerSec::new(2_560.0),
        latency: LatencyMillis::new(0.75),
        weighted_latency: LatencyMillis::new(1.5),
        peak_rate: KibPerSec::new(4_096.0),
        total: Some(Bytes::new(786_432_000)),
    };
    let disk = DiskStats {
        instance: "scsi0:0".into(),
        write: stats,
        read: Some(stats),
    };
    let newest = VcenterTime::from_second(1_700_000_280);
    let stats = VmIoStats::new(newest, stats, Some(stats), vec![disk]);
    builder.sampled(&VmId::new("vm-1"), stats);
    builder.quarantined(&VmId::new("vm-4"), invalid_argument());
    builder.build()
}

fn full_read(second: i64) -> FullReadStamp {
    FullReadStamp {
        number: 1,
        at: at(second),
    }
}

fn invalid_argument() -> Arc<Reason> {
    Arc::new(Reason::Failed(CallFailure {
        kind: FailureKind::InvalidArgument,
        operation: Some("QueryPerf"),
        message: "InvalidArgument querySpec.metricId".into(),
    }))
}

fn metrics() -> CollectionMetrics {
    let metrics = CollectionMetrics::default();
    metrics.note_saved_totals(Timestamp::UNIX_EPOCH);
    metrics.note_history(HistoryStatus {
        bytes: 1_048_576,
        oldest: Some(at(1_699_999_200)),
        dropped_hours: 2,
        saved: Some(at(1_700_000_012)),
    });
    metrics.count_cycle();
    metrics.count_login(LoginOutcome::Ok);
    metrics.count_batch(BatchOutcome::Ok);
    let outcomes = ["ok", "timeout"];
    let duration = Duration::from_millis(30);
    metrics.count_call("QueryPerf", "ok", &outcomes, duration, 5_000);
    metrics
}

/// A vCenter after its first cycle.
pub(crate) fn vcenter(snapshot: Option<Snapshot>) -> VcenterStatus {
    let availability = CounterAvailability {
        counter: DiskCounter::WRITES[1],
        source: Source::Historical,
        available: false,
    };
    let report = CycleReport {
        vcenter: VcenterName::new("vc"),
        began_at: Some(VcenterTime::from_second(1_700_000_290)),
        window_seconds: 300,
        measures: Measures {
            reads: true,
            per_disk: true,
        },
        statistics: Some(Arc::new(Statistics {
            source: Some(Source::Realtime),
            availability: vec![availability],
        })),
        snapshot: snapshot.map(Arc::new),
        new_samples: Vec::new(),
        tally: Tally::default(),
        host_clocks: vec![HostClock {
            host: "esxi-02.corp.example".into(),
            offset_seconds: -95,
        }],
        hosts_asked_by_time: 0,
        inventory_trouble: None,
        missed: Missed::default(),
        end: CycleEnd::Completed,
        duration: Duration::from_millis(1_250),
    };
    VcenterStatus {
        name: VcenterName::new("vc"),
        is_labelled: false,
        collection: CollectionStatus {
            cycles: 1,
            last_success: Some(Success {
                at: at(1_700_000_300),
                ended: Instant::now(),
                duration: Duration::from_millis(1_250),
                vms: 1,
            }),
            troubles: Vec::new(),
            up: true,
        },
        report: Some(Arc::new(report)),
        about: Some(Arc::new(About {
            host: "vcenter.corp.example".into(),
            instance_uuid: "8c1d9d5e-0c41-4a3f-9c2d-1f0f6b1f2a3b".into(),
            product: "VMware vCenter Server".into(),
            version: "8.0.3".into(),
            build: "24322831".into(),
            api_version: "8.0.3.0".into(),
        })),
        history: None,
        tls_verified: false,
        poll_interval: Duration::from_secs(300),
        custom_attributes: true,
        metrics: metrics(),
    }
}

fn render(vcenter: VcenterStatus, format: Format) -> String {
    render_all(vec![vcenter], format)
}

fn render_all(vcenters: Vec<VcenterStatus>, format: Format) -> String {
    let part = |status: VcenterStatus| VcenterPart {
        vm_lines: Arc::new(VmLines::render(&status).unwrap()),
        status,
    };
    let parts: Vec<_> = vcenters.into_iter().map(part).collect();
    let process = ProcessHealth::default();
    process.note_reload(None, Timestamp::UNIX_EPOCH);
    let pages = Pages::render(&parts, &process).unwrap();
    let page = pages.page(format);
    let plain: Vec<u8> = page
        .plain()
        .flat_map(|piece| piece.unwrap().to_vec())
        .collect();
    assert_eq!(plain.len() as u64, page.plain_length());
    let gzip: Vec<u8> = page.gzip().flatten().collect();
    assert_eq!(gzip.len() as u64, page.gzip_length());
    let mut decoder = GzDecoder::new(&*gzip);
    let mut inflated = Vec::new();
    decoder.read_to_end(&mut inflated).unwrap();
    assert_eq!(inflated, plain);
    assert!(decoder.into_inner().is_empty(), "a second member");
    String::from_utf8(plain).unwrap()
}

/// The process' own values differ from run to run, and so does the version from release to release.
fn stable(page: &str) -> String {
    let revision = format!("revision=\"{REVISION}\"");
    let page = page.replace(env!("CARGO_PKG_VERSION"), "VERSION");
    let page = page.replace(&revision, "revision=\"REVISION\"");
    page.split_inclusive('\n')
        .filter(|line| !line.contains("process_"))
        .collect()
}

#[test]
fn the_text_page_is_as_agreed() {
    insta::assert_snapshot!(
        "text",
        stable(&render(vcenter(Some(snapshot())), Format::Text))
    );
}

#[test]
fn the_openmetrics_page_is_as_agreed() {
    insta::assert_snapshot!(
        "openmetrics",
        stable(&render(vcenter(Some(snapshot())), Format::OpenMetrics))
    );
}

#[test]
fn before_the_first_cycle_there_are_self_metrics() {
    let page = render(
        VcenterStatus {
            report: None,
            ..vcenter(None)
        },
        Format::Text,
    );
    assert!(page.contains("\nvcenter_collector_cycles_total 1\n"));
    assert!(page.contains("\nprocess_resident_memory_bytes "));
    assert!(!page.contains("vcenter_vm_disk"));
}

#[test]
fn a_page_of_many_pieces_has_every_line_once() {
    let mut entities = Entities::new();
    for number in 0..5_000 {
        *entities.vm(&format!("vm-{number}")) = VmRecord {
            name: format!("vm number {number} with a name that is not short").into(),
            power_state: Some(PowerState::PoweredOn),
            disks: Some(DiskSummary {
                count: 1,
                capacity: Bytes::new(number << 30),
            }),
            ..VmRecord::default()
        };
    }
    let inventory = Arc::new(entities.resolve(&Filter::default(), full_read(0)));
    let snapshot = SnapshotBuilder::new(inventory, None).build();
    for format in [Format::Text, Format::OpenMetrics] {
        let page = render(vcenter(Some(snapshot.clone())), format);
        let mut series: Vec<&str> = page
            .lines()
            .filter(|line| line.starts_with("vcenter_vm_disk_provisioned_gb{"))
            .collect();
        series.sort_unstable();
        series.dedup();
        assert_eq!(series.len(), 5_000, "{format:?}");
        assert_eq!(page.ends_with("# EOF\n"), format == Format::OpenMetrics);
    }
}

#[test]
fn the_client_chooses_the_format() {
    let prometheus = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
                      application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,\
                      text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
    for (accept, expected) in [
        (None, Format::Text),
        (Some("*/*"), Format::Text),
        (Some("text/plain"), Format::Text),
        (Some("application/openmetrics-text"), Format::OpenMetrics),
        (
            Some("application/openmetrics-text; version=1.0.0"),
            Format::OpenMetrics,
        ),
        (
            Some("application/openmetrics-text; version=\"1.0.0\""),
            Format::OpenMetrics,
        ),
        (
            Some("application/openmetrics-text; version=2.0.0"),
            Format::Text,
        ),
        (Some("application/openmetrics-text;q=0"), Format::Text),
        (
            Some("application/openmetrics-text;q=0.1, text/plain;q=0.9"),
            Format::Text,
        ),
        (
            Some("text/plain;q=0.5, application/openmetrics-text;q=0.5"),
            Format::OpenMetrics,
        ),
        (Some(prometheus), Format::OpenMetrics),
        (Some(";;,q=,"), Format::Text),
    ] {
        let mut headers = HeaderMap::new();
        if let Some(accept) = accept {
            headers.insert(ACCEPT, accept.parse().unwrap());
        }
        headers.insert(ACCEPT_ENCODING, "identity".parse().unwrap());
        assert_eq!(negotiation::format(&headers), expected, "{accept:?}");
    }
}

#[test]
fn whatever_vcenter_calls_itself_is_escaped() {
    let odd = "a \"b\" \\c\nd \u{1f980} \u{fffd}";
    let about = About {
        host: odd.into(),
        instance_uuid: "".into(),
        product: odd.into(),
        version: "".into(),
        build: odd.into(),
        api_version: "8".into(),
    };
    let status = VcenterStatus {
        about: Some(Arc::new(about)),
        ..vcenter(Some(snapshot()))
    };
    for format in [Format::Text, Format::OpenMetrics] {
        let page = MetricsPage::parse(&render(status.clone(), format));
        let [(labels, _)] = page.series("vcenter_info") else {
            panic!("{format:?}: {:?}", page.series("vcenter_info"));
        };
        let told = ["host", "instance_uuid", "product", "version", "build"].map(|it| &*labels[it]);
        assert_eq!(told, [odd, "", odd, "", odd]);
    }
}
