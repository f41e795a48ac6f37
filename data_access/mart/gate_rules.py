"""What a load of one source may not change unseen: the state before and after it, compared with the limits of its gate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from data_access.gate_models import Gate

MOST_DEPARTMENTS = 5
"""So many departments are named, those with the largest losses first."""


@dataclass(frozen=True)
class Seen:
    """A source as one generation has it."""

    rows: int
    """Cases; of a source of figures its values, of one of contacts its hours."""
    newest: datetime | None = None
    """Opening of the newest case that is not in the future, naive UTC."""
    departments: Mapping[str, int] = field(default_factory=dict)
    """Id -> cases."""
    compared: int = 0
    """Cases whose columns are compared: all of them, or of a load of changes those opened lately."""
    empty: Mapping[str, int] = field(default_factory=dict)
    """Column -> how many of those compared have nothing in it."""
    values: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    """Column -> word -> how many of those compared have it."""
    names: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Column -> word or id -> what people call it."""

    def called(self, column: str, word: str) -> str:
        return self.names.get(column, {}).get(word, word)

    read: int = 0
    """Rows that a load of everything read, or the present load."""
    refused: int = 0
    """Of them those refused."""


@dataclass(frozen=True)
class Remark:
    """What one gate found."""

    gate: str
    """The limit's key in `[source.gate]`."""
    source_name: str
    subject: str
    """The department or column; else empty."""
    measured: float | None
    """What is compared with the limit; None where numbers of cases are not told."""
    limit: float
    sentence: str


def judged(name: str, before: Seen, now: Seen, gate: Gate, *, new: int = 0) -> list[Remark]:
    """What of the source `name` goes beyond its gate, none where nothing or next to nothing was held before.

    Args:
        before: what is in service.
        now: what was built.
        new: cases that the load brought for the first time.
    """
    if before.rows < gate.least:
        return []
    found = [*_rows(before, now, gate, new), *_newest(before, now, gate), *_departments(before, now, gate)]
    found += [*_nulls(before, now, gate), *_values(before, now, gate), *_refused(before, now, gate)]
    return [
        Remark(kind, name, subject, measured, getattr(gate, kind), f"{name}: {sentence}") for kind, subject, measured, sentence in found
    ]


Found = Iterator[tuple[str, str, float, str]]


def _rows(before: Seen, now: Seen, gate: Gate, new: int) -> Found:
    change = now.rows - before.rows
    share = change / before.rows
    if change <= -gate.least and -share > gate.fewer:
        yield "fewer", "", -share, f"{now.rows:,} rows instead of {before.rows:,}, {-share:.1%} fewer; at most {gate.fewer:.1%} fewer pass."
    if change >= gate.least and share > gate.more:
        yield "more", "", share, f"{now.rows:,} rows instead of {before.rows:,}, {share:.1%} more; at most {gate.more:.1%} more pass."
    # Only cases have an instant of opening: figures come in place of figures all the time.
    replaced = 0 if before.newest is None else min(new, before.rows + new - now.rows)
    if replaced >= gate.least and replaced / before.rows > gate.replaced:
        share = replaced / before.rows
        yield "replaced", "", share, (
            f"{replaced:,} of {before.rows:,} cases are gone and others came in their place, {share:.1%}; at most {gate.replaced:.1%} pass. "
            "Did cases get new numbers?"
        )  # fmt: skip


def _newest(before: Seen, now: Seen, gate: Gate) -> Found:
    if before.newest is None or now.newest is None:
        return
    back = (before.newest - now.newest) / timedelta(hours=1)
    if back > gate.newest_back_hours:
        yield "newest_back_hours", "", back, (
            f"the newest case was opened {now.newest:%Y-%m-%d %H:%M} UTC, {back:,.0f} hours before the newest one in service; "
            f"at most {gate.newest_back_hours:g} hours pass."
        )  # fmt: skip


def _departments(before: Seen, now: Seen, gate: Gate) -> Found:
    lost = {label: n - now.departments.get(label, 0) for label, n in before.departments.items()}
    beyond = [label for label, n in lost.items() if n >= gate.least and n / before.departments[label] > gate.department]
    # Where there are as many cases as before, somebody else has them now.
    remedy = (
        " If it has a new name, write the new one among its aliases in city.toml." if now.rows >= before.rows * (1 - gate.fewer) else ""
    )
    for label in sorted(beyond, key=lambda label: (-lost[label], label))[:MOST_DEPARTMENTS]:
        held, left = before.departments[label], now.departments.get(label, 0)
        name = before.called("department", label)
        yield "department", name, lost[label] / held, (
            f"{name} has {left:,} cases instead of {held:,}, {lost[label] / held:.1%} fewer; at most {gate.department:.1%} fewer pass.{remedy}"
        )  # fmt: skip


def _nulls(before: Seen, now: Seen, gate: Gate) -> Found:
    if not before.compared or not now.compared:
        return
    for column, n in now.empty.items():
        held, share = before.empty.get(column, 0) / before.compared, n / now.compared
        if abs(share - held) > gate.nulls and abs(share - held) * now.compared >= gate.least:
            yield "nulls", column, abs(share - held), (
                f"{share:.1%} of the cases have no {column}, before it were {held:.1%}; at most {gate.nulls * 100:g} points of difference pass."
            )  # fmt: skip


def _values(before: Seen, now: Seen, gate: Gate) -> Found:
    for column, counts in now.values.items():
        fresh = {label: n for label, n in counts.items() if label not in before.values.get(column, {})}
        n = sum(fresh.values())
        if n >= gate.least and n / now.compared > gate.new_values:
            example = max(fresh, key=lambda label: (fresh[label], label))
            yield "new_values", column, n / now.compared, (
                f"{n / now.compared:.1%} of the cases have a {column} that was not there before, such as {now.called(column, example)[:60]!r}; "
                f"at most {gate.new_values:.1%} pass."
            )  # fmt: skip


def _refused(before: Seen, now: Seen, gate: Gate) -> Found:
    if not before.read or not now.read:
        return
    held, share = before.refused / before.read, now.refused / now.read
    if share - held > gate.refused and (share - held) * now.read >= gate.least:
        yield "refused", "", share - held, (
            f"{share:.1%} of the rows read are refused, before it were {held:.1%}; at most {gate.refused * 100:g} points more pass."
        )  # fmt: skip
