"""A packet on its page: each part with its sentences, their sources and its charts, and for who may write the field to change it."""

from __future__ import annotations

from typing import Any

import dash_bootstrap_components as dbc
from dash import dcc, html

from access import MAY
from components import briefing_words, packet_charts, packets, theme, words
from components.gate import desk
from components.packet_files import FORMS
from components.packet_view import Line, Shown, show, view
from components.plain_table import PlainTable
from data_access.store import packets as kept
from data_access.store.packets import Packet, Part
from metrics.question import BadQuestion
from metrics.select import Asked

CHART_HEIGHT = 250
ACTS = {
    "save": "Save",
    "restore": "Let this version hold",
    "draft": "Take the draft's text",
    "out": "Take this part out",
    "back": "Put this part back",
}
DONE = {
    "save": "Saved.", "restore": "The earlier version holds again.", "draft": "The draft's text holds.", "out": "The part is taken out; it can be put back here.",
    "back": "The part is back.",
}  # fmt: skip
LONGEST_VERSION = 90


def of_part(kind: str, part: int | Any, act: str | Any = None) -> dict[str, Any]:
    """Id of something that belongs to one part, or to one thing that can be done with it."""
    made = {"type": f"packet-{kind}", "part": part if not isinstance(part, int) else str(part)}
    return made if act is None else {**made, "act": act}


def chosen(number: str, asked: Asked) -> Packet:
    """The packet that the page's address names.

    Raises:
        BadQuestion: there is none of that number that the viewer may see.
    """
    at, plain = desk(), number if number.isascii() and number.isdigit() and len(number) < 10 else "0"
    found = kept.one(at.store(), at.viewer(), packets.only(at.viewer(), asked), int(plain))
    if found is None:
        raise BadQuestion(kept.NO_PACKET)
    return found


def may_write() -> bool:
    """Whether the present viewer may draft and change packets."""
    return desk().viewer().role in MAY["write_packet"]


def parts_of(of: Packet, asked: Asked) -> list[Part]:
    """Its parts, those that were taken out last."""
    at = desk()
    found = kept.parts(at.store(), at.viewer(), packets.only(at.viewer(), asked), of.id)
    return sorted(found, key=lambda part: part.removed_at is not None)


def headline(of: Packet, asked: Asked) -> tuple[str, str]:
    """Its title, and when and as known to which instant."""
    shown = view(desk().city.name, of, packets.about(of, asked), (), asked.calendar, "")
    return shown.title, shown.about


def downloads(of: Packet) -> list[Any]:
    """Its files."""
    names = {"html": "One HTML file", "pdf": "PDF", "pptx": "Slides (PPTX)"}
    return [html.A(names[form], href=f"{packets.PATH}/{of.id}.{form}", className="btn btn-sm btn-outline-secondary") for form in FORMS]


def section(part: Part, of: Packet, asked: Asked, *, writes: bool) -> html.Section:
    """One part with what can be done with it. What was done is said beside it, so that it stays when the part is drawn again."""
    done = [dcc.Store(id=of_part("done", part.id, act)) for act in ACTS] if writes else []
    status = html.P(id=of_part("status", part.id), className="note", role="status")
    inner = html.Div(body(part, of, asked, writes=writes), id=of_part("body", part.id))
    return html.Section([inner, status, *done], className=f"card prose packet-part packet-{part.kind}")


def body(part: Part, of: Packet, asked: Asked, *, writes: bool) -> list[Any]:
    """What a part says; of one that was taken out only that."""
    if part.removed_at is not None:
        back = [_button(part, "back"), html.Div(_fields(part, asked), hidden=True)] if writes else []
        return [html.H2(part.heading, className="packet-out"), html.P("Taken out of the packet: it is in none of its files."), *back]
    shown = show(part, of, asked.calendar)
    made: list[Any] = [html.H2(shown.heading), html.Ul([_line(line) for line in shown.lines], className="packet-lines")]
    if shown.note:
        made.append(html.P(shown.note, className="note"))
    made += [_table(table["heads"], table["rows"], table["caption"]) for table in shown.tables]
    if shown.charts:
        made.append(html.Div([_chart(chart) for chart in shown.charts], className="packet-charts"))
    if shown.cases:
        links = [piece for case in shown.cases for piece in (dcc.Link(case["id"], href=case["address"]), " ")]
        made.append(html.P(["Cases to look at: ", *links]))
    if shown.questions:
        made.append(
            html.Div([html.H3(briefing_words.SUGGESTED), html.Ul([html.Li(text) for text in shown.questions])], className="packet-ask")
        )
    return [*made, *([_editor(shown, asked)] if writes else [])]


def _line(line: Line) -> html.Li:
    source = (
        [" ", dcc.Link("source", href=line.source, className="packet-source", title="The page with these figures, as they were known then")]
        if line.source
        else []
    )
    return html.Li([line.text, *source])


def _table(heads: list[str], rows: list[list[str]], caption: str) -> html.Div:
    columns = [{"label": head, "end": at > 0} for at, head in enumerate(heads)]
    table = PlainTable(columns=columns, rows=[list(row) for row in rows], caption=caption)
    return html.Div(table, className="table-scroll", tabIndex=0, role="group", **{"aria-label": caption})


def _chart(chart: dict[str, Any]) -> html.Div:
    figure = packet_charts.figure(chart)
    height = figure["layout"]["height"] if chart["kind"] == "bars" else CHART_HEIGHT
    figure["layout"]["height"] = height
    heads, rows = packet_charts.rows(chart)
    graph = dcc.Graph(figure=figure, config=theme.graph_config(), style={"height": height})  # type: ignore[arg-type]
    image = html.Div(graph, role="img", **{"aria-label": packet_charts.said(chart, chart["said"])})
    twin = html.Details([html.Summary("Show as table"), _table(heads, rows, chart["title"])], className="twin")
    return html.Div([html.P(chart["title"], className="subtitle"), image, twin], className="packet-chart")


def _editor(shown: Shown, asked: Asked) -> html.Details:
    part = shown.part
    text, seen, version = _fields(part, asked)
    made: list[Any] = [
        html.Summary("Change the text"),
        html.Label("One sentence a line. A line that stays as it was drafted keeps its source.", htmlFor=_dom_id("text", part.id)), text, seen,
        html.Div([_button(part, "save", "btn-primary"), *([_button(part, "draft")] if part.is_edited else []), _button(part, "out")], className="packet-acts"),
    ]  # fmt: skip
    earlier = [html.Label("Earlier versions", htmlFor=_dom_id("version", part.id)), version, _button(part, "restore")]
    return html.Details([*made, html.Div(earlier, className="packet-earlier", hidden=not part.latest.revision)], className="packet-editor")


def _fields(part: Part, asked: Asked) -> tuple[Any, Any, Any]:
    """What every change of a part is posted with: its text, the revision that was seen, and an earlier one."""
    versions = _versions(part, asked)
    rows = min(4 + 2 * part.latest.text.count("\n"), 16)
    return (
        dbc.Textarea(id=of_part("text", part.id), value=part.latest.text, maxlength=kept.LONGEST_TEXT, rows=rows, spellCheck=True),
        dcc.Store(id=of_part("seen", part.id), data=part.latest.revision),
        dbc.Select(id=of_part("version", part.id), options=versions, value=versions[0]["value"] if versions else None, size="sm"),  # type: ignore[arg-type]
    )


def _versions(part: Part, asked: Asked) -> list[dict[str, str]]:
    """The versions of a text before the one that holds, the latest first."""
    at = desk()
    found = kept.history(at.store(), at.viewer(), packets.only(at.viewer(), asked), part.id)[1:]
    return [
        {
            "value": str(text.revision),
            "label": f"{text.revision}: {text.written_by_name}, {words.moment(text.written_at, asked.calendar)}: {text.text[:LONGEST_VERSION]}",
        }
        for text in found
    ]


def _button(part: Part, act: str, look: str = "btn-outline-secondary") -> html.Button:
    return html.Button(ACTS[act], id=of_part("do", part.id, act), type="button", className=f"btn btn-sm {look}")


def _dom_id(kind: str, part: int) -> str:
    # Dash writes a dict id into the page as JSON with sorted keys and no blanks.
    return f'{{"part":"{part}","type":"packet-{kind}"}}'
