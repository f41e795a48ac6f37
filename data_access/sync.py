"""A load from start to finish: read the sources, stage, decide what changed, publish a generation.

Every attempt is remembered, also a failed one. Whatever goes wrong, the generation that was in
service stays in service.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

import pandas as pd

from data_access.city import City, CityError
from data_access.mapping.cases import map_cases
from data_access.mapping.others import map_events, map_measures
from data_access.mart import generations
from data_access.mart.staging import Settled, Stage
from data_access.mart.writing import BuildError, build
from data_access.sources import open_source
from data_access.sources.base import RawBatch, Source, SourceError
from data_access.store import runs
from settings import Settings, utc_now

KEY_CHECK_EVERY = 10
"""An incremental load of a database compares all ids this often, to find deleted cases."""
MOST_UNMAPPED_STATUS = 0.05
"""More rows than this share with a status nobody mapped: somebody renamed it, and the load waits for a person."""


class SyncError(RuntimeError):
    """The load failed; one line says why. The last good data stays in service."""


class Progress(Protocol):
    """Told how far a load has come."""

    def begin(self, source_name: str, total: int | None) -> None: ...
    def advance(self, rows: int) -> None: ...
    def say(self, text: str) -> None: ...


@dataclass
class LoadReport:
    """What one load of one source did. rows_read = new + changed + unchanged + quarantined."""

    source_name: str
    mode: str
    started_at: datetime
    rows_read: int = 0
    rows_new: int = 0
    rows_changed: int = 0
    rows_unchanged: int = 0
    rows_quarantined: int = 0
    rows_deleted: int = 0
    seconds: float = 0.0
    watermark: str | None = None
    as_of: datetime | None = None
    generation: int | None = None
    unmapped_status: int = 0
    drift: list[str] = field(default_factory=list)


def sync(
    settings: Settings, city: City, *, full: bool = False, source: str | None = None, compare_keys: bool = False,
    progress: Progress | None = None,
) -> list[LoadReport]:  # fmt: skip
    """Load the city's sources (or the one named) into the next generation of the mart.

    Raises:
        SyncError: nothing was published.
    """
    chosen = [config for config in city.sources if source in (None, config.name)]
    if not chosen:
        raise SyncError(f"there is no source {source!r}; there are {', '.join(s.name for s in city.sources) or 'none'}.")
    store = runs.open_store(settings)
    now = utc_now().replace(tzinfo=None)
    reports: list[LoadReport] = []
    begun = time.monotonic()
    try:
        with generations.writing(settings.mart):
            number = generations.next_number(settings.mart)
            with generations.building(settings.mart, number) as folder:
                previous = generations.current(settings.mart)
                full = full or previous is None
                with Stage(folder, previous) as stage:
                    work = _Work(stage, city, full, compare_keys, now, progress)
                    for config in chosen:
                        reports.append(work.load(open_source(config, city)))
                    published = work.publish(reports, number)
                if published:
                    generations.publish(folder)
    except (SourceError, CityError, BuildError, generations.LoadInProgress, SyncError, OSError) as error:
        line = _one_line(error)
        name = chosen[len(reports)].name if len(reports) < len(chosen) else chosen[-1].name
        runs.record(store, source_name=name, mode="full" if full else "incremental", state="failed", started_at=now,
                    seconds=time.monotonic() - begun, error=line)  # fmt: skip
        raise SyncError(line) from error
    for report in reports:
        _remember(store, report, number if published else None)
    return reports


class _Work:
    """One build in progress."""

    def __init__(self, stage: Stage, city: City, full: bool, compare_keys: bool, now: datetime, progress: Progress | None) -> None:
        self.stage, self.city, self.full, self.now, self.progress = stage, city, full, now, progress
        self.compare_keys = compare_keys
        self.read_whole: list[str] = []
        self.keys_of: list[str] = []
        self.measure_rows: dict[str, int] = {}
        held = stage.previous is not None
        self.first_load_id = 1 + (
            stage.connection.execute("SELECT coalesce(max(id), 0) FROM previous.load").fetchall()[0][0] if held else 0
        )

    def load(self, source: Source) -> LoadReport:
        """Read and stage one source."""
        name = source.config.name
        report = LoadReport(name, "full" if self.full or source.always_complete else "incremental", self.now)
        begun = time.monotonic()
        load_id = self.first_load_id + len(self.read_whole) + len(self.keys_of) + self._others
        since, held_as_of = self._held(name)
        if self.progress:
            self.progress.begin(name, source.count() if self.full else None)
        for batch in source.batches(None if report.mode == "full" else since):
            self._stage(batch, source, report, load_id)
            if batch.watermark is not None and (report.watermark is None or batch.watermark > report.watermark):
                report.watermark = batch.watermark
            if self.progress and batch.kind != "events":
                self.progress.advance(len(batch.frame))
        self._judge(source, report)
        report.watermark = max(filter(None, (report.watermark, since)), default=None)
        report.as_of = _as_of(source, self.stage.latest_instant(name, self.now), held_as_of, self.now)
        self._whole(source, report, load_id)
        report.drift = source.drift
        report.seconds = time.monotonic() - begun
        return report

    _others = 0

    def publish(self, reports: list[LoadReport], number: int) -> bool:
        """Decide what changed and build the generation; False if nothing did."""
        begun = time.monotonic()
        if self.progress:
            self.progress.say("Comparing with what was held and building the mart")
        settled = self.stage.settle(rebuild=self.full, read_whole=tuple(self.read_whole), keys_of=tuple(self.keys_of))
        for name, rows in self.measure_rows.items():
            settled[name] = self.stage.settle_measures(rows)
        for report in reports:
            counts = settled.get(report.source_name, Settled(0, 0, 0, 0))
            report.rows_new += counts.new
            report.rows_changed += counts.changed
            report.rows_unchanged += counts.unchanged
            report.rows_deleted = counts.deleted
        if not self.full and not any(r.rows_new + r.rows_changed + r.rows_deleted for r in reports):
            return False
        as_of = max((r.as_of for r in reports if r.as_of), default=self.now)
        held = self._held_as_of()
        loads = [_row(report, self.first_load_id + i) for i, report in enumerate(reports)]
        build(self.stage, self.city, as_of=max(as_of, held) if held and not self.full else as_of, loads=loads, number=number)
        for report in reports:
            report.generation = number
            report.seconds += (time.monotonic() - begun) / len(reports)
        return True

    def _stage(self, batch: RawBatch, source: Source, report: LoadReport, load_id: int) -> None:
        name, programme = source.config.name, source.config.programme
        if batch.kind == "events":
            events, issues = map_events(batch.frame, source.mapping, self.city, programme=programme, now=self.now)
            self.stage.add_events(events)
            self.stage.add_issues(issues, load_id, name)
            return
        if batch.kind == "measures":
            values, mapped = map_measures(batch.frame)
            self.stage.add_measures(values)
            self.measure_rows[name] = self.measure_rows.get(name, 0) + len(batch.frame) - len(mapped.quarantine)
        else:
            mapped = map_cases(batch.frame, source.mapping, self.city, programme=programme, source_name=name, now=self.now)
            self.stage.add_cases(mapped.cases)
            unmapped = mapped.issues[mapped.issues["kind"] == "unmapped_status"]
            report.unmapped_status += int(unmapped["case_count"].sum())
        self.stage.add_issues(mapped.issues, load_id, name)
        self.stage.add_quarantine(mapped.quarantine, load_id, name)
        report.rows_read += len(batch.frame)
        report.rows_quarantined += len(mapped.quarantine)

    def _judge(self, source: Source, report: LoadReport) -> None:
        """Refuse a load that a person should look at first."""
        name = source.config.name
        if report.mode == "full" and report.rows_read == 0:
            raise SyncError(f"source {name!r} has no rows; an empty table is not loaded over good data.")
        if report.unmapped_status > MOST_UNMAPPED_STATUS * max(report.rows_read, 20):
            rows = self.stage.connection.execute(
                "SELECT value FROM stage_issue WHERE kind = 'unmapped_status' AND source_name = ? GROUP BY 1 ORDER BY sum(case_count) DESC LIMIT 1",
                [name],
            ).fetchall()
            raise SyncError(
                f"source {name!r}: status {rows[0][0]!r} is not mapped and {report.unmapped_status:,} of {report.rows_read:,} rows "
                f"have an unmapped status; say what it means in [status] of {source.mapping_path.name}."
            )

    def _whole(self, source: Source, report: LoadReport, load_id: int) -> None:
        name = source.config.name
        if source.mapping.read.entity == "measures":
            self._others += 1
        elif report.mode == "full":
            self.read_whole.append(name)
        elif self.compare_keys or load_id % KEY_CHECK_EVERY == 0:
            for ids in source.keys() or ():
                self.stage.add_keys(name, ids)
            self.keys_of.append(name)
        else:
            self._others += 1
        drift = pd.DataFrame([("schema_drift", "columns", text, 0, None) for text in source.drift],
                             columns=["kind", "field", "value", "case_count", "example_source_id"])  # fmt: skip
        self.stage.add_issues(drift, load_id, name)

    def _held(self, name: str) -> tuple[str | None, datetime | None]:
        """(watermark, as_of) of the latest load of a source that is in the mart."""
        if self.stage.previous is None:
            return None, None
        query = "SELECT watermark, as_of FROM previous.load WHERE source_name = ? ORDER BY id DESC LIMIT 1"
        rows = self.stage.connection.execute(query, [name]).fetchall()
        return rows[0] if rows else (None, None)

    def _held_as_of(self) -> datetime | None:
        if self.stage.previous is None:
            return None
        rows = self.stage.connection.execute("SELECT value FROM previous.meta WHERE key = 'as_of'").fetchall()
        return datetime.fromisoformat(rows[0][0])


def _as_of(source: Source, latest: datetime | None, held: datetime | None, now: datetime) -> datetime:
    given = source.config.as_of
    if given is not None:
        return given.astimezone(UTC).replace(tzinfo=None) if given.tzinfo else given
    return max(filter(None, (latest, held)), default=now)


def _row(report: LoadReport, load_id: int) -> dict[str, object]:
    names = (
        "source_name", "mode", "started_at", "seconds", "rows_read", "rows_new", "rows_changed", "rows_unchanged",
        "rows_quarantined", "rows_deleted", "watermark", "as_of",
    )  # fmt: skip
    return {"id": load_id, **{name: getattr(report, name) for name in names}}


def _remember(store, report: LoadReport, generation: int | None) -> None:  # type: ignore[no-untyped-def]
    facts = _row(report, 0)
    del facts["id"], facts["as_of"]
    runs.record(store, state="loaded" if generation else "unchanged", generation=generation, **facts)


def _one_line(error: Exception) -> str:
    text = " ".join(str(error).split())
    if isinstance(error, OSError) and not isinstance(error, (SourceError, CityError)):
        return f"the load stopped: {text}. Mend the cause and load again."
    return text
