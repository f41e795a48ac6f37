"""`python -m benchmarks.faults`: break things, and write what came of it into docs/operating.md and `benchmarks/faults.json`.

`--only NAME` tries one fault or family and writes nothing unless `--write` says so; `--short` repeats less.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import platform
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.faults import clients, clock, disk, load, own_data, processes, source
from benchmarks.faults.ground import Ground
from benchmarks.faults.result import FAULTS, HEAD, Fault, NotTried, Result, row
from settings import ROOT, utc_now

FAMILIES = (source, load, disk, processes, clients, clock, own_data)
ORDER = [family.__name__.rpartition(".")[2] for family in FAMILIES]
TRIED = sorted(FAULTS, key=lambda one: ORDER.index(one.family))
DOCUMENT, FIGURES = ROOT / "docs" / "operating.md", ROOT / "benchmarks" / "faults.json"
BEGIN, END = "<!-- tried by `make faults`: begin -->", "<!-- tried by `make faults`: end -->"


def main(arguments: list[str]) -> int:
    """Try them; the exit code is 1 if a promise was not kept."""
    asked = parser().parse_args(arguments)
    # Whoever ends the run ends the servers with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    logging.disable(logging.CRITICAL)
    chosen = [one for one in TRIED if not asked.only or any(word in (one.family, *_names(one)) for word in asked.only)]
    found: list[tuple[Fault, Result | str, float]] = []
    print(HEAD)
    with tempfile.TemporaryDirectory(prefix="statroom-faults-") as name:
        ground = Ground(Path(name), asked.short)
        with ground.stack:
            for one in chosen:
                at = time.monotonic()
                found.append((one, tried(one, ground), time.monotonic() - at))
                print(row(one, found[-1][1]), flush=True)
    if asked.write or not asked.only:
        write(found, asked.short)
    return int(any(isinstance(result, Result) and not result.held for _, result, _ in found))


def parser() -> argparse.ArgumentParser:
    """What may be said on the command line."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.faults", description="Break things and see what becomes of Statroom.")
    made.add_argument("--only", action="append", metavar="NAME", help="a fault or a family; may be given again")
    made.add_argument("--write", action="store_true", help="keep the figures also of a part")
    made.add_argument("--short", action="store_true", help="fewer repetitions")
    return made


def _names(one: Fault) -> tuple[str, str]:
    return one.name, one.run.__name__


def tried(one: Fault, ground: Ground) -> Result | str:
    """What came of a fault; a text where it was not tried."""
    try:
        return one.run(ground)
    except NotTried as error:
        return str(error)
    except Exception as error:
        return Result(1, 0, note=f"the trial itself ended: {type(error).__name__}: {' '.join(str(error).split())[:160]}")


def machine() -> str:
    """On what and when."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    busy = "" if os.getloadavg()[1] < 2 * (os.cpu_count() or 1) else ", busy with other work"
    return f"{os.cpu_count()} cores{busy}, {memory:.0f} GB, Python {platform.python_version()}; {utc_now():%Y-%m-%d}"


def write(found: list[tuple[Fault, Result | str, float]], short: bool) -> None:
    """Keep the figures of what was tried now beside those of before, and put the table of all into the document."""
    kept: dict[str, Any] = json.loads(FIGURES.read_text("utf-8")) if FIGURES.exists() else {}
    for one, result, took in found:
        figures = {"not_tried": result} if isinstance(result, str) else vars(result)
        kept[one.name] = {
            "family": one.family, "machine": machine(), "seconds": round(took, 1), "short": short, **figures, "row": row(one, result),
        }  # fmt: skip
    kept = {one.name: kept[one.name] for one in TRIED if one.name in kept}
    FIGURES.write_text(json.dumps(kept, indent=1) + "\n", "utf-8")
    machines = sorted({f"{one['machine']}{', fewer repetitions' if one['short'] else ''}" for one in kept.values()})
    lines = [BEGIN, *(f"- {one}" for one in machines), "", HEAD, *(one["row"] for one in kept.values())]
    before, rest = DOCUMENT.read_text("utf-8").split(BEGIN)
    DOCUMENT.write_text(before + "\n".join(lines) + f"\n{END}" + rest.split(END)[1], "utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
