"""`/targets`: all that has a target, misses first: departments' shares on time, and measures that are not cases."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from math import floor
from typing import Any

import pandas as pd
from dash import dcc, html

from components import filters, on_time, theme, tiles, words
from components.agreed_targets import PAGE as AGREED
from components.chart import Chart, Drawn, block
from components.figures.ranked import stack
from components.figures.scores import scores
from components.page import Query, heading, page
from components.table import Column, Twin
from metrics.ranking import LEAST_N
from metrics.score import CAP
from metrics.scored import MET, MISSED, Scored, counted_once, fiscal_years, scored
from metrics.select import Asked

LATEST = "latest"
MOST_BARS = 15
LONGEST_NAME = 60
STATES = {
    MISSED: "missed", MET: "met", "not_reported": "not scored: no value", "no_target": "not scored: no target", "few": f"not scored: under {LEAST_N} cases",
    "no_direction": "not scored: neither high nor low is better", "negative": "not scored: below zero", "zero_target": "not scored: the target is zero",
}  # fmt: skip
BETTER = {"higher": "higher", "lower": "lower"}

filters.Option(
    "year",
    "Fiscal year of measures",
    lambda asked: {LATEST: "Latest with figures", **{str(year): f"FY {year}" for year in fiscal_years(asked)}},
    lambda: LATEST,
)


def build(query: Query) -> list[Any]:
    return [
        heading("Targets", "All that has a target beside it: what is missed first, what is met, and what nobody can say."),
        html.P(dcc.Link("Agreed targets: who set which, why and until when; propose one", href=AGREED), className="note"),
        filters.bar(query, own=("year",), without=("grain",)),
        html.Div([block(TARGETS, "span-12", with_table=True)], className="grid"),
    ]


def draw_targets(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """Misses first, furthest from their target first; the score of all of it stands in the note."""
    found = scored(asked, on_time.city_target(), None if view["year"] == LATEST else int(view["year"]))
    rows = _rows(found, asked)
    twin = Twin(rows, (
        Column("department_label", "Department", href="page"), Column("named", "Measure"), Column("value_said", "Value", "number", href="href"), Column("target_said", "Target", "number"),
        Column("n", "Of cases", "cases", href="all"), Column("better", "Better is"), Column("score_said", "Score", "number"), Column("state_said", "Target"),
    ), _title(found, asked), found.frame)  # fmt: skip
    title = _title(found, asked)
    if found.frame.empty:
        return Drawn("Nothing with a target was measured in this period.", None, twin, title=title)
    told = rows[rows["state"].isin([MISSED, MET])]
    if told.empty:
        return Drawn(_finding(found), None, twin, _note(found), title=title)
    if len(told) <= MOST_BARS:
        return Drawn(_finding(found), scores(told), twin, _note(found), title=title)
    return Drawn(
        _finding(found),
        _by_department(rows, asked),
        twin,
        f"Bars: how many measures of each department, the {MOST_BARS} with most misses; a bar leads to the department. {_note(found)}",
        title=title,
    )


def _by_department(rows: pd.DataFrame, asked: Asked) -> dict[str, Any]:
    """Of each department how many measures are missed, met and not scored: where too many are measured to draw each."""
    kinds = {MISSED: "Missed", MET: "Met"}
    counts = pd.crosstab(rows["department_label"], [kinds.get(state, "Not scored") for state in rows["state"]])
    counts = counts.reindex(columns=["Missed", "Met", "Not scored"], fill_value=0)
    counts = counts.sort_values(["Missed", "Met"], ascending=[False, True], kind="stable").head(MOST_BARS)
    labels = [textwrap.shorten(label, 2 * words.LABEL_LETTERS - 6, placeholder="…") for label in counts.index]
    pages = dict(zip(rows["department_label"], rows["page"], strict=True))
    lead = [pages[label] for label in counts.index]
    figure = stack(counts, labels, "cases", (theme.BAD, theme.GOOD, theme.QUIET), href=dict.fromkeys(counts.columns, lead))
    figure["layout"]["xaxis"]["title"]["text"] = "Measures"
    return figure


def _title(found: Scored, asked: Asked) -> str:
    measures = f"; measures of FY {found.year}" if (found.frame["source"] == "measure").any() else ""
    return f"Values and their targets: on time {words.asked_period(asked.question)}{measures}"


def _rows(found: Scored, asked: Asked) -> pd.DataFrame:
    records = found.frame.to_dict("records")
    named = [_named(row) for row in records]
    return found.frame.assign(
        named=named, label=[f"{row['department_label']}: {name}" for row, name in zip(records, named, strict=True)],
        short=[textwrap.shorten(f"{row['department_label']}: {row['label']}", LONGEST_NAME, placeholder="…") for row in records],
        value_said=[_amount(row["value"] if row["n"] != row["n"] or row["n"] >= LEAST_N else None, row["unit"]) for row in records],
        target_said=[_amount(row["target"], row["unit"]) for row in records],
        said=[f"{_amount(row['value'], row['unit'])}, target {_amount(row['target'], row['unit'])}" for row in records],
        score_said=[said(row["score"]) for row in records],
        better=[BETTER.get(row["direction"], "neither") for row in records], state_said=[STATES[row["state"]] for row in records],
        page=[on_time.department_page(asked, row["department"]) if row["department"] else None for row in records],
        all=[_listed(asked, row) for row in records],
        href=[_listed(asked, row, hits="false" if row["value"] < 1 else None) for row in records],
    )  # fmt: skip


def _named(row: dict[str, Any]) -> str:
    return row["label"] if words.is_missing(row["activity"]) else f"{row['label']} ({row['activity']})"


def _listed(asked: Asked, row: dict[str, Any], **more: Any) -> str:
    """The cases behind a share; nothing behind what is not cases."""
    if row["source"] == "measure":
        return ""
    narrowed = {name: row[name] for name in ("department", "request_type") if row[name]}
    return tiles.cases_link(asked, row["metric"], **narrowed, **(more if row["unit"] == "share" else {}))


def _amount(value: Any, unit: str) -> str:
    if words.is_missing(value) or unit == "share":
        return words.share(value)
    places = 0 if float(value).is_integer() else 2
    return f"{words.decimal(value, places)}{' %' if unit == 'percent' else ''}"


def said(score: Any) -> str:
    """A score with two decimals, never rounded up: 0.9996 is "0.99", short of its target."""
    return words.MISSING if words.is_missing(score) else words.decimal(floor(float(score) * 100 + 1e-9) / 100, 2)


def _finding(found: Scored) -> str:
    score, each = found.score, counted_once(found.frame)
    missed = each[each["state"] == MISSED]
    if not score.scored:
        return f"None of {words.plural(score.total, 'measure')} has a value and a target to set beside each other."
    if missed.empty:
        if score.scored == 1:
            return "The one measure that can be scored meets its target."
        return f"All {score.scored} measures that can be scored meet their target."
    names = [
        f"{row['department_label']}, {textwrap.shorten(row['label'], LONGEST_NAME, placeholder='…')}"
        for row in missed.head(2).to_dict("records")
    ]
    furthest = f"furthest: {'; '.join(names)}"
    return words.sentence(
        f"{words.count(len(missed))} of {words.plural(score.scored, 'scored measure')} miss{'es' if len(missed) == 1 else ''} the target; {furthest}"
    )


def _note(found: Scored) -> str:
    score = found.score
    parts = [f"{words.count(score.scored)} of {words.count(score.total)} scored, {words.count(score.below_target)} below target."]
    if score.score is not None:
        parts.append(
            f"Mean score {said(score.score)}: value / target, or target / value where lower is better, each at most {CAP:g}, none rounded up to its target. "
            "A mean hides its misses: one far above its target makes up for several below, so it is no headline."
        )
    return " ".join(parts)


TARGETS = Chart("targets", "Values and their targets, misses first", draw_targets, metric="ontime_due")

layout = page(__name__, "/targets", "Targets", build, nav="Targets", order=4)
