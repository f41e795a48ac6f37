"""What else narrows cases: how far they came through their stages, how they ended in the source's own words, and who has them.

Each way is a parameter of an address with a value of its own; lists behind figures of programmes are made of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Select, and_, case, func, or_, select, true

from data_access import vocabulary
from data_access.mart.reading import Mart
from metrics.kinds import Facts
from metrics.parameters import members, shown, text_of
from metrics.wording import N_, BadQuestion

if TYPE_CHECKING:
    from metrics.select import Asked

LONGEST_WORDS = 200
OF_STAGES = ("reached", "ended_in")
"""Ways whose value is a stage, or several."""
OF_WORDS = ("reason", "basis", "queue")
"""Ways whose value is a text of the source's, taken whole."""
NOW = ("open", "closed")
STEPS = ("inspected", "acknowledged")
WAYS = (*OF_STAGES, *OF_WORDS, "now", "had")
NO_WORDS = "-"
"""The value that means: the source says nothing."""
ANY_WORDS = "*"
"""And: whatever it says."""
UNSAID = {NO_WORDS: "no reason given", ANY_WORDS: "any reason"}


def only_of(query: Mapping[str, Any], mart: Mart, *, stages: Mapping[str, Any], may_name_queues: bool) -> tuple[tuple[str, str], ...]:
    """The (way, value) pairs that a URL asks for; staff's alone. `stages`: those the viewer may name; `may_name_queues`: the viewer may read who works on a case.

    Raises:
        BadQuestion: a value there is not, or one the viewer may not ask about.
    """
    if mart.audience == "public":
        return ()
    known: dict[str, Mapping[str, Any]] = {
        **dict.fromkeys(OF_STAGES, stages), "now": dict.fromkeys(NOW), "had": dict.fromkeys(STEPS)
    }  # fmt: skip
    called = {"now": "state", "had": "step"}
    made = []
    for way in WAYS:
        text = text_of(query, way)
        if way in known:
            made += [(way, value) for value in members(text, known[way], called.get(way, N_("stage")))]
        elif text and (len(text) > LONGEST_WORDS or (way == "queue" and not may_name_queues)):
            raise BadQuestion("There is no {what} called {name}.", what=way, name=shown(text))
        elif text:
            made.append((way, text))
    return tuple(made)


def written(only: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """The parameters that ask for these pairs."""
    return {way: ",".join(value for of, value in only if of == way) for way in dict(only)}


def condition(asked: Asked, facts: Facts) -> ColumnElement[bool]:
    """The cases that all ways of the question leave in; values of one way widen it."""
    parts = []
    for way in dict(asked.question.only):
        values = [value for of, value in asked.question.only if of == way]
        parts.append(facts.column("case_id").in_(_CASES[way](asked, facts, values)))
    return and_(*parts)


def in_stage(asked: Asked, facts: Facts) -> ColumnElement[bool]:
    """The stay is one in the stages asked about; of cases, that they are in one of them at `as_of`."""
    wanted = asked.numbers("stage", asked.question.stage)
    if asked.question.visits:
        return facts.column("stage_id").in_(wanted)
    stays = asked.mart.stage_visits(asked.scope)
    here = and_(stays.c.opened_at <= facts.as_of, or_(stays.c.closed_at.is_(None), stays.c.closed_at > facts.as_of))
    return facts.column("case_id").in_(select(stays.c.case_id).where(stays.c.stage_id.in_(wanted), here))


def said(asked: Asked) -> list[str]:
    """The ways in words: "came to Legal review"."""
    names = {"reached": "came to", "ended_in": "ended in", "reason": "closed as", "basis": "extended by", "queue": "in queue", "now": "now", "had": "had been"}  # fmt: skip
    made = []
    for way in dict(asked.question.only):
        values = [value for of, value in asked.question.only if of == way]
        if way in OF_STAGES:
            values = [asked.mart.dimensions.stages.by_slug[value].name for value in values]
        made.append(f"{names[way]} {' or '.join(UNSAID.get(value, value) for value in values)}")
    return made


def last_stays(asked: Asked, facts: Facts) -> Select:
    """Where each case stood at `as_of`: `case_id`, `stage_id` of its last stay until then, `ended` (it had left it, for no other stage)."""
    stays = asked.mart.stage_visits(asked.scope)
    left = func.coalesce(stays.c.closed_at <= facts.as_of, False)
    newest = [func.arg_max(what, stays.c.visit_no).label(name) for name, what in (("stage_id", stays.c.stage_id), ("ended", left))]
    return select(stays.c.case_id, *newest).where(stays.c.opened_at <= facts.as_of).group_by(stays.c.case_id)


def extending(asked: Asked, facts: Facts) -> Select:
    """The events by which deadlines were moved later until `as_of`: `case_id`, `reason`."""
    events = asked.mart.case_events(asked.scope)
    moved = and_(events.c.event_kind_id == vocabulary.code_of("event_kind", "due_changed"), events.c.event_at <= facts.as_of)
    # Both values are ISO instants in UTC, whose order is that of their letters.
    return select(events.c.case_id, events.c.reason).where(moved, func.coalesce(events.c.to_value > events.c.from_value, True))


def _reached(asked: Asked, facts: Facts, values: list[str]) -> Select:
    stays = asked.mart.stage_visits(asked.scope)
    return select(stays.c.case_id).where(stays.c.stage_id.in_(asked.numbers("stage", values)), stays.c.opened_at <= facts.as_of)


def _ended(asked: Asked, facts: Facts, values: list[str]) -> Select:
    last = last_stays(asked, facts).subquery("last_stay")
    return select(last.c.case_id).where(last.c.ended, last.c.stage_id.in_(asked.numbers("stage", values)))


def _recorded(column: str) -> Callable[[Asked, Facts, list[str]], Select]:
    def cases(asked: Asked, _facts: Facts, values: list[str]) -> Select:
        records = asked.mart.case_records(asked.scope)
        return select(records.c.case_id).where(worded_as(records.c[column], values))

    return cases


def worded_as(column: ColumnElement[Any], values: list[str]) -> ColumnElement[bool]:
    """The source says one of `values`; `NO_WORDS` is what it leaves empty."""
    return true() if ANY_WORDS in values else func.coalesce(column, NO_WORDS).in_(values)


def _extended(asked: Asked, facts: Facts, values: list[str]) -> Select:
    later = extending(asked, facts).subquery("later")
    return select(later.c.case_id).where(worded_as(later.c.reason, values))


def _now(asked: Asked, facts: Facts, values: list[str]) -> Select:
    state = asked.facts_of(asked.mart.spells(asked.scope))
    is_open = case((state.is_closed, "closed"), else_="open")
    return select(state.column("case_id")).where(state.state, is_open.in_(values))


def _had(asked: Asked, facts: Facts, values: list[str]) -> Select:
    records = asked.mart.case_records(asked.scope)
    return select(records.c.case_id).where(and_(*(records.c[f"{value}_at"] <= facts.as_of for value in values)))


_CASES: dict[str, Callable[[Asked, Facts, list[str]], Select]] = {
    "reached": _reached, "ended_in": _ended, "reason": _recorded("outcome_raw"), "basis": _extended, "queue": _recorded("queue"),
    "now": _now, "had": _had,
}  # fmt: skip
