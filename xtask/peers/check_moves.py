"""VMs move and get other names under a Prometheus that scrapes: each total stays one series, and loses nothing.

usage: check_moves.py PROMETHEUS_URL EXPORTER_URL CONTROL_URL JOIN

JOIN is README's query that joins a total with the names of the VMs. It has to work at every moment, the one of a
move included: Prometheus refuses a join that finds two names for one VM.
"""

import json
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

import exposition
from mock import Mock

TOTALS = (
    exposition.TOTAL,
    "vcenter_vm_disk_read_bytes_total",
    "vcenter_virtual_disk_write_bytes_total",
    "vcenter_virtual_disk_read_bytes_total",
)
# A cycle of each change has samples of its own: one minute of them.
ADVANCE_SECONDS = 60
MOVED = ("vm-1002", "vm-1006", "vm-1010")
RENAMED = ("vm-1001", "vm-1002", "vm-1003")
CHANGES = (
    [{"migrate": {"vm": vm, "host": "host-19"}} for vm in MOVED],
    [{"rename": {"object": vm, "name": f"new name \" of {vm}"}} for vm in RENAMED],
    [{"migrate": {"vm": vm, "host": "host-40"}} for vm in MOVED]
    + [{"rename": {"object": "host-40", "name": "renamed-host.example"}}],
)


class Prometheus:
    def __init__(self, url):
        self._url = url

    def query(self, query):
        return self._ask("query", query=query)

    def query_range(self, query, begin, end):
        return self._ask("query_range", query=query, start=begin, end=end, step=1)

    def rules(self):
        groups = self._ask("rules")["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def _ask(self, path, **parameters):
        url = f"{self._url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}"
        try:
            with urllib.request.urlopen(url, timeout=30) as response:
                data = json.load(response)["data"]
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{parameters}: {error.read().decode()}") from error
        return data.get("result", data)


def main(prometheus_url, exporter_url, control_url, join):
    prometheus, mock = Prometheus(prometheus_url), Mock(control_url)
    differences = exposition.Differences()
    first = scraped_page(prometheus, exporter_url)
    begin = time.time()
    for changes in CHANGES:
        mock.change(*changes)
        mock.advance_clock(ADVANCE_SECONDS)
        # Several scrapes, so that each place is seen.
        exposition.page_after_cycles(exporter_url, 4)
    last = scraped_page(prometheus, exporter_url)
    end = time.time()

    seconds = int(end - begin) + 60
    grown = 0
    for name in TOTALS:
        grown += compare_total(prometheus, name, totals(first, name), totals(last, name), seconds, differences)
    compare_places(prometheus, seconds, differences)
    compare_join(prometheus, join, begin, end, len(totals(first, exposition.TOTAL)), differences)
    for rule in prometheus.rules():
        differences.expect(rule["health"] != "err", f"{rule['name']}: {rule.get('lastError')}")
    differences.expect(prometheus.rules(), "no recording rule is loaded")
    differences.finish(
        f"{len(MOVED)} VMs moved twice and {len(RENAMED)} got another name: each of {len(totals(last, exposition.TOTAL))} "
        f"VMs kept one series per total, and all grew by the exporter's own {int(grown)} bytes"
    )


def totals(page, name):
    """{label pairs: value} of a total."""
    return {pairs: value for (sample, pairs), value in page.items() if sample == name}


def scraped_page(prometheus, exporter_url):
    """A page whose totals Prometheus has stored, all of them."""
    deadline = time.monotonic() + exposition.DEADLINE_SECONDS
    while True:
        page = exposition.settled_page(exporter_url)
        for _ in range(5):
            if all(stored(prometheus, name) == totals(page, name) for name in TOTALS):
                return page
            time.sleep(0.5)
        if time.monotonic() > deadline:
            raise SystemExit("Prometheus never has the totals of the exporter's page")


def stored(prometheus, name):
    return {pairs(result["metric"]): float(result["value"][1]) for result in prometheus.query(name)}


def pairs(metric):
    return frozenset((key, value) for key, value in metric.items() if key not in ("__name__", "job", "instance"))


def compare_total(prometheus, name, first, last, seconds, differences):
    """Returns by how much the total grew in Prometheus. What it has scraped must lead from one page to the other."""
    found = {}
    for result in prometheus.query(f"{name}[{seconds}s]"):
        found.setdefault(pairs(result["metric"]), []).append([float(value) for _, value in result["values"]])
    differences.expect(found.keys() == first.keys(), f"{name}: series {found.keys() ^ first.keys()}")
    differences.expect(last.keys() == first.keys(), f"{name}: on the page {last.keys() ^ first.keys()}")
    grown = 0
    for key, series in found.items():
        differences.expect(len(series) == 1, f"{name}{dict(key)} is {len(series)} series")
        values = series[0]
        if first.get(key) not in values:
            differences.add(f"{name}{dict(key)}: {first.get(key)} was not scraped")
            continue
        # What came before is older than the first page.
        values = values[values.index(first[key]) :]
        differences.expect(values == sorted(values), f"{name}{dict(key)} goes back: {values}")
        own = last[key] - first[key]
        differences.expect(
            values[-1] - values[0] == own, f"{name}{dict(key)} grew by {values[-1] - values[0]}, on the page by {own}"
        )
        grown += values[-1] - values[0]
    differences.expect(grown > 0, f"{name} did not grow, which proves nothing")
    return grown


def compare_places(prometheus, seconds, differences):
    """The gauges did see the moves and the names; otherwise nothing was tried."""
    for vm in MOVED:
        results = prometheus.query(f'{exposition.THROUGHPUT}{{vm_moref="{vm}"}}[{seconds}s]')
        hosts = {result["metric"]["host"] for result in results}
        differences.expect(len(hosts) >= 3, f"{vm} was only seen on {hosts}")
    for vm in RENAMED:
        results = prometheus.query(f'{exposition.INFO}{{vm_moref="{vm}"}}[{seconds}s]')
        names = {result["metric"]["vm_name"] for result in results}
        differences.expect(len(names) == 2, f"{vm} was only called {names}")


def compare_join(prometheus, join, begin, end, vms, differences):
    results = prometheus.query_range(f"count({join})", begin, end)
    counts = {int(value) for result in results for _, value in result["values"]}
    differences.expect(counts == {vms}, f"the join finds {counts} VMs, not {vms} at every moment")
    names = {result["metric"]["vm_moref"]: result["metric"]["vm_name"] for result in prometheus.query(join)}
    for vm in RENAMED:
        differences.expect(names[vm].startswith("new name"), f"the join calls {vm} {names[vm]}")


if __name__ == "__main__":
    main(*sys.argv[1:])
