"""Loads that wait for a person, in Statroom's own database: what the gates found, who decided what, and why."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine, Row, func, insert, select, update

from access import permit
from data_access.mart.gate_rules import Remark
from data_access.mart.holding import Held
from data_access.store import audit
from data_access.store.acting import Acting
from data_access.store.models import held_load, load_run

WAITING, APPROVED, PUBLISHED, REJECTED, REPLACED = "held", "approved", "published", "rejected", "replaced"
LONGEST = 400


class NotDecided(ValueError):
    """Nothing was decided; the text says why."""


@dataclass(frozen=True)
class HeldLoad:
    """A load that waits, or waited, for a person."""

    edition: str
    generation: int
    sources: tuple[str, ...]
    built_at: datetime
    """Naive UTC."""
    as_of: datetime
    remarks: tuple[Remark, ...]
    state: str
    decided_at: datetime | None
    decided_by_name: str | None
    because: str | None


def note(store: Engine, held: Held) -> None:
    """Remember that a load waits; what waited before is replaced."""
    with store.begin() as connection:
        if connection.execute(select(held_load.c.id).where(held_load.c.edition == held.edition)).first() is None:
            facts = {name: getattr(held, name) for name in ("edition", "built_at", "as_of", "fingerprint")}
            remarks = json.dumps([asdict(remark) for remark in held.remarks])
            sources = json.dumps(held.order.sources)
            row = {**facts, "generation": held.number, "sources": sources, "remarks": remarks, "state": WAITING}
            connection.execute(insert(held_load).values(**row))
    replace_all(store, but=held.edition)


def replace_all(store: Engine, *, but: str = "") -> None:
    """Nothing but the edition `but` waits any more."""
    with store.begin() as connection:
        open_ones = held_load.c.state.in_((WAITING, APPROVED)) & (held_load.c.edition != but)
        gone = connection.execute(select(held_load.c.generation).where(open_ones)).scalars().all()
        connection.execute(update(held_load).where(open_ones).values(state=REPLACED))
        _runs(connection, gone, REPLACED)


def settle(store: Engine, edition: str, state: str) -> None:
    """What became of a load that was decided on."""
    with store.begin() as connection:
        which = held_load.c.edition == edition
        connection.execute(update(held_load).where(which).values(state=state))
        numbers = connection.execute(select(held_load.c.generation).where(which)).scalars().all()
        _runs(connection, numbers, {PUBLISHED: "loaded"}.get(state, state))


def _runs(connection: Any, generations: Collection[int], state: str) -> None:
    concerned = (load_run.c.state == WAITING) & load_run.c.generation.in_(list(generations))
    connection.execute(update(load_run).where(concerned).values(state=state))


def open_one(store: Engine) -> HeldLoad | None:
    """The load that waits for a decision, or whose approval waits to be carried out."""
    return _one(store, held_load.c.state.in_((WAITING, APPROVED)))


def of_edition(store: Engine, edition: str) -> HeldLoad | None:
    """The load of that edition, whatever became of it."""
    return _one(store, held_load.c.edition == edition)


def rejection(store: Engine, fingerprint: str) -> HeldLoad | None:
    """The latest load with these cases, if it was rejected."""
    found = _one(store, held_load.c.fingerprint == fingerprint, held_load.c.state.in_((REJECTED, PUBLISHED)))
    return found if found is not None and found.state == REJECTED else None


def still_rejected(store: Engine, sources: Collection[str]) -> HeldLoad | None:
    """The rejected load that a source of the city still delivers: its latest load brought it again."""
    newest = select(func.max(load_run.c.id)).where(load_run.c.source_name.in_(list(sources))).group_by(load_run.c.source_name)
    with store.connect() as connection:
        states = connection.execute(select(load_run.c.state).where(load_run.c.id.in_(newest))).scalars().all()
    return _one(store, held_load.c.state == REJECTED) if REJECTED in states else None


def _one(store: Engine, *conditions: Any) -> HeldLoad | None:
    columns = [held_load.c[name] for name in HeldLoad.__dataclass_fields__]
    with store.connect() as connection:
        row = connection.execute(select(*columns).where(*conditions).order_by(held_load.c.id.desc()).limit(1)).first()
    return None if row is None else _read(row)


def _read(row: Row[Any]) -> HeldLoad:
    facts = dict(row._mapping)
    remarks = tuple(Remark(**remark) for remark in json.loads(facts.pop("remarks")))
    return HeldLoad(**facts | {"sources": tuple(json.loads(facts["sources"]))}, remarks=remarks)


def decide(acting: Acting, edition: str, *, approve: bool, because: str) -> HeldLoad:
    """Approve or reject the load of that edition; whoever loads carries it out (`data_access.deciding`).

    Raises:
        AccessDenied: the role may not.
        NotDecided: there is no reason, or that load does not wait any more.
    """
    permit(acting.viewer, "decide_load")
    because = because.strip()
    if not because:
        raise NotDecided("Say why: the next person who looks at these figures will want to know.")
    if len(because) > LONGEST:
        raise NotDecided(f"The reason is {len(because)} characters long; write at most {LONGEST}.")
    who = {
        "decided_at": acting.now,
        "decided_by_id": acting.viewer.id[:80],
        "decided_by_name": acting.viewer.name[:120],
        "because": because,
    }
    waits = (held_load.c.edition == edition) & (held_load.c.state == WAITING)
    with acting.store.begin() as connection:
        decided = connection.execute(update(held_load).where(waits).values(state=APPROVED if approve else REJECTED, **who))
        if decided.rowcount != 1:
            raise NotDecided(
                "This load does not wait any more: somebody decided, or a newer load took its place. Look at what is held now."
            )
        if not approve:
            _runs(
                connection,
                connection.execute(select(held_load.c.generation).where(held_load.c.edition == edition)).scalars().all(),
                REJECTED,
            )
    found = of_edition(acting.store, edition)
    assert found is not None
    detail = f"generation {found.generation} of {', '.join(found.sources)}: {because}"
    audit.note(acting.store, acting.viewer, "load approved" if approve else "load rejected", detail, acting.now)
    return found
