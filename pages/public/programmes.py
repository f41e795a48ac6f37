"""`/programmes`: what else the city does beside mending things: requests for records, ideas, applications, complaints."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, dcc, html

from components import gate, portal_links, programme_sentences, words
from components.language import N_, _
from components.page import Query, heading, page
from data_access.city import City
from metrics import programme_totals
from metrics.select import Asked


def build(_query: Query) -> list[Any]:
    return [
        heading(
            _("What else the city does"), _("Requests, ideas, applications and complaints: how many there were, and how long they took.")
        ),
        html.Div(html.P("…"), id="programmes-list", **{"aria-live": "polite"}),
    ]


@gate.answers(Output("programmes-list", "children"), question=Input("question", "data"), refused=lambda message: html.P(message))
def fill(asked: Asked) -> list[Any]:
    """Each programme with its newest numbers."""
    known = programme_totals.programmes(asked.mart)
    if not known:
        return [html.P(_("This city publishes no other programme."))]
    return [html.Ul([_row(asked, one.slug) for one in known], className="choices")]


def _row(asked: Asked, slug: str) -> html.Li:
    called, found = gate.desk().called, programme_totals.totals(asked, slug)
    programme = programme_totals.named(asked, slug)
    said = called(programme.extra["about"] or "")
    if found is not None:
        newest = programme_sentences.opened(found, called(str(programme.extra["cases_word"]))).replace("**", "")
        said = f"{said} {programme_sentences.period_said(found.period)}: {newest}"
    return html.Li([dcc.Link(called(programme.name), href=portal_links.programme(slug)), html.P(words.sentence(said.strip()))])


def _has_some() -> bool:
    return has_programmes(gate.desk().city)


def has_programmes(city: City) -> bool:
    """Whether the city has programmes that residents are told of in totals."""
    return any(one.privacy == "aggregate" or (one.privacy == "open" and one.id not in city.main_programmes) for one in city.programmes)


layout = page(
    __name__, portal_links.PROGRAMMES, N_("What else the city does"), build, nav=N_("More programmes"), order=5, when=_has_some
)  # fmt: skip
