"""Names that changed: departments that were renamed, merged or divided, and areas that sources name, each from its day on.

A city writes them into one CSV file. A case is under the name that held on the day it was opened, so figures of the past
stay those of the departments of the past, unless a row without a day says that a new name is for all years.
"""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from io import StringIO
from pathlib import Path

import pandas as pd

from data_access.city_checks import CityError
from data_access.slugs import slug

DEPARTMENT = "department"
COLUMNS = ("kind", "from", "to", "valid_from", "request_type")
NEEDED = COLUMNS[:3]


@dataclass(frozen=True, slots=True)
class Change:
    """One row: what a source calls `before` counts as `after`."""

    kind: str
    """`department`, or the id of a layer whose areas sources name."""
    before: str
    after: str
    valid_from: date | None = None
    """First day of opening it is for; None: all cases."""
    request_type: str = ""
    """Only cases of this type, where a department was divided by its work; empty: all."""


@dataclass(frozen=True)
class Crosswalk:
    """All rows of a city's file; none where it has no file."""

    changes: tuple[Change, ...] = ()

    @property
    def mark(self) -> str:
        """What tells it from another one; empty for none."""
        return hashlib.sha256(repr(self.changes).encode()).hexdigest()[:16] if self.changes else ""

    def changes_of(self, kind: str) -> bool:
        """Whether any row is about `kind`."""
        return any(one.kind == kind for one in self.changes)

    def knows(self, kind: str, label: str) -> bool:
        """Whether a row of `kind` has that name, on either side."""
        return slug(label) in self._names.get(kind, frozenset())

    @cached_property
    def _names(self) -> dict[str, frozenset[str]]:
        kinds = {one.kind for one in self.changes}
        return {
            kind: frozenset(slug(name) for one in self.changes if one.kind == kind for name in (one.before, one.after)) for kind in kinds
        }

    def named(self, kind: str, labels: pd.Series, days: pd.Series, types: pd.Series | None = None) -> pd.Series:
        """`labels` as they count: of the rows that fit a case one with its type goes first, then the one with the latest day.

        Args:
            labels: names as the source writes them; null stays null, and a name that no row has stays what it is.
            days: the city's day each case was opened on (`datetime64`, midnight); null fits rows without a day only.
            types: the request types as the source writes them; None: rows with a type fit nothing.
        """
        # The row that is to win is put last.
        rows = sorted(
            (one for one in self.changes if one.kind == kind), key=lambda one: (bool(one.request_type), one.valid_from or date.min)
        )
        typed = None if types is None else _keys(types)
        for _step in rows:  # no chain of names is longer than the file
            keys, made = _keys(labels), labels
            for one in rows:
                fits = keys == slug(one.before)
                if one.valid_from is not None:
                    fits &= days >= pd.Timestamp(one.valid_from)
                if one.request_type:
                    fits &= (typed == slug(one.request_type)) if typed is not None else False
                made = made.mask(fits.fillna(False).astype(bool), one.after)
            if made.equals(labels):
                break
            labels = made
        return labels


def _keys(labels: pd.Series) -> pd.Series:
    """Names as they are compared: case, accents and signs do not matter."""
    return labels.map({label: slug(str(label)) for label in labels.dropna().unique()}).astype("str")


def read_crosswalk(path: Path, layers: Collection[str]) -> Crosswalk:
    """The rows of a file.

    Args:
        layers: ids of the layers whose areas sources name: the kinds there are beside `department`.

    Raises:
        CityError: it is missing, or the first row to mend.
    """
    try:
        rows = list(csv.DictReader(StringIO(path.read_text("utf-8-sig")), strict=True))
    except FileNotFoundError:
        raise CityError(f"{path} does not exist, and 'crosswalk' of city.toml names it.") from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise CityError(f"{path} cannot be read ({error}); save it as CSV in UTF-8.") from None
    there = list(rows[0]) if rows else []
    if not rows or not set(NEEDED) <= set(there) or not set(there) <= set(COLUMNS):
        raise CityError(
            f"{path} needs a row for each change and the columns {', '.join(NEEDED)}; there may be {', '.join(COLUMNS[3:])} too."
        )
    changes = tuple(_change(path, number, row, layers) for number, row in enumerate(rows, start=2))
    _check(path, changes)
    return Crosswalk(changes)


def _change(path: Path, line: int, row: dict[str, str | None], layers: Collection[str]) -> Change:
    kind, before, after, since, request_type = ((row.get(name) or "").strip() for name in COLUMNS)
    if kind != DEPARTMENT and kind not in layers:
        known = ", ".join([DEPARTMENT, *layers])
        raise CityError(f"{path}, line {line}: kind is {kind!r}; it may be one of {known}. Areas found by their point need no row here.")
    if not before or not after or None in row:
        raise CityError(f"{path}, line {line}: 'from' and 'to' need a name each, and no row more than the columns.")
    try:
        return Change(kind, before, after, date.fromisoformat(since) if since else None, request_type)
    except ValueError:
        raise CityError(
            f"{path}, line {line}: valid_from is {since!r}; write a day such as 2025-07-01, or leave it empty for all cases."
        ) from None


def _check(path: Path, changes: Sequence[Change]) -> None:
    seen: set[tuple[str, str, date | None, str]] = set()
    for line, one in enumerate(changes, start=2):
        key = (one.kind, slug(one.before), one.valid_from, slug(one.request_type))
        if key in seen:
            raise CityError(f"{path}, line {line}: {one.before!r} has two rows for the same day and type; leave one.")
        seen.add(key)
    follows: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for one in changes:
        if slug(one.before) != slug(one.after):
            follows.setdefault((one.kind, slug(one.before)), set()).add((one.kind, slug(one.after)))
    for line, one in enumerate(changes, start=2):
        start, reached = (one.kind, slug(one.before)), set[tuple[str, str]]()
        open_ = set(follows.get(start, ()))
        while open_:
            reached |= open_
            open_ = {name for at in open_ for name in follows.get(at, ())} - reached
        if start in reached:
            remedy = f"a name that came back is written as {one.before} -> {one.before} from its day on"
            raise CityError(f"{path}, line {line}: {one.before!r} leads back to itself; {remedy}.")
