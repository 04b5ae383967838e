"""A Prometheus that scrapes the exporter returns every series from its query API.

usage: check_prometheus.py PROMETHEUS_URL EXPORTER_URL

The first scrape takes a moment, so the question is repeated until nothing is missing or a minute has
passed.
"""

import json
import sys
import time
import urllib.parse
import urllib.request

import exposition

DEADLINE_SECONDS = 60
# Prometheus puts these on every series of a target.
TARGET_LABELS = {"job", "instance"}


def main(prometheus_url, exporter_url):
    published = exposition.samples(exporter_url, exposition.OPENMETRICS)
    expected = {_key(name, dict(pairs)): value for (name, pairs), value in published.items()}
    deadline = time.monotonic() + DEADLINE_SECONDS
    while True:
        stored = _stored(prometheus_url)
        missing = expected.keys() - stored.keys()
        if not missing or time.monotonic() > deadline:
            break
        time.sleep(0.5)

    differences = exposition.Differences()
    for name, labels in sorted(missing, key=str):
        differences.add(f"not in Prometheus: {name}{dict(labels)}")
    for key in expected.keys() & stored.keys():
        if key[0] in exposition.VM_FAMILIES and stored[key] != expected[key]:
            differences.add(f"{key}: {expected[key]} published, {stored[key]} stored")
    differences.finish(f"{len(expected)} series scraped and returned")


def _stored(prometheus_url):
    query = urllib.parse.urlencode({"query": '{job="zroc-exporter"}'})
    with urllib.request.urlopen(f"{prometheus_url}/api/v1/query?{query}", timeout=30) as response:
        results = json.load(response)["data"]["result"]
    stored = {}
    for result in results:
        labels = {key: value for key, value in result["metric"].items() if key not in TARGET_LABELS}
        stored[_key(labels.pop("__name__"), labels)] = float(result["value"][1])
    return stored


def _key(name, labels):
    # To Prometheus a label whose value is empty and a label that is not there are the same.
    return (name, frozenset((key, value) for key, value in labels.items() if value))


if __name__ == "__main__":
    main(*sys.argv[1:])
