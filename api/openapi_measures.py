"""The addresses of figures that are not cases, described for programs."""

from __future__ import annotations

from typing import Any

from api.openapi import _COMMON, _FORMS, _number, _operation, _parameter
from metrics.measured import GRAINS, STATES


def paths(filters: list[Any]) -> dict[str, Any]:
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
    return made
