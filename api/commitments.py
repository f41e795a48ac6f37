"""`/api/v1/commitments`: what was promised, how it stands, and whether its figure moved. Staff only, each what they may see."""

from __future__ import annotations

from typing import Any

import pandas as pd
from flask import Response, jsonify

from api.asking import asked_of, context, one_of, parameters
from components import files
from data_access.store.commitments import STATES, Commitment
from metrics import promised
from metrics.commitment_effect import Effect
from metrics.desk import Desk
from metrics.select import Asked

STANDINGS = ("all", "unfinished", "overdue", *STATES)
COLUMNS = (
    "id", "meeting_id", "department", "deliverable", "owner", "made_on", "due_on", "days_late", "state", "metric", "filters", "expected", "expected_value",
    "verdict", "because", "weeks", "usual", "since", "latest", "reached", "tells_from",
)  # fmt: skip


def as_json(desk: Desk) -> Response:
    """The register with the day it is told for."""
    asked = asked_of(desk)
    return jsonify({**context(asked), "on": promised.today(asked).isoformat(), "rows": files.json_rows(_rows(desk, asked))})


def as_frame(desk: Desk) -> tuple[pd.DataFrame, dict[str, Any]]:
    """The register for a file, and what is said about it."""
    asked = asked_of(desk)
    facts = context(asked)
    return _rows(desk, asked).assign(as_of=facts["as_of"]), facts


def _rows(desk: Desk, asked: Asked) -> pd.DataFrame:
    """Those the viewer may see, within the departments and the standing that are asked for; e-mail addresses stay where they are."""
    standing, day = one_of(parameters(), "standing", {name: name for name in STANDINGS}), promised.today(asked)
    shown = [one for one in promised.visible(desk, asked) if _is(one, standing, one.days_late(day))]
    effects = promised.effects_of(desk, shown, asked)
    frame = pd.DataFrame([_row(one, effects[one.id], one.days_late(day)) for one in shown], columns=list(COLUMNS))
    return frame.astype({"meeting_id": "Int64", "reached": "boolean", "expected_value": "float64"})


def _is(of: Commitment, standing: str, days_late: int) -> bool:
    if standing in STATES:
        return of.state == standing
    return {"all": True, "unfinished": of.is_unfinished, "overdue": days_late > 0}[standing]


def _row(of: Commitment, effect: Effect, days_late: int) -> dict[str, Any]:
    return {
        **{name: getattr(of, name) for name in ("id", "meeting_id", "department", "deliverable", "made_on", "due_on", "state", "metric", "filters")},
        "owner": of.owner_name, "days_late": days_late, "expected": of.expected, "expected_value": of.expected_value, "verdict": effect.verdict,
        "because": effect.because, "weeks": effect.weeks, "usual": effect.usual, "since": effect.since, "latest": effect.latest, "reached": effect.reached,
        "tells_from": effect.tells_from,
    }  # fmt: skip
