"""What a fault is, what came of it, and the table of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.faults.ground import Ground

HEAD = "| What breaks | Promise | Tried | Survived | Lost | Back after | Errors seen | |\n|---|---|--:|--:|--:|--:|--:|---|"


class NotTried(Exception):
    """This machine has not what the fault needs; the text says what."""


@dataclass(frozen=True)
class Result:
    """One row.

    Args:
        tried: how often it was broken, and `survived` how often the promise held.
        lost: what is gone for good: rows, answers, acknowledged writes.
        back_after: seconds from when the cause was gone, or from the fault where nothing mends it, until all was well; the longest.
        errors: failed ones of the `asked` requests of readers meanwhile; None where nobody read.
        note: what a reader of the table has to know.
    """

    tried: int
    survived: int
    lost: int = 0
    back_after: float | None = None
    errors: int | None = None
    asked: int = 0
    note: str = ""
    allowed: int = 0
    """Errors that the promise allows."""

    @property
    def held(self) -> bool:
        """Whether the promise was kept every time."""
        return self.survived == self.tried and not self.lost and (self.errors or 0) <= self.allowed


@dataclass(frozen=True)
class Fault:
    """Something to break, with what Statroom promises about it. `known` says why the promise is not kept, where that is known."""

    name: str
    family: str
    promise: str
    run: Callable[[Ground], Result]


FAULTS: list[Fault] = []


def fault(name: str, promise: str) -> Callable[[Callable[[Ground], Result]], Callable[[Ground], Result]]:
    """Add a function to the benchmark; its module is its family."""

    def added(run: Callable[[Ground], Result]) -> Callable[[Ground], Result]:
        FAULTS.append(Fault(name, run.__module__.rpartition(".")[2], promise, run))
        return run

    return added


def row(tried: Fault, found: Result | str) -> str:
    """A line of the table; of a fault that was not tried a text says why."""
    if isinstance(found, str):
        return f"| {tried.name} | {tried.promise} | | | | | | not tried: {found} |"
    errors = "" if found.errors is None else f"{found.errors:,} of {found.asked:,}"
    back = "" if found.back_after is None else f"{found.back_after:.1f} s"
    kept = "" if found.held else "**not kept.** "
    return f"| {tried.name} | {tried.promise} | {found.tried:,} | {found.survived:,} | {found.lost:,} | {back} | {errors} | {kept}{found.note} |"
