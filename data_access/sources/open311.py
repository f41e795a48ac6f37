"""Endpoints of Open311 GeoReport v2, with the extensions of FixMyStreet (states, updates) and Chicago (attributes, notes)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Iterator

import pandas as pd

from data_access.slugs import slug
from data_access.sources.base import SourceError
from data_access.sources.http import Refused
from data_access.sources.open311_rows import (
    MADE_FIELDS,
    REQUEST_FIELDS,
    Row,
    completed,
    history,
    instant_of,
    rows_of,
    rows_of_xml,
    service_names,
    with_history,
    with_notes,
)
from data_access.sources.web import Piece, WebSource, only
from data_access.sources.windows import Walk, WindowFull, spans
from settings import utc_now

PAGE_ROWS = 500
UPDATE_FIELDS = ("service_request_id", "updated_datetime", "status")
"""What is kept of an update: what it says in words may name people."""
DAY = timedelta(days=1)
ENDED = ("closed", "cancelled")


class Open311Source(WebSource):
    """`url` is the endpoint, as `https://311.example.gov/open311/v2`; `since` of `[source.web]` the first day to read."""

    _format = "json"

    def pieces(self, start: datetime | None) -> Iterator[Piece]:
        if self.web.since is None:
            raise SourceError(
                f"source {self.config.name!r}: it is read by windows of days; name the first one with 'since' in [source.web]."
            )
        self._ended = {slug(word) for word, meaning in self.mapping.status.items() if meaning.status in ENDED}
        for address in self.addresses:
            yield from self._endpoint(address, start)

    def count(self) -> int | None:
        return None

    def keys(self) -> Iterator[pd.Series] | None:
        """No endpoint lists its ids: what was deleted is found by a full load."""
        return iter(())

    def _endpoint(self, address: str, start: datetime | None) -> Iterator[Piece]:
        self._turns: dict[str, bool] = {}
        names = self._services(address)
        chosen = self.chosen_columns(self._fields(address))
        columns = {*chosen.values(), "service_request_id", "requested_datetime", "updated_datetime", "status"}
        read = self._requests(address, start, columns, names)
        told: dict[str, list[Row]] = {}
        if self.mapping.web.updates:
            if start is None:
                told = self._history(address, self._begins())
            else:
                # Events of a case replace those held of it: all of a changed case's history is read again.
                changed = list(read)
                first = min(
                    (row["requested_datetime"] for rows, _ in changed for row in rows if row.get("requested_datetime")), default=None
                )
                told = self._history(address, max(instant_of(first), self._begins() + DAY) - DAY) if first else {}
                read = iter(changed)
        for rows, events in read:
            if self.mapping.web.updates:
                rows = [with_history(row, told.get(str(row["service_request_id"]), []), self._is_closed) for row in rows]
                events = [event for row in rows for event in told.get(str(row["service_request_id"]), [])]
            yield Piece(rows, chosen, marks=[row.get("updated_datetime") or row.get("requested_datetime") for row in rows])
            if events and self.mapping.events:
                yield Piece(events, self.mapping.events.columns, "events")

    def _requests(self, address: str, start: datetime | None, columns: set[str], names: dict) -> Iterator[tuple[list[Row], list[Row]]]:
        """Rows of requests, and their notes as events; no request twice in two windows that touch."""

        def keep(row: Row) -> Row:
            made, events = with_notes(completed(row, names))
            return only(made, columns) | {"events": events if self.mapping.events and not self.mapping.web.updates else []}

        now = utc_now().replace(microsecond=0)
        if start is not None and self.mapping.web.updated_after:
            changed = {self.mapping.web.updated_after: _written(start.replace(tzinfo=UTC))}
            found, turned = self._ask(address, "requests", "service_request_id", changed, keep)
            if turned or len(found) < PAGE_ROWS:
                yield _apart(found.values())
                return
            self.note_drift("more changed than the endpoint gives at once: openings were read again")
        first = self._begins()
        if start is not None:
            first = max(first, start.replace(tzinfo=UTC) - timedelta(days=self.web.reread_days))
        before: set[str] = set()
        for rows in self._windows(address, "requests", "service_request_id", first, now, keep):
            yield _apart(row for number, row in rows.items() if number not in before)
            before = set(rows)

    def _history(self, address: str, first: datetime) -> dict[str, list[Row]]:
        def keep(row: Row) -> Row:
            return only(row, UPDATE_FIELDS)

        now = utc_now().replace(microsecond=0)
        updates: dict[str, Row] = {}
        for rows in self._windows(address, "servicerequestupdates", "update_id", first, now, keep):
            updates |= rows
        return history(updates.values(), self._is_closed)

    def _windows(self, address: str, resource: str, key: str, first: datetime, last: datetime, keep: Any) -> Iterator[dict[str, Row]]:
        def ask(start: datetime, end: datetime) -> tuple[dict[str, Row], bool]:
            return self._ask(address, resource, key, {"start_date": _written(start), "end_date": _written(end)}, keep)

        walk = Walk(ask)
        try:
            for start, end in spans(first, last):
                yield walk.rows(start, end)
        except WindowFull as error:
            raise self.client.error(address, str(error), "ask who runs it for pages, or for a higher limit") from None

    def _ask(self, address: str, resource: str, key: str, params: dict[str, Any], keep: Any) -> tuple[dict[str, Row], bool]:
        """Rows by `key`, page after page where the endpoint has pages, and whether it has."""
        size = self.web.page_rows or PAGE_ROWS
        found: dict[str, Row] = {}
        for number in range(1, 100_000):

            def fetch(number: int = number) -> dict[str, Any]:
                rows = self._rows(address, resource, key, {**params, "page": number, "page_size": size})
                return {"rows": [{"key": str(_first(row[key])), "row": keep(row)} for row in rows]}

            page = self.page([address, resource, params, number, size, sorted(self.mapping.columns)], fetch, may_repeat=True)
            new = {one["key"]: one["row"] for one in page["rows"] if one["key"] not in found}
            if number == 2:
                # An endpoint without pages gives the first rows once more.
                self._turns.setdefault(resource, not page["rows"] or bool(new))
            found |= new
            if not new or self._turns.get(resource) is False:
                break
        return found, self._turns.get(resource, True)

    def _rows(self, address: str, resource: str, key: str, params: dict[str, Any]) -> list[Row]:
        asked = params | ({"jurisdiction_id": self.web.jurisdiction_id} if self.web.jurisdiction_id else {})
        asked |= {"extensions": "true"} if self.mapping.web.extensions else {}
        asked |= {"api_key": self.web.key} if self.web.key else {}
        if self._format == "json":
            url = f"{address.rstrip('/')}/{resource}.json"
            try:
                rows = rows_of(self.client.json(url, asked), key)
            except Refused as error:
                if error.status not in (404, 406, 415) or params.get("page", 1) > 1:
                    raise
                # The standard asks for XML; JSON is what most endpoints have too.
                self._format = "xml"
                try:
                    return self._rows(address, resource, key, params)
                except SourceError:
                    self._format = "json"
                    raise error from None
        else:
            url = f"{address.rstrip('/')}/{resource}.xml"
            rows = rows_of_xml(self.client.bytes(url, asked), key)
        if rows is None:
            raise self.broken(url, f"its answer is no list of objects with a {key}")
        return rows

    def _services(self, address: str) -> dict[str, tuple[str | None, str | None]]:
        try:
            return service_names(self._rows(address, "services", "service_code", {}))
        except Refused as error:
            if error.status not in (400, 404):
                raise
            return {}  # requests usually say the names of their services themselves

    def _fields(self, address: str) -> set[str]:
        """The columns there are: the standard's, and what the latest requests have beyond it."""
        rows = self._rows(address, "requests", "service_request_id", {"page": 1, "page_size": 20})
        return {*REQUEST_FIELDS, *MADE_FIELDS, *self.columns_seen(rows)}

    def _is_closed(self, state: str) -> bool:
        """Whether the mapping takes a case in `state` for ended."""
        return slug(state) in self._ended

    def _begins(self) -> datetime:
        assert self.web.since is not None
        return datetime(self.web.since.year, self.web.since.month, self.web.since.day, tzinfo=UTC)


def _apart(rows: Any) -> tuple[list[Row], list[Row]]:
    kept = list(rows)
    events = [event for row in kept for event in row.get("events", ())]
    return [{name: value for name, value in row.items() if name != "events"} for row in kept], events


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else value


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
