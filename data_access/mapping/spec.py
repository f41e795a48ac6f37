"""What a mapping file may say: which source column feeds which canonical field, and what its words mean."""

from __future__ import annotations

import difflib
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
from pydantic import Field, field_validator

from data_access import vocabulary
from data_access.canonical import CASE_COLUMNS, EVENT_COLUMNS
from data_access.city import CityError, read_toml, validate
from data_access.mapping.contact_words import CALL_FIELDS, CONTACT_ONLY, INTERVAL_FIELDS, ContactLimits
from data_access.mapping.meanings import Pattern, Words
from data_access.mapping.measure_words import LONG_FIELDS, MEASURE_ONLY, WIDE_FIELDS, MeasureGrain, MeasureWords, with_plain_units
from data_access.model_base import Model
from data_access.web_models import WebRows

PRESETS = Path(__file__).resolve().parents[1] / "sources" / "presets"

CASE_FIELDS = frozenset(CASE_COLUMNS) - {"programme", "source_name", "due_source", "has_valid_interval", "location_key", "stage_at"} | {
    "location", "is_duplicate", "status_at",
}  # fmt: skip
"""Fields a mapping can fill; `location` is any text that names a place, `status_at` when the status was set."""

LINE_FAULT = "line_fault"
"""Column of a raw batch: why a line of a file could not be split into columns, a sentence."""

EPOCHS = {"epoch_seconds": "s", "epoch_milliseconds": "ms"}
"""Formats of times that are numbers, counted from 1970 in UTC."""

Names = Annotated[tuple[str, ...], Field(min_length=1)]


class Read(Model):
    """`[read]`: how the rows come."""

    entity: Literal["cases", "measures", "contacts"] = "cases"
    encoding: str = "utf-8"
    delimiter: str = ","
    optional: tuple[str, ...] = ()
    """Canonical fields whose column may be absent."""
    period_grain: MeasureGrain | None = None
    """Of measures with one line for each period: what a period is, where no column says it."""
    id_from: tuple[str, ...] = ()
    """The source has no id: one is made from these canonical fields. Choose those that never change."""


class Sql(Model):
    """`[sql]`: the selects of a database source; each may be any SELECT the database understands."""

    cases: str
    key: str
    """Column of `cases` with the case's id."""
    watermark: str | None = None
    """Column of `cases` with the row's last change; without it every load reads everything."""
    overlap_minutes: Annotated[float, Field(ge=0)] = 60
    """How far before the watermark an incremental load begins, for changes that arrive late."""
    events: str | None = None
    events_key: str | None = None


class Time(Model):
    """`[time]`: what the source's times mean."""

    zone: str | None = None
    """IANA zone of times without an offset; default: the city's."""
    formats: Names = ("ISO8601",)
    ignore_offset: bool = False
    """The source writes an offset ("Z") that is wrong: the times are local."""
    offset_applied: Annotated[int, Field(ge=1, le=2)] = 1
    """2: the export shifted local times by the zone's offset once more; that is undone."""
    offset_applied_until: date | None = None
    """Only cases opened before this day were shifted; all times of a case follow its opening."""
    due_on_opening_clock: bool = False
    """Deadlines were counted on the written clock: they keep their written distance from the opening."""
    sentinels: tuple[date, ...] = ()
    """Days that stand for "no date"."""
    not_before: date = date(1990, 1, 1)
    """Openings before this are refused: the system did not exist."""

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, value: str | None) -> str | None:
        try:
            return value if value is None else ZoneInfo(value).key
        except (ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError("it is no time zone; use an IANA name such as 'America/New_York'") from None

    @field_validator("formats")
    @classmethod
    def _are_formats(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for form in value:
            if form in EPOCHS:
                continue
            # Raises ValueError and says which directive it does not know.
            pd.to_datetime(pd.Series(["2026-03-02"]), format=form, errors="coerce")
        return value


class Place(Model):
    """`[place]`: what the source's coordinates mean."""

    placeholders: tuple[tuple[float, float], ...] = ()
    """Points (latitude, longitude) that stand for "address unknown"; they become null. Others are detected."""


class ClassRule(Model):
    """`[[class]]`: cases whose `field` has one of `values` are of class `is`; the first rule that fits counts."""

    field: Literal[
        "request_type", "request_group", "channel_raw", "status_raw", "outcome", "initiated_by", "department", "queue", "priority"
    ]
    values: Names
    instant_only: bool = False
    """Only cases closed within a minute of opening."""
    is_: Annotated[Literal["service", "information", "staff_entered", "duplicate", "withdrawn"], Field(alias="is")]


class EventSpec(Model):
    """`[events]`: columns of the events select, and which of its kinds mean what."""

    columns: dict[str, str]
    kinds: dict[str, str]

    @field_validator("kinds")
    @classmethod
    def _known(cls, value: dict[str, str]) -> dict[str, str]:
        for word in value.values():
            vocabulary.code_of("event_kind", word)
        return value

    @field_validator("columns")
    @classmethod
    def _fields(cls, value: dict[str, str]) -> dict[str, str]:
        wrong = set(value) - set(EVENT_COLUMNS)
        if wrong:
            raise ValueError(f"{sorted(wrong)[0]!r} is not an event field; it may be {', '.join(EVENT_COLUMNS)}")
        _require(value, ("source_id", "event_at", "event_kind"))
        return value


class MappingFile(MeasureWords):
    """The whole of a mapping file."""

    read: Read = Read()
    sql: Sql | None = None
    web: WebRows = WebRows()
    columns: dict[str, str | Names]
    otherwise: dict[str, str] = {}
    """A second column of a field, for rows in which the first is empty."""
    areas: dict[str, str | Names] = {}
    """Area layer id -> column with the area's name or number; layers the city does not have are ignored."""
    stages: dict[str, str | Names] = {}
    """A stage's id or name -> column with when it began, for sources with a column for each milestone instead of a log."""
    time: Time = Time()
    place: Place = Place()
    status: dict[str, Words] = {}
    channel: dict[str, Words] = {}
    outcome: dict[str, Words] = {}
    """Source word -> meaning; a plain word is short for the meaning of that field alone."""
    outcome_pattern: tuple[Pattern, ...] = ()
    class_: Annotated[tuple[ClassRule, ...], Field(alias="class")] = ()
    events: EventSpec | None = None
    contacts: ContactLimits = ContactLimits()

    @field_validator("columns")
    @classmethod
    def _fields(cls, value: dict[str, Any], info: Any) -> dict[str, Any]:
        known = CASE_FIELDS | MEASURE_ONLY | CONTACT_ONLY
        for name in value:
            if name not in known:
                near = difflib.get_close_matches(name, sorted(known), n=1, cutoff=0.5)
                hint = f"did you mean {near[0]!r}?" if near else f"it may be one of {', '.join(sorted(CASE_FIELDS))}"
                raise ValueError(f"{name!r} is not a field of a case; {hint}")
        read: Read = info.data.get("read", Read())
        if read.entity == "measures":
            _require(value, LONG_FIELDS if "period" in value else WIDE_FIELDS)
        elif read.entity == "contacts":
            _require(value, CALL_FIELDS if "offered_at" in value else INTERVAL_FIELDS)
        else:
            _require(value, ("opened_at", *(read.id_from or ("source_id",))))
        return value

    @field_validator("unit", mode="before")
    @classmethod
    def _short_units(cls, value: Any) -> Any:
        return with_plain_units(value)

    @field_validator("otherwise")
    @classmethod
    def _has_first(cls, value: dict[str, str], info: Any) -> dict[str, str]:
        for field in value.keys() - info.data.get("columns", value).keys():
            raise ValueError(f"{field!r} has no column that could be empty; name that under [columns]")
        return value

    @field_validator("status", "channel", "outcome", mode="before")
    @classmethod
    def _short_words(cls, value: Any, info: Any) -> Any:
        if not isinstance(value, dict):
            return value
        return {source: {info.field_name: word} if isinstance(word, str) else word for source, word in value.items()}

    @field_validator("read")
    @classmethod
    def _id_fields(cls, value: Read) -> Read:
        wrong = set(value.id_from) - CASE_FIELDS
        if wrong:
            raise ValueError(f"id_from names {sorted(wrong)[0]!r}, which is not a field of a case")
        needed = {"opened_at", *(() if value.id_from else ("source_id",))} & set(value.optional)
        if needed and value.entity == "cases":
            raise ValueError(f"{sorted(needed)[0]!r} cannot be optional: no case is without it")
        return value

    def aliases(self, field: str) -> tuple[str, ...]:
        """The source columns that may hold canonical `field`, best first."""
        names = self.columns[field]
        return (names,) if isinstance(names, str) else names


def _require(columns: dict[str, Any], needed: tuple[str, ...]) -> None:
    """Refuse a table of columns that lacks one that is always needed."""
    missing = [name for name in needed if name not in columns]
    if missing:
        raise ValueError(f"{missing[0]!r} has no column; add it")


def load_mapping(path: Path) -> MappingFile:
    """Read a mapping file; with `extends = "preset"` it adds to and overrides that preset.

    Raises:
        CityError: naming the file, the key, the value and the remedy.
    """
    return validate(MappingFile, whole(read_toml(path)), path)


def whole(data: dict[str, Any]) -> dict[str, Any]:
    """A mapping's tables laid over those of the preset that it extends."""
    base = data.pop("extends", None)
    if base is None:
        return data
    both = _laid_over(whole(read_toml(preset_path(str(base)))), data)
    # `latitude = false`: the preset's column for it is not there.
    return both | {"columns": {field: column for field, column in both.get("columns", {}).items() if column is not False}}


def _laid_over(base: dict[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """`own` over `base`: tables are joined, everything else is replaced."""
    both = {key for key in own if isinstance(own[key], dict) and isinstance(base.get(key), dict)}
    return base | own | {key: _laid_over(base[key], own[key]) for key in both}


def preset_path(name: str) -> Path:
    """The file of preset `name`.

    Raises:
        CityError: if there is no such preset, naming those there are.
    """
    path = PRESETS / f"{name}.toml"
    known = sorted(file.stem for file in PRESETS.glob("*.toml") if not file.stem.endswith("_sla"))
    if name not in known:
        raise CityError(f"preset {name!r} does not exist; there are {', '.join(known)}.")
    return path
