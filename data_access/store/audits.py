"""Samples of closed cases that crews go and look at, and what they found. Nothing here is ever overwritten or deleted.

Everything takes `only`: the ids of the departments and divisions the viewer may see (None: all). A case of another one
does not exist for that viewer.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import pandas as pd
from sqlalchemy import ColumnElement, Engine, and_, func, insert, select, true
from sqlalchemy.exc import IntegrityError

from access import AccessDenied, permit
from data_access.store.acting import Acting
from data_access.store.models import audit_case, audit_finding, audit_sample, audit_stratum

FIXED, NOT_FIXED, UNCLEAR = FINDINGS = ("fixed", "not_fixed", "unclear")
LONGEST_NOTE = 500
NO_CASE = "There is no such case to record, or it is not open to you."
Only = Collection[str] | None
Closing = tuple[str, str, datetime]
"""What identifies a closing: programme, the case's id, and when."""


class NotRecorded(ValueError):
    """Nothing was written; the text says why."""


@dataclass(frozen=True, slots=True)
class Picked:
    """One case of a sample."""

    stratum: str
    department: str
    programme: str
    source_id: str
    request_type: str
    closed_at: datetime


@dataclass(frozen=True, slots=True)
class Sample:
    """How a sample was drawn; `id` is 0 before it is kept, `filters` are URL parameters."""

    id: int
    seed: int
    per_department: int
    start: date
    end: date
    as_of: datetime
    filters: Mapping[str, str]
    drawn_at: datetime | None = None
    drawn_by: str = ""


def keep_sample(acting: Acting, sample: Sample, closed_cases: Mapping[str, int], picked: Sequence[Picked]) -> int:
    """Keep a sample, whole or not at all; answers its number.

    Args:
        closed_cases: stratum -> of how many closed cases it was drawn.

    Raises:
        AccessDenied: the role may not.
        NotRecorded: nothing was drawn, or one of the closings is in another sample since.
    """
    permit(acting.viewer, "audit")
    if not picked:
        raise NotRecorded("There is no closed case left to draw; choose a longer period or fewer filters.")
    about = {
        "seed": sample.seed, "per_department": sample.per_department, "period_start": sample.start, "period_end": sample.end,
        "as_of": sample.as_of, "filters": json.dumps(dict(sample.filters), sort_keys=True), "drawn_at": acting.now,
        "drawn_by": acting.viewer.id, "drawn_by_name": acting.viewer.name,
    }  # fmt: skip
    try:
        with acting.store.begin() as connection:
            number = int(connection.execute(insert(audit_sample).values(**about)).inserted_primary_key[0])  # type: ignore[index]
            strata = [{"sample_id": number, "stratum": name, "closed_cases": n} for name, n in closed_cases.items()]
            connection.execute(insert(audit_stratum), strata)
            connection.execute(insert(audit_case), [_row(number, places) for places in _placed(picked)])
    except IntegrityError:
        raise NotRecorded("Some of these cases were drawn by somebody else just now; draw again.") from None
    return number


def _placed(picked: Sequence[Picked]) -> list[tuple[int, Picked]]:
    """Each with its place in its stratum."""
    made, reached = [], dict.fromkeys((case.stratum for case in picked), 0)
    for case in picked:
        reached[case.stratum] += 1
        made.append((reached[case.stratum], case))
    return made


def _row(sample: int, placed: tuple[int, Picked]) -> dict[str, Any]:
    place, case = placed
    return {
        "sample_id": sample, "stratum": case.stratum, "department": case.department, "place": place, "programme": case.programme,
        "source_id": case.source_id, "request_type": case.request_type, "closed_at": case.closed_at,
    }  # fmt: skip


def drawn_already(store: Engine) -> set[Closing]:
    """The closings that are in any sample."""
    with store.connect() as connection:
        rows = connection.execute(select(audit_case.c.programme, audit_case.c.source_id, audit_case.c.closed_at))
        return {(programme, source_id, closed_at) for programme, source_id, closed_at in rows}


def samples(store: Engine, only: Only) -> list[Sample]:
    """The samples with a case the viewer may see, newest first."""
    seen = select(audit_case.c.sample_id).where(_open_to(only))
    query = select(audit_sample).where(audit_sample.c.id.in_(seen)).order_by(audit_sample.c.id.desc())
    with store.connect() as connection:
        return [
            Sample(row.id, row.seed, row.per_department, row.period_start, row.period_end, row.as_of, json.loads(row.filters), row.drawn_at,
                   row.drawn_by_name)
            for row in connection.execute(query)
        ]  # fmt: skip


def strata(store: Engine, sample: int, only: Only) -> dict[str, int]:
    """Stratum -> of how many closed cases it was drawn, of those with a case the viewer may see."""
    seen = select(audit_case.c.stratum).where(audit_case.c.sample_id == sample, _open_to(only))
    query = select(audit_stratum.c.stratum, audit_stratum.c.closed_cases).where(
        audit_stratum.c.sample_id == sample, audit_stratum.c.stratum.in_(seen)
    )
    with store.connect() as connection:
        return {row.stratum: row.closed_cases for row in connection.execute(query)}


def cases(store: Engine, sample: int, only: Only) -> pd.DataFrame:
    """The cases of a sample by stratum and place, each with what was found last (null: nothing yet).

    Columns: `id`, `stratum`, `department`, `place`, `programme`, `source_id`, `request_type`, `closed_at`, `found`, `note`,
    `recorded_at`, `recorded_by`, `revision` (0: nothing yet).
    """
    last = (
        select(audit_finding.c.case_id, func.max(audit_finding.c.revision).label("revision"))
        .group_by(audit_finding.c.case_id)
        .subquery("last")
    )
    finding = audit_finding.join(last, and_(last.c.case_id == audit_finding.c.case_id, last.c.revision == audit_finding.c.revision))
    names = ("id", "stratum", "department", "place", "programme", "source_id", "request_type", "closed_at")
    query = (
        select(
            *[audit_case.c[name] for name in names], audit_finding.c.found, audit_finding.c.note, audit_finding.c.recorded_at,
            audit_finding.c.recorded_by_name.label("recorded_by"), func.coalesce(audit_finding.c.revision, 0).label("revision"),
        )
        .select_from(audit_case.outerjoin(finding, audit_finding.c.case_id == audit_case.c.id))
        .where(audit_case.c.sample_id == sample, _open_to(only)).order_by(audit_case.c.stratum, audit_case.c.place)
    )  # fmt: skip
    with store.connect() as connection:
        result = connection.execute(query)
        return pd.DataFrame(result.fetchall(), columns=list(result.keys()))


def history(store: Engine, case: int, only: Only) -> pd.DataFrame:
    """Everything that was recorded of a case, newest first: `revision`, `found`, `note`, `recorded_at`, `recorded_by`."""
    columns = [audit_finding.c[name] for name in ("revision", "found", "note", "recorded_at")]
    query = (
        select(*columns, audit_finding.c.recorded_by_name.label("recorded_by"))
        .join(audit_case, audit_case.c.id == audit_finding.c.case_id)
        .where(audit_case.c.id == case, _open_to(only)).order_by(audit_finding.c.revision.desc())
    )  # fmt: skip
    with store.connect() as connection:
        result = connection.execute(query)
        return pd.DataFrame(result.fetchall(), columns=list(result.keys()))


def record(acting: Acting, case: int, found: str, note: str, seen: int, only: Only) -> bool:
    """Record what was found at a case; answers False where exactly this was recorded already.

    Args:
        seen: the revision the writer had before them (0: none), so that nobody writes over what they have not read.

    Raises:
        AccessDenied: the role may not, or the case is not the viewer's.
        NotRecorded: no such finding, a note that is too long, or somebody recorded something else meanwhile.
    """
    permit(acting.viewer, "audit")
    if found not in FINDINGS:
        raise NotRecorded("Say whether it is fixed, not fixed or unclear.")
    note = note.strip()
    if len(note) > LONGEST_NOTE:
        raise NotRecorded(f"A note has at most {LONGEST_NOTE} characters.")
    last = select(audit_finding).where(audit_finding.c.case_id == case).order_by(audit_finding.c.revision.desc()).limit(1)
    try:
        with acting.store.begin() as connection:
            if connection.execute(select(audit_case.c.id).where(audit_case.c.id == case, _open_to(only))).scalar() is None:
                raise AccessDenied(NO_CASE)
            before = connection.execute(last).first()
            if before is not None and (before.found, before.note) == (found, note):
                return False
            if seen != (0 if before is None else before.revision):
                raise _meanwhile()
            made = {"case_id": case, "revision": seen + 1, "found": found, "note": note, "recorded_at": acting.now}
            who = {"recorded_by": acting.viewer.id, "recorded_by_name": acting.viewer.name}
            connection.execute(insert(audit_finding).values(**made, **who))
    except IntegrityError:
        raise _meanwhile() from None
    return True


def _meanwhile() -> NotRecorded:
    return NotRecorded("Somebody recorded something else of this case meanwhile; look at it and record again if needed.")


def _open_to(only: Only) -> ColumnElement[bool]:
    return true() if only is None else audit_case.c.department.in_(sorted(only))
