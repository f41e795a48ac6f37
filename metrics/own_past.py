"""Each department against its own past: whether its share on time has really changed, by the rules that tell signal from noise."""

from __future__ import annotations

from datetime import date, timedelta

import pandas as pd

from metrics import xmr
from metrics.intervals import Z_WARN, difference_z
from metrics.measure import measure
from metrics.ranking import LEAST_N
from metrics.select import Asked

COLUMNS = ("key", "label", "verdict", "past", "past_n", "past_from", "past_to", "now", "now_n", "now_from", "now_to")


def own_past(asked: Asked, by: str = "department") -> pd.DataFrame:
    """How the share on time of each group stands to its own 12 weeks before the question's period.

    Those weeks give the usual range (XmR); the weeks of the period are read against it. The latest
    weeks that break a rule, all to one side, are a change if it lasts: all cases from there to the
    end of the period, set beside those of the baseline, must differ the same way by more than
    chance. Nobody is judged by fewer than `LEAST_N` cases on either side.

    Returns:
        Columns `key`, `label`, `verdict` (better, worse, none: no signal, too_few: fewer than 6 weeks
        before or none within, or fewer than `LEAST_N` cases before or within), `past` and `now` (shares of the baseline, and since the change began or,
        without one, of the period's whole weeks) with their cases `past_n` and `now_n` and their days
        `[from, to)`.
    """
    first, end = whole_weeks(asked)
    start = first - timedelta(weeks=xmr.BASELINE_POINTS)
    if end <= first:
        return pd.DataFrame(columns=list(COLUMNS))
    weeks = asked.about(asked.question.about(start=start, end=end, grain="week"))
    frame = measure("ontime_due", weeks, by=by, period=True).frame
    # A week before the data begin has no share, whatever was counted in it.
    frame = frame.dropna(subset=["value"]).sort_values(["key", "period"])
    made = []
    for key, group in frame.groupby("key"):
        past, present = group[group["period"] < pd.Timestamp(first)], group[group["period"] >= pd.Timestamp(first)]
        verdict, since = _judged(past, present)
        now = present.iloc[since:]
        begun = first if not since else now["period"].iloc[0].date()
        made.append((str(key), group["label"].iloc[0], verdict, *_pooled(past), start, first, *_pooled(now), begun, end))
    return pd.DataFrame(made, columns=list(COLUMNS))


def improved(changes: pd.DataFrame) -> pd.DataFrame:
    """Of `own_past` those that have really become better, most points first; empty where all is noise."""
    better = changes[changes["verdict"] == "better"]
    return better.assign(gain=better["now"] - better["past"]).sort_values(["gain", "label"], ascending=[False, True], ignore_index=True)


def whole_weeks(asked: Asked) -> tuple[date, date]:
    """The whole weeks of the question's period that were over at its `as_of`: (first day, day after the last)."""
    question, calendar = asked.question, asked.calendar
    first = calendar.start_of(question.start, "week")
    return (first if first == question.start else calendar.next_start(first, "week")), asked.last_week()[1]


def _judged(past: pd.DataFrame, present: pd.DataFrame) -> tuple[str, int]:
    """The verdict, and at which row of `present` the change began (0 without one)."""
    limits = xmr.limits(past["value"].tolist(), None)
    if limits is None or min(past["n"].sum(), present["n"].sum()) < LEAST_N:
        return "too_few", 0
    values = present["value"].tolist()
    sides = xmr.sides(values, limits, xmr.signals(values, limits))
    run = _last_run(sides)
    if not run:
        return "none", 0
    since, side = present.iloc[run[0] :], sides[run[-1]]
    if since["n"].sum() < LEAST_N:
        return "none", 0
    z = difference_z(since["numerator"].sum(), since["n"].sum(), past["numerator"].sum(), past["n"].sum())
    if z is None or z * side < Z_WARN:
        return "none", 0
    return ("better" if side > 0 else "worse"), run[0]


def _last_run(sides: list[int]) -> list[int]:
    """Positions of the latest signals that lie together on one side."""
    run: list[int] = []
    for at in range(len(sides) - 1, -1, -1):
        if sides[at] and (not run or (at == run[0] - 1 and sides[at] == sides[run[0]])):
            run.insert(0, at)
        elif run:
            break
    return run


def _pooled(weeks: pd.DataFrame) -> tuple[float, float]:
    n = float(weeks["n"].sum())
    return (float(weeks["numerator"].sum()) / n if n else float("nan")), n
