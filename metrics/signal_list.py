"""The Monday list: signals gathered into lines, each told once, by how many cases it stands for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from data_access.cache import cached
from metrics import signals, xmr
from metrics.definitions import REGISTRY
from metrics.measure import measure
from metrics.ranking import LEAST_N
from metrics.select import Asked
from metrics.signals import Board, Rebased
from metrics.weekly import METRICS, WHOLE, layers

HALF = 0.5
"""Of the cases of a larger group's signal: one part that has so many explains it."""
STEPS = ("parent", "work", "place", "subject")
"""Within the next larger group; work and places within all; of what goes on now, over the figures of one group."""
WORK = ("department", "request_type")
SILENT_DAY = "silent_day"
"""Beside the four rules of `metrics.xmr`: a day on which nothing was recorded."""


@dataclass(frozen=True)
class SignalList:
    """What to talk about, and how much was looked at."""

    lines: pd.DataFrame
    """One for each thing that changed, most cases first: see `signal_list`."""
    series: int
    """Series judged."""
    with_signal: int
    """Those among them with a signal that is listed or folded into a line."""
    faint: int
    """Those with a broken rule that is no more than so many series show by chance."""
    few_cases: int
    few_weeks: int
    """Series not judged: too few cases a week, too few weeks."""
    seasonal: int
    """Series judged by their difference to the year before."""

    @property
    def quiet(self) -> int:
        return self.series - self.with_signal - self.faint


def signal_list(
    asked: Asked, rebased: Rebased | None = None, *, going_on: bool = True, metric: str = "", dimension: str = ""
) -> SignalList:
    """Signals of all headline figures by department, request type and area.

    Args:
        going_on: those of the last complete week; otherwise all of the judged weeks.
        metric, dimension: only these; empty for all.

    `lines` has `metric`, `dimension`, `key`, `label`, `since` and `until` (first days of its first and last week), `weeks`,
    `sign`, `verdict` (better, worse or neither), `rules` (names), `cases` (more or fewer than expected, altogether),
    `value` and `n` of its last week and what was `expected` of it, `seasonal` and `change` (how it was judged), `owner`
    (label of the department to ask) and `also` (metric, dimension, key and label of the signals it explains).
    """
    start, _ = asked.last_week()
    keys = [] if rebased is None else [rebased.version]
    parameters = [start.isoformat(), asked.question.parameters(), going_on, metric, dimension, *keys]
    kept = cached("signals", asked.mart.edition, asked.scope, parameters, lambda: _found(asked, rebased, going_on, metric, dimension))
    days = {name: [date.fromisoformat(day) for day in kept["lines"][name]] for name in ("since", "until")}
    return SignalList(pd.DataFrame({**kept["lines"], **days}, columns=list(COLUMNS)), **kept["counts"])


def _found(asked: Asked, rebased: Rebased | None, going_on: bool, metric: str, dimension: str) -> dict[str, Any]:
    """The list as JSON values."""
    of = signals.board(asked, rebased)
    chosen = np.ones(len(of.rows), dtype=bool)
    for name, wanted in (("metric", metric), ("dimension", dimension)):
        if wanted:
            chosen &= (of.rows[name] == wanted).to_numpy("bool")
    found = signals.episodes(of)
    found = found[chosen[found["series"].astype(int)] & ((found["end"] == len(of.weeks) - 1) | (not going_on))]
    clear = found["clear"].to_numpy("bool")
    loud = set(found["series"][clear])
    judged, short = chosen & of.enough, chosen & (of.result.points < xmr.LEAST_POINTS)
    rows = _folded(of, [_told(of, episode) for episode in found[clear].to_dict("records")], going_on)
    if metric in ("", "opened") and dimension in ("", WHOLE):
        rows += _silent(asked, of, going_on)
    _owners(asked, of, rows)
    rows.sort(key=lambda row: (-row["cases"], row["metric"], row["label"], row["since"]))
    counts = {
        "series": int(judged.sum()), "with_signal": len(loud), "faint": len(set(found["series"][~clear]) - loud), "few_weeks": int(short.sum()),
        "few_cases": int((chosen & ~of.enough & ~short).sum()), "seasonal": int((judged & of.is_seasonal).sum()),
    }  # fmt: skip
    return {"lines": {name: [row[name] for row in rows] for name in COLUMNS}, "counts": counts}


COLUMNS = (
    "metric", "dimension", "key", "label", "since", "until", "weeks", "sign", "verdict", "rules", "cases", "value", "n", "expected",
    "seasonal", "change", "owner", "also",
)  # fmt: skip


def _told(of: Board, episode: dict) -> dict:
    at, end = episode["series"], episode["end"]
    metric, dimension, key, label = of.rows.iloc[at]
    good = {"higher": 1, "lower": -1}.get(REGISTRY[metric].direction, 0) * episode["sign"]
    value = float(of.value[at, end])
    return {
        "metric": metric, "dimension": dimension, "key": key, "label": label, "since": of.weeks[episode["start"]].isoformat(), "until": of.weeks[end].isoformat(),
        "weeks": episode["weeks"], "sign": episode["sign"], "verdict": {1: "better", -1: "worse"}.get(good, "neither"), "rules": list(episode["rules"]),
        "cases": episode["cases"], "value": value, "n": float(of.weekly.n[at, end - len(of.weeks)]),
        "expected": value - float(of.deviation[at, end]), "seasonal": bool(of.is_seasonal[at]),
        "change": bool(of.is_change[at]), "owner": of.weekly.owners.get(key, "") if dimension == "request_type" else label if dimension == "department" else "",
        "also": [],
    }  # fmt: skip


def _folded(of: Board, rows: list[dict], going_on: bool) -> list[dict]:
    """The rows that stand for themselves, with those they explain in `also`."""
    above: dict[int, int] = {}

    def together(one: dict, other: dict) -> bool:
        """In the same weeks."""
        return one["since"] <= other["until"] and other["since"] <= one["until"]

    def weight(one: dict) -> tuple[float, int]:
        """By cases; of equally many what came in before what that did to the backlog."""
        return one["cases"], -METRICS.index(one["metric"])

    def alike(one: dict, other: dict) -> bool:
        """The same figure, the same way, in the same weeks."""
        return one["metric"] == other["metric"] and one["sign"] == other["sign"] and together(one, other)

    def fold(part: int, whole: int) -> None:
        """Put the whole under the part that explains it, else the part under the whole it moves with."""
        explains = rows[part]["cases"] >= HALF * rows[whole]["cases"]
        above[whole if explains else part] = part if explains else whole

    order = sorted(range(len(rows)), key=lambda at: -rows[at]["cases"])
    for step in STEPS if going_on else STEPS[:-1]:
        for part, whole in product(order, order):
            one, other = rows[part], rows[whole]
            mine, its = (one["dimension"], one["key"]), (other["dimension"], other["key"])
            if part == whole or part in above or (whole in above and step != "place"):
                continue
            is_part = (step == "parent" and of.weekly.parents.get(mine) == its) or (step == "work" and its[0] == WHOLE and mine[0] in WORK)
            if is_part and alike(one, other):
                fold(part, whole)
            elif step == "place" and its[0] == WHOLE and mine[0] not in (WHOLE, *WORK) and alike(one, other):
                # Every case has a place and a type: what the work explains, the place does not.
                above[part] = whole
            elif step == "subject" and mine == its and weight(one) < weight(other) and together(one, other):
                above[part] = whole
    for part in above:
        lead = part
        while lead in above:
            lead = above[lead]
        rows[lead]["also"].append({name: rows[part][name] for name in ("metric", "dimension", "key", "label", "sign", "cases")})
    return [row for at, row in enumerate(rows) if at not in above]


def _silent(asked: Asked, of: Board, going_on: bool) -> list[dict]:
    """Days without a single case where the same weekday of the 12 weeks before had `LEAST_N` or more: a week's sum hides them."""
    first = of.weeks[-1] if going_on else of.weeks[0]
    span = asked.question.about(start=first - timedelta(weeks=xmr.BASELINE_POINTS), end=of.weeks[-1] + timedelta(weeks=1), grain="day")
    frame = measure("opened", asked.about(span), period=True).frame
    values = frame["value"].to_numpy("float64")
    made = []
    for at in range(7 * xmr.BASELINE_POINTS, len(values)):
        usual = values[at - 7 * xmr.BASELINE_POINTS : at : 7].mean()
        if values[at] == 0 and usual >= LEAST_N:
            day = frame["period"].iloc[at].date().isoformat()
            made.append({
                "metric": "opened", "dimension": WHOLE, "key": WHOLE, "label": "All", "since": day, "until": day, "weeks": 0, "sign": -1,
                "verdict": "neither", "rules": [SILENT_DAY], "cases": float(usual), "value": 0.0, "n": 0.0, "expected": float(usual),
                "seasonal": False, "change": False, "owner": "", "also": [],
            })  # fmt: skip
    return made


def narrowed(asked: Asked, dimension: str, key: str) -> Asked:
    """The question about one series of the board alone."""
    if dimension == WHOLE:
        return asked
    if dimension in layers(asked):
        areas = tuple(pair for pair in asked.question.areas if pair[0] != dimension)
        return asked.about(asked.question.about(areas=(*areas, (dimension, key))))
    return asked.about(asked.question.about(**{dimension: (key,)}))


def _owners(asked: Asked, of: Board, rows: list[dict]) -> None:
    """Name, for figures of several departments, the one with most of the cases counted in these weeks."""
    span = asked.about(asked.question.about(start=of.weeks[0], end=of.weeks[-1] + timedelta(weeks=1)))
    for metric, dimension in sorted({(row["metric"], row["dimension"]) for row in rows if not row["owner"]}):
        by = ("department",) if dimension == WHOLE else (dimension, "department")
        frame = measure(metric, span, by=by).frame.rename(
            columns={"key": "department", "label": "owner"} if dimension == WHOLE else {"key_2": "department", "label_2": "owner"}
        )
        frame = frame[frame["department"] != "none"].sort_values(["n", "owner"], ascending=[False, True])
        frame = frame.assign(key=WHOLE) if dimension == WHOLE else frame
        most = dict(zip(frame["key"][::-1], frame["owner"][::-1], strict=True))
        for row in rows:
            if not row["owner"] and (row["metric"], row["dimension"]) == (metric, dimension):
                row["owner"] = most.get(row["key"], "")
