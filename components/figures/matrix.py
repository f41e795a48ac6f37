"""A matrix of shares: rows by period, each cell coloured by its distance from the row's target, the share written into it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from components import theme, words

ROW_PIXELS = 26
MOST_WITH_TEXT = 30
"""Columns up to which a share fits into its cell."""


@dataclass(frozen=True)
class Cell:
    """One cell. `value` is null where nothing can be said; then it is drawn hatched, or empty if `is_empty`."""

    value: float | None
    hover: str
    href: str = ""
    is_empty: bool = False
    sign: str = ""
    """Stands after the share."""


@dataclass(frozen=True)
class Row:
    """One row: what identifies it, its label, its target (share; None: grey beside rows that have one) and a cell for each column."""

    key: str
    label: str
    target: float | None
    cells: Sequence[Cell]


def matrix(rows: Sequence[Row], columns: Sequence[tuple[str, str]], *, apart: int | None = None) -> dict[str, Any]:
    """The figure of `rows`, first on top; `columns`: (what identifies it, label).

    Args:
        apart: number of the first column that stands apart from those before it, such as the total.
    """
    traces = []
    is_judged = any(row.target is not None for row in rows)
    if is_judged:
        traces.append(_heat(rows, columns, [[_gap(row, cell) for cell in row.cells] for row in rows], _GAPS))
    plain = [[cell.value if row.target is None else None for cell in row.cells] for row in rows]
    if any(value is not None for line in plain for value in line):
        traces.append(_heat(rows, columns, plain, _NO_TARGET if is_judged else _SHARES))
    if len(columns) <= MOST_WITH_TEXT:
        traces += _texts(rows, columns, is_judged)
    traces.append(_points(rows, columns))
    shapes = [] if apart is None else [_divider(apart)]
    layout = theme.layout(
        xaxis={
            "type": "category", "side": "top", "showgrid": False, "zeroline": False, "categoryorder": "array", "categoryarray": [c for c, _ in columns],
            "tickvals": [c for c, _ in columns], "ticktext": [label for _, label in columns], "range": [-0.5, len(columns) - 0.5],
        },
        yaxis={
            "type": "category", "showgrid": False, "zeroline": False, "categoryorder": "array", "categoryarray": [r.key for r in rows][::-1],
            "tickvals": [r.key for r in rows], "ticktext": [words.plain(r.label) for r in rows], "range": [-0.5, len(rows) - 0.5],
        },
        # The middle of the cell that is pointed at is always the nearest one.
        hovermode="closest", hoverdistance=-1, height=max(220, 150 + ROW_PIXELS * len(rows)), shapes=shapes, margin={"l": 8, "r": 12, "t": 8, "b": 56},
    )  # fmt: skip
    return {"data": traces, "layout": layout}


def _gap(row: Row, cell: Cell) -> float | None:
    """Distance from the target as it is coloured: at most the span of the scale."""
    if row.target is None or cell.value is None:
        return None
    return round(max(-theme.GAP_SPAN, min(theme.GAP_SPAN, cell.value - row.target)), 4)


def _heat(rows: Sequence[Row], columns: Sequence[tuple[str, str]], z: list[list[float | None]], look: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "heatmap", "x": [c for c, _ in columns], "y": [row.key for row in rows], "z": z, "xgap": 2, "ygap": 2, "hoverinfo": "skip", **look,
    }  # fmt: skip


def _look(scale: Sequence[tuple[float, str]], low: float, high: float, ticks: Sequence[tuple[float, str]]) -> dict[str, Any]:
    """Colours from `low` to `high`, and the key that says what they mean; without `ticks` no key."""
    key = {
        "orientation": "h", "x": 0, "xanchor": "left", "y": 0, "yanchor": "top", "ypad": 8, "xpad": 0, "lenmode": "pixels", "len": 300,
        "thickness": 10, "outlinewidth": 0, "tickvals": [at for at, _ in ticks], "ticktext": [text for _, text in ticks], "ticks": "",
        "tickfont": {"size": 11}, "ticklabelposition": "outside",
    }  # fmt: skip
    return {"colorscale": [list(stop) for stop in scale], "zmin": low, "zmax": high, "showscale": bool(ticks), "colorbar": key}


_SPAN = f"{100 * theme.GAP_SPAN:.0f} points"
_GAPS = _look(
    theme.GAP_SCALE, -theme.GAP_SPAN, theme.GAP_SPAN,
    ((-theme.GAP_SPAN, f"{_SPAN} below"), (0, "at its target"), (theme.GAP_SPAN, f"{_SPAN} above")),
)  # fmt: skip
_SHARES = _look(theme.AMOUNT_SCALE, 0, 1, ((0, "0 %"), (0.5, "50 %"), (1, "100 % on time")))
"""Where no row has a target: the share itself, without judgement."""
_NO_TARGET = _look(((0.0, theme.NO_VALUE), (1.0, theme.NO_VALUE)), 0, 1, ())


def _texts(rows: Sequence[Row], columns: Sequence[tuple[str, str]], is_judged: bool) -> list[dict[str, Any]]:
    """The share in each cell, dark on light colours and light on dark ones. A heat map's own text takes no notice of its cell."""
    inks: dict[str, list[tuple[str, str, str]]] = {}
    for row in rows:
        for (column, _), cell in zip(columns, row.cells, strict=True):
            if cell.value is not None:
                gap = _gap(row, cell)
                plain = theme.NO_VALUE if is_judged else theme.on_scale(theme.AMOUNT_SCALE, cell.value)
                ground = plain if gap is None else theme.on_scale(theme.GAP_SCALE, (gap / theme.GAP_SPAN + 1) / 2)
                inks.setdefault(theme.ink_on(ground), []).append((column, row.key, f"{100 * cell.value:.0f}{cell.sign}"))
    return [
        {
            "type": "scatter", "mode": "text", "x": [x for x, _, _ in texts], "y": [y for _, y, _ in texts], "text": [t for _, _, t in texts],
            "textfont": {"size": 12, "color": ink}, "hoverinfo": "skip", "showlegend": False, "cliponaxis": False,
        }
        for ink, texts in sorted(inks.items())
    ]  # fmt: skip


def _points(rows: Sequence[Row], columns: Sequence[tuple[str, str]]) -> dict[str, Any]:
    """What can be pointed at and clicked: the middle of each cell; seen, as a slanted stroke, where nothing can be said.

    A heat map has no hatching of its own, and Dash does not tell which of its cells was clicked.
    """
    cells = [(row.key, column, cell) for row in rows for (column, _), cell in zip(columns, row.cells, strict=True)]
    return {
        "type": "scatter", "mode": "markers", "x": [column for _, column, _ in cells], "y": [key for key, _, _ in cells],
        "customdata": [[cell.href, cell.hover] for _, _, cell in cells], "hovertemplate": "%{customdata[1]}<extra></extra>", "showlegend": False,
        "marker": {
            "symbol": "line-ne-open", "size": 9, "color": theme.QUIET, "line": {"width": 1.5, "color": theme.QUIET},
            "opacity": [int(cell.value is None and not cell.is_empty) for _, _, cell in cells],
        },
        "cliponaxis": False,
    }  # fmt: skip


def _divider(at: int) -> dict[str, Any]:
    return {
        "type": "line", "x0": at - 0.5, "x1": at - 0.5, "yref": "paper", "y0": 0, "y1": 1, "line": {"color": theme.QUIET, "width": 2},
    }  # fmt: skip
