"""`/service/<type>`: one service in the whole city. How long does it take here, was the promise kept, and how do cases end?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from dash import Input, Output, dcc, html

from components import gate, on_your_site, portal, portal_charts, portal_links, promise_words, resident_mail, resident_words
from components.chart import Chart, Drawn, block
from components.language import _
from components.page import Query, heading, page
from metrics.measure import measure
from metrics.question import BadQuestion
from metrics.resident import answers
from metrics.select import Asked
from metrics.tenths import LEAST_FOR_PARTS, Endings, endings


def build(query: Query) -> list[Any]:
    mart = portal.mart()
    found = None if mart is None else portal_links.service_of(query.get("request_type", ""), mart)
    if mart is not None and found is None:
        return portal.missing()
    return [
        html.P(dcc.Link(_("All services"), href=portal_links.SERVICES), className="way-back"),
        heading(
            found.name if found else _("A service"), _("How long it takes in this city, whether the promise is kept, and how cases end.")
        ),
        portal.quarter(query),
        *resident_mail.offer("" if found is None else portal_links.service(found.slug)),
        html.Div([portal.said(name="service-words", className="span-5"), block(CLOSING, "span-7")], className="grid"),
        html.Div([block(ON_TIME, "span-6"), block(AREAS, "span-6")], className="grid"),
        html.Div(
            [
                html.Section(html.P("…"), id="service-endings", className="card prose"),
                portal.before_you_compare(),
                *on_your_site.section(CLOSING, ON_TIME, AREAS),
            ],
            className="stack",
        ),
    ]


@gate.answers(
    {"words": Output("service-words", "children"), "endings": Output("service-endings", "children")}, question=Input("question", "data"),
    refused=lambda message: {"words": html.P(message), "endings": ""},
)  # fmt: skip
def say(asked: Asked) -> dict[str, Any]:
    """The promise, the time it takes and the figures, in sentences; and how cases end."""
    asked = _whole(asked)
    if len(asked.question.request_type) != 1:
        raise BadQuestion("This page is about one service; choose one in the list of all services.")
    found, key = answers(asked), asked.question.request_type[0]
    promise = promise_words.promise_said(promise_words.rules_of(asked).get(key), found.due != 0)
    return {
        "words": [
            html.H2(_("How long does it take here?")),
            *([ten] if (ten := portal_charts.ten(asked)) is not None else []),
            resident_words.paragraph(promise),
            *resident_words.answer(found),
        ],
        "endings": [html.H2(_("How do cases end?")), *_endings(endings(asked), measure("closed_without_work", asked).value)],
    }


def _endings(found: Endings | None, without: float | None) -> list[Any]:
    if found is None:
        return [html.P(_("There is no published figure here of how cases ended; it takes {n} closed cases or more.", n=LEAST_FOR_PARTS))]
    said = [(found.resolved, _("done")), *((found.without_work[name], said) for name, said in _without_work())]
    listed = [html.Li(_("{share}: {ending}", share=resident_words.of_ten(share), ending=ending)) for share, ending in said if share]
    lead = _("Of 10 cases that were closed, about so many ended in each of these ways; what is rarer is left out.")
    exact = [] if without is None else [html.P(_("In all, {percent} were closed without work on the spot.", percent=resident_words.percent(without)))]  # fmt: skip
    return [html.P(lead), html.Ul(listed), *exact]


def _without_work() -> list[tuple[str, str]]:
    return [
        ("not_found", _("nothing was found")),
        ("not_actionable", _("nothing could be done")),
        ("referred", _("not the city's task, passed on")),
    ]


def _whole(asked: Asked) -> Asked:
    """The service in the whole city: an area that came with the address is not this page's."""
    return asked.about(asked.question.about(areas=()))


def draw_closing(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    return portal_charts.closing(_whole(asked))


def draw_on_time(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    return portal_charts.on_time_by_period(_whole(asked))


def draw_areas(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    return portal_charts.pace_by_area(asked)


CLOSING = Chart("service-closing", "Closed so many days after the report", draw_closing, metric="ttc_km")
ON_TIME = Chart("service-on-time", "Cases closed on time, by the quarter they fell due", draw_on_time, metric="ontime_due")
AREAS = Chart("service-areas", "Closed within 7 days, by area", draw_areas, metric="closed_within_7_days")


def title(variables: Query) -> str:
    """The service's name, for the window and for previews of links."""
    mart = portal.mart()
    found = None if mart is None else portal_links.service_of(unquote(variables.get("type", "")), mart)
    return found.name if found else _("No such page")


layout = page(
    __name__, "/service/type", title, build, template="/service/<type>",
    asks=lambda path: {"request_type": unquote(path["type"])} if "type" in path else {},
)  # fmt: skip
