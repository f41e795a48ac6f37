"""The contact centre's calls by hour, queue and language, as a table for other tools. Nothing of who called is in it."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from sqlalchemy import select

from data_access.giving.tables import Column, Given, Kind
from data_access.mart import schema
from metrics.giving.blocks import count
from metrics.giving.labels import Labelled, labelled
from metrics.giving.names import of_mart
from metrics.select import Asked

KINDS: dict[str, Kind] = {
    "source_name": "text", "queue": "text", "language": "text", "starts_at": "instant", "starts_on": "day",
    "wait_seconds": "number", "handle_seconds": "number", "staffed_seconds": "number",
}  # fmt: skip
"""Columns that are no whole numbers."""


def contact_intervals(asked: Asked) -> Given:
    """One row for each hour, queue and language of the lines that the viewer may see."""
    label = Labelled(
        "department_id", "department", "The department that answers the line.", asked.mart.dimensions.departments.by_id, "department_id"
    )
    names = [column.name for column in schema.contact_interval.c if column.name != "department_id"]
    told = [of_mart(schema.contact_interval, name, KINDS.get(name, "whole"), unit=_unit(name)) for name in names]
    columns: tuple[Column, ...] = (*label.columns, *told)

    def rows() -> Iterator[pd.DataFrame]:
        calls = asked.mart.contact_intervals(asked.scope)
        statement = select(*calls.c).order_by(calls.c.starts_at, calls.c.queue, calls.c.language)
        yield labelled(asked.mart.read(statement, asked.scope), [label])

    said = "Contacts of the contact centre by hour, queue and language. A share of several hours is the sum of its counts, never the mean of shares."
    return Given("contact_intervals", said, columns, rows, count(asked, asked.mart.contact_intervals(asked.scope)), (), ("starts_on",))


def _unit(name: str) -> str:
    return (
        "seconds"
        if name.endswith("_seconds")
        else "contacts"
        if KINDS.get(name, "whole") == "whole" and name not in ("weekday", "hour")
        else ""
    )
