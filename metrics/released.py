"""Figures about sensitive services: the released cells, read as they are. Nothing of them is computed when somebody asks."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from sqlalchemy import select

from data_access.mart import schema
from metrics.question import BadQuestion
from metrics.select import Asked


def releases(asked: Asked) -> pd.DataFrame:
    """What was released, newest first (columns of `schema.release`)."""
    frame = asked.mart.read(select(*schema.release.c), asked.scope)
    return frame.sort_values(["ends_on", "grain"], ascending=[False, False], ignore_index=True)


def released_cells(asked: Asked, period: str | None = None) -> pd.DataFrame:
    """The released cells (columns of `schema.released_cell`), of one release or of all: the same rows for everybody.

    A hidden cell has no `n` and is marked; a combination that is not among the rows has no cases.

    Args:
        period: a `period` of `releases`, such as 2026-Q2; a quarter's months come with it.

    Raises:
        BadQuestion: nothing was released under that name.
    """
    cells = schema.released_cell
    statement = select(*cells.c)
    if period is not None:
        found = releases(asked)
        match = found[found["period"] == period]
        if match.empty:
            raise BadQuestion(f"Nothing was released of {period[:20]!r}; there are {', '.join(found['period']) or 'no releases'}.")
        first = match.iloc[0]
        statement = statement.where(cells.c.starts_on >= first["starts_on"], cells.c.starts_on < first["ends_on"])
        statement = statement.where(cells.c.grain == "year" if first["grain"] == "year" else cells.c.grain != "year")
    frame = asked.mart.read(statement, asked.scope)
    order = ["starts_on", "grain", "area_layer", "area_above", "area", "request_group", "request_type", "deadline"]
    return frame.assign(n=frame["n"].astype("Int64")).sort_values(order, ignore_index=True)


@dataclass(frozen=True, slots=True)
class Classes:
    """Labels of the services in each class, as the city sorts them now. Of the withheld ones there is no list."""

    public: tuple[str, ...]
    aggregate: tuple[str, ...]
    """In the order of their groups."""


def classes(asked: Asked, period: str) -> Classes:
    """Which services are published, and how; class B as in the release of `period`."""
    kept = [kind.name for kind in asked.mart.dimensions.request_types if kind.extra.get("release_class") == "A"]
    cells = released_cells(asked, period)
    named = cells[cells["request_type"] != ""].drop_duplicates("request_type")
    return Classes(tuple(kept), tuple(named["request_type_name"]))
