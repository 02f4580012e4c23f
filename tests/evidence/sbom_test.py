#!/usr/bin/env python3
"""Checks the bill of materials: the fields that SPDX 2.3 wants, and that it lists what docs/dependencies.md lists.

usage: sbom_test.py <anochat.spdx.json> <docs/dependencies.md>
"""
import copy
import json
import pathlib
import re
import sys

DOCUMENT = {"spdxVersion": r"SPDX-2\.3", "dataLicense": r"CC0-1\.0", "SPDXID": r"SPDXRef-DOCUMENT", "name": r".+",
            "documentNamespace": r"https://[^#\s]+"}
PACKAGE = {"SPDXID": r"SPDXRef-[A-Za-z0-9.-]+", "name": r".+", "downloadLocation": r"NOASSERTION|https://\S+",
           "versionInfo": r"\d+(\.\d+)+\S*|NOASSERTION", "licenseConcluded": r"[A-Za-z0-9.-]+",
           "licenseDeclared": r"[A-Za-z0-9.-]+", "copyrightText": r".+"}
# How docs/dependencies.md writes what SPDX has an identifier for.
LICENCES = {"public domain": "blessing"}


def fields(what: str, values: dict, wanted: dict[str, str]) -> list[str]:
    return [f"{what}: {name} is {values.get(name)!r}" for name, pattern in wanted.items()
            if not isinstance(values.get(name), str) or not re.fullmatch(pattern, values[name])]


def documented(path: pathlib.Path) -> dict[str, str]:
    """{package: licence} of the table "To link"."""
    table = path.read_text().split("## To link", 1)[1].split("\n## ", 1)[0]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines() if line.startswith("|")]
    return {re.sub(r" \(.*", "", row[0]).lower(): LICENCES.get(row[2], row[2]) for row in rows[2:]}


def problems(sbom: dict, documentation: dict[str, str]) -> list[str]:
    found = fields("document", sbom, DOCUMENT)
    created = sbom.get("creationInfo", {})
    found += fields("creationInfo", created, {"created": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"})
    if not created.get("creators"):
        found.append("creationInfo: no creators")
    packages = {package.get("SPDXID"): package for package in sbom.get("packages", [])}
    if len(packages) != len(sbom.get("packages", [])):
        found.append("two packages share an id")
    for package in packages.values():
        found += fields(package.get("name", "a package"), package, PACKAGE)
        for checksum in package.get("checksums", []):
            if checksum.get("algorithm") != "SHA256" or not re.fullmatch(r"[0-9a-f]{64}", checksum.get("checksumValue", "")):
                found.append(f"{package.get('name')}: a broken checksum")
        name = package.get("name", "").lower()
        if name != "anochat" and documentation.get(name) != package.get("licenseDeclared"):
            found.append(f"{name}: docs/dependencies.md says {documentation.get(name)}, the bill {package.get('licenseDeclared')}")
    related = set()
    for relation in sbom.get("relationships", []):
        ends = {relation.get("spdxElementId"), relation.get("relatedSpdxElement")}
        if not ends <= packages.keys() | {"SPDXRef-DOCUMENT"}:
            found.append(f"a relationship of something unknown: {ends}")
        related |= ends
    found += [f"{name} has no relationship" for name in packages.keys() - related]
    return found


def main() -> int:
    sbom, documentation = json.loads(pathlib.Path(sys.argv[1]).read_text()), documented(pathlib.Path(sys.argv[2]))
    found = problems(sbom, documentation)
    for problem in found:
        print(problem)
    # A check that finds nothing in a broken bill would be none.
    for spoil in (lambda s: s.pop("documentNamespace"), lambda s: s["packages"][1].pop("licenseDeclared"),
                  lambda s: s["packages"][1].update(licenseDeclared="GPL-3.0-only"), lambda s: s["relationships"].pop(),
                  lambda s: s["packages"].append(s["packages"][0])):
        broken = copy.deepcopy(sbom)
        spoil(broken)
        assert problems(broken, documentation), "a planted fault was not found"
    print(f"{len(sbom['packages']) - 1} packages")
    return 1 if found or len(sbom["packages"]) < 2 else 0


if __name__ == "__main__":
    sys.exit(main())
