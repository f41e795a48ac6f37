"""`python -m benchmarks.faults`: break things, and write what came of it into docs/operating.md and `benchmarks/faults.json`.

`--only WORDS` tries the faults or families whose name has these words and writes nothing; `--short` repeats less.
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

from benchmarks.faults import clients, clock, disk, load, own_data, processes, source
from benchmarks.faults.ground import Ground
from benchmarks.faults.result import FAULTS, HEAD, Fault, NotTried, Result, row
from settings import ROOT, utc_now

FAMILIES = (source, load, disk, processes, clients, clock, own_data)
BEGIN, END = "<!-- tried by `make faults`: begin -->", "<!-- tried by `make faults`: end -->"


def main(arguments: list[str]) -> int:
    """Try them; the exit code is 1 if a promise was not kept."""
    asked = parser().parse_args(arguments)
    # Whoever ends the run ends the servers with it.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    logging.disable(logging.CRITICAL)
    chosen = [one for one in FAULTS if not asked.only or any(word in (one.family, *_names(one)) for word in asked.only)]
    found: list[tuple[Fault, Result | str, float]] = []
    print(HEAD)
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="statroom-faults-") as name:
        ground = Ground(Path(name), asked.short)
        with ground.stack:
            for one in chosen:
                at = time.monotonic()
                found.append((one, tried(one, ground), time.monotonic() - at))
                print(row(one, found[-1][1]), flush=True)
    if not asked.only:
        write(found, time.monotonic() - begun)
    return int(any(isinstance(result, Result) and not result.held for _, result, _ in found))


def parser() -> argparse.ArgumentParser:
    """What may be said on the command line."""
    made = argparse.ArgumentParser(prog="python -m benchmarks.faults", description="Break things and see what becomes of Statroom.")
    made.add_argument("--only", action="append", metavar="NAME", help="a fault or a family; may be given again")
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
    """On what and when, as a sentence."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    load = " / ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{os.cpu_count()} cores, {memory:.0f} GB, Python {platform.python_version()}; {utc_now():%Y-%m-%d}; load average at the end {load}"
    )


def write(found: list[tuple[Fault, Result | str, float]], seconds: float) -> None:
    """Put the table into the document and the figures beside."""
    told = f"{machine()}; {seconds / 60:.0f} minutes."
    document = ROOT / "docs" / "operating.md"
    before, rest = document.read_text("utf-8").split(BEGIN)
    lines = [BEGIN, told, "", HEAD, *(row(one, result) for one, result, _ in found)]
    document.write_text(before + "\n".join(lines) + f"\n{END}" + rest.split(END)[1], "utf-8")
    rows = [
        {
            "name": one.name,
            "family": one.family,
            "seconds": round(took, 1),
            **({"not_tried": result} if isinstance(result, str) else vars(result)),
        }
        for one, result, took in found
    ]
    (ROOT / "benchmarks" / "faults.json").write_text(json.dumps({"machine": told, "faults": rows}, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
