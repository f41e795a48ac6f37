"""The addresses of figures that are not cases, described for programs."""

from __future__ import annotations

from typing import Any

from api.contacts import OF_RESIDENTS
from api.openapi import _COMMON, _FORMS, _number, _operation, _parameter
from metrics.contacts import DIMENSIONS
from metrics.measured import GRAINS, STATES
from metrics.periods import GRAINS as PERIODS


def paths(filters: list[Any], *, staff: bool) -> dict[str, Any]:
    """The list, and one figure with all its periods, in each form; `filters` are the parameters of every question."""
    about = [parameter for parameter in filters if parameter["name"] in ("department", "as_of")]
    which = [
        _parameter("state", "Only those that stand so against their target.", list(STATES)),
        _number("fiscal_year", "Where they stood in this fiscal year; 0: the latest of each.", 0, 0, 9_999),
    ]
    path = [
        {"name": name, "in": "path", "required": True, "description": meaning, "schema": {"type": "string"}}
        for name, meaning in (("department", "Id of the department."), ("measure", "The second part of the measure's id."))
    ]
    table = {"type": "array", "items": {"type": "object"}}
    listed = {
        **_COMMON, "met": {"type": "integer"}, "judged": {"type": "integer", "description": "How many have a value, a target and a direction."},
        "total": {"type": "integer"}, "offset": {"type": "integer"}, "rows": table,
    }  # fmt: skip
    one = {
        **_COMMON, "measure": {"type": "object"}, "grain": {"type": "string"}, "grains": {"type": "array", "items": {"type": "string"}},
        "change": {"type": "object", "description": "Whether its last period is a signal, and its limits."}, "rows": table, "years": table,
    }  # fmt: skip
    made = {}
    for end, name, kind in _FORMS:
        page = [] if end else [_number("offset", "Figures to skip.", 0, 0, 10**6), _number("limit", "Figures to give.", 500, 0, 500)]
        grain = _parameter("grain", "Periods of this length; the finest if left out.", list(GRAINS))
        made[f"/measures{end}"] = {
            "get": _operation(f"measures{name}", "Figures that are not cases, worst gap first.", [*which, *page, *about], listed, kind)
        }
        made[f"/measures/{{department}}/{{measure}}{end}"] = {
            "get": _operation(
                f"oneMeasure{name}", "One figure that is not cases: every period with its target.", [*path, grain, about[-1]], one, kind
            )
        }
    return {**made, **_contact_paths(filters, staff=staff)}


def _contact_paths(filters: list[Any], *, staff: bool) -> dict[str, Any]:
    """The contact centre's figures: the period, the department and the instant of a question count, filters of cases do not."""
    which = [
        _parameter("by", "Split by this.", list(DIMENSIONS if staff else OF_RESIDENTS)),
        _parameter("period", "Split by periods of this length.", list(PERIODS)),
        *(_parameter(name, "Names as the source writes them, separated by commas.") for name in ("queue", "language")),
    ]
    about = [parameter for parameter in filters if parameter["name"] in ("from", "to", "during", "department", "as_of")]
    table = {"type": "array", "items": {"type": "object"}}
    answer = {
        **_COMMON, **{name: {"type": ["string", "null"]} for name in ("by", "period")},
        **{name: {"type": "array", "items": {"type": "string"}} for name in ("queue", "language")},
        "figures": {**table, "description": "What each figure means, and its formula."}, "rows": table,
    }  # fmt: skip
    told = "Figures of the contact centre, with the counts they are made of."
    return {f"/contacts{end}": {"get": _operation(f"contacts{name}", told, [*which, *about], answer, kind)} for end, name, kind in _FORMS}
