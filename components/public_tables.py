"""The released tables as tables for other tools: what the portal's files hold, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from components import open_data
from data_access.giving.tables import Column, Given, Kind
from metrics import published_cases
from metrics.open_data import TABLES, Table, released
from metrics.select import Asked

KINDS: dict[str, Kind] = {"i": "whole", "u": "whole", "f": "number", "b": "yes_no"}


def tables(asked: Asked) -> list[Given]:
    """Every released table, and the cases where the city publishes them one by one; names have _ for -."""
    made = [_given(table, asked) for table in TABLES.values()]
    return [*made, *([published_cases.table(asked)] if published_cases.are_published(asked) else [])]


def _given(table: Table, asked: Asked) -> Given:
    frame = released(table, asked)
    columns = tuple(
        Column(entry.column, KINDS.get(frame[entry.column].dtype.kind, "text"), entry.meaning, entry.unit)
        for entry in open_data.dictionary(table)
    )
    return Given(table.id.replace("-", "_"), open_data.title(table), columns, lambda: _once(table, asked), len(frame))


def _once(table: Table, asked: Asked) -> Iterator[pd.DataFrame]:
    yield released(table, asked)
