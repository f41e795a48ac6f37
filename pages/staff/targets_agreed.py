"""`/targets/agreed`: the targets that people agreed on: proposals with their reason, who decided, what holds and what held."""

from __future__ import annotations

from datetime import date
from typing import Any

import dash
import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html

from components import agreed_targets, filters, gate
from components.agreed_targets import FIGURES, PAGE
from components.chart import block
from components.form_fields import day_of, field, value_of
from components.page import Query, heading, page
from data_access.store import targets
from data_access.store.acting import Acting
from data_access.store.targets import LONGEST
from metrics.definitions import REGISTRY
from metrics.question import BadQuestion, visible_types
from metrics.select import Asked
from metrics.targets import ON_TIME

DECISIONS = {"approve": "Approve", "refuse": "Refuse", "withdraw": "Withdraw"}


def build(query: Query) -> list[Any]:
    figures = [{"value": name, "label": REGISTRY[name].label} for name in FIGURES]
    choices = [{"value": name, "label": label} for name, label in DECISIONS.items()]
    return [
        html.Nav(dcc.Link("Targets", href="/targets"), className="crumbs", **{"aria-label": "Where this is"}),
        heading("Agreed targets", "Who set which target, why, from when until when, and who agreed."),
        filters.bar(query, without=("grain",)),
        html.Div([block(agreed_targets.AGREED, "span-12", with_table=True)], className="grid"),
        html.Div([html.Section(
            [
                html.H2("Propose a target"),
                html.Div(
                    [
                        field("target-figure", "Figure", dbc.Select(id="target-figure", options=figures, value=ON_TIME)),
                        field("target-department", "Of", dbc.Select(id="target-department", options=[], value="", placeholder=agreed_targets.CITY)),
                        field("target-type", "Request type", dbc.Select(id="target-type", options=[], value="", placeholder="All")),
                        field("target-value", "Target (a share in percent)", dbc.Input(id="target-value", type="text", inputMode="decimal", maxlength=20, autocomplete="off")),
                        field("target-from", "From", dbc.Input(id="target-from", type="date")),
                        field("target-until", "Until, its last day (optional)", dbc.Input(id="target-until", type="date")),
                        field("target-owner", "Who answers for it", dbc.Input(id="target-owner", type="text", maxlength=LONGEST["owner_name"], autocomplete="off")),
                        field("target-source", "Where it is decided: budget, contract, plan", dbc.Input(id="target-source", type="text", maxlength=LONGEST["source"], autocomplete="off")),
                        field("target-reason", "Why this value", dbc.Textarea(id="target-reason", maxlength=LONGEST["reason"], rows=2), wide=True),
                    ],
                    className="promise-new",
                ),
                html.Button("Propose", id="target-propose", type="button", className="btn btn-primary"),
                html.P(id="target-proposed", className="note", role="status"),
            ],
            id="target-form", className="card prose", hidden=True,
        ),
        html.Section(
            [
                html.H2("Decide"),
                html.P("A proposal is decided by somebody other than who made it. Nothing is deleted: a decision stays on record with its reason."),
                html.Div(
                    [
                        field("target-which", "Which", dbc.Select(id="target-which", options=[], value="", placeholder="Choose one")),
                        field("target-what", "What", dbc.Select(id="target-what", options=choices, value="approve")),
                        field("target-decision", "Why", dbc.Textarea(id="target-decision", maxlength=LONGEST["decision"], rows=2), wide=True),
                    ],
                    className="promise-new",
                ),
                html.Button("Decide", id="target-decide", type="button", className="btn btn-primary"),
                html.P(id="target-decided", className="note", role="status"),
            ],
            id="target-decisions", className="card prose", hidden=True,
        )], className="stack"),
    ]  # fmt: skip


@gate.answers(
    {
        "departments": Output("target-department", "options"), "department": Output("target-department", "value"), "types": Output("target-type", "options"), "which": Output("target-which", "options"),
        "from_": Output("target-from", "value"), "form": Output("target-form", "hidden"), "decisions": Output("target-decisions", "hidden"),
    },
    question=Input("question", "data"),
)  # fmt: skip
def fill(asked: Asked) -> dict[str, Any]:
    """The forms' choices, for whom they are open."""
    viewer = gate.desk().viewer()
    open_to, chosen = agreed_targets.departments(viewer, asked), "".join(asked.question.department)
    kinds = sorted(((slug, member.name) for slug, member in visible_types(asked.scope, asked.mart).items()), key=lambda pair: pair[1])
    undecided = [one for one in agreed_targets.visible(asked) if one.state in (targets.PROPOSED, targets.APPROVED)]
    return {
        "departments": [{"value": slug, "label": name} for slug, name in open_to.items()],
        "department": chosen if chosen in open_to else next(iter(open_to), ""),
        "types": [{"value": "", "label": "All"}, *({"value": slug, "label": name} for slug, name in kinds)],
        "which": [{"value": "", "label": "Choose one"}, *({"value": str(one.id), "label": f"{agreed_targets.said(one, asked)} ({one.state})"} for one in undecided)],
        "from_": asked.question.end.isoformat(), "form": not agreed_targets.may(viewer, "propose_target"), "decisions": not agreed_targets.may(viewer, "decide_target"),
    }  # fmt: skip


@gate.changes(
    {"said": Output("target-proposed", "children"), "value": Output("target-value", "value"), "reason": Output("target-reason", "value")},
    action="propose_target", trigger=Input("target-propose", "n_clicks"), question=State("question", "data"),
    values={
        "query": (State("question", "data"), gate.query_of), "figure": (State("target-figure", "value"), gate.one_of(FIGURES, "figure")),
        "department": (State("target-department", "value"), gate.short_text(80, "The department")), "kind": (State("target-type", "value"), gate.short_text(80, "The request type")),
        "value": (State("target-value", "value"), gate.short_text(20, "The target")), "start": (State("target-from", "value"), day_of("The first day")),
        "until": (State("target-until", "value"), day_of("The last day")), "owner": (State("target-owner", "value"), gate.short_text(LONGEST["owner_name"], "The name")),
        "source": (State("target-source", "value"), gate.short_text(LONGEST["source"], "Where it is decided")),
        "reason": (State("target-reason", "value"), gate.short_text(LONGEST["reason"], "The reason")),
    },
)  # fmt: skip
def propose(
    acting: Acting, asked: Asked, query: dict[str, str], figure: str, department: str, kind: str, value: str, start: date | None, until: date | None,
    owner: str, source: str, reason: str,
) -> dict[str, Any]:  # fmt: skip
    """Keep the proposal."""
    if department not in agreed_targets.departments(acting.viewer, asked):
        raise BadQuestion(f"There is no department called '{department[:40]}'.")
    if kind and kind not in asked.members("request_type").by_slug:
        raise BadQuestion(f"There is no request type called '{kind[:40]}'.")
    wanted = value_of(value, REGISTRY[figure], "The target")
    if wanted is None or start is None:
        raise BadQuestion("Write the target's value." if wanted is None else "Give the day from which it holds.")
    try:
        targets.propose(
            acting, metric=figure, department=department, request_type=kind, value=wanted, valid_from=start, valid_until=until, owner_name=owner,
            source=source, reason=reason, open_to=agreed_targets.open_to(asked),
        )  # fmt: skip
    except targets.NotAgreed as error:
        raise BadQuestion(str(error)) from None
    _follow(query)
    return {"said": "Proposed; it stands first in the table above until somebody decides.", "value": "", "reason": ""}


@gate.changes(
    {"said": Output("target-decided", "children"), "decision": Output("target-decision", "value")},
    action="decide_target", trigger=Input("target-decide", "n_clicks"), question=State("question", "data"),
    values={
        "query": (State("question", "data"), gate.query_of), "which": (State("target-which", "value"), gate.short_text(12, "Which target")),
        "what": (State("target-what", "value"), gate.one_of(DECISIONS, "decision")), "decision": (State("target-decision", "value"), gate.short_text(LONGEST["decision"], "The reason")),
    },
)  # fmt: skip
def decide(acting: Acting, asked: Asked, query: dict[str, str], which: str, what: str, decision: str) -> dict[str, Any]:
    """Approve, refuse or withdraw."""
    if not (which.isascii() and which.isdigit()) or int(which) not in {one.id for one in agreed_targets.visible(asked)}:
        raise BadQuestion("Choose a target to decide on.")
    try:
        done = agreed_targets.settled(acting, int(which), what, decision)
    except targets.NotAgreed as error:
        raise BadQuestion(str(error)) from None
    gate.desk().note("target decided", f"{done.id}: {done.state}")
    _follow(query)
    return {"said": f"{agreed_targets.said(done, asked)} is {done.state}.", "decision": ""}


def _follow(query: dict[str, str]) -> None:
    """Let what the page shows follow what was written."""
    dash.set_props("question", {"data": query})
    dash.set_props("notice", {"hidden": True})


layout = page(__name__, PAGE, "Agreed targets", build)
