"""Asks the same of two towns that differ only in what the asker may not see: every byte of every answer must be the same."""

from __future__ import annotations

import dataclasses
import re
from collections import Counter
from pathlib import Path
from typing import Any

from flask import Flask
from flask.testing import FlaskClient

from data_access.mart.reading import open_mart
from tests.support import hostile, walled
from tests.support.hostile import Request

COMPARED = ("Content-Type", "Content-Disposition", "X-Statroom-As-Of", "X-Statroom-Load-Id", "X-Statroom-Total", "Link", "Location")
"""Headers that say something of the data. ETag is left out: it is another after every load, whatever the load brought."""

END_ID = re.compile(rb'"end_id":"[^"]+"')
"""A random mark that Dash gives every opening of a page."""
PLACE = re.compile(rb"(?<=\bplace=)\d+")
"""The key of a place: made with a secret of the installation, and each town of a pair is one of its own."""


def make_pairs(folder: Path, most: int = 0) -> None:
    """The town in `folder`, and below `pairs` one for every change; at least `most` for each who may not notice, all if that is 0."""
    walled.make(folder)
    made: Counter[str] = Counter()
    for number, (change, blind) in enumerate(walled.CHANGES.values()):
        if not most or any(made[role] < most for role in blind):
            made.update(blind)
            walled.make(folder / "pairs" / str(number), change)


def differences(server: Flask, clients: dict[str, FlaskClient], folder: Path, most: int) -> dict[str, Any]:
    """role -> pairs compared, requests compared, and where answers differ. Of each pair at most `most` requests (0: all), others in each."""
    desk = server.extensions["statroom-desk"]
    here = desk.settings
    # What keeps what it is given has other numbers the second time.
    requests = [one for one in hostile.usual_callbacks() if "said" not in one.path and "recorded" not in one.path]
    requests += [Request("page", path) for path in hostile.usual_addresses(server)]
    kept: dict[tuple[str, int], Any] = {}
    told: dict[str, Any] = {role: {"pairs": 0, "requests": 0, "differ": []} for role in clients}
    every = max(1, len(requests) // most) if most else 1
    for number, (name, (_, blind)) in enumerate(walled.CHANGES.items()):
        if not (folder / "pairs" / str(number)).exists():
            continue
        there = dataclasses.replace(here, mart=folder / "pairs" / str(number) / "mart")
        for role in set(blind) & set(clients):
            chosen = range(number % every, len(requests), every)
            for at in chosen:
                if (role, at) not in kept:
                    kept[role, at] = _said(requests[at], clients[role])
            desk.settings = there
            for at in chosen:
                said = _said(requests[at], clients[role])
                if said != kept[role, at]:
                    told[role]["differ"].append([name, str(requests[at])[:300], *_first_difference(kept[role, at], said)])
            desk.settings = here
            told[role]["pairs"] += 1
            told[role]["requests"] += len(chosen)
        open_mart(there).close()
    return told


def _said(request: Request, client: FlaskClient) -> Any:
    answer = request.ask(client)
    return answer.status_code, [answer.headers.get(name) for name in COMPARED], PLACE.sub(b"", END_ID.sub(b"", answer.get_data()))


def _first_difference(one: Any, other: Any) -> tuple[str, str]:
    if one[:2] != other[:2]:
        return str(one[:2]), str(other[:2])
    at = next((i for i, (a, b) in enumerate(zip(one[2], other[2], strict=False)) if a != b), min(len(one[2]), len(other[2])))
    return tuple(text[max(0, at - 80) : at + 80].decode(errors="replace") for text in (one[2], other[2]))  # type: ignore[return-value]
