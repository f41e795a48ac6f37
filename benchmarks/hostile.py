"""`python -m benchmarks.hostile [MOST]`: every hostile request as everybody, and every question of every pair of towns; minutes to an hour.

Prints how many requests were tried, and what was wrong with their answers. `MOST` tries no more than so many as each role.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from settings import ROOT
from tests.support import interference


def main(most: str) -> int:
    """Both audiences; the exit code is 1 if anything was wrong."""
    failed = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        interference.make_pairs(folder)
        for audience in ("public", "staff"):
            command = [sys.executable, "-m", "tests.support.replay", str(folder), audience, most, most]
            told = json.loads(subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout)
            pairs = told["pairs"]
            wrong = {kind: len(told[kind]) for kind in ("wrong", "leaks", "unlike")}
            print(f"{audience}: {sum(told['tried'].values()):,} requests as {len(told['tried'])} roles; {wrong}")
            for role, found in pairs.items():
                print(f"{role}: {found['pairs']} pairs of towns, {found['requests']:,} answers compared, {len(found['differ'])} differ")
            problems = [*told["wrong"], *told["leaks"], *told["unlike"], *(one for found in pairs.values() for one in found["differ"])]
            for problem in problems[:40]:
                print("  ", problem)
            failed = failed or bool(problems)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main((sys.argv[1:] or ["0"])[0]))
