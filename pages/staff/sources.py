"""`/admin/sources`: where the city's cases come from, how the last load of each went, and the way to its mapping. For analysts and administrators."""

from __future__ import annotations

from typing import Any

import pandas as pd
from dash import Input, Output, dcc, html

from access import permit
from components import gate
from components.page import Query, heading, page
from components.table import Column, Twin, html_table
from data_access.city import CityError, load_city
from data_access.sources.samples import kept_sample
from data_access.store import engine, runs
from metrics.question import BadQuestion
from metrics.select import Asked

PAGE = "/admin/sources"
LOADS = 200
FIELDS = (
    Column("name", "Source", href="href"), Column("kind", "Kind"), Column("programme", "Programme"), Column("mapping", "Mapping"), Column("state", "Last load"),
    Column("started_at", "When", "instant"), Column("rows_read", "Rows read", "cases"), Column("rows_quarantined", "Refused", "cases"), Column("taken_at", "Rows kept to try", "instant"),
)  # fmt: skip


def build(_query: Query) -> list[Any]:
    return [
        html.Nav(dcc.Link("Accounts and audit", href="/admin"), className="crumbs", **{"aria-label": "Where this is"}),
        heading("Sources", "Where the cases come from, how the last load of each went, and what its columns and words mean."),
        html.Div(
            [
                html.Section([html.H2("Sources of city.toml"), html.Div(id="sources-list")], className="card prose"),
                html.P(
                    ["What was refused and which words nobody mapped in all rows stands on ", dcc.Link("State of the data", href="/data-health"), ". A new source is begun with `flask init`."],
                    className="note",
                ),
            ],
            className="stack",
        ),
    ]  # fmt: skip


@gate.answers(
    Output("sources-list", "children"),
    question=Input("question", "data"),
    refused=lambda message: html.P(message, className="banner banner-bad"),
)
def fill(asked: Asked) -> Any:
    """One line for each source."""
    desk = gate.desk()
    permit(desk.viewer(), "look_at_sources")
    try:
        city = load_city(desk.settings.city)
    except CityError as error:
        raise BadQuestion(str(error)) from None
    store = engine.opened(desk.settings.store_url)
    tried = runs.recent(store, LOADS) if engine.is_prepared(store) else pd.DataFrame({"source_name": []})
    programmes = {one.id: one.name for one in city.programmes}
    rows = []
    for source in city.sources:
        last = tried[tried["source_name"] == source.name].head(1).to_dict("records")
        if last and source.name in asked.mart.silent_sources:
            last[0] |= {"rows_read": None, "rows_quarantined": None}
        sample = kept_sample(desk.settings.data, source.name)
        rows.append(
            {
                "name": source.name, "href": f"{PAGE}/{source.name}", "kind": source.kind, "programme": programmes.get(source.programme, source.programme),
                "mapping": f"preset {source.preset}" if source.preset else source.mapping, "taken_at": sample.taken_at if sample else None,
                **({key: last[0][key] for key in ("state", "started_at", "rows_read", "rows_quarantined")} if last else {"state": "never loaded", "started_at": None, "rows_read": None, "rows_quarantined": None}),
            }
        )  # fmt: skip
    if not rows:
        return html.P("city.toml has no source; `flask init` proposes one.", className="empty")
    return html_table(Twin(pd.DataFrame(rows), FIELDS, "Sources"), asked.calendar)


layout = page(__name__, PAGE, "Sources", build)
