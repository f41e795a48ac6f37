"""The tables of Statroom's own database."""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, DateTime, Float, Integer, MetaData, String, Table, Text

metadata = MetaData()

load_run = Table(
    "load_run", metadata,
    Column("id", Integer, primary_key=True),
    Column("source_name", String(60), nullable=False, index=True),
    Column("mode", String(20), nullable=False, comment="full or incremental"),
    Column("state", String(20), nullable=False, comment="loaded, unchanged or failed"),
    Column("started_at", DateTime, nullable=False, comment="UTC"),
    Column("seconds", Float, nullable=False),
    Column("rows_read", BigInteger), Column("rows_new", BigInteger), Column("rows_changed", BigInteger),
    Column("rows_unchanged", BigInteger), Column("rows_quarantined", BigInteger), Column("rows_deleted", BigInteger),
    Column("watermark", String(40)), Column("generation", Integer),
    Column("error", Text, comment="one line, without secrets"),
)  # fmt: skip

saved_view = Table(
    "saved_view", metadata,
    Column("id", Integer, primary_key=True),
    Column("owner_id", String(80), nullable=False, index=True, comment="id of the viewer it belongs to"),
    Column("name", String(80), nullable=False),
    Column("address", Text, nullable=False, comment="path and query of the page"),
    Column("created_at", DateTime, nullable=False, comment="UTC"),
    Column("removed_at", DateTime, comment="UTC; null while it is kept"),
)  # fmt: skip
