"""The parsers of prometheus_client read both formats, and read the same from both; zlib reads what is compressed.

usage: check_parsers.py EXPORTER_URL TRUTH_URL

TRUTH_URL is the mock vCenter's own list of its VMs. The names must come back from the parsers unchanged,
those with a quote, a backslash and a newline included.

A compressed page is put together from pieces that were compressed apart. The pieces have to make one
gzip member, with a right length and check sum at its end.
"""

import json
import sys
import urllib.request
import zlib

import exposition


def main(exporter_url, truth_url):
    with urllib.request.urlopen(truth_url, timeout=30) as response:
        names = {vm["moref"]: vm["name"] for vm in json.load(response) if vm["powered_on"]}

    differences = exposition.Differences()
    for character in '"\\\n':
        if not any(character in name for name in names.values()):
            differences.add(f"no powered-on VM has {character!r} in its name, which proves nothing")

    vm_samples = {}
    for content_type in exposition.PARSERS:
        everything = exposition.samples(exporter_url, content_type)
        found = {key: value for key, value in everything.items() if key[0] in exposition.VM_FAMILIES}
        absent = exposition.VM_FAMILIES - {name for name, _ in found}
        differences.expect(not absent, f"{content_type}: no series of {sorted(absent)}")
        _check_compressed(exporter_url, content_type, differences)
        vm_samples[content_type] = found
        published = exposition.by_vm(found, exposition.PROVISIONED).keys()
        for labels in published:
            name = names.get(labels.vm_moref)
            if labels.vm_name != name:
                differences.add(f"{content_type}: {labels}, but the VM is called {name!r}")
        for character in '"\\\n':
            if not any(character in labels.vm_name for labels in published):
                differences.add(f"{content_type}: no name with {character!r} arrived")
    if vm_samples[exposition.TEXT] != vm_samples[exposition.OPENMETRICS]:
        differences.add("the two formats do not hold the same VM samples")
    differences.finish(f"{len(vm_samples[exposition.TEXT])} VM samples, equal in both formats and to Python's zlib")


def _check_compressed(exporter_url, content_type, differences):
    plain = exposition.fetch(exporter_url, content_type)
    compressed = exposition.fetch(exporter_url, content_type, "gzip")
    # 16 + 15: a gzip member and nothing else. The check sum is looked at when its end is reached.
    inflater = zlib.decompressobj(wbits=31)
    inflated = inflater.decompress(compressed)
    differences.expect(inflater.eof, f"{content_type}: the gzip member has no end")
    rest = len(inflater.unused_data)
    differences.expect(not rest, f"{content_type}: {rest} bytes behind the gzip member")
    differences.expect(inflated == plain, f"{content_type}: compressed and plain page differ")


if __name__ == "__main__":
    main(*sys.argv[1:])
