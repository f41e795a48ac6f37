"""All that has a target, side by side: departments' shares on time and the figures that are not cases, misses first, and the score that hides them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import pandas as pd
from sqlalchemy import select

from metrics.definitions import REGISTRY
from metrics.leaderboard import board
from metrics.measure import measure
from metrics.ranking import LEAST_N
from metrics.score import Score, city_score, component
from metrics.select import Asked
from metrics.targets import ON_TIME, is_cut, judged_on, target_of

MISSED, MET = "missed", "met"
ALL = ""
"""In place of a department: the share of all of them together, which no score counts again."""
REASONS = ("not_reported", "no_target", "no_direction", "few", "negative", "zero_target")
"""Why something is not scored; `few`: a share of fewer than `LEAST_N` cases, `zero_target`: nothing can be divided by it."""
COLUMNS = (
    "source",
    "metric",
    "request_type",
    "department",
    "department_label",
    "label",
    "activity",
    "unit",
    "direction",
    "value",
    "target",
    "n",
    "score",
    "state",
)


@dataclass(frozen=True)
class Scored:
    """`frame`: one row for each measure, misses first and furthest first.

    `source` is cases (a share on time), agreed (any other figure with a target that people agreed on: `metric`, of `request_type` if it is not
    empty) or measure; `value` and `target` are in `unit` (share, or as the source of a measure says); `n` counts the
    cases behind a share; `score` is value / target, or target / value where lower is better, at most 2; `state` is
    missed, met or one of `REASONS`.
    """

    frame: pd.DataFrame
    score: Score
    year: int | None
    """Fiscal year of the measures; None where there is none."""


def fiscal_years(asked: Asked) -> list[int]:
    """The fiscal years that had begun at `as_of` and for which a measure of those asked about has a figure, latest first."""
    values = _measures(asked)
    return sorted({int(year) for year in values["fiscal_year"][values["value"].notna()]}, reverse=True)


def scored(asked: Asked, city_target: float | None, year: int | None = None) -> Scored:
    """Everything with a target: shares on time of the question's period, and measures of fiscal `year` (None: the latest with figures)."""
    values = _measures(asked)
    reported = values["fiscal_year"][values["value"].notna()]
    chosen = year if year is not None else None if reported.empty else int(reported.max())
    rows = [*_of_cases(asked, city_target), *_of_agreed(asked), *_of_measures(asked, values[values["fiscal_year"] == chosen])]
    rows = [{**row, **_judged(row)} for row in rows]
    numbers = dict.fromkeys(("value", "target", "n", "score"), "float64")
    frame = pd.DataFrame(rows, columns=list(COLUMNS)).astype(numbers)
    order = {MISSED: 0, MET: 1}
    frame = frame.assign(order=[order.get(state, 2) for state in frame["state"]])
    frame = frame.sort_values(["order", "score", "department_label", "label"], ignore_index=True).drop(columns="order")
    return Scored(frame, city_score([None if score != score else score for score in counted_once(frame)["score"]]), chosen)


def counted_once(frame: pd.DataFrame) -> pd.DataFrame:
    """The rows a score is made of: all departments together are the others once more, and count only where no other row is scored."""
    each = frame[frame["department"] != ALL]
    return each if each["score"].notna().any() else frame


def _of_cases(asked: Asked, city_target: float | None) -> list[dict[str, Any]]:
    """Shares on time that have a target: the city's where all of it is asked about, and each department's."""
    rows = []
    question = asked.question
    target = target_of(asked, city_target)
    if target is not None and not (
        question.department or question.request_type or question.request_group or asked.scope.departments is not None
    ):
        whole = measure(ON_TIME, asked)
        rows.append((ALL, "All departments", whole.value, target, whole.n))
    departments = board(asked, city_target)
    for row in departments[departments["n"] > 0].to_dict("records"):
        rows.append((row["key"], row["label"], row["value"], row["target"], row["n"]))
    return [
        {
            "source": "cases", "metric": ON_TIME, "request_type": "", "department": key, "department_label": label, "label": "On time", "activity": None, "unit": "share", "direction": "higher",
            "value": value, "target": target, "n": n,
        }
        for key, label, value, target, n in rows
    ]  # fmt: skip


def _of_agreed(asked: Asked) -> list[dict[str, Any]]:
    """Figures with a target that people agreed on, but the shares on time of `_of_cases`."""
    question, open_to = asked.question, asked.mart.dimensions.departments.by_slug
    rows = []
    for one in () if is_cut(asked) else asked.agreed.latest(judged_on(asked)):
        is_told = one.metric == ON_TIME and not one.request_type
        is_elsewhere = (question.department and one.department not in question.department) or (
            one.department and one.department not in open_to
        )
        is_other = question.request_type and one.request_type not in question.request_type
        metric = REGISTRY.get(one.metric)
        if metric is None or is_told or is_elsewhere or is_other or (asked.scope.departments is not None and not one.department):
            continue
        narrowed = {"department": (one.department,)} if one.department else {}
        narrowed |= {"request_type": (one.request_type,)} if one.request_type else {}
        found = measure(metric.id, asked.about(question.about(**narrowed)))
        kind = asked.name_of("request_type", one.request_type) if one.request_type else ""
        rows.append({
            "source": "agreed", "metric": metric.id, "request_type": one.request_type, "department": one.department,
            "department_label": asked.name_of("department", one.department) if one.department else "All departments",
            "label": f"{metric.label}, {kind}" if kind else metric.label, "activity": None, "unit": metric.unit, "direction": metric.direction,
            "value": found.value, "target": one.value, "n": found.n if metric.unit == "share" else None,
        })  # fmt: skip
    return rows


def _of_measures(asked: Asked, values: pd.DataFrame) -> list[dict[str, Any]]:
    departments = asked.mart.dimensions.departments.by_id
    return [
        {
            "source": "measure", "metric": "", "request_type": "", "department": departments[int(row["department_id"])].slug, "department_label": departments[int(row["department_id"])].name,
            "label": row["name"], "activity": row["activity"] if isinstance(row["activity"], str) else None, "unit": row["unit"], "direction": row["direction"],
            "value": row["value"], "target": row["target"], "n": None,
        }
        for row in values.to_dict("records")
    ]  # fmt: skip


def _measures(asked: Asked) -> pd.DataFrame:
    """Whole years of the measures asked about: `department_id`, `name`, `activity`, `unit`, `direction`, `fiscal_year`, `value`, `target`."""
    if asked.scope.audience == "public":
        return pd.DataFrame(columns=["department_id", "name", "activity", "unit", "direction", "fiscal_year", "value", "target"])
    measures, values = asked.mart.measures(asked.scope), asked.mart.measure_values(asked.scope)
    kept = [measures.c[name] for name in ("department_id", "name", "activity", "unit", "direction")]
    statement = select(*kept, values.c.fiscal_year, values.c.value, values.c.target).join(values, values.c.measure_id == measures.c.id)
    statement = statement.where(values.c.quarter == 0, values.c.fiscal_year <= _last_begun(asked))
    if asked.question.department:
        statement = statement.where(measures.c.department_id.in_(asked.mart.dimensions.department_ids(asked.question.department)))
    return asked.mart.read(statement, asked.scope).astype({"value": "float64", "target": "float64"})


def _last_begun(asked: Asked) -> int:
    """The fiscal year, named after the year it ends in, that `as_of` lies in."""
    first = asked.calendar.start_of(asked.calendar.day_of(asked.question.as_of), "fiscal_year")
    return first.year if first == date(first.year, 1, 1) else first.year + 1


def _judged(row: dict[str, Any]) -> dict[str, Any]:
    value, target = (None if of is None or of != of else float(of) for of in (row["value"], row["target"]))
    reason = None
    if value is None:
        reason = "not_reported"
    elif target is None:
        reason = "no_target"
    elif row["n"] is not None and row["n"] < LEAST_N:
        reason = "few"
    elif row["direction"] not in ("higher", "lower"):
        reason = "no_direction"
    elif value < 0 or target < 0:
        reason = "negative"
    if reason is not None:
        return {"score": None, "state": reason}
    score = component(value, target, row["direction"])
    return {"score": score, "state": "zero_target" if score is None else MISSED if score < 1 else MET}
