"""What a load of a source would find, without loading it: `profile_source` reads it once and counts.

Meant for the hour before a source is accepted: a wrong time zone shows in the busiest hour, an
"address unknown" in a point that holds too many cases, a date that is no deadline in the late
rate, a renamed word in what nobody mapped.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from data_access.city import City
from data_access.mapping.cases import map_cases
from data_access.mapping.contacts import map_contacts
from data_access.mapping.measures import map_measures
from data_access.mapping.others import map_events
from data_access.sources.base import RawBatch, Source
from data_access.sources.doubts import LEAST_FOR_WARNING, Doubt, doubts_of
from settings import utc_now

SHOWN = 12


@dataclass
class Profile:
    """Counts of one source; shares are of its usable cases."""

    source_name: str
    zone: str = "UTC"
    """The city's: days are said in it."""
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
    median_days_to_close: float | None = None
    """Of closed cases whose interval can be trusted, in days of 24 hours."""
    open_cases: int = 0
    """Without a closing date."""
    departments: dict[str, int] = field(default_factory=dict)
    """Cases of each department, as the source writes it."""
    types: dict[str, int] = field(default_factory=dict)
    areas: dict[str, dict[str, int]] = field(default_factory=dict)
    """Layer id -> area as the source names it -> cases."""
    words: dict[str, dict[str, int]] = field(default_factory=dict)
    """status, channel, outcome -> the source's words -> cases."""
    points: dict[tuple[float, float], int] = field(default_factory=dict, repr=False)
    """Point (latitude, longitude) -> cases."""
    events: int = 0
    refused: dict[str, int] = field(default_factory=dict)
    findings: list[tuple[str, str, str | None, int, str | None]] = field(default_factory=list)
    """(kind, field, value, how many rows, one of them), most first."""
    pile_ups: list[tuple[float, float, int]] = field(default_factory=list)
    """Points (latitude, longitude) that hold more than the city's `placeholder_point_share`."""
    without_due: list[tuple[str, int, int]] = field(default_factory=list)
    """(request type, cases without a deadline, cases), most first."""
    drift: list[str] = field(default_factory=list)
    doubts: list[Doubt] = field(default_factory=list)
    """What a person should look at before accepting the source; errors first."""

    @property
    def warnings(self) -> list[str]:
        """The doubts that stop no load, each as a sentence with its remedy."""
        return [str(doubt) for doubt in self.doubts if doubt.level == "warning"]

    @property
    def errors(self) -> list[str]:
        """The doubts for which a load would stop or be worthless."""
        return [str(doubt) for doubt in self.doubts if doubt.level == "error"]

    @property
    def on_time_rate(self) -> float | None:
        """Of the cases with a deadline: not late; None without any."""
        return None if self.late_share is None else 1 - self.late_share

    @property
    def late_share(self) -> float | None:
        """Late of those with a deadline; None without any."""
        return self.late / self.with_due if self.with_due else None

    def local(self, instant: datetime) -> datetime:
        """An instant (naive UTC) on the city's clock."""
        return instant.replace(tzinfo=UTC).astimezone(ZoneInfo(self.zone))

    def to_dict(self) -> dict[str, Any]:
        """All of it as JSON values."""
        made: dict[str, Any] = {**self.__dict__, "late_share": self.late_share, "warnings": self.warnings, "errors": self.errors}
        made["doubts"] = [vars(doubt) for doubt in self.doubts]
        for name in ("first_opened_at", "last_opened_at", "as_of"):
            instant = made[name]
            made[name] = None if instant is None else instant.isoformat(timespec="seconds") + "Z"
        del made["points"]
        made["findings"] = [dict(zip(("kind", "field", "value", "rows", "example"), found, strict=True)) for found in self.findings]
        made["pile_ups"] = [dict(zip(("latitude", "longitude", "cases"), point, strict=True)) for point in self.pile_ups]
        made["without_due"] = [dict(zip(("request_type", "without_due", "cases"), row, strict=True)) for row in self.without_due]
        return made

    def to_text(self) -> str:
        """All of it for a person; what is doubtful last, where it is seen."""
        refused = sum(self.refused.values())
        lines = [f"{self.source_name}: {self.rows:,} rows, {self.cases:,} usable, {refused:,} refused, {self.events:,} events"]
        if self.first_opened_at and self.last_opened_at:
            share = f"{self.busiest_hour_share:.0%} of cases"
            lines.append(
                f"  Opened      {self.local(self.first_opened_at):%Y-%m-%d} to {self.local(self.last_opened_at):%Y-%m-%d}, most at {self.busiest_hour or 0:02d}:00 ({share})"
            )
            half = "" if self.median_days_to_close is None else f", half of them within {self.median_days_to_close:,.1f} days"
            lines.append(f"  Closed      {self.closed:,} of {self.cases:,}{half}")
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
        return "\n".join([*lines, *(f"  {doubt.level.upper():<11} {doubt}" for doubt in self.doubts)])


def profile_source(source: Source, city: City) -> Profile:
    """Read all of `source` in batches and count.

    Raises:
        SourceError: it cannot be read.
    """
    counting = Counting(source, city)
    for batch in source.batches(None):
        counting.take(batch)
    return counting.finished()


def profile_frame(source: Source, city: City, frame: pd.DataFrame) -> Profile:
    """The profile of some of the source's rows, columns named by canonical field."""
    counting = Counting(source, city)
    counting.take(RawBatch(source.mapping.read.entity, frame))
    return counting.finished()


class Counting:
    """What is known so far; memory grows with distinct ids, points, types and names, not with text."""

    def __init__(self, source: Source, city: City) -> None:
        self.source, self.city = source, city
        self.made = Profile(source.config.name, city.zone)
        self.now = utc_now().replace(tzinfo=None)
        self.hours = np.zeros(24, dtype="int64")
        self.ids: list[np.ndarray] = []
        self.points: Counter[tuple[float, float]] = Counter()
        self.types: Counter[str] = Counter()
        self.without: Counter[str] = Counter()
        self.open_due: list[pd.Series] = []
        self.lasted: list[np.ndarray] = []
        self.departments: Counter[str] = Counter()
        self.areas: dict[str, Counter[str]] = {layer.id: Counter() for layer in city.area_layers}
        self.words: dict[str, Counter[str]] = {name: Counter() for name in ("status", "channel", "outcome")}
        self.refused: Counter[str] = Counter()
        self.found: Counter[tuple[str, str, str | None]] = Counter()
        self.examples: dict[tuple[str, str, str | None], str | None] = {}

    def take(self, batch: RawBatch) -> None:
        """Count the rows of one batch."""
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
        elif batch.kind == "contacts":
            _, mapped = map_contacts(batch.frame, mapping, self.city, now=self.now)
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
        # What crews write down in one go after their rounds says nothing of when people ask.
        asked = opened[cases["case_class"] != "staff_entered"]
        self.hours += np.bincount(asked.dt.tz_localize("UTC").dt.tz_convert(self.city.zone).dt.hour, minlength=24)
        self.ids.append(pd.util.hash_array(cases["source_id"].to_numpy(dtype=object)))
        self.points.update(zip(cases["latitude"].dropna().round(5).tolist(), cases["longitude"].dropna().round(5).tolist(), strict=True))
        self.types.update(cases["request_type"].tolist())
        self.without.update(cases.loc[due.isna(), "request_type"].tolist())
        made.closed += int(closed.notna().sum())
        made.with_due += int(due.notna().sum())
        made.late += int((closed > due).sum())
        self.open_due.append(due[closed.isna() & due.notna()])
        trusted = closed.notna() & cases["has_valid_interval"].fillna(False).astype(bool)
        self.lasted.append(((closed - opened)[trusted].dt.total_seconds() / 86_400).to_numpy())
        self.departments.update(cases["department"].dropna().tolist())
        for name, counts in self.words.items():
            counts.update(cases[f"{name}_raw"].dropna().tolist())
        for slot, layer in enumerate(self.city.area_layers, start=1):
            self.areas[layer.id].update(cases[f"area_{slot}"].dropna().tolist())

    def _notice(self, issues: pd.DataFrame) -> None:
        for kind, name, value, count, example in issues.itertuples(index=False):
            key = (kind, name, None if value is None or value != value else str(value))
            self.found[key] += int(count)
            self.examples.setdefault(key, None if example is None or example != example else str(example))

    def finished(self) -> Profile:
        """What was counted, with what is doubtful about it."""
        made = self.made
        made.open_cases = made.cases - made.closed if self.ids else 0
        lasted = np.concatenate(self.lasted) if self.lasted else np.array([])
        made.median_days_to_close = float(np.median(lasted)) if len(lasted) else None
        made.departments, made.types = dict(self.departments.most_common()), dict(self.types.most_common())
        made.words = {name: dict(counts.most_common()) for name, counts in self.words.items()}
        made.points = dict(self.points)
        made.areas = {layer: dict(counts.most_common()) for layer, counts in self.areas.items()}
        if self.ids:
            ids = np.concatenate(self.ids)
            made.duplicate_ids = len(ids) - len(np.unique(ids))
            if self.hours.any():
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
        made.doubts = doubts_of(made)
        return made
