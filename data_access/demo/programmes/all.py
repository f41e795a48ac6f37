"""All programmes of the demo city: drawn whole, written as they stand at a moment, and brought from one moment to another."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np

from data_access.demo.places import Places
from data_access.demo.programmes.code import Code
from data_access.demo.programmes.complaints import Complaints
from data_access.demo.programmes.ideas import Ideas
from data_access.demo.programmes.lots import Lots
from data_access.demo.programmes.records import Records
from data_access.demo.rows import Row
from data_access.demo.truths import Dates

SHARES = {"records": 0.025, "complaints": 0.012, "lots": 0.012, "ideas": 0.012, "code": 0.03}
"""Cases of each programme for every service request."""
FEWEST = 240
STREAM = 20
"""Where the programmes' random numbers begin: apart from those of the service requests, which stay as they are."""


class Programme(Protocol):
    """One programme's cases, whole."""

    def rows(self, now: int) -> dict[str, list[Row]]: ...
    def truth(self, now: int) -> dict[str, Any]: ...


def programmes(seed: int, service_requests: int, dates: Dates, places: Places) -> list[Programme]:
    """Every programme of a city with so many service requests."""
    count = {name: max(int(service_requests * share), FEWEST) for name, share in SHARES.items()}
    rng = {name: np.random.default_rng([seed, STREAM + number]) for number, name in enumerate(SHARES)}
    return [
        Records(dates, count["records"], rng["records"]), Complaints(dates, count["complaints"], rng["complaints"]),
        Lots(dates, count["lots"], places, rng["lots"]), Ideas(dates, count["ideas"], places, rng["ideas"]),
        Code(dates, count["code"], places, rng["code"]),
    ]  # fmt: skip


def rows_at(drawn: list[Programme], now: int) -> dict[str, list[Row]]:
    """Table -> its rows as they stand at `now` (wall-clock seconds); the first value of a row is its number."""
    return {table: rows for programme in drawn for table, rows in programme.rows(now).items()}


def news(drawn: list[Programme], before: int, now: int) -> dict[str, tuple[list[int], list[Row]]]:
    """Table -> (numbers of rows that changed, rows that are new or changed) between two moments."""
    made = {}
    held = {table: {row[0]: row for row in rows} for table, rows in rows_at(drawn, before).items()}
    for table, rows in rows_at(drawn, now).items():
        fresh = [row for row in rows if held[table].get(row[0]) != row]
        made[table] = ([row[0] for row in fresh if row[0] in held[table]], fresh)
    return made
