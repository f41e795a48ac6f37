"""`/figures`: what the city counts beside reports, in plain words: only the figures that it releases."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import Input, Output, html

from components import filters, gate, portal, portal_links, public_figures
from components.chart import Chart, Drawn, block
from components.language import N_, _
from components.page import Query, heading, page
from metrics.select import Asked

SHOWN = filters.Option("show_figure", N_("Show a figure over time"), public_figures.choices, lambda: public_figures.FIRST)


def build(query: Query) -> list[Any]:
    return [
        heading(_("Beside reports"), _("What else the city counts, and what it aims for.")),
        portal.said(name="figures-words"),
        html.Form([filters.control(SHOWN.name, query)], className="filters filters-alone", id="filters", role="search", **{"aria-label": _("Show a figure over time")}),
        html.Div([block(CHOSEN, "span-12")], className="grid"),
    ]  # fmt: skip


@gate.answers(Output("figures-words", "children"), question=Input("question", "data"), refused=lambda message: html.P(message))
def say(asked: Asked) -> list[Any]:
    """Every released figure in a sentence."""
    return public_figures.in_words(asked)


def draw_chosen(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """One of them over time."""
    return public_figures.draw(asked, view, SHOWN.name)


CHOSEN = Chart("public-figure", N_("A figure beside reports, and the city's aim"), draw_chosen, has_period=False)

layout = page(__name__, portal_links.FIGURES, N_("Beside reports"), build)
