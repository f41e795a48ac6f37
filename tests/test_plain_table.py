"""Tables of text: one component however many rows, since a browser watches each of Dash's own components one by one."""

from __future__ import annotations

from typing import Any

import pandas as pd
from dash.development.base_component import Component

from components.table import MOST_ROWS, Column, Twin, html_table
from metrics.periods import Calendar

CALENDAR = Calendar("UTC", "monday", 1)
COLUMNS = (Column("name", "Area", href="to"), Column("share", "On time", "share"), Column("n", "Cases", "cases"))


def rows(count: int) -> pd.DataFrame:
    return pd.DataFrame(
        {"name": [f"Area {i}" for i in range(count)], "share": 0.5, "n": 1_234, "to": ["/cases?area=1", None] * (count // 2)}
    )


def components(of: Component) -> list[Any]:
    return [of, *(part for part in of._traverse() if isinstance(part, Component))]


def test_a_long_table_is_a_handful_of_components() -> None:
    assert len(components(html_table(Twin(rows(MOST_ROWS), COLUMNS), CALENDAR))) < 10


def test_cells_hold_the_text_a_reader_sees_and_links_where_there_are_any() -> None:
    table = next(part for part in components(html_table(Twin(rows(2), COLUMNS, "Areas"), CALENDAR)) if part._type == "PlainTable")
    assert table.columns == [{"label": "Area", "end": False}, {"label": "On time", "end": True}, {"label": "Cases", "end": True}]
    assert table.rows == [[["Area 0", "/cases?area=1"], "50.0 %", "1,234"], ["Area 1", "50.0 %", "1,234"]]
    assert table.caption == "Areas"


def test_rows_left_out_are_counted_below() -> None:
    made = html_table(Twin(rows(MOST_ROWS + 20), COLUMNS), CALENDAR)
    assert "20 rows more in the file." in str(made)
