"""A load from start to finish: read the sources, stage, decide what changed, publish a generation.

Every attempt is remembered, also a failed one. Whatever goes wrong, the generation that was in
service stays in service.
"""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from data_access.city import City, CityError
from data_access.city_models import SourceConfig
from data_access.loading import Loading, LoadReport, Progress, SyncError
from data_access.mart import checks, generations, parquet, promises, servers
from data_access.mart.generations import Generation
from data_access.mart.staging import Stage
from data_access.mart.writing import BuildError
from data_access.sources import open_source
from data_access.sources.base import SourceError
from data_access.store import runs, told
from data_access.store.engine import open_store
from settings import Settings, utc_now

__all__ = ["LoadReport", "Progress", "SyncError", "sync"]

KEY_CHECK_EVERY = 10
"""Of the loads that read only the changes of a database, so many compare all ids once, to find deleted cases."""
NO_SPACE = "No space left on device"
FORESEEN = (
    SourceError, CityError, BuildError, generations.LoadInProgress, generations.NoGeneration, generations.NotBrought, SyncError,
)  # fmt: skip
"""Errors whose text is the line an operator needs."""


def sync(
    settings: Settings, city: City, *, full: bool = False, source: str | None = None, compare_keys: bool = False,
    new_deadlines: bool = False, recount: str = "", progress: Progress | None = None,
) -> list[LoadReport]:  # fmt: skip
    """Load the city's sources (or the one named) into the next generation of the mart.

    Args:
        compare_keys: look for deleted cases now, also where only changes are read.
        new_deadlines: held cases do not keep the deadlines they were promised: they get those of the rules as they are now.
        recount: a year whose released figures are counted anew, as a further vintage; empty for none.

    Raises:
        SyncError: nothing was published.
    """
    chosen = [config for config in city.sources if source in (None, config.name)]
    if not chosen:
        raise SyncError(f"there is no source {source!r}; there are {', '.join(s.name for s in city.sources) or 'none'}.")
    store = open_store(settings)
    try:
        return _load(settings, city, store, chosen, full, compare_keys, new_deadlines, recount, progress)
    finally:
        store.dispose()


def _load(
    settings: Settings, city: City, store: Engine, chosen: list[SourceConfig], full: bool, compare_keys: bool,
    new_deadlines: bool, recount: str, progress: Progress | None,
) -> list[LoadReport]:  # fmt: skip
    names = [config.name for config in chosen]
    complete = len(chosen) == len(city.sources)
    begun, started_at = time.monotonic(), utc_now().replace(tzinfo=None)
    loading: Loading | None = None
    try:
        with generations.writing(settings.mart):
            if settings.mart_server:
                servers.fetch(settings.mart_server, settings.mart)
            number = generations.next_number(settings.mart)
            previous = _base(settings.mart, city, full, complete)
            full = full or previous is None
            promising = promises.newest_readable(generations.kept(settings.mart)) if full and complete else None
            with generations.building(settings.mart, number) as folder, Stage(folder, previous, promising) as stage:
                stage.keep_deadlines = not new_deadlines
                keys = frozenset(names if compare_keys else _turns(store, names))
                loading = Loading(stage, city, full=full, complete=complete, compare_keys=keys, now=started_at, progress=progress)
                for config in chosen:
                    loading.load(open_source(config, city, settings.data / "spool"))
                facts = told.published(store, utc_now().astimezone(ZoneInfo(city.zone)).date())
                published = loading.publish(number, settings.released, recount, facts)
                stage.close()
                if published:
                    generations.publish(folder)
            if settings.mart_server:
                # Also where nothing was new: what an earlier load could not bring there is brought now.
                servers.bring(settings.mart_server, settings.mart)
    except BaseException as error:
        done = len(loading.reports) if loading else 0
        line = _one_line(error)
        with suppress(SQLAlchemyError):  # what stopped the load is the news, not that it could not be noted
            runs.record(store, source_name=names[min(done, len(names) - 1)], mode="full" if full else "incremental", state="failed",
                        started_at=started_at, seconds=time.monotonic() - begun, error=line)  # fmt: skip
        if not isinstance(error, Exception):
            raise
        raise SyncError(line) from error
    return _remembered(store, loading.reports, number if published else None)


def _turns(store: Engine, names: list[str]) -> list[str]:
    """The sources whose turn it is to be compared id by id."""
    return [name for name in names if runs.count_good(store, name) % KEY_CHECK_EVERY == KEY_CHECK_EVERY - 1]


def _base(root: Path, city: City, full: bool, complete: bool) -> Generation | None:
    """The generation the next one starts from: the one in service, if what it holds can be kept.

    A full load of all sources needs it for stable numbers only, and takes an older one or none where it is damaged.

    Raises:
        SyncError: it cannot be kept, and this load would not replace all of it.
    """
    current = generations.current(root)
    if current is not None and parquet.is_divided(current.path("staff")):
        raise SyncError(f"{root} holds what was brought there from a folder that loads build in; let STATROOM_MART_URL name that one here.")
    if full and complete:
        return next((kept for kept in generations.kept(root) if checks.damage(kept, deep=True) is None), None)
    if current is None:
        return None
    problem = checks.damage(current) or checks.mismatch(current, city)
    if problem:
        raise SyncError(f"{problem} Run `flask sync --full` once.")
    return current


def _remembered(store: Engine, reports: list[LoadReport], generation: int | None) -> list[LoadReport]:
    for report in reports:
        facts: dict[str, Any] = report.row()
        del facts["as_of"]
        runs.record(store, state="loaded" if generation else "unchanged", generation=generation, **facts)
    return reports


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, FORESEEN):
        return text
    if isinstance(error, (KeyboardInterrupt, SystemExit)):
        return "the load was stopped before its end."
    if isinstance(error, duckdb.Error) and "corrupt" in text.lower():
        return f"the data in service is damaged ({text[:160]}); run `flask sync --full`."
    if NO_SPACE in text:
        return f"the load stopped: the disk is full ({NO_SPACE}). Make room and load again."
    if isinstance(error, (OSError, duckdb.IOException, duckdb.OutOfMemoryException)):
        return f"the load stopped: {text[:300]}. Mend the cause and load again."
    return f"the load stopped on an unforeseen error: {type(error).__name__}: {text[:300]} (STATROOM_DEBUG=1 shows where)"
