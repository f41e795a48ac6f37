"""What mail is about: the week in figures before a meeting, a crew's list for the day, and a figure that really changed.

An alert is a signal or nothing: a figure tells when its weekly series goes on with a clear episode (`metrics.signals`), once for each.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pandas as pd

from data_access.store.commitments import Commitment
from data_access.store.meetings import PLANNED, Meeting
from metrics import promised, signals
from metrics.cases import MOST_ROWS, case_count, case_list
from metrics.definitions import HEADLINE, REGISTRY
from metrics.headline import Headline, headlines
from metrics.select import Asked
from metrics.signal_list import SignalList, signal_list
from metrics.signals import BRIDGED, Rebased
from metrics.weekly import METRICS

WEEKS = 52
"""That signals are sought in, as on the page Signals."""
MOST_CASES = 40
"""Of a list in a letter; the page has them all."""


@dataclass(frozen=True)
class Digest:
    """The week before a meeting."""

    week: tuple[date, date]
    """First day of the last complete week, and the day after its last."""
    heads: list[Headline]
    signals: SignalList
    promises: list[Commitment]
    """What is late, due within a week, or waits for a review."""


def digest(asked: Asked, promises: Sequence[Commitment], rebased: Rebased | None = None) -> Digest:
    """The last complete week of what is asked about.

    Args:
        promises: the commitments the reader may see.
    """
    near = promised.near(promised.within(promises, asked), promised.today(asked))
    return Digest(asked.last_week(), headlines(HEADLINE, asked), signal_list(asked, rebased), near)


def digest_day(asked: Asked, meetings: Iterable[Meeting]) -> date:
    """The city's day from which the last complete week is told: the day before the first meeting about these departments in the
    week that follows it, or without one the first day of that week."""
    _, end = asked.last_week()
    days = sorted(met.on for met in meetings if met.state == PLANNED and end <= met.on < end + timedelta(weeks=1) and _is_about(met, asked))
    return max(end, days[0] - timedelta(days=1)) if days else end


def _is_about(met: Meeting, asked: Asked) -> bool:
    chosen, dimensions = asked.question.department, asked.mart.dimensions
    if not chosen:
        return True
    its = set(dimensions.department_ids(met.series.departments)) if met.series.departments else set()
    return not its.isdisjoint(dimensions.department_ids(chosen))


@dataclass(frozen=True)
class Worklist:
    """A crew's cases of one day."""

    day: date
    overdue: pd.DataFrame
    """The first of them, longest overdue first."""
    overdue_n: int
    due: pd.DataFrame
    """The first of those due until the day ends, soonest first."""
    due_n: int

    @property
    def is_empty(self) -> bool:
        return not (self.overdue_n or self.due_n)


def worklist(asked: Asked, day: date) -> Worklist:
    """What is overdue, and what falls due by the end of `day`: the columns of a case list."""
    overdue = case_list(asked, "overdue_now", sort="due_at", limit=MOST_CASES).frame
    due, due_n = _due_before(asked, asked.calendar.midnight(day + timedelta(days=1)))
    return Worklist(day, overdue, case_count(asked, "overdue_now"), due, due_n)


def _due_before(asked: Asked, end: datetime) -> tuple[pd.DataFrame, int]:
    """The first cases that fall due before `end` (naive UTC), and how many do: of a whole city more than one page of a list has."""
    first, n = None, 0
    while True:
        page = case_list(asked, "due_next_7_days", sort="due_at", offset=n, limit=MOST_ROWS).frame
        soon = page[pd.to_datetime(page["due_at"]) < pd.Timestamp(end)]
        first, n = soon.head(MOST_CASES) if first is None else first, n + len(soon)
        if len(soon) < MOST_ROWS:
            return first, n


@dataclass(frozen=True)
class Alert:
    """One figure that really changed."""

    metric: str
    since: date
    """First day of the first week of its signal; of a threshold, of the first week beyond it."""
    week: date
    """First day of the last complete week."""
    sign: int
    """1 above what was expected, -1 below."""
    verdict: str
    """better, worse or neither."""
    rules: tuple[str, ...]
    weeks: int
    cases: float
    """More or fewer than expected, altogether."""
    value: float
    expected: float
    n: float
    bound: float | None = None

    @property
    def key(self) -> str:
        """What it is, and the week in which it was told."""
        return f"{self.series}{self.week.isoformat()}"

    @property
    def series(self) -> str:
        """The beginning of the keys of all that is told of this figure in this direction."""
        return f"{self.metric}:{'up' if self.sign > 0 else 'down'}:"

    def is_told(self, keys: Iterable[str]) -> bool:
        """Whether one of `keys` (that begin with `series`) is about the same episode: told within it, or just before as its first week was seen then.

        Baselines move on with the weeks, and with them may an episode's first week.
        """
        earliest = self.since - timedelta(weeks=BRIDGED + 1)
        return any(date.fromisoformat(key.removeprefix(self.series)) >= earliest for key in keys)

    def is_new(self, since: date) -> bool:
        """Whether its first week ended after the city's day `since`: what went on before somebody asked to be told is no news."""
        return self.since + timedelta(weeks=1) > since


def alerts(asked: Asked, metric: str = "", bound: float | None = None, beyond: str = "", rebased: Rebased | None = None) -> list[Alert]:
    """The clear signals of the last complete week in what is asked about, as one series.

    Args:
        metric: only this figure; empty for every one that signals are sought in.
        bound, beyond: only while the figure is `higher` or `lower` than that, and its signal is to that side.
    """
    board = signals.board(asked, rebased, metrics=(metric,) if metric else METRICS, dimensions=())
    found, last = signals.episodes(board), len(board.weeks) - 1
    made = []
    for one in found[(found["end"] == last) & found["clear"].astype(bool)].to_dict("records"):
        at, name = one["series"], str(board.rows["metric"].iloc[one["series"]])
        value, since = float(board.value[at, last]), one["start"]
        if bound is not None:
            since = _beyond_since(board.value[at], bound, beyond)
            if since is None or one["sign"] != (1 if beyond == "higher" else -1):
                continue
        good = {"higher": 1, "lower": -1}.get(REGISTRY[name].direction, 0) * one["sign"]
        made.append(Alert(
            name, board.weeks[since], board.weeks[last], one["sign"], {1: "better", -1: "worse"}.get(good, "neither"), one["rules"], one["weeks"],
            one["cases"], value, value - float(board.deviation[at, last]), float(board.weekly.n[at, -1]), bound,
        ))  # fmt: skip
    return made


def _beyond_since(values: Sequence[float], bound: float, beyond: str) -> int | None:
    """The first of the last weeks that all lie beyond the bound; None if the last one does not."""
    since = None
    for at in range(len(values) - 1, -1, -1):
        if not (values[at] > bound if beyond == "higher" else values[at] < bound):
            break
        since = at
    return since
