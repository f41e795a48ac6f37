"""`/` of the portal: how is the city doing? In plain words, from released cases only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import Input, Output, dcc, html

from components import filters, gate, portal, portal_charts, portal_links, resident_words, words
from components.area_map import map_block
from components.chart import Chart, Drawn, block
from components.language import N_, _
from components.page import Query, heading, page
from metrics.resident import answers
from metrics.select import Asked

HIDDEN_FILTERS = ("weeks", "from", "to", "department", "request_group", "grain", "channel", "case_class", "programme", "outcome", "as_of")


def build(query: Query) -> list[Any]:
    return [
        heading(
            _("How is the city doing?"), _("What residents reported in streets, parks and public places, and how well the city answered.")
        ),
        _ways_on(),
        filters.bar(query, without=HIDDEN_FILTERS),
        html.Div([portal.said(className="span-5"), map_block(BY_AREA, "span-7")], className="grid"),
        html.Div([block(ON_TIME, "span-6"), block(BY_SERVICE, "span-6")], className="grid"),
        portal.before_you_compare(),
    ]


def _ways_on() -> html.Nav:
    ways = [
        (portal_links.AREAS, _("Your neighbourhood"), _("What was reported near you, and how it compares.")),
        (portal_links.SERVICES, _("A service"), _("How long it takes to have something mended.")),
        (portal_links.PROMISES, _("Promises"), _("What the city promised, and whether it was kept.")),
    ]
    if (shown := gate.desk().city.file.release).measures or shown.contacts:
        ways.append((portal_links.FIGURES, _("Beside reports"), _("What else the city counts, and what it aims for.")))
    items = [html.Li([dcc.Link(name, href=address), html.P(what)]) for address, name, what in ways]
    return html.Nav(html.Ul(items, className="choices few"), **{"aria-label": _("More about")})


@gate.answers(Output("in-words", "children"), question=Input("question", "data"), refused=lambda message: html.P(message))
def say(asked: Asked) -> list[Any]:
    """The answer in sentences; of a part of the city beside the whole."""
    period, what = words.asked_period(asked.question), filters.said(asked)
    lead = _("From {period}: {what}", period=period, what=what) if what else _("From {period}", period=period)
    city = answers(asked.about(asked.question.about(areas=()))) if asked.question.areas else None
    return [html.H2(lead), *resident_words.answer(answers(asked), city)]


def draw_on_time(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    return portal_charts.on_time_by_period(asked)


def draw_services(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    return portal_charts.on_time_by_service(asked)


def draw_areas(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    return portal_charts.on_time_by_area(asked)


BY_AREA = Chart("public-map", "Closed on time, by area", draw_areas, metric="ontime_due", is_map=True, height=420)
ON_TIME = Chart("public-on-time", "Cases closed on time, by when they fell due", draw_on_time, metric="ontime_due")
BY_SERVICE = Chart("public-services", "Closed on time, by service", draw_services, metric="ontime_due")

layout = page(__name__, "/", N_("How is the city doing?"), build, nav=N_("The city"), order=1)
