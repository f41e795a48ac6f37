"""`make sbom`: what Statroom is made of, from what is installed here and without a network.

Writes `var/sbom.json` (CycloneDX 1.6), for who compares it with a list of known faults, and the list in docs/licences.md.
"""

from __future__ import annotations

import json
import re
import sys
import uuid
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from settings import ROOT

LOCK, DOCUMENT, BILL = ROOT / "requirements.lock", ROOT / "docs" / "licences.md", ROOT / "var" / "sbom.json"
BEGIN, END = "<!-- written by `make sbom`: begin -->", "<!-- written by `make sbom`: end -->"
IN_WORDS = {
    "MIT": "MIT", "MIT License": "MIT", "Apache 2": "Apache-2.0", "Apache-2.0": "Apache-2.0", "Apache License": "Apache-2.0",
    "Apache Software License": "Apache-2.0", "BSD": "BSD", "BSD License": "BSD", "BSD-3-Clause": "BSD-3-Clause",
    "BSD 3-Clause License": "BSD-3-Clause", "MPL-2.0": "MPL-2.0", "SIL OFL 1.1": "OFL-1.1",
}  # fmt: skip
"""What packages without an SPDX expression write instead; `BSD` where they do not say which."""
ALLOWED = {
    "0BSD", "Apache-2.0", "BSD", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "LGPL-3.0-only", "MIT", "MIT-0", "MIT-CMU", "MPL-2.0", "OFL-1.1",
    "PSF-2.0", "Zlib",
}  # fmt: skip
"""A city may use, change and pass on what is under these, also in a service; of LGPL and MPL changed files stay open."""


def main() -> int:
    """Write both."""
    write()
    before, rest = DOCUMENT.read_text("utf-8").split(BEGIN)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{table()}{END}{rest.split(END)[1]}", "utf-8")
    print(
        f"{BILL.relative_to(ROOT)}: {len(names())} packages. It says what is here, not whether a fault of it is known: `make audit` asks that."
    )
    return 0


def write() -> None:
    """Write the bill alone."""
    BILL.parent.mkdir(exist_ok=True)
    BILL.write_text(json.dumps(bill(), indent=1) + "\n", "utf-8")


def names() -> list[str]:
    """Every package that serving needs, as requirements.lock has them."""
    return sorted({canonicalize_name(name) for name in re.findall(r"^([a-z0-9][a-z0-9._-]*)", LOCK.read_text("utf-8"), re.M)})


def licence(name: str) -> str | None:
    """The licence of an installed package: an SPDX expression, or `BSD`; None if it is not installed here.

    Raises:
        KeyError: what it says has no entry in `IN_WORDS`.
    """
    found = _installed(name)
    if found is None:
        return None
    said = found.metadata
    if expression := said.get("License-Expression"):
        return expression
    line = (said.get("License") or "").partition("\n")[0].strip()
    if line in IN_WORDS:
        return IN_WORDS[line]
    kinds = [text.rpartition("::")[2].strip() for text in said.get_all("Classifier") or [] if text.startswith("License ::")]
    if not kinds:
        raise KeyError(f"{name} says nothing of its licence that is known")
    return " OR ".join(IN_WORDS[kind] for kind in kinds)


def parts_of(expression: str) -> set[str]:
    """The licences an expression names."""
    return set(re.findall(r"[\w.-]+", expression)) - {"AND", "OR", "WITH"}


def table() -> str:
    """The list of docs/licences.md."""
    rows = "".join(f"| {name} | {licence(name) or 'not installed where this was written'} |\n" for name in names())
    return f"| Package | Licence |\n|---|---|\n{rows}"


def bill() -> dict[str, Any]:
    """The CycloneDX document: the same for the same packages, so that two can be compared."""
    here = {name: found for name in names() if (found := _installed(name)) is not None}
    components = [_component(name, found) for name, found in here.items()]
    top = {"type": "application", "name": "statroom", "bom-ref": "statroom", "licenses": [{"license": {"id": "MIT"}}]}
    return {
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, json.dumps(components))}",
        "metadata": {"component": top},
        "components": components,
        "dependencies": [
            {"ref": "statroom", "dependsOn": [_purl(name, found) for name, found in here.items()]},
            *({"ref": _purl(name, found), "dependsOn": _needs(found, here)} for name, found in here.items()),
        ],
    }  # fmt: skip


def _component(name: str, found: Distribution) -> dict[str, Any]:
    said = licence(name) or ""
    told = {"license": {"name": said}} if said == "BSD" else {"license": {"id": said}} if " " not in said else {"expression": said}
    reference = _purl(name, found)
    return {"type": "library", "name": name, "version": found.version, "bom-ref": reference, "purl": reference, "licenses": [told]}


def _needs(found: Distribution, here: dict[str, Distribution]) -> list[str]:
    wanted = [Requirement(line) for line in found.requires or []]
    needed = {canonicalize_name(one.name) for one in wanted if one.marker is None or one.marker.evaluate({"extra": ""})}
    return [_purl(name, here[name]) for name in sorted(needed & set(here))]


def _purl(name: str, found: Distribution) -> str:
    return f"pkg:pypi/{name}@{found.version}"


def _installed(name: str) -> Distribution | None:
    try:
        return distribution(name)
    except PackageNotFoundError:
        return None


if __name__ == "__main__":
    sys.exit(main())
