"""Targets that people agreed on: proposed with a reason, approved or refused by somebody else, never deleted.

Whoever reads or proposes gives `open_to`: the ids of the departments and divisions the viewer may see (None: all). Targets of the whole
city are everybody's.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from math import isfinite
from typing import Any

from sqlalchemy import Engine, insert, select, update

from access import MAY, AccessDenied, Viewer, permit, scope_of
from data_access.store.acting import Acting
from data_access.store.commitment_rows import NOBODY_TOLD
from data_access.store.meeting_models import target

PROPOSED, APPROVED, REFUSED, WITHDRAWN = STATES = ("proposed", "approved", "refused", "withdrawn")
LONGEST = {"owner_name": 120, "source": 300, "reason": 600, "decision": 600}
Only = Collection[str] | None


class NotAgreed(ValueError):
    """Nothing was written; the text says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """One target as it stands."""

    id: int
    metric: str
    department: str
    """Department id; empty for the city."""
    request_type: str
    """Request type id; empty for all."""
    value: float
    """In the metric's unit."""
    valid_from: date
    valid_until: date | None
    """Its last day; None while no end is set."""
    owner_name: str
    """Who answers for it."""
    source: str
    """Where it was decided: a budget, a contract, a plan."""
    state: str
    reason: str
    proposed_by_id: str
    proposed_by_name: str
    proposed_at: datetime
    """Naive UTC."""
    decided_by_name: str | None
    decided_at: datetime | None
    decision: str
    """Why it was approved, refused or withdrawn; empty until then."""

    def holds_on(self, day: date) -> bool:
        """Whether it is in force on `day`."""
        return self.state == APPROVED and self.valid_from <= day and (self.valid_until is None or day <= self.valid_until)


_READ = [target.c[name] for name in Target.__dataclass_fields__]


def propose(
    acting: Acting, *, metric: str, department: str, request_type: str, value: float, valid_from: date, valid_until: date | None,
    owner_name: str, source: str, reason: str, open_to: Only = None,
) -> int:  # fmt: skip
    """Propose a target; answers its number. It holds once somebody else approves it.

    Raises:
        AccessDenied: the role may not, or not for this department.
        NotAgreed: something is missing or cannot be; one sentence for each.
    """
    permit(acting.viewer, "propose_target")
    if open_to is not None and department not in open_to:
        raise AccessDenied("You may propose targets for your own departments.")
    facts = {"owner_name": " ".join(owner_name.split()), "source": " ".join(source.split()), "reason": reason.strip()}
    wanted = {
        "owner_name": "Name who answers for the target.", "source": "Say where it is decided or written down: a budget, a contract, a plan.",
        "reason": "Say why this value: who reads it later was not there.",
    }  # fmt: skip
    for name, text in facts.items():
        if not text:
            raise NotAgreed(wanted[name])
        _short(name, text)
    if not isfinite(value) or value < 0:
        raise NotAgreed("A target is a number of 0 or more.")
    if valid_until is not None and valid_until < valid_from:
        raise NotAgreed(f"It ends on {valid_until}, before it begins on {valid_from}.")
    row: dict[str, Any] = {
        **facts, "metric": metric, "department": department, "request_type": request_type, "value": value, "valid_from": valid_from,
        "valid_until": valid_until, "state": PROPOSED, "decision": "", "proposed_by_id": acting.viewer.id,
        "proposed_by_name": acting.viewer.name, "proposed_at": acting.now,
    }  # fmt: skip
    with acting.store.begin() as connection:
        return int(connection.execute(insert(target).values(**row)).inserted_primary_key[0])


def decide(acting: Acting, number: int, *, approve: bool, decision: str) -> Target:
    """Approve or refuse a proposal of somebody else; answers it as it stands then.

    Raises:
        AccessDenied: the role may not.
        NotAgreed: no reason, no such proposal, one's own, or somebody decided meanwhile.
    """
    permit(acting.viewer, "decide_target")
    return _settle(acting, number, APPROVED if approve else REFUSED, (PROPOSED,), decision, by_another=True)


def withdraw(acting: Acting, number: int, decision: str) -> Target:
    """Take a proposal or a target in force back; what was judged by it before is then judged without it.

    Raises:
        AccessDenied: the role may not.
        NotAgreed: no reason, or nothing that could be withdrawn.
    """
    permit(acting.viewer, "decide_target")
    return _settle(acting, number, WITHDRAWN, (PROPOSED, APPROVED), decision, by_another=False)


def _settle(acting: Acting, number: int, state: str, before: tuple[str, ...], decision: str, *, by_another: bool) -> Target:
    decision = decision.strip()
    if not decision:
        raise NotAgreed("Say why it is decided so.")
    _short("decision", decision)
    with acting.store.begin() as connection:
        row = connection.execute(select(*_READ).where(target.c.id == number)).first()
        if row is None:
            raise NotAgreed("There is no such target.")
        if by_another and row.proposed_by_id == acting.viewer.id:
            raise NotAgreed("You proposed it yourself; somebody else has to decide.")
        changed = connection.execute(
            update(target)
            .where(target.c.id == number, target.c.state.in_(before))
            .values(
                state=state, decision=decision, decided_by_id=acting.viewer.id, decided_by_name=acting.viewer.name, decided_at=acting.now
            )
        ).rowcount
        if not changed:
            raise NotAgreed(f"It is {row.state} already; look at what it says now.")
        return Target(*connection.execute(select(*_READ).where(target.c.id == number)).one())


def register(store: Engine, viewer: Viewer, open_to: Only) -> list[Target]:
    """All targets the viewer may see, proposals first, then the latest first.

    Raises:
        AccessDenied: asked for the public.
    """
    if scope_of(viewer).audience != "staff":
        raise AccessDenied("This is open to staff.")
    query = select(*_READ).order_by(target.c.valid_from.desc(), target.c.id.desc())
    with store.connect() as connection:
        found = [Target(*row) for row in connection.execute(query)]
    seen = [_told(one, viewer) for one in found if open_to is None or not one.department or one.department in open_to]
    return sorted(seen, key=lambda one: one.state != PROPOSED)


def _told(one: Target, viewer: Viewer) -> Target:
    """Who answers for it is told to those who work with targets; whoever only looks reads no names of staff."""
    if viewer.role in MAY["propose_target"]:
        return one
    decided = NOBODY_TOLD if one.decided_by_name else None
    return replace(one, owner_name=NOBODY_TOLD, proposed_by_id="", proposed_by_name=NOBODY_TOLD, decided_by_name=decided)


def _short(name: str, text: str) -> None:
    if len(text) > LONGEST[name]:
        raise NotAgreed(f"This is {len(text)} characters long; write at most {LONGEST[name]}.")
