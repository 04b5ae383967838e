"""Reads an exporter's /metrics with the parsers of prometheus_client."""

import math
import time
import urllib.request
from dataclasses import astuple, fields

from prometheus_client.openmetrics.parser import (
    text_string_to_metric_families as openmetrics_families,
)
from prometheus_client.parser import text_string_to_metric_families as text_families

from vcenter import Labels

TEXT = "text/plain; version=0.0.4"
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
PARSERS = {TEXT: text_families, OPENMETRICS: openmetrics_families}

INFO = "vcenter_vm_info"
IOPS = "vcenter_vm_disk_write_iops"
THROUGHPUT = "vcenter_vm_disk_write_throughput_mbps"
LATENCY = "vcenter_vm_disk_write_latency_ms"
PROVISIONED = "vcenter_vm_disk_provisioned_gb"
TOTAL = "vcenter_vm_disk_write_bytes_total"
PEAK = "vcenter_vm_disk_write_peak_bytes_per_second"
WEIGHTED_LATENCY = "vcenter_vm_disk_write_latency_seconds"
DISK_INFO = "vcenter_virtual_disk_info"
ATTRIBUTE = "vcenter_vm_custom_attribute"
# With COLLECT_READS, PER_DISK_METRICS and CUSTOM_ATTRIBUTES.
_OF_ALL = ("iops", "throughput_mbps", "latency_ms", "bytes_total")
_OF_VMS = (*_OF_ALL, "peak_bytes_per_second", "latency_seconds")
VM_FAMILIES = frozenset(
    [INFO, PROVISIONED, DISK_INFO, ATTRIBUTE]
    + [f"vcenter_vm_disk_{way}_{what}" for way in ("write", "read") for what in _OF_VMS]
    + [f"vcenter_virtual_disk_{way}_{what}" for way in ("write", "read") for what in _OF_ALL]
)

NEWEST_SAMPLE = "vcenter_collector_newest_sample_timestamp_seconds"
VMS = "vcenter_collector_vms"
CYCLES = "vcenter_collector_cycles_total"

DEADLINE_SECONDS = 60


def fetch(base_url, content_type, encoding="identity"):
    """The body of /metrics, as bytes, in the wanted format and encoding; anything else is an error."""
    wanted = {"Accept": content_type, "Accept-Encoding": encoding}
    request = urllib.request.Request(base_url + "/metrics", headers=wanted)
    with urllib.request.urlopen(request, timeout=30) as response:
        answered = response.headers["Content-Type"]
        if not answered.startswith(content_type):
            raise SystemExit(f"asked for {content_type}, got {answered}")
        encoded = response.headers.get("Content-Encoding", "identity")
        if encoded != encoding:
            raise SystemExit(f"asked for {encoding}, got {encoded}")
        return response.read()


def samples(base_url, content_type=TEXT):
    """{(sample name, label pairs): value}; a series that appears twice is an error."""
    found = {}
    for family in PARSERS[content_type](fetch(base_url, content_type).decode("utf-8")):
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            if key in found:
                raise SystemExit(f"{content_type}: {key} appears twice")
            found[key] = sample.value
    return found


def by_vm(all_samples, name):
    """{Labels: value} of a metric of VMs; a label too many or too few is an error."""
    expected = {field.name for field in fields(Labels)}
    found = {}
    for (sample_name, pairs), value in all_samples.items():
        if sample_name != name:
            continue
        labels = dict(pairs)
        if labels.keys() != expected:
            raise SystemExit(f"{name} has the labels {sorted(labels)}, not {sorted(expected)}")
        found[Labels(**labels)] = value
    return found


def totals(all_samples, name=TOTAL):
    """{moref: value} of a total of VMs; any label beside the moref is an error."""
    found = {}
    for (sample_name, pairs), value in all_samples.items():
        if sample_name != name:
            continue
        [(label, moref)] = pairs
        if label != "vm_moref":
            raise SystemExit(f"{name} has the label {label}")
        found[moref] = value
    return found


def single(all_samples, name):
    """The value of a series without labels."""
    return all_samples[(name, frozenset())]


def page_when(base_url, condition, what):
    """The samples of the first page that meets the condition; none within the deadline is an error."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        page = samples(base_url)
        if condition(page):
            return page
        if time.monotonic() > deadline:
            raise SystemExit(f"after {DEADLINE_SECONDS} s the page still does not show {what}")
        time.sleep(0.1)


def page_after_cycles(base_url, count):
    """The page after so many more cycles. Two are the least to hold a cycle that begins from now on."""
    wanted = single(samples(base_url), CYCLES) + count
    return page_when(base_url, lambda page: single(page, CYCLES) >= wanted, f"{wanted} cycles")


def settled_page(base_url, newer_than=0.0):
    """A page on which every VM has all samples up to the newest one, and that one is recent enough.

    When a cycle finds nothing newer than the cycle before, none of its queries ran across the arrival
    of a sample.
    """
    before = {}

    def settled(page):
        cycle, newest = single(page, CYCLES), page.get((NEWEST_SAMPLE, frozenset()), 0.0)
        in_earlier_cycle = any(other < cycle for other in before.get(newest, ()))
        before.setdefault(newest, set()).add(cycle)
        return newest > newer_than and in_earlier_cycle

    return page_when(base_url, settled, f"a settled page with samples after {newer_than}")


class Differences:
    """Collects what does not agree, and ends the script with all of it."""

    def __init__(self):
        self._lines = []

    def sets(self, what, expected, published):
        for labels in sorted(expected - published, key=astuple):
            self._lines.append(f"{what}: missing: {labels}")
        for labels in sorted(published - expected, key=astuple):
            self._lines.append(f"{what}: not expected: {labels}")

    def add(self, line):
        self._lines.append(line)

    def expect(self, is_so, line):
        if not is_so:
            self.add(line)

    def values(self, what, expected, published, rel_tol=1e-9):
        """Compares two mappings from anything to numbers."""
        for key in sorted(expected.keys() - published.keys(), key=str):
            self.add(f"{what}: missing: {key}")
        for key in sorted(published.keys() - expected.keys(), key=str):
            self.add(f"{what}: not expected: {key}")
        for key in expected.keys() & published.keys():
            if not math.isclose(published[key], expected[key], rel_tol=rel_tol, abs_tol=rel_tol):
                self.add(f"{what} {key}: {published[key]} published, {expected[key]} computed")

    def finish(self, summary):
        if self._lines:
            shown = self._lines[:40]
            more = len(self._lines) - len(shown)
            raise SystemExit("\n".join(shown) + (f"\n... and {more} more" if more else ""))
        print(summary)
