"""`/api/v1/contacts`: the contact centre's figures and the counts they are made of, whole or by queue, language, hour or period."""

from __future__ import annotations

from typing import Any

import pandas as pd
from flask import Response, jsonify

from api.asking import asked_of, context, one_of, parameters
from api.files import file_of, kept_fresh, require_format
from components import files
from metrics import contacts
from metrics.contact_dictionary import DICTIONARY
from metrics.contacts import DIMENSIONS, Contacts
from metrics.desk import Desk
from metrics.parameters import members
from metrics.periods import GRAINS
from metrics.select import Asked

OF_RESIDENTS = ("queue", "weekday")
"""What days can be split by: residents are told whole days of each queue."""
LIMITS = ("threshold_seconds", "threshold_least", "short_seconds")
TOLD = ("label", "unit", "direction", "meaning", "formula", "caveat", "source")


def listing(desk: Desk, form: str) -> Response:
    """The figures of the question's period, one row, or one for each group and period asked for."""
    require_format(form)
    query = parameters()
    period = one_of(query, "period", {"": "", **{grain: grain for grain in GRAINS}})
    open_to = OF_RESIDENTS if desk.is_public else DIMENSIONS
    by = one_of(query, "by", {"": "", **{name: name for name in open_to}})
    asked = asked_of(desk, **({"grain": period} if period else {}))
    of = Contacts(*(members(query.get(name, ""), dict.fromkeys(contacts.choices(asked, name)), name) for name in ("queue", "language")))
    return kept_fresh(desk, asked, lambda: _answer(asked, of, by, period, form))


def _answer(asked: Asked, of: Contacts, by: str, period: str, form: str) -> Response:
    frame = contacts.contacts(asked, of, by=by, period=bool(period))
    if period:
        frame = frame.assign(period=[day.date() for day in pd.to_datetime(frame["period"])])
    figures = [figure.id for figure in DICTIONARY]
    counts = [name for name in frame.columns if name not in (*figures, *LIMITS, "key", "period")]
    rows = frame[[*(name for name in ("key", "period") if name in frame.columns), *figures, *counts, *LIMITS]]
    facts = context(asked)
    if form != "json":
        return file_of(rows.assign(as_of=facts["as_of"]), form, f"contacts-{facts['as_of'][:10]}", facts)
    told: list[dict[str, Any]] = [{"id": figure.id, **{name: getattr(figure, name) for name in TOLD}} for figure in DICTIONARY]
    asked_for = {"by": by or None, "period": period or None, "queue": list(of.queues), "language": list(of.languages)}
    return jsonify({**facts, **asked_for, "figures": told, "rows": files.json_rows(rows)})
