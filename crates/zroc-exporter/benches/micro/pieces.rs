//! The pieces that are measured.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use planner_core::collection::accumulators::{Accumulators, Look, Measures};
use planner_core::collection::counters::{CounterInfo, DiskCounter, DiskCounters};
use planner_core::collection::governor::Missed;
use planner_core::collection::samples::{SampleBuffer, SampleTime};
use planner_core::collection::source::{Source, Statistics};
use planner_core::collection::tally::Tally;
use planner_core::collection::{CycleEnd, CycleReport, VcenterName};
use planner_core::inventory::entities::{
    DiskSummary, Entities, EntityKind, ManagedEntity, VmRecord,
};
use planner_core::inventory::filter::Filter;
use planner_core::inventory::{FullReadStamp, PowerState, VmId};
use planner_core::snapshot_builder::SnapshotBuilder;
use planner_core::units::Bytes;
use planner_core::uptime::Uptime;
use planner_core::vcenter_time::VcenterTime;
use vsphere_soap::{PerfEntityMetrics, decode};
use zroc_exporter::exposition::{Format, Pages, VcenterPart, VmLines};
use zroc_exporter::self_metrics::{CollectionMetrics, ProcessHealth};
use zroc_exporter::status::{CollectionStatus, VcenterStatus};

use crate::answers::Format::{Csv, Normal};
use crate::answers::{self, COUNTERS};

/// Something to measure.
pub(crate) struct Piece {
    /// What one run takes in, or puts out for the page.
    pub(crate) bytes: u64,
    /// Does it once and returns a number, so that nothing can be left out.
    pub(crate) run: Box<dyn FnMut() -> usize>,
}

const VMS: usize = 100;
const PAGE_VMS: usize = 1_000;
const SAMPLES: i64 = 15;
const WINDOW_SECONDS: u32 = 300;

type Prepare = fn() -> Piece;

/// The names of the pieces, and how each is prepared.
pub(crate) const ALL: [(&str, Prepare); 11] = [
    ("decode_csv_1_sample", || query_perf(Csv, 1)),
    ("decode_csv_3_samples", || query_perf(Csv, 3)),
    ("decode_csv_15_samples", || query_perf(Csv, SAMPLES)),
    ("decode_csv_288_samples", || query_perf(Csv, 288)),
    ("decode_normal_1_sample", || query_perf(Normal, 1)),
    ("decode_normal_3_samples", || query_perf(Normal, 3)),
    ("decode_normal_15_samples", || query_perf(Normal, SAMPLES)),
    ("decode_normal_288_samples", || query_perf(Normal, 288)),
    ("decode_inventory", updates),
    ("aggregate_15_samples", aggregate),
    ("encode_page", encode),
];

fn query_perf(format: answers::Format, samples: i64) -> Piece {
    let body = answers::query_perf(format, VMS, samples);
    Piece {
        bytes: body.len() as u64,
        run: Box::new(move || {
            let entities = decode::query_perf(&body).unwrap();
            entities.iter().map(|entity| entity.series().len()).sum()
        }),
    }
}

fn updates() -> Piece {
    let body = answers::updates(VMS);
    Piece {
        bytes: body.len() as u64,
        run: Box::new(move || {
            let updates = decode::update_set(&body).unwrap().unwrap();
            updates
                .filters
                .iter()
                .map(|filter| filter.updates.len())
                .sum()
        }),
    }
}

fn vm_id(number: usize) -> VmId {
    VmId::new(&format!("vm-{}", 1_000 + number))
}

/// From decoded samples to the statistics of VMs that nothing is known of yet.
fn aggregate() -> Piece {
    let body = answers::query_perf(Csv, VMS, SAMPLES);
    let entities = decode::query_perf(&body).unwrap();
    let vms: Vec<VmId> = (0..VMS).map(vm_id).collect();
    Piece {
        bytes: body.len() as u64,
        run: Box::new(move || {
            let accumulators = accumulated(&entities, &vms);
            let stats = |vm| accumulators.stats(vm, Uptime::START);
            vms.iter().filter_map(stats).count()
        }),
    }
}

fn accumulated(entities: &[PerfEntityMetrics], vms: &[VmId]) -> Accumulators {
    let info = |id| CounterInfo {
        id,
        per_device_level: None,
    };
    let catalogue = COUNTERS.map(|(id, name)| (name, info(id)));
    let counters = DiskCounters::resolve(&DiskCounter::WRITES, catalogue);
    let mut accumulators = Accumulators::new(Source::Realtime, WINDOW_SECONDS, Measures::default());
    let mut buffer = SampleBuffer::default();
    for (vm, entity) in vms.iter().zip(entities) {
        let mut samples = buffer.begin(entity.sample_info.iter().map(|info| SampleTime {
            at: VcenterTime::from_timestamp(info.timestamp),
            interval_seconds: 20,
        }));
        for series in entity.series() {
            let counter = counters.by_id(series.counter_id).unwrap();
            samples.push(counter, series.instance, series.values());
        }
        accumulators.ingest(vm, &samples, LOOK, |_, _| {});
    }
    accumulators
}

const LOOK: Look<'_> = Look {
    asked: Uptime::START,
    answered: Uptime::START,
    host: None,
};

fn newest() -> VcenterTime {
    VcenterTime::from_timestamp(answers::newest(SAMPLES))
}

/// A page in both formats.
fn encode() -> Piece {
    let mut entities = Entities::new();
    for host in 0..20 {
        *entities.managed_entity(&format!("host-{host}"), EntityKind::Host) = ManagedEntity {
            kind: EntityKind::Host,
            name: format!("esx{host:04}.berlin.example.test").into(),
            parent: None,
            folder: None,
        };
    }
    let vms: Vec<VmId> = (0..PAGE_VMS).map(vm_id).collect();
    for (number, vm) in vms.iter().enumerate() {
        *entities.vm(vm.as_str()) = VmRecord {
            name: format!("web-prod-{number:05}").into(),
            host: Some(format!("host-{}", number % 20).into()),
            power_state: Some(PowerState::PoweredOn),
            disks: Some(DiskSummary {
                count: 2,
                capacity: Bytes::new(200 << 30),
            }),
            ..VmRecord::default()
        };
    }
    let inventory = entities.resolve(
        &Filter::default(),
        FullReadStamp {
            number: 1,
            at: Timestamp::UNIX_EPOCH,
        },
    );
    let body = answers::query_perf(Csv, PAGE_VMS, SAMPLES);
    let accumulators = accumulated(&decode::query_perf(&body).unwrap(), &vms);
    let mut snapshot = SnapshotBuilder::new(Arc::new(inventory), None);
    for vm in &vms {
        let stats = accumulators.stats(vm, Uptime::START).unwrap();
        snapshot.sampled(vm, stats);
    }
    let report = CycleReport {
        vcenter: VcenterName::new("vc"),
        began_at: Some(newest()),
        window_seconds: WINDOW_SECONDS,
        measures: Measures::default(),
        statistics: Some(Arc::new(Statistics {
            source: Some(Source::Realtime),
            availability: Vec::new(),
        })),
        snapshot: Some(Arc::new(snapshot.build())),
        new_samples: Vec::new(),
        tally: Tally::default(),
        host_clocks: Vec::new(),
        hosts_asked_by_time: 0,
        inventory_trouble: None,
        missed: Missed::default(),
        end: CycleEnd::Completed,
        duration: Duration::from_secs(1),
    };
    let status = VcenterStatus {
        name: VcenterName::new("vc"),
        is_labelled: false,
        collection: CollectionStatus::default(),
        report: Some(Arc::new(report)),
        about: None,
        history: None,
        tls_verified: true,
        poll_interval: Duration::from_secs(300),
        custom_attributes: false,
        metrics: CollectionMetrics::default(),
    };
    let process = ProcessHealth::default();
    let length = move || {
        let part = VcenterPart {
            vm_lines: Arc::new(VmLines::render(&status).unwrap()),
            status: status.clone(),
        };
        let pages = Pages::render(&[part], &process).unwrap();
        pages.page(Format::Text).plain_length()
    };
    Piece {
        bytes: length(),
        run: Box::new(move || usize::try_from(length()).unwrap()),
    }
}
