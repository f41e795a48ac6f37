"""A frame as a table for people: the twin of every chart, and lists on pages. Values stay values until here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import pandas as pd
from dash import html

from components import words
from components.language import _, plural
from components.plain_table import PlainTable
from metrics.kinds import Unit
from metrics.periods import Calendar

Kind = Literal["text", "day", "instant", "number"] | Unit
MOST_ROWS = 200
"""Rows a page shows; the file has all of them."""
LARGE = 100
"""Bare numbers from here on are shown whole."""


@dataclass(frozen=True)
class Column:
    """One column: its name in the frame, its heading, and what kind of value it holds."""

    key: str
    label: str
    kind: Kind = "text"
    href: str | None = None
    """Name of a column with the address its cells lead to."""


@dataclass(frozen=True)
class Twin:
    """A frame with the columns a reader sees, in order. Columns that are only addresses are not shown."""

    frame: pd.DataFrame
    columns: tuple[Column, ...]
    caption: str = ""
    file: pd.DataFrame | None = None
    """What a download has instead, where the table is laid out for reading: the same figures, one to a row."""

    def for_file(self) -> pd.DataFrame:
        """The shown columns with their own values, for a download."""
        return self.frame[[column.key for column in self.columns]] if self.file is None else self.file


def text_of(value: Any, kind: Kind, calendar: Calendar | None = None) -> str:
    """One value as text. A text among numbers ("more than 30.1") stays as it is."""
    if kind == "text" or isinstance(value, str):
        return words.MISSING if words.is_missing(value) else str(value)
    if kind == "day":
        return words.MISSING if words.is_missing(value) else words.day(pd.Timestamp(value).date())
    if kind == "instant":
        assert calendar is not None, "instants need the city's clock"
        return words.moment(value, calendar)
    if kind == "number":
        return words.decimal(value, 0 if not words.is_missing(value) and (float(value).is_integer() or abs(float(value)) >= LARGE) else 2)
    return words.amount(value, kind)


def html_table(twin: Twin, calendar: Calendar, *, most: int = MOST_ROWS) -> html.Div:
    """`twin` as an HTML table, numbers to the right, with a note when rows are left out."""
    table = _plain(twin, calendar, most)
    left = len(twin.frame) - most
    # A region that scrolls must be reachable by keyboard.
    scrolled = html.Div(table, className="table-scroll", tabIndex=0, role="group", **{"aria-label": _(twin.caption or "Table")})
    note = [html.P(plural("{n} row more in the file.", "{n} rows more in the file.", left), className="note")] if left > 0 else []
    return html.Div([scrolled, *note])


def _plain(twin: Twin, calendar: Calendar, most: int) -> PlainTable:
    rows = []
    for record in twin.frame.head(most).to_dict("records"):
        cells: list[Any] = []
        for column in twin.columns:
            text, target = text_of(record[column.key], column.kind, calendar), record.get(column.href) if column.href else None
            # Behind a value that cannot be given there is nothing to look at.
            cells.append([text, target] if isinstance(target, str) and target and text != words.MISSING else text)
        rows.append(cells)
    columns = [{"label": _(column.label), "end": _side(column) != ""} for column in twin.columns]
    return PlainTable(columns=columns, rows=rows, caption=_(twin.caption))


def _side(column: Column) -> str:
    return "" if column.kind in ("text", "day", "instant") else "text-end"
