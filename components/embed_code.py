"""The lines that show one of the portal's charts or figures on another site, with a button that copies them."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import quote, urlencode

from dash import html

from components import filters, gate
from components.embed import home
from components.language import _
from metrics.question import default_question, to_query
from metrics.select import Asked

CHART_HIGH, FIGURE_HIGH = 500, 270


@dataclass(frozen=True, slots=True)
class Widget:
    """What is shown: its address, its name and how high its frame is."""

    address: str
    title: str
    high: int

    @property
    def code(self) -> str:
        """The lines for the other site."""
        return f'<iframe src="{escape(self.address)}" title="{escape(self.title)}" width="100%" height="{self.high}" loading="lazy" style="border:0"></iframe>'


def may_be_embedded() -> bool:
    """Whether the city lets any site show its charts, and this is the portal that has them."""
    return gate.desk().is_public and bool(gate.desk().city.file.portal.embed_on)


def chart_widget(name: str, title: str, asked: Asked, own: dict[str, str]) -> Widget:
    """Chart `name` about what is asked."""
    return Widget(_address(f"/embed/chart/{quote(name, safe='')}", {**_question(asked), **own}), _named(title, asked), CHART_HIGH)


def figure_widget(metric_id: str, title: str, asked: Asked) -> Widget:
    """One figure about what is asked."""
    return Widget(_address(f"/embed/figure/{quote(metric_id, safe='')}", _question(asked)), _named(title, asked), FIGURE_HIGH)


def of_chart(name: str, title: str, asked: Asked, own: dict[str, str]) -> html.Details | None:
    """How to show chart `name` elsewhere; None where the city lets no site show it."""
    if not may_be_embedded():
        return None
    return html.Details(
        [html.Summary(_("Embed")), html.Div(lines(chart_widget(name, title, asked, own)))],
        className="embed-offer",
    )


def lines(widget: Widget) -> list[Any]:
    """The lines of a widget, and the button that copies them."""
    field: Any = html.Code(widget.code, className="embed-code", tabIndex=0)
    copied = {"data-copy": widget.code, "data-copied": _("Copied")}
    return [field, html.Button(_("Copy"), type="button", className="btn btn-sm btn-outline-secondary", **copied)]  # type: ignore[arg-type]


def is_latest(asked: Asked) -> bool:
    """Whether the latest period is asked about: its widgets name none, so that they go on showing the latest."""
    latest = default_question(asked.mart, asked.calendar)
    return (asked.question.start, asked.question.end) == (latest.start, latest.end)


def _named(title: str, asked: Asked) -> str:
    """The name of a frame, with what it is about."""
    about = filters.said(asked)
    return f"{title}: {about}" if about else title


def _question(asked: Asked) -> dict[str, str]:
    """The question in an address."""
    query = to_query(asked.question, asked.mart)
    return {name: value for name, value in query.items() if name not in ("from", "to", "during")} if is_latest(asked) else query


def _address(path: str, query: dict[str, str]) -> str:
    return home() + path + (f"?{urlencode(query)}" if query else "")
