"""Builds the demo city's CRM database, brings it up to date, and writes down the planted truths."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Iterator, Protocol
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection, inspect, select

from data_access.demo import crm_schema, truths
from data_access.demo.calls import call_rows
from data_access.demo.catalogue import DEPARTMENTS, KINDS, QUEUES, department_of_queue
from data_access.demo.database import DemoError, insert, make_fast, opened, remove, replace_tables
from data_access.demo.figures import figure_rows
from data_access.demo.histories import sla_rules
from data_access.demo.ledger import Ledger
from data_access.demo.names import email, person_name, phone
from data_access.demo.planted import planted_truths
from data_access.demo.programmes import schema as _programme_tables  # noqa: F401  (their tables join the CRM's)
from data_access.demo.programmes.all import news, programmes, rows_at
from data_access.demo.rows import Row, activity_rows, answer_rows, request_rows
from data_access.demo.simulate import FUTURE_DAYS, Chunk, Simulation
from data_access.demo.wall_clock import midnight, wall_seconds
from settings import utc_now

__all__ = ["DemoError", "DemoSummary", "Progress", "advance_demo", "build_demo", "demo_known_until"]

FEWEST_CASES = 1_000
PEOPLE_AT_ONCE = 50_000
MARKER, FIGURES, CALLS = crm_schema.demo_marker, crm_schema.figures, crm_schema.calls


class Progress(Protocol):
    """Told how many cases are written."""

    def begin(self, source_name: str, total: int | None) -> None: ...
    def advance(self, rows: int) -> None: ...


@dataclass(frozen=True, slots=True)
class DemoSummary:
    """Rows written per table, and how long it took."""

    rows: dict[str, int]
    seconds: float


class _Rows:
    """Inserts rows and counts them."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.count = dict.fromkeys((table.name for table in crm_schema.metadata.sorted_tables if table is not MARKER), 0)

    def add(self, rows: dict[str, list[Row]]) -> None:
        for name, values in rows.items():
            insert(self.connection, crm_schema.metadata.tables[name], values)
            self.count[name] += len(values)


def build_demo(
    url: str, cases: int = 250_000, seed: int = 311, as_of: date | None = None, truths_path: Path | None = None, progress: Progress | None = None,
) -> DemoSummary:  # fmt: skip
    """Fill the database at `url` with a simulated CRM of about `cases` cases in the four years before `as_of`.

    Same seed, cases and `as_of` (default: today in the city): same content. Nothing from `as_of`
    on is in it, apart from spoilt rows. `truths_path`: where the planted truths are written as JSON.

    Raises:
        DemoError: the database holds something else, or cannot be reached.
    """
    if cases < FEWEST_CASES:
        raise DemoError(f"{cases} cases are too few to look like a city; ask for {FEWEST_CASES} or more.")
    begun = time.monotonic()
    dates = truths.dates_of(as_of or utc_now().astimezone(ZoneInfo(truths.ZONE)).date())
    with opened(url) as engine:
        with engine.begin() as connection:
            replace_tables(connection)
        with engine.connect() as connection:
            make_fast(connection)
            simulation, ledger, rows = Simulation(seed, cases, dates), Ledger(), _Rows(connection)
            rows.add(_reference_rows(dates))
            _add_people(rows, simulation.people)
            _add_cases(rows, simulation, ledger, progress)
            others, now = programmes(seed, cases, dates, simulation.places), midnight(dates.as_of)
            rows.add(rows_at(others, now))
            rows.add({FIGURES.name: figure_rows(dates, seed, FUTURE_DAYS, date.min, dates.as_of)})
            known_until = datetime(dates.as_of.year, dates.as_of.month, dates.as_of.day)
            rows.add({CALLS.name: call_rows(dates, seed, cases, FUTURE_DAYS, datetime.min, known_until)})
            # Written last: a demo without this row was not finished.
            connection.execute(MARKER.insert().values(seed=seed, cases=cases, as_of=dates.as_of, known_until=known_until))
            connection.commit()
    if truths_path is not None:
        planted = planted_truths(ledger.cases(), dates, seed, simulation.places.unknown)
        planted["truths"] += [programme.truth(now) for programme in others]
        truths_path.parent.mkdir(parents=True, exist_ok=True)
        truths_path.write_text(json.dumps(planted, indent=1, default=str) + "\n", "utf-8")
    return DemoSummary(rows.count, time.monotonic() - begun)


def _reference_rows(dates: truths.Dates) -> dict[str, list[Row]]:
    number = {kind.name: n for n, kind in enumerate(KINDS, start=1)}
    rules = enumerate(sla_rules(dates), start=1)
    return {
        "departments": [(n, code, name) for n, (code, name) in enumerate(DEPARTMENTS, start=1)],
        "queues": [(n + 1, department_of_queue(n) + 1, name) for n, (_, name) in enumerate(QUEUES)],
        "request_types": [(n, kind.name, kind.category, kind.queue + 1) for n, kind in enumerate(KINDS, start=1)],
        "sla_rules": [(n, number[r.request_types[0]], r.unit, float(r.amount), _iso(r.valid_from), _iso(r.valid_to)) for n, r in rules],
    }


def _iso(value: date | datetime | None) -> str | None:
    return None if value is None else str(value)


def _add_people(rows: _Rows, people: int) -> None:
    for start in range(1, people + 1, PEOPLE_AT_ONCE):
        rows.add({"constituents": [(n, person_name(n), email(n), phone(n)) for n in range(start, min(start + PEOPLE_AT_ONCE, people + 1))]})


def _add_cases(rows: _Rows, simulation: Simulation, ledger: Ledger, progress: Progress | None) -> None:
    now = midnight(simulation.dates.as_of)
    if progress:
        progress.begin("demo city", simulation.cases_before(now))
    for whole in simulation.chunks(now):
        chunk = whole.until(now)
        rows.add(_case_rows(chunk, simulation))
        ledger.add(chunk.cases, chunk.histories, chunk.dirt)
        if progress:
            progress.advance(len(chunk.cases))


def _case_rows(chunk: Chunk, simulation: Simulation) -> dict[str, list[Row]]:
    return {
        "requests": request_rows(chunk.ids, chunk.cases, chunk.histories, chunk.dirt, chunk.words, simulation.places),
        "activities": activity_rows(chunk.ids, chunk.cases, chunk.histories),
        "satisfaction_answers": answer_rows(chunk.ids, chunk.histories),
    }


def demo_known_until(url: str) -> datetime | None:
    """The local moment up to which the demo at `url` goes; None if there is no finished demo."""
    with opened(url) as engine, engine.connect() as connection:
        mark = _mark(connection)
    return None if mark is None else mark[3]


def _mark(connection: Connection) -> tuple[int, int, date, datetime] | None:
    # A demo of an earlier version lacks what the present city reads: it is built anew.
    if not {MARKER.name, FIGURES.name, CALLS.name} <= set(inspect(connection).get_table_names()):
        return None
    found = connection.execute(select(MARKER.c.seed, MARKER.c.cases, MARKER.c.as_of, MARKER.c.known_until)).first()
    return None if found is None else (found.seed, found.cases, found.as_of, found.known_until)


def advance_demo(url: str, to: datetime, progress: Progress | None = None) -> DemoSummary:
    """Let the demo at `url` live on until `to` (naive local time): new cases, and news of old ones.

    The counts of the summary are those of the new and changed rows. Going on in one step or in
    many gives the same database.

    Raises:
        DemoError: there is no finished demo, or `to` is further ahead than its course was drawn.
    """
    begun = time.monotonic()
    with opened(url) as engine, engine.begin() as connection:
        mark = _mark(connection)
        if mark is None:
            raise DemoError("there is no finished demo city to bring up to date; build it with `flask demo`.")
        seed, cases, as_of, before = mark
        if to > datetime(as_of.year, as_of.month, as_of.day) + timedelta(days=FUTURE_DAYS):
            raise DemoError(
                f"the demo city was simulated for {as_of}, more than {FUTURE_DAYS} days before {to:%Y-%m-%d}; build it anew with `flask demo`."
            )
        rows = _Rows(connection)
        if to > before:
            simulation = Simulation(seed, cases, truths.dates_of(as_of))
            if progress:
                progress.begin("demo city", simulation.cases_before(wall_seconds(to)))
            for chunk in _told(simulation.chunks(wall_seconds(to)), progress):
                _go_on(rows, chunk, simulation, wall_seconds(before), wall_seconds(to))
            others = programmes(seed, cases, simulation.dates, simulation.places)
            for table, (changed, fresh) in news(others, wall_seconds(before), wall_seconds(to)).items():
                remove(connection, crm_schema.metadata.tables[table], "id", changed)
                rows.add({table: fresh})
            rows.add({FIGURES.name: figure_rows(simulation.dates, seed, FUTURE_DAYS, before.date(), to.date())})
            rows.add({CALLS.name: call_rows(simulation.dates, seed, cases, FUTURE_DAYS, before, to)})
            connection.execute(MARKER.update().values(known_until=to))
    return DemoSummary(rows.count, time.monotonic() - begun)


def _told(chunks: Iterator[Chunk], progress: Progress | None) -> Iterator[Chunk]:
    for chunk in chunks:
        yield chunk
        if progress:
            progress.advance(len(chunk.ids))


def _go_on(rows: _Rows, whole: Chunk, simulation: Simulation, before: int, now: int) -> None:
    """Write the cases of a chunk that are new or changed since `before`."""
    chunk = whole.until(now)
    touched = np.maximum(chunk.cases.opened, chunk.histories.last_event)
    news = set(chunk.ids[touched >= before].tolist())
    known = chunk.ids[(touched >= before) & (chunk.cases.opened < before)].tolist()
    for table, column in ((crm_schema.requests, "id"), (crm_schema.activities, "request_id"), (crm_schema.satisfaction, "request_id")):
        remove(rows.connection, table, column, known)
    case_of = {"requests": 0, "activities": 1, "satisfaction_answers": 1}
    rows.add({table: [row for row in values if row[case_of[table]] in news] for table, values in _case_rows(chunk, simulation).items()})
