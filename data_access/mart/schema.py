"""Every table and column of the mart, with its unit and meaning, declared once.

Instants are naive `TIMESTAMP`s in UTC; `_on` columns are the same instant's day in the
city's zone; `_id` columns are small integers that point into a dimension table of the
same generation or, for fixed words, into `data_access.vocabulary`.

`spell` is the narrow fact table that figures are counted on: one row per interval a case
was open ("spell"; a reopening starts a new one), sorted by `opened_at`. A case's state at
any instant `t` is its one row with `spell_opened_at <= t` and (`next_opened_at` is null or
`next_opened_at > t`), which is what makes every figure replayable at a past `as_of`.
`case_record` holds what a list or a case page shows.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Date, DateTime, Double, Integer, SmallInteger, String, Table

from access import Fields, Scope
from data_access.mart import day_schema, figure_schema
from data_access.mart.dimension_schema import area, area_layer, department, metadata, programme, request_group, request_type, stage, street
from data_access.mart.dimension_schema import column as _column
from data_access.mart.programme_schema import programme_total

AREA_SLOTS = 4
"""How many area layers a case can lie in; slot n is column `area_n_id`, named by table `area_layer`."""


def _area_columns() -> list[Column]:
    return [
        _column(f"area_{slot}_id", SmallInteger, f"area of layer slot {slot}, 0 = none or not on the map")
        for slot in range(1, AREA_SLOTS + 1)
    ]


spell = Table(
    "spell", metadata,
    _column("case_id", BigInteger, "case_record.case_id"),
    _column("spell_no", SmallInteger, "1 for the first opening, 2 after the first reopening, ..."),
    _column("programme_id", SmallInteger, "programme.id"),
    _column("department_id", SmallInteger, "department.id of the current owner"),
    _column("closing_department_id", SmallInteger, "department.id that owned the case when this spell closed"),
    _column("request_type_id", SmallInteger, "request_type.id"),
    _column("request_group_id", SmallInteger, "request_group.id"),
    _column("channel_id", SmallInteger, "vocabulary channel"),
    _column("initiated_by_id", SmallInteger, "vocabulary initiated_by"),
    _column("case_class_id", SmallInteger, "vocabulary case_class; headline figures use 'service'"),
    _column("outcome_id", SmallInteger, "vocabulary outcome, of the final closing"),
    _column("is_counted", Boolean, "outcome is not duplicate, cancelled or test"),
    *_area_columns(),
    _column("opened_at", DateTime, "case opened, UTC"),
    _column("spell_opened_at", DateTime, "this spell began, UTC (= opened_at for the first)"),
    _column("closed_at", DateTime, "this spell ended, UTC; null = still open"),
    _column("next_opened_at", DateTime, "the next spell began, UTC; null = this is the last"),
    _column("due_at", DateTime, "deadline, UTC; null = no SLA"),
    _column("first_due_at", DateTime, "deadline before any change, UTC"),
    _column("opened_on", Date, "opened_at, city day"),
    _column("spell_opened_on", Date, "spell_opened_at, city day"),
    _column("closed_on", Date, "closed_at, city day"),
    _column("due_on", Date, "due_at, city day"),
    _column("has_valid_due", Boolean, "due_at present, due_at >= opened_at and the interval can be trusted"),
    _column("has_valid_interval", Boolean, "false where the source closed the case before it opened"),
    _column("is_instant", Boolean, "closed within 60 s of opening: entered after the work"),
    _column("seconds_to_close", BigInteger, "closed_at - opened_at in elapsed seconds; null if open or not to be trusted"),
    _column("first_transferred_at", DateTime, "first change of department after the first assignment, UTC"),
    _column("transfer_count", SmallInteger, "changes of department after the first assignment"),
    _column("location_key", BigInteger, "hash of the place (address, else point to 10 m) with this installation's secret; null = unknown"),
    _column("satisfaction", SmallInteger, "resident's answer, 1 to 5; null = none"),
    _column("is_returning", Boolean, "whoever reported it had reported before, as the source says; null = it does not say"),
    _column("latitude", Double, "degrees WGS84, as in case_record: maps count where cases lie"),
    _column("longitude", Double, "degrees WGS84"),
)  # fmt: skip

open_spell = spell.to_metadata(metadata, name="open_spell")
"""The spells that are open at the mart's `as_of`, once more, by deadline: what is open now is a small part of all."""

closed_spell = spell.to_metadata(metadata, name="closed_spell")
"""The spells that have ended, once more, by their end: figures of closings and stocks over time read a stretch of it."""
due_spell = spell.to_metadata(metadata, name="due_spell")
"""The spells of cases with a deadline, once more, by deadline: figures of what fell due read a stretch of it."""

stage_visit = spell.to_metadata(metadata, name="stage_visit")
"""One row per stay of a case in a stage of its programme, in the columns of a spell: the stay is opened when the case comes to the
stage, closed when it leaves it and due as the stage promises, so every figure of cases is one of stays too. `next_opened_at` is null and
`spell_no` 1: each stay stands for itself."""
for _added in (
    _column("stage_id", SmallInteger, "stage.id"),
    _column("next_stage_id", SmallInteger, "stage.id it went to; 0 = still here, or the case ended here"),
    _column("visit_no", SmallInteger, "1 for the case's first stay anywhere, 2 for its next, ..."),
    _column("case_opened_at", DateTime, "opened_at of the case, UTC"),
):
    stage_visit.append_column(_added)

case_record = Table(
    "case_record", metadata,
    _column("case_id", BigInteger, "number of the case in the mart; stable over generations"),
    _column("source_id", String, "the case's id in its source, unique in its programme"),
    _column("source_name", String, "which [[source]] delivered it"),
    _column("programme_id", SmallInteger, "programme.id"),
    _column("department_id", SmallInteger, "department.id of the current owner"),
    _column("queue", String, "work queue or team, as the source names it"),
    _column("request_type_id", SmallInteger, "request_type.id"),
    _column("request_group_id", SmallInteger, "request_group.id"),
    _column("channel_id", SmallInteger, "vocabulary channel"),
    _column("channel_raw", String, "channel as the source says it"),
    _column("initiated_by_id", SmallInteger, "vocabulary initiated_by"),
    _column("case_class_id", SmallInteger, "vocabulary case_class"),
    _column("status_id", SmallInteger, "vocabulary status, now"),
    _column("status_raw", String, "status as the source says it"),
    _column("outcome_id", SmallInteger, "vocabulary outcome"),
    _column("outcome_raw", String, "closure reason as the source says it, a category and no free text"),
    _column("priority", String, "as the source says it"),
    *_area_columns(),
    _column("opened_at", DateTime, "UTC"),
    _column("acknowledged_at", DateTime, "UTC"),
    _column("inspected_at", DateTime, "UTC"),
    _column("due_at", DateTime, "UTC; null = no SLA"),
    _column("first_due_at", DateTime, "UTC; deadline before any change"),
    _column("due_source_id", SmallInteger, "vocabulary due_source"),
    _column("closed_at", DateTime, "end of the last spell, UTC; null = open"),
    _column("reopened_count", SmallInteger, "spells - 1"),
    _column("transfer_count", SmallInteger, "changes of department"),
    _column("parent_source_id", String, "source_id of the case this one duplicates or belongs to"),
    _column("latitude", Double, "degrees WGS84; null where the source has a place-holder point"),
    _column("longitude", Double, "degrees WGS84"),
    _column("address", String, "STAFF ONLY: may locate a home"),
    _column("title", String, "STAFF ONLY: free text"),
    _column("description", String, "STAFF ONLY: free text"),
    _column("resolution_text", String, "STAFF ONLY: free text"),
    _column("location_key", BigInteger, "as in spell"),
    _column("satisfaction", SmallInteger, "1 to 5"),
    _column("votes", Integer, "people who supported it; null = not counted"),
    _column("comments", Integer, "comments it has; null = not counted"),
    _column("source_url", String, "link back to the case in the CRM"),
    _column("source_updated_at", DateTime, "UTC"),
    _column("load_id", Integer, "load that last changed the row"),
    _column("content_hash", String, "hash of the canonical row and its events: tells changed from unchanged"),
)  # fmt: skip

FIELDS: dict[Fields, tuple[str, ...]] = {
    "address": ("address", "latitude", "longitude", "location_key"),
    "case_text": ("title", "description", "resolution_text"),
    "staff_names": ("queue",),
}
"""Columns of `case_record` that need a right of their own (`access.READS`): where a case lies to the metre, what people
wrote, and who works on it, for a queue is often named after a crew or a person."""
TEXT_COLUMNS = FIELDS["case_text"]
NOT_PUBLIC_COLUMNS = ("address", *TEXT_COLUMNS, *FIELDS["staff_names"], "source_url", "priority")
"""Columns of `case_record` that the public file does not even have."""


def columns_hidden_from(scope: Scope) -> tuple[str, ...]:
    """The columns of `case_record` that `scope` may not read; of a public file those of places too, which are coarse there."""
    hidden = [column for group, columns in FIELDS.items() if not scope.may_read(group) for column in columns]
    return tuple(dict.fromkeys([*hidden, *(NOT_PUBLIC_COLUMNS if scope.audience == "public" else ())]))


case_event = Table(
    "case_event", metadata,
    _column("case_id", BigInteger, "case_record.case_id"),
    _column("event_at", DateTime, "UTC"),
    _column("event_kind_id", SmallInteger, "vocabulary event_kind"),
    _column("department_id", SmallInteger, "owner of the case now, so that a scope can cut events"),
    _column("from_value", String, "department, due date or stage before (names, ISO instants in UTC)"),
    _column("to_value", String, "and after"),
    _column("from_department_id", SmallInteger, "of a transfer: department.id before it, 0 = none named"),
    _column("to_department_id", SmallInteger, "of a transfer: department.id after it, 0 = none named"),
    _column("reason", String, "category given by the source"),
)  # fmt: skip

load = Table(
    "load", metadata,
    _column("id", Integer, "1, 2, ..."), _column("source_name", String, "[[source]] name"),
    _column("mode", String, "full or incremental"),
    _column("started_at", DateTime, "UTC"), _column("seconds", Double, "duration"),
    _column("rows_read", BigInteger, "rows the source delivered"),
    _column("rows_new", BigInteger, "cases not seen before"), _column("rows_changed", BigInteger, "cases altered"),
    _column("rows_unchanged", BigInteger, "rows equal to what was held"),
    _column("rows_quarantined", BigInteger, "rows refused with a reason"),
    _column("rows_deleted", BigInteger, "cases no longer in the source"),
    _column("watermark", String, "highest source update time seen, as the source writes it"),
    _column("as_of", DateTime, "instant up to which this source's data is complete, UTC"),
)  # fmt: skip

LOAD_COUNTS = (
    "rows_read", "rows_new", "rows_changed", "rows_unchanged", "rows_quarantined", "rows_deleted", "seconds", "watermark",
)  # fmt: skip
"""Columns of `load` that depend on the cases of every department."""

work_day, place_day = day_schema.work_day, day_schema.place_day
measure = Table("measure", metadata, *(_column(*about) for about in figure_schema.MEASURE))
measure_value = Table("measure_value", metadata, *(_column(*about) for about in figure_schema.MEASURE_VALUE))
contact_interval = Table("contact_interval", metadata, *(_column(*about) for about in figure_schema.CONTACT_INTERVAL))

release = Table(
    "release", metadata, _column("period", String, "2025, 2025-Q3: the year or quarter whose cells were released together"),
    _column("vintage", SmallInteger, "1; one more for each time its year was counted anew"), _column("grain", String, "year or quarter"),
    _column("starts_on", Date, "first day"), _column("ends_on", Date, "first day after it"),
    _column("counted_as_of", DateTime, "up to when cases were known, UTC"), _column("sha256", String, "of the published cells: never changes"),
    _column("cell_count", Integer, "cells with cases"), _column("hidden_count", Integer, "of them hidden"),
    _column("withheld_count", BigInteger, "of a year: cases of services nothing else is published of; null = too few, or a quarter"),
)  # fmt: skip

released_cell = Table(
    "released_cell", metadata, _column("period", String, "2025, 2025-Q3 or 2025-08"), _column("vintage", SmallInteger, "release.vintage"),
    _column("grain", String, "year, quarter or month"), _column("starts_on", Date, "first day"),
    _column("area_layer", String, "area_layer.id; empty = the whole city"), _column("area_above", String, "area.slug of what it is a part of"),
    _column("area", String, "area.slug; none = place not known; empty = the whole city"), _column("area_name", String, "label"),
    _column("request_group", String, "request_group.slug; empty = all"), _column("request_group_name", String, "label"),
    _column("request_type", String, "request_type.slug; empty = the whole group"), _column("request_type_name", String, "label"),
    _column("deadline", String, "empty: cases opened in the period; due: cases that fell due in it, of them met and missed"),
    _column("n", Integer, "cases; null = hidden; a cell that is not there has none"), _column("is_hidden", Boolean, "one mark for all hidden"),
)  # fmt: skip

quarantine = Table(
    "quarantine", metadata,
    _column("load_id", Integer, "load.id"), _column("source_name", String, "[[source]] name"),
    _column("source_id", String, "the row's id, if it has one"), _column("reason", String, "why it was refused, a sentence"),
    _column("original", String, "STAFF ONLY: the row as read, JSON, personal columns left out"),
)  # fmt: skip

quality_issue = Table(
    "quality_issue", metadata,
    _column("load_id", Integer, "load.id"), _column("source_name", String, "[[source]] name"),
    _column("kind", String, "closed_before_opened, sentinel_date, unmapped_status, placeholder_point, ..."),
    _column("field", String, "canonical field"), _column("value", String, "STAFF ONLY: the value as read"),
    _column("case_count", BigInteger, "how many rows"), _column("example_source_id", String, "one of them"),
)  # fmt: skip

meta = Table(
    "meta", metadata,
    _column("key", String, "schema_version, audience, as_of, generation, edition, city_zone, definitions_version, built_at"),
    _column("value", String, "text; instants ISO 8601 in UTC"),
)  # fmt: skip

AGGREGATE = "aggregate_programmes"
"""Key of `meta`: the ids of the programmes that are told of in totals only."""
SILENT = "aggregate_sources"
"""Key of `meta`: the names of the sources of these programmes. How many rows one of their loads brought is a number of cases."""
TYPES = "types_of_programmes"
"""Key of `meta`: programme -> numbers of the request types and of the groups its cases have. A type that only complaints have tells of one."""
SCHEMA_VERSION = 10
DIMENSIONS = (programme, stage, department, request_group, request_type, area_layer, area, street)
PLAIN_TABLES = (programme, stage, load, meta, release, released_cell, programme_total)
"""Tables without case data, or with what everybody may know: readable under any scope."""
STAFF_TABLES = (quarantine, quality_issue)
"""Tables about refused rows: readable under a staff scope that sees all departments."""
