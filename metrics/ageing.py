"""How old the open cases are, in bands, as of one instant."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import case, func, literal, select

from metrics.definitions import AGE_BOUNDS, REGISTRY
from metrics.select import Asked


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
