"""How old the open cases are, in bands, as of one instant."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
from sqlalchemy import ColumnElement, and_, case, func, literal, select

from metrics.definitions import REGISTRY
from metrics.dictionary.rules import AGE_BOUNDS, passed
from metrics.kinds import Facts
from metrics.question import BadQuestion
from metrics.select import Asked

Ages = tuple[int, int | None]
"""Days since opening: from, lower bound included, up to below (None: no upper bound)."""


def ageing(asked: Asked, by: str | None = None, bounds: tuple[int, ...] = AGE_BOUNDS) -> pd.DataFrame:
    """Open cases by age: `key` and `label` if `by`, `band` ("7-14", "365+"; days, lower bound included), `n`.

    Every band is there, also an empty one; the bands of a group sum to its backlog.
    """
    metric = REGISTRY["backlog"]
    facts = asked.facts(metric)
    assert metric.rows is not None
    days = (func.epoch(literal(asked.question.as_of)) - func.epoch(facts.column("opened_at"))) / 86400.0
    steps = [(days >= bound, number) for number, bound in reversed(list(enumerate(bounds)))]
    band = case(*steps, else_=0).label("band_number")
    keys = [band] if by is None else [band, asked.group(facts, metric, by).label("grp")]
    where = (asked.population(facts, metric), metric.rows(facts))
    inner = select(*keys).where(*where).subquery("ages")
    counted = asked.mart.read(select(*inner.c, func.count().label("n")).group_by(*inner.c), asked.scope)
    names = band_names(bounds)
    if by is None:
        n = counted.set_index("band_number")["n"].reindex(range(len(bounds)), fill_value=0)
        return pd.DataFrame({"band": names, "n": n.to_list()})
    wide = counted.pivot_table(index="grp", columns="band_number", values="n", fill_value=0).reindex(
        columns=range(len(bounds)), fill_value=0
    )
    long = wide.rename(columns=dict(enumerate(names))).rename_axis(columns="band").stack().rename("n").reset_index()
    return asked.named(long, by)


def band_names(bounds: tuple[int, ...] = AGE_BOUNDS) -> list[str]:
    """ "0-7", "7-14", ..., "365+"."""
    return [f"{low}-{high}" for low, high in zip(bounds, bounds[1:], strict=False)] + [f"{bounds[-1]}+"]


def ages_of(band: str) -> Ages:
    """The days of a band's name.

    Raises:
        BadQuestion: there is no such band.
    """
    bands = dict(zip(band_names(), zip(AGE_BOUNDS, (*AGE_BOUNDS[1:], None), strict=True), strict=True))
    band = band.replace(" ", "+")  # as which an address hands over an unquoted plus
    if band not in bands:
        raise BadQuestion("There are no ages called '{band}'; choose {choices}.", band=band[:20], choices=", ".join(bands))
    return bands[band]


def aged(facts: Facts, ages: Ages, when: str = "as_of") -> ColumnElement[bool]:
    """The case was that old at `as_of`, at another of its instants, or reached that age in the period (`Metric.aged_at`)."""
    low, high = ages
    if when == "grown":
        return passed(facts, low)
    opened, at = facts.column("opened_at"), facts.as_of if when == "as_of" else facts.column(when)
    old_enough = opened <= at - timedelta(days=low)
    return old_enough if high is None else and_(old_enough, opened > at - timedelta(days=high))
