"""Cases that fall due in the next seven days, each with its chance to be late, and how good such chances were.

The chance is the share of late ones among recent cases of the same type that were open with as many days left, counted at
the same hour of past weeks and mixed with all types' share where a type has few. It is checked on past weeks, each
judged with what was known before it.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import BigInteger, Integer, Select, and_, cast, func, literal, or_, select

from data_access.cache import cached
from metrics.answer import pack, unpack
from metrics.cases import case_list
from metrics.definitions import REGISTRY
from metrics.dictionary.open_cases import SOON_DAYS
from metrics.select import Asked
from metrics.standing import WEEK_SECONDS, instant_of

LEARNED = 13
"""Past weeks that a chance is taken from."""
JUDGED = 13
"""Past weeks whose chances are compared with what came."""
PRIOR = 10.0
LEVELS = (0.0, 0.2, 0.5, 1.0)
"""Bounds of the chances that are told apart when they are judged."""
MOST_LISTED = 200
DAY_SECONDS = 86_400


def chances(asked: Asked) -> pd.DataFrame:
    """The chance to be late by `kind` (number of the request type; -1: any other) and whole `days` left (0 to 6): `chance`, null before there was a week to learn from."""
    return _kept(asked)[0]


def reliability(asked: Asked) -> pd.DataFrame:
    """How good the chances of the last weeks were, by level of the chance: `low`, `high`, `n` cases, `expected` (mean chance), `late` (share that was)."""
    return _kept(asked)[1]


def due_soon(asked: Asked) -> pd.DataFrame:
    """The cases due in the next seven days, soonest first, at most `MOST_LISTED`: the columns of a case list with `hours` left and `chance`."""
    frame = case_list(asked, "due_next_7_days", sort="due_at", limit=MOST_LISTED).frame
    hours = (pd.to_datetime(frame["due_at"]) - pd.Timestamp(asked.question.as_of)).dt.total_seconds() / 3600
    numbers = {member.name: member.id for member in asked.mart.dimensions.request_types}
    kinds = [numbers.get(name, 0) if isinstance(name, str) else 0 for name in frame["request_type"]]
    return frame.assign(hours=hours, chance=_looked_up(chances(asked), kinds, (hours // 24).astype("int64").tolist()))


def expected(asked: Asked, by: str) -> pd.DataFrame:
    """Per group of dimension `by`, most first: `key`, `label`, `n` due in the next seven days and `late`, how many are expected to be late (null where unknown)."""
    metric = REGISTRY["due_next_7_days"]
    facts = asked.facts(metric)
    assert metric.rows is not None
    days = _days_left(func.epoch(facts.column("due_at")), func.epoch(facts.now)).label("days")
    group, kind = asked.group(facts, metric, by).label("grp"), facts.column("request_type_id").label("kind")
    rows = select(group, kind, days).where(asked.population(facts, metric), metric.rows(facts)).subquery("due")
    frame = asked.mart.read(select(*rows.c, func.count().label("n")).group_by(*rows.c), asked.scope)
    chance = pd.Series(_looked_up(chances(asked), frame["kind"].tolist(), frame["days"].tolist()), index=frame.index, dtype="float64")
    summed = frame.assign(late=frame["n"] * chance).groupby("grp", as_index=False)[["n", "late"]].sum(min_count=1)
    return asked.named(summed, by).sort_values(["n", "label"], ascending=[False, True], ignore_index=True)


def _looked_up(known: pd.DataFrame, kinds: list[int], days: list[int]) -> list[float | None]:
    table = dict(zip(zip(known["kind"], known["days"], strict=True), known["chance"], strict=True))
    return [table.get((kind, day), table.get((-1, day))) for kind, day in zip(kinds, days, strict=True)]


def _kept(asked: Asked) -> tuple[pd.DataFrame, pd.DataFrame]:
    question = asked.question
    kept_for = question if question.moved else question.about(start=question.as_of.date(), end=question.as_of.date(), grain="week")

    def compute() -> list[Any]:
        rows = asked.mart.read(_past(asked), asked.scope)
        return [pack(frame) for frame in _learned(rows)]

    known, judged = cached("due_soon", asked.mart.edition, asked.scope, kept_for.parameters(), compute)
    return unpack(known), unpack(judged)


def _past(asked: Asked) -> Select:
    """Of the cases open at weekly instants and due within seven days of it: `back` (weeks), `kind`, `days` left, `n` and how many were `late`."""
    facts = asked.facts_of(asked.rows("due"))
    column, as_of, last = facts.column, asked.question.as_of, LEARNED + JUDGED
    begun, due = column("spell_opened_at"), column("due_at")
    # A deadline lies within seven days of exactly one of the weekly instants before it.
    back = cast(func.floor((func.epoch(literal(as_of)) - func.epoch(due)) / WEEK_SECONDS), BigInteger) + 1
    rows = select(
        back.label("back"), column("request_type_id").label("kind"), func.epoch(due).label("due"), func.epoch(begun).label("begun"), func.epoch(column("closed_at")).label("closed"),
    ).where(
        asked.population(facts, REGISTRY["backlog"]), column("has_valid_due"), due < as_of, due >= as_of - timedelta(weeks=last), begun <= as_of
    ).subquery("fell_due")  # fmt: skip
    at = instant_of(as_of, rows.c.back)
    stood = and_(rows.c.begun <= at, or_(rows.c.closed.is_(None), rows.c.closed > at))
    late = cast(func.count_if(or_(rows.c.closed.is_(None), rows.c.closed > rows.c.due)), Integer).label("late")
    days = _days_left(rows.c.due, at).label("days")
    return (
        select(rows.c.back, rows.c.kind, days, cast(func.count(), Integer).label("n"), late)
        .where(stood)
        .group_by(rows.c.back, rows.c.kind, days)
    )


def _days_left(due: Any, at: Any) -> Any:
    return cast(func.floor((due - at) / DAY_SECONDS), Integer)


def _learned(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(chances for now, the past chances judged)."""
    kinds = sorted({int(kind) for kind in rows["kind"]})
    n, late = (np.zeros((LEARNED + JUDGED, len(kinds) + 1, SOON_DAYS)) for _ in range(2))
    at = rows["back"].to_numpy("int64") - 1, np.searchsorted(kinds, rows["kind"].to_numpy("int64")), rows["days"].to_numpy("int64")
    np.add.at(n, at, rows["n"].to_numpy("float64"))
    np.add.at(late, at, rows["late"].to_numpy("float64"))
    now = _chance(n[:LEARNED], late[:LEARNED])
    table = [
        (kind, day, now[place, day]) for place, kind in enumerate([*kinds, -1]) for day in range(SOON_DAYS) if np.isfinite(now[place, day])
    ]
    judged = []
    for week in range(JUDGED):
        before = slice(week + 1, week + 1 + LEARNED)
        judged.append(np.stack([_chance(n[before], late[before]), n[week], late[week]]))
    chance, cases, missed = np.stack(judged, axis=1) if judged else np.zeros((3, 0))
    levels = []
    for low, high in zip(LEVELS, LEVELS[1:], strict=False):
        inside = (cases > 0) & (chance >= low) & ((chance < high) | (high == 1.0))
        total = cases[inside].sum()
        if total:
            levels.append((low, high, total, (chance * cases)[inside].sum() / total, missed[inside].sum() / total))
    return pd.DataFrame(table, columns=["kind", "days", "chance"]), pd.DataFrame(levels, columns=["low", "high", "n", "expected", "late"])


def _chance(n: np.ndarray, late: np.ndarray) -> np.ndarray:
    """Chance by kind (the last: any other) and days left; NaN where no case of any kind had so many days left."""
    cases, missed = n.sum(axis=0), late.sum(axis=0)
    with np.errstate(invalid="ignore"):
        of_day = missed.sum(axis=0) / np.where(cases.sum(axis=0) > 0, cases.sum(axis=0), np.nan)
    return (missed + PRIOR * of_day) / (cases + PRIOR)
