"""One load in progress: what each source delivers is staged and judged, then the next generation is built from it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd

from data_access.city import City
from data_access.load_report import LoadReport, Progress, SyncError
from data_access.mapping.cases import map_cases
from data_access.mapping.contacts import map_contacts
from data_access.mapping.measures import map_measures
from data_access.mapping.others import map_events
from data_access.mapping.stages import map_stage_dates
from data_access.mart import contacts, measures
from data_access.mart.public import NOTHING_TOLD
from data_access.mart.staging import Settled, Stage
from data_access.mart.writing import build
from data_access.sources.base import RawBatch, Source
from data_access.sources.doubts import MOST_REFUSED, MOST_UNMAPPED_STATUS


class Loading:
    """One build in progress.

    Args:
        full: every source is read whole and all facts are made anew.
        complete: no source of the city is left out.
        compare_keys: sources whose ids are compared with the held ones although only their changes are read.
        whole: sources that are read whole although only their changes would be.
        now: the machine's time, naive UTC.
    """

    def __init__(
        self, stage: Stage, city: City, *, full: bool, complete: bool, compare_keys: frozenset[str], now: datetime,
        progress: Progress | None, whole: frozenset[str] = frozenset(),
    ) -> None:  # fmt: skip
        self.whole = whole
        self.stage, self.city, self.full, self.now, self.progress = stage, city, full, now, progress
        self.complete, self.compare_keys = complete, compare_keys
        self.reports: list[LoadReport] = []
        self._read_whole: set[str] = set()
        self._keys_of: set[str] = set()
        self._measure_sources: set[str] = set()
        self._first_load_id = 1 + sum(number for (number,) in self._rows("SELECT coalesce(max(id), 0) FROM previous.load"))

    def load(self, source: Source) -> None:
        """Read and stage one source.

        Raises:
            SourceError, SyncError: it cannot be read, or a person should look at it first.
        """
        name = source.config.name
        begun = time.monotonic()
        load_id = self._first_load_id + len(self.reports)
        since, held_as_of = self._held(name)
        whole = self.full or name in self.whole or source.always_complete or since is None
        report = LoadReport(name, "full" if whole else "incremental", self.now)
        if self.progress:
            self.progress.begin(name, source.count() if whole else None)
        for batch in source.batches(None if whole else since):
            self._stage(batch, source, report, load_id)
            if batch.watermark is not None and (report.watermark is None or batch.watermark > report.watermark):
                report.watermark = batch.watermark
            if self.progress and batch.kind != "events":
                self.progress.advance(len(batch.frame))
        self._judge(source, report)
        if report.mode == "incremental":
            report.watermark = max(filter(None, (report.watermark, since)), default=None)
        latest = self.stage.latest_instant(name, self.now)
        if source.mapping.read.entity == "measures":
            self._measure_sources.add(name)
            latest = measures.known_until(self.stage, name, self.city, self.now)
        elif source.mapping.read.entity == "contacts":
            self._measure_sources.add(name)
            latest = contacts.known_until(self.stage, name, self.now)
        report.as_of = _as_of(source, latest, None if self.full else held_as_of, self.now)
        self._compare(source, report)
        self._note_drift(source, load_id)
        report.drift = source.drift
        report.seconds = time.monotonic() - begun
        self.reports.append(report)

    def publish(self, number: int, released: Path, recount: str = "", told: Mapping[str, str] = NOTHING_TOLD) -> bool:
        """Decide what changed and build generation `number`; False if nothing did. `released` is the folder of released cells.

        Args:
            recount: a year of them to be counted anew; empty for none.
            told: what residents are told from Statroom's own database (`store.told`).
        """
        begun = time.monotonic()
        if self.progress:
            self.progress.say("Comparing with what was held and building the mart")
        if self.full and self.complete:
            # What a source delivered that is no longer in city.toml is no longer in the city.
            gone = "SELECT source_name FROM previous.case_record UNION SELECT source_name FROM previous.measure UNION SELECT source_name FROM previous.contact_interval"
            self._read_whole |= {str(row[0]) for row in self._rows(gone)}
        settled = self.stage.settle(rebuild=self.full, read_whole=tuple(sorted(self._read_whole)), keys_of=tuple(sorted(self._keys_of)))
        figures, findings = measures.settle(self.stage, self.city)
        for name, counts in (*figures.items(), *contacts.settle(self.stage).items()):
            settled[name] = replace(counts, deleted=counts.deleted + settled.get(name, Settled(0, 0, 0, 0)).deleted)
        for i, report in enumerate(self.reports):
            if report.source_name in findings:
                self.stage.add_issues(findings[report.source_name], self._first_load_id + i, report.source_name)
        for report in self.reports:
            counts = settled.pop(report.source_name, Settled(0, 0, 0, 0))
            report.rows_new += counts.new
            report.rows_changed += counts.changed
            report.rows_unchanged += counts.unchanged
            report.rows_deleted = counts.deleted
            report.rows_restated = counts.restated
        self.reports[-1].rows_deleted += sum(counts.deleted for counts in settled.values())
        if not self.full and not any(r.rows_new + r.rows_changed + r.rows_deleted for r in self.reports):
            return False
        loads = [{"id": self._first_load_id + i, **report.row()} for i, report in enumerate(self.reports)]
        build(
            self.stage,
            self.city,
            as_of=self._as_of_all(),
            loads=loads,
            number=number,
            released=released,
            recount=recount,
            told=told,
        )
        for report in self.reports:
            report.seconds += (time.monotonic() - begun) / len(self.reports)
        return True

    def _stage(self, batch: RawBatch, source: Source, report: LoadReport, load_id: int) -> None:
        name, programme = source.config.name, source.config.programme
        if batch.kind == "events":
            events, issues = map_events(batch.frame, source.mapping, self.city, programme=programme, now=self.now)
            self.stage.add_events(events)
            self._note(issues, source, load_id)
            return
        if batch.kind == "measures":
            values, mapped = map_measures(batch.frame, source.mapping, self.city, now=self.now)
            self.stage.add_measures(values.assign(source_name=name))
        elif batch.kind == "contacts":
            hours, mapped = map_contacts(batch.frame, source.mapping, self.city, now=self.now)
            self.stage.add_contacts(hours.assign(source_name=name))
        else:
            mapped = map_cases(batch.frame, source.mapping, self.city, programme=programme, source_name=name, now=self.now)
            self.stage.add_cases(mapped.cases)
            if source.mapping.stages:
                events, issues = map_stage_dates(batch.frame, source.mapping, self.city, programme=programme, now=self.now)
                self.stage.add_events(events)
                self._note(issues, source, load_id)
            unmapped = mapped.issues[mapped.issues["kind"] == "unmapped_status"]
            report.unmapped_status += int(unmapped["case_count"].sum())
        self._note(mapped.issues, source, load_id)
        refused = mapped.quarantine
        if self._tells_totals_only(source):
            refused = refused.assign(source_id=None, original=None)
        self.stage.add_quarantine(refused, load_id, name)
        report.rows_read += len(batch.frame)
        report.rows_quarantined += len(mapped.quarantine)

    def _note(self, issues: pd.DataFrame, source: Source, load_id: int) -> None:
        """Keep findings; of a programme that is told of in totals only without the number of a case."""
        self.stage.add_issues(
            issues.assign(example_source_id=None) if self._tells_totals_only(source) else issues, load_id, source.config.name
        )

    def _tells_totals_only(self, source: Source) -> bool:
        return self.city.programme(source.config.programme).privacy == "aggregate"

    def _judge(self, source: Source, report: LoadReport) -> None:
        """Refuse a load that a person should look at first."""
        name = source.config.name
        # The row that set the watermark comes again every time: none at all means that the rows are gone.
        if report.rows_read == 0 and (report.mode == "full" or source.count() == 0):
            raise SyncError(f"source {name!r} has no rows; an empty table is not loaded over good data.")
        # Everybody on the staff reads why the last load failed, and of some programmes no number of cases.
        hushed = self._tells_totals_only(source)
        if report.unmapped_status > MOST_UNMAPPED_STATUS * max(report.rows_read, 20):
            value = self._most("value FROM stage_issue WHERE kind = 'unmapped_status' AND", "sum(case_count)", name)
            n = "too many" if hushed else f"{report.unmapped_status:,} of {report.rows_read:,}"
            raise SyncError(
                f"source {name!r}: status {value!r} is not mapped and {n} rows "
                f"have an unmapped status; say what it means in [status] of {source.mapping_path.name}."
            )
        if report.mode == "full" and report.rows_quarantined > MOST_REFUSED * report.rows_read:
            reason = self._most("reason FROM stage_quarantine WHERE", "count(*)", name)
            n = "too many" if hushed else f"{report.rows_quarantined:,} of {report.rows_read:,}"
            raise SyncError(
                f"source {name!r}: {n} rows are refused, most because: {reason} "
                f"That is not loaded over good data; look at the source and at {source.mapping_path.name}."
            )

    def _most(self, what: str, by: str, name: str) -> str:
        query = f"SELECT {what} source_name = ? GROUP BY 1 ORDER BY {by} DESC LIMIT 1"
        return str(self.stage.connection.execute(query, [name]).fetchall()[0][0])

    def _compare(self, source: Source, report: LoadReport) -> None:
        """Remember which sources can tell what vanished, and fetch the ids of those that were not read whole."""
        name = source.config.name
        if report.mode == "full":
            self._read_whole.add(name)
        elif name in self.compare_keys:
            found = 0
            for ids in source.keys() or ():
                self.stage.add_keys(name, ids)
                found += len(ids)
            if found:
                self._keys_of.add(name)
                report.ids_compared = found

    def _note_drift(self, source: Source, load_id: int) -> None:
        columns = ["kind", "field", "value", "case_count", "example_source_id"]
        drift = pd.DataFrame([("schema_drift", "columns", text, 0, None) for text in source.drift], columns=columns)
        self.stage.add_issues(drift, load_id, source.config.name)

    def _held(self, name: str) -> tuple[str | None, datetime | None]:
        """(watermark, as_of) of the latest load of a source that is in the mart."""
        rows = self._rows("SELECT watermark, as_of FROM previous.load WHERE source_name = ? ORDER BY id DESC LIMIT 1", name)
        return rows[0] if rows else (None, None)

    def _as_of_all(self) -> datetime:
        """The latest instant any source is known up to, also those that were not loaded now.

        Measures are known for whole quarters and years, and calls come when no case does, which says nothing of cases: theirs counts where there are no cases.
        """
        known: dict[str, datetime | None] = {}
        if not (self.full and self.complete):
            known |= self._rows("SELECT source_name, arg_max(as_of, id) FROM previous.load GROUP BY 1")
        known |= {report.source_name: report.as_of for report in self.reports}
        figures = {
            str(row[0])
            for row in self._rows("SELECT source_name FROM previous.measure UNION SELECT source_name FROM previous.contact_interval")
        }
        figures = self._measure_sources | (figures - {report.source_name for report in self.reports})
        instants = [as_of for name, as_of in known.items() if name not in figures] or list(known.values())
        if not self.full and (before := self.stage.previous_meta().get("as_of")):
            instants.append(datetime.fromisoformat(before))
        return max(filter(None, instants), default=self.now)

    def _rows(self, query: str, *values: object) -> list:
        return [] if self.stage.previous is None else self.stage.connection.execute(query, list(values)).fetchall()


def _as_of(source: Source, latest: datetime | None, held: datetime | None, now: datetime) -> datetime:
    given = source.config.as_of
    if given is not None:
        return given.astimezone(UTC).replace(tzinfo=None) if given.tzinfo else given
    return max(filter(None, (latest, held)), default=now)
