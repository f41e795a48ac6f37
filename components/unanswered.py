"""What stands on a page of the portal whose question cannot be asked: one sentence and a way on, instead of a refusal in every part."""

from __future__ import annotations

from typing import Any

from dash import html
from flask import has_request_context

from components import gate, words
from components.language import _, said
from data_access.mart.reading import MartUnavailable
from metrics.question import BadQuestion
from metrics.select import Asked


def instead(query: dict[str, str]) -> list[Any] | None:
    """What to show in place of the page's content; None where the question can be asked, and to staff."""
    sentence = refusal(query)
    if sentence is None:
        return None
    # "?" is the page that is open, without what was asked of it.
    return [html.Section([html.P(sentence), html.P(html.A(_("Show the latest quarter"), href="?"))], className="card prose")]


def refusal(query: dict[str, str]) -> str | None:
    """Why no part of a page can answer `query`, in words; None where they can, and for staff, whose pages say it themselves."""
    if not has_request_context() or not gate.desk().is_public:
        return None
    try:
        asked = gate.desk().ask(gate.query_of(query))
    except BadQuestion as error:
        return said(error)
    except MartUnavailable:
        return None
    return _unended(asked) if "during" in query else None


def _unended(asked: Asked) -> str | None:
    start, end = asked.question.start, asked.question.end
    latest = asked.calendar.last_complete(asked.mart.as_of, "quarter")
    if end <= latest[1]:
        return None
    return _(
        "The quarter from {quarter} has not ended in the data yet. Figures are published once a quarter is over; the latest is from {latest}.",
        quarter=words.days_between(start, end), latest=words.days_between(*latest),
    )  # fmt: skip
