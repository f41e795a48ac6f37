"""The state of an installation as numbers: how old the data is, how the loads and backups went, how much room is left.

Both the address that machines read (`/metrics`) and the page that administrators read are made of this list.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy.exc import SQLAlchemyError

from data_access import backups
from data_access.city import City
from data_access.mart.reading import Mart, MartUnavailable, open_mart
from data_access.store import engine, held, runs
from settings import Settings, utc_now


@dataclass(frozen=True)
class Fact:
    """One number; `name` and `labels` as Prometheus has them, with the unit at the end of the name."""

    name: str
    meaning: str
    value: float
    labels: dict[str, str] = field(default_factory=dict)


def facts(settings: Settings, city: City) -> list[Fact]:
    """Everything that is known to this process; the public one knows of no database and no backup."""
    found = [_room(settings)]
    try:
        mart = open_mart(settings)
    except MartUnavailable:
        mart = None
    found.append(Fact("mart_is_open", "1 when there is data to answer with.", float(mart is not None)))
    if mart is not None:
        found += _of_data(mart, city)
    if settings.audience == "staff":
        found += _of_store(settings, city, mart.silent_sources if mart else ())
        found += _of_backups(settings)
    return found


def _room(settings: Settings) -> Fact:
    folder = settings.data if settings.data.is_dir() else settings.data.parent
    return Fact("disk_free_bytes", "Room on the disk of the data folder.", float(shutil.disk_usage(folder).free))


def _of_data(mart: Mart, city: City) -> Iterator[Fact]:
    age = (utc_now() - mart.as_of.replace(tzinfo=UTC)).total_seconds()
    yield Fact("data_age_seconds", "How long ago the data in service was complete.", age)
    yield Fact("data_is_stale", "1 when it is older than stale_after_hours of city.toml.", float(age > city.facts.stale_after_hours * 3600))
    yield Fact("data_generation", "Number of the generation in service.", float(mart.generation))


def _of_store(settings: Settings, city: City, silent: Collection[str]) -> Iterator[Fact]:
    meaning = "1 when Statroom's own database answers."
    try:
        store = engine.opened(settings.store_url)
        if not engine.is_prepared(store):
            yield Fact("database_answers", meaning, 1)
            return
        latest = runs.latest(store, [source.name for source in city.sources])
        waits = held.open_one(store) is not None
    except (SQLAlchemyError, OSError):
        yield Fact("database_answers", meaning, 0)
        return
    yield Fact("database_answers", meaning, 1)
    yield Fact("load_is_held", "1 when a load waits for a person.", float(waits))
    for run in latest:
        source = {"source": str(run["source_name"])}
        yield Fact("load_failed", "1 when the latest load of the source failed.", float(run["state"] == "failed"), source)
        yield Fact("load_started_timestamp_seconds", "When the latest load of the source began.", _seconds(run["started_at"]), source)
        yield Fact("load_seconds", "How long it took.", float(run["seconds"]), source)
        # Of what is told in totals only not even the number of rows of a load is told.
        if run["rows_read"] is not None and source["source"] not in silent:
            yield Fact("load_rows", "Rows that it read.", float(run["rows_read"]), source)
            yield Fact("load_rows_quarantined", "Rows that it refused.", float(run["rows_quarantined"] or 0), source)


def _of_backups(settings: Settings) -> Iterator[Fact]:
    kept = backups.found(settings)
    yield Fact("backups", "Backups in the folder.", float(len(kept)))
    if kept:
        yield Fact("backup_timestamp_seconds", "When the latest backup was made.", backups.made_at(kept[-1]).timestamp())


def _seconds(instant: datetime) -> float:
    return instant.replace(tzinfo=UTC).timestamp()
