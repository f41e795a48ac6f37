"""The API described for programs: OpenAPI 3.1, made from the registry and the vocabularies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from api import stages
from api.commitments import STANDINGS
from api.geojson import DEFAULT_CASES, MOST_CASES
from api.geojson import STATES as CASE_STATES
from components.geojson import TYPE as MAP
from data_access import vocabulary
from data_access.city_models import AreaLayer
from data_access.store.commitments import STATES
from metrics.ageing import band_names
from metrics.cases import DEFAULT_SORT, MOST_EXPORTED, MOST_ROWS, SORTS
from metrics.clock import BINS
from metrics.commitment_effect import VERDICTS
from metrics.definitions import LISTS, REGISTRY
from metrics.periods import GRAINS
from metrics.question import PLAIN_DIMENSIONS
from metrics.weekly import METRICS, WHOLE

VERSION = "1"
DEFAULT_PAGE = 50
_ROW = {
    "type": "object",
    "properties": {
        "key": {"type": "string", "description": "Id of the group, if split by a dimension."},
        "label": {"type": "string", "description": "Its name."},
        "key_2": {"type": "string", "description": "Id of the group of the second dimension."},
        "label_2": {"type": "string", "description": "Its name."},
        "period": {"type": "string", "format": "date", "description": "First day of the period, if split by period."},
        "value": {"type": ["number", "null"], "description": "In the metric's unit; null where it cannot be given."},
        "numerator": {"type": ["number", "null"]},
        "denominator": {"type": ["number", "null"]},
        "n": {"type": ["integer", "null"], "description": "How many cases stand behind the value."},
        "suppressed": {"type": "boolean", "description": "Withheld because the number of cases is too small to publish."},
    },
    "required": ["value", "numerator", "denominator", "n", "suppressed"],
}  # fmt: skip
_COMMON = {
    "as_of": {"type": "string", "format": "date-time", "description": "Instant up to which cases are known."},
    "load_id": {"type": ["integer", "null"], "description": "The load that brought the data."},
    "filters": {"type": "object", "description": "The question as understood; leads to the same answer when asked again."},
}
_ERROR = {
    "description": "What went wrong, as a sentence.",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}

_FEATURES = {
    "type": {"const": "FeatureCollection"},
    "features": {"type": "array", "items": {"type": "object", "required": ["type", "geometry", "properties"]}},
}


def document(layers: Sequence[AreaLayer] = (), *, staff: bool = False) -> dict[str, Any]:
    """The whole description as JSON values; `layers` are the city's area layers, each of which is a filter and a dimension.

    Args:
        staff: of the staff's process; it has signals, and the public one has the released cells of sensitive services.
    """
    from api import openapi_measures  # which is written with the words of this module

    filters = [*_filters(), *[_parameter(layer.id, f"{layer.name}: ids, separated by commas.") for layer in layers]]
    dimensions = [*PLAIN_DIMENSIONS, *[layer.id for layer in layers]]
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Statroom", "version": VERSION,
            "description": "Figures of a city's performance, each defined once, and the cases behind them. Add .csv or .parquet for files.",
        },
        "servers": [{"url": "/api/v1"}],
        "paths": {**_metric_paths(filters, dimensions, staff=staff), **_case_paths(filters), **openapi_measures.paths(filters, staff=staff), **_programme_paths(), **_map_paths(filters, [layer.id for layer in layers], staff=staff), **(_staff_paths(filters, [layer.id for layer in layers]) if staff else _released_paths())},
        "components": {"schemas": {
            "Error": {"type": "object", "required": ["error"], "properties": {"error": {"type": "object", "required": ["status", "message"], "properties": {
                "status": {"type": "integer"}, "message": {"type": "string"}}}}},
            "Row": _ROW,
        }},
    }  # fmt: skip


def _metric_paths(filters: list[Any], dimensions: list[str], *, staff: bool) -> dict[str, Any]:
    which = {"name": "metric", "in": "path", "required": True, "schema": {"type": "string", "enum": list(REGISTRY)}}
    split = [
        _parameter("by", "Split by this dimension, or by two, separated by a comma.", examples=[*dimensions, ",".join(dimensions[:2])]),
        _parameter("period", "Split by periods of this length.", list(GRAINS)),
    ]
    answer = {
        "metric": {"type": "string"}, "label": {"type": "string"}, "unit": {"type": "string"}, "definition_version": {"type": "integer"},
        "by": {"type": ["string", "null"]}, "period": {"type": ["string", "null"], "description": "Length of the periods, if split by them."},
        "note": {"type": ["string", "null"], "description": "Why there is no value."}, **_COMMON,
        "rows": {"type": "array", "items": {"$ref": "#/components/schemas/Row"}},
        **({"remarks": {"type": "array", "items": {"type": "object"}, "description": "What departments say of the figure in weeks of the period, and what was found."}} if staff else {}),
    }  # fmt: skip
    definitions = {"metrics": {"type": "array", "items": {"type": "object"}}}
    return {
        "/metrics": {"get": _operation("metrics", "Every metric with its definition.", [], definitions)},
        **{
            f"/metrics/{{metric}}{end}": {
                "get": _operation(f"measure{name}", "One metric's figures.", [which, *split, *filters], answer, kind)
            }
            for end, name, kind in _FORMS
        },
    }


def _case_paths(filters: list[Any]) -> dict[str, Any]:
    listing = [
        _parameter(
            "of",
            "Cases counted by this metric; a case that closed twice is listed for each closing.",
            list(LISTS),
            default="backlog",
        ),
        _parameter("hits", "Of a share: true for its numerator, false for its misses.", ["true", "false"]),
        _parameter("sort", "Column to sort by.", list(SORTS), default=DEFAULT_SORT),
        _parameter("order", "", ["asc", "desc"], default="asc"),
        _parameter("search", "Only the case with this id."),
        _parameter("age", "Of open cases, only those this many days old; the lower bound belongs to the band.", band_names()),
        _parameter("stays", "List stays in stages in place of cases (staff).", ["true", "false"]),
        _parameter("late", "Of closings, only those this many days after the deadline; the upper bound belongs to the bin.", list(BINS)),
    ]
    page = [_number("offset", "Cases to skip.", 0, 0, 10**8), _number("limit", "Cases to give.", DEFAULT_PAGE, 1, MOST_ROWS)]
    answer = {
        **_COMMON,
        "of": {"type": "string"},
        "total": {"type": "integer"},
        "offset": {"type": "integer"},
        "limit": {"type": "integer"},
        "next": {"type": ["string", "null"], "description": "Address of the following page; also in the Link header."},
        "rows": {"type": "array", "items": {"type": "object"}},
    }
    return {
        f"/cases{end}": {
            "get": _operation(
                f"cases{name}", "Cases behind a figure." if not end else f"The first {MOST_EXPORTED:,} of them as a file.",
                [*listing, *([] if end else page), *filters], answer, kind,
            )
        }
        for end, name, kind in _FORMS
    }  # fmt: skip


def _map_paths(filters: list[Any], layers: list[str], *, staff: bool) -> dict[str, Any]:
    """Areas with a figure; for residents also published cases."""
    which = {"name": "layer", "in": "path", "required": True, "schema": {"type": "string", "enum": layers}}
    metric = _parameter("metric", "The figure.", list(REGISTRY), default="opened")
    figure = {**_FEATURES, **_COMMON, "metric": {"type": "string"}, "unit": {"type": "string"}, "layer": {"type": "string"}}
    made = (
        {
            "/areas/{layer}.geojson": {
                "get": _operation("areas", "The areas of a layer, each with one figure.", [which, metric, *filters], figure, MAP)
            }
        }
        if layers
        else {}
    )
    if staff:
        return made
    pages = [_number("offset", "Cases to skip.", 0, 0, 10**8), _number("limit", "Cases to give.", DEFAULT_CASES, 0, MOST_CASES)]
    state = _parameter("status", "Only cases that are open, or closed.", [name for name in CASE_STATES if name])
    listed = {
        **_FEATURES,
        **_COMMON,
        **{name: {"type": "integer"} for name in ("total", "offset", "limit")},
        "next": {"type": ["string", "null"]},
    }
    return {
        **made,
        "/cases.geojson": {
            "get": _operation(
                "casesMap", "Published cases at their fixed points, the latest day first.", [state, *pages, *filters], listed, MAP
            )
        },
    }


def _programme_paths() -> dict[str, Any]:
    which = [
        {"name": "programme", "in": "path", "required": True, "schema": {"type": "string"}},
        _parameter("counted", "Only this year or quarter."),
    ]
    answer = {name: _COMMON[name] for name in ("as_of", "load_id")} | {"rows": {"type": "array", "items": {"type": "object"}}}
    told = "What is told of a programme in totals: one row for each number."
    return {f"/programmes/{{programme}}/totals{end}": {"get": _operation(f"programmeTotals{name}", told, which, answer, kind)} for end, name, kind in _FORMS}  # fmt: skip


def _released_paths() -> dict[str, Any]:
    which = [
        _parameter(
            "release", "Only what was released under this name: a quarter, with its months, or a year.", examples=["2026-Q2", "2025"]
        )
    ]
    table = {"type": "array", "items": {"type": "object"}}
    answer = {name: _COMMON[name] for name in ("as_of", "load_id")} | {"releases": table, "rows": table}
    return {
        f"/released{end}": {
            "get": _operation(f"released{name}", "The fixed tables of sensitive services: one row for each number.", which, answer, kind)
        }
        for end, name, kind in _FORMS
    }


def _signal_paths(filters: list[Any], layers: list[str]) -> dict[str, Any]:
    which = [
        _parameter("seen", "Signals of the last complete week, or of any week of the period.", ["now", "period"], default="now"),
        _parameter("metric", "Only signals of this figure.", list(METRICS)),
        _parameter("dimension", "Only those of the whole, or by this dimension.", [WHOLE, "department", "request_type", *layers]),
    ]
    counts = ("series", "quiet", "with_signal", "faint", "few_cases", "few_weeks", "seasonal")
    answer = {
        **_COMMON, **{name: {"type": "integer"} for name in counts}, "listed_by_chance_per_100_series": {"type": "number"},
        "rows": {"type": "array", "items": {"type": "object"}},
    }  # fmt: skip
    return {
        f"/signals{end}": {"get": _operation(f"signals{name}", "What really changed, most cases first.", [*which, *filters], answer, kind)}
        for end, name, kind in _FORMS
    }


def _staff_paths(filters: list[Any], layers: list[str]) -> dict[str, Any]:
    """What the public process has not."""
    return {**_signal_paths(filters, layers), **_commitment_paths(filters), **stages.paths(filters, _operation, _COMMON, _FORMS)}


def _commitment_paths(filters: list[Any]) -> dict[str, Any]:
    standing = _parameter("standing", "Only those that stand so.", list(STANDINGS), default=STANDINGS[0])
    which = [standing, *(parameter for parameter in filters if parameter["name"] in ("department", "as_of"))]
    row = {
        "type": "object", "required": ["id", "deliverable", "state", "verdict"], "properties": {
            "id": {"type": "integer"}, "deliverable": {"type": "string"}, "state": {"type": "string", "enum": list(STATES)},
            "days_late": {"type": "integer", "description": "How long it is overdue; 0 unless it is."},
            "verdict": {"type": "string", "enum": list(VERDICTS), "description": "Whether its figure moved since it was made."},
            "because": {"type": "string", "description": "Why its figure cannot be measured; empty otherwise."},
        },
    }  # fmt: skip
    answer = {
        **_COMMON,
        "on": {"type": "string", "format": "date", "description": "The day it is told for."},
        "rows": {"type": "array", "items": row},
    }
    return {
        f"/commitments{end}": {
            "get": _operation(f"commitments{name}", "What was promised, and whether it moved its figure.", which, answer, kind)
        }
        for end, name, kind in _FORMS
    }


_FORMS = (("", "", "application/json"), (".csv", "Csv", "text/csv"), (".parquet", "Parquet", "application/vnd.apache.parquet"))


def _filters() -> list[dict[str, Any]]:
    lists = "Ids, separated by commas."
    return [
        _parameter("from", "First day of the period.", form="date"),
        _parameter("during", "The period by its name, in place of its days: a quarter.", examples=["2026-Q3"]),
        _parameter("to", "Day after its last.", form="date"),
        _parameter("as_of", "Answer as it would have been at this instant.", form="date-time"),
        *[_parameter(name, lists) for name in ("programme", "department", "request_type", "request_group")],
        _parameter("channel", lists, examples=list(vocabulary.CHANNELS)),
        _parameter("outcome", lists, examples=list(vocabulary.OUTCOMES)),
        _parameter(
            "case_class", "Which classes count; 'all' for every one.", examples=[*vocabulary.CASE_CLASSES, "all"], default="service"
        ),
    ]


def _parameter(
    name: str, description: str, choices: list[str] | None = None, *, examples: list[str] | None = None, default: str | None = None, form: str | None = None
) -> dict[str, Any]:  # fmt: skip
    schema = {"type": "string", "enum": choices, "examples": examples, "default": default, "format": form}
    return {
        "name": name,
        "in": "query",
        "description": description,
        "schema": {key: value for key, value in schema.items() if value is not None},
    }


def _number(name: str, description: str, default: int, least: int, most: int) -> dict[str, Any]:
    schema = {"type": "integer", "minimum": least, "maximum": most, "default": default}
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _operation(name: str, summary: str, parameters: list[Any], answer: dict[str, Any], kind: str = "application/json") -> dict[str, Any]:
    schema: dict[str, Any] = (
        {"type": "object", "properties": answer, "required": list(answer)} if kind.endswith("json") else {"type": "string"}
    )
    return {
        "operationId": name, "summary": summary, "parameters": parameters,
        "responses": {
            "200": {"description": summary, "content": {kind: {"schema": schema}}},
            "304": {"description": "What you have, by its ETag sent as If-None-Match, is still the answer."},
            **dict.fromkeys(("400", "401", "403", "404", "429", "503"), _ERROR),
        },
    }  # fmt: skip
