"""What a packet shows, put together once for the page and for every file: the texts that hold, each line with its source if it is as drafted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from components import briefing_words, words
from data_access.store.packets import FIGURES_OF, Packet, Part, plain
from metrics.periods import Calendar

NOTHING = "Nothing is in this packet: every part was taken out."


@dataclass(frozen=True)
class Line:
    """One line of a part's text."""

    text: str
    source: str
    """Address of what it was made from; empty for words of a person."""


@dataclass(frozen=True)
class Shown:
    """One part as a reader sees it."""

    part: Part
    heading: str
    lines: tuple[Line, ...]
    note: str
    """Who wrote it, and whether its figures are newer or older than the packet's; empty for a draft."""
    charts: tuple[dict[str, Any], ...]
    tables: tuple[dict[str, Any], ...]
    questions: tuple[str, ...]
    cases: tuple[dict[str, str], ...]


@dataclass(frozen=True)
class View:
    """A packet as a reader sees it."""

    title: str
    about: str
    """When, and as known to which instant."""
    city: str
    version: str
    parts: tuple[Shown, ...]


def view(city: str, of: Packet, about: str, found: Sequence[Part], calendar: Calendar, version: str) -> View:
    """Packet `of` about the departments `about`, with those of its parts that were not taken out."""
    when = f"{of.series}, {words.weekday(of.meeting_on)}. Figures as known on {words.instant(of.as_of, calendar)}; drafted by {of.drafted_by_name} on {words.moment(of.drafted_at, calendar)}."
    shown = tuple(show(part, of, calendar) for part in found if part.removed_at is None)
    return View(plain(f"Briefing: {about}"), plain(when), city, version, shown)


def show(part: Part, of: Packet, calendar: Calendar) -> Shown:
    """One part."""
    sources = {one["text"]: one["source"] for one in part.content["sentences"]}
    lines = tuple(Line(text, sources.get(text, "")) for text in part.latest.text.splitlines())
    chosen = {name: tuple(part.content[name]) for name in ("charts", "tables", "questions", "cases")}
    return Shown(part, part.heading, lines, _note(part, of, calendar), **chosen)


def _note(part: Part, of: Packet, calendar: Calendar) -> str:
    said = []
    if part.is_edited:
        said.append(f"In the words of {part.latest.written_by_name}, {words.moment(part.latest.written_at, calendar)}.")
    if FIGURES_OF in part.content:
        earlier = words.instant(datetime.fromisoformat(part.content[FIGURES_OF]), calendar)
        said.append(f"Its figures are those known on {earlier}: the last draft has no such part.")
    elif part.is_edited and part.latest.written_at < of.drafted_at:
        said.append(briefing_words.OLDER)
    return plain(" ".join(said))
