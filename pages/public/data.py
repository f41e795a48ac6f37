"""`/data` of the portal: the released tables to take away, what their columns mean, and how a program asks for figures."""

from __future__ import annotations

from datetime import date
from typing import Any

from dash import MATCH, Input, Output, State, dcc, html

from components import data_package, gate, open_data, programme_dictionary, sensitive_dictionary, words
from components.language import _
from components.page import Query, heading, page
from metrics import published_cases
from metrics.open_data import TABLES, Table
from metrics.question import BadQuestion
from metrics.select import Asked

EXAMPLES = (
    "/api/v1/metrics/ontime_due",
    "/api/v1/metrics/opened.csv?by=request_type",
    "/api/v1/metrics/ontime_due.csv?period=month&from=2026-01-01&to=2026-07-01",
    "/api/v1/released.csv",
)


def build(_query: Query) -> list[Any]:
    return [
        heading(_("Open data"), _("The figures of this portal as tables to take away, each with a description of its columns.")),
        html.Div(
            [
                html.Section(html.P("…"), id="data-about", className="card prose"),
                _everything(),
                *[_card(table) for table in TABLES.values()],
                html.Section(html.P("…"), id="data-cases", className="card prose"),
                _for_programs(),
            ],
            className="stack open-data",
        ),
    ]


def _everything() -> html.Section:
    return html.Section(
        [
            html.H2(_("Everything at once")),
            html.P("…", id="data-package", className="subtitle"),
            html.P(_("One zip file with all tables below as CSV and a description that programs read: what each column means, its unit, and what it may hold (Frictionless Data Package).")),
            html.P(
                [
                    html.A(_("All tables (zip)"), href="/data/datapackage.zip", download=""),
                    html.A(_("Description (JSON)"), href="/data/datapackage.json"),
                    html.A(_("Dictionary of all tables (CSV)"), href="/data/dictionary.csv", download=""),
                ],
                className="downloads",
            ),
        ],
        id="everything",
        className="card",
    )  # fmt: skip


@gate.answers(Output("data-package", "children"), question=Input("question", "data"), refused=lambda message: message)
def tell_package(asked: Asked) -> str:
    """How many tables and rows the data package has, and how large it is."""
    if not open_data.are_ready(asked):
        return _("The files of the latest data are being made; come back in a minute.")
    made = data_package.size(gate.desk().city, asked)
    return _(
        "{tables} tables, {rows} rows; zip {size}.",
        tables=words.count(len(TABLES)),
        rows=words.count(made.rows),
        size=words.file_size(made.zip),
    )


@gate.answers(Output("data-cases", "children"), question=Input("question", "data"), refused=lambda message: html.P(message))
def tell_cases(asked: Asked) -> list[Any]:
    """Where published cases and maps are for programs; that there are none, where the city publishes none."""
    layers = sorted((layer for layer in asked.mart.dimensions.area_layers if not layer.extra["is_context"]), key=lambda layer: layer.id)
    maps = [f"/api/v1/areas/{layer.slug}.geojson?metric=ontime_due" for layer in layers[:1]]
    made: list[Any] = [html.H2(_("Cases and maps for programs"))]
    if published_cases.are_published(asked):
        about = published_cases.of_every_class(asked)
        made.append(
            html.P(
                _(
                    "The city publishes {n} cases one by one: what was asked for, on which days, where to the nearest point that at least eight addresses share, and how it ended. Nothing else is told of them.",
                    n=words.count(published_cases.count(about)),
                )
            )
        )
        listed = [
            (_("On a map (GeoJSON)"), "/api/v1/cases.geojson?case_class=all"), (_("Open cases (CSV)"), "/api/v1/cases.csv?of=backlog&case_class=all"),
            (_("As Open311 (GeoReport v2)"), "/open311/v2/discovery.json"), (_("Open311, the last 90 days (XML)"), "/open311/v2/requests.xml"),
        ]  # fmt: skip
    else:
        made.append(html.P(_("The city publishes no single cases; its services are listed as Open311 (GeoReport v2) has them.")))
        listed = [(_("Services as Open311"), "/open311/v2/services.json")]
    listed += [(_("Areas with a figure (GeoJSON)"), address) for address in maps]
    made.append(html.Ul([html.Li(html.A([name, " ", html.Code(address)], href=address)) for name, address in listed]))
    return made


def _for_programs() -> html.Section:
    return html.Section(
            [
                html.H2(_("Asking with a program")),
                html.P(_("Every figure is also an address. Write a figure's name, say by what to split it and for which time, and add .csv or .parquet for a file; without them the answer is JSON.")),
                html.Ul([html.Li(html.A(html.Code(example), href=example)) for example in EXAMPLES]),
                html.P([
                    html.A(_("All figures and their names"), href="/api/v1/metrics.csv"), " · ",
                    html.A(_("Description of the interface (OpenAPI)"), href="/api/v1/openapi.json"), " · ",
                    dcc.Link(_("What the figures mean"), href="/definitions"),
                ]),
                html.P(_("Each answer has a tag (ETag) that changes with the data. Send it back as If-None-Match, and you are told when nothing is new. Nobody needs a key; who asks very often is asked to wait.")),
            ],
            className="card prose",
    )  # fmt: skip


def _card(table: Table) -> html.Section:
    entries = open_data.dictionary(table)
    name = open_data.title(table)
    heads = (_("Column"), _("Meaning"), _("Unit"), _("Where it is empty"))
    rows = [html.Tr([html.Th(html.Code(e.column), scope="row"), html.Td(e.meaning), html.Td(e.unit), html.Td(e.empty)]) for e in entries]
    links = [
        html.A("CSV", href=f"/data/{table.id}.csv", download="", title=_("{table} as CSV", table=name)),
        html.A("Parquet", href=f"/data/{table.id}.parquet", download="", title=_("{table} as Parquet", table=name)),
    ]
    if table.id == "areas":
        links.append(html.A("GeoJSON", href="/data/areas.geojson", download="", title=_("{table} as GeoJSON", table=name)))
    return html.Section(
        [
            html.H2(name),
            html.P("…", id=_size_id(table.id), className="subtitle"),
            *([html.P([note, " ", dcc.Link(_("What we publish, and why"), href="/what-we-publish")])] if (note := sensitive_dictionary.note(table.id) or programme_dictionary.note(table.id)) else []),
            html.P(links, className="downloads"),
            html.Details(
                [
                    html.Summary(_("What the columns mean")),
                    html.Div(
                        html.Table([html.Thead(html.Tr([html.Th(head, scope="col") for head in heads])), html.Tbody(rows)], className="table figures"),
                        className="table-scroll", tabIndex=0, role="group", **{"aria-label": _("Columns of {table}", table=name)},
                    ),
                ],
                className="twin",
            ),
        ],
        id=table.id,
        className="card",
    )  # fmt: skip


def _size_id(name: Any) -> dict[str, Any]:
    return {"type": "open-data-size", "name": name}


def _table_of(value: Any) -> Table:
    name = value.get("name") if isinstance(value, dict) else None
    if not isinstance(name, str) or name not in TABLES:
        raise BadQuestion(_("There is no such table; open the page again."))
    return TABLES[name]


@gate.answers(
    Output(_size_id(MATCH), "children"), question=Input("question", "data"),
    values={"table": (State(_size_id(MATCH), "id"), _table_of)}, refused=lambda message: message,
)  # fmt: skip
def tell_size(asked: Asked, table: Table) -> str:
    """How many rows the table has now, for when, and how large its files are."""
    if table.figures and not open_data.are_ready(asked):
        return _("The files of the latest data are being made; come back in a minute.")
    size = open_data.size(table, asked)
    said = _(
        "{rows} rows; CSV {csv}, Parquet {parquet}.",
        rows=words.count(size.rows),
        csv=words.file_size(size.csv),
        parquet=words.file_size(size.parquet),
    )
    if not size.first:
        return said
    days = words.days_between(date.fromisoformat(size.first), date.fromisoformat(size.end))
    return _("From {days}. {size}", days=days, size=said)


@gate.answers(Output("data-about", "children"), question=Input("question", "data"), refused=lambda message: html.P(message))
def tell_about(asked: Asked) -> list[Any]:
    """How old the data is, what is withheld, and under what terms it may be used."""
    facts = gate.desk().city.file.portal
    made: list[Any] = [
        html.P(_("The data is complete to {instant}; every file says so too. The figures count cases of public places only, and periods that have ended only; of other cases there are fixed tables.", instant=words.instant(asked.mart.as_of, asked.calendar))),
        html.P(_("A number that is small, or from which a small one would follow, is not published: its cell is empty, and the column 'withheld' names it. No row means no case.")),
    ]  # fmt: skip
    if facts.licence:
        terms = (
            html.A(gate.desk().called(facts.licence), href=facts.licence_url) if facts.licence_url else gate.desk().called(facts.licence)
        )
        made.append(html.P([_("Terms of use:"), " ", terms]))
    return made


layout = page(__name__, "/data", "Open data", build, nav="Open data", order=7)
