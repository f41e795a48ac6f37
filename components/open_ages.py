"""Open cases by age: for each department or type, and for all together."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from components import lists, theme, words
from components.chart import Chart, Drawn
from components.figures.ranked import bars, stack
from components.lists import Listing
from components.table import Column, Twin
from metrics.ageing import ageing, band_names
from metrics.select import Asked

MOST_GROUPS = 15
OLD = "365+"


def draw_ages(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Open cases by age, for each department; for each type where there is one department only."""
    by, what = "department", "Department"
    frame = ageing(asked, by=by)
    if frame["key"].nunique() <= 1:
        by, what = "request_type", "Request type"
        frame = ageing(asked, by=by)
    bands = band_names()
    wide = frame.pivot_table(index=["key", "label"], columns="band", values="n", aggfunc="sum", fill_value=0).reindex(columns=bands)
    wide = wide.assign(total=wide.sum(axis=1)).sort_values("total", ascending=False).reset_index()
    wide = wide.assign(**{f"{band}_href": [aged_link(asked, by, key, band) for key in wide["key"]] for band in bands},
                       total_href=[aged_link(asked, by, key, "all") for key in wide["key"]])  # fmt: skip
    columns = (
        Column("label", what), Column("total", "Open", "cases", href="total_href"),
        *[Column(band, f"{words.age_band(band)}", "cases", href=f"{band}_href") for band in bands],
    )  # fmt: skip
    twin = Twin(wide, columns, f"Open cases by age and {what.lower()}")
    title = f"Open cases by days since opening and {what.lower()}, on {words.instant(asked.question.as_of, asked.calendar)}"
    if wide.empty:
        return Drawn("No case is open.", None, twin, title=title)
    top = wide.head(MOST_GROUPS)
    figure = stack(top[bands], list(top["label"]), "cases", theme.AGE_COLOURS)
    figure["layout"]["legend"] |= {"entrywidth": 42, "itemwidth": 30, "font": {"size": 11}}
    for trace, band in zip(figure["data"], bands, strict=True):
        trace |= {
            "customdata": list(top[f"{band}_href"])[::-1],
            "hovertemplate": f"{words.age_band(band)}: %{{x:,.0f}}<extra>%{{y}}</extra>",
        }
    left = len(wide) - len(top)
    note = f"The {MOST_GROUPS} with most open cases; {left:,} more in the table." if left else ""
    every = lists.address(Listing("backlog"), asked)
    return Drawn(
        _ages_words(wide), figure, twin, note, cases=every, title=title, leads={f"{words.count(wide['total'].sum())} open cases": every}
    )


def _ages_words(wide: pd.DataFrame) -> str:
    total, old = wide["total"].sum(), wide[OLD].sum()
    if not old:
        return f"None of the {words.count(total)} open cases has been open for a year."
    most = wide.sort_values(OLD, ascending=False, kind="stable").iloc[0]
    whose = "" if len(wide) == 1 else f"; {words.percent_of(most[OLD] / old)} of these belong to {most['label']}"
    return f"{words.percent_of(old / total)} of the {words.count(total)} open cases have been open for a year or more{whose}."


def aged_link(asked: Asked, by: str, key: str, band: str) -> str:
    return lists.address(Listing("backlog", age=band, descending=False), asked, **{by: key})


def draw_all_ages(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Open cases by age, all together, as of one instant."""
    frame = ageing(asked)
    total = frame["n"].sum()
    frame = frame.assign(
        label=[words.age_band(band) for band in frame["band"]], value=frame["n"],
        href=[lists.address(Listing("backlog", age=band, descending=False), asked) for band in frame["band"]],
    )  # fmt: skip
    twin = Twin(frame, (Column("label", "Open for"), Column("n", "Cases", "cases", href="href")), "Open cases by age")
    if not total:
        return Drawn("No case is open.", None, twin)
    old = int(frame["n"][frame["band"] == OLD].iloc[0])
    finding = f"{words.count(old)} of {words.cases(total)} ({words.percent_of(old / total)}) have been open for a year or longer."
    if not old:
        oldest = frame[frame["n"] > 0].iloc[-1]
        finding = f"None of {words.cases(total)} has been open for a year or longer; the oldest {words.count(oldest['n'])} for {oldest['label'].lower()}."
    every = lists.address(Listing("backlog"), asked)
    leads = {words.cases(total): every} | ({words.count(old): frame["href"].iloc[-1]} if old else {})
    return Drawn(finding, bars(frame, "cases", colours=theme.AGE_COLOURS), twin, cases=every, leads=leads)


AGES = Chart("backlog-ages", "Open cases by age", draw_ages, metric="backlog", has_period=False)
ALL_AGES = Chart("department-ageing", "Open cases by age", draw_all_ages, metric="backlog", has_period=False)
