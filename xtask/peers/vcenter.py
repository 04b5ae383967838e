"""Reads a vCenter as scripts do: with pyVmomi, one property of one object after the other.

Nothing here knows the exporter. Labels are found by asking each object for its parent, so that a
mistake in the exporter's own walk cannot be repeated here.
"""

import functools
import re
from dataclasses import dataclass

from pyVim.connect import Disconnect, SmartConnect
from pyVmomi import vim, vmodl

REALTIME_SECONDS = 20
COUNTERS = {
    "iops": "virtualDisk.numberWriteAveraged.average",
    "kib_per_second": "virtualDisk.write.average",
    "latency_ms": "virtualDisk.totalWriteLatency.average",
}


@dataclass(frozen=True)
class Labels:
    vm_name: str
    vm_moref: str
    cluster: str
    host: str
    datacenter: str


@dataclass(frozen=True)
class Vm:
    entity: vim.VirtualMachine
    labels: Labels
    powered_on: bool
    provisioned_gib: float | None  # None where vCenter does not tell the devices


class Vcenter:
    """A session; use it as a context manager, so that it ends with a logout."""

    def __init__(self, host, port, user, password):
        self._instance = SmartConnect(
            host=host, port=port, user=user, pwd=password, disableSslCertValidation=True
        )
        self._content = self._instance.RetrieveContent()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        Disconnect(self._instance)

    def entities(self):
        """The managed objects of all VMs."""
        view = self._content.viewManager.CreateContainerView(
            self._content.rootFolder, [vim.VirtualMachine], True
        )
        try:
            return list(view.view)
        finally:
            view.Destroy()

    def vms(self):
        """All VMs with what can be known of them, read afresh."""
        _cached_name.cache_clear()
        _datacenter_name.cache_clear()
        return [_read_vm(entity) for entity in self.entities()]

    def counter_ids(self):
        """The ids that this vCenter gives to the counters of COUNTERS, by their short names."""
        ids = {
            f"{c.groupInfo.key}.{c.nameInfo.key}.{c.rollupType}": c.key
            for c in self._content.perfManager.perfCounter
        }
        return {short: ids[name] for short, name in COUNTERS.items()}

    def query(self, entities, counter_ids, interval_seconds, **bounds):
        """One QueryPerf for every instance; bounds are startTime, endTime and maxSample."""
        metrics = [
            vim.PerformanceManager.MetricId(counterId=key, instance="*")
            for key in counter_ids.values()
        ]
        specs = [
            vim.PerformanceManager.QuerySpec(
                entity=entity, metricId=metrics, intervalId=interval_seconds, **bounds
            )
            for entity in entities
        ]
        return self._content.perfManager.QueryPerf(querySpec=specs)

    def samples(self, vm, counter_ids, start, end):
        """{counter: {disk instance: [(time, value)]}} of the 20 s samples between start and end."""
        shorts = {key: short for short, key in counter_ids.items()}
        found = {short: {} for short in counter_ids}
        bounds = {"startTime": start, "endTime": end}
        for entity in self.query([vm.entity], counter_ids, REALTIME_SECONDS, **bounds):
            times = [info.timestamp for info in entity.sampleInfo]
            for series in entity.value:
                short = shorts[series.id.counterId]
                found[short][series.id.instance] = list(zip(times, series.value, strict=True))
        return found


def _read_vm(entity):
    runtime = entity.runtime
    host = runtime.host
    compute_resource = _read(host, "parent")
    datacenter = (
        _datacenter_name(compute_resource)
        or _datacenter_name(host)
        or _datacenter_name(entity)
    )
    return Vm(
        entity=entity,
        labels=Labels(
            vm_name=_name(entity),
            vm_moref=entity._GetMoId(),
            cluster=_cached_name(compute_resource),
            host=_cached_name(host),
            datacenter=datacenter,
        ),
        powered_on=runtime.powerState == vim.VirtualMachine.PowerState.poweredOn,
        provisioned_gib=_provisioned_gib(entity),
    )


def _provisioned_gib(entity):
    devices = _read(entity, "config.hardware.device")
    if devices is None:
        return None
    disks = [device for device in devices if isinstance(device, vim.vm.device.VirtualDisk)]
    # capacityInBytes came with vSphere 5.5; govmomi's simulator leaves it out.
    total = sum(disk.capacityInBytes or disk.capacityInKB * 1024 for disk in disks)
    return total / 1024**3


def _read(entity, path):
    """The property at a dotted path, or None: unset, gone, or withheld from this user."""
    value = entity
    try:
        for name in path.split("."):
            if value is None:
                return None
            value = getattr(value, name)
    except (vim.fault.NoPermission, vmodl.fault.ManagedObjectNotFound):
        return None
    return value


def _name(entity):
    """vCenter stores three characters of names as escapes; people know the decoded name."""
    stored = _read(entity, "name") or ""
    return re.sub("%(2f|5c|25)", lambda m: chr(int(m[1], 16)), stored, flags=re.IGNORECASE)


@functools.cache
def _cached_name(entity):
    return _name(entity)


@functools.cache
def _datacenter_name(entity):
    while entity is not None:
        if isinstance(entity, vim.Datacenter):
            return _name(entity)
        # A VM in a vApp has no parent, its vApp has.
        entity = _read(entity, "parent") or (
            _read(entity, "parentVApp") if isinstance(entity, vim.VirtualMachine) else None
        )
    return ""
