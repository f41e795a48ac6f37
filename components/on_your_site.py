"""The offer of a page of the portal: put one of its charts, or one of its figures, on a site of your own."""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, html

from components import embed_code, gate
from components.chart import CHARTS, Chart
from components.language import N_, _
from metrics.definitions import REGISTRY
from metrics.select import Asked

FIGURES = ("ontime_due", "opened", "closed_within_7_days", "ttc_km", "backlog", "overdue_now")
"""Figures that say something by themselves of a service and of an area."""
CHART, FIGURE = "chart.", "figure."
CHOICE, OFFER = "widget-choice", "widget-offer"


def section(*charts: Chart) -> list[html.Section]:
    """Where a page offers its charts and figures; nothing where the city lets no site show them."""
    if not embed_code.may_be_embedded():
        return []
    choices = [{"value": f"{FIGURE}{name}", "label": _("Figure: {what}", what=_(REGISTRY[name].label))} for name in FIGURES]
    choices += [{"value": f"{CHART}{chart.name}", "label": _("Chart: {what}", what=_(chart.title))} for chart in charts]
    return [
        html.Section(
            [
                html.H2(_("Put this on your site")),
                html.P(_("One figure or one chart, for a newsletter, a news site or a neighbourhood's page. It needs no script and sets no cookie.")),
                html.Div(
                    [html.Label(_("What to show"), htmlFor=CHOICE), dbc.Select(id=CHOICE, options=choices, value=choices[0]["value"])],
                    className="filter",
                ),
                html.Div(id=OFFER, className="embed-offer", **{"aria-live": "polite"}),
            ],
            id="on-your-site",
            className="card prose",
        )
    ]  # fmt: skip


def _chosen(value: Any) -> str:
    names = (*(f"{FIGURE}{name}" for name in FIGURES), *(f"{CHART}{name}" for name in CHARTS))
    return gate.one_of(names, N_("widget"))(f"{FIGURE}{FIGURES[0]}" if value is None else value)


@gate.answers(
    Output(OFFER, "children"), question=Input("question", "data"), values={"widget": (Input(CHOICE, "value"), _chosen)},
    refused=lambda message: html.P(message),
)  # fmt: skip
def offer(asked: Asked, widget: str) -> list[Any]:
    """The lines of the chosen widget, a way to see it, and whether it stays with the quarter that is shown."""
    if not embed_code.may_be_embedded():
        return []
    if widget.startswith(CHART):
        chart = CHARTS[widget.removeprefix(CHART)]
        made = embed_code.chart_widget(chart.name, _(chart.title), asked, {})
    else:
        name = widget.removeprefix(FIGURE)
        made = embed_code.figure_widget(name, _(REGISTRY[name].label), asked)
    stays = (
        _("It goes on showing the latest quarter.") if embed_code.is_latest(asked) else _("It stays with the quarter that is chosen above.")
    )
    return [
        html.Div(embed_code.lines(made)),
        html.P([stays, " ", html.A(_("See how it looks"), href=made.address, target="_blank", rel="noopener")]),
    ]
