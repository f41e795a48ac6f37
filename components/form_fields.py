"""Fields that several forms have: a labelled control, a day, and a value in a figure's unit."""

from __future__ import annotations

from datetime import date
from typing import Any

from dash import html

from components import gate
from metrics.kinds import Metric
from metrics.question import BadQuestion


def field(name: str, label: str, control: Any, *, wide: bool = False) -> html.Div:
    """A control of the id `name` under its label."""
    return html.Div([html.Label(label, htmlFor=name), control], className="promise-field promise-wide" if wide else "promise-field")


def day_of(what: str) -> gate.Parser:
    """A parser of a day; None where nothing is given. `what` begins the sentence of a refusal, such as "The day it is due"."""

    def parse(value: Any) -> date | None:
        if value in (None, ""):
            return None
        try:
            day = date.fromisoformat(value)
        except (TypeError, ValueError):
            raise BadQuestion(f"{what} must be one such as 2026-03-31.") from None
        if not 1900 < day.year < 2200:
            raise BadQuestion(f"{what} is {day}; choose one between 1901 and 2199.")
        return day

    return parse


def value_of(text: str, metric: Metric, what: str) -> float | None:
    """What was typed, in the metric's unit: a share in percent. `what` begins the sentence of a refusal, such as "How far".

    Raises:
        BadQuestion: it is no number, or no share.
    """
    plain = text.replace("%", "").replace(",", "").strip()
    if not plain:
        return None
    try:
        value = float(plain)
    except ValueError:
        raise BadQuestion(f"{what} is '{text[:20]}'; write a number such as 85.") from None
    if metric.unit != "share":
        return value
    if not 0 <= value <= 100:
        raise BadQuestion(f"{what} is '{text[:20]}'; a share is 0 to 100 percent.")
    return value / 100
