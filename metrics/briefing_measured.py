"""What a briefing asks of figures that are not cases: how many miss their target, and by how much the furthest do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from metrics import measured
from metrics.briefing_known import Known
from metrics.question import BadQuestion
from metrics.select import Asked

FURTHEST = 5
"""How many get a line."""


def targets(asked: Asked, _own: Mapping[str, str], _known: Known) -> dict[str, Any]:
    """How many figures that are not cases miss their target, and which of them by most of it."""
    frame = measured.standing(asked)
    met, judged = measured.kept(frame)
    missed = frame[frame["state"] == measured.MISSED].head(FURTHEST)
    return {
        "missed": judged - met,
        "judged": judged,
        "furthest": [f"{row['department']}/{row['slug']}" for row in missed.to_dict("records")],
    }


def target(asked: Asked, own: Mapping[str, str], _known: Known) -> dict[str, Any]:
    """One of them: its latest period that can be judged."""
    department, _, slug = own["measure"].partition("/")
    frame = measured.standing(asked)
    found = frame[(frame["department"] == department) & (frame["slug"] == slug) & frame["value"].notna()]
    if found.empty:
        raise BadQuestion("There is no figure called '{name}'.", name=own["measure"][:80])
    row = found.iloc[0]
    texts = {
        name: None if pd.isna(row[name]) else str(row[name])
        for name in ("name", "activity", "department_label", "unit", "unit_label", "grain", "state")
    }
    return {
        **texts,
        **{name: None if pd.isna(row[name]) else float(row[name]) for name in ("value", "target", "gap")},
        "starts_on": row["starts_on"].date().isoformat(),
    }
