"""Posts to a callback as a browser would, or as somebody would who is none."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import dash
import plotly
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from components.chart import CHARTS

UPDATE = "/_dash-update-component"
SKIPPED = ("viewer-menu", "_pages")


def callbacks() -> dict[str, dict[str, Any]]:
    """The declared callbacks that run on the server, by Dash's name for their outputs."""
    return {name: spec for name, spec in dash.get_app().callback_map.items() if "callback" in spec}


def body(name: str, given: dict[str, Any], *, chart: str = "", ids: list[Any] | None = None) -> dict[str, Any]:
    """A well-formed body for callback `name`; `given` has values by "id.property" (of a pattern: by property)."""
    spec = dash.get_app().callback_map[name]

    def one(part: dict[str, Any]) -> Any:
        declared = part["id"]
        if not declared.startswith("{"):
            return {"id": declared, "property": part["property"], "value": given.get(f"{declared}.{part['property']}")}
        pattern = json.loads(declared)
        if ["ALL"] in pattern.values():
            values = [{**pattern, "name": i} for i in ids or []] if part["property"] == "id" else given.get(part["property"], [])
            return [
                {"id": {**pattern, "name": i}, "property": part["property"], "value": v} for i, v in zip(ids or [], values, strict=False)
            ]
        concrete = _concrete(pattern, chart)
        return {
            "id": concrete,
            "property": part["property"],
            "value": given.get(part["property"], concrete if part["property"] == "id" else None),
        }

    return {
        "output": name, "outputs": _targets(name, chart, ids), "inputs": [one(part) for part in spec["inputs"]],
        "state": [one(part) for part in spec["state"]], "changedPropIds": ["question.data"],
    }  # fmt: skip


def _targets(name: str, chart: str, ids: list[Any] | None) -> Any:
    parts = name.strip(".").split("...") if name.startswith("..") else [name]
    made = []
    for part in parts:
        target, _, prop = part.rpartition(".")
        if not target.startswith("{"):
            made.append({"id": target, "property": prop})
            continue
        pattern = json.loads(target)
        if ["ALL"] in pattern.values():
            made.append([{"id": {**pattern, "name": i}, "property": prop} for i in ids or []])
        else:
            made.append({"id": _concrete(pattern, chart), "property": prop})
    return made if name.startswith("..") else made[0]


def _concrete(pattern: dict[str, Any], chart: str) -> dict[str, Any]:
    """The id of one component: that of `chart` where the callback is for any."""
    return {key: chart if value == ["MATCH"] else value for key, value in pattern.items()}


def post(client: FlaskClient, content: Any) -> TestResponse:
    """Send it."""
    data = content if isinstance(content, (bytes, str)) else json.dumps(content)
    return client.post(UPDATE, data=data, content_type="application/json")


def look_as(client: FlaskClient, viewer: str) -> FlaskClient:
    """The same client, looking at the city as that demo viewer."""
    assert client.post("/viewer", data={"viewer": viewer}).status_code == 303
    return client


def opening(server: Flask, page: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The callbacks that the opening of a registered page causes, with what a browser would send."""
    with server.test_request_context(page["path"]):
        layout = json.dumps(page["layout"](), cls=plotly.utils.PlotlyJSONEncoder)
    yield from caused(layout, json.loads(layout)["props"]["children"][0]["props"]["data"])


def caused(layout: str, question: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """The callbacks that a page's `layout` (JSON) with that question causes when it is put in place."""
    for name, spec in callbacks().items():
        first = spec["inputs"][0] if spec["inputs"] else {}
        if first.get("id") != "question" or any(word in name for word in SKIPPED):
            continue
        if "chart-finding" in name:
            for chart in CHARTS:
                if f'"chart-figure", "name": "{chart}"' in layout:
                    yield chart, body(name, {"question.data": question}, chart=chart)
        elif '"MATCH"' in name:
            kind = re.findall(r'"type":"([\w-]+)"', name)[0]
            for part in re.findall(rf'"id": \{{"type": "{kind}", "name": "([\w-]+)"\}}', layout):
                yield f"{kind} {part}", body(name, {"question.data": question}, chart=part)
        elif '"ALL"' in name:
            names = re.findall(r'"id": \{"type": "filter", "name": "(\w+)"\}', layout)
            if names:
                yield (
                    "filters",
                    body(
                        name,
                        {"question.data": question, "value": ["latest" if one in ("during", "release") else "all" for one in names]},
                        ids=names,
                    ),
                )
        elif all(f'"id": "{target}"' in layout for target in re.findall(r"(?:^|\.\.)([a-z][\w-]*)\.", name)):
            yield name.strip(".").partition(".")[0], body(name, {"question.data": question})
