"""What sources on the web share: pages of rows become batches, only mapped columns are kept, and a first load can go on."""

from __future__ import annotations

from abc import abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Iterable, Iterator, Literal, Mapping, Sequence

import orjson
import pandas as pd

from data_access.city import City
from data_access.city_models import SourceConfig
from data_access.mapping.ids import plain_ids
from data_access.mapping.spec import MappingFile
from data_access.sources.base import RawBatch, Source, SourceError
from data_access.sources.connections import frame_of
from data_access.sources.http import Client, shown
from data_access.sources.spool import Page, Spool
from data_access.sources.watermarks import highest, not_after
from settings import utc_now

MOST_SAME = 2
"""Pages that may have the same rows as the one before: of rows without an id, a short page may come again by chance."""
MOST_MISSED, FEW_MISSED = 0.05, 50
"""Rows that may be missing of those a source says it has, as a share and as a number."""
GATHERED_ROWS = 5_000
"""Small pages are put together to about this many rows: a batch costs more than a row."""

Row = Mapping[str, Any]


@dataclass
class Piece:
    """Some rows of a source, by its own column names, and which field is in which column."""

    rows: Sequence[Row]
    chosen: Mapping[str, str]
    kind: Literal["cases", "events"] = "cases"
    marks: list[Any] = field(default_factory=list)
    """The time of the last change of each row, where rows say it."""


class WebSource(Source):
    """Rows of an API. `spool`: a folder for pages of a load that may break off."""

    def __init__(self, config: SourceConfig, city: City, mapping: MappingFile, mapping_path: Path, spool: Path | None = None) -> None:
        super().__init__(config, city, mapping, mapping_path)
        self.web = config.web
        self.addresses = config.urls or (str(config.url),)
        self.client = Client(config.name, self.addresses[0], self.web, self._headers())
        for address in self.addresses[1:]:
            Client(config.name, address, self.web)  # refuses one that is none
        # Of cases that are only ever told in totals, not even a load that broke off leaves anything behind.
        kept = spool is not None and city.programme(config.programme).privacy != "aggregate"
        self._kept = Spool(spool / config.name if spool is not None and kept else None)
        self._spool = Spool(None)
        self._began: datetime | None = None
        self._seen: int | None = None
        self._same = 0

    @abstractmethod
    def pieces(self, start: datetime | None) -> Iterator[Piece]:
        """All rows, or those changed at or after `start` (naive UTC, or on the source's own clock where it writes no offset)."""

    def batches(self, since: str | None) -> Iterator[RawBatch]:
        # Of changes, nothing is kept: a later load asks for them again from the same instant.
        self._spool = self._kept if since is None else Spool(None)
        self._began = None
        self._kept.prune()
        for piece in _gathered(self.pieces(self._start(since))):
            frame = frame_of([[value_at(row, column) for column in piece.chosen.values()] for row in piece.rows], list(piece.chosen))
            if not len(frame):
                frame = pd.DataFrame(columns=list(piece.chosen))
            yield RawBatch(piece.kind if piece.kind == "events" else self.mapping.read.entity, frame, self._mark(piece.marks))
        self._spool.forget()

    def page(self, question: Any, fetch: Any, *, may_repeat: bool = False) -> Page:
        """The page that answers `question`, kept or fetched now.

        Raises:
            SourceError: page after page has the same rows, or an answer has not the form of this kind of source.
        """

        def made() -> dict[str, Any]:
            with self.understood(self.addresses[0]):
                return {"at": utc_now().isoformat(), **fetch()}

        page = self._spool.page([self.config.name, question], made)
        if not may_repeat:
            self._refuse_same(page["rows"])
        at = datetime.fromisoformat(page["at"])
        self._began = at if self._began is None else min(at, self._began)
        return page

    @contextmanager
    def understood(self, address: str) -> Iterator[None]:
        """An answer that is built otherwise than its protocol says is the source's fault, and told so."""
        try:
            yield
        except (AttributeError, LookupError, TypeError, ValueError, RecursionError) as error:
            raise self.broken(address, f"its answer is not built as this kind of source builds it ({type(error).__name__})") from error

    def _refuse_same(self, rows: Sequence[Any]) -> None:
        """Without this, an endpoint that ignores which page is asked for would be read for hours."""
        seen = hash(orjson.dumps(rows, default=str)) if rows else None
        self._same = self._same + 1 if seen is not None and seen == self._seen else 0
        self._seen = seen
        if self._same >= MOST_SAME:
            raise self.broken(self.addresses[0], f"it answers {self._same + 1} pages in a row with the same rows, so that they never end")

    def columns_of(self, address: str, available: Iterable[str], first: dict[str, list[str]]) -> dict[str, str]:
        """`chosen_columns` of one of several addresses; how it differs from the first is drift."""
        there = list(available)
        known = first.setdefault("columns", there)
        if set(known) != set(there):
            changes = [*(f"+{name}" for name in sorted(set(there) - set(known))), *(f"-{name}" for name in sorted(set(known) - set(there)))]
            self.note_drift(f"{shown(address)} has other columns than the first address: {', '.join(changes)[:200]}")
        return self.chosen_columns(there)

    def note_missed(self, address: str, read: int, there_are: int) -> None:
        """Say that rows moved to pages that were read already: where some are deleted meanwhile, others move up.

        Raises:
            SourceError: so many are missing that the rest is not all there is: the missing would be taken for deleted.
        """
        missed = there_are - read
        if missed > max(MOST_MISSED * there_are, FEW_MISSED):
            what = f"it says that it has {there_are:,} rows and gives {read:,}"
            raise self.client.error(address, what, "if it gives fewer rows at once than it is asked for, set 'page_rows' in [source.web]")
        if missed > 0:
            self.note_drift(f"{missed:,} rows moved while pages were read and are missing; `flask sync --full` reads them")

    def columns_seen(self, rows: Sequence[Row]) -> set[str]:
        """The columns of an API that lists none: what some rows have, and what they may lack because it is empty in them."""
        mapping = self.mapping
        fields = [field for field in mapping.columns if field in mapping.read.optional or not rows]
        areas = [(given,) if isinstance(given, str) else given for given in mapping.areas.values()]
        inner = {f"{name}.{one}" for row in rows for name, value in row.items() if isinstance(value, Mapping) for one in value}
        named = {name for names in (*map(mapping.aliases, fields), *areas) for name in names}
        return {name for row in rows for name in row} | inner | named

    def ids(self, rows: Sequence[Row], column: str) -> pd.Series:
        """The ids of `rows` as cases have them."""
        return plain_ids(pd.Series([value_at(row, column) for row in rows], dtype=object)).dropna()

    def _headers(self) -> dict[str, str]:
        return {}

    def _start(self, since: str | None) -> datetime | None:
        if since is None:
            return None
        return datetime.fromisoformat(since).replace(tzinfo=None) - timedelta(minutes=self.mapping.web.overlap_minutes)

    def _mark(self, marks: list[Any]) -> str | None:
        if not marks:
            return None
        mark = highest(pd.Series(marks, dtype=object), self.mapping.time, self.city.zone, utc_now())
        return None if mark is None else not_after(mark, self._began or utc_now(), self.mapping.time, self.city.zone)

    def broken(self, address: str, what: str) -> SourceError:
        """The answer has not the form that this kind of source has."""
        return self.client.error(address, what, "check that url is the address of the API and that 'kind' fits it")


def value_at(row: Row, path: str) -> Any:
    """The value of a column; "a.b.0" reaches into what is nested."""
    if path in row:
        return _plain(row[path])
    found: Any = row
    for part in path.split("."):
        if isinstance(found, Mapping):
            found = found.get(part)
        elif isinstance(found, list) and part.isdigit() and int(part) < len(found):
            found = found[int(part)]
        else:
            return None
    return _plain(found)


def only(row: Row, columns: Iterable[str]) -> dict[str, Any]:
    """What is kept of a row: the columns that are asked for."""
    return {column: value for column in columns if (value := value_at(row, column)) is not None}


def _plain(value: Any) -> Any:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]  # FixMyStreet's older endpoints wrap every value in a list
    return None if isinstance(value, (Mapping, list)) else str(value).lower() if isinstance(value, bool) else value


def _gathered(pieces: Iterator[Piece]) -> Iterator[Piece]:
    """The same rows in fewer pieces; each keeps its order, kind and columns."""
    held: Piece | None = None
    for piece in pieces:
        if held and held.kind == piece.kind and held.chosen == piece.chosen and len(held.rows) < GATHERED_ROWS:
            held = Piece([*held.rows, *piece.rows], held.chosen, held.kind, [*held.marks, *piece.marks])
            continue
        if held and (held.rows or held.marks):
            yield held
        held = piece
    if held and (held.rows or held.marks):
        yield held
