"""How often the signal list is wrong when nothing changed, and how soon it is right when something did: found by simulation.

`python -m metrics.false_alarms` writes the table of `docs/signals.md`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from functools import cache
from pathlib import Path

import numpy as np
import orjson
import pandas as pd

from metrics import signals
from metrics.weekly import COLUMNS, Weekly

SERIES, WEEKS, CHANGED, SEED = 1_000, 52, 30, 20_260
COUNT, OVERDISPERSION, SHARE, SHARE_OF = 60.0, 0.15, 0.8, 60
"""Cases a week; their standard deviation beyond Poisson's, of the mean; the share and how many cases it is of."""
KINDS = {
    "poisson": "Counts, Poisson, 60 cases a week", "overdispersed": "Counts, more scattered (15 % beyond Poisson)", "share": "Shares, 80 % of 60 cases a week",
}  # fmt: skip
CHANGES = (
    ("poisson", 0.25, "a quarter more"), ("poisson", 0.5, "half more"), ("overdispersed", 0.25, "a quarter more"), ("overdispersed", 0.5, "half more"),
    ("share", -0.1, "10 points less"), ("share", -0.2, "20 points less"),
)  # fmt: skip
MARKS = ("<!-- simulated: begin -->", "<!-- simulated: end -->")
KEPT = Path(__file__).with_suffix(".json")
DOCUMENT = Path(__file__).resolve().parent.parent / "docs" / "signals.md"


@dataclass(frozen=True)
class Rates:
    """Of 100 series in one week in which nothing changed."""

    broken: float
    """Series that break a rule."""
    listed: float
    """Series with a clear signal, which the list would show."""


def drawn(kind: str, change: float = 0.0, since: int = WEEKS) -> Weekly:
    """Series in which nothing happens but, from week `since` on, a change: of counts by that part of the mean, of shares by so much."""
    rng = np.random.default_rng([SEED, list(KINDS).index(kind)])
    changed = np.where(np.arange(WEEKS) >= since, change, 0.0)
    if kind == "share":
        n = rng.poisson(SHARE_OF, (SERIES, WEEKS)).astype("float64")
        hits = rng.binomial(n.astype(int), np.clip(SHARE + changed, 0, 1)).astype("float64")
    else:
        spread = rng.gamma(1 / OVERDISPERSION**2, OVERDISPERSION**2, (SERIES, WEEKS)) if kind == "overdispersed" else 1.0
        hits = n = rng.poisson(COUNT * (1 + changed) * spread, (SERIES, WEEKS)).astype("float64")
    metric = "ontime_due" if kind == "share" else "opened"
    rows = pd.DataFrame([(metric, "request_type", str(number), str(number)) for number in range(SERIES)], columns=list(COLUMNS))
    # Of the year before nothing is known, so that no series is compared with it.
    before = np.zeros((SERIES, signals.YEAR))
    weeks = tuple(date(2024, 1, 1) + timedelta(weeks=week) for week in range(signals.YEAR + WEEKS))
    known = np.hstack([before, np.ones_like(n)]).astype(bool)
    return Weekly(rows, weeks, np.hstack([before, hits]), np.hstack([before, n]), known, {}, {})


def monday(of: Weekly, weeks: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What is known of every series when `weeks` weeks are over: whether its last week breaks a rule, is listed, and on which side."""
    later = WEEKS - weeks
    cut = replace(
        of,
        weeks=of.weeks[: len(of.weeks) - later],
        **{name: getattr(of, name)[:, : of.n.shape[1] - later] for name in ("hits", "n", "known")},
    )
    board = signals.judge(cut, weeks)
    found = signals.episodes(board)
    found = found[found["clear"] & (found["end"] == weeks - 1)]
    listed, side = np.zeros(len(of.rows), dtype=bool), np.zeros(len(of.rows))
    listed[found["series"].astype(int)], side[found["series"].astype(int)] = True, found["sign"]
    return board.result.broken[:, :, -1].any(axis=0), listed, side


def simulated(kind: str) -> Rates:
    """False alarms of `kind` per 100 series-weeks, on every fourth Monday after the baseline."""
    of = drawn(kind)
    seen = [monday(of, weeks)[:2] for weeks in range(signals.xmr.BASELINE_POINTS + 1, WEEKS + 1, 4)]
    broken, listed = (100 * float(np.mean(part)) for part in zip(*seen, strict=True))
    return Rates(round(broken, 1), round(listed, 1))


def weeks_to_find(kind: str, change: float) -> tuple[float, float]:
    """(share of series, median weeks) in which a change from week `CHANGED` on is listed, on its side, by the last week."""
    of = drawn(kind, change, CHANGED)
    waits = np.full(len(of.rows), np.inf)
    for weeks in range(WEEKS, CHANGED, -1):
        _, listed, side = monday(of, weeks)
        waits[listed & (side == np.sign(change))] = weeks - CHANGED
    return float(np.isfinite(waits).mean()), float(np.median(waits[np.isfinite(waits)]))


@cache
def rates(kind: str = "overdispersed") -> Rates:
    """The simulated rates, as kept beside this file."""
    return Rates(**orjson.loads(KEPT.read_bytes())[kind])


def table() -> str:
    """The simulated rates as a table in Markdown."""
    lines = [
        "| Series in which nothing changed | break a rule, of 100 in a week | are listed, of 100 in a week |", "| --- | ---: | ---: |",
        *[f"| {label} | {rates(kind).broken} | {rates(kind).listed} |" for kind, label in KINDS.items()], "",
        f"| A change in week {CHANGED + 1} | listed within {WEEKS - CHANGED} weeks | half of them by week |", "| --- | ---: | ---: |",
    ]  # fmt: skip
    for kind, change, what in CHANGES:
        part, weeks = weeks_to_find(kind, change)
        lines.append(f"| {KINDS[kind]}: {what} | {100 * part:.0f} % | {weeks:.0f} |")
    return "\n".join(lines)


def write() -> None:
    """Simulate anew; keep the rates beside this file and the table in the document."""
    KEPT.write_bytes(orjson.dumps({kind: asdict(simulated(kind)) for kind in KINDS}, option=orjson.OPT_INDENT_2) + b"\n")
    rates.cache_clear()
    head, _, rest = DOCUMENT.read_text("utf-8").partition(MARKS[0])
    DOCUMENT.write_text(f"{head}{MARKS[0]}\n\n{table()}\n\n{MARKS[1]}{rest.partition(MARKS[1])[2]}", "utf-8")


if __name__ == "__main__":
    write()
