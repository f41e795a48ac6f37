"""What residents want by mail, in a small database of its own: the public process has no other, and this one holds nothing of staff.

A row is an e-mail address, what it is about, a language and times. One that is not confirmed within `CONFIRMED_WITHIN` is deleted, and
so is one that is ended. Of the links in letters only the hashes are kept; the text of a letter is made when it is sent and not kept.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Literal

from sqlalchemy import (
    Column,
    Connection,
    DateTime,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    create_engine,
    delete,
    func,
    insert,
    select,
    text,
    update,
)
from sqlalchemy.exc import IntegrityError

from data_access.store import letters, meeting_models
from data_access.store.engine import alone
from data_access.store.letters import Draft

CONFIRMED_WITHIN = timedelta(hours=48)
MOST_ASKED, MOST = 3, 10
"""Letters that ask one address to confirm, in `CONFIRMED_WITHIN`; and what one address may be sent about."""
GOOD_FOR = timedelta(days=5)
LOCK = 7_382_912
"""Number of the PostgreSQL advisory lock that only one process holds that makes the tables."""
CONFIRM, NEWS = "confirm", "news"
Kind = Literal["confirm", "end"]

_metadata = MetaData()
resident = Table(
    "resident", _metadata,
    Column("id", Integer, primary_key=True),
    Column("email", String(200), nullable=False, index=True),
    Column("about", String(300), nullable=False, comment="address of a page of the portal: /area/... or /service/..."),
    Column("language", String(10), nullable=False),
    Column("created_at", DateTime, nullable=False, comment="UTC"),
    Column("confirmed_at", DateTime, comment="UTC; null until the link was pressed"),
    UniqueConstraint("email", "about", name="uq_resident_about"),
)  # fmt: skip
link = Table(
    "link", _metadata,
    Column("token_hash", String(64), primary_key=True, comment="SHA-256 of what the link in one letter holds"),
    Column("resident_id", Integer, nullable=False, index=True),
    Column("kind", String(10), nullable=False, comment="confirm or end"),
    Column("made_at", DateTime, nullable=False, comment="UTC"),
)  # fmt: skip
letter = Table(
    # The same outbox as that of staff, so that `data_access.store.letters` serves both; here it keeps no address and no text.
    meeting_models.letter.name, _metadata,
    *(Column(one.name, one.type, primary_key=one.primary_key, nullable=one.nullable, unique=one.unique) for one in meeting_models.letter.columns),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Resident:
    """One thing that one address is sent."""

    id: int
    email: str
    about: str
    """Address of a page of the portal."""
    language: str
    created_at: datetime
    """Naive UTC."""
    confirmed_at: datetime | None


_READ = [resident.c[name] for name in Resident.__dataclass_fields__]


@cache
def opened(url: str) -> Engine:
    """The residents' database, its tables made if they are not there."""
    engine = create_engine(url)
    with alone(engine):
        make_tables(engine)
    return engine


def make_tables(engine: Engine, _version: str | None = None) -> None:
    """Make the tables that are not there."""
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": LOCK})
        _metadata.create_all(connection)


def ask(engine: Engine, email: str, about: str, language: str, now: datetime) -> None:
    """Somebody wrote an address into the form: let a letter ask its owner, unless it is sent this already or was asked enough.

    Says nothing: whoever wrote it learns the same in every case.
    """
    forget_unconfirmed(engine, now)
    email = email.lower()
    mine = resident.c.email == email
    with engine.begin() as connection:
        found = connection.execute(select(resident.c.id, resident.c.confirmed_at).where(mine, resident.c.about == about)).first()
        known = list(connection.execute(select(resident.c.id).where(mine)).scalars())
        asked = letter.c.key.startswith(f"{CONFIRM}:") & (letter.c.made_at > now - CONFIRMED_WITHIN)
        n = connection.execute(select(func.count()).select_from(letter).where(asked, letter.c.subscription_id.in_(known))).scalar_one()
    if n >= MOST_ASKED or (found is None and len(known) >= MOST) or (found is not None and found.confirmed_at is not None):
        return
    if found is None:
        try:
            with engine.begin() as connection:
                values = {"email": email, "about": about, "language": language, "created_at": now}
                number = int(connection.execute(insert(resident).values(**values)).inserted_primary_key[0])  # type: ignore[index]
        except IntegrityError:
            return  # the same form was sent twice at once
    else:
        number = int(found.id)
    letters.write(engine, Draft(f"{CONFIRM}:{number}:{n}:{now:%Y-%m-%dT%H:%M:%S}", number, "", "", "", "", "", CONFIRMED_WITHIN), now)


def forget_unconfirmed(engine: Engine, now: datetime) -> int:
    """Delete what nobody confirmed in time; answers how many."""
    late = resident.c.confirmed_at.is_(None) & (resident.c.created_at <= now - CONFIRMED_WITHIN)
    with engine.begin() as connection:
        numbers = list(connection.execute(select(resident.c.id).where(late)).scalars())
        _forget(connection, numbers)
    return len(numbers)


def one(engine: Engine, number: int) -> Resident | None:
    """The resident of that number."""
    with engine.connect() as connection:
        row = connection.execute(select(*_READ).where(resident.c.id == number)).first()
    return None if row is None else Resident(*row)


def confirmed(engine: Engine) -> list[Resident]:
    """Those who are written to."""
    with engine.connect() as connection:
        query = select(*_READ).where(resident.c.confirmed_at.is_not(None)).order_by(resident.c.id)
        return [Resident(*row) for row in connection.execute(query)]


def new_token(engine: Engine, number: int, kind: Kind, now: datetime) -> str:
    """A token for the link of one letter; only its hash is kept."""
    token = secrets.token_urlsafe(32)
    with engine.begin() as connection:
        connection.execute(insert(link).values(token_hash=_hashed(token), resident_id=number, kind=kind, made_at=now))
    return token


def of_token(engine: Engine, token: str, kind: Kind, now: datetime) -> Resident | None:
    """Whose link it is; None for any other text, and for a link to confirm that is too old."""
    query = select(*_READ).join(link, link.c.resident_id == resident.c.id).where(link.c.token_hash == _hashed(token), link.c.kind == kind)
    with engine.connect() as connection:
        row = connection.execute(query).first()
    found = None if row is None else Resident(*row)
    is_late = found is not None and kind == CONFIRM and found.confirmed_at is None and found.created_at <= now - CONFIRMED_WITHIN
    return None if is_late else found


def confirm(engine: Engine, token: str, now: datetime) -> Resident | None:
    """The owner of the address wants it: it is sent from now on. None if the link is none, or too old."""
    found = of_token(engine, token, "confirm", now)
    if found is not None:
        with engine.begin() as connection:
            mine = (resident.c.id == found.id) & resident.c.confirmed_at.is_(None)
            connection.execute(update(resident).where(mine).values(confirmed_at=now))
    return found


def end(engine: Engine, token: str, now: datetime) -> None:
    """Delete what the link in a letter belongs to, with all that is known of it."""
    found = of_token(engine, token, "end", now)
    if found is not None:
        with engine.begin() as connection:
            _forget(connection, [found.id])


def _forget(connection: Connection, numbers: list[int]) -> None:
    connection.execute(delete(link).where(link.c.resident_id.in_(numbers)))
    connection.execute(delete(letter).where(letter.c.subscription_id.in_(numbers)))
    connection.execute(delete(resident).where(resident.c.id.in_(numbers)))


def _hashed(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
