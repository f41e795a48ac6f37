"""`make audit`: asks the public list of known faults about every installed package, where a network exists; writes `var/sbom.json`.

Exits with 1 if there is a known fault, with 0 if there is none or nobody could be asked, and says which.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys

from settings import ROOT
from tests.support import bill

ASKED = ("pypi.org", 443)
SECONDS = 5


def main() -> int:
    """Say what is here, and ask about it if anybody answers."""
    bill.write()
    try:
        socket.create_connection(ASKED, timeout=SECONDS).close()
    except OSError as error:
        print(f"Nothing was audited: {ASKED[0]} cannot be reached ({error}). Run it again where a network exists.")
        return 0
    command = [sys.executable, "-m", "pip_audit", "--local", "--progress-spinner", "off", "--format"]
    asked = subprocess.run([*command, "json"], cwd=ROOT, capture_output=True, text=True)
    if not asked.stdout.startswith("{"):
        print(f"Nothing was audited: {(asked.stderr.strip() or 'no answer').splitlines()[-1]}")
        return 0
    told, faults = verdict(json.loads(asked.stdout))
    print(told)
    return int(faults > 0)


def verdict(answer: dict) -> tuple[str, int]:
    """What pip-audit's answer means, in words, and how many faults are known."""
    known = [one for one in answer["dependencies"] if "skip_reason" not in one]
    skipped = len(answer["dependencies"]) - len(known)
    found = [(one["name"], one["version"], fault) for one in known for fault in one["vulns"]]
    lines = [
        f"{name} {version}: {fault['id']}, mended in {', '.join(fault['fix_versions']) or 'no version yet'}"
        for name, version, fault in found
    ]
    if not known:
        return f"Nothing was audited: the package index that was asked knows of no faults ({skipped} packages).", 0
    return "\n".join([*lines, f"{len(known)} packages audited, {len(found)} known faults; {skipped} packages could not be audited."]), len(
        found
    )


if __name__ == "__main__":
    sys.exit(main())
