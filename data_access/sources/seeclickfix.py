"""SeeClickFix API v2: issues in pages of a hundred, by windows of the days they were created, later by the time they changed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Iterator

import pandas as pd

from data_access.sources.base import SourceError
from data_access.sources.web import Piece, WebSource, only
from data_access.sources.windows import spans
from settings import utc_now

PAGE_ROWS = 100
STATUSES = "open,acknowledged,closed,archived"
"""Unasked, the API leaves out what was archived."""
MOMENTS = {"acknowledged_at": "acknowledged", "closed_at": "closed", "reopened_at": "reopened"}
FIELDS = (
    "id", "status", "summary", "description", "rating", "lat", "lng", "address", "created_at", "updated_at", "acknowledged_at", "closed_at",
    "reopened_at", "html_url", "request_type.title", "request_type.organization", "request_type.id",
)  # fmt: skip
"""What the API documents of an issue: of one that has none of it, an answer may not say so."""


class SeeClickFixSource(WebSource):
    """`url` is the list of issues with the place in its query: `https://seeclickfix.com/api/v2/issues?place_url=example-city`."""

    def pieces(self, start: datetime | None) -> Iterator[Piece]:
        if self.web.since is None:
            raise SourceError(
                f"source {self.config.name!r}: it is read by windows of days; name the first one with 'since' in [source.web]."
            )
        begins = datetime(self.web.since.year, self.web.since.month, self.web.since.day, tzinfo=UTC)
        for address in self.addresses:
            chosen = self.chosen_columns({*FIELDS, *self.columns_seen(self._found(address, {"page": 1, "per_page": 20})[0])})
            columns = {*chosen.values(), *MOMENTS, "id", "updated_at"}
            if start is not None:
                asked = [{"updated_at_after": _written(start.replace(tzinfo=UTC))}]
            else:
                asked = [
                    {"after": _written(first), "before": _written(last)} for first, last in spans(begins, utc_now().replace(microsecond=0))
                ]
            for params in asked:
                for rows in self._pages(address, params, columns):
                    yield Piece(rows, chosen, marks=[row.get("updated_at") for row in rows])
                    events = [event for row in rows for event in _events(row)]
                    if events and self.mapping.events:
                        yield Piece(events, self.mapping.events.columns, "events")

    def count(self) -> int | None:
        if self.web.since is None:
            return None
        params = {"after": f"{self.web.since}T00:00:00Z"}
        found = [self._found(address, {**params, "page": 1, "per_page": 1})[1].get("entries") for address in self.addresses]
        return sum(found) if all(isinstance(entries, int) for entries in found) else None  # type: ignore[arg-type]

    def keys(self) -> Iterator[pd.Series] | None:
        """The API does not list ids alone: what was deleted is found by a full load."""
        return iter(())

    def _pages(self, address: str, params: dict[str, Any], columns: set[str]) -> Iterator[list[Any]]:
        size, number = min(self.web.page_rows or PAGE_ROWS, PAGE_ROWS), 1
        while True:
            # By creation: what changes meanwhile keeps its place.
            asked = {**params, "page": number, "per_page": size, "sort": "created_at", "sort_direction": "ASC"}

            def fetch(asked: dict[str, Any] = asked, number: int = number) -> dict[str, Any]:
                rows, pagination = self._found(address, asked)
                return {"rows": [only(row, columns) for row in rows], "more": bool(rows) and number < int(pagination.get("pages") or 1)}

            page = self.page([address, asked, sorted(columns)], fetch)
            if page["rows"]:
                yield page["rows"]
            if not page["more"]:
                return
            number += 1

    def _found(self, address: str, params: dict[str, Any]) -> tuple[list[dict[str, Any]], dict[str, Any]]:
        found = self.client.json(address, {"status": STATUSES, **params})
        if not isinstance(found, dict) or not isinstance(found.get("issues"), list):
            raise self.broken(address, "its answer has no issues")
        return found["issues"], (found.get("metadata") or {}).get("pagination") or {}

    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Token {self.web.key}"} if self.web.key else {}


def _events(row: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"id": row["id"], "at": row[name], "kind": kind} for name, kind in MOMENTS.items() if row.get(name)]


def _written(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
