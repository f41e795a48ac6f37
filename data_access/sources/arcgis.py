"""Feature layers and tables of ArcGIS: read in the order of their object ids, so that rows that come or go meanwhile move no page."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Iterator

import pandas as pd

from data_access.sources.base import SourceError
from data_access.sources.http import shown
from data_access.sources.web import Piece, WebSource, only

PAGE_ROWS = 1_000
"""Where a layer does not say how many it gives at most."""
POINT = ("geometry.x", "geometry.y")
"""Longitude and latitude of a feature, for mappings that name them."""


class ArcgisSource(WebSource):
    """`url` is a layer, as `https://maps.example.gov/arcgis/rest/services/311/FeatureServer/0`; `urls` several, such as one a year."""

    def pieces(self, start: datetime | None) -> Iterator[Piece]:
        first: dict[str, list[str]] = {}
        for address in self.addresses:
            layer = self._layer(address)
            chosen = self.columns_of(address, [*layer["names"], *(POINT if layer["is_point"] else ())], first)
            watermark = self._watermark(address, layer)
            where = [f"({self.web.where})"] if self.web.where else []
            if start is not None and watermark:
                since = f"TIMESTAMP '{start:%Y-%m-%d %H:%M:%S}'"
                # A row that does not say when it changed may have changed.
                where.append(f"({watermark} >= {since} OR {watermark} IS NULL)")
            columns = {*chosen.values(), *([watermark] if watermark else [])}
            for rows in self._pages(address, layer, columns, where):
                yield Piece(rows, chosen, marks=[row.get(watermark) for row in rows] if watermark else [])

    def count(self) -> int | None:
        return sum(
            int(self._query(address, {"where": self.web.where or "1=1", "returnCountOnly": "true"})["count"]) for address in self.addresses
        )

    def keys(self) -> Iterator[pd.Series] | None:
        known = self.mapping.web.watermark and "source_id" in self.mapping.columns and not self.mapping.read.id_from
        return self._keys() if known and self.mapping.read.entity == "cases" else None

    def _keys(self) -> Iterator[pd.Series]:
        for address in self.addresses:
            layer = self._layer(address)
            column = self.chosen_columns([*layer["names"], *POINT])["source_id"]
            for rows in self._pages(address, layer, {column}, [f"({self.web.where})"] if self.web.where else []):
                yield self.ids(rows, column)

    def _pages(self, address: str, layer: dict[str, Any], columns: set[str], where: list[str]) -> Iterator[list[Any]]:
        number, last = layer["number"], None
        size = min(self.web.page_rows or layer["most"], layer["most"])
        with_point = bool(columns & set(POINT))
        asked = sorted({number, *(columns - set(POINT))})
        while True:
            condition = " AND ".join([*where, *([f"{number} > {last}"] if last is not None else [])]) or "1=1"
            params = {
                "where": condition, "outFields": ",".join(asked), "orderByFields": f"{number} ASC", "resultRecordCount": size,
                "returnGeometry": str(with_point).lower(), **({"outSR": 4326} if with_point else {}),
            }  # fmt: skip

            def fetch(params: dict[str, Any] = params) -> dict[str, Any]:
                found = self._query(address, params)
                features = found.get("features")
                if not isinstance(features, list):
                    raise self.broken(address, "its answer has no features")
                rows = [_row(feature, layer["dates"]) for feature in features]
                more = bool(found.get("exceededTransferLimit") or (found.get("properties") or {}).get("exceededTransferLimit"))
                return {
                    "rows": [only(row, columns) for row in rows],
                    "last": max((row[number] for row in rows), default=None),
                    "more": more or len(rows) >= size,
                }

            page = self.page([address, params, sorted(columns)], fetch)
            if page["rows"]:
                yield page["rows"]
            if not page["more"] or page["last"] is None:
                return
            if page["last"] == last:
                raise self.broken(address, "it gives the same rows for ever")
            last = page["last"]

    def _layer(self, address: str) -> dict[str, Any]:
        found = self.client.json(address.rstrip("/"), {"f": "json"}, _fault)
        fields = found.get("fields") if isinstance(found, dict) else None
        if not isinstance(fields, list):
            raise self.broken(address, "it is no layer: it has no fields")
        if isinstance(able := found.get("advancedQueryCapabilities"), dict) and able.get("supportsOrderBy") is False:
            raise self.broken(address, "the layer cannot sort its rows, so that they cannot be read page by page")
        with self.understood(address):
            dates = [field["name"] for field in fields if field.get("type") == "esriFieldTypeDate"]
            number = found.get("objectIdField") or next(
                (field["name"] for field in fields if field.get("type") == "esriFieldTypeOID"), "OBJECTID"
            )
            return {
                "names": [field["name"] for field in fields], "dates": dates, "number": number, "most": int(found.get("maxRecordCount") or PAGE_ROWS),
                "is_point": found.get("geometryType") == "esriGeometryPoint", "edited": (found.get("editFieldsInfo") or {}).get("editDateField"),
            }  # fmt: skip

    def _watermark(self, address: str, layer: dict[str, Any]) -> str | None:
        """The column of a row's last change: the mapping's, or with "edited" the one in which the layer itself keeps it."""
        wanted = self.mapping.web.watermark
        name = layer["edited"] if wanted == "edited" and wanted not in layer["names"] else wanted
        if wanted and name not in layer["names"]:
            raise SourceError(
                f"source {self.config.name!r}: [web] of {self.mapping_path.name} names watermark {wanted!r}, which {shown(address)} "
                "does not have; name a column with the last change of a row, or take it out."
            )
        return name

    def _query(self, address: str, params: dict[str, Any]) -> dict[str, Any]:
        found = self.client.json(f"{address.rstrip('/')}/query", {"f": "json", **params}, _fault)
        if not isinstance(found, dict):
            raise self.broken(address, "its answer is no object")
        return found

    def _headers(self) -> dict[str, str]:
        return {"X-Esri-Authorization": f"Bearer {self.web.key}"} if self.web.key else {}


def _fault(found: Any) -> tuple[int, str] | None:
    """ArcGIS says its errors in answers that look well."""
    error = found.get("error") if isinstance(found, dict) else None
    if not isinstance(error, dict):
        return None
    said = error.get("details")
    details = " ".join(str(one) for one in said) if isinstance(said, list) else ""
    code = error.get("code")
    return int(code) if str(code).isdigit() else 400, f"{error.get('message') or ''} {details}".strip()


def _row(feature: dict[str, Any], dates: list[str]) -> dict[str, Any]:
    row = dict(feature.get("attributes") or {})
    for name in dates:
        if isinstance(row.get(name), (int, float)):
            row[name] = _instant(row[name])
    point = feature.get("geometry") or {}
    return row | {"geometry.x": point.get("x"), "geometry.y": point.get("y")}


def _instant(milliseconds: float) -> str | None:
    """A time of ArcGIS: milliseconds since 1970, UTC, negative before."""
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds")
    except (ValueError, OverflowError, OSError):
        return str(milliseconds)  # no calendar has it: the mapping counts it as unreadable
