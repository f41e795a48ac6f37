"""`/area/<layer>/<id>`: one neighbourhood or district beside the whole city, and what is reported there most."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from dash import Input, Output, dcc, html

from components import gate, on_your_site, portal, portal_charts, portal_links, resident_mail, resident_words, words
from components.chart import Chart, Drawn, block
from components.language import _
from components.page import Query, heading, page
from data_access.mart.dimensions import Member
from metrics.resident import answers
from metrics.select import Asked


def build(query: Query) -> list[Any]:
    mart = portal.mart()
    found = _area(query)
    if mart is not None and found is None:
        return portal.missing()
    return [
        html.P(dcc.Link(_("All areas"), href=portal_links.AREAS), className="way-back"),
        heading(found.name if found else _("An area"), _("What was reported here, how well the city answered, and how that compares.")),
        portal.quarter(query),
        *resident_mail.offer(_address(query) if found else ""),
        html.Div([portal.said(name="area-words", className="span-5"), block(ON_TIME, "span-7")], className="grid"),
        html.Div([block(SERVICES, "span-12", with_table=True)], className="grid"),
        html.Div([portal.before_you_compare(), *on_your_site.section(ON_TIME, SERVICES)], className="stack"),
    ]


def _area(query: Query) -> Member | None:
    """The area that the address names: the one filter by an area there is."""
    mart = portal.mart()
    if mart is None:
        return None
    return next((area for layer, slug in query.items() if (area := portal_links.area_of(layer, slug, mart)) is not None), None)


def _address(query: Query) -> str:
    """The address of this page, of the area that it is about."""
    mart = portal.mart()
    assert mart is not None
    return next(portal_links.area(layer, slug) for layer, slug in query.items() if portal_links.area_of(layer, slug, mart) is not None)


@gate.answers(Output("area-words", "children"), question=Input("question", "data"), refused=lambda message: html.P(message))
def say(asked: Asked) -> list[Any]:
    """The area's figures in sentences, beside the whole city's."""
    asked = _every_service(asked)
    city = answers(asked.about(asked.question.about(areas=())))
    when = _("From {period}", period=words.asked_period(asked.question))
    return [html.H2(when), *resident_words.answer(answers(asked), city)]


def _every_service(asked: Asked) -> Asked:
    """All that was reported in the area: a service that came with the address is not this page's."""
    return asked.about(asked.question.about(request_type=()))


def draw_on_time(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    return portal_charts.on_time_by_period(_every_service(asked))


def draw_services(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    return portal_charts.reported_by_service(_every_service(asked))


ON_TIME = Chart("area-on-time", "Cases closed on time, by the quarter they fell due", draw_on_time, metric="ontime_due")
SERVICES = Chart("area-services", "Reported here, by service", draw_services, metric="opened")


def asks(path: Query) -> Query:
    """The filter that the address stands for; nothing for an address of no area."""
    layer, slug, mart = unquote(path.get("layer", "")), unquote(path.get("area", "")), portal.mart()
    return {layer: slug} if mart is None or portal_links.area_of(layer, slug, mart) is not None else {}


def title(variables: Query) -> str:
    """The area's name, for the window and for previews of links."""
    found = _area(asks(variables))
    return found.name if found else _("No such page")


layout = page(__name__, "/area/layer/id", title, build, template="/area/<layer>/<area>", asks=asks)
