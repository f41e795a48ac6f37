"""What is doubtful about a source, told from its profile: each with the remedy. An error stops a load or makes it worthless."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from data_access.sources.profile import Profile

MOST_UNMAPPED_STATUS = 0.05
"""More rows than this share with a status nobody mapped: somebody renamed it, and the load waits for a person."""
MOST_REFUSED = 0.5
"""More rows than this share refused by a load that reads everything: it would replace good data by less than half of it."""
EARLIEST_BUSY_HOUR = 7
"""Cities are asked by day: a busiest hour before this is a time zone that was misread."""
MOST_LATE = 0.6
"""Above this share late, the column mapped as deadline is probably another date."""
MOST_REPEATED = 0.05
LEAST_FOR_WARNING = 50
NAMED = 8


@dataclass(frozen=True)
class Doubt:
    """One thing to look at."""

    level: Literal["error", "warning"]
    about: str
    """A word for programs: the same doubt has the same word in every version."""
    text: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.text}; {self.remedy}"


def doubts_of(made: Profile) -> list[Doubt]:
    """All of a profile, errors first."""
    found = [*_of_rows(made), *_of_times(made), *_of_words(made), *_of_intervals(made), *_of_places(made)]
    return sorted(found, key=lambda doubt: doubt.level)


def _of_rows(made: Profile) -> Iterator[Doubt]:
    refused = sum(made.refused.values())
    if made.rows == 0:
        yield Doubt("error", "no_rows", "the source has no rows", "a load would refuse it.")
    elif refused > MOST_REFUSED * made.rows:
        yield Doubt(
            "error", "refused", f"{refused:,} of {made.rows:,} rows are refused", "a load of everything would stop; see the reasons above."
        )
    elif refused > made.rows / 20:
        yield Doubt("warning", "refused", "more than one row in twenty is refused", "see the reasons above.")
    if made.duplicate_ids > MOST_REPEATED * max(made.rows, 1):
        text = f"{made.duplicate_ids:,} rows have an id that came before: of each only the last is kept"
        yield Doubt("warning", "repeated_ids", text, "check that 'source_id' is the case's number and not another's.")


def _of_times(made: Profile) -> Iterator[Doubt]:
    if made.cases >= LEAST_FOR_WARNING and made.busiest_hour is not None and made.busiest_hour < EARLIEST_BUSY_HOUR:
        yield Doubt(
            "warning", "night", f"most cases open at {made.busiest_hour:02d}:00",
            "check 'zone' in [time] of the mapping (times in UTC?), 'offset_applied' (shifted twice?), or whether the source has days only.",
        )  # fmt: skip
    if made.with_due >= LEAST_FOR_WARNING and made.late_share is not None and made.late_share > MOST_LATE:
        yield Doubt(
            "warning",
            "late",
            f"{made.late_share:.0%} of cases are late",
            "check that 'due_at' is mapped to a deadline and not to another date.",
        )
    future = made.refused.get("The case opens in the future.", 0) + _found(made, "closed_in_future")
    if future:
        yield Doubt(
            "warning", "future", f"{future:,} dates lie in the future", "check 'formats' in [time] (day and month changed?) and the zone."
        )
    unread = _found(made, "unreadable_time")
    if unread:
        yield Doubt(
            "warning",
            "unreadable_times",
            f"{unread:,} times cannot be read, such as {_example(made, 'unreadable_time')}",
            "add their form to 'formats' in [time].",
        )
    without = made.cases - made.with_due
    if made.with_due and without > 0.5 * made.cases:
        text = f"{without / made.cases:.0%} of cases have no deadline"
        yield Doubt("warning", "missing_due", text, "types that have a promise can get it from an [[sla_rule]] in city.toml.")


def _of_words(made: Profile) -> Iterator[Doubt]:
    unmapped = [found for found in made.findings if found[0].startswith("unmapped_")]
    status = sum(count for kind, *_, count, _ in unmapped if kind == "unmapped_status")
    if status > MOST_UNMAPPED_STATUS * max(made.rows, 20):
        yield Doubt(
            "error", "unmapped_status", f"{status:,} of {made.rows:,} rows have a status that is not mapped ({_named(made, 'unmapped_status')})",
            "a load waits until [status] of the mapping says what it means.",
        )  # fmt: skip
    elif unmapped:
        rows = sum(count for *_, count, _ in unmapped)
        words = "1 word is" if len(unmapped) == 1 else f"{len(unmapped):,} words are"
        text = f"{words} not mapped, in {rows:,} row{'' if rows == 1 else 's'} ({_named(made, 'unmapped_')})"
        yield Doubt("warning", "unmapped_words", text, "loaded as unknown: say in the mapping what is meant.")


def _of_intervals(made: Profile) -> Iterator[Doubt]:
    for kind, text, remedy in (
        (
            "closed_before_opened",
            "case closes before it opens|cases close before they open",
            "durations leave them out; check which columns are 'opened_at' and 'closed_at', and the zone.",
        ),
        (
            "closed_without_date",
            "closed case has no closing date|closed cases have no closing date",
            "their end is when the status was set, if 'status_at' is mapped; durations leave them out.",
        ),
        ("due_before_opened", "deadline lies before the opening|deadlines lie before the opening", "check that 'due_at' is a deadline."),
        (
            "closing_date_but_not_closed",
            "case has a closing date and another status than closed|cases have a closing date and another status than closed",
            "the date counts; check the words in [status].",
        ),
    ):
        count = _found(made, kind)
        if count:
            one, _, many = text.partition("|")
            yield Doubt("warning", kind, f"{count:,} {one if count == 1 else many}", remedy)


def _of_places(made: Profile) -> Iterator[Doubt]:
    if made.pile_ups:
        points = ", ".join(f"{count:,} at {latitude}, {longitude}" for latitude, longitude, count in made.pile_ups[:3])
        text = f"points with very many cases ({points}) usually mean that the address is not known"
        yield Doubt("warning", "pile_ups", text, "a load takes such points off the map.")
    impossible = _found(made, "impossible_point")
    if impossible:
        yield Doubt(
            "warning",
            "impossible_points",
            f"{impossible:,} points lie nowhere on Earth",
            "check which column is 'latitude' and which 'longitude'.",
        )


def _found(made: Profile, kind: str) -> int:
    return sum(count for found, *_, count, _ in made.findings if found == kind)


def _named(made: Profile, kind: str) -> str:
    """The most frequent values of such findings, with counts."""
    values = [f"{value!r} {count:,} x" for found, _, value, count, _ in made.findings if found.startswith(kind)]
    return ", ".join(values[:NAMED]) + (f" and {len(values) - NAMED} more" if len(values) > NAMED else "")


def _example(made: Profile, kind: str) -> str:
    return next((repr(value) for found, _, value, *_ in made.findings if found == kind), "")
