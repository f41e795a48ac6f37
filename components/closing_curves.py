"""Curves of closing in words and figures: what the pages about time to close share."""

from __future__ import annotations

from typing import Any

import pandas as pd

from components import tiles, words
from components.chart import Drawn
from components.figures.steps import horizon, steps
from components.table import Column, Twin
from metrics.curves import BEFORE, MOST_GROUPS, Curve, compared, curves
from metrics.ranking import LEAST_N
from metrics.select import Asked

NAMED_DAYS = (1, 3, 7, 14, 30, 60, 90, 180, 365)
"""Ages that a table names; its file has every day."""
ENOUGH = 0.9
"""The curves are drawn until each has this share closed, or as far as they are known."""
BAND_NOTE = "Bands: 95 % (Greenwood, log-log). Open cases are taken into account until the age they have reached (Kaplan-Meier)."


def closing(asked: Asked, by: str | None, *, pace: bool = False) -> Drawn:
    """The share closed by days since opening, for the groups of `by`: of the cases opened in the period, or as all open in it were closed."""
    groups = curves(asked, by, pace=pace)
    labels = [_name(curve, asked) for curve in groups]
    columns = (
        Column("label", "Group"), Column("day", "Days since opening", "number"), Column("closed", "Closed", "share"), Column("low", "95 % from", "share"),
        Column("high", "to", "share"), Column("at_risk", "Still at risk", "cases"),
    )  # fmt: skip
    names = [column.key for column in columns]
    every = [curve.points.assign(label=label)[names] for curve, label in zip(groups, labels, strict=True)]
    whole = pd.concat(every, ignore_index=True) if every else pd.DataFrame(columns=names)
    twin = Twin(whole[whole["day"].isin(NAMED_DAYS)], columns, "Share closed by days since opening", whole)
    if not groups:
        few = f"a pace needs {LEAST_N} at risk" if pace else f"a curve needs {LEAST_N}"
        return Drawn(f"There are too few cases in this period to say how long closing takes; {few}.", None, twin)
    last = horizon(max(_reach(curve) for curve in groups))
    figure = steps(list(zip(labels, [curve.points for curve in groups], strict=True)), last)
    return Drawn(
        _finding(groups, labels, by),
        figure,
        twin,
        _note(groups, labels, asked, by, pace),
        cases="" if pace else tiles.cases_link(asked, "opened"),
    )


def _name(curve: Curve, asked: Asked) -> str:
    if curve.key == BEFORE:
        return "A year earlier"
    return words.asked_period(asked.question) if curve.label == "now" else curve.label


def _reach(curve: Curve) -> float:
    """The day by which `ENOUGH` are closed, or the last with enough cases at risk to be worth drawing."""
    reached = curve.points[curve.points["closed"] >= ENOUGH]
    seen = curve.points[curve.points["at_risk"] >= LEAST_N] if reached.empty else reached.head(1)
    return float((curve.points if seen.empty else seen)["day"].iloc[-1])


def _finding(groups: list[Curve], labels: list[str], by: str | None) -> str:
    """By which day half are closed, quickest first; of a lone group among others too small for a curve, its name."""
    known = [(curve, label, _half(curve)) for curve, label in zip(groups, labels, strict=True)]
    if len(known) == 1:
        curve, label, half = known[0]
        said = f"{_within(half, curve)}, of {words.cases(curve.n)}{_between(curve)}."
        return said if by is None else f"{label}: {said[0].lower()}{said[1:]}"
    quick = sorted((entry for entry in known if entry[2] is not None), key=lambda entry: (entry[2], entry[1]))
    if not quick:
        return "In none of these groups is half of the cases closed yet."
    said = "; ".join(f"{label} {_day(half)}{_between(curve)}" for curve, label, half in quick)
    slow = [label for _, label, half in known if half is None]
    return words.sentence(f"Half are closed by: {said}" + (f"; {words.joined(slow)} not yet" if slow else ""))


def _half(curve: Curve) -> float | None:
    reached = curve.points[curve.points["closed"] >= 0.5 - 1e-9]
    return None if reached.empty else float(reached["day"].iloc[0])


def _within(half: float | None, curve: Curve) -> str:
    if half is None:
        return f"Half are not closed within the {words.plural(int(curve.points['day'].iloc[-1]), 'day')} seen"
    return f"Half are closed by {_day(half)}"


def _day(day: float) -> str:
    return f"day {max(int(day), 1):,}"


def _between(curve: Curve) -> str:
    low, high = curve.median_between
    if low is None or low == high:
        return ""
    return f" (95 %: {max(int(low), 1):,} {f'to {int(high):,}' if high is not None else 'or later'})"


def _note(groups: list[Curve], labels: list[str], asked: Asked, by: str | None, pace: bool) -> str:
    said = [BAND_NOTE]
    if pace:
        said.append(f"Each case counts from the age it had when the period began; a curve ends where fewer than {LEAST_N} are at risk.")
    elif by is not None:
        said.append(f"A group of fewer than {LEAST_N} cases has no curve.")
    if len(groups) > 1:
        said.append(_apart(groups, dict(zip([curve.key for curve in groups], labels, strict=True))))
    if len(groups) == MOST_GROUPS and by != BEFORE:
        said.append(f"The {MOST_GROUPS} groups with most cases; choose others with the filters, all are in the table below.")
    return " ".join(said)


def _apart(groups: list[Curve], named: dict[str, str]) -> str:
    """Which groups can be told apart."""
    found = compared(groups)
    if len(found) == 1:
        return {
            "apart": "The two can be told apart (log-rank, 5 %).", "alike": "The two cannot be told apart (log-rank, 5 %).",
            "crossing": "Which of the two is quicker depends on the age: log-rank cannot tell them apart, the share closed at some age can (5 %).",
        }[found[0][2]]  # fmt: skip
    said = ["Compared by log-rank, 5 % over all pairs."]
    for kind, what in (("alike", "Cannot be told apart"), ("crossing", "Which is quicker depends on the age")):
        pairs = [f"{named[a.key]} and {named[b.key]}" for a, b, difference in found if difference == kind]
        if pairs:
            said.append(f"{what}: {'; '.join(pairs)}.")
    if all(difference == "apart" for _, _, difference in found):
        said.append("All can be told apart.")
    return " ".join(said)


def days_said(days: Any, more_than: Any) -> Any:
    """Days, or "more than" where they were not reached."""
    return f"more than {words.decimal(more_than)}" if words.is_missing(days) and not words.is_missing(more_than) else days
