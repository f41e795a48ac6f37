"""`/packet/<number>`: the briefing before a meeting, its figures frozen, its words to be changed, and as a file to hand out."""

from __future__ import annotations

from typing import Any

import dash
from dash import MATCH, Input, Output, State, dcc, html

from components import gate, packet_page, packets
from components.packet_page import ACTS, DONE, of_part
from components.page import Query, page
from data_access.store import packets as kept
from data_access.store.acting import Acting
from metrics.question import BadQuestion
from metrics.select import Asked

HERE = State("question", "data")
LARGEST = 10**6


def build(_query: Query) -> list[Any]:
    return [
        html.Nav(dcc.Link("All packets", href=packets.PATH), className="crumbs", **{"aria-label": "Where this is"}),
        html.Div([html.H1("Briefing packet", id="packet-title"), html.P(id="packet-about", className="lead")], className="page-head"),
        html.Div(
            [
                html.Div(id="packet-files", className="packet-acts"),
                html.Div(
                    [
                        html.Button("Draft again", id="packet-again", type="button", className="btn btn-sm btn-outline-secondary"),
                        html.Span("New figures; texts that somebody changed stay. Save first what you are writing.", className="note"),
                    ],
                    id="packet-again-form", className="packet-acts", hidden=True,
                ),
            ],
            className="packet-tools",
        ),
        html.P(id="packet-drafted", className="note", role="status"),
        html.Div(id="packet-parts", className="packet-parts"),
    ]  # fmt: skip


def _refused(message: str) -> dict[str, Any]:
    return {"title": "Not shown", "about": message, "files": [], "no_form": True, "parts": []}


@gate.answers(
    {
        "title": Output("packet-title", "children"), "about": Output("packet-about", "children"), "files": Output("packet-files", "children"),
        "no_form": Output("packet-again-form", "hidden"), "parts": Output("packet-parts", "children"),
    },
    question=Input("question", "data"), values={"query": (Input("question", "data"), gate.query_of)}, refused=_refused,
)  # fmt: skip
def fill(asked: Asked, query: dict[str, str]) -> dict[str, Any]:
    """The packet in the path."""
    of, writes = packet_page.chosen(query.get("packet", ""), asked), packet_page.may_write()
    title, about = packet_page.headline(of, asked)
    return {
        "title": title, "about": about, "files": packet_page.downloads(of), "no_form": not writes,
        "parts": [packet_page.section(part, of, asked, writes=writes) for part in packet_page.parts_of(of, asked)],
    }  # fmt: skip


@gate.changes(
    Output("packet-drafted", "children"), action="write_packet", trigger=Input("packet-again", "n_clicks"), question=HERE,
    values={"query": (HERE, gate.query_of)},
)  # fmt: skip
def again(acting: Acting, asked: Asked, query: dict[str, str]) -> str:
    """Draft it again with the figures as they are known now."""
    of = packet_page.chosen(query.get("packet", ""), asked)
    try:
        packets.draft_packet(gate.desk(), acting, of.meeting_id, of.department)
    except kept.NotWritten as error:
        raise BadQuestion(str(error)) from None
    dash.set_props("question", {"data": query})
    return "Drafted again. Texts that somebody changed are marked where their figures are newer."


def _part(value: Any) -> tuple[int, str]:
    """A parser of the id of one button: the part, and what is to be done with it."""
    part, act = (value.get("part"), value.get("act")) if isinstance(value, dict) else (None, None)
    if act not in ACTS or not isinstance(part, str) or not (part.isascii() and part.isdigit() and len(part) < 10):
        raise BadQuestion("There is no such part; open the packet again.")
    return int(part), act


def _seen(value: Any) -> int:
    """A parser of the revision that the writer had before them; of a part without a field there is none."""
    if value is None:
        return -1
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < LARGEST:
        raise BadQuestion("This field cannot be read; open the packet again.")
    return value


def _version(value: Any) -> int:
    """A parser of an earlier revision; none where nothing is chosen."""
    if value in (None, ""):
        return -1
    if not isinstance(value, str) or not (value.isascii() and value.isdigit() and len(value) < 7):
        raise BadQuestion("There is no such version; open the packet again.")
    return int(value)


@gate.changes(
    Output(of_part("done", MATCH, MATCH), "data"), action="write_packet", trigger=Input(of_part("do", MATCH, MATCH), "n_clicks"), question=HERE,
    values={
        "query": (HERE, gate.query_of), "button": (State(of_part("do", MATCH, MATCH), "id"), _part),
        "text": (State(of_part("text", MATCH), "value"), gate.short_text(2 * kept.LONGEST_TEXT, "The text")),
        "seen": (State(of_part("seen", MATCH), "data"), _seen), "version": (State(of_part("version", MATCH), "value"), _version),
    },
)  # fmt: skip
def change(acting: Acting, asked: Asked, query: dict[str, str], button: tuple[int, str], text: str, seen: int, version: int) -> str:
    """Do one thing with one part of this packet, and draw the part again. Of what is refused nothing is drawn again, so nothing written is lost."""
    (number, act), of = button, packet_page.chosen(query.get("packet", ""), asked)
    part = next((part for part in packet_page.parts_of(of, asked) if part.id == number), None)
    if part is None:
        raise BadQuestion("There is no such part; open the packet again.")
    typed = [line for line in map(kept.plain, text.splitlines()) if line]
    if act in ("restore", "draft", "out") and typed and seen == part.latest.revision and typed != part.latest.text.splitlines():
        dash.set_props(of_part("status", number), {"children": ""})
        raise BadQuestion("What you wrote in the field is not kept yet: save it first, or open the packet again to leave it.")
    try:
        if act == "save":
            kept.revise(acting, number, text, seen)
        elif act == "restore":
            kept.restore(acting, number, version, seen)
        elif act == "draft":
            kept.take_draft(acting, number, seen)
        else:
            kept.take_out(acting, number, act == "out")
    except kept.NotWritten as error:
        dash.set_props(of_part("status", number), {"children": ""})
        raise BadQuestion(str(error)) from None
    now = next(part for part in packet_page.parts_of(of, asked) if part.id == number)
    dash.set_props(of_part("body", number), {"children": packet_page.body(now, of, asked, writes=True)})
    dash.set_props(of_part("status", number), {"children": DONE[act]})
    dash.set_props("notice", {"hidden": True})
    return act


layout = page(__name__, "/packet/1", "Briefing packet", build, template="/packet/<packet>")
