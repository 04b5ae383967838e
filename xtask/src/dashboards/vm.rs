//! What one VM writes.

use super::board::{Board, Kind, OF_EXPORTER, Panel, Variable};

const OF_VM: &str =
    r#"job=~"$job", instance=~"$instance", vcenter=~"$vcenter", vm_name=~"$vm_name""#;

fn of_vm(metric: &str) -> String {
    format!("max by (vcenter, vm_name, vm_moref) ({metric}{{{OF_VM}}})")
}

const SERIES: &str = "{{vm_name}} {{vm_moref}}";

pub(super) fn board() -> Board {
    Board::new(
        "zroc-vm",
        "Zerto sizing / one VM",
        "What a VM writes, how long its writes take, and where it has been.",
    )
    .variable(Variable {
        name: "vm_name",
        label: "VM",
        of: r#"vcenter_vm_info{job=~"$job", instance=~"$instance", vcenter=~"$vcenter"}"#,
        may_be_missing: false,
    })
    .row("Writes", writes())
    .row("Size and place", size_and_place())
}

fn writes() -> [Panel; 4] {
    [
        Panel {
            kind: Kind::Lines,
            title: "Write rate",
            description: "Means of PERF_INTERVAL_ID seconds over all disks of the VM.",
            unit: "Bps",
            size: (12, 9),
            queries: vec![(
                format!(
                    "{} * 1048576",
                    of_vm("vcenter_vm_disk_write_throughput_mbps")
                ),
                SERIES,
            )],
        },
        Panel {
            kind: Kind::Lines,
            title: "Highest sample of 20 s",
            description: "The largest of the samples that the mean is made of: a burst that a link or a journal has to take.",
            unit: "Bps",
            size: (12, 9),
            queries: vec![(of_vm("vcenter_vm_disk_write_peak_bytes_per_second"), SERIES)],
        },
        Panel {
            kind: Kind::Lines,
            title: "Write operations",
            description: "Operations per second over all disks of the VM.",
            unit: "iops",
            size: (12, 9),
            queries: vec![(of_vm("vcenter_vm_disk_write_iops"), SERIES)],
        },
        Panel {
            kind: Kind::Lines,
            title: "Write latency",
            description: "Weighted by operations, so that idle disks do not dilute it.",
            unit: "s",
            size: (12, 9),
            queries: vec![(of_vm("vcenter_vm_disk_write_latency_seconds"), SERIES)],
        },
    ]
}

fn size_and_place() -> [Panel; 3] {
    [
        Panel {
            kind: Kind::Stat,
            title: "Written in the last day",
            description: "What a journal of 24 hours has to hold, before compression. From the counter.",
            unit: "bytes",
            size: (6, 6),
            queries: vec![(
                format!(
                    "increase(vcenter_vm_disk_write_bytes_total{{{OF_EXPORTER}}}[1d]) \
                 * on (job, instance, vcenter, vm_moref) group_left (vm_name) \
                 max by (job, instance, vcenter, vm_moref, vm_name) (vcenter_vm_info{{{OF_VM}}})"
                ),
                "{{vm_name}}",
            )],
        },
        Panel {
            kind: Kind::Stat,
            title: "Provisioned",
            description: "The capacity of all disks of the VM.",
            unit: "bytes",
            size: (6, 6),
            queries: vec![(
                format!("{} * 1073741824", of_vm("vcenter_vm_disk_provisioned_gb")),
                "{{vm_name}}",
            )],
        },
        Panel {
            kind: Kind::Table,
            title: "Where it is",
            description: "Host, cluster, datacenter and folder of the VM.",
            unit: "short",
            size: (12, 6),
            queries: vec![(format!("vcenter_vm_info{{{OF_VM}}}"), "")],
        },
    ]
}
