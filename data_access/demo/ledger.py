"""What was really drawn: the few facts of each case that the planted truths are told by."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from data_access.demo.arrivals import Openings
from data_access.demo.catalogue import CREW, KINDS
from data_access.demo.dirt import Dirt
from data_access.demo.histories import DUPLICATE, Histories
from data_access.demo.wall_clock import DAY, NEVER, midnight
from data_access.demo.work import DEPARTMENT_OF_KIND

INSTANT_SECONDS = 60


class Ledger:
    """Collects chunk after chunk, about 40 bytes per case."""

    def __init__(self) -> None:
        self._chunks: list[pd.DataFrame] = []

    def add(self, cases: Openings, known: Histories, dirt: Dirt) -> None:
        """Write down one chunk."""
        self._chunks.append(pd.DataFrame({
            "kind": cases.kind.astype("int8"), "hood": cases.hood.astype("int8"), "channel": cases.channel.astype("int8"),
            "outcome": known.outcome.astype("int8"), "opened": cases.opened, "closed": known.closed, "due": known.due,
            "reopened": known.reopened != NEVER, "no_place": cases.place < 0, "fault": dirt.fault.astype("int8"),
            "odd_status": dirt.odd_status, "odd_channel": dirt.odd_channel,
        }))  # fmt: skip

    def cases(self) -> pd.DataFrame:
        """All cases."""
        return pd.concat(self._chunks, ignore_index=True)


def countable(cases: pd.DataFrame) -> pd.DataFrame:
    """The cases a headline rate is about: work for somebody, reported once, with dates that can be right."""
    information = np.array([kind.information for kind in KINDS])[cases["kind"]]
    already_done = (cases["channel"] == CREW) & (cases["closed"] != NEVER) & (cases["closed"] - cases["opened"] <= INSTANT_SECONDS)
    return cases[~information & ~already_done & (cases["outcome"] != DUPLICATE) & (cases["fault"] < 0)]


def of_department(cases: pd.DataFrame, number: int) -> pd.DataFrame:
    """The cases of one department."""
    return cases[DEPARTMENT_OF_KIND[cases["kind"]] == number]


def between(cases: pd.DataFrame, column: str, start: date, end: date) -> pd.DataFrame:
    """The cases whose `column` lies in [start, end), local days."""
    return cases[(cases[column] >= midnight(start)) & (cases[column] < midnight(end))]


def on_time_due(cases: pd.DataFrame, start: date, end: date) -> dict[str, float]:
    """Of the cases that fell due in [start, end): share closed by then, and their number."""
    return _share(_met(between(cases, "due", start, end)))


def on_time_closed(cases: pd.DataFrame, start: date, end: date) -> dict[str, float]:
    """Of the cases with a deadline closed in [start, end): share closed in time, and their number."""
    closed = between(cases, "closed", start, end)
    return _share(_met(closed[closed["due"] != NEVER]))


def _met(cases: pd.DataFrame) -> pd.Series:
    return (cases["closed"] != NEVER) & (cases["closed"] <= cases["due"])


def _share(hits: pd.Series) -> dict[str, float]:
    return {"share": round(float(hits.mean()), 4), "n": len(hits)} if len(hits) else {"share": float("nan"), "n": 0}


def median_days(cases: pd.DataFrame) -> float:
    """Median elapsed days from opening to closing of the closed cases."""
    closed = cases[cases["closed"] != NEVER]
    return round(float(((closed["closed"] - closed["opened"]) / DAY).median()), 2)


def expected_on_time(part: pd.DataFrame, whole: pd.DataFrame, start: date, end: date) -> float:
    """The on-time share `part` would have if each of its types did as well as in `whole`."""
    everywhere = between(whole, "due", start, end)
    by_kind = _met(everywhere).groupby(everywhere["kind"]).mean()
    return round(float(between(part, "due", start, end)["kind"].map(by_kind).mean()), 4)
