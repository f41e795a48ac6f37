"""Figures that are not cases in words: their values with their unit, their periods, their verdicts and why a value is missing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from urllib.parse import quote

import pandas as pd

from components import words
from components.language import N_, _
from metrics import measured, measured_series, measured_signals
from metrics.periods import Calendar
from metrics.select import Asked

PAGE = "/figures"
STATES = {
    measured.MISSED: N_("misses its target"), measured.MET: N_("meets its target"), measured.RUNNING: N_("not over yet"), measured.NO_TARGET: N_("no target"),
    measured.NO_DIRECTION: N_("neither high nor low is better"), measured.NOT_REPORTED: N_("no figure"), measured.LAPSED: N_("no longer reported"),
}  # fmt: skip
IN_LISTS = {**STATES, measured.MISSED: "missed", measured.MET: "met", measured.NO_DIRECTION: "no direction"}
RATINGS = {"met": "achieved", "partly": "partly achieved", "missed": "not achieved", "not_rated": "not rated"}
"""The source's own verdict."""
DIRECTIONS = {"higher": N_("higher is better"), "lower": N_("lower is better"), "neither": N_("neither high nor low is better")}
GRAINS = {"week": N_("by week"), "month": N_("by month"), "quarter": N_("by quarter"), "fiscal_year": N_("by fiscal year")}
WHY = {
    measured_series.NO_ROW: "the source has no row of this period", measured_series.NO_FIGURE: "the source gives no figure",
    measured_series.NO_NUMBER: "what the source writes is no number", measured_series.NOT_OVER: "the period is not over",
}  # fmt: skip
MADE = {
    measured_series.FROM_SOURCE: "as the source says", measured_series.ADDED: "its periods added up", measured_series.INCOMPLETE: "not all of its periods are known",
    measured_series.NEVER_ADDED: "not given, and not to be added up",
}  # fmt: skip
PLAIN_LABELS = ("number", "unknown", "ratio", "share")
"""Unit labels that say nothing a reader needs after a number."""


def number(value: Any, unit: str) -> str:
    """A value without its unit word: as many decimals as tell it from its neighbours."""
    if words.is_missing(value):
        return words.MISSING
    if unit == "share":
        return words.share(value)
    size = abs(float(value))
    places = 0 if float(value).is_integer() or size >= 1_000 else 1 if size >= 10 else 2
    return words.decimal(value, places) + (" %" if unit == "percent" else "")


def amount(value: Any, unit: str, label: str) -> str:
    """A value with its unit: "6.4 minutes", "79.3 %", "1,204 visits"."""
    said = number(value, unit)
    if said == words.MISSING or unit in ("percent", "share") or label.lower() in PLAIN_LABELS:
        return said
    return f"{said} {label}"


def axis(unit: str, label: str) -> str:
    """What stands on the value axis."""
    told = "percent" if unit == "share" else label
    return told[:1].upper() + told[1:] + (" (%)" if unit in ("percent", "share") and "%" not in told else "")


def gap(value: Any, unit: str, label: str) -> str:
    """A difference in the measure's own unit: "12 hours more", "3.1 points less"."""
    if words.is_missing(value):
        return words.MISSING
    size = 100 * abs(float(value)) if unit == "share" else abs(float(value))
    if size == 0:
        return _("none")
    said = _("{n} points", n=number(size, "number")) if unit in ("percent", "share") else amount(size, unit, label)
    return _("{amount} more", amount=said) if value > 0 else _("{amount} less", amount=said)


def period(starts_on: Any, grain: str, calendar: Calendar) -> str:
    """The name of a period: "Q2 FY 2026" of fiscal quarters, "Nov 2026", "FY 2026", the first day of a week."""
    if words.is_missing(starts_on):
        return words.MISSING
    first = pd.Timestamp(starts_on).date()
    if grain == "week":
        return _("week of {day}", day=words.day(first))
    if grain == "month":
        return words.period(first, "month", calendar)
    year = words.period(calendar.start_of(first, "fiscal_year"), "fiscal_year", calendar)
    if grain == "fiscal_year":
        return year
    return _("Q{quarter} {year}", quarter=1 + (first.month - calendar.fiscal_year_start) % 12 // 3, year=year)


def label_of(row: dict[str, Any]) -> str:
    """A measure's name, with the budget programme or service it belongs to."""
    return row["name"] if words.is_missing(row["activity"]) else f"{row['name']} ({row['activity']})"


def address(department: str, slug: str, asked: Asked | None = None) -> str:
    """The page of a measure; of an earlier instant where one is asked about."""
    replay = "" if asked is None or asked.question.as_of == asked.mart.as_of else f"?as_of={asked.question.as_of.isoformat()}Z"
    return f"{PAGE}/{quote(department)}/{quote(slug)}{replay}"


def signal(state: Any, sign: Any, points: Any) -> str:
    """What the last period says: "higher than its usual range", "no signal", "too short (4 periods)"."""
    if words.is_missing(state):
        return words.MISSING
    if state == measured_signals.SIGNAL:
        return "signal: higher than before" if sign > 0 else "signal: lower than before"
    return f"too short ({int(points)} periods)" if state == measured_signals.TOO_SHORT else "no signal"


def verdict(sign: Any, direction: str) -> str:
    """Whether a change is one for the better."""
    if direction == "neither" or not sign:
        return ""
    return "better" if (sign > 0) == (direction == "higher") else "worse"


def until(ends_on: Any) -> date:
    """The last day of a period that ends before `ends_on`."""
    return pd.Timestamp(ends_on).date() - timedelta(days=1)
