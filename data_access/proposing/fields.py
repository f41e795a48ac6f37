"""Which column is proposed for which field of a case, and why: by its name and by what it holds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Mapping

import pandas as pd

from data_access.proposing.facts import Facts, parsed
from data_access.proposing.names import AREAS, MEASURES, NOT_DEADLINES, name_score, plain_name

LEAST = 0.4
"""A column with less is not proposed."""
AS_LIKELY = 0.12
"""Two columns nearer than this are equally likely: a person decides."""
MOST_LATE, MOST_BEFORE = 0.6, 0.2
MOST_WORDS = {"status": 60, "channel": 80, "outcome": 80, "priority": 20, "department": 400, "queue": 2_000, "request_group": 2_000}
TIMES = ("opened_at", "acknowledged_at", "inspected_at", "due_at", "closed_at", "source_updated_at", "status_at")
ORDER = (
    "source_id", "opened_at", "closed_at", "due_at", "status", "request_type", "department", "channel", "latitude", "longitude", "source_updated_at", "request_group",
    "queue", "outcome", "priority", "address", "is_duplicate", "parent_source_id", "acknowledged_at", "inspected_at", "status_at", "satisfaction", "source_url",
)  # fmt: skip


@dataclass(frozen=True)
class Proposal:
    """One field's column."""

    field: str
    column: str
    score: float
    reason: str
    others: tuple[str, ...] = ()
    """Columns that are as likely."""


@dataclass
class Proposed:
    """All of one source."""

    entity: str
    fields: dict[str, Proposal] = field(default_factory=dict)
    areas: dict[str, str] = field(default_factory=dict)
    """Layer id -> column."""
    left_out: dict[str, str] = field(default_factory=dict)
    """Column -> what of people it holds: not read."""
    not_deadlines: dict[str, str] = field(default_factory=dict)
    """Column -> why it is no deadline although it looks like one."""


def propose(facts: Mapping[str, Facts]) -> Proposed:
    """A column for every field that has one. `fields` may lack `source_id` or `opened_at`: then it is no table of cases."""
    if _are_measures(facts):
        return _measures(facts)
    made = Proposed("cases")
    made.left_out = {name: one.personal for name, one in facts.items() if one.personal}
    open_to = {name: one for name, one in facts.items() if not one.personal and one.kind != "empty"}
    ranked = {wanted: _ranked(wanted, open_to) for wanted in ORDER}
    opened = ranked["opened_at"] or _earliest(open_to)
    if opened:
        ranked["opened_at"] = opened
        ranked["due_at"] = _deadlines(open_to, opened[0][1], ranked["closed_at"], made)
    taken: set[str] = set()
    # The surest first, so that "reason" is no type where "type" is one.
    for wanted in sorted(ORDER, key=lambda name: -(ranked[name][0][0] if ranked[name] else 0)):
        candidates = [(score, name) for score, name in ranked[wanted] if name not in taken]
        if not candidates:
            continue
        score, name = candidates[0]
        near = tuple(other for s, other in candidates[1:4] if score - s < AS_LIKELY and wanted == "due_at")
        made.fields[wanted] = Proposal(wanted, name, score, _reason(wanted, facts[name]), near)
        taken.add(name)
    made.fields = {name: made.fields[name] for name in ORDER if name in made.fields}
    made.areas = _areas(open_to, taken)
    return made


def _ranked(wanted: str, facts: Mapping[str, Facts]) -> list[tuple[float, str]]:
    scored = [(name_score(wanted, name) * _fits(wanted, one), name) for name, one in facts.items()]
    return sorted(((score, name) for score, name in scored if score >= LEAST), key=lambda pair: -pair[0])


def _fits(wanted: str, one: Facts) -> float:
    """How well what a column holds fits the field: 0 it cannot be, 1 it can."""
    if wanted in TIMES:
        return (1.0 if wanted != "opened_at" or one.null_share < 0.2 else 0.3) if one.times is not None else 0.0
    if one.kind == "time":
        return 0.0
    if wanted == "source_id":
        if one.null_share > 0.05 or (one.kind == "number" and not one.whole):
            return 0.0
        return 1.0 if one.unique_share > 0.98 else 0.5
    if wanted in ("latitude", "longitude"):
        limit = 90 if wanted == "latitude" else 180
        inside = one.kind == "number" and one.low is not None and one.high is not None and -limit <= one.low and one.high <= limit
        return float(inside and not one.whole)
    if wanted == "satisfaction":
        return float(one.kind == "number" and one.whole and (one.low or 0) >= 1 and (one.high or 9) <= 5)
    if wanted == "is_duplicate":
        return float(one.distinct <= 3 and one.samples[0].lower() in ("true", "false", "0", "1", "y", "n", "yes", "no", "t", "f"))
    if wanted == "source_url":
        return float(one.samples[0].startswith("http"))
    if wanted in MOST_WORDS:
        few = one.distinct <= MOST_WORDS[wanted] and one.kind in ("word", "text")
        return float(few) if wanted not in ("status", "channel", "outcome") or one.kind == "word" else 0.0
    if wanted == "request_type":
        return float(one.kind in ("word", "text") and 2 <= one.distinct <= 3_000 and one.unique_share < 0.5)
    if wanted == "parent_source_id":
        return float(one.null_share > 0.3)
    if wanted == "address":
        return float(one.kind in ("text", "word"))
    return 1.0


def _earliest(facts: Mapping[str, Facts]) -> list[tuple[float, str]]:
    """No name says which time a case opened: the fullest column that is before all others."""
    full = [(name, one) for name, one in facts.items() if one.times is not None and one.null_share < 0.02]
    return [(LEAST, name) for name, one in sorted(full, key=lambda pair: pair[1].times.first)[:1]]  # type: ignore[union-attr]


def _deadlines(facts: Mapping[str, Facts], opened: str, closed: list[tuple[float, str]], made: Proposed) -> list[tuple[float, str]]:
    """Columns that can be deadlines; those that only look like one are noted with the reason."""
    begun = parsed(facts[opened])
    ended = parsed(facts[closed[0][1]]) if closed else pd.Series(pd.NaT, index=begun.index, dtype="datetime64[us]")
    kept = []
    for name, one in facts.items():
        looks = plain_name(name) in NOT_DEADLINES
        score = max(name_score("due_at", name), 0.5 if looks else 0.0)
        if score < LEAST or one.times is None or name == opened:
            continue
        why = _no_deadline(parsed(one), begun, ended)
        if why is None and looks:
            why = "by its name it is the day on which somebody came or will come"
        if why is None:
            kept.append((score, name))
        else:
            made.not_deadlines[name] = why
    return sorted(kept, key=lambda pair: -pair[0])


def _no_deadline(due: pd.Series, opened: pd.Series, closed: pd.Series) -> str | None:
    """Why `due` cannot be what was promised, in words; None if it can."""
    both = due.notna() & opened.notna()
    if both.sum() < 20:
        return None
    # Of a day without a time of day only the day can be compared.
    before = (due[both] + pd.Timedelta(days=1) < opened[both]).mean()
    if before > MOST_BEFORE:
        return f"{before:.0%} of its dates lie before the case opened"
    judged = both & closed.notna()
    if judged.sum() >= 20:
        late = (closed[judged] > due[judged]).mean()
        if late > MOST_LATE:
            return f"read as deadline it makes {late:.0%} of the closed cases late"
    return None


def _reason(wanted: str, one: Facts) -> str:
    """Why, and what it holds: for the comment in the mapping and on the screen."""
    parts = ["by name" if name_score(wanted, one.name) >= LEAST else "by what it holds"]
    if wanted == "source_id":
        parts.append(f"{one.unique_share:.1%} different")
    if one.times is not None:
        parts.append(f"{one.times.first:%Y-%m-%d} to {one.times.last:%Y-%m-%d}")
    if one.kind == "word":
        parts.append(f"{one.distinct:,} words")
    parts.append("never empty" if one.null_share == 0 else f"{one.null_share:.1%} empty")
    return ", ".join(parts)


def _areas(facts: Mapping[str, Facts], taken: set[str]) -> dict[str, str]:
    made = {}
    for layer, (_, _, names) in AREAS.items():
        for name, one in facts.items():
            if (
                plain_name(name) in names
                and name not in taken
                and name not in made.values()
                and 2 <= one.distinct <= 1_000
                and one.null_share < 0.9
            ):
                made.setdefault(layer, name)
    return dict(list(made.items())[:4])


def _are_measures(facts: Mapping[str, Facts]) -> bool:
    """Figures of fiscal years with targets instead of cases."""
    found = {wanted for wanted, names in MEASURES.items() if any(plain_name(column) in names for column in facts)}
    return {"measure", "fiscal_year", "year_value", "year_target"} <= found


def _measures(facts: Mapping[str, Facts]) -> Proposed:
    made = Proposed("measures")
    for wanted, names in MEASURES.items():
        fitting = [(names.index(plain_name(column)), column) for column in facts if plain_name(column) in names]
        fitting = [(place, column) for place, column in fitting if column not in {one.column for one in made.fields.values()}]
        if fitting:
            column = min(fitting)[1]
            made.fields[wanted] = Proposal(wanted, column, 1.0, f"by name, {facts[column].null_share:.1%} empty")
    return made


def chosen(made: Proposed, wanted: str, column: str | None) -> None:
    """Take `column` for a field, as a person said; None: none."""
    if column is None:
        made.fields.pop(wanted, None)
    else:
        given = made.fields.get(wanted) or Proposal(wanted, column, 1.0, "")
        made.fields[wanted] = replace(given, column=column, reason="as answered", others=())
