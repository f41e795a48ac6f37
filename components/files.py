"""Frames as files: CSV that no spreadsheet runs as a formula, and Parquet."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from typing import Any

import pandas as pd

ROWS_PER_CHUNK = 2_000
FORMULA_STARTS = tuple("=+-@\t\r\n\uff1d\uff0b\uff0d\uff20")
"""Also the full-width signs, which spreadsheets take for the plain ones."""


def safe_text(value: str) -> str:
    """`value` with a leading quote if a spreadsheet would take it for a formula (OWASP ASVS 5.0, 1.2.10)."""
    return "'" + value if value.startswith(FORMULA_STARTS) or value.lstrip().startswith(FORMULA_STARTS) else value


def csv_lines(frame: pd.DataFrame) -> Iterator[str]:
    """`frame` as CSV (RFC 4180) in pieces, its names first. Numbers stay numbers; null is an empty field."""
    yield _lines([[safe_text(str(name)) for name in frame.columns]])
    for start in range(0, len(frame), ROWS_PER_CHUNK):
        part = frame.iloc[start : start + ROWS_PER_CHUNK]
        columns = [[_cell(value) for value in part[name].tolist()] for name in part.columns]
        yield _lines(zip(*columns, strict=True))


def parquet_bytes(frame: pd.DataFrame, facts: dict[str, Any]) -> bytes:
    """`frame` as Parquet; `facts` go into the file's metadata as text."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pa.Table.from_pandas(frame, preserve_index=False)
    told = {f"statroom.{name}": str(value) for name, value in facts.items()}
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), **{k.encode(): v.encode() for k, v in told.items()}})
    buffer = io.BytesIO()
    pq.write_table(table, buffer, compression="zstd")
    return buffer.getvalue()


def json_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """`frame` as JSON values: days as dates, instants as ISO 8601 in UTC, missing as null."""
    columns = {str(name): [json_value(value) for value in frame[name].tolist()] for name in frame.columns}
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def json_value(value: Any) -> Any:
    """One value as JSON has it."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float) and value != value):
        return None
    if isinstance(value, pd.Timestamp):
        return value.isoformat(timespec="seconds") + "Z"
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


def _cell(value: Any) -> Any:
    value = json_value(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return int(value)
    return safe_text(value) if isinstance(value, str) else value


def _lines(rows: Any) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerows(rows)
    return buffer.getvalue()
