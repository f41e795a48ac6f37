"""The demo city's CRM as such systems look: normalised, in local wall-clock time, with personal data.

The personal data is invented. It is here so that it can be shown never to reach the mart.
"""

from __future__ import annotations

from sqlalchemy import Column, Date, DateTime, Float, Index, Integer, MetaData, SmallInteger, String, Table, Text

metadata = MetaData()

demo_marker = Table(
    "statroom_demo_marker", metadata,
    Column("seed", Integer), Column("cases", Integer), Column("as_of", Date), Column("known_until", DateTime),
    comment="Only a database with this table is ever replaced by the simulator.",
)  # fmt: skip
departments = Table(
    "departments", metadata,
    Column("id", Integer, primary_key=True), Column("code", String(8)), Column("name", String(60)),
)  # fmt: skip
queues = Table(
    "queues", metadata,
    Column("id", Integer, primary_key=True), Column("department_id", Integer), Column("name", String(60)),
)  # fmt: skip
request_types = Table(
    "request_types", metadata,
    Column("id", Integer, primary_key=True), Column("name", String(80)), Column("category", String(60)), Column("queue_id", Integer),
)  # fmt: skip
sla_rules = Table(
    "sla_rules", metadata,
    Column("id", Integer, primary_key=True), Column("request_type_id", Integer), Column("unit", String(20)), Column("amount", Float),
    Column("valid_from", Date), Column("valid_to", Date),
)  # fmt: skip
constituents = Table(
    "constituents", metadata,
    Column("id", Integer, primary_key=True), Column("full_name", String(80)), Column("email", String(120)), Column("phone", String(30)),
)  # fmt: skip
requests = Table(
    "requests", metadata,
    Column("id", Integer, primary_key=True, autoincrement=False), Column("number", String(20)), Column("request_type_id", Integer),
    Column("department_id", Integer), Column("queue_id", Integer), Column("constituent_id", Integer),
    Column("parent_id", Integer), Column("channel", String(30)), Column("entered_by_staff", SmallInteger), Column("status", String(30)),
    Column("priority", String(10)), Column("closure_reason", String(40)), Column("closure_note", Text), Column("title", String(160)),
    Column("description", Text), Column("address", String(120)), Column("latitude", Float(53)), Column("longitude", Float(53)),
    Column("opened_at", DateTime), Column("due_at", DateTime), Column("closed_at", DateTime), Column("updated_at", DateTime),
    Index("requests_updated_at", "updated_at"),
)  # fmt: skip
activities = Table(
    "activities", metadata,
    Column("id", Integer, primary_key=True, autoincrement=False), Column("request_id", Integer), Column("happened_at", DateTime),
    Column("kind", String(20)), Column("from_value", String(60)), Column("to_value", String(60)), Column("note", String(120)),
    Index("activities_request_id", "request_id"),
)  # fmt: skip
satisfaction = Table(
    "satisfaction_answers", metadata,
    Column("id", Integer, primary_key=True, autoincrement=False), Column("request_id", Integer), Column("answered_at", DateTime), Column("score", SmallInteger),
    Index("satisfaction_request_id", "request_id"),
)  # fmt: skip
figures = Table(
    "performance_figures", metadata,
    Column("id", Integer, primary_key=True, autoincrement=False), Column("department", String(60)), Column("figure", String(80)), Column("unit", String(20)),
    Column("better", String(10)), Column("adds_up", String(10)), Column("period_kind", String(10)), Column("period", Date), Column("value", String(20)),
    Column("target", Float(53)), Column("verdict", String(20)), Column("definition", String(160)), Column("note", String(160)),
    comment="What the performance office types every month: no source of cases.",
)  # fmt: skip
calls = Table(
    "call_intervals", metadata,
    Column("id", Integer, primary_key=True, autoincrement=False), Column("queue", String(40)), Column("language", String(20)), Column("starts_at", DateTime),
    Column("offered", Integer), Column("answered", Integer), Column("abandoned", Integer), Column("abandoned_short", Integer), Column("answered_in_time", Integer),
    Column("wait_seconds", Float(53)), Column("handle_seconds", Float(53)), Column("staffed_seconds", Float(53)), Column("settled", Integer), Column("asked", Integer),
    comment="The telephone system's report by hour and queue: no caller is in it.",
)  # fmt: skip
