"""Requests that a hostile caller may send to one process of the application, and what no answer to them may be.

What is sent comes from `tests/hostile_inputs.toml`, or the file of the same shape that `STATROOM_HOSTILE` names; where it is sent
comes from the process itself: every rule of its URL map, every page, every callback with every chart and list.
"""

from __future__ import annotations

import json
import os
import re
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import dash
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from components.chart import CHARTS
from metrics.definitions import REGISTRY
from settings import ROOT
from tests.support.posting import UPDATE, body, callbacks

INPUTS = ROOT / "tests" / "hostile_inputs.toml"
FILTERS = (
    "department",
    "request_type",
    "channel",
    "from",
    "to",
    "as_of",
    "grain",
    "weeks",
    "during",
    "of",
    "sort",
    "search",
    "by",
    "limit",
    "metric",
    "list",
)
LARGEST_ANSWER = 2_000_000
FILES = ("/assets/", "/_dash-component-suites/", "/bootstrap/", "/static/")
"""Scripts and styles: the same for everybody, and as large as their makers made them."""
USUAL = {
    "question.data": {}, "tick.n_intervals": 1, "in-path.data": [], "getRowsRequest": {"startRow": 0, "endRow": 40}, "value": ["all"],
    "_pages_location.pathname": "/", "_pages_location.search": "", "url.pathname": "/", "url.search": "", "sections-of.data": [],
}  # fmt: skip
"""What a browser sends where nothing else is said; every other value is null."""


@dataclass(frozen=True)
class Inputs:
    """The file of hostile inputs. `values` and `bodies` are JSON, or what pretends to be."""

    texts: tuple[str, ...]
    values: tuple[str, ...]
    names: tuple[str, ...]
    paths: tuple[str, ...]
    bodies: tuple[str, ...]
    nesting: tuple[int, ...]
    content_types: tuple[str, ...]
    headers: tuple[dict[str, str], ...]


def read_inputs() -> Inputs:
    """The inputs to try."""
    given = tomllib.loads(INPUTS.read_text("utf-8"))
    if other := os.environ.get("STATROOM_HOSTILE"):
        given |= tomllib.loads(Path(other).read_text("utf-8"))
    return Inputs(**{name: tuple(values) for name, values in given.items()})


@dataclass(frozen=True)
class Request:
    """One request; `sent` is the hostile text in it, which a refusal may repeat."""

    kind: str
    path: str
    content: Any = None
    """A callback's body: JSON values, or text as it stands."""
    sent: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    allowed: tuple[int, ...] = ()
    """The only codes that are right; empty: any below 500."""

    def ask(self, client: FlaskClient) -> TestResponse:
        """The answer of the application."""
        if self.kind == "form":
            return client.post(self.path, data=self.content, headers=self.headers)
        if self.kind == "callback":
            data = self.content if isinstance(self.content, (str, bytes)) else json.dumps(self.content)
            return client.post(UPDATE, data=data, content_type=self.content_type, headers=self.headers)
        return client.get(self.path, headers=self.headers)

    def __str__(self) -> str:
        content = "" if self.content is None else json.dumps(self.content, default=str)
        return f"{self.kind} {self.path} {content[:700]} {self.headers or ''}".strip()


# Where


def pages() -> list[str]:
    """The addresses of the pages of this process, with an example in place of what varies."""
    return sorted(page["path"] for page in dash.page_registry.values())


def usual_callbacks(question: dict[str, Any] | None = None, places: tuple[str, ...] = ()) -> Iterator[Request]:
    """A well-formed request to every callback, for every chart and list; to the router for every page and every one of `places`."""
    for name in callbacks():
        for content in _bodies(name, question or {}):
            yield Request("callback", name[:60], content)
        if "_pages_content" in name:
            for page in (*pages(), *places):
                given = {"_pages_location.pathname": page, "_pages_location.search": ""}
                yield Request("callback", f"router {page}"[:90], body(name, given), sent=page.rpartition("/")[2])


def _bodies(name: str, question: dict[str, Any]) -> Iterator[dict[str, Any]]:
    given = {**USUAL, "question.data": question}
    for target in _targets(name):
        made = body(name, given, chart=target, ids=["department"])
        for part in (*made["inputs"], *made["state"]):
            if isinstance(part, dict) and part["property"] == "n_clicks":
                part["value"] = 1
        yield made


def _targets(name: str) -> list[str]:
    from components.grid import LISTS

    if "MATCH" not in name:
        return [""]
    return list(CHARTS) if "chart-" in name else list(LISTS) if ("list-" in name or '"grid"' in name) else ["1"]


def usual_addresses(server: Flask) -> list[str]:
    """Addresses that answer with figures, cases or definitions."""
    made = [*pages(), *(f"/charts/{name}.csv" for name in CHARTS), "/healthz", "/_dash-layout", "/_dash-dependencies"]
    api = [rule.rule for rule in server.url_map.iter_rules() if rule.rule.startswith("/api/") and "path:" not in rule.rule]
    for rule in sorted(api):
        metrics = REGISTRY if "<metric_id>" in rule else [""]
        made += [
            rule.replace("<metric_id>", metric).replace("<form>", "csv").replace("<layer>", "district").replace("<programme>", "police")
            for metric in metrics
        ]
    if "open311" in server.blueprints:
        made += [f"/open311/v2/{name}.{form}" for name in ("discovery", "services", "requests") for form in ("json", "xml")]
    made += [f"/api/v1/metrics/{metric}?by={by}" for metric in REGISTRY for by in ("department", "request_type")]
    return made


# What


def hostile(server: Flask, inputs: Inputs, harvested: tuple[str, ...]) -> Iterator[Callable[[], Request]]:
    """Everything there is to try, in an order that does not change; each is made when it is called."""
    texts = (*inputs.texts, *harvested)
    yield from (partial(Request, "page", path, sent=path) for path in inputs.paths)
    for rule in sorted({(rule.rule, "POST" in (rule.methods or ())) for rule in server.url_map.iter_rules()}):
        yield from _of_rule(*rule, texts)
    whole = ("/", "/api/v1/cases", "/api/v1/cases.csv", "/api/v1/metrics/opened")
    for at, page in enumerate((*whole, *pages(), *(f"/charts/{name}.csv" for name in CHARTS))):
        for number, text in enumerate(texts):
            # Every text in every parameter of some addresses, in one parameter of each other.
            names = FILTERS if page in whole else (FILTERS[(at + number) % len(FILTERS)],)
            yield from (partial(Request, "page", f"{page}?{urlencode({name: text})}", sent=text) for name in names)
        yield from (partial(Request, "page", f"{page}?{urlencode({name: 'admin'})}") for name in inputs.names)
        yield partial(Request, "page", f"{page}?" + "&".join(f"department={n}" for n in range(70)))
        yield from (partial(Request, "page", page, headers={head["name"]: head["value"]}) for head in inputs.headers)
    for at, usual in enumerate(usual_callbacks()):
        leaves = range(len(_leaves(usual.content)))
        yield from (partial(_with_value, usual, leaf, value) for value in inputs.values for leaf in leaves)
        yield from (partial(_asking, usual, FILTERS[(at + number) % len(FILTERS)], text) for number, text in enumerate(texts))


def _of_rule(rule: str, posts: bool, texts: tuple[str, ...]) -> Iterator[Callable[[], Request]]:
    if posts and rule not in (UPDATE, "/sign-out"):
        fields = ("login", "password", "next", "new", "again", "viewer")
        yield from (partial(Request, "form", rule, dict.fromkeys(fields, text), text) for text in texts)
        yield partial(
            Request, "form", rule, {"login": "x", "password": "y"}, headers={"Origin": "https://evil.example"}, allowed=(403, 401, 303)
        )
    elif "<" in rule:
        yield from (partial(Request, "page", re.sub(r"<[^>]+>", quote(text, safe=""), rule), sent=text) for text in texts)
    else:
        yield partial(Request, "page", rule)


def _with_value(usual: Request, leaf: int, value: str) -> Request:
    made = json.loads(json.dumps(usual.content))
    _leaves(made)[leaf]["value"] = json.loads(value)
    return Request("callback", usual.path, made, value)


def _asking(usual: Request, name: str, text: str) -> Request:
    made = json.loads(json.dumps(usual.content))
    for leaf in _leaves(made):
        if (leaf["id"], leaf["property"]) == ("question", "data"):
            leaf["value"] = {name: text}
    return Request("callback", usual.path, made, text)


def _leaves(content: dict[str, Any]) -> list[dict[str, Any]]:
    parts = [*content["inputs"], *content["state"]]
    return [leaf for part in parts for leaf in (part if isinstance(part, list) else [part])]


def malformed(inputs: Inputs) -> Iterator[Request]:
    """Bodies that no page of ours sends: each must be refused, in one line."""
    refused = (400, 401, 413, 415)
    yield from (Request("callback", "malformed", text, text, allowed=refused) for text in inputs.bodies)
    yield Request("callback", "malformed", b"\xff\xfe\x00", allowed=refused)
    right = next(one for one in usual_callbacks() if "status.children" in one.path).content
    whole = json.dumps(right)
    for depth in inputs.nesting:
        yield Request("callback", f"nesting {depth}", "[" * depth + "]" * depth, allowed=refused)
        yield Request("callback", f"nesting {depth}", '{"a":' * depth + "1" + "}" * depth, allowed=refused)
    yield Request("callback", "too long", json.dumps({**right, "more": "x" * 70_000}), allowed=(413, 401))
    yield Request("callback", "surrogate", whole.replace('"status"', '"\\ud800"'), allowed=refused)
    yield Request("callback", "NaN", whole.replace('"value": 1', '"value": NaN'), allowed=refused)
    yield from (Request("callback", f"type {kind}", whole, content_type=kind, allowed=refused) for kind in inputs.content_types)
    for part in ("inputs", "state", "outputs", "changedPropIds", "output"):
        yield Request(
            "callback",
            f"without {part}",
            {k: v for k, v in right.items() if k != part},
            allowed=refused if part != "state" else (200, *refused),
        )
        for value in (1, "x", [1], {"a": 1}, [[]], [None] * 60, True):
            if not (part == "changedPropIds" and value == "x"):
                yield Request("callback", f"{part} {value!r}"[:40], {**right, part: value}, allowed=refused)


# What no answer may be


def text_of(answer: TestResponse) -> str:
    """What an answer says; of a picture or a packed file, whatever of it is text."""
    return answer.get_data().decode("utf-8", "replace")


def wrong_with(request: Request, answer: TestResponse) -> str | None:
    """Why `answer` is none that anybody may get; None if it is one."""
    text = text_of(answer)
    if answer.status_code >= 500 or (request.allowed and answer.status_code not in request.allowed):
        return f"status {answer.status_code}: {text[:200]}"
    for sign in ("Traceback", "Something went wrong", 'File "/', "duckdb.", "sqlalchemy"):
        if sign in text and sign not in request.sent and not request.path.startswith(FILES):
            return f"{sign} in the answer: {text[:300]}"
    if len(answer.get_data()) > LARGEST_ANSWER and not request.path.startswith(FILES):
        return f"{len(answer.get_data()):,} bytes"
    if answer.status_code in (400, 413, 415) and answer.mimetype != "text/html" and len(text.strip().splitlines()) > 8:
        return f"a refusal of many lines: {text[:300]}"
    policy = answer.headers.get("Content-Security-Policy", "script-src 'unsafe-inline'")
    if answer.headers.get("X-Content-Type-Options") != "nosniff" or "'unsafe-" in policy.partition("script-src")[2].partition(";")[0]:
        return f"headers: {policy[:200]}"
    for told in ("Server: ", "X-Powered-By", 'python_version":"3', 'dash_version":"4'):
        if told in str(answer.headers) or (told in text and not request.path.startswith(FILES)):
            return f"{told} in the answer"
    if 300 <= answer.status_code < 400 and not re.match(r"(/(?![/\\])|http://localhost/)", answer.headers.get("Location", "/")):
        return f"sent away to {answer.headers['Location']}"
    if "Set-Cookie" in answer.headers and "x=1" in answer.headers["Set-Cookie"]:
        return "a cookie that the caller wrote"
    return None
