"""Every powered-on VM of govmomi's simulator is published, with the labels that pyVmomi reads.

usage: check_vcsim.py VCENTER_HOST VCENTER_PORT USER PASSWORD EXPORTER_URL

Then VMs are switched, renamed, moved and destroyed, and a cluster is renamed, as an administrator would: the
pages after that have to show it, long before the inventory is due to be read afresh.

Of the samples only their presence is compared: this simulator has no numbers for write IOPS and
latency, and files the throughput under the aggregate.
"""

import sys
import time

from pyVmomi import vim

import exposition
from vcenter import Vcenter


def main(host, port, user, password, exporter_url):
    differences = exposition.Differences()
    with Vcenter(host, int(port), user, password) as vcenter:
        before = vcenter.vms()
        _compare(before, exposition.samples(exporter_url), differences)
        stopped = _change(before)
        # Pages can only be as late as a cycle that was under way.
        page = exposition.page_after_cycles(exporter_url, 2)
        after = vcenter.vms()
        count = _compare(after, page, differences)
        # In one step with the stop, this simulator's own property collector would stumble over it.
        _finish(stopped.Destroy())
        _compare(vcenter.vms(), exposition.page_after_cycles(exporter_url, 2), differences)
    running = {vm.labels for vm in before if vm.powered_on}
    changed = len(running ^ {vm.labels for vm in after if vm.powered_on})
    differences.expect(changed > 5, f"{changed} changed labels prove nothing")
    differences.finish(
        f"{count} powered-on VMs of {len(after)}, labels and sizes equal, {changed} series changed"
    )


def _change(vms):
    """Returns the VM that was switched off."""
    starting = next(vm.entity for vm in vms if not vm.powered_on)
    running = [vm for vm in vms if vm.powered_on]
    # A standalone host leaves its VMs no other one to move to.
    moved = next(vm for vm in running if len(_cluster(vm).host) > 1)
    stopping, renamed, *_ = [vm.entity for vm in running if vm is not moved]
    _finish(starting.PowerOn())
    _finish(stopping.PowerOff())
    _finish(renamed.Rename("renamed"))
    cluster = _cluster(moved)
    other = next(host for host in cluster.host if host != moved.entity.runtime.host)
    _finish(moved.entity.Relocate(vim.vm.RelocateSpec(host=other)))
    _finish(cluster.Rename("renamed cluster"))
    return stopping


def _finish(task):
    """pyVim's WaitForTask would wait for updates, and this simulator sends updates only to whoever asked last."""
    deadline = time.monotonic() + exposition.DEADLINE_SECONDS
    while task.info.state != vim.TaskInfo.State.success:
        if task.info.state == vim.TaskInfo.State.error:
            raise SystemExit(f"{task.info.descriptionId}: {task.info.error}")
        if time.monotonic() > deadline:
            raise SystemExit(f"{task.info.descriptionId} has not ended in {exposition.DEADLINE_SECONDS} s")
        time.sleep(0.02)


def _cluster(vm):
    return vm.entity.runtime.host.parent


def _compare(vms, page, differences):
    """Returns the number of powered-on VMs."""
    states = (value for (name, _), value in page.items() if name == exposition.VMS)
    known = sum(states)
    differences.expect(known == len(vms), f"{known} VMs in all states together, not {len(vms)}")
    powered_on = {vm.labels: vm.provisioned_gib for vm in vms if vm.powered_on}
    differences.expect(
        0 < len(powered_on) < len(vms),
        f"{len(powered_on)} of {len(vms)} VMs powered on prove nothing",
    )
    throughput = exposition.by_vm(page, exposition.THROUGHPUT)
    differences.sets(exposition.THROUGHPUT, powered_on.keys(), throughput.keys())
    provisioned = exposition.by_vm(page, exposition.PROVISIONED)
    differences.values(exposition.PROVISIONED, powered_on, provisioned)
    return len(powered_on)


if __name__ == "__main__":
    main(*sys.argv[1:])
