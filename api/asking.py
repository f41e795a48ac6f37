"""A request's parameters, checked, on their way to the desk; and what every answer says about itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from flask import request

from components.language import spoken
from metrics.desk import Desk
from metrics.question import BadQuestion, to_query
from metrics.select import Asked

LONGEST_QUERY = 8_000
MOST_REPEATS = 60


def asked_of(desk: Desk, **instead: str) -> Asked:
    """The present request's question; `instead` replaces parameters.

    Raises:
        BadQuestion: a sentence naming what cannot be used.
    """
    return desk.ask({**parameters(), **instead})


def parameters() -> dict[str, str]:
    """The query string, each name once; repeated names are joined by commas, as filters are."""
    if len(request.query_string) > LONGEST_QUERY:
        raise BadQuestion("The address is {n} characters long; {most} are allowed.", n=len(request.query_string), most=LONGEST_QUERY)
    made = {}
    for name, values in request.args.lists():
        if len(values) > MOST_REPEATS:
            raise BadQuestion("{name} is given {n} times; {most} are allowed.", name=name[:40], n=len(values), most=MOST_REPEATS)
        made[name] = ",".join(values)
    return made


def whole_number(query: Mapping[str, str], name: str, default: int, most: int) -> int:
    """Parameter `name` as a whole number from 0 to `most`."""
    text = query.get(name, "")
    if not text:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and int(text) <= most):
        raise BadQuestion("{name} is '{text}'; write a whole number from 0 to {most}.", name=name, text=text[:20], most=most)
    return int(text)


def one_of(query: Mapping[str, str], name: str, choices: Mapping[str, Any]) -> Any:
    """What `choices` has for parameter `name`; its first entry if the parameter is absent."""
    text = query.get(name, "")
    if not text:
        return next(iter(choices.values()))
    if text not in choices:
        raise BadQuestion(
            "{name} is '{text}'; choose {choices}.", name=name, text=text[:40], choices=", ".join(word for word in choices if word)
        )
    return choices[text]


def context(asked: Asked) -> dict[str, Any]:
    """What every answer says about itself: data age, load, and the question as understood."""
    loads = asked.mart.loads(asked.scope)
    return {
        "as_of": asked.question.as_of.isoformat(timespec="seconds") + "Z",
        "load_id": int(loads["id"].max()) if len(loads) else None,
        "filters": to_query(asked.question, asked.mart),
    }


def tag(asked: Asked, written: str = "") -> str:
    """Changes whenever the answer to the present request may: generation, scope, question, or what people wrote."""
    text = f"{asked.mart.edition} {asked.scope.key()} {request.full_path} {spoken().code} {written}"
    return hashlib.sha256(text.encode()).hexdigest()[:32]
