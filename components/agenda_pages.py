"""What a meeting is about as items of its agenda: a title, minutes, and the page each shows as it was known at the meeting's instant."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from components import annotations, filters, gate, shown_charts, signal_words
from data_access.store.agendas import LONGEST_TITLE, Draft
from data_access.store.meetings import Meeting
from metrics.meetings import Topic, topics
from metrics.select import Asked
from metrics.weekly import layers

COMMITMENTS = "/commitments"
WEEKS = "52"
"""In which signals are sought, as on their page."""
TITLES = {
    "data": "The data: known to when, and what was restated", "promises": "Promises of last time", "city": "The city in six figures",
    "risk": "Next week's risk: what falls due, and what will be overdue", "equity": "Who is left out: reporting and waiting by area",
    "actions": "Actions, read aloud",
}  # fmt: skip


def drafted(of: Meeting, as_of: datetime) -> list[Draft]:
    """The agenda of a meeting before anybody edits it, with its figures as known at `as_of`."""
    asked = gate.desk().ask({"department": ",".join(of.series.departments), "weeks": WEEKS, "as_of": as_of.isoformat() + "Z"})
    return [_draft(topic, asked) for topic in topics(asked, of.series.minutes, annotations.rebasing())]


def _draft(topic: Topic, asked: Asked) -> Draft:
    line = topic.line
    if line is None:
        return Draft(topic.kind, TITLES[topic.kind], topic.minutes, address=_address(topic.kind, asked))
    title = f"{signal_words.named(line)}, {signal_words.more(line)} than expected"
    title = f"Good news: {title}" if topic.kind == "good_news" else title
    return Draft(topic.kind, title[:LONGEST_TITLE], topic.minutes, _department(line, asked), _frozen(asked, "/signals", "signal-series", series=signal_words.series_id(line)))  # fmt: skip


def answers_for(address: str, of: Meeting) -> str:
    """Id of the department that answers for a page, where its address names one alone of the meeting's; empty: it is for all of them."""
    named = shown_charts.query_of(address).get("department", "") if address else ""
    return named if named in of.series.departments else ""


def _department(line: dict[str, Any], asked: Asked) -> str:
    """Id of the department to ask about a line, if it is one of the meeting's."""
    names = {asked.name_of("department", key): key for key in asked.question.department}
    return names.get(line["owner"], "")


def _address(kind: str, asked: Asked) -> str:
    if kind == "data":
        return "/data-health"
    if kind == "promises":
        return COMMITMENTS
    if kind == "city":
        return _frozen(asked, "/", "", department=None)
    if kind == "risk":
        return _frozen(asked, "/backlog/ahead", "overdue-ahead")
    if kind == "equity":
        layer = next(iter(layers(asked)), None)
        return "" if layer is None else _frozen(asked, "/map", "area-left-out", layer=layer)
    return ""


def _frozen(asked: Asked, path: str, chart: str, **more: Any) -> str:
    """Address of a page as it was known at the question's instant."""
    made = filters.link(path, asked, **{**more, "as_of": asked.question.as_of.isoformat() + "Z"})
    return f"{made}#chart-{chart}" if chart else made
