"""How the cases of a programme end and what they wait for: reasons, extensions, months of opening, votes, queues, inspections."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from sqlalchemy import Date as SqlDate
from sqlalchemy import Integer, and_, case, cast, func, select

from data_access import vocabulary
from data_access.mart.dimensions import Member
from metrics.cases import worded
from metrics.definitions import REGISTRY
from metrics.kinds import Facts
from metrics.measure import measure, window
from metrics.only import NO_WORDS, extending, last_stays
from metrics.question import open_programmes, visible_programmes
from metrics.select import Asked, rolled_up
from metrics.stages import whole

MOST_WANTED = 15
OPEN = "open"


@dataclass(frozen=True)
class Inspections:
    """Of `n` cases opened in the period, `inspected` ones and the median days until then (null without any)."""

    n: int
    inspected: int
    days: float | None


@dataclass(frozen=True)
class Extensions:
    """Of `due` cases that fell due in the period, `extended` had their deadline moved later by an event that says so; `bases`: how
    many of these name each reason, most first (`basis`, `NO_WORDS` without one; `n`)."""

    due: int
    extended: int
    bases: pd.DataFrame


def overview(asked: Asked) -> pd.DataFrame:
    """One row per programme, main ones first: `key`, `label`, `privacy`, `kind`, `opened`, `open`, `on_time` of `due` cases (`met`), `oldest_at`.

    Figures are null where the programme is told of in totals only.
    """
    asked.require_staff()
    programmes = sorted(visible_programmes(asked.scope, asked.mart).values(), key=lambda one: (not one.extra["is_main"], one.id))
    every = asked.about(asked.question.about(programme=tuple(open_programmes(asked.scope, asked.mart))))
    parts = {name: measure(name, every, by="programme").frame.set_index("key") for name in ("opened", "backlog", "ontime_due")}
    backlog = REGISTRY["backlog"]
    facts = every.facts(backlog)
    assert backlog.rows is not None
    oldest = every.mart.read(
        select(facts.column("programme_id").label("grp"), func.min(facts.column("opened_at")).label("oldest_at"))
        .where(every.population(facts, backlog), backlog.rows(facts)).group_by(facts.column("programme_id")), every.scope,
    ).set_index("grp")["oldest_at"]  # fmt: skip
    rows = []
    for one in programmes:
        told = one.extra["privacy"] != "aggregate"
        figures = {
            name: float(frame["n"].get(one.slug, 0)) if told else None
            for name, frame in (("opened", parts["opened"]), ("open", parts["backlog"]), ("due", parts["ontime_due"]))
        }
        met = float(parts["ontime_due"]["numerator"].get(one.slug, 0)) if told else None
        share = met / figures["due"] if met is not None and figures["due"] else None
        rows.append(
            {"key": one.slug, "label": one.name, "privacy": one.extra["privacy"], "kind": one.extra["kind"], **figures, "met": met, "on_time": share,
             "oldest_at": oldest.get(one.id)}
        )  # fmt: skip
    made = pd.DataFrame(rows)
    figures = ["opened", "open", "due", "met", "on_time"]
    made[figures] = made[figures].astype("float64")
    return made.assign(oldest_at=pd.to_datetime(made["oldest_at"]))


def has_stages(asked: Asked, programme: Member) -> bool:
    """Whether the programme describes stages."""
    return any(stage.extra["programme_id"] == programme.id for stage in asked.mart.dimensions.stages)


def reasons(asked: Asked) -> pd.DataFrame:
    """Closings of the period by the source's own reason, most first: `reason` (`NO_WORDS` where it says none), `outcome` (mapped word), `n`."""
    asked.require_staff()
    asked = whole(asked)
    metric = REGISTRY["closed"]
    facts = asked.facts(metric)
    assert metric.rows is not None
    records = asked.mart.case_records(asked.scope)
    reason = func.coalesce(records.c.outcome_raw, NO_WORDS).label("reason")
    statement = (
        select(reason, records.c.outcome_id, func.count().label("n")).select_from(facts.spell)
        .join(records, records.c.case_id == facts.column("case_id"))
        .where(asked.population(facts, metric), window(metric, facts), metric.rows(facts)).group_by(reason.element, records.c.outcome_id)
    )  # fmt: skip
    frame = worded(asked, asked.mart.read(statement, asked.scope))
    return frame.sort_values(["n", "reason"], ascending=[False, True], ignore_index=True)


def became(asked: Asked) -> pd.DataFrame:
    """Cases by month of opening and what became of them, oldest month first: `period`, `outcome` (a word of the vocabulary, or `OPEN`), `n`."""
    asked.require_staff()
    asked = whole(asked)
    facts = asked.facts()
    month = cast(rolled_up(facts.column("opened_on"), "month", asked.calendar), SqlDate).label("period")
    ended = case((facts.is_closed, facts.column("outcome_id")), else_=-1).label("outcome")
    where = and_(asked.population(facts, REGISTRY["opened"]), facts.state, facts.during("opened_at"))
    frame = asked.mart.read(select(month, ended, func.count().label("n")).where(where).group_by(month.element, ended.element), asked.scope)
    named = [OPEN if int(number) < 0 else vocabulary.OUTCOMES[int(number)] for number in frame["outcome"]]
    return frame.assign(period=pd.to_datetime(frame["period"]), outcome=named).sort_values(["period", "outcome"], ignore_index=True)


def extensions(asked: Asked) -> Extensions:
    """How often deadlines were moved later, and by what right."""
    asked.require_staff()
    metric = REGISTRY["due_extended_rate"]
    facts = asked.facts(metric)
    assert metric.rows is not None
    later = extending(asked, facts).subquery("later")
    rows = (
        select(facts.column("case_id"), func.coalesce(later.c.reason, NO_WORDS).label("basis")).select_from(facts.spell)
        .join(later, later.c.case_id == facts.column("case_id")).where(asked.population(facts, metric), window(metric, facts), metric.rows(facts))
        .subquery("extended")
    )  # fmt: skip
    n = func.count(rows.c.case_id.distinct()).label("n")
    bases = asked.mart.read(select(rows.c.basis, n).group_by(rows.c.basis), asked.scope)
    bases = bases.sort_values(["n", "basis"], ascending=[False, True], ignore_index=True)
    extended = int(asked.mart.read(select(n), asked.scope).iloc[0, 0])
    return Extensions(int(measure("due_extended_rate", asked).frame["denominator"].iloc[0]), extended, bases)


def most_wanted(asked: Asked) -> pd.DataFrame:
    """The cases opened in the period with most votes: `programme`, `source_id`, `request_type`, `title` (where the scope may read it), `votes`, `comments`, `stage`."""
    asked.require_staff()
    facts = asked.facts()
    records = asked.mart.case_records(asked.scope)
    last = last_stays(asked, facts).subquery("last_stay")
    told = ["programme_id", "source_id", "request_type_id", "votes", "comments", *(["title"] if asked.scope.may_read("case_text") else [])]
    statement = (
        select(*(records.c[name] for name in told), last.c.stage_id).select_from(facts.spell)
        .join(records, records.c.case_id == facts.column("case_id")).outerjoin(last, last.c.case_id == records.c.case_id)
        .where(asked.population(facts, REGISTRY["opened"]), facts.state, facts.during("opened_at"), records.c.votes.is_not(None))
        .order_by(records.c.votes.desc(), records.c.case_id).limit(MOST_WANTED)
    )  # fmt: skip
    frame = asked.mart.read(statement, asked.scope)
    names = {stage.id: stage.name for stage in asked.mart.dimensions.stages}
    stages = [names.get(int(number)) if number == number and number is not None else None for number in frame["stage_id"]]
    return worded(asked, frame.drop(columns="stage_id")).assign(stage=stages)


def queues(asked: Asked) -> pd.DataFrame:
    """Open cases by the queue that has them, most first: `queue` (`NO_WORDS` without one), `n`, `overdue`; empty where the scope may not read queues."""
    asked.require_staff()
    if not asked.scope.may_read("staff_names"):
        return pd.DataFrame({"queue": pd.Series(dtype="str"), "n": pd.Series(dtype="int64"), "overdue": pd.Series(dtype="int64")})
    metric = REGISTRY["backlog"]
    facts = asked.facts(metric)
    assert metric.rows is not None
    records = asked.mart.case_records(asked.scope)
    queue = func.coalesce(records.c.queue, NO_WORDS).label("queue")
    overdue = cast(func.sum(cast(func.coalesce(facts.is_overdue, False), Integer)), Integer).label("overdue")
    statement = (
        select(queue, func.count().label("n"), overdue).select_from(facts.spell).join(records, records.c.case_id == facts.column("case_id"))
        .where(asked.population(facts, metric), metric.rows(facts)).group_by(queue.element)
    )  # fmt: skip
    return asked.mart.read(statement, asked.scope).sort_values(["n", "queue"], ascending=[False, True], ignore_index=True)


def inspections(asked: Asked) -> Inspections:
    """How many of the cases opened in the period were inspected by `as_of`, and how soon."""
    asked.require_staff()
    facts = asked.facts()
    records = asked.mart.case_records(asked.scope)
    seen = and_(records.c.inspected_at.is_not(None), records.c.inspected_at <= facts.as_of)
    days = case((seen, (func.epoch(records.c.inspected_at) - func.epoch(records.c.opened_at)) / 86400.0))
    statement = (
        select(func.count(), func.count(days), func.quantile_cont(days, 0.5)).select_from(facts.spell)
        .join(records, records.c.case_id == facts.column("case_id")).where(_opened(asked, facts))
    )  # fmt: skip
    n, inspected, median = asked.mart.read(statement, asked.scope).iloc[0]
    return Inspections(int(n), int(inspected), None if median is None or median != median else float(median))


def _opened(asked: Asked, facts: Facts):  # type: ignore[no-untyped-def]
    return and_(asked.population(facts, REGISTRY["opened"]), facts.state, facts.during("opened_at"))
