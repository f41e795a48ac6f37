"""The table of what everybody may know of a programme: totals that loads make once. Part of `data_access.mart.schema`."""

from __future__ import annotations

from sqlalchemy import Boolean, Date, DateTime, Integer, SmallInteger, String, Table

from data_access.mart.dimension_schema import column, metadata

programme_total = Table(
    "programme_total", metadata, column("programme", String, "programme.slug"), column("period", String, "2025 or 2025-Q3"),
    column("vintage", SmallInteger, "1; one more for each time its year was counted anew"), column("grain", String, "year or quarter"),
    column("starts_on", Date, "first day"), column("ends_on", Date, "first day after it"),
    column("counted_as_of", DateTime, "up to when cases were known, UTC"),
    column("measure", String, "opened, closed, open, due, ...: see data_access.released.programmes"),
    column("split", String, "request_type, outcome, stage, area, state; empty = the total"),
    column("key", String, "slug of the member; empty = the total"), column("label", String, "label of the member; null = a word of ours"),
    column("n", Integer, "cases; of a duration days, rounded up; null = hidden; a row that is not there has none"),
    column("is_hidden", Boolean, "one mark for all hidden"), column("least", SmallInteger, "fewest cases that are shown of this programme"),
)  # fmt: skip
