"""What the exporter publishes equals what pyVmomi reads from the same vCenter, VM by VM.

usage: check_mock.py VCENTER_HOST VCENTER_PORT USER PASSWORD EXPORTER_URL WINDOW_SECONDS

The published value is the mean of each disk over the window, summed over the disks (IOPS, throughput)
or averaged over them (latency). It is computed here a second time, from the normal format, while the
exporter asks for csv. While the next samples come, the counter has to grow by exactly what the samples
between the two pages add up to.
"""

import sys
from datetime import datetime, timedelta, timezone
from statistics import fmean

import exposition
from vcenter import REALTIME_SECONDS, Vcenter

# Two samples at least. A clock that is set forward instead would count as wrong.
PAUSE_SECONDS = 2 * REALTIME_SECONDS

# What a sum of a few rounded numbers may be off: several times 2**-24.
SINGLE_PRECISION = 1e-6


def main(host, port, user, password, exporter_url, window_seconds):
    window = timedelta(seconds=int(window_seconds))
    differences = exposition.Differences()
    first = exposition.settled_page(exporter_url)
    begin = _newest(first)
    later = begin.timestamp() + PAUSE_SECONDS - 1
    second = exposition.settled_page(exporter_url, newer_than=later)
    end = _newest(second)
    # Only now: pyVmomi does not survive a connection that was closed while it was idle.
    with Vcenter(host, int(port), user, password) as vcenter:
        vms = [vm for vm in vcenter.vms() if vm.powered_on]
        counter_ids = vcenter.counter_ids()
        samples = {
            vm.labels: vcenter.samples(vm, counter_ids, begin - 3 * window, end) for vm in vms
        }

    for page in (first, second):
        _compare_windows(page, samples, window, differences)
        sizes = {vm.labels: vm.provisioned_gib for vm in vms if vm.provisioned_gib is not None}
        published = exposition.by_vm(page, exposition.PROVISIONED)
        differences.values(exposition.PROVISIONED, sizes, published)
    written = _compare_growth(first, second, samples, differences)

    sampled = len(exposition.by_vm(second, exposition.IOPS))
    differences.expect(sampled and written, "no VM has written anything, which proves nothing")
    differences.finish(
        f"{len(vms)} powered-on VMs, {sampled} of them with samples, all values equal; counters grew "
        f"by the {written} bytes of {int((end - begin).total_seconds())} s"
    )


def _newest(page):
    newest = exposition.single(page, exposition.NEWEST_SAMPLE)
    return datetime.fromtimestamp(newest, tz=timezone.utc)


def _compare_windows(page, samples, window, differences):
    statistics = {
        labels: _statistics(of_vm, _newest(page), window) for labels, of_vm in samples.items()
    }
    families = (
        exposition.IOPS,
        exposition.THROUGHPUT,
        exposition.LATENCY,
        exposition.PEAK,
        exposition.WEIGHTED_LATENCY,
    )
    for family in families:
        expected = {
            labels: values[family] for labels, values in statistics.items() if family in values
        }
        published = exposition.by_vm(page, family)
        if family == exposition.WEIGHTED_LATENCY:
            # Products of latency and IOPS are kept in single precision.
            differences.values(family, expected, published, rel_tol=SINGLE_PRECISION)
        else:
            differences.values(family, expected, published)


def _statistics(samples, newest, window):
    """{family: value} of one VM, whose window ends with its own newest sample."""
    until_newest = [
        _values(series, None, newest) for disks in samples.values() for series in disks.values()
    ]
    times = [time for values in until_newest for time in values]
    if not times:
        return {}
    end = max(times)
    kept = {
        short: {disk: _values(series, end - window, end) for disk, series in disks.items()}
        for short, disks in samples.items()
    }
    iops, rates, latencies = (
        [fmean(values.values()) for values in kept[short].values() if values]
        for short in ("iops", "kib_per_second", "latency_ms")
    )
    return {
        exposition.IOPS: sum(iops),
        exposition.THROUGHPUT: sum(rates) / 1024,
        exposition.LATENCY: fmean(latencies),
        exposition.PEAK: max(_over_disks(kept["kib_per_second"].values()).values()) * 1024,
        exposition.WEIGHTED_LATENCY: _weighted(kept["latency_ms"], kept["iops"]) / 1000,
    }


def _weighted(latencies, iops):
    """The mean latency of an operation; the plain mean where there was none."""
    pairs = [
        (latency, iops[disk][time])
        for disk, values in latencies.items()
        for time, latency in values.items()
        if time in iops[disk]
    ]
    operations = sum(count for _, count in pairs)
    if not operations:
        return fmean(latency for latency, _ in pairs)
    return sum(latency * count for latency, count in pairs) / operations


def _compare_growth(first, second, samples, differences):
    """Returns the bytes that all VMs wrote between the two pages."""
    before, after = (exposition.totals(page) for page in (first, second))
    begin, end = _newest(first), _newest(second)
    expected = {}
    for labels, of_vm in samples.items():
        disks = [_values(series, begin, end) for series in of_vm["kib_per_second"].values()]
        if disks:
            expected[labels.vm_moref] = sum(_over_disks(disks).values()) * 1024 * REALTIME_SECONDS
    grown = {moref: total - before.get(moref, 0.0) for moref, total in after.items()}
    # Whole numbers far below 2**53: equal means equal.
    differences.values(f"growth of {exposition.TOTAL}", expected, grown, rel_tol=0)
    return sum(expected.values())


def _values(series, after, until):
    """{time: value} of a disk. vCenter writes -1 where one is missing."""
    return {
        time: value
        for time, value in series
        if value >= 0 and time <= until and (after is None or time > after)
    }


def _over_disks(disks):
    """{time: sum of the disks}"""
    sums = {}
    for values in disks:
        for time, value in values.items():
            sums[time] = sums.get(time, 0) + value
    return sums


if __name__ == "__main__":
    main(*sys.argv[1:])
