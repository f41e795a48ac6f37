"""A table that the browser draws as one component of ours (`assets/55-table.js`).

Each cell made of Dash's own components is watched for changes, one by one: a page with a few
hundred rows then takes a browser minutes. A table of text needs none of that.
"""

from __future__ import annotations

from typing import Any

from dash.development.base_component import Component


class PlainTable(Component):
    """Rows of text, each perhaps a link.

    Args:
        columns: `{"label": ..., "end": bool}` for each column; numbers stand at the end of their cells.
        rows: for each row its cells, a text or `[text, address]`; the first is the row's heading.
        caption: what the table shows; empty for none.
    """

    _namespace = "statroom_ui"
    _type = "PlainTable"
    _children_props: list[str] = []
    _base_nodes = ["children"]
    _valid_wildcard_attributes: list[str] = []
    _prop_names = ["id", "columns", "rows", "caption"]
    available_properties = _prop_names
    available_wildcard_properties: list[str] = []

    def __init__(self, *, columns: list[dict[str, Any]], rows: list[list[Any]], caption: str = "") -> None:
        super().__init__(columns=columns, rows=rows, caption=caption)
