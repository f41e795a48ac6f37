"""`/signals`: what really changed, what is only noise, and what nobody can tell yet."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dash import html

from components import annotations, filters, remark_marks, signal_words, words
from components.chart import Chart, Drawn, block
from components.one_signal import OneSignal
from components.page import Query, heading, page
from components.table import Column, Twin
from metrics import signals
from metrics.definitions import REGISTRY
from metrics.false_alarms import rates
from metrics.select import Asked
from metrics.signal_list import SignalList, narrowed, signal_list
from metrics.weekly import METRICS, WHOLE, layers

WEEKS = 52
NOW, PERIOD = "now", "period"
EVERY = "every"
LONGEST_SERIES = 300


def _splits(asked: Asked) -> dict[str, str]:
    names = asked.mart.dimensions.area_layers.by_slug
    return {EVERY: "All", WHOLE: "All cases together", "department": "Departments", "request_type": "Request types",
            **{layer: names[layer].name for layer in layers(asked)}}  # fmt: skip


WHEN = filters.Option("seen", "Signals", lambda _asked: {NOW: "Going on now", PERIOD: "At any time in the period"}, lambda: NOW)
FIGURE = filters.Option(
    "figure", "Figure", lambda _asked: {EVERY: "All", **{name: REGISTRY[name].label for name in METRICS}}, lambda: EVERY
)
SPLIT = filters.Option("split", "By", _splits, lambda: EVERY)
SERIES = filters.Option("series", "Series", None, lambda: "", longest=LONGEST_SERIES)


def build(query: Query) -> list[Any]:
    return [
        heading("Signals", "What really changed, against the ordinary ups and downs of each series."),
        filters.bar(query, own=(WHEN.name, FIGURE.name, SPLIT.name), without=("grain",), weeks=WEEKS),
        html.Div([block(LIST, "span-8", with_table=True), block(CHOSEN, "span-4")], className="grid"),
        annotations.panel(query),
    ]


def found(asked: Asked, view: Mapping[str, str]) -> SignalList:
    """The list that the page's options mean."""
    figure, split = (view[option.name] for option in (FIGURE, SPLIT))
    return signal_list(
        asked, annotations.rebasing(), going_on=view[WHEN.name] == NOW, metric="" if figure == EVERY else figure,
        dimension="" if split == EVERY else split,
    )  # fmt: skip


def draw_list(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """One line for each thing that changed."""
    of, is_now = found(asked, view), view[WHEN.name] == NOW
    own = {name: value for name, value in filters.own_query(view).items() if name != SERIES.name}
    rows = signal_words.table_rows(of.lines, asked, own)
    columns = (
        Column("what", "What changed", href="open"), Column("more", "Cases affected"), Column("verdict", "Direction"), Column("week", "Since", "day"),
        Column("rule", "How it shows"), Column("n", "Counted last", "cases", href="href"), Column("ask", "Whom to ask"), Column("also_in", "Seen with it"),
    )  # fmt: skip
    twin = remark_marks.with_column(
        Twin(rows, columns, "Signals, by cases affected"), remark_marks.line_texts(of.lines.to_dict("records"), asked)
    )
    return Drawn(signal_words.finding(of, is_now), None, twin, signal_words.accounts(of, rates()),
                 title=f"Weekly series, {words.days_between(*signals.window(asked))}")  # fmt: skip


def draw_chosen(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """The chosen series with its limits; the first of the list where none is chosen."""
    chosen = view[SERIES.name] or next((signal_words.series_id(row) for row in found(asked, view).lines.head(1).to_dict("records")), "")
    metric, dimension, key = signal_words.series_of(chosen, asked)
    one = narrowed(asked, dimension, key)
    board = signals.board(one, annotations.rebasing(), metrics=(metric,), dimensions=())
    return OneSignal(board, one).drawn()


LIST = Chart("signals", "What really changed", draw_list)
CHOSEN = Chart("signal-series", "One series with its limits", draw_chosen, metric="opened")

layout = page(__name__, "/signals", "Signals", build, nav="Signals", order=2, weeks=WEEKS)
