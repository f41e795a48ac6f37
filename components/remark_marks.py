"""What departments say of their figures, shown wherever these stand: on tiles, charts and lists, in packets and files. A public process never imports this."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from dash import dcc, html

from components import annotations, gate, remark_words, theme, words
from components.chart import NOTES, Drawn
from components.table import Column, Twin
from components.tiles import cases_of, tile
from data_access.store.remarks import Remark
from metrics import remarks
from metrics.definitions import REGISTRY
from metrics.headline import Headline
from metrics.remarks import Remarks, own_filters
from metrics.select import Asked

PAGE = "/before"
COLUMN = "remark"
HEADING = "What departments say"
HOVER_LETTERS = 44


def standing() -> Remarks:
    """The remarks that stand and that the present viewer may see."""
    return remarks.standing(gate.desk())


def department(one: Remark) -> str:
    """Name of the department whose word it is; its id where there is none of that id any more."""
    member = gate.desk().mart().dimensions.departments.by_slug.get(one.department)
    return one.department if member is None else member.name


def head(one: Remark) -> str:
    """ "Disputed by Parks and Trees"."""
    return remark_words.head(one.stance, department(one))


def answer_said(one: Remark) -> str:
    """What was found, by whom; empty until somebody says."""
    return remark_words.found(one.answer, one.answered_by_name)


def sentence(one: Remark) -> str:
    """All of it, as text."""
    return remark_words.sentence(one.stance, department(one), one.week, one.text, one.answer, one.answered_by_name)


def together(found: Sequence[Remark]) -> str:
    """Several as one text; empty for none."""
    return " ".join(sentence(one) for one in found)


def link(one: Remark) -> str:
    """Where a remark is answered: the page of its department before the meeting."""
    return f"{PAGE}/{one.department}"


def mark(one: Remark) -> html.Details:
    """One remark beside its figure: whose word it is, and on opening the text and what was found."""
    parts: list[Any] = [
        html.P(f"“{one.text}”", className="remark-text"),
        html.P(f"{one.written_by_name}, week of {words.day(one.week)}", className="remark-by"),
    ]
    if one.answer:
        parts.append(html.P(answer_said(one), className="remark-found"))
    parts.append(dcc.Link("To the remark", href=link(one)))
    state = ", answered" if one.answer else ""
    return html.Details([html.Summary(f"{head(one)}{state}"), *parts], className=f"remark remark-{one.stance}")


def made_tiles(heads: Sequence[Headline], asked: Asked) -> list[html.Section]:
    """The headline tiles of the last complete week, each with what departments say of it."""
    said, (week, _), own = standing(), asked.last_week(), own_filters(asked)
    return [
        tile(of, asked, cases=cases_of(of.metric.id, asked), remarks=[mark(one) for one in said.on(of.metric.id, own, week)])
        for of in heads
    ]


def line_texts(lines: Sequence[Mapping[str, Any]], asked: Asked) -> list[str]:
    """What is said of each line of a list of signals or of moves: of any of its weeks, or of the last one where it names none."""
    said, (last, _) = standing(), asked.last_week()
    made = []
    for line in lines:
        first, until = (asked.calendar.start_of(line[name], "week") if name in line else last for name in ("since", "until"))
        made.append(together(said.on_series(asked, line["metric"], line["dimension"], line["key"], first, until)))
    return made


def with_column(twin: Twin, texts: Sequence[str]) -> Twin:
    """`twin` with what departments say of its rows; as it was where they say nothing."""
    if not any(texts):
        return twin
    return replace(twin, frame=twin.frame.assign(**{COLUMN: list(texts)}), columns=(*twin.columns, Column(COLUMN, HEADING)))


def marked(drawn: Drawn, asked: Asked, metric: str) -> Drawn:
    """`drawn` with what departments say of its weeks, if it is a chart of weeks: a sign at the week, the words below and in the table."""
    weeks = _weeks(drawn)
    if not metric or not weeks:
        return drawn
    found = standing().on(metric, own_filters(asked), weeks[0], weeks[-1])
    if not found or drawn.figure is None:
        return drawn
    drawn.figure["data"].append(_signs(drawn.figure["data"][0], weeks, found))
    frame = drawn.twin.frame
    twin = drawn.twin
    if "period" in frame.columns:
        days = [asked.calendar.start_of(day.date(), "week") if hasattr(day, "date") else day for day in frame["period"]]
        twin = with_column(twin, [together([one for one in found if one.week == day]) for day in days])
    return replace(drawn, note=f"{drawn.note} {together(found)}".strip(), twin=twin)


def _weeks(drawn: Drawn) -> list[date]:
    """The first days of the weeks on the axis of a chart over time; none of any other chart."""
    if drawn.figure is None or not drawn.figure["data"] or drawn.figure["layout"].get("xaxis", {}).get("type") != "date":
        return []
    days = [date.fromisoformat(str(day)[:10]) for day in drawn.figure["data"][0].get("x") or ()]
    return days if days and all(after - day == timedelta(days=7) for day, after in zip(days, days[1:], strict=False)) else []


def _signs(of: dict[str, Any], weeks: list[date], found: Sequence[Remark]) -> dict[str, Any]:
    """The signs on the first line of a chart: one for each week, with a word, so that colour says nothing alone."""
    values = dict(zip(weeks, of["y"], strict=False))
    told: dict[date, list[Remark]] = {}
    for one in found:
        if values.get(one.week) is not None:
            told.setdefault(one.week, []).append(one)
    disputed = [any(one.is_dispute for one in several) for several in told.values()]
    return {
        "type": "scatter", "mode": "markers+text", "x": [week.isoformat() for week in told], "y": [values[week] for week in told],
        "text": ["disputed" if is_disputed else "explained" for is_disputed in disputed], "textposition": "top center", "textfont": {"size": 11, "color": theme.INK},
        "marker": {
            "symbol": ["x" if is_disputed else "circle-open" for is_disputed in disputed], "size": 11, "line": {"width": [0 if is_disputed else 2 for is_disputed in disputed]},
            "color": [theme.BAD if is_disputed else theme.PRIMARY for is_disputed in disputed],
        },
        "hovertext": [hover(several) for several in told.values()], "hovertemplate": "%{hovertext}<extra></extra>", "name": HEADING, "showlegend": False, "cliponaxis": False,
    }  # fmt: skip


def hover(several: Sequence[Remark]) -> str:
    """What a pointer is told of them, in lines; safe in a figure."""
    lines = [line for one in several for line in textwrap.wrap(f"{head(one)}: {one.text}", HOVER_LETTERS)]
    return "<br>".join(words.plain(line) for line in lines)


def figure_said(one: Remark) -> str:
    """The figure it is about, in words: "On time: Parks and Trees, Tree emergency"."""
    metric = REGISTRY[one.metric].label if one.metric in REGISTRY else one.metric
    return f"{metric}: {annotations.cases_said(one.filters)}"


assert annotations.marked in NOTES, "notes stand above remarks"
NOTES.append(marked)
