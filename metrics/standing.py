"""What stood open at the same hour of every week before `as_of`: the past as it would have been counted then, in one statement."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Select, Subquery, and_, case, cast, func, literal, null, select, union_all

from metrics.definitions import REGISTRY
from metrics.kinds import Facts
from metrics.select import Asked

WEEK_SECONDS = 7 * 86_400


def standing(asked: Asked, last: int, *, with_due: bool = False) -> Subquery:
    """One row for each stretch and each weekly instant at which it was open: `back` (weeks before `as_of`, up to `last`), `grp` (department), `kind` (request
    type), and in seconds since 1970 `opened` (the case), `begun` (the stretch), `closed` (null while not known at `as_of`), `due` (null without a usable deadline).

    Each stretch names the weeks it spans by itself, so no list of instants is joined and the work is as large as the stock times the weeks.
    With `with_due` only cases with a usable deadline.
    """
    # What has ended by now is read from its end back as far as is asked; what has not is in the few open cases.
    ended, still = asked.facts_of(asked.rows("closed")), asked.facts_of(asked.rows("open"))
    reached = ended.column("closed_at") > asked.question.as_of - timedelta(weeks=last)
    parts = [
        _spans(asked, ended, last, with_due).where(reached),
        _spans(asked, still, last, with_due).where(still.column("closed_at").is_(None)),
    ]
    return union_all(*parts).subquery("standing")


def _spans(asked: Asked, facts: Facts, last: int, with_due: bool) -> Select:
    column, as_of = facts.column, asked.question.as_of
    ended = and_(column("closed_at").is_not(None), column("closed_at") <= as_of)

    def weeks_before(instant: Any) -> Any:
        return cast(func.floor((func.epoch(literal(as_of)) - func.epoch(instant)) / WEEK_SECONDS), BigInteger)

    # Open at an instant: begun at or before it, closed after it.
    first = case((ended, weeks_before(column("closed_at")) + 1), else_=0)
    until = func.least(last + 1, weeks_before(column("spell_opened_at")) + 1)
    due = case((column("has_valid_due"), column("due_at")), else_=null())
    spans = select(
        func.unnest(func.range(first, until)).label("back"), asked.group(facts, REGISTRY["backlog"], "department").label("grp"),
        column("request_type_id").label("kind"), func.epoch(column("opened_at")).label("opened"), func.epoch(column("spell_opened_at")).label("begun"),
        func.epoch(case((ended, column("closed_at")), else_=null())).label("closed"), func.epoch(due).label("due"),
    ).where(asked.population(facts, REGISTRY["backlog"]), column("spell_opened_at") <= as_of)  # fmt: skip
    return spans.where(column("has_valid_due")) if with_due else spans


def instant_of(as_of: datetime, back: Any) -> Any:
    """The weekly instant, in seconds since 1970."""
    return func.epoch(literal(as_of)) - back * WEEK_SECONDS
