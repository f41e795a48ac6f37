"""The planted truths as sentences and figures, so that a test can ask the product to find them.

Figures are those of the cases really drawn: work cases that are no duplicates and not spoilt,
unless a truth is about those. Days are the city's local days; `from` is included, `to` is not.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import pandas as pd

from data_access.demo import ledger, plan, truths
from data_access.demo.catalogue import (
    CHANNELS,
    CLEANED_UP,
    CLOSES_EARLY,
    DEPARTMENTS,
    HIT_BY_STORM,
    IMPROVED,
    KINDS,
    NEGLECTS,
    QUEUES,
    RULE_CHANGED,
    STORM_TYPE,
    department_number,
    kind_number,
)  # fmt: skip
from data_access.demo.dirt import FAULTS, ODD_CHANNEL, ODD_STATUS
from data_access.demo.histories import DUPLICATE, SWEPT
from data_access.demo.truths import Dates
from data_access.demo.wall_clock import NEVER, midnight

Truth = dict[str, Any]
HALF_YEAR = timedelta(weeks=26)
YEAR = timedelta(days=365)


def planted_truths(cases: pd.DataFrame, dates: Dates, seed: int, unknown_point: tuple[float, float]) -> dict[str, Any]:
    """Everything that was planted in `cases` (see `Ledger`)."""
    work = ledger.countable(cases)
    told = [
        _storm(cases, work, dates), _rule_change(work, dates), _clean_up(cases, dates), _channel_shift(cases, dates),
        _neighbourhood("slow_neighbourhood", plan.SLOW, "{} is served more slowly, whatever is reported.", work, dates),
        _neighbourhood("slow_by_mix", plan.SLOW_BY_MIX, "{} only looks slow: it reports what is late anywhere.", work, dates),
        _unknown_place(cases, unknown_point), _duplicates(cases), _dirty_rows(cases), _odd_words(cases), _outage(cases, dates),
        _neglect(work, dates), _closes_early(work), _improvement(work, dates),
    ]  # fmt: skip
    return {"simulated": True, "seed": seed, "cases": len(cases), "zone": truths.ZONE, "dates": asdict(dates), "truths": told}


def _storm(cases: pd.DataFrame, work: pd.DataFrame, dates: Dates) -> Truth:
    end = dates.storm + timedelta(days=truths.STORM_DAYS)
    trees = ledger.between(cases[cases["kind"] == kind_number(STORM_TYPE)], "opened", dates.storm, end)
    parks = ledger.of_department(work, department_number(HIT_BY_STORM))
    weeks = [dates.storm + timedelta(weeks=n) for n in (-4, 0, 4, 8, 16, 20)]
    return {
        "id": "storm", "sentence": f"A storm brings a wave of tree emergencies; {HIT_BY_STORM} needs weeks to recover.",
        "department": HIT_BY_STORM, "request_type": STORM_TYPE, "from": dates.storm, "to": end, "cases": len(trees),
        "all_cases": len(ledger.between(cases, "opened", dates.storm, end)), "usual_cases_per_day": _per_day(cases, dates),
        "recovered": dates.storm + timedelta(days=truths.STORM_RECOVERY_DAYS),
        "on_time_due": [{"from": a, "to": b, **ledger.on_time_due(parks, a, b)} for a, b in zip(weeks, weeks[1:], strict=False)],
    }  # fmt: skip


def _per_day(cases: pd.DataFrame, dates: Dates) -> float:
    return round(len(cases) / (dates.as_of - dates.start).days, 1)


def _rule_change(work: pd.DataFrame, dates: Dates) -> Truth:
    mine = work[work["kind"] == kind_number(RULE_CHANGED)]
    before, after = dates.rule_change - HALF_YEAR, dates.rule_change + HALF_YEAR
    opened_before = ledger.between(mine, "opened", before, dates.rule_change)
    opened_after = ledger.between(mine, "opened", dates.rule_change, after)
    return {
        "id": "sla_change", "sentence": f"The deadline of {RULE_CHANGED} becomes shorter; the work does not.", "request_type": RULE_CHANGED,
        "on": dates.rule_change, "business_days_before": KINDS[kind_number(RULE_CHANGED)].amount, "business_days_after": truths.NEW_AMOUNT,
        "opened_half_year_before": {**ledger.on_time_due(opened_before, before, after + YEAR), "median_days": ledger.median_days(opened_before)},
        "opened_half_year_after": {**ledger.on_time_due(opened_after, before, after + YEAR), "median_days": ledger.median_days(opened_after)},
    }  # fmt: skip


def _clean_up(cases: pd.DataFrame, dates: Dates) -> Truth:
    day = dates.clean_up + timedelta(days=1)
    mine = cases[cases["kind"].isin([kind_number(name) for name in CLEANED_UP])]
    swept = cases[(cases["outcome"] == SWEPT) & (cases["closed"] != NEVER)]
    month = ledger.between(mine, "closed", dates.clean_up - timedelta(days=28), dates.clean_up)
    queue = QUEUES[KINDS[kind_number(CLEANED_UP[0])].queue]
    return {
        "id": "clean_up", "sentence": "One evening old open cases are closed without work: closings jump, nothing is repaired.",
        "department": dict(DEPARTMENTS)[queue[0]], "request_types": list(CLEANED_UP), "on": dates.clean_up, "cases": len(swept),
        "closed_that_day": len(ledger.between(mine, "closed", dates.clean_up, day)), "closed_per_day_in_the_month_before": round(len(month) / 28, 1),
    }  # fmt: skip


def _channel_shift(cases: pd.DataFrame, dates: Dates) -> Truth:
    def share(start: date, name: str) -> float:
        opened = ledger.between(cases, "opened", start, start + YEAR)
        return round(float((opened["channel"] == CHANNELS.index(name)).mean()), 4)

    years = (dates.start, dates.as_of - YEAR)
    return {
        "id": "channel_shift", "sentence": "The app takes over from the telephone.",
        "first_year": {"from": years[0], "app": share(years[0], "Mobile App"), "phone": share(years[0], "Phone")},
        "last_year": {"from": years[1], "app": share(years[1], "Mobile App"), "phone": share(years[1], "Phone")},
    }  # fmt: skip


def _neighbourhood(id: str, name: str, sentence: str, work: pd.DataFrame, dates: Dates) -> Truth:
    located = work[~work["no_place"]]
    mine = located[located["hood"] == plan.NAMES.index(name)]
    made = {"id": id, "sentence": sentence.format(name), "neighbourhood": name, "cases": len(mine), "median_days": ledger.median_days(mine)}
    rates = {
        "city_median_days": ledger.median_days(located), "on_time_due": ledger.on_time_due(mine, dates.start, dates.as_of),
        "expected_by_mix": ledger.expected_on_time(mine, located, dates.start, dates.as_of),
        "city_on_time_due": ledger.on_time_due(located, dates.start, dates.as_of),
    }  # fmt: skip
    return made | rates | ({"factor_on_days": truths.SLOW_FACTOR} if name == plan.SLOW else {})


def _unknown_place(cases: pd.DataFrame, point: tuple[float, float]) -> Truth:
    count = int(cases["no_place"].sum())
    return {
        "id": "unknown_place", "sentence": "Cases without an address share one point, in the middle of the city.", "cases": count,
        "share": round(count / len(cases), 4), "longitude": point[0], "latitude": point[1], "neighbourhood": plan.CITY_HALL,
    }  # fmt: skip


def _duplicates(cases: pd.DataFrame) -> Truth:
    count = int((cases["outcome"] == DUPLICATE).sum())
    return {"id": "duplicates", "sentence": "Some cases repeat an earlier one and are linked to it.", "cases": count,
            "share": round(count / len(cases), 4)}  # fmt: skip


def _dirty_rows(cases: pd.DataFrame) -> Truth:
    drawn = cases["fault"].value_counts()
    return {
        "id": "dirty_rows", "sentence": "About one row in a thousand cannot be right.",
        "cases": {name: int(drawn.get(number, 0)) for number, name in enumerate(FAULTS)}, "share": round(float((cases["fault"] >= 0).mean()), 5),
        "note": "An open case cannot have a wrong closing, and one without deadline no wrong deadline: the product finds somewhat fewer.",
    }  # fmt: skip


def _odd_words(cases: pd.DataFrame) -> Truth:
    return {
        "id": "odd_words", "sentence": "A status and a channel appear that nobody mapped.", "status": ODD_STATUS,
        "status_cases": int(cases["odd_status"].sum()), "channel": ODD_CHANNEL, "channel_cases": int(cases["odd_channel"].sum()),
    }  # fmt: skip


def _outage(cases: pd.DataFrame, dates: Dates) -> Truth:
    day = timedelta(days=1)
    week = [len(ledger.between(cases, "opened", dates.outage + n * day, dates.outage + (n + 1) * day)) for n in (-7, 0, 7)]
    return {"id": "outage", "sentence": "One day nothing was recorded.", "on": dates.outage, "cases": week[1],
            "same_weekday_before_and_after": [week[0], week[2]]}  # fmt: skip


def _neglect(work: pd.DataFrame, dates: Dates) -> Truth:
    mine = ledger.of_department(work, department_number(NEGLECTS))
    still_open = mine[mine["closed"] == NEVER]
    start = dates.as_of - YEAR
    return {
        "id": "neglect", "sentence": f"{NEGLECTS} closes its easy cases at once and lets the hard ones lie.", "department": NEGLECTS,
        "from": start, "to": dates.as_of, "on_time_closed": ledger.on_time_closed(mine, start, dates.as_of),
        "on_time_due": ledger.on_time_due(mine, start, dates.as_of), "open": len(still_open),
        "open_longer_than_a_year": int((still_open["opened"] < midnight(start)).sum()),
    }  # fmt: skip


def _closes_early(work: pd.DataFrame) -> Truth:
    closed = work[work["closed"].ne(NEVER) | work["reopened"]]
    mine = ledger.of_department(closed, department_number(CLOSES_EARLY))
    others = closed.drop(mine.index)
    return {
        "id": "closes_early", "sentence": f"{CLOSES_EARLY} closes early, and residents have its cases reopened.", "department": CLOSES_EARLY,
        "reopened_share": round(float(mine["reopened"].mean()), 4), "cases": len(mine),
        "reopened_share_of_others": round(float(others["reopened"].mean()), 4),
        "note": "How many cases are reopened in real cities is not published; the shares are an assumption.",
    }  # fmt: skip


def _improvement(work: pd.DataFrame, dates: Dates) -> Truth:
    mine = work[work["kind"] == kind_number(IMPROVED)]
    before = ledger.between(mine, "opened", dates.improvement - HALF_YEAR, dates.improvement)
    after = ledger.between(mine, "opened", dates.improvement, dates.as_of)
    return {
        "id": "improvement", "sentence": f"Since a known week, {IMPROVED} cases are done faster.", "request_type": IMPROVED, "on": dates.improvement,
        "factor_on_days": truths.IMPROVED_FACTOR, "median_days_before": ledger.median_days(before), "median_days_after": ledger.median_days(after),
        "on_time_due_before": ledger.on_time_due(mine, dates.improvement - HALF_YEAR, dates.improvement),
        "on_time_due_after": ledger.on_time_due(mine, dates.improvement, dates.as_of),
    }  # fmt: skip
