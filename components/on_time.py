"""On time, in words and over time: what the pages about kept promises share."""

from __future__ import annotations

from typing import Any

import pandas as pd

from components import filters, gate, tiles, words
from components.chart import Drawn
from components.figures.series import Line, lines
from components.language import N_
from components.table import Column, Twin
from metrics import signals, xmr
from metrics.intervals import Tier
from metrics.measure import measure
from metrics.on_time import cut_periods
from metrics.ranking import LEAST_N
from metrics.select import Asked
from metrics.targets import target_of

TIER_WORDS: dict[Tier, str] = {
    "far_above": N_("far above target"), "above": N_("above target"), "as_expected": N_("as expected"),
    "below": N_("below target"), "far_below": N_("far below target"),
}  # fmt: skip
REASON_WORDS = {"too_few": f"too few to rank (under {LEAST_N} cases)", "no_target": "not ranked: it has no target of its own"}
CHANGE_WORDS = {"better": "better", "worse": "worse", "none": "no signal", "too_few": "too few weeks or cases to tell"}
ASSURANCE_WORDS = {
    "consistently_meets": "Working as now, the target will be met every time.",
    "consistently_fails": "Working as now, the target will be missed every time, unless the process changes.",
    "hit_and_miss": "Working as now, the target will sometimes be met and sometimes missed.",
}


def city_target() -> float | None:
    """The city's own target (share), or None."""
    return gate.desk().city.facts.on_time_target


def named(first: Any, asked: Asked) -> str:
    """One period within a sentence: "the week of 16 Nov 2026", "Nov 2026"."""
    name = words.period(first, asked.question.grain, asked.calendar)
    return f"the week of {name}" if asked.question.grain == "week" else name


def step(asked: Asked) -> str:
    """The word of the question's steps: "week"."""
    return words.GRAIN_WORDS[asked.question.grain]


def length(asked: Asked) -> str:
    """How long the question's period is, for "the ... before": "week", "13 weeks", "5 days"."""
    days = (asked.question.end - asked.question.start).days
    n, one = (days // 7, "week") if days % 7 == 0 else (days, "day")
    return one if n == 1 else words.plural(n, one)


def late_link(asked: Asked, n: Any, met: Any, **more: Any) -> str:
    """Address of the late cases behind a share of those that fell due; of all of them where none is late."""
    return tiles.cases_link(asked, "ontime_due", hits="false" if n > met else None, **more)


def span_of(first: Any, asked: Asked) -> dict[str, str]:
    """`from` and `to` of one period, as far as it lies in the question."""
    question = asked.question
    start = pd.Timestamp(first).date()
    end = asked.calendar.next_start(start, question.grain)
    return {"from": max(start, question.start).isoformat(), "to": min(end, question.end).isoformat()}


def trend(asked: Asked, rebased: signals.Rebased | None = None) -> Drawn:
    """On time by period, with its target and the range that is only noise; periods that are cut off stand in the table only.

    Args:
        rebased: where a person began the range anew.
    """
    frame = measure("ontime_due", asked, period=True).frame
    cut = cut_periods(asked)
    whole = [first.date() not in cut for first in frame["period"]]
    known = frame[whole].dropna(subset=["value"]).reset_index(drop=True)
    values = known["value"].tolist()
    anew = None if rebased is None else rebased.day("ontime_due", signals.filters_of(asked))
    since = 0 if anew is None else int((known["period"] < pd.Timestamp(anew)).sum())
    since = since if since < len(known) else 0
    target, limits = target_of(asked, city_target()), xmr.limits(values[since:])
    found = xmr.signals(values[since:], limits) if limits else None
    figure, are_few = None, bool(values) and known["n"].median() < LEAST_N
    if values:
        figure = lines(
            known, [Line("value", "On time")], "share", limits=xmr.shown(limits, "share") if limits else None, target=target,
            marked=[since + at for at in found.outside] if found and not are_few else (), since=since,
        )  # fmt: skip
        figure["data"][0]["customdata"] = [
            late_link(asked, n, met, **span_of(first, asked))
            for first, n, met in zip(known["period"], known["n"], known["numerator"], strict=True)
        ]
    notes = [_band_words(limits, target, asked, is_anew=since > 0)] if values else []
    if cut and len(frame):
        notes.append(
            f"Left out: {words.joined([words.period(day, asked.question.grain, asked.calendar) for day in sorted(cut)])}, only partly in the period."
        )
    finding = _trend_words(asked, known, target, limits, found, len(known) - 1 - since)
    return Drawn(finding, figure, _twin(asked, frame, whole), " ".join(notes), cases=tiles.cases_link(asked, "ontime_due"))


def _trend_words(
    asked: Asked, known: pd.DataFrame, target: float | None, limits: xmr.Limits | None, found: xmr.Signals | None, at: int
) -> str:
    if known.empty:
        return f"No case with a deadline fell due in a whole {step(asked)} of this period."
    last = known.iloc[-1]
    against = "" if target is None else f", {'at or above' if last['value'] >= target else 'below'} the target of {words.share(target)}"
    said = f"{words.share(last['value'])} on time in {named(last['period'], asked)}{against}"
    if limits is None or found is None:
        return f"{said}; too few {step(asked)}s to tell signal from noise."
    if known["n"].median() < LEAST_N:
        return f"{said}, of {words.cases(last['n'])}; too few a {step(asked)} to tell signal from noise."
    if at in found.outside:
        return f"{said}; outside the usual range: a signal."
    if at in found.shift:
        way = "above" if last["value"] > limits.mean else "below"
        return f"{said}; for seven {step(asked)}s or more {way} the usual mean: a signal."
    if at in (*found.trend, *found.two_of_three):
        return f"{said}; part of a run that is a signal."
    return f"{said}; within the usual range, no signal."


def _band_words(limits: xmr.Limits | None, target: float | None, asked: Asked, *, is_anew: bool) -> str:
    if limits is None:
        return f"A usual range needs {xmr.LEAST_POINTS} {step(asked)}s or more."
    trial = " (trial: still few)" if limits.trial else ""
    said = f"Grey band: the usual range{trial}, from the first {xmr.BASELINE_POINTS} {step(asked)}s {'after the new baseline' if is_anew else 'shown'}; diamonds lie outside it."
    return said if target is None else f"{said} {ASSURANCE_WORDS[xmr.assurance(limits, target, 'higher')]}"


def _twin(asked: Asked, frame: pd.DataFrame, whole: list[bool]) -> Twin:
    rows = frame.assign(
        name=[words.period(first, asked.question.grain, asked.calendar) for first in frame["period"]],
        part=["" if is_whole else "only partly in the period" for is_whole in whole],
        late=[late_link(asked, n, met, **span_of(first, asked)) if n else None for first, n, met in zip(frame["period"], frame["n"], frame["numerator"], strict=True)],
        all=[tiles.cases_link(asked, "ontime_due", **span_of(first, asked)) if n else None for first, n in zip(frame["period"], frame["n"], strict=True)],
        met=[tiles.cases_link(asked, "ontime_due", hits="true", **span_of(first, asked)) if n else None for first, n in zip(frame["period"], frame["numerator"], strict=True)],
    )  # fmt: skip
    first = f"{step(asked).capitalize()} from" if asked.question.grain == "week" else step(asked).capitalize()
    columns = [
        Column("name", first), Column("value", "On time", "share", href="late"), Column("numerator", "Met", "cases", href="met"),
        Column("n", "Fell due", "cases", href="all"),
    ]  # fmt: skip
    if not all(whole):
        columns.append(Column("part", "Mind"))
    return Twin(rows.iloc[::-1], tuple(columns), f"On time by {step(asked)}")


def department_page(asked: Asked, department: str) -> str:
    """Address of a department's own page with the period that is shown, and no other filter."""
    keep = {"department": None, "request_type": None, "request_group": None}
    return filters.link(f"/departments/{department}", asked, **keep)
