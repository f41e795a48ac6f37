"""The load that waits for a person, for those who may decide: why it is held, and the form."""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html

from access import MAY
from components import gate, words
from data_access.store import held
from data_access.store.acting import Acting
from data_access.store.held import HeldLoad
from metrics.question import BadQuestion
from metrics.select import Asked

TITLE = "A load is held"
EDITION = 40
"""Longest name of an edition."""


def part(asked: Asked) -> list[Any]:
    """What is held and the form, for those who may decide; nothing for others and where nothing waits."""
    desk = gate.desk()
    if desk.is_public or desk.viewer().role not in MAY["decide_load"]:
        return []
    waiting = held.open_one(desk.store())
    if waiting is None:
        return []
    head = (
        f"The load of {', '.join(waiting.sources)} of {words.instant(waiting.built_at, asked.calendar)} differs too much from the data in service "
        f"to replace them unseen. It holds data through {words.instant(waiting.as_of, asked.calendar)}; until somebody decides, all figures come from the data before it."
    )
    content = [html.P(head), html.Ul([html.Li(remark.sentence) for remark in waiting.remarks])]
    content += [_decided(waiting)] if waiting.state == held.APPROVED else _form(waiting)
    return [html.Section([html.H2(TITLE), *content], className="card prose held-load")]


def _decided(waiting: HeldLoad) -> html.P:
    return html.P(
        f"{waiting.decided_by_name} approved it: {words.sentence(waiting.because or '')} It will be in service within some minutes."
    )


def _form(waiting: HeldLoad) -> list[Any]:
    return [
        html.P("Approve it, and it goes into service exactly as it was built, within a minute. Reject it, and it is thrown away; the same data are not held again."),
        html.Div(
            [
                html.Label("Why", htmlFor="held-because"),
                dbc.Textarea(id="held-because", maxlength=held.LONGEST, rows=2, value=""),
                dbc.Checkbox(id="held-sure", label="I have looked at these differences and at the source", value=False),
                html.Div(
                    [
                        html.Button("Approve this load", id="held-approve", type="button", className="btn btn-sm btn-primary"),
                        html.Button("Reject this load", id="held-reject", type="button", className="btn btn-sm btn-outline-danger"),
                    ],
                    className="held-buttons",
                ),
                html.P(id="held-said", className="note", role="status"),
                dcc.Store(id="held-edition", data=waiting.edition),
            ],
            className="promise-form",
        ),
    ]  # fmt: skip


def _sure(value: Any) -> None:
    if value is not True:
        raise BadQuestion("Tick that you have looked at these differences first.")


def _values() -> dict[str, tuple[State, gate.Parser]]:
    return {
        "edition": (State("held-edition", "data"), gate.short_text(EDITION, "The load")), "sure": (State("held-sure", "value"), _sure),
        "because": (State("held-because", "value"), gate.short_text(held.LONGEST, "The reason")),
    }  # fmt: skip


@gate.changes(
    Output("held-said", "children"), action="decide_load", trigger=Input("held-approve", "n_clicks"), question=State("question", "data"), values=_values(),
)  # fmt: skip
def approve(acting: Acting, asked: Asked, edition: str, sure: None, because: str) -> str:
    """Let it go into service."""
    found = _decide(acting, edition, because, approve=True)
    return f"Approved: generation {found.generation} goes into service within a minute, or when the load that is running ends."


@gate.changes(
    Output("held-said", "children", allow_duplicate=True), action="decide_load", trigger=Input("held-reject", "n_clicks"), question=State("question", "data"), values=_values(),
)  # fmt: skip
def reject(acting: Acting, asked: Asked, edition: str, sure: None, because: str) -> str:
    """Throw it away."""
    found = _decide(acting, edition, because, approve=False)
    return f"Rejected: generation {found.generation} is thrown away, and the data in service stay."


def _decide(acting: Acting, edition: str, because: str, *, approve: bool) -> HeldLoad:
    try:
        return held.decide(acting, edition, approve=approve, because=because)
    except held.NotDecided as error:
        raise BadQuestion(str(error)) from None
