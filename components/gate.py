"""The one gate between a browser and the figures. Every callback of Statroom is made here and nowhere else.

A callback is an open endpoint: anybody can post any value to it. So each gets a question that was
parsed for the viewer of this request, and every other value through a parser of its own; what
does not fit is refused with a sentence, and the page says it.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping
from typing import Any

import dash
from dash import ClientsideFunction, Input, State, no_update
from flask import Flask, current_app, request

from access import AccessDenied, Action
from components import keeping
from components.language import _, said
from data_access import observed
from data_access.mart.reading import MartUnavailable, QueryTooLong
from metrics.desk import Desk, Unknown
from metrics.question import BadQuestion

Parser = Callable[[Any], Any]
MOST_FILTERS = 40
MADE_HERE: set[Callable[..., Any]] = set()
"""Every function that Dash calls for a request; a test looks that there is no other."""
FILLED: dict[str, Callable[[Any], Any]] = {}
"""Id of a part of a page -> what fills it from the page's question: for readers whose browser runs no callbacks."""

log = logging.getLogger(__name__)


def start(server: Flask, desk: Desk) -> None:
    """Let the callbacks of `server` take their questions to `desk`."""
    server.extensions["statroom-desk"] = desk


def desk() -> Desk:
    """The desk of the running process."""
    return current_app.extensions["statroom-desk"]


def answers(
    output: Any, *, question: Input | State, values: Mapping[str, tuple[Input | State, Parser]] | None = None, initial: bool = True,
    refused: Callable[[str], Any] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:  # fmt: skip
    """Make a callback of a function that takes `asked` and the parsed `values`.

    Args:
        output: as `dash.callback` takes it; a dict of outputs is answered with a dict.
        question: where the query (URL parameters) comes from.
        values: name -> (input or state, parser). A parser raises `BadQuestion`.
        initial: also call it when its page is opened.
        refused: what to answer when the question cannot be; otherwise nothing changes and the page's notice says why.
    """
    taken = dict(values or {})

    def make(function: Callable[..., Any]) -> Callable[..., Any]:
        inputs = {"_query": question, **{name: dependency for name, (dependency, _parse) in taken.items()}}
        seconds = observed.CALLBACK_SECONDS.labels(part_of(output))

        @dash.callback(output, inputs=inputs, prevent_initial_call=not initial)
        @seconds.time()
        def run(_query: Any, **given: Any) -> Any:
            try:
                asked = desk().ask(query_of(_query))
                return function(asked, **{name: parse(given[name]) for name, (_, parse) in taken.items()})
            except Exception as error:
                message = sentence_for(error)
                keeping.unkept()
                if refused is not None:
                    return refused(message)
                dash.set_props("notice", {"children": message, "hidden": False})
                return _unchanged(output)

        MADE_HERE.add(run)
        if not taken:
            _remember(output, function)
        return function

    return make


def _remember(output: Any, function: Callable[..., Any]) -> None:
    """Note which parts of pages `function` fills, if the question is all it needs."""
    for name, part in output.items() if isinstance(output, dict) else [("", output)]:
        if isinstance(part.component_id, str) and part.component_property == "children":
            FILLED[part.component_id] = (lambda asked, name=name: function(asked)[name]) if name else function


def changes(
    output: Any, *, action: Action, trigger: Input, question: State, values: Mapping[str, tuple[Input | State, Parser]] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:  # fmt: skip
    """Make a callback that writes: of a function that takes `acting`, `asked` and the parsed `values`.

    Refused are a viewer whose role may not, and a request that another site made a browser send.

    Args:
        trigger: a count of clicks; nothing happens before the first.
    """
    taken = dict(values or {})

    def make(function: Callable[..., Any]) -> Callable[..., Any]:
        inputs = {"_clicks": trigger, "_query": question, **{name: dependency for name, (dependency, _parse) in taken.items()}}
        seconds = observed.CALLBACK_SECONDS.labels(part_of(output))

        @dash.callback(output, inputs=inputs, prevent_initial_call=True)
        @seconds.time()
        def run(_clicks: Any, _query: Any, **given: Any) -> Any:
            try:
                if not isinstance(_clicks, int) or isinstance(_clicks, bool) or _clicks < 1:
                    return _unchanged(output)
                require_same_site()
                acting, asked = desk().acting(action), desk().ask(query_of(_query))
                return function(acting, asked, **{name: parse(given[name]) for name, (_, parse) in taken.items()})
            except Exception as error:
                dash.set_props("notice", {"children": sentence_for(error), "hidden": False})
                return _unchanged(output)

        MADE_HERE.add(run)
        return function

    return make


def require_same_site() -> None:
    """Let only requests go on that a page of ours sent (or a program: no browser lets a page forge these headers).

    Raises:
        AccessDenied: another site made the browser send it.
    """
    origin, site = request.headers.get("Origin"), request.headers.get("Sec-Fetch-Site", "same-origin")
    # Compared as text: what is no address at all must be refused, not taken apart.
    if (origin is not None and origin.partition("://")[2] != request.host) or site not in ("same-origin", "none"):
        raise AccessDenied("This was not sent from a page of Statroom; open the page and try again.")


def part_of(output: Any) -> str:
    """The part of a page that a callback fills, as it was declared: the name under which its time is counted."""
    if isinstance(output, dict):
        output = next(iter(output.values()))
    if isinstance(output, (list, tuple)):
        output = output[0]
    name = output.component_id
    return str(name.get("type", "pattern")) if isinstance(name, dict) else str(name)


def _unchanged(output: Any) -> Any:
    """An answer that leaves everything as it is."""
    if isinstance(output, dict):
        return dict.fromkeys(output, no_update)
    # Of a pattern that matches any number of components, each wants its own answer.
    outputs = dash.callback_context.outputs_list
    return [no_update] * len(outputs) if isinstance(outputs, list) else no_update


def in_browser(namespace: str, name: str, output: Any, *inputs: Input | State, initial: bool = False) -> None:
    """A callback that runs in the browser: function `name` of `window.dash_clientside[namespace]`, kept in `assets/`."""
    dash.clientside_callback(ClientsideFunction(namespace, name), output, *inputs, prevent_initial_call=not initial)


def sentence_for(error: Exception) -> str:
    """What a reader is told of `error`; what was not foreseen is logged under a number."""
    if isinstance(error, MartUnavailable) and desk().is_public:
        # What an operator should do is no help to a resident.
        return _("There are no figures to show at the moment; please come back later.")
    if isinstance(error, (BadQuestion, Unknown, AccessDenied, MartUnavailable)):
        return said(error)
    if isinstance(error, QueryTooLong):
        return _("This took too long and was stopped. Ask for a shorter period or fewer groups.")
    number = secrets.token_hex(4)
    observed.ERRORS.labels("callback").inc()
    log.error("Callback %s failed", number, exc_info=error)
    return _("Something went wrong here; it is logged as {number}.", number=number)


def query_of(data: Any) -> dict[str, Any]:
    """URL parameters from what a store or a layout holds.

    Raises:
        BadQuestion: it is not a small table of texts.
    """
    if data is None:
        return {}
    if not isinstance(data, dict) or len(data) > MOST_FILTERS:
        raise BadQuestion("The filters of this page cannot be read; open the page again.")
    made = {}
    for name, value in data.items():
        if not isinstance(name, str) or not isinstance(value, (str, type(None))):
            raise BadQuestion("Filter '{name}' must be text; open the page again.", name=str(name)[:40])
        if value:
            made[name] = value
    return made


def one_of(choices: Any, what: str) -> Parser:
    """A parser that accepts members of `choices`."""

    def parse(value: Any) -> Any:
        if not isinstance(value, str) or value not in choices:
            raise BadQuestion("There is no {what} called '{name}'.", what=what, name=str(value)[:40])
        return value

    return parse


def short_text(longest: int, what: str) -> Parser:
    """A parser of text up to `longest` characters; nothing becomes empty text."""

    def parse(value: Any) -> str:
        if value is None:
            return ""
        if not isinstance(value, str) or len(value) > longest:
            raise BadQuestion("{what} must be text of at most {longest} characters.", what=what, longest=longest)
        return value.strip()

    return parse


def texts(value: Any) -> list[str]:
    """A parser of a short list of names."""
    if not isinstance(value, list) or len(value) > MOST_FILTERS or not all(isinstance(entry, str) and len(entry) <= 60 for entry in value):
        raise BadQuestion("This page cannot be read; open it again.")
    return value


def any_value(_value: Any) -> None:
    """For an input whose value is not used: it only says when."""
