"""`/api/v1/signals`: the list of what really changed, with how much was looked at."""

from __future__ import annotations

from typing import Any

import pandas as pd
from flask import Response, jsonify

from api.asking import asked_of, context, one_of, parameters
from components import files
from data_access.store import annotations
from metrics.desk import Desk
from metrics.false_alarms import rates
from metrics.notes import Rebasing
from metrics.select import Asked
from metrics.signal_list import SignalList, signal_list
from metrics.weekly import METRICS, WHOLE, layers

WEEKS = "52"
COUNTS = ("series", "quiet", "with_signal", "faint", "few_cases", "few_weeks", "seasonal")


def asked_for_signals(desk: Desk) -> Asked:
    """The present request's question: the last 52 weeks where it names no period."""
    query = parameters()
    return asked_of(desk, **({} if {"from", "to", "weeks"} & set(query) else {"weeks": WEEKS}))


def found(desk: Desk, asked: Asked) -> SignalList:
    """The list that the request's parameters mean.

    Raises:
        BadQuestion: a sentence naming what cannot be used.
    """
    query = parameters()
    dimensions = ("", WHOLE, "department", "request_type", *layers(asked))
    return signal_list(
        asked, Rebasing(annotations.standing(desk.store(), desk.viewer())),
        going_on=one_of(query, "seen", {"now": True, "period": False}), metric=one_of(query, "metric", {"": "", **{name: name for name in METRICS}}),
        dimension=one_of(query, "dimension", {name: name for name in dimensions}),
    )  # fmt: skip


def as_json(desk: Desk, asked: Asked) -> Response:
    """The list with its counts."""
    of = found(desk, asked)
    counts = {name: getattr(of, name) for name in COUNTS}
    return jsonify({**context(asked), **counts, "listed_by_chance_per_100_series": rates().listed, "rows": files.json_rows(_rows(of))})


def as_frame(desk: Desk, asked: Asked) -> pd.DataFrame:
    """The lines for a file."""
    return _rows(found(desk, asked)).assign(as_of=context(asked)["as_of"])


def _rows(of: SignalList) -> pd.DataFrame:
    """The lines, lists as texts separated by commas; `also` as metric.dimension.key."""
    lines = of.lines

    def joined(parts: list[dict[str, Any]]) -> str:
        return ",".join(f"{part['metric']}.{part['dimension']}.{part['key']}" for part in parts)

    return lines.assign(rules=[",".join(rules) for rules in lines["rules"]], also=[joined(parts) for parts in lines["also"]])
