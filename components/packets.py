"""Drafting a packet: the numbers of `metrics.briefing` become sentences with their sources, charts and tables, and are kept as they are.

Nothing here needs a browser or a request: pages and commands hand over their desk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from access import Viewer
from components import briefing_words, packet_charts, words
from components.briefing_links import source
from components.lists import case_address
from components.meetings import instant_for
from data_access.store import meetings, packets
from data_access.store.acting import Acting
from data_access.store.engine import Store
from data_access.store.meetings import Meeting
from data_access.store.packets import Drafted, Packet
from metrics.briefing import Part, Told, draft
from metrics.briefing_known import known
from metrics.definitions import REGISTRY
from metrics.desk import Desk
from metrics.periods import Calendar
from metrics.promised import open_to
from metrics.question import BadQuestion
from metrics.select import Asked

PATH = "/packet"
LISTING = ("overdue", "examples")
"""What names single cases."""
FIGURES = ("Figure", "Last week", "Week before", "Year earlier")


def only(viewer: Viewer, asked: Asked) -> frozenset[str] | None:
    """The departments that a viewer may read packets about; None: all."""
    return open_to(viewer, asked)


def about(of: Packet, asked: Asked) -> str:
    """What a packet is about: its department, or the whole meeting."""
    return of.series if of.department == packets.WHOLE else asked.name_of("department", of.department)


def draft_packet(desk: Desk, acting: Acting, meeting_id: int, department: str) -> int:
    """Draft the packet of a meeting, or of one of its departments, with the figures as they are known for it; answers its number.

    Raises:
        BadQuestion: there is no such meeting, or it is about other departments.
        AccessDenied: the role may not.
        NotWritten: somebody else is drafting it.
    """
    found = meetings.one(acting.store, meeting_id, only(acting.viewer, desk.ask({})))
    if found is None:
        raise BadQuestion(meetings.NO_MEETING)
    if department and department not in found.series.departments:
        raise BadQuestion("The meeting is not about department '{name}'; choose one of its own.", name=department[:40])
    as_of, day_ends = instant_of(found, desk.ask({}), acting.store), desk.calendar.midnight(found.on + timedelta(days=1))
    # What was promised and done after a meeting's day is no part of what it could read.
    told_at = min(acting.now, day_ends - timedelta.resolution)
    asked = desk.ask({"department": department or ",".join(found.series.departments), "as_of": as_of.isoformat() + "Z"})
    parts = draft(asked, known(desk.ask, acting.store, acting.viewer, asked), told_at, of_city=not department)
    return packets.keep(acting, meeting_id, department, as_of, [frozen(part, asked.calendar) for part in parts])


def instant_of(of: Meeting, asked: Asked, store: Store) -> datetime:
    """The instant a packet's figures are of: that of the meeting's agenda, where it has one."""
    return instant_for(of, asked, store) if of.as_of is None else min(of.as_of, asked.mart.as_of)


def frozen(part: Part, calendar: Calendar) -> Drafted:
    """A part as it is kept."""
    issue = part.told[0].numbers if part.kind == "issue" else None
    said = [_sentence(told, calendar) for told in part.told]
    charts = []
    for told, sentence in zip(part.told, said, strict=True):
        chart = packet_charts.frozen(told.of, told.numbers)
        if chart is not None:
            charts.append({**chart, "said": sentence["text"], "source": sentence["source"]})
    questions = [briefing_words.question(rule, numbers) for rule, numbers in part.suggested]
    listing = [told for told in part.told if told.of in LISTING]
    cases = [{"id": number, "address": case_address(programme, number)} for told in listing for programme, number in told.numbers["cases"]]
    drawn = _plain({"charts": charts, "tables": _tables(part.told), "questions": questions})
    heading = packets.plain(briefing_words.heading(part.kind, issue))
    return Drafted(part.kind, part.key, heading, {"sentences": said, "cases": cases, **drawn}, "\n".join(one["text"] for one in said))


def _plain(value: Any) -> Any:
    """All texts of it as they are kept: a name that the source writes with a sign no file can hold would keep the whole file from being made."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return packets.plain(value) if isinstance(value, str) else value


def _sentence(told: Told, calendar: Calendar) -> dict[str, Any]:
    # A text is kept with one sentence a line.
    text = packets.plain(briefing_words.sentence(told.of, told.numbers, calendar))
    return {
        "text": text,
        "of": told.of,
        "query": dict(told.query),
        "numbers": told.numbers,
        "source": source(told.of, told.query, told.numbers),
    }


def _tables(told: Sequence[Told]) -> list[dict[str, Any]]:
    """The headline figures, where there are some."""
    rows = [_figure_row(one.numbers) for one in told if one.of == "figure"]
    return [{"caption": "Headline figures of the last complete week", "heads": list(FIGURES), "rows": rows}] if rows else []


def _figure_row(of: Mapping[str, Any]) -> list[str]:
    metric = REGISTRY[of["metric"]]
    return [metric.label, *(words.value(of[name], metric.unit) for name in ("value", "previous", "last_year"))]
