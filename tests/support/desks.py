"""Draw functions of pages over a town of one's own: a desk for its mart, its `city.toml`, and a viewer."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Flask

from access import Viewer
from components import filters, gate
from data_access import cache
from metrics.cases import case_count
from metrics.desk import Desk
from metrics.select import Asked
from tests.support.marts import MAYOR, settings_in

CITY_TOML = """
[city]
id = "town"
name = "Town"
zone = "UTC"
{more}
[[programme]]
id = "requests"
name = "Requests"
[[source]]
name = "s"
kind = "files"
path = "none.csv"
preset = "nyc_311"
programme = "requests"
"""


@contextmanager
def at_desk(folder: Path, viewer: Viewer = MAYOR, *, is_cached: bool = False, **facts: Any) -> Iterator[None]:
    """Within it `gate.desk()` answers for the mart in `folder`, without a cache of its own unless `is_cached`; `facts` go into `[city]`."""
    city = folder / f"city-{len(list(folder.glob('city-*')))}"
    city.mkdir()
    (city / "city.toml").write_text(CITY_TOML.format(more="\n".join(f"{name} = {value}" for name, value in facts.items())))
    settings = dataclasses.replace(settings_in(folder), city=city)
    server = Flask("desk")
    gate.start(server, Desk(settings, lambda: viewer))
    if is_cached:
        cache.start(server, settings)
    with server.app_context():
        yield


def asked_for(**query: str) -> Asked:
    """The question of a page's address."""
    return gate.desk().ask({name.rstrip("_"): value for name, value in query.items()})


def view_for(asked: Asked, **query: str) -> Mapping[str, str]:
    """The pages' own options."""
    return filters.view_of(query, asked)


def listed(address: str) -> int:
    """How many cases the list at `address` has."""
    parts = urlsplit(address)
    assert parts.path in ("/cases", "/backlog")
    query = dict(parse_qsl(parts.query))
    of = query.get("of") or query["list"]
    hits = {"true": True, "false": False, None: None}[query.get("hits")]
    return case_count(gate.desk().ask(query), of, hits=hits)
