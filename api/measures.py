"""`/api/v1/measures`: figures that are not cases with their targets, each reader what they may see; one of them with all its periods."""

from __future__ import annotations

from typing import Any

import pandas as pd
from flask import Response, jsonify

from api.asking import asked_of, context, one_of, parameters, whole_number
from api.errors import NotThere
from api.files import file_of, kept_fresh, require_format
from components import files
from metrics import measured, measured_signals
from metrics.desk import Desk
from metrics.measured_series import series
from metrics.question import BadQuestion
from metrics.select import Asked

LATEST_YEAR = 9999
MOST_ROWS, MOST_OFFSET = 500, 10**6
"""Rows of one answer, and where it may begin."""
LISTED = (
    "id", "department", "department_label", "name", "activity", "measure_kind", "unit", "unit_label", "direction", "definition", "grain", "starts_on", "ends_on",
    "value", "target", "target_is", "gap", "state", "rating", "rating_raw", "signal", "sign",
)  # fmt: skip
PERIODS = (
    "grain",
    "starts_on",
    "ends_on",
    "value",
    "target",
    "target_is",
    "gap",
    "state",
    "rating",
    "rating_raw",
    "why",
    "because",
    "signal",
)


def listing(desk: Desk, form: str) -> Response:
    """Where each measure stands, worst gap first."""
    require_format(form)
    asked = asked_of(desk)
    query = parameters()
    state = one_of(query, "state", {"": "", **{name: name for name in measured.STATES}})
    year = whole_number(query, "fiscal_year", 0, LATEST_YEAR) or None
    page = slice(offset := whole_number(query, "offset", 0, MOST_OFFSET), offset + whole_number(query, "limit", MOST_ROWS, MOST_ROWS))
    return kept_fresh(desk, asked, lambda: _listing(asked, state, year, page, form))


def _listing(asked: Asked, state: str, year: int | None, page: slice, form: str) -> Response:
    frame = measured.standing(asked, year)
    signals = measured_signals.standing(asked)
    frame = frame.merge(signals, left_on="id", right_on="measure_id", how="left")
    frame = frame.assign(id=frame["department"] + "/" + frame["slug"])
    met, judged = measured.kept(frame)
    frame = frame[frame["state"] == state] if state else frame
    rows, facts = _days(frame[list(LISTED)]), context(asked)
    if form == "json":
        shown = files.json_rows(rows.iloc[page])
        return jsonify({**facts, "met": met, "judged": judged, "total": len(rows), "offset": page.start, "rows": shown})
    return file_of(rows.assign(as_of=facts["as_of"]), form, f"measures-{facts['as_of'][:10]}", facts)


def one(desk: Desk, department: str, slug: str, form: str) -> Response:
    """All periods of one measure, and its years.

    Raises:
        NotThere: there is none, or it is not open to the caller.
    """
    require_format(form)
    asked = asked_of(desk)
    grain = one_of(parameters(), "grain", {"": "", **{name: name for name in measured.GRAINS}})
    return kept_fresh(desk, asked, lambda: _one(asked, department, slug, grain, form))


def _one(asked: Asked, department: str, slug: str, grain: str, form: str) -> Response:
    try:
        of = series(asked, department, slug, grain)
    except BadQuestion as error:
        if grain:
            raise
        raise NotThere(str(error)) from None
    facts = context(asked)
    rows = _days(of.frame.assign(signal=of.judgement.broken.any(axis=0))[list(PERIODS)])
    if form != "json":
        return file_of(rows.assign(as_of=facts["as_of"]), form, f"measure-{slug[:60]}-{facts['as_of'][:10]}", facts)
    limits = of.judgement.limits
    about: dict[str, Any] = {**of.about, "id": f"{department}/{slug}"}
    about.pop("department_id")
    judged = {
        "state": of.judgement.state, "sign": of.judgement.sign, "is_seasonal": of.judgement.is_seasonal,
        "limits": None if limits is None else {"mean": limits.mean, "lower": limits.lower, "upper": limits.upper, "trial": limits.trial},
    }  # fmt: skip
    return jsonify(
        {**facts, "measure": about, "grain": of.grain, "grains": of.grains, "change": judged, "rows": files.json_rows(rows),
         "years": files.json_rows(of.years)}
    )  # fmt: skip


def _days(frame: pd.DataFrame) -> pd.DataFrame:
    """Days as days: a period has no hour."""
    made = {name: [None if pd.isna(day) else day.date() for day in frame[name]] for name in ("starts_on", "ends_on")}
    return frame.assign(**made)
