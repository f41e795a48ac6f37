"""One series of the signal list, as a briefing asks about it: which one an address names, its weeks, and the days its signal spans."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import numpy as np

from metrics import signals, xmr
from metrics.definitions import REGISTRY
from metrics.question import BadQuestion
from metrics.select import Asked
from metrics.signal_list import SignalList, narrowed, signal_list
from metrics.signals import Rebased
from metrics.weekly import METRICS

SHOWN_WEEKS = 39
"""Weeks of a series that are drawn: its baseline and half a year."""


def parts_of(series_id: str) -> tuple[str, str, str]:
    """(metric, dimension, key) of `metric.dimension.key`.

    Raises:
        BadQuestion: it is no series.
    """
    metric, _, rest = series_id.partition(".")
    dimension, _, key = rest.partition(".")
    if metric not in METRICS or not dimension or not key:
        raise BadQuestion("There is no such series; choose one in the list.")
    return metric, dimension, key


def series_id(line: Mapping[str, Any]) -> str:
    """A line of the signal list as an address names it."""
    return f"{line['metric']}.{line['dimension']}.{line['key']}"


def narrow(asked: Asked, own: Mapping[str, str]) -> Asked:
    """The question about the series that an address names; all of it where it names none."""
    if not own.get("series"):
        return asked
    _metric, dimension, key = parts_of(own["series"])
    return narrowed(asked, dimension, key)


def listed(asked: Asked, rebased: Rebased) -> SignalList:
    """The signal list, counted once while one briefing is made."""
    name = repr(["briefing signals", asked.question.parameters()])
    if asked.memory is None:
        return signal_list(asked, rebased)
    if name not in asked.memory:
        asked.memory[name] = signal_list(asked, rebased)
    return asked.memory[name]


def line_of(asked: Asked, named: str, rebased: Rebased) -> dict[str, Any]:
    """The line of the list that is about this series.

    Raises:
        BadQuestion: it is in no line.
    """
    for line in listed(asked, rebased).lines.to_dict("records"):
        if series_id(line) == named:
            return line
    raise BadQuestion("This series is not in the list of signals any more.")


def span(asked: Asked, named: str, rebased: Rebased) -> Asked:
    """The question about the series from the first week of its signal to the last complete week; a stock's is about `as_of`."""
    line = line_of(asked, named, rebased)
    since, end = asked.calendar.start_of(line["since"], "week"), asked.last_week()[1]
    return narrow(asked.about(asked.question.about(start=since, end=max(end, since + timedelta(weeks=1)))), {"series": named})


def series(asked: Asked, named: str, rebased: Rebased) -> dict[str, Any]:
    """The last weeks of a series: first days `x`, what is judged of it `y`, its `limits`, and at which places a rule is broken (`marked`)."""
    metric, dimension, key = parts_of(named)
    board = signals.board(narrowed(asked, dimension, key), rebased, metrics=(metric,), dimensions=())
    limits, first = board.result.limits(0), int(board.first[0])
    is_difference = bool(board.is_change[0] or board.is_seasonal[0])
    kind = "share" if REGISTRY[metric].unit == "share" else "count"
    shown = None if limits is None else limits if is_difference else xmr.shown(limits, kind)
    begin = max(len(board.weeks) - SHOWN_WEEKS, 0)
    broken = (board.result.broken[:, 0] & board.enough[0]).any(axis=0)
    return {
        "metric": metric, "x": [week.isoformat() for week in board.weeks[begin:]], "y": [_number(value) for value in board.judged[0][begin:]],
        "marked": [int(at) - begin for at in np.flatnonzero(broken) if at >= begin], "is_change": bool(board.is_change[0]),
        "is_seasonal": bool(board.is_seasonal[0]), "since": max(first - begin, 0),
        "limits": None if shown is None else [float(shown.lower), float(shown.mean), float(shown.upper)],
        "value": _number(board.value[0][-1]), "enough": bool(board.enough[0]),
    }  # fmt: skip


def _number(value: Any) -> float | None:
    return None if value != value else float(value)
