"""Every figure that can be told by the week, as this product counts it; and the SQL by which other tools count the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pandas as pd

from data_access.giving.tables import Column, Given, View
from metrics.beginning import first_day
from metrics.definitions import REGISTRY
from metrics.giving.cases import WEEKS, Flag, flags
from metrics.kinds import DAY_OF, Metric
from metrics.measure import measure
from metrics.question import LONGEST_DAYS
from metrics.select import Asked

WEEKLY = tuple(metric for metric in REGISTRY.values() if metric.by_period)
FIGURES = (
    Column("metric", "text", "Id of the figure; the table metrics explains it."), Column("week", "day", "First day of the week, in the city."),
    Column("value", "number", "The figure, in its own unit; empty where it cannot be given.", "as the table metrics says"),
    Column("numerator", "number", "Of a share or a count, what is counted."), Column("denominator", "number", "Of a share, of how many."),
    Column("n", "whole", "How many cases stand behind the value.", "cases"),
    Column("definition_version", "whole", "A changed definition has a new one: do not compare values of different ones."),
)  # fmt: skip
OWNER = (Column("department_id", "text", "Id of the department."), Column("department", "text", "Its name."))
DEPARTMENT_WEEK = (OWNER[0], OWNER[1], Column("week", "day", "First day of the week, in the city."))


def weekly_tables(asked: Asked) -> list[Given]:
    """The weeks that had ended when the data ended: by department, and of the whole city, whose shares are not the mean of its departments'."""
    return [
        Given("metrics_weekly", "Every figure by department and week, as Statroom's own pages show it.", (*OWNER, *FIGURES),
              lambda: _rows(asked, "department"), None, ("metric", "department_id", "week"), ("week",)),
        Given("metrics_weekly_total", "The same of all departments together; do not add up or average the rows of metrics_weekly instead.", FIGURES,
              lambda: _rows(asked, ""), None, ("metric", "week")),
    ]  # fmt: skip


def _rows(asked: Asked, by: str) -> Iterator[pd.DataFrame]:
    end = asked.calendar.last_complete(asked.mart.as_of, "week")[1]
    first = first_day(asked)
    for start, stop in _years(asked, first, end) if first else ():
        view = asked.about(asked.question.about(start=start, end=stop, grain="week", as_of=asked.mart.as_of)).remembering()
        for metric in WEEKLY:
            yield _told(metric, measure(metric.id, view, by=by or None, period=True).frame, by)


def _years(asked: Asked, first: date, end: date) -> Iterator[tuple[date, date]]:
    """Stretches of whole weeks, the latest year first: what is counted at once stays small."""
    cuts = [*(day for day in asked.calendar.starts(first, end, "week") if (end - day).days <= LONGEST_DAYS), end]
    for at in range(len(cuts) - 1, 0, -52):
        yield cuts[max(at - 52, 0)], cuts[at]


def _told(metric: Metric, frame: pd.DataFrame, by: str) -> pd.DataFrame:
    named = {"department_id": frame["key"], "department": frame["label"]} if by else {}
    figures = {name: frame[name] for name in ("value", "numerator", "denominator", "n")}
    return pd.DataFrame({"metric": metric.id, **named, "week": frame["period"], **figures, "definition_version": metric.version})


def views(asked: Asked) -> list[View]:
    """A view for each figure that `case_spells` has flags for: the figure's number, by department and week or of now."""
    return [_now(flag) if flag.metric.kind == "stock" else _by_week(flag, asked) for flag in flags()]


def _by_week(flag: Flag, asked: Asked) -> View:
    metric, week = flag.metric, WEEKS[DAY_OF[flag.metric.date_field]]
    first, end = _known_weeks(asked)
    value, columns = _value(flag)
    owner = "closing_department" if metric.owner == "closing" else "department"
    sql = f"""SELECT {owner}_id AS department_id, {owner} AS department, {week} AS week, {value}
        FROM {{case_spells}} WHERE {flag.counts} AND {week} >= DATE '{first}' AND {week} < DATE '{end}' GROUP BY {owner}_id, {owner}, {week}"""
    return View(
        f"{metric.id}_by_week",
        f"{metric.label}, by department and week that is known from beginning to end. {metric.meaning}",
        (*DEPARTMENT_WEEK, *columns),
        sql,
    )


def _known_weeks(asked: Asked) -> tuple[date, date]:
    """From the first week that the data know from its beginning, to the day after the last one that has ended."""
    end = asked.calendar.last_complete(asked.mart.as_of, "week")[1]
    first = first_day(asked) or end
    start = asked.calendar.start_of(first, "week")
    return (start if start == first else asked.calendar.next_start(start, "week")), end


def _value(flag: Flag) -> tuple[str, tuple[Column, ...]]:
    """What a view selects of the rows that count, and its columns."""
    n = Column("n", "whole", "How many cases stand behind the value.", "cases")
    if flag.metric.kind == "duration":
        quantiles = [("value", 0.5, "Half of the cases took at most this long."), ("p90", 0.9, "9 of 10 cases took at most this long.")]
        said = ", ".join(f"percentile_cont({share}) WITHIN GROUP (ORDER BY days_to_close) AS {name}" for name, share, _ in quantiles)
        return f"{said}, count(days_to_close) AS n", (*(Column(name, "number", meaning, "days") for name, _, meaning in quantiles), n)
    if flag.metric.hits is not None:
        hits = f"count(*) FILTER (WHERE {flag.hits})"
        value = Column("value", "number", flag.metric.meaning, "share 0 to 1")
        return f"CAST({hits} AS DOUBLE PRECISION) / count(*) AS value, {hits} AS hits, count(*) AS n", (
            value,
            Column("hits", "whole", "How many of them."),
            n,
        )
    return "count(*) AS value, count(*) AS n", (Column("value", "whole", flag.metric.meaning, flag.metric.unit), n)


def _now(flag: Flag) -> View:
    sql = f"SELECT department_id, department, count(*) AS value FROM {{case_spells}} WHERE {flag.counts} GROUP BY department_id, department"
    value = Column("value", "whole", flag.metric.meaning, flag.metric.unit)
    return View(flag.metric.id, f"{flag.metric.label} at the data's own instant, by department.", (*OWNER, value), sql)
