"""The memo of a meeting: what was agreed, on one page, with ways to the figures as they were known; as a page, a file and a text for mail."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any
from urllib.parse import parse_qsl, urlencode

from dash import dcc, html
from flask import Flask, Response, request

from components import commitment_words, gate, meeting_stage, meetings, restated_words, words
from components.shown_charts import open_to_viewer, page_at, seen_at
from components.web import refused
from data_access.store.agendas import Item
from data_access.store.commitments import Commitment
from data_access.store.meetings import CANCELLED, Meeting
from metrics.definitions import LISTS
from metrics.select import Asked
from metrics.weekly import METRICS, WHOLE

STYLE = """
body { font: 11pt/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif; color: #1c2630; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0; } h2 { font-size: 1.1rem; margin: 1.2rem 0 .3rem; } p { margin: .2rem 0; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .3rem .5rem .3rem 0; border-bottom: 1px solid #c3cbd3; }
th { color: #3c4650; font-weight: 600; } a { color: #1f4f80; } .soft { color: #52606d; } li { margin-bottom: .3rem; }
@page { margin: 14mm; } @media print { body { margin: 0; max-width: none; font-size: 10pt; } a { color: inherit; } }
"""
COLUMNS = ("Who", "What", "By when", "Measured by")


@dataclass(frozen=True)
class Action:
    """One action in words."""

    cells: tuple[str, str, str, str]
    """As `COLUMNS` names them."""
    address: str
    """The page that shows its figure as it was known at the meeting; empty for none."""


@dataclass(frozen=True)
class Memo:
    """Everything a memo says, in words."""

    title: str
    lead: tuple[str, ...]
    actions: tuple[Action, ...]
    notes: tuple[Item, ...]
    shown: tuple[Item, ...]
    """Items with a page, for the ways to what was seen."""


def memo_of(of: Meeting, asked: Asked) -> Memo:
    """The memo of a meeting, as far as the present viewer may see it."""
    items = meeting_stage.agenda(of, asked)
    lead = [f"{meetings.when(of)}: {meetings.about(of.series, asked)}."]
    if of.state == CANCELLED:
        lead.append(f"Cancelled: {of.reason}")
    if of.as_of is not None:
        lead.append(f"All figures as they were known on {words.instant(of.as_of, asked.calendar)}.")
    closed = meetings.frozen_before(of, asked, gate.desk().store())
    if closed is not None:
        lead.append(restated_words.summary(closed, restated_words.found(closed, asked), asked))
    actions = tuple(_action(one, of, asked) for one in meeting_stage.captured(of, asked))
    shown = tuple(item for item in items if item.address and page_at(item.address) is not None)
    return Memo(f"{of.series.name}: follow-up", tuple(lead), actions, tuple(item for item in items if item.note), shown)


def _action(one: Commitment, of: Meeting, asked: Asked) -> Action:
    owner = f"{one.owner_name}, {asked.name_of('department', one.department)}"
    about = meeting_stage.cases_said(one.filters)
    measured = commitment_words.hoped(one) + (f" ({about})" if about else "")
    return Action((owner, one.deliverable, words.weekday(one.due_on), measured), frozen_view(one, of, asked))


def frozen_view(one: Commitment, of: Meeting, asked: Asked) -> str:
    """The page that shows the figure of an action as it was known at its meeting."""
    as_of = (of.as_of or asked.mart.as_of).isoformat() + "Z"
    query = {**open_to_viewer(dict(parse_qsl(one.filters))), "as_of": as_of}
    if one.metric in METRICS:
        return f"/signals?{urlencode({**query, 'weeks': '52', 'series': f'{one.metric}.{WHOLE}.{WHOLE}'})}#chart-signal-series"
    return f"/cases?{urlencode({**query, 'of': one.metric})}" if one.metric in LISTS else f"/?{urlencode(query)}"


def page_parts(memo: Memo, of: Meeting) -> list[Any]:
    """The memo on its page."""
    return [
        html.H1(memo.title), *[html.P(text, className="lead") for text in memo.lead],
        html.P([html.A("Download", href=meetings.address(of, "memo.html"), download=f"memo-{of.on}.html"), html.A("Text for e-mail", href=meetings.address(of, "memo.txt"), download=f"memo-{of.on}.txt")], className="chart-links memo-links"),
        html.H2("Actions"), _action_table(memo), html.H2("What was said"), _notes(memo), html.H2("What was shown"),
        html.Ul([html.Li(dcc.Link(item.title, href=seen_at(item.address))) for item in memo.shown]) if memo.shown else html.P("Nothing was shown.", className="note"),
    ]  # fmt: skip


def _action_table(memo: Memo) -> Any:
    if not memo.actions:
        return html.P("No action was agreed.", className="note")
    head = html.Thead(html.Tr([html.Th(name, scope="col") for name in COLUMNS]))
    rows = [
        html.Tr([*[html.Td(text) for text in one.cells[:3]], html.Td(dcc.Link(one.cells[3], href=one.address))]) for one in memo.actions
    ]
    return html.Div(html.Table([head, html.Tbody(rows)], className="table figures memo-actions"), className="table-scroll", tabIndex=0, role="group", **{"aria-label": "Actions"})  # fmt: skip


def _notes(memo: Memo) -> Any:
    if not memo.notes:
        return html.P("No note was kept.", className="note")
    return html.Dl([part for item in memo.notes for part in (html.Dt(item.title), html.Dd(item.note))])


def as_html(memo: Memo, site: str) -> str:
    """The memo as one file that needs nothing else. `site`: where its links lead to."""
    made = [f"<h1>{escape(memo.title)}</h1>", *[f'<p class="soft">{escape(text)}</p>' for text in memo.lead], "<h2>Actions</h2>"]
    if memo.actions:
        head = "".join(f"<th>{name}</th>" for name in COLUMNS)
        rows = "".join(
            "<tr>" + "".join(f"<td>{escape(text)}</td>" for text in one.cells[:3]) + f'<td><a href="{escape(site + one.address)}">{escape(one.cells[3])}</a></td></tr>'
            for one in memo.actions
        )  # fmt: skip
        made.append(f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>")
    else:
        made.append("<p>No action was agreed.</p>")
    made.append("<h2>What was said</h2>")
    said = "".join(f"<li><strong>{escape(item.title)}</strong>: {escape(item.note)}</li>" for item in memo.notes)
    made.append(f"<ul>{said}</ul>" if said else "<p>No note was kept.</p>")
    shown = "".join(f'<li><a href="{escape(site + seen_at(item.address))}">{escape(item.title)}</a></li>' for item in memo.shown)
    made.append(f"<h2>What was shown</h2><ul>{shown}</ul>" if shown else "")
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(memo.title)}</title>'
    return f'<!DOCTYPE html>\n<html lang="en"><head>{head}<style>{STYLE}</style></head><body>{"".join(made)}</body></html>\n'


def as_text(memo: Memo, site: str) -> str:
    """The memo as text for an e-mail."""
    made = [memo.title, *memo.lead, "", "ACTIONS"]
    for at, one in enumerate(memo.actions, start=1):
        who, what, due, measured = one.cells
        made += [f"{at}. {what}", f"   Who: {who}", f"   By when: {due}", f"   Measured by: {measured}", f"   {site}{one.address}"]
    made += [] if memo.actions else ["No action was agreed."]
    made += ["", "WHAT WAS SAID", *[f"- {item.title}: {item.note}" for item in memo.notes]] if memo.notes else []
    made += ["", "WHAT WAS SHOWN", *[f"- {item.title}\n  {site}{seen_at(item.address)}" for item in memo.shown]] if memo.shown else []
    return "\n".join(made) + "\n"


def add_routes(server: Flask) -> None:
    """The memo as files: one that opens anywhere, and a text for mail."""

    @server.get("/meeting/<int:number>/memo.<any(html, txt):form>")
    def memo_file(number: int, form: str) -> Response:
        try:
            asked = gate.desk().ask({})
            of = meetings.chosen({"meeting": str(number)}, asked)
            made = memo_of(of, asked)
            gate.desk().note("exported", f"memo of meeting {number}")
        except Exception as error:
            return refused(error)
        site = request.host_url.rstrip("/")
        content, kind = (as_html(made, site), "text/html") if form == "html" else (as_text(made, site), "text/plain")
        answer = Response(content, content_type=f"{kind}; charset=utf-8")
        answer.headers["Content-Disposition"] = f'attachment; filename="memo-{of.on}.{form}"'
        return answer
