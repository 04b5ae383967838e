"""Every powered-on VM of govmomi's simulator is published, with the labels that pyVmomi reads.

usage: check_vcsim.py VCENTER_HOST VCENTER_PORT USER PASSWORD EXPORTER_URL

Of the samples only their presence is compared: this simulator has no numbers for write IOPS and
latency, and files the throughput under the aggregate.
"""

import math
import sys

import exposition
from vcenter import Vcenter


def main(host, port, user, password, exporter_url):
    published = exposition.samples(exporter_url)
    with Vcenter(host, int(port), user, password) as vcenter:
        vms = vcenter.vms()
    powered_on = {vm.labels: vm for vm in vms if vm.powered_on}

    differences = exposition.Differences()
    if not powered_on or len(powered_on) == len(vms):
        differences.add(f"{len(powered_on)} of {len(vms)} VMs powered on proves nothing")
    throughput = exposition.by_vm(published, exposition.THROUGHPUT)
    differences.sets(exposition.THROUGHPUT, powered_on.keys(), throughput.keys())
    provisioned = exposition.by_vm(published, exposition.PROVISIONED)
    differences.sets(exposition.PROVISIONED, powered_on.keys(), provisioned.keys())
    for labels in powered_on.keys() & provisioned.keys():
        expected = powered_on[labels].provisioned_gib
        if not math.isclose(provisioned[labels], expected, rel_tol=1e-9):
            differences.add(f"{labels}: {provisioned[labels]} GiB published, {expected} read")
    differences.finish(f"{len(powered_on)} powered-on VMs of {len(vms)}, labels and sizes equal")


if __name__ == "__main__":
    main(*sys.argv[1:])
