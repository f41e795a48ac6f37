"""On time as it is, beside on time as it would be with the city's mix of request types."""

from __future__ import annotations

from components import tiles, words
from components.area_map import twin_of, worded
from components.area_words import counted_where, finding_of, note_of
from components.chart import Drawn
from components.figures.ranked import pairs
from components.table import Column, Twin
from metrics.areas import area_figures, layers
from metrics.measure import measure
from metrics.select import Asked

METRIC = "ontime_given_types"
MOST_ROWS = 16
LEAST_GAP = 0.005
"""Less is not worth a sentence."""


def given_types(asked: Asked, layer: str) -> Drawn:
    """Each area's share on time, raw and standardised: what lies between the two is what kind of work it has.

    Raises:
        BadQuestion: no such layer.
    """
    figures, plural = area_figures(asked, METRIC, layer), layers(asked)[layer].lower()
    rows, ranked = worded(figures, asked, layer), figures.ranked()
    common = measure("ontime_due", asked.about(asked.question.about(areas=()))).value
    rows = rows.assign(raw=rows["numerator"] / rows["n"], given=rows["value"] * (float("nan") if common is None else common))
    twin = twin_of(figures, rows, plural)
    twin = Twin(twin.frame, (*twin.columns[:1], Column("given", "On time with the city's mix", "share"), *twin.columns[1:]), twin.caption)
    finding, note = finding_of(figures, asked, None, plural), note_of(figures, plural, None)
    about = {
        "metric": METRIC,
        "title": counted_where(figures.metric, layer, asked),
        "cases": tiles.cases_link(asked, "ontime_due"),
    }
    if ranked.empty or common is None:
        return Drawn(finding, None, twin, note, **about)
    # The ends of the order say most: the lowest half and the highest half of what has room.
    chosen = ranked.index if len(ranked) <= MOST_ROWS else ranked.index[: MOST_ROWS // 2].append(ranked.index[-MOST_ROWS // 2 :])
    shown = rows.loc[chosen]
    left = "" if len(ranked) <= MOST_ROWS else f"The {MOST_ROWS // 2} lowest and highest of {len(ranked)} {plural}; the table has all. "
    figure = pairs(shown.assign(text=shown["tier"]), ("raw", "As it is"), ("given", "With the city's mix of types"), common, "whole city")
    return Drawn(finding, figure, twin, left + _farthest(rows.loc[ranked.index]) + note, **about)


def _farthest(rows) -> str:  # type: ignore[no-untyped-def]
    """The area that its mix of types changes most."""
    gaps = rows["raw"] - rows["given"]
    row = rows.loc[gaps.abs().idxmax()]
    if gaps.abs().max() < LEAST_GAP:
        return ""
    way = "harder" if row["raw"] < row["given"] else "easier"
    return f"Mix matters most in {row['label']}: {words.share(row['raw'])} as it is, {words.share(row['given'])} with the city's mix; its work is {way}. "
