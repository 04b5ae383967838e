"""The parsers of prometheus_client read both formats, and read the same from both.

usage: check_parsers.py EXPORTER_URL TRUTH_URL

TRUTH_URL is the mock vCenter's own list of its VMs. The names must come back from the parsers unchanged,
those with a quote, a backslash and a newline included.
"""

import json
import sys
import urllib.request

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
    differences.finish(f"{len(vm_samples[exposition.TEXT])} VM samples, equal in both formats")


if __name__ == "__main__":
    main(*sys.argv[1:])
