"""`/packet`: the briefing packets there are, and drafting one."""

from __future__ import annotations

from typing import Any

import dash
import dash_bootstrap_components as dbc
from dash import Input, Output, State, dcc, html

from components import gate, packet_list, packet_page, packets
from components.page import Query, heading, page
from data_access.store import packets as kept
from data_access.store.acting import Acting
from metrics.question import BadQuestion
from metrics.select import Asked

HERE = State("question", "data")


def build(_query: Query) -> list[Any]:
    return [
        heading("Briefing packets", "What a meeting reads before it meets: promises first, then what changed, each sentence with its source."),
        html.Div(
            [
                html.Section([html.H2("Packets", className="finding"), html.Ul(id="packets-list", className="packet-list")], className="card prose span-8"),
                html.Section(
                    [
                        html.H2("Draft one", className="finding"),
                        html.P("A packet that is there already gets new figures; texts that somebody changed stay.", className="note"),
                        html.Label("For", htmlFor="packet-for"), dbc.Select(id="packet-for", options=[], size="sm"),
                        html.Button("Draft", id="packet-draft", type="button", className="btn btn-sm btn-primary"),
                        html.P(id="packet-ready", className="note", role="status"),
                    ],
                    id="packet-form", className="card prose span-4 packet-form", hidden=True,
                ),
            ],
            className="grid",
        ),
    ]  # fmt: skip


def _refused(message: str) -> dict[str, Any]:
    return {"list": [html.Li(message, className="empty")], "no_form": True, "offered": [], "first": None}


@gate.answers(
    {
        "list": Output("packets-list", "children"), "no_form": Output("packet-form", "hidden"), "offered": Output("packet-for", "options"),
        "first": Output("packet-for", "value"),
    },
    question=Input("question", "data"), refused=_refused,
)  # fmt: skip
def fill(asked: Asked) -> dict[str, Any]:
    """The packets of the present viewer, and the form for whom it is open."""
    offered = packet_list.offered(asked) if packet_page.may_write() else []
    return {"list": packet_list.every(asked), "no_form": not offered, "offered": offered, "first": offered[0]["value"] if offered else None}


def _for(value: Any) -> tuple[int, str]:
    """A parser of what is to be drafted: the meeting's number and a department's id, which may be empty."""
    meeting, _, department = value.partition(" ") if isinstance(value, str) and len(value) < 100 else ("", "", "")
    if not (meeting.isascii() and meeting.isdigit() and len(meeting) < 10):
        raise BadQuestion("Choose the meeting that the packet is for.")
    return int(meeting), department


@gate.changes(
    Output("packet-ready", "children"), action="write_packet", trigger=Input("packet-draft", "n_clicks"), question=HERE,
    values={"query": (HERE, gate.query_of), "chosen": (State("packet-for", "value"), _for)},
)  # fmt: skip
def draft(acting: Acting, _asked: Asked, query: dict[str, str], chosen: tuple[int, str]) -> list[Any]:
    """Draft the packet of a meeting, or of one of its departments."""
    try:
        number = packets.draft_packet(gate.desk(), acting, *chosen)
    except kept.NotWritten as error:
        raise BadQuestion(str(error)) from None
    dash.set_props("question", {"data": query})
    dash.set_props("notice", {"hidden": True})
    return ["The packet is drafted: ", dcc.Link("open it", href=f"{packets.PATH}/{number}"), "."]


layout = page(__name__, packets.PATH, "Briefing packets", build)
