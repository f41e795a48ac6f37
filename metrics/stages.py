"""How cases go through the stages of their programme: how far they came, how long each stage takes, and what is stuck in one.

All of it is about one programme. Stays are counted as cases are (`Question.visits`), so a stage's promise, its stock and its
time are the product's own metrics asked of stays; what is no metric is declared in `metrics.dictionary.stages`.
"""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
from sqlalchemy import Integer, and_, case, cast, func, literal, or_, select

from data_access import vocabulary
from data_access.mart.dimensions import Member
from metrics import survival
from metrics.cases import worded
from metrics.definitions import REGISTRY
from metrics.kinds import Facts
from metrics.measure import measure
from metrics.only import last_stays
from metrics.question import BadQuestion
from metrics.select import Asked

DROPPED = ("denied", "withdrawn")
"""Outcomes that are a way out before the end."""
USUAL_DAYS = 730
"""How far back stays begin that say how long a stage without a promise usually takes."""
MOST_STUCK = 500


def programme_of(asked: Asked) -> Member:
    """The one programme a question is about.

    Raises:
        BadQuestion: it names none or several.
        AccessDenied: asked by the public, whose small numbers would have to be hidden.
    """
    asked.require_staff()
    if len(asked.question.programme) != 1:
        raise BadQuestion("Stages are those of one programme; the address names none or several.")
    return asked.mart.dimensions.programmes.by_slug[asked.question.programme[0]]


def stages_of(asked: Asked) -> list[Member]:
    """The stages of the question's programme, in their usual order."""
    number = programme_of(asked).id
    found = [stage for stage in asked.mart.dimensions.stages if stage.extra["programme_id"] == number]
    return sorted(found, key=lambda stage: int(stage.extra["position"]))


def whole(asked: Asked) -> Asked:
    """The same question with withdrawn cases, where it names no classes of its own: who withdrew belongs to a programme's story."""
    question = asked.question
    return asked.about(question.about(case_class=("service", "withdrawn"))) if question.case_class == ("service",) else asked


def of_stays(asked: Asked, **filters: object) -> Asked:
    """The same question about stays in stages."""
    return asked.about(asked.question.about(visits=True, **filters))


def cohort(asked: Asked) -> int:
    """How many cases the funnel begins with: those opened in the period that are known in any stage."""
    facts = asked.facts()
    known = last_stays(asked, facts).subquery("last_stay")
    counted = select(func.count()).select_from(facts.spell.join(known, known.c.case_id == facts.column("case_id")))
    return int(asked.mart.read(counted.where(_opened(asked, facts)), asked.scope).iloc[0, 0])


def funnel(asked: Asked) -> pd.DataFrame:
    """One row per stage, in order: of the cases opened in the period, as known at `as_of`, how many came to it, and where they stand.

    Columns: `key`, `label`, `waits`, `ends`; `came` (cases that were ever in it), `here` (in it now), `ended` (ended in it), of
    these `dropped` (denied or withdrawn); `went_on` (came and stand elsewhere). `here` and `ended` of all stages together are all cases.
    """
    programme_of(asked)
    asked = whole(asked)
    facts = asked.facts()
    out = [vocabulary.code_of("outcome", word) for word in DROPPED]
    dropped = cast(and_(facts.is_closed, facts.column("outcome_id").in_(out)), Integer).label("dropped")
    opened = select(facts.column("case_id"), dropped).where(_opened(asked, facts)).subquery("opened")
    stays = asked.mart.stage_visits(asked.scope)
    came = (
        select(stays.c.stage_id, func.count(stays.c.case_id.distinct()).label("came"))
        .join(opened, opened.c.case_id == stays.c.case_id).where(stays.c.opened_at <= facts.as_of).group_by(stays.c.stage_id)
    )  # fmt: skip
    last = last_stays(asked, facts).subquery("last_stay")
    ended = cast(last.c.ended, Integer)
    stand = (
        select(
            last.c.stage_id, func.sum(1 - ended).label("here"), func.sum(ended).label("ended"),
            func.sum(ended * opened.c.dropped).label("dropped"),
        ).join(opened, opened.c.case_id == last.c.case_id).group_by(last.c.stage_id)
    )  # fmt: skip
    made = _rows(asked)
    for statement in (came, stand):
        made = made.merge(asked.mart.read(statement, asked.scope), on="stage_id", how="left")
    counts = ["came", "here", "ended", "dropped"]
    made[counts] = made[counts].astype("float64").fillna(0).astype("int64")
    return made.assign(went_on=made["came"] - made["here"] - made["ended"]).drop(columns="stage_id")


def times(asked: Asked) -> pd.DataFrame:
    """One row per stage that cases stay in: `key`, `label`, `waits`, `amount`, `unit`; of the stays begun in the period `n`, `left`
    (over), `median` and `p90` days by Kaplan-Meier (null where not reached), `lower_bound` (the longest seen), the share `on_time` of
    the `due` stays whose promise fell into the period, `met` of them, and `open` now."""
    stays = of_stays(asked)
    km = measure("ttc_km", stays, by="stage").frame.set_index("key")
    promised, here = (measure(name, stays, by="stage").frame.set_index("key") for name in ("ontime_due", "backlog"))
    rows = _rows(asked)
    rows = rows[~rows["ends"]].reset_index(drop=True)
    taken = {"n": "n", "left": "numerator", "median": "median", "p90": "p90", "lower_bound": "lower_bound"}
    made = rows.assign(**{name: km[column].reindex(rows["key"]).to_numpy() for name, column in taken.items()})
    made = made.assign(
        **{name: promised[column].reindex(rows["key"]).to_numpy() for name, column in (("on_time", "value"), ("due", "n"), ("met", "numerator"))},
        open=here["n"].reindex(rows["key"]).to_numpy(),
    )  # fmt: skip
    counts = ["n", "left", "due", "met", "open"]
    made[counts] = made[counts].astype("float64").fillna(0).astype("int64")
    return made.drop(columns="stage_id")


def usual(asked: Asked) -> dict[str, float]:
    """Of stages without a promise, by id: the days within which nine of ten stays of the last two years were over (Kaplan-Meier), where so many were."""
    question = asked.question
    day = asked.calendar.day_of(question.as_of)
    about = of_stays(asked, start=day - timedelta(days=USUAL_DAYS), end=day + timedelta(days=1))
    unpromised = {
        stage.slug for stage in stages_of(asked) if stage.extra["amount"] is None and not (stage.extra["waits"] or stage.extra["ends"])
    }
    frame = survival.summary(REGISTRY["ttc_km"], about, "stage")
    return {row["key"]: float(row["p90"]) for row in frame.dropna(subset=["p90"]).to_dict("records") if row["key"] in unpromised}


def stuck(asked: Asked) -> pd.DataFrame:
    """Stays that are open now and longer than their stage promises, or, where it promises nothing, than nine of ten stays in it; longest over first.

    Columns: `programme`, `source_id`, `request_type`, `department`, `stage` and `stage_key`, `opened_at` (came to it), `days` there,
    `limit` (days), `is_promised`, `over` (days beyond it). Stages in which somebody outside has to act are left out. At most `MOST_STUCK`.
    """
    limits = usual(asked)
    about = of_stays(asked)
    facts = about.facts(REGISTRY["backlog"])
    outside = [stage.id for stage in stages_of(asked) if stage.extra["waits"]]
    days = (func.epoch(facts.now) - func.epoch(facts.column("opened_at"))) / 86400.0
    promised = (func.epoch(facts.column("due_at")) - func.epoch(facts.column("opened_at"))) / 86400.0
    numbers = {stage.slug: stage.id for stage in stages_of(asked)}
    whens = [(facts.column("stage_id") == numbers[key], literal(limit)) for key, limit in limits.items()]
    limit = case((facts.column("has_valid_due"), promised), *whens, else_=None)
    over = and_(facts.state, facts.is_open, or_(facts.is_overdue, days > limit), facts.column("stage_id").not_in(outside))
    rows = (
        select(
            facts.column("case_id"), facts.column("stage_id"), facts.column("opened_at"), days.label("days"), limit.label("limit"),
            facts.column("has_valid_due").label("is_promised"), (days - limit).label("over"),
        ).where(about.population(facts, REGISTRY["backlog"]), over).subquery("over")
    )  # fmt: skip
    records = asked.mart.case_records(asked.scope)
    told = [records.c[name] for name in ("programme_id", "source_id", "request_type_id", "department_id")]
    statement = select(*rows.c, *told).join(records, records.c.case_id == rows.c.case_id).order_by(rows.c.over.desc(), rows.c.case_id)
    frame = asked.mart.read(statement.limit(MOST_STUCK), asked.scope)
    names = {stage.id: stage for stage in stages_of(asked)}
    made = worded(asked, frame.drop(columns=["stage_id"]))
    return made.assign(
        stage=[names[int(number)].name for number in frame["stage_id"]], stage_key=[names[int(number)].slug for number in frame["stage_id"]]
    )


def first_answer(asked: Asked) -> pd.DataFrame:
    """The first stage's row of `times`: how long cases wait until anybody takes them up; empty for a programme without stages."""
    return times(asked).head(1)


def waiting(asked: Asked) -> pd.DataFrame:
    """The rows of `times` of stages in which somebody outside has to act."""
    frame = times(asked)
    return frame[frame["waits"]].reset_index(drop=True)


def _opened(asked: Asked, facts: Facts):  # type: ignore[no-untyped-def]
    """The cases opened in the period, each once, in the state they had at `as_of`."""
    return and_(asked.population(facts, REGISTRY["opened"]), facts.state, facts.during("opened_at"))


def _rows(asked: Asked) -> pd.DataFrame:
    columns = ["stage_id", "key", "label", "waits", "ends", "amount", "unit"]
    made = [
        (
            stage.id,
            stage.slug,
            stage.name,
            bool(stage.extra["waits"]),
            bool(stage.extra["ends"]),
            stage.extra["amount"],
            stage.extra["unit"],
        )
        for stage in stages_of(asked)
    ]
    return pd.DataFrame(made, columns=columns).astype({"amount": "float64", "waits": "bool", "ends": "bool"})
