"""A load from start to finish: read the sources, stage, decide what changed, publish a generation or hold it for a person.

Every attempt is remembered, also a failed one. Whatever goes wrong, the generation that was in
service stays in service.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from data_access import deciding
from data_access.city import City, CityError
from data_access.loading import Loading, LoadReport, Progress, SyncError
from data_access.mart import checks, gates, generations, holding, parquet, promises, servers
from data_access.mart.generations import Generation
from data_access.mart.holding import Held, Order
from data_access.mart.staging import Stage
from data_access.mart.writing import BuildError
from data_access.released import files
from data_access.sources import open_source, passing
from data_access.sources.base import SourceError
from data_access.store import held, runs, told
from data_access.store.engine import open_store
from settings import Settings, utc_now

__all__ = ["LoadReport", "Progress", "SyncError", "may_pass", "sync"]

KEY_CHECK_EVERY = 10
"""Of the loads that read only the changes of a database, so many compare all ids once, to find deleted cases."""
NIGHT_FROM, NIGHT_AFTER = 2, timedelta(hours=20)
"""The first load after this hour of the city's clock does so too, if it was not done for so long: once each night."""
NO_SPACE = "No space left on device"
FORESEEN = (
    SourceError, CityError, BuildError, generations.LoadInProgress, generations.NoGeneration, generations.NotBrought, SyncError,
)  # fmt: skip
"""Errors whose text is the line an operator needs."""


def sync(
    settings: Settings, city: City, *, full: bool = False, source: str | None = None, compare_keys: bool = False,
    new_deadlines: bool = False, recount: str = "", attempt: int | None = None, progress: Progress | None = None,
) -> list[LoadReport]:  # fmt: skip
    """Load the city's sources (or the one named) into the next generation of the mart.

    Args:
        compare_keys: look for deleted cases now, also where only changes are read.
        new_deadlines: held cases do not keep the deadlines they were promised: they get those of the rules as they are now.
        recount: a year whose released figures are counted anew, as a further vintage; empty for none.
        attempt: which one in a row this is, of a load that is tried again by itself; it stands on record.

    Raises:
        SyncError: nothing was published; `may_pass` says whether it is worth trying again.
    """
    names = tuple(config.name for config in city.sources if source in (None, config.name))
    if not names:
        raise SyncError(f"there is no source {source!r}; there are {', '.join(s.name for s in city.sources) or 'none'}.")
    order = Order(names, full, compared=names if compare_keys else (), new_deadlines=new_deadlines, recount=recount)
    store = open_store(settings)
    try:
        reports, waited = _load(settings, city, store, order, progress, attempt)
        if waited is not None:
            # What waits is of other sources and was compared with what is no longer in service: it is built again, or nobody could ever decide.
            with suppress(SyncError):  # on record; what was asked for is loaded
                reports += _load(settings, city, store, waited.order, progress)[0]
        return reports
    finally:
        store.dispose()


def _load(
    settings: Settings, city: City, store: Engine, order: Order, progress: Progress | None, number: int | None = None
) -> tuple[list[LoadReport], Held | None]:  # fmt: skip
    """One load; answers its reports, and what waited for a person of other sources if this load took its ground away. `number`: which attempt it is."""
    begun, started_at = time.monotonic(), utc_now().replace(tzinfo=None)
    attempt = Attempt(settings, city, store, order, started_at, progress)
    try:
        with generations.writing(settings.mart):
            attempt.run()
            if settings.mart_server:
                # Also where nothing was new: what an earlier load could not bring there is brought now.
                servers.bring(settings.mart_server, settings.mart)
    except BaseException as error:
        names = attempt.order.sources
        done = len(attempt.loading.reports) if attempt.loading else 0
        line = _one_line(error)
        with suppress(SQLAlchemyError):  # what stopped the load is the news, not that it could not be noted
            runs.record(store, source_name=names[min(done, len(names) - 1)], mode="full" if attempt.full else "incremental", state="failed",
                        started_at=started_at, seconds=time.monotonic() - begun, error=line, attempt=number)  # fmt: skip
        if not isinstance(error, Exception):
            raise
        raise SyncError(line, may_pass=may_pass(error)) from error
    assert attempt.loading is not None
    return _remembered(store, attempt.loading.reports, number), attempt.waited


class Attempt:
    """One load under the writer's lock."""

    def __init__(
        self, settings: Settings, city: City, store: Engine, order: Order, started_at: datetime, progress: Progress | None
    ) -> None:
        self.settings, self.city, self.store, self.order = settings, city, store, order
        self.started_at, self.progress = started_at, progress
        self.full = order.full
        self.loading: Loading | None = None
        self.waited: Held | None = None

    def run(self) -> None:
        """Build the next generation; put it into service, or hold it for a person."""
        root, city = self.settings.mart, self.city
        if self.settings.mart_server:
            servers.fetch(self.settings.mart_server, root)
        deciding.carry_out(self.settings, self.store)
        waiting = holding.waiting(root)
        known = [source.name for source in city.sources]
        self.order = deciding.joined(self.order, waiting, known)
        complete = set(known) <= set(self.order.sources)
        number = generations.next_number(root)
        self.full = self.order.full
        previous = _base(root, city, self.full, complete)
        self.full = full = self.full or previous is None
        promising = promises.newest_readable(generations.kept(root)) if full and complete else None
        with generations.building(root, number) as folder, Stage(folder, previous, promising) as stage:
            stage.keep_deadlines = not self.order.new_deadlines
            keys = frozenset(self.order.compared or _turns(self.store, self.order.sources, city.zone, self.started_at))
            whole = frozenset(self.order.whole)
            self.loading = Loading(
                stage, city, full=full, complete=complete, compare_keys=keys, now=self.started_at, progress=self.progress, whole=whole
            )
            for config in city.sources:
                if config.name in self.order.sources:
                    self.loading.load(open_source(config, city, self.settings.data / "spool"))
            facts = told.published(self.store, utc_now().astimezone(ZoneInfo(city.zone)).date())
            built = self.loading.publish(number, self.settings.released, self.order.recount, facts)
            stage.close()
            if built and self._passes(folder, previous, keys):
                files.take(folder, self.settings.released)
                generations.publish(folder)
                for report in self.loading.reports:
                    report.state, report.generation = "loaded", number
        self._let_go(waiting)

    def _passes(self, folder: Path, previous: Generation | None, keys: frozenset[str]) -> bool:
        """Whether what was built may take over; what may not waits for a person from now on."""
        assert self.loading is not None
        beside = deciding.in_service(self.settings.mart, previous)
        remarks = [] if beside is None else gates.remarks(folder, beside, self.city, self.loading.reports)
        if beside is None or not remarks:
            return True
        whole = tuple(report.source_name for report in self.loading.reports if report.mode == "full")
        order = replace(self.order, full=self.order.full, whole=whole, compared=tuple(sorted(keys)))
        state, sentences = deciding.hold(self.settings, self.store, folder, beside, order, remarks)
        number = int(folder.name.removesuffix(".tmp").removeprefix("gen-"))
        for report in self.loading.reports:
            report.state, report.remarks, report.generation = state, sentences, number if state == "held" else None
        return False

    def _let_go(self, waiting: Held | None) -> None:
        """What waited before this load is history once this one is in service or found nothing new."""
        assert self.loading is not None
        state = self.loading.reports[0].state
        if waiting is None or state not in ("loaded", "unchanged"):
            return
        is_same = bool(set(waiting.order.sources) & set(self.order.sources))
        if is_same or state == "loaded":
            deciding.overtaken(self.settings, self.store)
        if not is_same and state == "loaded":
            self.waited = waiting


def _turns(store: Engine, names: Sequence[str], zone: str, now: datetime) -> list[str]:
    """The sources whose turn it is to be compared id by id. `now`: naive UTC."""
    return [
        name
        for name in names
        if runs.count_good(store, name) % KEY_CHECK_EVERY == KEY_CHECK_EVERY - 1 or is_nightly(runs.last_compared(store, name), zone, now)
    ]


def is_nightly(last: datetime | None, zone: str, now: datetime) -> bool:
    """Whether a load at `now` is the one of this night that compares all ids, after it was done at `last` (None: never; naive UTC)."""
    is_time = now.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).hour >= NIGHT_FROM
    return is_time and (last is None or now - last >= NIGHT_AFTER)


def _base(root: Path, city: City, full: bool, complete: bool) -> Generation | None:
    """The generation the next one starts from: the one in service, if what it holds can be kept.

    A full load of all sources needs it for stable numbers only, and takes an older one or none where it is damaged.

    Raises:
        SyncError: it cannot be kept, and this load would not replace all of it.
    """
    kept = generations.kept(root)
    if any(parquet.is_divided(one.path("staff")) for one in kept[:1]):
        raise SyncError(f"{root} holds what was brought there from a folder that loads build in; let STATROOM_MART_URL name that one here.")
    if full and complete:
        # Also where the pointer names nothing.
        return next((one for one in kept if checks.damage(one, deep=True) is None), None)
    current = generations.current(root)
    if current is None:
        return None
    problem = checks.damage(current) or checks.mismatch(current, city)
    if problem:
        raise SyncError(f"{problem} Run `flask sync --full` once.")
    return current


def _remembered(store: Engine, reports: list[LoadReport], attempt: int | None) -> list[LoadReport]:
    for report in reports:
        facts: dict[str, Any] = report.row()
        del facts["as_of"]
        why = " ".join(report.remarks) if report.state in (held.REJECTED, deciding.SET_ASIDE) else None
        runs.record(
            store, state=report.state, generation=report.generation, rows_restated=report.rows_restated, error=why,
            ids_compared=report.ids_compared, attempt=attempt, **facts,
        )  # fmt: skip
    return reports


def may_pass(error: BaseException) -> bool:
    """Whether a later load may succeed although nobody does anything: what a person has to mend is not tried again and again."""
    if isinstance(error, (SourceError, SyncError)):
        return error.may_pass
    return isinstance(error, (generations.LoadInProgress, generations.NotBrought, ConnectionError, TimeoutError)) or (
        isinstance(error, SQLAlchemyError) and passing.may_pass(error)
    )


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
