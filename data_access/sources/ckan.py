"""Resources in the DataStore of a CKAN portal, read in the order of their row numbers."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Iterator
from urllib.parse import urlsplit

import pandas as pd

from data_access.sources.http import Refused
from data_access.sources.web import Piece, WebSource, only

PAGE_ROWS = 10_000
RESOURCE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class CkanSource(WebSource):
    """`url` is a resource's page or API address: anything on the portal that has the resource's id in it."""

    def pieces(self, start: datetime | None) -> Iterator[Piece]:
        first: dict[str, list[str]] = {}
        for address in self.addresses:
            resource = self._describe(address)
            chosen = self.columns_of(address, resource["names"], first)
            watermark = self.mapping.web.watermark
            columns = {*chosen.values(), *([watermark] if watermark else [])}
            pages = self._pages(address, columns) if start is None or not watermark else self._changes(address, columns, watermark, start)
            read = 0
            for rows in pages:
                read += len(rows)
                yield Piece(rows, chosen, marks=[row.get(watermark) for row in rows] if watermark else [])
            if start is None:
                self.note_missed(address, read, resource["total"])

    def count(self) -> int | None:
        return sum(self._describe(address)["total"] for address in self.addresses)

    def keys(self) -> Iterator[pd.Series] | None:
        known = self.mapping.web.watermark and "source_id" in self.mapping.columns and not self.mapping.read.id_from
        return self._keys() if known and self.mapping.read.entity == "cases" else None

    def _keys(self) -> Iterator[pd.Series]:
        for address in self.addresses:
            column = self.chosen_columns(self._describe(address)["names"])["source_id"]
            for rows in self._pages(address, {column}):
                yield self.ids(rows, column)

    def _pages(self, address: str, columns: set[str]) -> Iterator[list[Any]]:
        size, offset = self.web.page_rows or PAGE_ROWS, 0
        while True:
            params = {
                "resource_id": self._id(address), "fields": ",".join(sorted({"_id", *columns})), "sort": "_id asc",
                "limit": size, "offset": offset, "include_total": "false",
            }  # fmt: skip

            def fetch(params: dict[str, Any] = params) -> dict[str, Any]:
                found = self._action(address, "datastore_search", params)
                rows = found.get("records")
                if not isinstance(rows, list):
                    raise self.broken(address, "its answer has no records")
                # A portal may give fewer than it is asked for, and says how many it gives at most.
                most = min(size, int(found.get("limit") or size))
                return {"rows": [only(row, columns) for row in rows], "read": len(rows), "more": len(rows) >= most > 0}

            page = self.page([address, params], fetch)
            if page["rows"]:
                yield page["rows"]
            if not page["more"]:
                return
            offset += page["read"]

    def _changes(self, address: str, columns: set[str], watermark: str, start: datetime) -> Iterator[list[Any]]:
        """Rows changed since `start`; where the portal answers no SQL, all of them."""
        size, last = self.web.page_rows or PAGE_ROWS, -1
        listed = ", ".join(_quoted(name) for name in sorted({"_id", *columns}))
        while True:
            # Times are text or timestamps, which compare alike as ISO text. A row without a time may have changed.
            sql = (
                f"SELECT {listed} FROM {_quoted(self._id(address))} WHERE _id > {last} AND ({_quoted(watermark)} >= '{start.isoformat()}' "
                f"OR {_quoted(watermark)} IS NULL) ORDER BY _id LIMIT {size}"
            )
            try:
                found = self._action(address, "datastore_search_sql", {"sql": sql})
            except Refused as error:
                if last >= 0 or error.status not in (400, 403, 404):
                    raise
                self.note_drift("the portal answers no questions in SQL: each load reads everything")
                yield from self._pages(address, columns)
                return
            rows = found.get("records") or []
            if rows:
                with self.understood(address):
                    kept, latest = [only(row, columns) for row in rows], max(int(row["_id"]) for row in rows)
                if latest <= last:
                    raise self.broken(address, "it gives the same rows for ever")
                yield kept
                last = latest
            if not rows or (len(rows) < size and not found.get("records_truncated")):
                return

    def _describe(self, address: str) -> dict[str, Any]:
        params = {"resource_id": self._id(address), "limit": 0, "include_total": "true"}
        found = self._action(address, "datastore_search", params)
        with self.understood(address):
            names, total = [str(field["id"]) for field in found.get("fields") or []], int(found.get("total") or 0)
        if not names:
            raise self.broken(address, "the resource has no columns")
        return {"names": names, "total": total}

    def _action(self, address: str, name: str, params: dict[str, Any]) -> dict[str, Any]:
        url = f"{self._root(address)}/api/3/action/{name}"
        try:
            found = self.client.json(url, params, _fault)
        except Refused as error:
            if error.status == 404 and name == "datastore_search":
                remedy = 'check the id; a resource that is only a file is read with kind = "files"'
                raise self.client.error(address, "the portal has no table for it", remedy) from None
            raise
        result = found.get("result") if isinstance(found, dict) else None
        if not isinstance(result, dict):
            raise self.broken(url, "its answer has no result")
        return result

    def _headers(self) -> dict[str, str]:
        return {"Authorization": self.web.key} if self.web.key else {}

    def _id(self, address: str) -> str:
        found = RESOURCE.findall(address)
        if not found:
            raise self.broken(address, "there is no id of a resource in it")
        return found[-1]

    def _root(self, address: str) -> str:
        parts = urlsplit(address)
        path = parts.path.partition("/api/")[0].partition("/dataset/")[0].partition("/datastore/")[0]
        return f"{parts.scheme}://{parts.netloc}{path.rstrip('/')}"


def _fault(found: Any) -> tuple[int, str] | None:
    if isinstance(found, dict) and found.get("success") is False:
        error = found.get("error") or {}
        return 400, str(error.get("message") or error) if isinstance(error, dict) else str(error)
    return None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
