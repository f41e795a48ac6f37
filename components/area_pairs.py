"""Two areas side by side, chosen from two lists: figures, what differs, and whether chance explains it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from components import filters, tiles, words
from components.chart import Drawn
from components.density_map import NO_TABLE
from components.figures.spreads import differences
from components.table import Column, Twin
from metrics.area_pairs import Compared, Side, compare_areas, top_types
from metrics.areas import area_figures, counted_as, layers, require_layer
from metrics.question import BadQuestion
from metrics.select import Asked

FIRST, SECOND = "area", "with"
NOBODY = "none"
SEPARATOR = "."
"""Between layer and area in an address: "district.mills"; no id has it."""
VERDICTS = {True: "can be told apart", False: "cannot be told apart", None: "–"}


def areas_of(asked: Asked) -> dict[str, str]:
    """Every area of every layer a reader may choose: address -> name with its layer."""
    found = {NOBODY: "Choose an area"}
    for layer in layers(asked):
        name = asked.mart.dimensions.area_layers.by_slug[layer].name
        found |= {f"{layer}{SEPARATOR}{area.slug}": f"{area.name} ({name.lower()})" for area in asked.open_areas(layer)}
    return found


filters.Option(FIRST, "Area", areas_of, lambda: NOBODY)
filters.Option(SECOND, "Compared with", areas_of, lambda: NOBODY)


def chosen_pair(asked: Asked, view: Mapping[str, str]) -> tuple[str, str, str] | None:
    """(layer, one, other) that a page's options name; None as long as not both are chosen.

    Raises:
        BadQuestion: they are of different layers, or the same.
    """
    if NOBODY in (view[FIRST], view[SECOND]):
        return None
    (layer, _, one), (of, _, other) = (view[name].partition(SEPARATOR) for name in (FIRST, SECOND))
    if layer != of:
        raise BadQuestion("Areas of two kinds cannot be compared; choose two of one kind.")
    if one == other:
        raise BadQuestion("An area cannot be compared with itself; choose another.")
    return require_layer(asked, layer), one, other


def pair(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """The two areas: a sentence with what can be told apart, the differences with their intervals, and a table of all."""
    asked = asked.remembering()
    found = chosen_pair(asked, view) or (_farthest(asked, view["layer"]) if view[FIRST] == view[SECOND] == NOBODY else None)
    if found is None:
        return Drawn("Choose two areas of one kind to see them side by side.", None, NO_TABLE)
    layer, one, other = found
    members = asked.mart.dimensions.areas(layer).by_slug
    names = members[one].name, members[other].name
    compared = compare_areas(asked, layer, one, other)
    rows = [_row(asked, layer, (one, other), item) for item in compared]
    types = top_types(asked, layer, (one, other))
    rows += [_type_row(asked, layer, (one, other), record) for record in types.to_dict("records")]
    columns = (
        Column("figure", "Figure"), Column("one", names[0], href="one_href"), Column("one_n", "Cases", "number"),
        Column("other", names[1], href="other_href"), Column("other_n", "Cases", "number"), Column("difference", "Difference"),
        Column("interval", "95 % interval"), Column("verdict", "Verdict"),
    )  # fmt: skip
    twin = Twin(pd.DataFrame(rows), columns, f"{names[0]} and {names[1]} side by side")
    # Of nothing there are no parts: a figure of zero in the second area leaves the difference to the table.
    drawn = [item for item in compared if item.told_apart is not None and item.other.value]
    figure = differences([(item.metric.label, *_relative(item)) for item in drawn], names) if drawn else None
    note = (
        "Drawn: the difference as a part of the second area's figure, with its 95 % interval; at 0 the two are the same. "
        "Counts say how large an area is and have no verdict. Of figures without an interval nothing can be said."
        + (" Nobody chose these two: they lie farthest apart." if view[FIRST] == view[SECOND] == NOBODY else "")
    )
    title = f"{names[0]} beside {names[1]}, {words.asked_period(asked.question)}"
    return Drawn(_finding(compared, names), figure, twin, note, title=title)


def _farthest(asked: Asked, layer: str) -> tuple[str, str, str] | None:
    """The two areas that a reader who chose none is shown: lowest and highest on time given types, else by cases; None without two."""
    if layer not in layers(asked):
        return None
    for metric in ("ontime_given_types", "opened"):
        ranked = area_figures(asked, metric, layer).ranked()
        if len(ranked) > 1:
            return layer, str(ranked["key"].iloc[0]), str(ranked["key"].iloc[-1])
    return None


def _finding(compared: list[Compared], names: tuple[str, str]) -> str:
    apart = [item for item in compared if item.told_apart]
    same = [words.label(item.metric) for item in compared if item.told_apart is False]
    if not apart and not same:
        return words.sentence(f"{names[0]} and {names[1]} have too few cases to be compared")
    said = [f"{words.label(item.metric)} ({_value(item, item.one)} against {_value(item, item.other)})" for item in apart]
    differ = (
        f"{names[0]} and {names[1]} differ beyond chance in {words.joined(said)}"
        if said
        else f"{names[0]} and {names[1]} cannot be told apart"
    )
    rest = f"; not in {words.joined(same)}" if said and same else ""
    return words.sentence(differ + rest)


def _row(asked: Asked, layer: str, areas: tuple[str, str], item: Compared) -> dict[str, Any]:
    unit = item.metric.unit
    interval = "–" if item.low is None or item.high is None else f"{_signed(item.low, unit)} to {_signed(item.high, unit)}"
    hrefs = [tiles.cases_link(asked, counted_as(item.metric), **{layer: area}) for area in areas]
    return {
        "figure": item.metric.label, "one": _value(item, item.one), "other": _value(item, item.other), "one_n": item.one.n, "other_n": item.other.n,
        "difference": "–" if item.difference is None else _signed(item.difference, unit), "interval": interval,
        "verdict": VERDICTS[item.told_apart], "one_href": hrefs[0], "other_href": hrefs[1],
    }  # fmt: skip


def _type_row(asked: Asked, layer: str, areas: tuple[str, str], row: Mapping[str, Any]) -> dict[str, Any]:
    one, other = (None if words.is_missing(row[name]) else row[name] for name in ("one", "other"))
    hrefs = [
        tiles.cases_link(asked, "opened", **{layer: area, "request_type": None if row["key"] == "none" else row["key"]}) for area in areas
    ]
    return {
        "figure": f"Opened: {row['label']}", "one": words.count(one), "other": words.count(other), "one_n": one, "other_n": other,
        "difference": "–" if one is None or other is None else _signed(one - other, "cases"), "interval": "–", "verdict": "–",
        "one_href": None if row["key"] == "none" else hrefs[0], "other_href": None if row["key"] == "none" else hrefs[1],
    }  # fmt: skip


def _value(item: Compared, side: Side) -> str:
    return words.amount(side.value, item.metric.unit)


def _signed(value: float, unit: Any) -> str:
    text = words.points(value) if unit == "share" else words.amount(abs(value), unit)
    return f"{'+' if value > 0 else '−' if value < 0 else ''}{text}"


def _relative(item: Compared) -> tuple[float, float, float, bool]:
    """The difference and its ends as parts of the other area's figure, and whether it is beyond chance."""
    base = item.other.value or float("nan")
    return (item.difference or 0.0) / base, (item.low or 0.0) / base, (item.high or 0.0) / base, bool(item.told_apart)
