"""The tables of Statroom's own database."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData()

load_run = Table(
    "load_run", metadata,
    Column("id", Integer, primary_key=True),
    Column("source_name", String(60), nullable=False, index=True),
    Column("mode", String(20), nullable=False, comment="full or incremental"),
    Column("state", String(20), nullable=False, comment="loaded, unchanged, failed, held, rejected, replaced or set aside"),
    Column("started_at", DateTime, nullable=False, comment="UTC"),
    Column("seconds", Float, nullable=False),
    Column("rows_read", BigInteger), Column("rows_new", BigInteger), Column("rows_changed", BigInteger),
    Column("rows_unchanged", BigInteger), Column("rows_quarantined", BigInteger), Column("rows_deleted", BigInteger),
    Column("watermark", String(40)), Column("generation", Integer),
    Column("error", Text, comment="one line, without secrets"),
    Column("rows_restated", BigInteger, comment="cases opened before what was known last that came or were changed"),
    Column("ids_compared", BigInteger, comment="ids compared with the held ones by a load of changes; null if they were not"),
    Column("attempt", Integer, comment="of the clock: 1, and 2, 3, ... where loads before it failed"),
)  # fmt: skip

held_load = Table(
    "held_load", metadata,
    Column("id", Integer, primary_key=True),
    Column("edition", String(40), nullable=False, unique=True, comment="of the generation that waits"),
    Column("generation", Integer, nullable=False), Column("sources", Text, nullable=False, comment="JSON list of their names"),
    Column("built_at", DateTime, nullable=False, comment="UTC"), Column("as_of", DateTime, nullable=False, comment="UTC"),
    Column("fingerprint", String(300), nullable=False, comment="the same for the same cases"),
    Column("remarks", Text, nullable=False, comment="JSON list of what the gates found, with a sentence each"),
    Column("state", String(20), nullable=False, comment="held, approved (soon in service), published, rejected or replaced"),
    Column("decided_at", DateTime, comment="UTC"), Column("decided_by_id", String(80)), Column("decided_by_name", String(120)),
    Column("because", String(400)),
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
    Column("districts", Text, nullable=False, comment="JSON list of areas of the first layer, for role department; empty for the whole city"),
    Column("programmes", Text, nullable=False, comment="JSON list of programme ids, for role department; empty for all"),
    Column("issuer", String(300), comment="who says who this is, for a person without a password here"),
    Column("subject", String(255), comment="the lasting id of the person there; unique with the issuer"),
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
    Column("checked_at", DateTime, comment="UTC; when a provider last vouched for the person, null: at the beginning"),
    Column("tried_at", DateTime, comment="UTC; when it was last asked to"),
    Column("kept", Text, comment="encrypted: what the provider gave to ask it again, and to sign out there"),
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

audit_sample = Table(
    "audit_sample", metadata,
    Column("id", Integer, primary_key=True),
    Column("seed", BigInteger, nullable=False, comment="decides with a case's ids whether it is drawn"),
    Column("per_department", Integer, nullable=False, comment="cases wanted of each department"),
    Column("period_start", Date, nullable=False), Column("period_end", Date, nullable=False, comment="day after the last"),
    Column("as_of", DateTime, nullable=False, comment="UTC; what was known"),
    Column("filters", Text, nullable=False, comment="the question's URL parameters, JSON"),
    Column("drawn_at", DateTime, nullable=False, comment="UTC"),
    Column("drawn_by", String(80), nullable=False), Column("drawn_by_name", String(120), nullable=False),
)  # fmt: skip

audit_stratum = Table(
    "audit_stratum", metadata,
    Column("sample_id", Integer, ForeignKey("audit_sample.id"), primary_key=True),
    Column("stratum", String(80), primary_key=True, comment="id of the department that figures are shown for"),
    Column("closed_cases", Integer, nullable=False, comment="of which the sample was drawn"),
)  # fmt: skip

audit_case = Table(
    "audit_case", metadata,
    Column("id", Integer, primary_key=True),
    Column("sample_id", Integer, ForeignKey("audit_sample.id"), nullable=False, index=True),
    Column("stratum", String(80), nullable=False),
    Column("department", String(80), nullable=False, comment="id of the department or division that closed it"),
    Column("place", Integer, nullable=False, comment="1, 2, ... in the order drawn, within its stratum"),
    Column("programme", String(80), nullable=False), Column("source_id", String(200), nullable=False),
    Column("request_type", String(200), nullable=False, comment="name, when it was drawn"),
    Column("closed_at", DateTime, nullable=False, comment="UTC; the closing that is looked at"),
    UniqueConstraint("programme", "source_id", "closed_at", name="uq_audit_case_closing"),
)  # fmt: skip

audit_finding = Table(
    "audit_finding", metadata,
    Column("id", Integer, primary_key=True),
    Column("case_id", Integer, ForeignKey("audit_case.id"), nullable=False),
    Column("revision", Integer, nullable=False, comment="1, 2, ...; the last one holds, the others are its history"),
    Column("found", String(12), nullable=False, comment="fixed, not_fixed or unclear"),
    Column("note", String(500), nullable=False),
    Column("recorded_at", DateTime, nullable=False, comment="UTC"),
    Column("recorded_by", String(80), nullable=False), Column("recorded_by_name", String(120), nullable=False),
    UniqueConstraint("case_id", "revision", name="uq_audit_finding_revision"),
)  # fmt: skip

annotation = Table(
    "annotation", metadata,
    Column("id", Integer, primary_key=True),
    Column("at", Date, nullable=False, comment="the city's day on which it happened or began"),
    Column("until", Date, comment="its last day; null for one day or for good"),
    Column("kind", String(20), nullable=False, comment="storm, strike, policy or outage"),
    Column("title", String(60), nullable=False),
    Column("reason", Text, nullable=False),
    Column("metric", String(60), nullable=False, comment="the one metric it concerns; empty for all"),
    Column("filters", Text, nullable=False, comment="canonical query of the cases it concerns; empty for all"),
    Column("rebases", Boolean, nullable=False, comment="whether limits begin anew on that day"),
    Column("created_by_id", String(80), nullable=False),
    Column("created_by_name", String(120), nullable=False),
    Column("created_at", DateTime, nullable=False, comment="UTC"),
    Column("withdrawn_at", DateTime, comment="UTC; null while it stands"),
    Column("withdrawn_by_name", String(120)),
)  # fmt: skip
