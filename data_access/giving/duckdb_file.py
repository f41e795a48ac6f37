"""The tables of an export and their views as one DuckDB file, made from its Parquet files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb

from data_access.giving.tables import Given, View


def write_duckdb(path: Path, tables: Sequence[Given], views: Sequence[View], parquet: Path) -> None:
    """Write `path` from the files of `tables` in the folder `parquet`; every table and column carries its meaning."""
    with duckdb.connect(str(path)) as connection:
        for table in tables:
            connection.execute(
                f"CREATE TABLE {_name(table.name)} AS SELECT * FROM read_parquet(?)", [str(parquet / f"{table.name}.parquet")]
            )
        for view in views:
            sql = view.sql.format(**{table.name: _name(table.name) for table in tables})
            connection.execute(f"CREATE VIEW {_name(view.name)} AS {sql}")
        for one in (*tables, *views):
            what = "VIEW" if isinstance(one, View) else "TABLE"
            connection.execute(f"COMMENT ON {what} {_name(one.name)} IS {_text(one.meaning)}")
            for column in one.columns:
                connection.execute(f"COMMENT ON COLUMN {_name(one.name)}.{_name(column.name)} IS {_text(column.meaning)}")


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
