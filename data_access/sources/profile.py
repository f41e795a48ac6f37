"""What a load of a source would find, without loading it: `profile_source` reads it once and counts.

Meant for the hour before a source is accepted: a wrong time zone shows in the busiest hour, an
"address unknown" in a point that holds too many cases, a date that is no deadline in the late
rate, a renamed word in what nobody mapped.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from data_access.city import City
from data_access.mapping.cases import map_cases
from data_access.mapping.measures import map_measures
from data_access.mapping.others import map_events
from data_access.sources.base import RawBatch, Source
from settings import utc_now

EARLIEST_BUSY_HOUR = 7
"""Cities are asked by day: a busiest hour before this is a time zone that was misread."""
MOST_LATE = 0.6
"""Above this share late, the column mapped as deadline is probably another date."""
LEAST_FOR_WARNING = 50
SHOWN = 12


@dataclass
class Profile:
    """Counts of one source; shares are of its usable cases."""

    source_name: str
    rows: int = 0
    cases: int = 0
    duplicate_ids: int = 0
    first_opened_at: datetime | None = None
    last_opened_at: datetime | None = None
    as_of: datetime | None = None
    """The latest instant seen."""
    busiest_hour: int | None = None
    """In the city's time."""
    busiest_hour_share: float = 0.0
    closed: int = 0
    with_due: int = 0
    late: int = 0
    """Closed after the deadline, or open past it at `as_of`."""
    events: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    findings: list[tuple[str, str, str | None, int, str | None]] = field(default_factory=list)
    """(kind, field, value, how many rows, one of them), most first."""
    pile_ups: list[tuple[float, float, int]] = field(default_factory=list)
    """Points (latitude, longitude) that hold more than the city's `placeholder_point_share`."""
    without_due: list[tuple[str, int, int]] = field(default_factory=list)
    """(request type, cases without a deadline, cases), most first."""
    drift: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def late_share(self) -> float | None:
        """Late of those with a deadline; None without any."""
        return self.late / self.with_due if self.with_due else None

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON values."""
        made: dict[str, Any] = {**self.__dict__, "late_share": self.late_share}
        for name in ("first_opened_at", "last_opened_at", "as_of"):
            instant = made[name]
            made[name] = None if instant is None else instant.isoformat(timespec="seconds") + "Z"
        made["findings"] = [dict(zip(("kind", "field", "value", "rows", "example"), found, strict=True)) for found in self.findings]
        made["pile_ups"] = [dict(zip(("latitude", "longitude", "cases"), point, strict=True)) for point in self.pile_ups]
        made["without_due"] = [dict(zip(("request_type", "without_due", "cases"), row, strict=True)) for row in self.without_due]
        return made

    def to_text(self) -> str:
        """All of it for a person; warnings last, where they are seen."""
        refused = sum(self.refused.values())
        lines = [f"{self.source_name}: {self.rows:,} rows, {self.cases:,} usable, {refused:,} refused, {self.events:,} events"]
        if self.first_opened_at and self.last_opened_at:
            share = f"{self.busiest_hour_share:.0%} of cases"
            lines.append(
                f"  Opened      {self.first_opened_at:%Y-%m-%d} to {self.last_opened_at:%Y-%m-%d}, most at {self.busiest_hour:02d}:00 ({share})"
            )
            lines.append(f"  Closed      {self.closed:,} of {self.cases:,}")
            late = "" if self.late_share is None else f", {self.late_share:.1%} of them late"
            lines.append(f"  Deadlines   {self.with_due:,} of {self.cases:,}{late}")
        lines += [f"  Refused     {count:,}: {reason}" for reason, count in self.refused.items()]
        if self.duplicate_ids:
            lines.append(f"  Repeated    {self.duplicate_ids:,} rows have an id that came before")
        lines += [f"  Piled up    {count:,} cases at {latitude}, {longitude}" for latitude, longitude, count in self.pile_ups]
        lines += [f"  No deadline {without:,} of {cases:,} of type {name!r}" for name, without, cases in self.without_due[:SHOWN]]
        for kind, name, value, count, example in self.findings[:SHOWN]:
            lines.append(
                f"  Found       {count:,} x {kind} in {name}"
                + (f": {value!r}" if value else "")
                + (f" (as in {example})" if example else "")
            )
        more = len(self.findings) - SHOWN
        if more > 0:
            lines.append(f"              and {more:,} more kinds; --json has them all")
        lines += [f"  Columns     {text}" for text in self.drift]
        return "\n".join([*lines, *(f"  WARNING     {text}" for text in self.warnings)])


def profile_source(source: Source, city: City) -> Profile:
    """Read all of `source` in batches and count.

    Raises:
        SourceError: it cannot be read.
    """
    counting = _Counting(source, city)
    for batch in source.batches(None):
        counting.take(batch)
    return counting.finished()


class _Counting:
    """What is known so far; memory grows with distinct ids, points and types, not with text."""

    def __init__(self, source: Source, city: City) -> None:
        self.source, self.city = source, city
        self.made = Profile(source.config.name)
        self.now = utc_now().replace(tzinfo=None)
        self.hours = np.zeros(24, dtype="int64")
        self.ids: list[np.ndarray] = []
        self.points: Counter[tuple[float, float]] = Counter()
        self.types: Counter[str] = Counter()
        self.without: Counter[str] = Counter()
        self.open_due: list[pd.Series] = []
        self.refused: Counter[str] = Counter()
        self.found: Counter[tuple[str, str, str | None]] = Counter()
        self.examples: dict[tuple[str, str, str | None], str | None] = {}

    def take(self, batch: RawBatch) -> None:
        mapping, programme = self.source.mapping, self.source.config.programme
        if batch.kind == "events":
            events, issues = map_events(batch.frame, mapping, self.city, programme=programme, now=self.now)
            self.made.events += len(events)
            self._notice(issues)
            return
        self.made.rows += len(batch.frame)
        if batch.kind == "measures":
            _, mapped = map_measures(batch.frame, mapping, self.city, now=self.now)
            self.made.cases += len(batch.frame) - len(mapped.quarantine)
        else:
            mapped = map_cases(batch.frame, mapping, self.city, programme=programme, source_name=self.made.source_name, now=self.now)
            self.made.cases += len(mapped.cases)
            if len(mapped.cases):
                self._count(mapped.cases)
        self.refused.update(mapped.quarantine["reason"].tolist())
        self._notice(mapped.issues)

    def _count(self, cases: pd.DataFrame) -> None:
        made = self.made
        opened, due, closed = cases["opened_at"], cases["due_at"], cases["closed_at"]
        made.first_opened_at = min(filter(None, (made.first_opened_at, opened.min().to_pydatetime())))
        made.last_opened_at = max(filter(None, (made.last_opened_at, opened.max().to_pydatetime())))
        seen = pd.concat([opened, closed, cases["source_updated_at"]])
        latest = seen[seen <= pd.Timestamp(self.now)].max()
        if latest is not pd.NaT:
            made.as_of = max(filter(None, (made.as_of, latest.to_pydatetime())))
        self.hours += np.bincount(opened.dt.tz_localize("UTC").dt.tz_convert(self.city.zone).dt.hour, minlength=24)
        self.ids.append(pd.util.hash_array(cases["source_id"].to_numpy(dtype=object)))
        self.points.update(zip(cases["latitude"].dropna().round(5).tolist(), cases["longitude"].dropna().round(5).tolist(), strict=True))
        self.types.update(cases["request_type"].tolist())
        self.without.update(cases.loc[due.isna(), "request_type"].tolist())
        made.closed += int(closed.notna().sum())
        made.with_due += int(due.notna().sum())
        made.late += int((closed > due).sum())
        self.open_due.append(due[closed.isna() & due.notna()])

    def _notice(self, issues: pd.DataFrame) -> None:
        for kind, name, value, count, example in issues.itertuples(index=False):
            key = (kind, name, None if value is None or value != value else str(value))
            self.found[key] += int(count)
            self.examples.setdefault(key, None if example is None or example != example else str(example))

    def finished(self) -> Profile:
        made = self.made
        if self.ids:
            ids = np.concatenate(self.ids)
            made.duplicate_ids = len(ids) - len(np.unique(ids))
            made.busiest_hour = int(self.hours.argmax())
            made.busiest_hour_share = float(self.hours.max() / self.hours.sum())
        if self.open_due and made.as_of:
            made.late += int((pd.concat(self.open_due) < pd.Timestamp(made.as_of)).sum())
        crowd = max(self.city.facts.placeholder_point_share * made.cases, LEAST_FOR_WARNING)
        made.pile_ups = [(*point, count) for point, count in self.points.most_common(SHOWN) if count > crowd]
        made.without_due = [(name, count, self.types[name]) for name, count in self.without.most_common()]
        made.refused = dict(self.refused.most_common())
        made.findings = [(*key, count, self.examples[key]) for key, count in self.found.most_common()]
        made.drift = list(self.source.drift)
        made.warnings = list(_warnings(made))
        return made


def _warnings(made: Profile):  # type: ignore[no-untyped-def]
    """What a person should look at before accepting the source."""
    if made.rows == 0:
        yield "the source has no rows; a load would refuse it."
    if made.cases >= LEAST_FOR_WARNING and made.busiest_hour is not None and made.busiest_hour < EARLIEST_BUSY_HOUR:
        yield f"most cases open at {made.busiest_hour:02d}:00; check 'zone' in [time] of the mapping, or whether the source has days only."
    if made.with_due >= LEAST_FOR_WARNING and made.late_share is not None and made.late_share > MOST_LATE:
        yield f"{made.late_share:.0%} of cases are late; check that 'due_at' is mapped to a deadline and not to another date."
    unmapped = [found for found in made.findings if found[0].startswith("unmapped_")]
    if unmapped:
        rows = sum(count for *_, count, _ in unmapped)
        yield f"{len(unmapped):,} words are not mapped, in {rows:,} rows; they are loaded as unknown. Say in the mapping what they mean."
    if made.pile_ups:
        yield "points with very many cases usually mean that the address is not known; a load takes such points off the map."
    if made.refused and sum(made.refused.values()) > made.rows / 20:
        yield "more than one row in twenty is refused; see the reasons above."
