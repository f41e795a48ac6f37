"""The CRM delivers what nobody expects: other columns, too few rows or too many, twice, in any order, impossible values."""

from __future__ import annotations

import random
from typing import Any

from sqlalchemy import NullPool, create_engine, make_url, text

from benchmarks.faults.ground import ROWS, Ground
from benchmarks.faults.result import Result, fault
from data_access.sync import SyncError
from tests.support.crm import Crm
from tests.support.towns import HEADER, MAPPING, Town

SEVERAL = 300


def _fresh(ground: Ground, name: str, options: str = "") -> str:
    """The address of an empty database of its own."""
    engine = create_engine(ground.database.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} {options}"))
    return make_url(ground.database.url).set(database=name).render_as_string(hide_password=False)


def _loaded(ground: Ground, name: str) -> tuple[Crm, Town]:
    """A CRM of several hundred cases, and a town that has loaded it."""
    crm = Crm(_fresh(ground, name))
    crm.run(ROWS, last=SEVERAL)
    town = ground.town(name, crm.url)
    town.load(full=True)
    return crm, town


DRIFTS = {
    "renamed": ("ALTER TABLE service_requests RENAME department TO departement", "departement"),
    "dropped": ("ALTER TABLE service_requests DROP COLUMN channel", "channel"),
    "times as numbers": ("ALTER TABLE service_requests ALTER opened_at TYPE bigint USING extract(epoch FROM opened_at)", "opening time"),
    "words as codes": ("ALTER TABLE service_requests ALTER status TYPE integer USING 1", "status"),
}


@fault("columns are renamed, dropped, of another type", "the load stops and names the column; the last good data stays")
def drift(ground: Ground) -> Result:
    held = 0
    said = []
    for number, (statement, named) in enumerate(DRIFTS.values()):
        crm, town = _loaded(ground, f"drift_{number}")
        crm.run(statement)
        line = _refused(town)
        held += named in line
        said.append(line)
    return Result(len(DRIFTS), held, note=", ".join(DRIFTS))


def _refused(town: Town) -> str:
    """The line with which a load fails, empty if it does not."""
    before = town.generation()
    try:
        town.load(full=True)
    except SyncError as error:
        assert town.generation() == before
        return str(error)
    return ""


@fault("nine of ten rows are gone, or ten times as many are there", "the load is held for a person; the last good data stays")
def avalanche(ground: Ground) -> Result:
    held = []
    for name, statement in {
        "gone": "DELETE FROM service_requests WHERE id % 10 <> 1",
        "tenfold": "INSERT INTO service_requests SELECT id + 1000 * g, number + 10000 * g, NULL, type, department, channel, status, opened_at, due_at, "
        "closed_at, updated_at, NULL, NULL, resident_name, resident_email FROM service_requests, generate_series(1, 9) g",
    }.items():
        crm, town = _loaded(ground, name)
        crm.run(statement)
        before, report = town.generation(), town.load(full=True)
        if report.state == "held" and town.generation() == before and len(town.cases()) == SEVERAL:
            held.append(name)
    note = "" if len(held) == 2 else f"held: {', '.join(held) or 'neither'}; the others were put into service"
    return Result(2, len(held), note=note)


CHANGED = MAPPING.replace('closed_at = "closed"', 'closed_at = "closed"\nsource_updated_at = "updated"')


@fault("rows come twice, in older versions too, in any order", "the latest version counts, once: the same mart every time")
def any_order(ground: Ground) -> Result:
    times, chance = ground.times(8, 2), random.Random(7)
    town = Town(ground.place("any-order")).files(mapping=CHANGED)
    lines = [f"{n},Pothole,Streets,Phone,Open,2026-03-{n % 9 + 1:02d} 08:00:00,,,2026-03-16 08:00:00" for n in range(1, 41)]
    lines += [f"{n},Tree,Parks,Web,Closed,2026-03-{n % 9 + 1:02d} 08:00:00,,2026-03-17 08:00:00,2026-03-17 08:00:00" for n in range(1, 31)]
    lines += lines[:20]
    found: list[dict[str, Any]] = []
    for _ in range(times + 1):
        town.write("cases.csv", *lines, header=HEADER + ",updated")
        town.load(full=True)
        found.append({key: {**case, "case_id": 0, "loaded_at": 0, "load_id": 0} for key, case in town.cases().items()})
        chance.shuffle(lines)
    right = sum(case["request_type"] == "Tree" for case in found[0].values()) == 30 and len(found[0]) == 40
    return Result(times, sum(one == found[0] for one in found[1:]) if right else 0, note=f"{len(lines)} rows of 40 cases")


IMPOSSIBLE = {
    4: {"opened_at": "infinity"}, 5: {"opened_at": "-infinity"}, 6: {"opened_at": "0044-03-15 12:00:00 BC"}, 7: {"opened_at": "12000-01-01 00:00:00"},
}  # fmt: skip
"""Openings that refuse their row."""
ODD = {
    8: {"latitude": "NaN", "longitude": "Infinity"}, 9: {"due_at": "infinity"}, 10: {"due_at": "0044-03-15 12:00:00 BC"}, 11: {"updated_at": "infinity"},
}  # fmt: skip
"""Values that are left empty; their rows are loaded."""


@fault("infinity, years before Christ and after 9999, not a number, bytes that are no text", "the row is refused with its reason, or the value left empty; the rest is loaded")  # fmt: skip
def impossible(ground: Ground) -> Result:
    url = _fresh(ground, "impossible", "ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
    crm = Crm(url + "?client_encoding=utf8")
    for case, values in (IMPOSSIBLE | ODD).items():
        crm.add(case, **values)
    crm.add(12)
    crm.run("UPDATE service_requests SET type = convert_from('\\xc172626f6c'::bytea, 'SQL_ASCII') WHERE id = 12")
    town = ground.town("impossible", url)
    report = town.load(full=True)
    refused = {int(key) - 1000 for key, _ in town.quarantine()}
    there = {int(key) - 1000 for key in town.cases()}
    wanted = {*IMPOSSIBLE, 12}
    right = len(refused & wanted) + len(there & {1, 2, 3, *ODD})
    lost = len(ODD) + 3 - len(there & {1, 2, 3, *ODD})
    tried = len(IMPOSSIBLE) + len(ODD) + 4
    return Result(tried, right, lost=lost, note=f"{report.rows_quarantined} rows refused with a reason, {report.rows_new} loaded")
