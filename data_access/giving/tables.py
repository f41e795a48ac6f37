"""A table that is given away: its columns with meaning and unit, its rows piece by piece, and views over several."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol

import pandas as pd

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["text", "whole", "number", "yes_no", "day", "instant"]
"""What a cell holds: text, a whole number, a number, true or false, a day, or an instant in UTC."""


@dataclass(frozen=True)
class Column:
    """One column as its readers know it."""

    name: str
    kind: Kind
    meaning: str
    unit: str = ""
    """What a number counts or measures; empty where there is nothing to say."""


@dataclass(frozen=True)
class Given:
    """One table. `rows` makes its rows anew, in frames that have `columns` (others are left out)."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    rows: Callable[[], Iterator[pd.DataFrame]] = field(repr=False)
    total: int | None = None
    """How many rows there will be, where it is known beforehand."""
    key: tuple[str, ...] = ()
    """Columns that are unique together; never null."""
    looked_up_by: tuple[str, ...] = ()
    """Columns that a database should have an index for."""


@dataclass(frozen=True)
class View:
    """A table that a database makes of others when it is asked. `sql` names them in braces: `{case_spells}`."""

    name: str
    meaning: str
    columns: tuple[Column, ...]
    sql: str
    """One SELECT in words that PostgreSQL and DuckDB share."""


class Progress(Protocol):
    """Who is told how far the writing is."""

    def begin(self, source_name: str, total: int | None) -> None: ...

    def advance(self, rows: int) -> None: ...

    def say(self, text: str) -> None: ...


DICTIONARY = (
    Column("table_name", "text", "The table or view."),
    Column("column_name", "text", "Its column; empty for what the table itself holds."),
    Column("kind", "text", "text, whole (number), number, yes_no, day, or instant (in UTC)."),
    Column("unit", "text", "What a number counts or measures."),
    Column("meaning", "text", "What it says."),
)
ABOUT = (Column("fact", "text", "Which fact."), Column("value", "text", "What it is."))


def dictionary(tables: Sequence[Given], views: Sequence[View]) -> Given:
    """The table that explains every column of the others."""
    rows: list[tuple[str, str, str, str, str]] = []
    for one in (*tables, *views):
        rows.append((one.name, "", "", "", one.meaning))
        rows += [(one.name, column.name, column.kind, column.unit, column.meaning) for column in one.columns]
    frame = pd.DataFrame(rows, columns=[column.name for column in DICTIONARY])
    return Given("dictionary", "Every table and column here, with meaning and unit.", DICTIONARY, lambda: iter([frame]), len(frame))


def about(facts: dict[str, str]) -> Given:
    """The table that says what this edition is: of which city, how old, for whom."""
    frame = pd.DataFrame(list(facts.items()), columns=["fact", "value"])
    return Given(
        "about", "What this edition is: city, data age, definitions, for whom it was made.", ABOUT, lambda: iter([frame]), len(frame)
    )


def arrow_schema(columns: Sequence[Column]) -> pa.Schema:
    """The Arrow schema of `columns`, each field with its meaning and unit."""
    import pyarrow as pa

    kinds = {
        "text": pa.string(), "whole": pa.int64(), "number": pa.float64(), "yes_no": pa.bool_(), "day": pa.date32(),
        "instant": pa.timestamp("us", tz="UTC"),
    }  # fmt: skip
    return pa.schema([pa.field(c.name, kinds[c.kind], metadata={"description": c.meaning, "unit": c.unit}) for c in columns])


def arrow_table(frame: pd.DataFrame, columns: Sequence[Column]) -> pa.Table:
    """`frame` with the types of `columns`; instants are naive UTC, missing values of any sort become null."""
    import pyarrow as pa

    schema = arrow_schema(columns)
    return pa.table(
        [pa.array(values_of(frame[c.name], c.kind), schema.field(c.name).type, from_pandas=True) for c in columns], schema=schema
    )


def values_of(column: pd.Series, kind: Kind) -> list[Any]:
    """The cells of `column` as plain Python values of `kind`."""
    if kind == "instant":
        # Through text of the same unit, a column without any instant has no type of its own.
        found = pd.to_datetime(column, utc=True)
        return [None if at is pd.NaT else at.to_pydatetime() for at in found]
    if kind == "day":
        return [None if day is pd.NaT else day.date() for day in pd.to_datetime(column)]
    cells = column.astype(object).where(column.notna(), None).tolist()
    make = {"text": str, "whole": int, "number": float, "yes_no": bool}[kind]
    return [None if cell is None else make(cell) for cell in cells]
