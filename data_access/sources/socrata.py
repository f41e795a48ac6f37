"""Open-data portals of Socrata (Tyler Data & Insights): SODA 2.1 resources, read in the order of their row ids."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any, Iterator
from urllib.parse import urlsplit

import pandas as pd

from data_access.sources.base import SourceError
from data_access.sources.web import Piece, WebSource, only

PAGE_ROWS = 10_000
SYSTEM = (":id", ":created_at", ":updated_at")
"""Columns that every data set has and that nobody lists."""
DATASET = re.compile(r"[a-z0-9]{4}-[a-z0-9]{4}(?=[./?]|$)")


class SocrataSource(WebSource):
    """`url` is the data set's address, as `https://data.example.gov/resource/abcd-1234.json`, or any of its pages."""

    def pieces(self, start: datetime | None) -> Iterator[Piece]:
        first: dict[str, list[str]] = {}
        for address in self.addresses:
            there = self._columns(address)
            chosen = self.columns_of(address, there, first)
            watermark = self.mapping.web.watermark
            if watermark and watermark not in there:
                raise SourceError(
                    f"source {self.config.name!r}: [web] of {self.mapping_path.name} names watermark {watermark!r}, which the data set does not have."
                )
            where = [f"({self.web.where})"] if self.web.where else []
            if start is not None and watermark:
                written = start.isoformat(timespec="milliseconds") + ("Z" if watermark in SYSTEM else "")
                # A row that does not say when it changed may have changed.
                where.append(f"({watermark} >= '{written}' OR {watermark} IS NULL)")
            read, there_are = 0, self._count(address) if start is None else None
            for rows in self._pages(address, {*chosen.values(), *([watermark] if watermark else [])}, " AND ".join(where)):
                read += len(rows)
                yield Piece(rows, chosen, marks=[row.get(watermark) for row in rows] if watermark else [])
            if there_are is not None:
                self.note_missed(address, read, there_are)

    def count(self) -> int | None:
        return sum(self._count(address) for address in self.addresses)

    def keys(self) -> Iterator[pd.Series] | None:
        known = self.mapping.web.watermark and "source_id" in self.mapping.columns and not self.mapping.read.id_from
        return self._keys() if known and self.mapping.read.entity == "cases" else None

    def _keys(self) -> Iterator[pd.Series]:
        for address in self.addresses:
            column = self.chosen_columns(self._columns(address))["source_id"]
            for rows in self._pages(address, {column}, self.web.where or ""):
                yield self.ids(rows, column)

    def _pages(self, address: str, columns: set[str], where: str) -> Iterator[list[Any]]:
        url, size, offset = self._resource(address), self.web.page_rows or PAGE_ROWS, 0
        # What is nested in a column is asked for by the column's name.
        select = ",".join(sorted({column if column in SYSTEM else column.partition(".")[0] for column in columns}))
        while True:
            params = {"$select": select, "$order": ":id", "$limit": size, "$offset": offset} | ({"$where": where} if where else {})

            def fetch(params: dict[str, Any] = params) -> dict[str, Any]:
                found = self.client.json(url, params)
                if not isinstance(found, list):
                    raise self.broken(url, "its answer is no list of rows")
                return {"rows": [only(row, columns) for row in found], "more": len(found) == size}

            page = self.page([url, params, sorted(columns)], fetch)
            if page["rows"]:
                yield page["rows"]
            if not page["more"]:
                return
            offset += size

    def _columns(self, address: str) -> list[str]:
        found = self.client.json(f"{self._root(address)}/api/views/{self._id(address)}.json")
        columns = found.get("columns") if isinstance(found, dict) else None
        if not isinstance(columns, list):
            raise self.broken(address, "it does not say its columns")
        with self.understood(address):
            return [*SYSTEM, *(str(column["fieldName"]) for column in columns)]

    def _count(self, address: str) -> int:
        params = {"$select": "count(*) AS n"} | ({"$where": self.web.where} if self.web.where else {})
        found = self.client.json(self._resource(address), params)
        try:
            return int(found[0]["n"])
        except (LookupError, TypeError, ValueError):
            raise self.broken(address, "it does not say how many rows it has") from None

    def _headers(self) -> dict[str, str]:
        return {"X-App-Token": self.web.key} if self.web.key else {}

    def _id(self, address: str) -> str:
        found = DATASET.findall(urlsplit(address).path)
        if not found:
            raise self.broken(address, "there is no id of a data set in it (such as abcd-1234)")
        return found[-1]

    def _root(self, address: str) -> str:
        parts = urlsplit(address)
        return f"{parts.scheme}://{parts.netloc}"

    def _resource(self, address: str) -> str:
        return f"{self._root(address)}/resource/{self._id(address)}.json"
