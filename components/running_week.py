"""The week that still runs, beside the last one up to the same day and time: a first look, never a headline."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dash import dcc, html

from components import tiles, words
from metrics.definitions import REGISTRY
from metrics.headline import RunningWeek, running_week
from metrics.select import Asked

METRICS = ("opened", "closed")
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def line(asked: Asked) -> list[Any]:
    """The running week in one sentence whose numbers lead to their cases; nothing where no week runs at the question's `as_of`."""
    weeks = [running_week(name, asked) for name in METRICS]
    if weeks[0] is None:
        return []
    parts: list[Any] = [html.Strong("Still running: "), f"this week so far ({_days(weeks[0])}) "]
    for at, week in enumerate(week for week in weeks if week is not None):
        metric = REGISTRY[week.metric]
        now, before = _count(week.metric, week.now, asked, week.this), _count(week.metric, week.before, asked, week.last)
        parts += [" and " if at else "", now, f" {words.label(metric)}, against ", before]
    return [*parts, " in the same days and hours last week. Not comparable with whole weeks."]


def _days(week: RunningWeek) -> str:
    # Midnight is the end of the day before, which is then whole.
    first, last = (DAYS[day.weekday()] for day in (week.first, week.until - timedelta(microseconds=1)))
    days = first if first == last else f"{first}–{last}"
    return days if f"{week.until:%H%M%S}" == "000000" else f"{days}, until {week.until:%H:%M}"


def _count(metric: str, n: int, asked: Asked, span: dict[str, str]) -> Any:
    return dcc.Link(words.count(n), href=tiles.cases_link(asked, metric, **span)) if n else words.count(n)
