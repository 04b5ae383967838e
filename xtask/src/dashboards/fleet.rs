//! What all VMs write.

use super::board::{Board, Kind, OF_EXPORTER, OF_VMS, Panel, Variable};

/// Bytes per second of each VM. For a moment after a vMotion there may be two series of one VM.
fn by_vm() -> String {
    format!(
        "max by (job, instance, vcenter, vm_moref) (vcenter_vm_disk_write_throughput_mbps{{{OF_VMS}}}) * 1048576"
    )
}

fn sized() -> String {
    format!(
        "sum({} unless on (job, instance, vcenter, vm_moref) vcenter_collector_vm_not_sized{{{OF_EXPORTER}}})",
        by_vm()
    )
}

pub(super) fn board() -> Board {
    let vms = "vcenter_vm_info{job=~\"$job\", instance=~\"$instance\", vcenter=~\"$vcenter\"}";
    Board::new(
        "zroc-fleet",
        "Zerto sizing / all VMs",
        "What the VMs write: as a link sees it, by cluster, by VM, and how many VMs are in it.",
    )
    .variable(Variable {
        name: "datacenter",
        label: "Datacenter",
        of: vms,
        may_be_missing: true,
    })
    .variable(Variable {
        name: "cluster",
        label: "Cluster",
        of: vms,
        may_be_missing: true,
    })
    .row("How much is written", how_much())
    .row("Who writes it", who())
    .row("Which VMs are in it", which())
}

fn how_much() -> [Panel; 5] {
    [
        Panel {
            kind: Kind::Stat,
            title: "Writes now",
            description: "All VMs that a sizing counts, before compression: without appliances, vCLS and placeholders.",
            unit: "Bps",
            size: (6, 4),
            queries: vec![(sized(), "written")],
        },
        Panel {
            kind: Kind::Stat,
            title: "The same in bits",
            description: "As links are sold. A link also has to carry bursts: see the plan.",
            unit: "bps",
            size: (6, 4),
            queries: vec![(format!("{} * 8", sized()), "written")],
        },
        Panel {
            kind: Kind::Stat,
            title: "Written in the last day",
            description: "From the counters, which lose nothing in outages of up to an hour.",
            unit: "decbytes",
            size: (6, 4),
            queries: vec![(
                format!(
                    "sum(increase(vcenter_vm_disk_write_bytes_total{{{OF_EXPORTER}}}[1d]) * on (job, instance, vcenter, vm_moref) \
                 group_left () max by (job, instance, vcenter, vm_moref) (vcenter_vm_info{{{OF_VMS}}}))"
                ),
                "written",
            )],
        },
        Panel {
            kind: Kind::Stat,
            title: "VMs with values",
            description: "The share of the VMs that should have values and have them. What is missing is missing from every sum.",
            unit: "percentunit",
            size: (6, 4),
            queries: vec![(
                format!(
                    "sum(vcenter_collector_vms{{{OF_EXPORTER}, state=\"sampled\"}}) / \
                 (sum(vcenter_collector_vms{{{OF_EXPORTER}, state!~\"powered_off|filtered\"}}) > 0)"
                ),
                "sampled",
            )],
        },
        Panel {
            kind: Kind::Lines,
            title: "Writes over time",
            description: "The sum over the VMs that a sizing counts: means of PERF_INTERVAL_ID seconds.",
            unit: "Bps",
            size: (24, 9),
            queries: vec![(sized(), "written")],
        },
    ]
}

fn who() -> [Panel; 4] {
    [
        Panel {
            kind: Kind::Stack,
            title: "By cluster",
            description: "The sum over the VMs of each cluster, appliances included.",
            unit: "Bps",
            size: (12, 10),
            queries: vec![(
                format!(
                    "sum by (vcenter, cluster) ({} * on (job, instance, vcenter, vm_moref) group_left (cluster) \
                 vcenter_vm_info{{{OF_VMS}}})",
                    by_vm()
                ),
                "{{vcenter}} {{cluster}}",
            )],
        },
        Panel {
            kind: Kind::Table,
            title: "VMs that write most",
            description: "The 20 largest means over the chosen time, in bytes per second.",
            unit: "Bps",
            size: (12, 10),
            queries: vec![(
                format!(
                    "topk(20, max by (vcenter, vm_name, vm_moref, cluster) \
                 (avg_over_time(vcenter_vm_disk_write_throughput_mbps{{{OF_VMS}}}[$__range])) * 1048576)"
                ),
                "",
            )],
        },
        Panel {
            kind: Kind::Lines,
            title: "Highest samples of 20 s",
            description: "What a mean of minutes hides: the ten VMs with the highest sample.",
            unit: "Bps",
            size: (12, 9),
            queries: vec![(
                format!("topk(10, vcenter_vm_disk_write_peak_bytes_per_second{{{OF_VMS}}})"),
                "{{vm_name}}",
            )],
        },
        Panel {
            kind: Kind::Lines,
            title: "Write latency",
            description: "The ten slowest VMs, weighted by operations, so that idle disks do not dilute it.",
            unit: "s",
            size: (12, 9),
            queries: vec![(
                format!("topk(10, vcenter_vm_disk_write_latency_seconds{{{OF_VMS}}})"),
                "{{vm_name}}",
            )],
        },
    ]
}

fn which() -> [Panel; 2] {
    [
        Panel {
            kind: Kind::Stack,
            title: "VMs by state",
            description: "What became of each VM of the inventory in the last cycle.",
            unit: "short",
            size: (12, 8),
            queries: vec![(
                format!("sum by (state) (vcenter_collector_vms{{{OF_EXPORTER}}})"),
                "{{state}}",
            )],
        },
        Panel {
            kind: Kind::Stack,
            title: "VMs without values, by reason",
            description: "They run, but vCenter has no samples of them.",
            unit: "short",
            size: (12, 8),
            queries: vec![(
                format!("sum by (reason) (vcenter_collector_vms_without_data{{{OF_EXPORTER}}})"),
                "{{reason}}",
            )],
        },
    ]
}
