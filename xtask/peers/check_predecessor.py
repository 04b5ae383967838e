"""The Python predecessor's mistakes show on the mock vCenter, and the exporter does not make them.

usage: check_predecessor.py VCENTER_HOST VCENTER_PORT USER PASSWORD EXPORTER_URL CONTROL_URL SCENARIO

The predecessor asks for batches of 100 VMs, three counters each, with intervalId 300, maxSample 1 and no
start time, and sums whatever instances it gets. SCENARIO `rollups` wants an exporter that reads roll-ups
from a mock with statistics level 3, and leaves level 1 and aggregates behind; `samples` goes on from
there with an exporter that chooses its source.
"""

import sys
from datetime import datetime, timedelta, timezone

from pyVmomi import vim, vmodl

import exposition
from mock import Mock
from vcenter import Vcenter

ROLLUP_SECONDS = 300
BATCH = 100
NO_COUNTER = 999_999
SAMPLED = (exposition.IOPS, exposition.THROUGHPUT, exposition.LATENCY)
# A VM without fresh values keeps its last ones for two cycles, and one cycle may be under way.
CYCLES_TO_FORGET = 4


class Stage:
    """The mock vCenter as pyVmomi sees it, the exporter beside it, and what was found wrong."""

    def __init__(self, vcenter, mock, exporter_url):
        self.mock = mock
        self.vms = vcenter.entities()
        self.counter_ids = vcenter.counter_ids()
        self.differences = exposition.Differences()
        self._vcenter = vcenter
        self._exporter_url = exporter_url

    def predecessor_asks(self, vms, counter_ids=None):
        return self._vcenter.query(vms, counter_ids or self.counter_ids, ROLLUP_SECONDS, maxSample=1)

    def expect_fault(self, fault, vms, counter_ids=None):
        """The whole batch fails, so the predecessor has no value of any VM in it."""
        try:
            self.predecessor_asks(vms, counter_ids)
        except fault:
            return
        self.differences.add(f"{len(vms)} VMs, {counter_ids or 'all counters'}: no {fault.__name__}")

    def page(self, cycles=2):
        return exposition.page_after_cycles(self._exporter_url, cycles)

    def expect_sampled(self, page, vms, when):
        expected = {vm._GetMoId() for vm in vms}
        for family in SAMPLED:
            found = by_moref(page, family).keys()
            self.differences.expect(
                found == expected, f"{when}: {family} of other VMs than expected: {found ^ expected}"
            )


def rollups(stage):
    limit_of_metrics(stage)
    max_sample_is_ignored(stage)
    aggregate_beside_disks(stage)
    withheld_by_level(stage)
    return "maxQueryMetrics, maxSample, aggregate series, statistics level"


def samples(stage):
    every_level_has_samples(stage)
    batch_with_poison(stage)
    deleted_vm(stage)
    return "samples at level 1, poisoned batches, a deleted VM"


def limit_of_metrics(stage):
    stage.expect_fault(vim.fault.RestrictedByAdministrator, stage.vms[:BATCH])
    # 85 x 3 metrics are fewer than 256.
    stage.differences.expect(stage.predecessor_asks(stage.vms[:85]), "85 VMs have no roll-ups")

    page = stage.page()
    stage.expect_sampled(page, stage.vms, "under the limit of metrics")
    refused = [labels for labels in queries(page) if labels["outcome"] != "ok"]
    stage.differences.expect(not refused, f"the exporter ran into refusals: {refused}")


def max_sample_is_ignored(stage):
    answers = stage.predecessor_asks(stage.vms[:1])
    count = len(answers[0].sampleInfo)
    stage.differences.expect(count > 100, f"maxSample=1 without start time gives {count} roll-ups")


def aggregate_beside_disks(stage):
    for aggregate, factor in ((False, 1), (True, 2)):
        stage.mock.set(aggregate_series=aggregate)
        page = stage.page()
        newest = time_of(page)
        throughput = by_moref(page, exposition.THROUGHPUT)
        for answer in stage.predecessor_asks(stage.vms[:20]):
            rates = rates_at(answer, newest, stage.counter_ids["kib_per_second"])
            disks = sum(rate for instance, rate in rates.items() if instance)
            # Each series is rounded by itself.
            stage.differences.expect(
                abs(sum(rates.values()) - factor * disks) <= len(rates),
                f"aggregates {aggregate}: {rates} do not add up to {factor} times the disks",
            )
            published = throughput.get(answer.entity._GetMoId())
            stage.differences.expect(
                published == disks / 1024, f"aggregates {aggregate}: {published} for {rates}"
            )


def withheld_by_level(stage):
    stage.mock.set(statistics_level=1)
    aggregates = [
        series.id.instance
        for answer in stage.predecessor_asks(stage.vms[:20])
        for series in answer.value
    ]
    stage.differences.expect(not any(aggregates), f"disks with roll-ups at level 1: {aggregates}")
    stage.mock.set(aggregate_series=False)
    nothing = stage.predecessor_asks(stage.vms[:20])
    stage.differences.expect(not nothing, f"{len(nothing)} VMs with roll-ups at level 1")

    # Levels are read at login. Values that were read before stay fresh for a quarter of an hour, but none is added.
    newest = time_of(stage.page())
    stage.mock.drop_sessions()
    stage.mock.advance_clock(4 * ROLLUP_SECONDS)
    page = stage.page(CYCLES_TO_FORGET)
    stage.differences.expect(time_of(page) == newest, "roll-ups are read at level 1")
    available = [
        value
        for (name, pairs), value in page.items()
        if name == "vcenter_collector_statistic_available" and ("source", "historical") in pairs
    ]
    stage.differences.expect(
        available and not any(available), f"level 1 withholds everything, not {available}"
    )


def every_level_has_samples(stage):
    stage.mock.set(aggregate_series=True)
    stage.mock.advance_clock(ROLLUP_SECONDS)
    page = stage.page()
    stage.expect_sampled(page, stage.vms, "at level 1")
    end = time_of(page)
    throughput = by_moref(page, exposition.THROUGHPUT)
    for vm in stage.vms[:20]:
        moref = vm._GetMoId()
        # A cycle that runs across the arrival of a sample ends some windows 20 s later.
        truths = [
            stage.mock.bytes_written(moref, newest - timedelta(seconds=ROLLUP_SECONDS), newest)
            for newest in (end, end - timedelta(seconds=20))
        ]
        written = throughput[moref] * 1024**2 * ROLLUP_SECONDS
        stage.differences.expect(
            any(abs(written - truth) < 1 for truth in truths),
            f"{moref} wrote {truths} bytes, {written} published",
        )


def batch_with_poison(stage):
    poison, *others = stage.vms
    moref = poison._GetMoId()
    gone = f'<obj type="VirtualMachine">{moref}</obj>'
    for fault, fields_xml in (
        (vmodl.fault.InvalidArgument, "<invalidProperty>querySpec.entity</invalidProperty>"),
        (vmodl.fault.ManagedObjectNotFound, gone),
    ):
        name = fault.__name__.rsplit(".", 1)[-1]
        stage.mock.refuse("QueryPerf", moref, name, fields_xml)
        stage.expect_fault(fault, stage.vms[:80])
        page = stage.page(CYCLES_TO_FORGET)
        stage.expect_sampled(page, others, f"with a VM that causes {name}")
        left_out = [
            dict(pairs)["vm_moref"]
            for sample, pairs in page
            if sample == "vcenter_collector_vm_left_out"
        ]
        stage.differences.expect(left_out == [moref], f"left out for {name}: {left_out}")
        stage.mock.forget_faults()
    # Counter ids are no constants; the exporter asks by name.
    stage.expect_fault(vmodl.fault.InvalidArgument, stage.vms[:80], {"wrong": NO_COUNTER})


def deleted_vm(stage):
    poison, deleted, *others = stage.vms
    stage.mock.change({"delete": {"vm": deleted._GetMoId()}})
    stage.expect_fault(vmodl.fault.ManagedObjectNotFound, stage.vms[:80])
    page = stage.page()
    found = by_moref(page, exposition.IOPS).keys() - {poison._GetMoId()}
    expected = {vm._GetMoId() for vm in others}
    stage.differences.expect(found == expected, f"after a deletion: {found ^ expected}")


def by_moref(page, family):
    return {labels.vm_moref: value for labels, value in exposition.by_vm(page, family).items()}


def queries(page):
    """The labels of what is counted of QueryPerf calls."""
    counted = (
        dict(pairs)
        for (name, pairs), value in page.items()
        if name == "vcenter_collector_soap_requests_total" and value
    )
    return [labels for labels in counted if labels["operation"] == "QueryPerf"]


def time_of(page):
    newest = exposition.single(page, exposition.NEWEST_SAMPLE)
    return datetime.fromtimestamp(newest, tz=timezone.utc)


def rates_at(answer, time, counter_id):
    """{instance: value} of one counter at one time."""
    place = [info.timestamp for info in answer.sampleInfo].index(time)
    return {
        series.id.instance: series.value[place]
        for series in answer.value
        if series.id.counterId == counter_id
    }


def main(host, port, user, password, exporter_url, control_url, scenario):
    with Vcenter(host, int(port), user, password) as vcenter:
        stage = Stage(vcenter, Mock(control_url), exporter_url)
        summary = {"rollups": rollups, "samples": samples}[scenario](stage)
    stage.differences.finish(summary)


if __name__ == "__main__":
    main(*sys.argv[1:])
