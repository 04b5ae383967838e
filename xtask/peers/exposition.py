"""Reads an exporter's /metrics with the parsers of prometheus_client."""

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

IOPS = "vcenter_vm_disk_write_iops"
THROUGHPUT = "vcenter_vm_disk_write_throughput_mbps"
LATENCY = "vcenter_vm_disk_write_latency_ms"
PROVISIONED = "vcenter_vm_disk_provisioned_gb"
VM_FAMILIES = (IOPS, THROUGHPUT, LATENCY, PROVISIONED)

NEWEST_SAMPLE = "vcenter_collector_newest_sample_timestamp_seconds"


def fetch(base_url, content_type):
    """The body of /metrics in the wanted format; anything else is an error."""
    request = urllib.request.Request(base_url + "/metrics", headers={"Accept": content_type})
    with urllib.request.urlopen(request, timeout=30) as response:
        answered = response.headers["Content-Type"]
        if not answered.startswith(content_type):
            raise SystemExit(f"asked for {content_type}, got {answered}")
        return response.read().decode("utf-8")


def samples(base_url, content_type=TEXT):
    """{(sample name, label pairs): value}; a series that appears twice is an error."""
    found = {}
    for family in PARSERS[content_type](fetch(base_url, content_type)):
        for sample in family.samples:
            key = (sample.name, frozenset(sample.labels.items()))
            if key in found:
                raise SystemExit(f"{content_type}: {key} appears twice")
            found[key] = sample.value
    return found


def by_vm(all_samples, name):
    """{Labels: value} of one of VM_FAMILIES; a label too many or too few is an error."""
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


def single(all_samples, name):
    """The value of a series without labels."""
    return all_samples[(name, frozenset())]


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

    def finish(self, summary):
        if self._lines:
            shown = self._lines[:40]
            more = len(self._lines) - len(shown)
            raise SystemExit("\n".join(shown) + (f"\n... and {more} more" if more else ""))
        print(summary)
