"""A briefing before a CitiStat meeting, as data: which parts it has, in which order, and the numbers of every sentence with their address.

Promises come first, then what changed, what waits, one page for each of the first issues, what is coming, who is left out, and what
the data can bear. Nothing here is a sentence or a picture: those are made above, of these numbers alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from metrics.areas import layers
from metrics.briefing_asks import ASKS, LINES, OWN, Numbers
from metrics.briefing_known import Known, Standing, standings
from metrics.briefing_rules import questions
from metrics.briefing_series import listed, parts_of, series_id
from metrics.definitions import HEADLINE
from metrics.question import default_question, to_query
from metrics.select import Asked

ISSUES = 3
"""How many of the signal list get a page each."""
LONG, SHORT = 52, 13
"""Weeks of the period: signals need a year, all else a quarter."""
RECENT = timedelta(weeks=4)
"""A commitment that was finished longer ago is not told of again."""
KINDS = ("promises", "signals", "backlog", "measured", "issue", "risk", "equity", "data")


@dataclass(frozen=True)
class Told:
    """The numbers of one sentence, and the question they answer."""

    of: str
    """Its kind: a key of `metrics.briefing_asks.ASKS`."""
    query: Mapping[str, str]
    """Its whole address: filters, period, `as_of`, and the parameters of its kind."""
    numbers: Numbers


@dataclass(frozen=True)
class Part:
    """One part of a briefing."""

    kind: str
    key: str
    """What tells it from the others, also in the next draft: its kind, of an issue the series."""
    told: tuple[Told, ...]
    suggested: tuple[tuple[str, Numbers], ...] = field(default=())
    """Questions to ask in the room: (rule, its numbers)."""


def answer(of: str, query: Mapping[str, str], known: Known) -> Numbers:
    """The numbers that the address of a sentence is answered with, for whoever `known` asks for.

    Raises:
        BadQuestion: it cannot be asked any more.
    """
    return ASKS[of](known.ask({name: text for name, text in query.items() if name not in OWN}), query, known)


def base(asked: Asked, weeks: int) -> Asked:
    """The question of a briefing: the last complete weeks at the `as_of` of `asked`, with its departments."""
    _, end = asked.calendar.last_complete(asked.question.as_of, "week")
    plain = default_question(asked.mart, asked.calendar)
    return asked.about(
        plain.about(start=end - timedelta(weeks=weeks), end=end, as_of=asked.question.as_of, department=asked.question.department)
    )


def draft(asked: Asked, known: Known, at: datetime, *, of_city: bool = False) -> list[Part]:
    """The briefing about the departments of `asked`, as known at its `as_of`.

    Args:
        at: the instant up to which commitments are told; naive UTC.
        of_city: also tell what is known of the source of all departments together.
    """
    return _Draft(asked.remembering(), known, at, of_city).parts()


class _Draft:
    """Asks, and remembers what was counted already."""

    def __init__(self, asked: Asked, known: Known, at: datetime, of_city: bool) -> None:
        self.long, self.short, self.known, self.at, self.of_city = base(asked, LONG), base(asked, SHORT), known, at, of_city

    def ask(self, of: str, asked: Asked, **own: str) -> Told:
        as_of = {"as_of": asked.question.as_of.isoformat() + "Z"}
        return Told(of, {**to_query(asked.question, asked.mart), **as_of, **own}, ASKS[of](asked, own, self.known))

    def parts(self) -> list[Part]:
        lines = listed(self.long, self.known.rebasing).lines.head(LINES).to_dict("records")
        return [
            Part("promises", "promises", self.promises()),
            Part(
                "signals",
                "signals",
                (self.ask("quiet", self.long), *(told for line in lines for told in self.signal(series_id(line)))),
            ),
            Part("backlog", "backlog", self.backlog()),
            *self.measured(),
            *(self.issue(series_id(line)) for line in _issues(lines)),
            Part("risk", "risk", (self.ask("due", self.short), self.ask("forecast", self.short))),
            *self.equity(),
            Part("data", "data", self.data()),
        ]

    def signal(self, series: str) -> list[Told]:
        """A signal, and what departments say of it."""
        return [self.ask("signal", self.long, series=series), *self.said(self.long, series=series)]

    def said(self, asked: Asked, **own: str) -> list[Told]:
        """What departments say of a figure; nothing where they say nothing."""
        told = self.ask("said", asked, **own, at=self.at.isoformat())
        return [told] if told.numbers["remarks"] else []

    def promises(self) -> tuple[Told, ...]:
        at = self.at.isoformat()
        shown = [one for one in standings(self.known, self.at) if is_shown(one, self.at)]
        each = (self.ask("promise", self.short, commitment=str(one.promise.id), at=at) for one in shown)
        return (self.ask("promises", self.short, at=at), *each)

    def backlog(self) -> tuple[Told, ...]:
        figures = (self.ask("figure", self.short, metric=metric) for metric in HEADLINE)
        said = (told for metric in HEADLINE for told in self.said(self.short, metric=metric))
        return (*figures, *said, self.ask("ages", self.short), self.ask("overdue", self.short))

    def measured(self) -> list[Part]:
        """The figures that are not cases and miss their target; no part where none does."""
        every = self.ask("targets", self.short)
        each = (self.ask("target", self.short, measure=name) for name in every.numbers["furthest"])
        return [Part("measured", "measured", (every, *each))] if every.numbers["missed"] else []

    def issue(self, series: str) -> Part:
        metric, dimension, _key = parts_of(series)
        told = [*self.signal(series), self.ask("weeks", self.long, series=series)]
        told += [self.ask("split", self.long, series=series, by=name) for name in self.splits(dimension)]
        told += [self.ask(of, self.short, series=series) for of in ("ages", "moves", "curve", *(["mix"] if metric == "ontime_due" else []))]
        told.append(self.ask("examples", self.long, series=series))
        return Part("issue", f"issue {series}", tuple(told), tuple(questions([(one.of, one.numbers, one.query) for one in told])))

    def splits(self, dimension: str) -> list[str]:
        """Where and which: what a series is split by, beside its own dimension."""
        names = list(layers(self.long))
        places, work = [] if dimension in names else names[:1], [] if dimension == "request_type" else ["request_type"]
        return [*places, *work, "channel"][:2]

    def equity(self) -> list[Part]:
        names = list(layers(self.short))[:1]
        return [Part("equity", "equity", tuple(self.ask("equity", self.short, layer=name) for name in names))] if names else []

    def data(self) -> tuple[Told, ...]:
        # What the source refused is not known by department.
        of_all = ("refused",) if self.of_city else ()
        return tuple(self.ask(of, self.short) for of in ("data", "gate", *of_all, "changed"))


def is_shown(one: Standing, at: datetime) -> bool:
    """Whether a commitment is told of: something is owed, or it was finished a short time ago."""
    return one.promise.is_unfinished or at - one.changed_at <= RECENT


def _issues(lines: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The lines that get a page: what got worse, then what is neither, then what got better; a single silent day has no weeks to look at."""
    order = ("worse", "neither", "better")
    return sorted((line for line in lines if line["weeks"]), key=lambda line: order.index(line["verdict"]))[:ISSUES]
