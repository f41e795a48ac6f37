"""A little CRM in any database, with rows that can be counted by hand."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, DateTime, Float, Integer, MetaData, NullPool, String, Table, create_engine, text

MAPPING = """
[sql]
cases = "service_requests"
key = "id"
watermark = "updated_at"
overlap_minutes = 60
events_key = "request_id"
events = "SELECT a.request_id, r.number, a.happened_at, a.kind FROM activities a JOIN service_requests r ON r.id = a.request_id"
[columns]
source_id = "number"
parent_source_id = "parent_number"
request_type = "type"
department = "department"
channel = "channel"
status = "status"
opened_at = "opened_at"
due_at = "due_at"
closed_at = "closed_at"
source_updated_at = "updated_at"
latitude = "latitude"
longitude = "longitude"
[status]
"Open" = "open"
"Closed" = "closed"
[channel]
"Phone" = "phone"
"Web" = "web"
[events.columns]
source_id = "number"
event_at = "happened_at"
event_kind = "kind"
[events.kinds]
reopened = "reopened"
closed = "closed"
"""
metadata = MetaData()
requests = Table(
    "service_requests", metadata,
    Column("id", Integer, primary_key=True, autoincrement=False), Column("number", Integer), Column("parent_number", Integer),
    Column("type", String(60)), Column("department", String(60)), Column("channel", String(20)), Column("status", String(20)),
    Column("opened_at", DateTime), Column("due_at", DateTime), Column("closed_at", DateTime), Column("updated_at", DateTime),
    Column("latitude", Float(53)), Column("longitude", Float(53)),
    Column("resident_name", String(60)), Column("resident_email", String(60)),
)  # fmt: skip
activities = Table(
    "activities", metadata,
    Column("id", Integer, primary_key=True, autoincrement=False), Column("request_id", Integer), Column("happened_at", DateTime),
    Column("kind", String(20)),
)  # fmt: skip


class Crm:
    """The CRM at `url`: three cases of Monday, 16 March 2026, all updated at 12:00."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.engine = create_engine(url, poolclass=NullPool)
        metadata.create_all(self.engine)
        for number in (1, 2, 3):
            self.add(number)

    def add(self, case: int, **values: Any) -> None:
        """A case with number 1000 + `case`; everything about it can be said otherwise."""
        usual = {
            "id": case, "number": 1000 + case, "type": "Pothole", "department": "Streets", "channel": "Phone", "status": "Open",
            "opened_at": f"2026-03-16 08:0{case % 10}:00", "due_at": "2026-03-20 08:00:00", "updated_at": "2026-03-16 12:00:00",
            "resident_name": "Ada Lovelace", "resident_email": "ada@example.org",
        }  # fmt: skip
        row = usual | values
        self.run(f"INSERT INTO service_requests ({', '.join(row)}) VALUES ({', '.join(':' + name for name in row)})", **row)

    def change(self, case: int, **values: Any) -> None:
        """Set columns of a case."""
        self.run(f"UPDATE service_requests SET {', '.join(f'{name} = :{name}' for name in values)} WHERE id = :n", n=case, **values)

    def happens(self, number: int, kind: str, at: str) -> None:
        """An activity of a case."""
        found = self.run("SELECT coalesce(max(id), 0) FROM activities")
        self.run("INSERT INTO activities VALUES (:i, :n, :at, :kind)", i=found[0][0] + 1, n=number, at=at, kind=kind)

    def run(self, statement: str, **values: Any) -> Any:
        """Any statement; the rows it gives."""
        with self.engine.begin() as connection:
            result = connection.execute(text(statement), values)
            return result.fetchall() if result.returns_rows else None
