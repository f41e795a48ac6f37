"""`/programmes/<of_programme>`: one programme in its own words: how far its cases come, how long that takes, what is stuck and how it ends."""

from __future__ import annotations

from typing import Any

from dash import Input, Output, dcc, html

from components import filters, gate, programme_tiles, programme_totals, programme_words, words
from components.chart import Chart, block
from components.page import Query, heading, page
from components.programme_charts import BECAME, EXTENSIONS, FLOW, MOVES, REASONS, STOCK
from components.programme_more import CHANNELS, INSPECTED, QUEUES, VOTES
from components.stage_charts import FUNNEL, ON_TIME, STUCK, TIMES
from data_access.programme_models import Programme
from metrics.question import may_know_programme, visible_programmes
from metrics.select import Asked
from metrics.stages import programme_of

WEEKS = 52
STAGED = ((FUNNEL, "span-7"), (TIMES, "span-5"), (STUCK, "span-12"))
OF_KIND: dict[str, tuple[Chart, ...]] = {
    "service_request": (CHANNELS, QUEUES, INSPECTED, MOVES),
    "idea": (VOTES,),
    "application": (QUEUES,),
    "records_request": (EXTENSIONS, MOVES),
    "complaint": (EXTENSIONS, MOVES),
    "code_case": (INSPECTED, EXTENSIONS, QUEUES),
}
NOT_THERE = "There is no such programme, or it is not open to you."


def build(query: Query) -> list[Any]:
    found = _configured(query.get("of_programme", ""))
    crumbs = html.Nav(dcc.Link("All programmes", href="/programmes"), className="crumbs", **{"aria-label": "Where this is"})
    if found is None:
        return [crumbs, heading("Programme", NOT_THERE)]
    if found.privacy == "aggregate":
        return [
            crumbs,
            html.Div([html.H1("Programme"), html.P()], id="totals-head", className="page-head"),
            *programme_totals.blocks(query, with_areas=False),
        ]
    others = [*([ON_TIME] if found.stage else []), FLOW, STOCK, BECAME, REASONS, *OF_KIND[found.kind]]
    charts = [*(STAGED if found.stage else ()), *((chart, "span-6") for chart in others)]
    return [
        crumbs,
        html.Div(html.H1("Programme"), id="programme-head", className="page-head"),
        html.Div(
            [
                filters.bar(query, without=("programme",), weeks=WEEKS),
                html.Div([html.Section(className="card tile") for _ in range(6)], id="programme-tiles", className="tiles"),
                html.Div([block(chart, span, with_table=chart is STUCK) for chart, span in charts], className="grid"),
            ],
            id="programme-body",
        ),
    ]


def _configured(slug: str) -> Programme | None:
    """The programme of that id; None where there is none, or none for who asks: which parts a page has tells what it is about."""
    known = may_know_programme(gate.desk().viewer(), slug)
    return next((one for one in gate.desk().city.programmes if known and one.id == slug), None)


@gate.answers(
    Output("totals-head", "children"), question=Input("question", "data"), values={"query": (Input("question", "data"), gate.query_of)},
    refused=lambda message: [html.H1("Not shown"), html.P(message)],
)  # fmt: skip
def fill_totals(asked: Asked, query: dict[str, str]) -> list[Any]:
    """What is shown of a programme that is told of in totals only: no filter, no list, no case; and nothing to whom it is none."""
    found = visible_programmes(asked.scope, asked.mart).get(query.get("of_programme", ""))
    if found is None:
        return [html.H1("Not shown"), html.P(NOT_THERE)]
    one, many = found.extra["case_word"], found.extra["cases_word"]
    only = f"Of {many} in this programme only totals are told, to everybody alike: no list, map or single {one}, and no filter."
    return [html.H1(found.name), html.P(words.sentence(found.extra["about"] or ""), className="lead"), html.P(only, className="card prose")]


@gate.answers(
    {
        "head": Output("programme-head", "children"), "tiles": Output("programme-tiles", "children"), "is_refused": Output("programme-body", "hidden"),
    },
    question=Input("question", "data"),
    refused=lambda message: {"head": [html.H1("Not shown"), html.P([message, " ", dcc.Link("All programmes", href="/programmes")])], "tiles": [], "is_refused": True},
)  # fmt: skip
def fill(asked: Asked) -> dict[str, Any]:
    """What the programme is, and its figures."""
    programme = programme_of(asked)
    kind = programme_words.kind_of(programme)
    lead = " ".join(part for part in (words.sentence(programme.extra["about"] or ""),) if part) or kind.name
    links = [
        dcc.Link(f"All {programme.extra['cases_word']} in the case explorer", href=filters.link("/cases", asked, of="opened")),
        dcc.Link("Backlog and work lists", href=filters.link("/backlog", asked)),
    ]
    return {
        "head": [html.H1(programme.name), html.P(lead, className="lead"), html.P(links, className="work-lists")],
        "tiles": programme_tiles.tiles(asked.remembering()), "is_refused": False,
    }  # fmt: skip


def asks(variables: Query) -> Query:
    """The page is about the programme in its path; of totals nothing is asked."""
    slug = variables.get("of_programme", "")
    found = _configured(slug)
    if found is not None and found.privacy == "aggregate":
        return {"of_programme": slug, "totals_of": slug}
    return {"of_programme": slug, **({} if found is None else {"programme": slug})}


layout = page(__name__, "/programmes/records", "Programme", build, template="/programmes/<of_programme>", weeks=WEEKS, asks=asks)
