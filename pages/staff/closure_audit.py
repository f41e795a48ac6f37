"""`/closure/audit`: closed cases drawn at random, for somebody to go and look whether they were really fixed."""

from __future__ import annotations

import secrets
from typing import Any

import dash
import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html

from components import audit as shown
from components import filters, gate
from components.chart import Chart, block
from components.page import Query, heading, page
from data_access.store import audits
from data_access.store.acting import Acting
from metrics import audit
from metrics.question import BadQuestion
from metrics.select import Asked

USUAL = 10
LARGEST_SEED = 2**31 - 1
CHOICES = [{"value": name, "label": label} for name, label in shown.FOUND.items()]


def build(query: Query) -> list[Any]:
    return [
        html.Nav(dcc.Link("Closure", href="/closure"), className="crumbs", **{"aria-label": "Where this is"}),
        heading("Closure audit", "Closed cases drawn at random, for somebody to go and look: how many were really fixed?"),
        filters.bar(query, own=(shown.SAMPLE.name, shown.SHOWN.name), without=("grain",)),
        html.Div([_draw_form(), block(ESTIMATE, "span-8"), _visit_form(), block(LIST, "span-12", with_table=True)], className="grid"),
    ]


def _draw_form() -> html.Section:
    field = dbc.Input(id="audit-number", type="number", min=1, max=audit.MOST_PER_DEPARTMENT, step=1, value=USUAL, size="sm")
    return html.Section(
        [
            html.H2("Draw a sample"),
            html.P(
                "From the cases closed in the period above and within its filters, each once by its last closing; the same number of each department, "
                "none that is in a sample already. The seed is drawn by the machine and kept with the list, so that anybody can draw it again."
            ),
            html.Div(
                [
                    html.Label("Cases of each department", htmlFor="audit-number"), field,
                    html.Button("Draw", id="audit-draw", type="button", className="btn btn-sm btn-primary"),
                ],
                id="audit-draw-form", className="audit-line", hidden=True,
            ),
            html.P(id="audit-drawn", className="note", role="status"),
        ],
        className="card prose span-4 audit-form",
    )  # fmt: skip


def _visit_form() -> html.Section:
    found = dbc.RadioItems(id="audit-found", options=CHOICES, inline=True)
    return html.Section(
        [
            html.H2("Record what was found"),
            html.Div(id="audit-case"),
            html.Div(
                [
                    html.Fieldset([html.Legend("Found"), found]),
                    html.Label(f"Note (at most {audits.LONGEST_NOTE} characters, no names of residents)", htmlFor="audit-note"),
                    dbc.Textarea(id="audit-note", maxlength=audits.LONGEST_NOTE, rows=3),
                    dcc.Store(id="audit-seen"),
                    html.Button("Record", id="audit-record", type="button", className="btn btn-sm btn-primary"),
                ],
                id="audit-record-form", className="audit-visit", hidden=True,
            ),
            html.P(id="audit-recorded", className="note", role="status"),
        ],
        id="audit-visit", className="card prose span-12 audit-form",
    )  # fmt: skip


def _refused(message: str) -> dict[str, Any]:
    return {"may_draw": True, "case": message, "may_record": True, "found": None, "note": "", "seen": 0}


@gate.answers(
    {
        "may_draw": Output("audit-draw-form", "hidden"), "case": Output("audit-case", "children"), "may_record": Output("audit-record-form", "hidden"),
        "found": Output("audit-found", "value"), "note": Output("audit-note", "value"), "seen": Output("audit-seen", "data"),
    },
    question=Input("question", "data"),
    values={"query": (State("question", "data"), gate.query_of)},
    refused=_refused,
)  # fmt: skip
def fill(asked: Asked, query: dict[str, str]) -> dict[str, Any]:
    """The forms, for whom they are open, with what was recorded last."""
    case, may = shown.visited(asked, filters.view_of(query, asked)), shown.may_record()
    made = {"may_draw": not may, "may_record": True, "found": None, "note": "", "seen": 0}
    if case is None:
        return {**made, "case": html.P("Choose a case in the list below.", className="empty")}
    known = case["revision"] > 0
    return {
        **made, "case": shown.case_words(case, asked), "may_record": not may, "found": case["found"] if known else None,
        "note": case["note"] if known else "", "seen": int(case["revision"]),
    }  # fmt: skip


def _number(value: Any) -> int:
    """A parser of how many cases of each department are wanted."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= audit.MOST_PER_DEPARTMENT:
        raise BadQuestion(f"Write how many cases of each department: 1 to {audit.MOST_PER_DEPARTMENT}.")
    return value


def _seen(value: Any) -> int:
    """A parser of the revision that the writer had before them."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 10**6:
        raise BadQuestion("This form cannot be read; open the case again.")
    return value


@gate.changes(
    Output("audit-drawn", "children"), action="audit", trigger=Input("audit-draw", "n_clicks"), question=State("question", "data"),
    values={"number": (State("audit-number", "value"), _number)},
)  # fmt: skip
def draw(acting: Acting, asked: Asked, number: int) -> str:
    """Draw a sample from what the page asks for, keep it, and show it."""
    drawn = audit.draw(asked, number, secrets.randbelow(LARGEST_SEED), audits.drawn_already(acting.store))
    try:
        kept = audits.keep_sample(acting, drawn.sample, drawn.closed_cases, drawn.picked)
    except audits.NotRecorded as error:
        raise BadQuestion(str(error)) from None
    dash.set_props(filters.control_id(shown.SAMPLE.name), {"value": str(kept)})
    return f"Sample {kept} has {len(drawn.picked)} cases; its list is below."


@gate.changes(
    Output("audit-recorded", "children"), action="audit", trigger=Input("audit-record", "n_clicks"), question=State("question", "data"),
    values={
        "query": (State("question", "data"), gate.query_of), "found": (State("audit-found", "value"), gate.one_of(audits.FINDINGS, "finding")),
        "note": (State("audit-note", "value"), gate.short_text(audits.LONGEST_NOTE, "A note")), "seen": (State("audit-seen", "data"), _seen),
    },
)  # fmt: skip
def record(acting: Acting, asked: Asked, query: dict[str, str], found: str, note: str, seen: int) -> str:
    """Record what was found at the case in the page's address."""
    case = shown.visited(asked, filters.view_of(query, asked))
    if case is None:
        raise BadQuestion("Choose a case in the list first.")
    try:
        is_new = audits.record(acting, int(case["id"]), found, note, seen, audit.open_to(acting.viewer, asked))
    except audits.NotRecorded as error:
        raise BadQuestion(str(error)) from None
    # What is shown of the sample follows.
    dash.set_props("question", {"data": query})
    dash.set_props("notice", {"hidden": True})
    return f"Case {case['source_id']} is recorded as {shown.FOUND[found].lower()}." if is_new else "This was recorded already."


ESTIMATE = Chart("audit-estimate", "Closed cases that were really fixed", shown.draw_estimate, metric=audit.OF, has_period=False)
LIST = Chart("audit-list", "The list to take along", shown.draw_list, has_period=False)

layout = page(__name__, "/closure/audit", "Closure audit", build)
