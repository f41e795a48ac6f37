"""`/admin/sources/<source>`: what the columns and words of one source mean, tried on rows that are kept here. Only administrators save."""

from __future__ import annotations

import difflib
from typing import Any

import dash
from dash import ALL, Input, Output, State, dcc, html, no_update

from access import MAY
from components import gate, source_mapping, words
from components.page import Query, heading, page
from components.source_mapping import COLUMN, Bench, bench, choice, draft_of
from components.source_words import FIELDS, NONE, TABLES
from data_access.mapping.drafts import Draft, NotSaved, drafted, save, undo
from data_access.store.acting import Acting
from metrics.question import BadQuestion
from metrics.select import Asked
from pages.staff.sources import PAGE

HERE = State("question", "data")
MOST, LONGEST, LARGEST = 400, 300, 10_000
UNREADABLE = "The choices of this page cannot be read; open the page again."


def build(_query: Query) -> list[Any]:
    def part(title: str, note: str, *content: Any) -> html.Section:
        return html.Section([html.H2(title), *([html.P(note, className="note")] if note else []), *content], className="card prose")

    return [
        html.Nav(dcc.Link("All sources", href=PAGE), className="crumbs", **{"aria-label": "Where this is"}),
        html.Div(heading("Source"), id="source-head"),
        html.Div(
            [
                part("What it holds", "Columns about people are not kept here and not shown to anybody.", html.Div(id="source-columns")),
                part("Which column is what", "Only columns chosen here are ever read.", html.Div(id="source-fields", className="promise-new")),
                part("What the words mean", "A word that is not mapped is loaded as unknown, counted and listed.", html.Div(id="source-words")),
                part("What would load", "Nothing is saved yet: the kept rows are mapped as a load would.", html.Div(id="source-figures", **{"aria-live": "polite"})),
                html.Section(
                    [
                        html.H2("Save"),
                        html.Pre(id="source-text", className="source-text", tabIndex=0, **{"aria-label": "What changes in the mapping file"}),
                        html.Div(
                            [
                                html.Button("Save the mapping", id="source-save", type="button", className="btn btn-primary"),
                                html.Button("Undo the last saving", id="source-undo", type="button", className="btn btn-outline-secondary"),
                            ],
                            id="source-acts", className="packet-acts", hidden=True,
                        ),
                        html.P("Your account may try a mapping; an administrator saves it.", id="source-closed", className="note", hidden=True),
                        html.P(id="source-said", role="status", className="said"),
                    ],
                    className="card prose",
                ),
                dcc.Store(id="source-version"),
                dcc.Store(id="source-shown"),
            ],
            className="stack",
        ),
    ]  # fmt: skip


Place = tuple[str, str, int]
"""Of one control: the table it belongs to, the field or column, and which word of it."""


def _values(value: Any) -> list[str]:
    """A parser of what the controls say."""
    if (
        not isinstance(value, list)
        or len(value) > MOST
        or not all(isinstance(one, (str, type(None))) and len(one or "") <= LONGEST for one in value)
    ):
        raise BadQuestion(UNREADABLE)
    return ["" if one in (None, NONE) else one for one in value]


def _places(value: Any) -> list[Place]:
    """A parser of which controls these are."""
    if not isinstance(value, list) or len(value) > MOST or not all(isinstance(one, dict) for one in value):
        raise BadQuestion(UNREADABLE)
    places = [(one.get("table"), one.get("name"), one.get("place")) for one in value]
    for table, name, place in places:
        known = isinstance(table, str) and (name in list(FIELDS) if table == COLUMN else table in TABLES)
        if not known or not isinstance(name, str) or len(name) > LONGEST or not isinstance(place, int) or not 0 <= place < LARGEST:
            raise BadQuestion(UNREADABLE)
    return places  # type: ignore[return-value]


def _columns(values: list[str], places: list[Place]) -> dict[str, str]:
    """Field -> chosen column."""
    return {name: value for (table, name, _), value in zip(places, values, strict=False) if table == COLUMN}


def _draft(of: Bench, values: list[str], places: list[Place]) -> Draft:
    """Everything that is chosen."""
    meant = {place: value for place, value in zip(places, values, strict=False) if place[0] != COLUMN}
    return draft_of(of, _columns(values, places), meant)


def _all(kind: Any) -> dict[str, tuple[Any, Any]]:
    """What the controls say, as inputs or states."""
    every = choice(ALL, ALL, ALL)
    return {"values": (kind(every, "value"), _values), "places": (State(every, "id"), _places)}


@gate.answers(
    {
        "head": Output("source-head", "children"), "columns": Output("source-columns", "children"), "fields": Output("source-fields", "children"),
        "version": Output("source-version", "data"), "shown": Output("source-shown", "data"), "no_acts": Output("source-acts", "hidden"), "no_note": Output("source-closed", "hidden"),
    },
    question=Input("question", "data"), values={"query": (Input("question", "data"), gate.query_of)},
    refused=lambda message: {"head": heading("Not shown", message), "columns": "", "fields": [], "version": "", "shown": None, "no_acts": True, "no_note": True},
)  # fmt: skip
def fill(asked: Asked, query: dict[str, str]) -> dict[str, Any]:
    """The source in the path, as it is saved."""
    of = bench(query.get("source", ""))
    may = gate.desk().viewer().role in MAY["map_source"]
    where = (
        f"the preset {of.now.preset!r}, which is never changed: saving makes {of.now.path.name} beside city.toml"
        if of.now.preset
        else f"{of.now.path.name} beside city.toml"
    )
    kept = (
        f" {words.count(len(of.sample.frame))} rows are kept here to try it on, taken {words.instant(of.sample.taken_at, asked.calendar)}."
        if of.sample
        else ""
    )
    return {
        "head": heading(f"Source {of.source.name}", f"Its mapping is {where}.{kept}"), "columns": source_mapping.columns_table(of), "fields": source_mapping.column_form(of),
        "version": of.now.version, "shown": None, "no_acts": not may, "no_note": may,
    }  # fmt: skip


@gate.answers(
    {"words": Output("source-words", "children"), "shown": Output("source-shown", "data", allow_duplicate=True)},
    question=HERE, initial=False, values={
        "query": (HERE, gate.query_of), "values": (Input(choice(COLUMN, ALL, 0), "value"), _values), "places": (State(choice(COLUMN, ALL, 0), "id"), _places),
        "shown": (State("source-shown", "data"), gate.query_of),
    },
)  # fmt: skip
def offer_words(asked: Asked, query: dict[str, str], values: list[str], places: list[Place], shown: dict[str, str]) -> dict[str, Any]:
    """The words of the chosen columns; what is chosen for words stays while their columns stay."""
    of = bench(query.get("source", ""))
    now = source_mapping.word_columns(of, _columns(values, places))
    if {table: column for table, column in now.items() if column} == shown:
        return {"words": no_update, "shown": no_update}
    return {"words": [source_mapping.word_form(of, table, column) for table, column in now.items()], "shown": now}


@gate.answers(
    {"figures": Output("source-figures", "children"), "text": Output("source-text", "children")},
    question=HERE, initial=False, values={"query": (HERE, gate.query_of), **_all(Input)},
    refused=lambda message: {"figures": html.P(message, className="banner banner-bad"), "text": ""},
)  # fmt: skip
def preview(asked: Asked, query: dict[str, str], values: list[str], places: list[Place]) -> dict[str, Any]:
    """What would load with these choices, and what would be written."""
    of = bench(query.get("source", ""))
    try:
        text, mapping = drafted(of.now, _draft(of, values, places))
    except NotSaved as error:
        raise BadQuestion(str(error)) from None
    return {"figures": source_mapping.figures(of, mapping), "text": changes_of(of.now.text, text)}


def changes_of(before: str, after: str) -> str:
    """The lines that go and come."""
    lines = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=1)
    return "\n".join(line for line in lines if not line.startswith(("---", "+++"))) or "Nothing differs from what is saved."


@gate.changes(
    Output("source-said", "children"), action="map_source", trigger=Input("source-save", "n_clicks"), question=HERE,
    values={
        "query": (HERE, gate.query_of), "version": (State("source-version", "data"), gate.short_text(40, "The version")), **_all(State),
    },
)  # fmt: skip
def keep(acting: Acting, asked: Asked, query: dict[str, str], version: str, values: list[str], places: list[Place]) -> str:  # fmt: skip
    """Write the choices into the city's own mapping."""
    of = bench(query.get("source", ""))
    try:
        kept = save(of.city.folder, of.source, _draft(of, values, places), version, acting.now)
    except NotSaved as error:
        raise BadQuestion(str(error)) from None
    gate.desk().note("mapping saved", f"source {of.source.name}: {kept.name}")
    _again(query)
    return f"Saved. {'The earlier one is kept as' if of.now.preset is None else 'The city now has its own mapping,'} {kept.name}. Load everything again: flask sync --full --source {of.source.name}"


@gate.changes(
    Output("source-said", "children", allow_duplicate=True), action="map_source", trigger=Input("source-undo", "n_clicks"), question=HERE,
    values={"query": (HERE, gate.query_of)},
)  # fmt: skip
def take_back(acting: Acting, asked: Asked, query: dict[str, str]) -> str:
    """Put the earlier mapping back."""
    of = bench(query.get("source", ""))
    try:
        said = undo(of.city.folder, of.source, acting.now)
    except NotSaved as error:
        raise BadQuestion(str(error)) from None
    gate.desk().note("mapping undone", f"source {of.source.name}: {said}")
    _again(query)
    return f"{said} Load everything again: flask sync --full --source {of.source.name}"


def _again(query: dict[str, str]) -> None:
    """Let the page show what is in force now."""
    dash.set_props("question", {"data": query})
    dash.set_props("notice", {"hidden": True})


layout = page(__name__, f"{PAGE}/crm", lambda variables: f"Source {variables.get('source', '')}", build, template=f"{PAGE}/<source>")
