"""`python -m benchmarks.mutants [WORD]`: weakens every guard (whose name has WORD) in a copy and tells which tests noticed; some minutes."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.support.mutants import MUTANTS, copy_to, is_noticed


def main(word: str) -> int:
    """The exit code is 1 if a weak guard went unnoticed."""
    chosen = [mutant for mutant in MUTANTS if word in mutant.guard]
    with tempfile.TemporaryDirectory() as name:
        copy_to(Path(name))
        unnoticed = []
        for mutant in chosen:
            noticed = is_noticed(mutant, Path(name))
            print(f"{'noticed  ' if noticed else 'UNNOTICED'} {mutant.guard}", flush=True)
            unnoticed += [] if noticed else [mutant.guard]
    print(f"{len(chosen) - len(unnoticed)} of {len(chosen)} weakened guards were noticed")
    return int(bool(unnoticed))


if __name__ == "__main__":
    sys.exit(main((sys.argv[1:] or [""])[0]))
