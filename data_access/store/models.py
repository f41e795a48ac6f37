"""The tables of Statroom's own database."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, DateTime, Float, Integer, MetaData, String, Table, Text

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

account = Table(
    "account", metadata,
    Column("id", Integer, primary_key=True),
    Column("login", String(120), nullable=False, unique=True, comment="lower case; an e-mail address or a short name"),
    Column("name", String(120), nullable=False),
    Column("role", String(20), nullable=False, comment="one of access.ROLES, without public"),
    Column("departments", Text, nullable=False, comment="JSON list of department ids, for role department"),
    Column("password_hash", Text, comment="argon2id; null for who signs in elsewhere"),
    Column("must_change_password", Boolean, nullable=False),
    Column("failures", Integer, nullable=False, comment="wrong passwords since the last right one"),
    Column("locked_until", DateTime, comment="UTC"),
    Column("disabled_at", DateTime, comment="UTC; null while it may be used"),
    Column("created_at", DateTime, nullable=False, comment="UTC"),
)  # fmt: skip

sign_in = Table(
    "sign_in", metadata,
    Column("token_hash", String(64), primary_key=True, comment="SHA-256 of what the cookie holds"),
    Column("account_id", Integer, nullable=False, index=True),
    Column("began_at", DateTime, nullable=False, comment="UTC"),
    Column("seen_at", DateTime, nullable=False, comment="UTC; the last request that a person made"),
    Column("ended_at", DateTime, comment="UTC"),
)  # fmt: skip

audit_entry = Table(
    "audit_entry", metadata,
    Column("id", Integer, primary_key=True),
    Column("at", DateTime, nullable=False, index=True, comment="UTC"),
    Column("viewer_id", String(80), nullable=False, index=True),
    Column("viewer_name", String(120), nullable=False),
    Column("action", String(40), nullable=False),
    Column("detail", Text, nullable=False, comment="what it was done to; never a password, address or text of a case"),
)  # fmt: skip
