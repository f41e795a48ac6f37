"""One case: its facts, its clock, what happened to it, and the cases it belongs with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import or_, select

from data_access import vocabulary
from metrics.cases import worded
from metrics.select import Asked

LONGEST_ID = 200
SECONDS_A_DAY = 86_400.0


@dataclass(frozen=True)
class Clock:
    """How the case stands to its deadline, as known at the mart's `as_of`. Days are elapsed days."""

    days_open: float | None
    """Until its last closing, or until now; null where the source closed it before it opened."""
    is_open: bool
    is_judged: bool
    """Whether its deadline can be used: it has one, not before its opening, and its times can be trusted."""
    days_late: float | None
    """From the deadline to the closing, or to now: above zero is late, below is time to spare; null unless judged."""


@dataclass(frozen=True)
class Wait:
    """A time in which the case waited; `until` is null while it does."""

    since: datetime
    until: datetime | None
    days: float
    reason: str | None


@dataclass(frozen=True)
class CaseDetail:
    """One case.

    `facts`: by column name of `case_record`, and names in plain words (`department`, `status`, ...). `events`: as the source
    tells them, oldest first. `timeline`: `at`, `kind`, `before`, `after`, `reason`, `days`; the events, with the openings, closings
    and the deadline that no event tells. `related`: the parent and the duplicates that the viewer may see.
    """

    facts: dict[str, Any]
    events: pd.DataFrame
    timeline: pd.DataFrame
    clock: Clock
    is_counted: bool
    """Whether figures count it; duplicates, cancelled and test cases are in 'Reports' only."""
    waits: tuple[Wait, ...]
    related: pd.DataFrame
    stays: pd.DataFrame
    """The stages it walked, in order: `stage` (name), `waits`, `ends`, `entered_at`, `left_at` (null while it is there), `due_at` (null without
    a promise), `days`, `kept` (null where nothing is promised or known yet)."""
    is_protected: bool
    """Whether its request type is one whose cases residents may not see one by one; a look at it is noted."""


def case_detail(asked: Asked, programme: str, source_id: str) -> CaseDetail | None:
    """The case with that id, or None if there is none the viewer may see."""
    known = asked.mart.dimensions.programmes.by_slug.get(programme)
    if known is None or not source_id or len(source_id) > LONGEST_ID:
        return None
    records = asked.mart.case_records(asked.scope)
    found = asked.mart.read(select(records).where(records.c.programme_id == known.id, records.c.source_id == source_id), asked.scope)
    if found.empty:
        return None
    facts = _plain(found) | _plain(worded(asked, found))
    spells = _spells(asked, facts)
    events = _events(asked, facts)
    as_of = asked.mart.as_of
    return CaseDetail(
        facts, events, _timeline(facts, spells, events), _clock(spells, as_of), bool(spells["is_counted"].iloc[0]),
        _waits(events, spells, as_of), _related(asked, facts), _stays(asked, facts), _is_protected(asked, found),
    )  # fmt: skip


def _is_protected(asked: Asked, found: pd.DataFrame) -> bool:
    number = found["request_type_id"].iloc[0]
    known = None if number != number or number is None else asked.mart.dimensions.request_types.by_id.get(int(number))
    return known is None or known.extra.get("release_class") != "A"


def find_cases(asked: Asked, source_id: str) -> pd.DataFrame:
    """The cases of that id the viewer may see, in every programme: `programme` (id), `source_id`."""
    records = asked.mart.case_records(asked.scope)
    statement = select(records.c.programme_id, records.c.source_id).where(records.c.source_id == source_id.strip()[:LONGEST_ID])
    return worded(asked, asked.mart.read(statement, asked.scope))


def _plain(frame: pd.DataFrame) -> dict[str, Any]:
    return {name: None if value is pd.NaT or value != value else value for name, value in frame.iloc[0].to_dict().items()}


def _spells(asked: Asked, facts: dict[str, Any]) -> pd.DataFrame:
    """The stretches in which it was open, in order."""
    spells = asked.mart.spells(asked.scope)
    names = ("spell_opened_at", "closed_at", "due_at", "opened_at", "has_valid_due", "has_valid_interval", "is_counted")
    statement = select(*(spells.c[name] for name in names)).where(spells.c.case_id == int(facts["case_id"])).order_by(spells.c.spell_no)
    return asked.mart.read(statement, asked.scope)


def _events(asked: Asked, facts: dict[str, Any]) -> pd.DataFrame:
    events = asked.mart.case_events(asked.scope)
    statement = (
        select(events.c.event_at, events.c.event_kind_id, events.c.from_value, events.c.to_value, events.c.reason)
        .where(events.c.case_id == int(facts["case_id"])).order_by(events.c.event_at)
    )  # fmt: skip
    frame = asked.mart.read(statement, asked.scope)
    kinds = dict(enumerate(vocabulary.EVENT_KINDS))
    return frame.assign(kind=[kinds[int(number)] for number in frame["event_kind_id"]]).drop(columns="event_kind_id")


def _stays(asked: Asked, facts: dict[str, Any]) -> pd.DataFrame:
    """Its stays in stages, as known at the mart's `as_of`."""
    stays, as_of = asked.mart.stage_visits(asked.scope), pd.Timestamp(asked.mart.as_of)
    names = ("stage_id", "opened_at", "closed_at", "due_at")
    statement = select(*(stays.c[name] for name in names)).where(stays.c.case_id == int(facts["case_id"])).order_by(stays.c.visit_no)
    frame = asked.mart.read(statement, asked.scope)
    known = asked.mart.dimensions.stages.by_id
    rows = []
    for number, entered, left, due in frame.itertuples(index=False):
        stage = known[int(number)]
        end = as_of if pd.isna(left) else left
        is_late = not pd.isna(due) and end > due
        kept = None if pd.isna(due) or (pd.isna(left) and not is_late) else not is_late
        rows.append((stage.name, bool(stage.extra["waits"]), bool(stage.extra["ends"]), entered, left, due, _days(entered, end), kept))
    columns = ["stage", "waits", "ends", "entered_at", "left_at", "due_at", "days", "kept"]
    return pd.DataFrame(rows, columns=columns).astype({"kept": object})


def _clock(spells: pd.DataFrame, as_of: datetime) -> Clock:
    last = spells.iloc[-1]
    is_open = pd.isna(last["closed_at"]) or last["closed_at"] > as_of
    end = pd.Timestamp(as_of) if is_open else last["closed_at"]
    days_open = _days(last["opened_at"], end) if last["has_valid_interval"] else None
    is_judged = bool(last["has_valid_due"])
    return Clock(days_open, bool(is_open), is_judged, _days(last["due_at"], end) if is_judged else None)


def _waits(events: pd.DataFrame, spells: pd.DataFrame, as_of: datetime) -> tuple[Wait, ...]:
    """From each pause to the next resumption or closing."""
    ends = sorted([*events.loc[events["kind"].isin(["resumed", "closed"]), "event_at"], *spells["closed_at"].dropna()])
    made: list[Wait] = []
    for at, reason in events.loc[events["kind"] == "paused", ["event_at", "reason"]].itertuples(index=False):
        if made and (made[-1].until is None or at < made[-1].until):
            continue  # told twice: it waits already
        until = next((end for end in ends if end >= at), None)
        made.append(Wait(at, until, _days(at, until or pd.Timestamp(as_of)), None if pd.isna(reason) else reason))
    return tuple(made)


def _timeline(facts: dict[str, Any], spells: pd.DataFrame, events: pd.DataFrame) -> pd.DataFrame:
    told = events.rename(columns={"event_at": "at", "from_value": "before", "to_value": "after"})
    moved = told["kind"] == "due_changed"
    dates = {name: pd.to_datetime(told[name].where(moved), errors="coerce") for name in ("before", "after")}
    told = told.assign(
        before=told["before"].astype(object).where(~moved, dates["before"].astype(object)),
        after=told["after"].astype(object).where(~moved, dates["after"].astype(object)),
        days=[(later - earlier).total_seconds() / SECONDS_A_DAY for earlier, later in zip(dates["before"], dates["after"], strict=True)],
    )
    known = set(zip(told["kind"], told["at"], strict=True))
    kinds = set(told["kind"])
    silent = [("opened", facts["opened_at"])] if "opened" not in kinds else []
    silent += [("reopened", at) for at in spells["spell_opened_at"].iloc[1:] if ("reopened", at) not in known]
    silent += [("closed", at) for at in spells["closed_at"].dropna() if ("closed", at) not in known]
    silent += [
        (kind, facts[f"{kind}_at"]) for kind in ("acknowledged", "inspected") if facts[f"{kind}_at"] is not None and kind not in kinds
    ]
    silent += [("due", facts["due_at"])] if facts["due_at"] is not None else []
    added = pd.DataFrame([{"at": at, "kind": kind, "before": None, "after": None, "reason": None, "days": None} for kind, at in silent])
    both = pd.concat([added, told.astype({"days": object})], ignore_index=True)
    # At one instant, what begins comes before what ends.
    order = {kind: number for number, kind in enumerate(("opened", "reopened", "assigned", "transferred"))}
    both = both.assign(rank=[order.get(kind, 9 if kind in ("closed", "due") else 5) for kind in both["kind"]])
    return both.sort_values(["at", "rank"], kind="stable", ignore_index=True).drop(columns="rank")


def _related(asked: Asked, facts: dict[str, Any]) -> pd.DataFrame:
    """`source_id`, `request_type`, `opened_at`, `closed_at`, `status`, `is_parent`, of the same programme; the parent first."""
    records = asked.mart.case_records(asked.scope)
    parent = records.c.source_id == (facts["parent_source_id"] or "")
    others = or_(parent, records.c.parent_source_id == facts["source_id"])
    names = ("programme_id", "source_id", "request_type_id", "opened_at", "closed_at", "status_id")
    statement = select(*(records.c[name] for name in names)).where(
        records.c.programme_id == int(facts["programme_id"]), others, records.c.case_id != int(facts["case_id"])
    )
    frame = worded(asked, asked.mart.read(statement.order_by(records.c.opened_at).limit(MOST_RELATED), asked.scope))
    frame = frame.assign(is_parent=[source_id == facts["parent_source_id"] for source_id in frame["source_id"]])
    return frame.sort_values("is_parent", ascending=False, kind="stable", ignore_index=True)


MOST_RELATED = 100


def _days(start: pd.Timestamp, end: pd.Timestamp) -> float:
    return (end - start).total_seconds() / SECONDS_A_DAY
