"""The same questions as plain SQL over one table of cases in DuckDB: what the engine does by itself, without this mart's tables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

from benchmarks.memory import COLUMNS, Memory

Numbers = dict[Any, float]


def open_raw(mart: Path, folder: Path, channels: tuple[str, ...]) -> duckdb.DuckDBPyConnection:
    """One table `c` with a row for each case of the mart file, by opening date, words as words; kept in `folder`. One thread, as a web worker."""
    path = folder / "raw.duckdb"
    if not path.exists():
        words = "[" + ", ".join(f"'{word}'" for word in channels) + "]"
        named = "* EXCLUDE channel_number REPLACE (coalesce(district, 'Not on the map') AS district, coalesce(neighbourhood, 'Not on the map') AS neighbourhood)"
        with duckdb.connect(str(path), config={"memory_limit": "4GB"}) as made:
            made.execute(f"ATTACH '{mart}' AS mart (READ_ONLY)")
            made.execute("USE mart")
            made.execute(f"CREATE TABLE raw.c AS SELECT {named}, {words}[channel_number + 1] AS channel FROM ({COLUMNS})")
    return duckdb.connect(str(path), read_only=True, config={"threads": 1, "memory_limit": "4GB"})


@dataclass(frozen=True)
class Raw:
    """The table and a question about it."""

    connection: duckdb.DuckDBPyConnection
    asked: Memory

    def rows(self, what: str, where: str, end: str = "") -> list[tuple[Any, ...]]:
        """`what` of the chosen cases that `where` leaves."""
        m = self.asked
        chosen = " AND ".join(["counts", *(f"{column} IN ({_texts(values)})" for column, values in m.filters.items()), where])
        given = {"start": m.start, "stop": m.end, "as_of": m.as_of, "first": m.weeks[0]}
        statement = f"SELECT {what} FROM c WHERE {chosen} {end}"
        return self.connection.execute(statement, {name: value for name, value in given.items() if f"${name}" in statement}).fetchall()

    def weekly(self, day: str, value: str = "count(*)", where: str = "true") -> dict[pd.Timestamp, float]:
        """`value` by the week of column `day`, of the weeks asked about."""
        within = f"{day} >= $first AND {day} < $stop AND {where}"
        return {pd.Timestamp(week): float(n) for week, n in self.rows(f"date_trunc('week', {day}) AS w, {value}", within, "GROUP BY 1")}


def _texts(values: list[str]) -> str:
    return ", ".join("'" + value.replace("'", "''") + "'" for value in values)


def _opened(raw: Raw) -> Numbers:
    found = raw.weekly("opened_day")
    return {week: found.get(week, 0.0) for week in raw.asked.weeks}


def _backlog(raw: Raw) -> Numbers:
    ((level,),) = raw.rows("count_if(opened_day < $first) - count_if(closed_day < $first)", "true")
    opened, closed, made = raw.weekly("opened_day"), raw.weekly("closed_day"), {}
    for week in raw.asked.weeks:
        level += opened.get(week, 0.0) - closed.get(week, 0.0)
        made[week] = float(level)
    return made


_DUE = "due_day >= $start AND due_day < $stop AND due <= $as_of"
_MET = "avg(coalesce(closed <= due, false)::INTEGER)"
_DAYS = "median(epoch(closed - opened) / 86400)"
_CLOSED = "closed_day >= $start AND closed_day < $stop"
_OVERDUE = "closed IS NULL AND due < $as_of"


def _by(column: str, value: str, where: str) -> Callable[[Raw], Numbers]:
    return lambda raw: {key: float(n) for key, n in raw.rows(f"{column}, {value}", where, "GROUP BY 1") if n is not None}


def _matrix(raw: Raw) -> Numbers:
    found = raw.rows(f"type, date_trunc('week', due_day), {_MET}", _DUE, "GROUP BY 1, 2")
    return {(kind, pd.Timestamp(week)): float(n) for kind, week, n in found}


def _ages(raw: Raw) -> Numbers:
    from metrics.dictionary.rules import AGE_BOUNDS

    names = [f"{low}-{high}" for low, high in zip(AGE_BOUNDS, AGE_BOUNDS[1:], strict=False)] + [f"{AGE_BOUNDS[-1]}+"]
    age = "epoch($as_of - opened) / 86400"
    band = (
        "CASE "
        + " ".join(f"WHEN {age} >= {low} THEN '{name}'" for low, name in reversed(list(zip(AGE_BOUNDS, names, strict=True))))
        + " END"
    )
    return {
        (department, name): float(n) for department, name, n in raw.rows(f"department, {band}, count(*)", "closed IS NULL", "GROUP BY 1, 2")
    }


def _page(where: str, order: str) -> Callable[[Raw], Numbers]:
    def ask(raw: Raw) -> Numbers:
        ((total,),) = raw.rows("count(*)", where)
        found = raw.rows("source_id, case_id, department, type, opened, due", where, f"ORDER BY {order} LIMIT 50")
        return {"total": float(total), **dict.fromkeys([row[0] for row in found], 1.0)}

    return ask


RAW: dict[str, Callable[[Raw], Numbers]] = {
    "opened by week": _opened,
    "backlog by week": _backlog,
    "on time by week": lambda raw: raw.weekly("due_day", _MET, "due <= $as_of"),
    "overdue by department": _by("department", "count(*)", _OVERDUE),
    "on time, type x week": _matrix,
    "ageing by department": _ages,
    "overdue list, first page": _page(_OVERDUE, "due, case_id"),
    "on time by department": _by("department", _MET, _DUE),
    "median days by department": _by("department", _DAYS, _CLOSED),
    "on time by neighbourhood": _by("neighbourhood", _MET, _DUE),
    "median days by district": _by("district", _DAYS, _CLOSED),
    "newest cases, first page": _page("opened_day >= $start AND opened_day < $stop", "opened DESC, case_id"),
}
"""By the name of the question in `benchmarks.questions`."""
