"""How often the verdict on a commitment is wrong when nothing changed, and how soon it is right when something did: found by simulation.

`python -m metrics.commitment_alarms` writes the table of `docs/commitments.md`.
"""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

from metrics import signals, xmr
from metrics.commitment_effect import verdict_of
from metrics.false_alarms import CHANGES, KINDS, MARKS, SERIES, drawn

AFTER = (6, 12, 26)
"""Weeks after the promise at which the verdict is asked for."""
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "commitments.md"


@cache
def shares(kind: str, after: int, change: float = 0.0) -> dict[str, float]:
    """Of 100 series that change by `change` on the day of the promise (see `false_alarms.drawn`) how many get which verdict `after` weeks later.

    Hoped for is the way of the change; where nothing changes, higher.
    """
    of = drawn(kind, change, xmr.BASELINE_POINTS)
    values = of.value[:, signals.YEAR : signals.YEAR + xmr.BASELINE_POINTS + after]
    expected = "lower" if change < 0 else "higher"
    found = Counter(
        verdict_of(row[: xmr.BASELINE_POINTS].tolist(), row[xmr.BASELINE_POINTS :].tolist(), expected).verdict for row in values
    )
    return {verdict: round(100 * count / SERIES, 1) for verdict, count in found.items()}


def no_change_row(kind: str) -> str:
    """What becomes of series in which nothing happens."""
    cells = [f"{shares(kind, after).get(verdict, 0.0)}" for after in AFTER for verdict in ("as_hoped", "worse")]
    return f"| {KINDS[kind]} | {' | '.join(cells)} |"


def table() -> str:
    """The simulated shares as tables in Markdown."""
    heads = [f"{verdict}, {after} weeks" for after in AFTER for verdict in ("as hoped", "worse")]
    lines = [
        f"| Of 100 figures in which nothing changed | {' | '.join(heads)} |",
        f"| --- |{' ---: |' * len(heads)}",
        *map(no_change_row, KINDS),
    ]
    lines += ["", f"| Of 100 that changed as hoped, told “as hoped” | {' | '.join(f'after {after} weeks' for after in AFTER)} |", f"| --- |{' ---: |' * len(AFTER)}"]  # fmt: skip
    for kind, change, what in CHANGES:
        cells = [f"{shares(kind, after, change).get('as_hoped', 0.0):.0f}" for after in AFTER]
        lines.append(f"| {KINDS[kind]}: {what} | {' | '.join(cells)} |")
    return "\n".join(lines)


def write() -> None:
    """Simulate anew and keep the table in the document."""
    head, _, rest = DOCUMENT.read_text("utf-8").partition(MARKS[0])
    DOCUMENT.write_text(f"{head}{MARKS[0]}\n\n{table()}\n\n{MARKS[1]}{rest.partition(MARKS[1])[2]}", "utf-8")


if __name__ == "__main__":
    write()
