"""CycloneDX's library accepts the exporter's bill of materials, which is complete and consistent.

usage: check_sbom.py FILE
"""

import json
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL


def main(path):
    with open(path, encoding="utf-8") as file:
        text = file.read()
    invalid = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if invalid is not None:
        raise SystemExit(f"not a CycloneDX 1.6 document: {invalid}")

    bom = json.loads(text)
    components = [bom["metadata"]["component"], *bom["components"]]
    references = {component["bom-ref"] for component in components}
    mentioned = {entry["ref"] for entry in bom["dependencies"]}
    mentioned |= {reference for entry in bom["dependencies"] for reference in entry["dependsOn"]}
    if references != mentioned:
        raise SystemExit(f"dependencies and components differ by {references ^ mentioned}")

    for component in components:
        if "purl" in component:
            purl = PackageURL.from_string(component["purl"])
            if (purl.type, purl.name, purl.version) != ("cargo", component["name"], component["version"]):
                raise SystemExit(f"{component['bom-ref']} has the package URL of something else: {purl}")
            if not component.get("hashes"):
                raise SystemExit(f"{component['bom-ref']} comes from a registry and has no checksum")
    print(f"{len(components)} components")


main(*sys.argv[1:])
