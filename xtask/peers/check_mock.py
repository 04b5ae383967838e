"""What the exporter publishes equals what pyVmomi reads from the same vCenter, VM by VM.

usage: check_mock.py VCENTER_HOST VCENTER_PORT USER PASSWORD EXPORTER_URL WINDOW_SECONDS

The published value is the mean of each disk over the window, summed over the disks (IOPS, throughput)
or averaged over them (latency). It is computed here a second time, from the normal format, while the
exporter asks for csv.
"""

import math
import sys
from datetime import datetime, timedelta, timezone
from statistics import fmean

import exposition
from vcenter import REALTIME_SECONDS, Vcenter


def main(host, port, user, password, exporter_url, window_seconds):
    published = exposition.samples(exporter_url)
    newest = datetime.fromtimestamp(
        exposition.single(published, exposition.NEWEST_SAMPLE), tz=timezone.utc
    )
    window = timedelta(seconds=int(window_seconds))
    # The newest sample differs from VM to VM by a step when the cycle ran across its arrival.
    ends = (newest, newest - timedelta(seconds=REALTIME_SECONDS))

    with Vcenter(host, int(port), user, password) as vcenter:
        vms = [vm for vm in vcenter.vms() if vm.powered_on]
        counter_ids = vcenter.counter_ids()
        expected = {}
        for vm in vms:
            samples = vcenter.samples(vm, counter_ids, newest - 3 * window, newest)
            expected[vm.labels] = _statistics(samples, ends, window)

    differences = exposition.Differences()
    families = {
        "iops": exposition.IOPS,
        "kib_per_second": exposition.THROUGHPUT,
        "latency_ms": exposition.LATENCY,
    }
    for short, family in families.items():
        _compare(
            family,
            {labels: values[short] for labels, values in expected.items() if values[short]},
            exposition.by_vm(published, family),
            differences,
        )
    _compare(
        exposition.PROVISIONED,
        {vm.labels: [vm.provisioned_gib] for vm in vms if vm.provisioned_gib is not None},
        exposition.by_vm(published, exposition.PROVISIONED),
        differences,
    )
    sampled = sum(1 for values in expected.values() if values["iops"])
    if not sampled:
        differences.add("no VM has a sample, which proves nothing")
    differences.finish(f"{len(vms)} powered-on VMs, {sampled} of them with samples, all values equal")


def _statistics(samples, ends, window):
    """{counter: [value for each possible end of the window]}, empty lists where there is no data."""
    over_disks = {"iops": sum, "kib_per_second": _mib, "latency_ms": fmean}
    statistics = {short: [] for short in samples}
    for end in ends:
        # A VM's window ends with its own newest sample. vCenter writes -1 where one is missing.
        times = [
            time
            for disks in samples.values()
            for series in disks.values()
            for time, value in series
            if value >= 0 and time <= end
        ]
        if not times:
            continue
        newest = max(times)
        for short, disks in samples.items():
            kept = [
                [value for time, value in series if newest - window < time <= newest and value >= 0]
                for series in disks.values()
            ]
            means = [fmean(series) for series in kept if series]
            if means:
                statistics[short].append(over_disks[short](means))
    return statistics


def _mib(means):
    return sum(means) / 1024


def _compare(family, expected, published, differences):
    differences.sets(family, expected.keys(), published.keys())
    for labels in expected.keys() & published.keys():
        value = published[labels]
        if not any(math.isclose(value, one, rel_tol=1e-9, abs_tol=1e-9) for one in expected[labels]):
            differences.add(f"{family} {labels}: {value} published, {expected[labels]} computed")


if __name__ == "__main__":
    main(*sys.argv[1:])
