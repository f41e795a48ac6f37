"""A synthetic city export of any size, written in bounded memory: 250 request types, 25 departments, 15 years.

Shares and lengths follow what large cities publish: a few types make most of the work, closing
times have a long tail, one case in a hundred is still open, one in twelve has no deadline.
"""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from settings import ROOT

FIRST_DAY = date(2011, 1, 1)
LAST_DAY = date(2026, 3, 30)
DEPARTMENTS, TYPES, ADDRESSES = 25, 250, 60_000
ROWS_PER_FILE = 250_000
CHANNELS = ("Phone", "Web", "App", "Email", "Walk-in", "Crew")
OUTCOMES = ("Done", "Nothing found", "Referred", "Duplicate")

MAPPING = """
[columns]
source_id = "id"
request_type = "type"
request_group = "group"
department = "department"
channel = "channel"
status = "status"
outcome = "outcome"
opened_at = "opened"
due_at = "due"
closed_at = "closed"
latitude = "latitude"
longitude = "longitude"
address = "address"
location = "address"
[status]
"Open" = "open"
"Closed" = "closed"
[channel]
"Phone" = "phone"
"Web" = "web"
"App" = "app"
"Email" = "email"
"Walk-in" = "walk_in"
"Crew" = { channel = "staff", initiated_by = "staff" }
[outcome]
"Done" = "resolved"
"Nothing found" = "not_found"
"Referred" = "referred"
"Duplicate" = "duplicate"
"""

CITY = """
[city]
id = "bench-city"
name = "Bench City"
zone = "America/New_York"
fiscal_year_start = 7
on_time_target = 0.8
simulated = true
[[programme]]
id = "requests"
name = "Service requests"
[[source]]
name = "export"
kind = "files"
path = "export"
mapping = "mapping.toml"
programme = "requests"
as_of = {as_of}T04:00:00Z
[[area_layer]]
id = "district"
name = "District"
plural = "Districts"
file = "{areas}/districts.geojson"
id_property = "id"
population_property = "population"
[[area_layer]]
id = "neighbourhood"
name = "Neighbourhood"
plural = "Neighbourhoods"
file = "{areas}/neighbourhoods.geojson"
id_property = "id"
population_property = "population"
[release]
all_A = true
"""


def write_city(folder: Path, cases: int, seed: int = 311) -> None:
    """Write city.toml, its mapping and about `cases` cases as Parquet into `folder`."""
    export = folder / "export"
    export.mkdir(parents=True, exist_ok=True)
    areas = ROOT / "cities" / "demo" / "areas"
    (folder / "city.toml").write_text(CITY.format(as_of=LAST_DAY + timedelta(days=1), areas=areas))
    (folder / "mapping.toml").write_text(MAPPING)
    rng = np.random.default_rng(seed)
    kinds, places = _Kinds(rng), _places(areas, rng)
    for number, start in enumerate(range(0, cases, ROWS_PER_FILE)):
        rows = min(ROWS_PER_FILE, cases - start)
        frame = _cases(start, rows, cases, kinds, places, rng)
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), export / f"part-{number:04d}.parquet", compression="zstd")


class _Kinds:
    """What each request type is like."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.share = 1 / np.arange(1, TYPES + 1) ** 0.9
        self.share /= self.share.sum()
        self.department = rng.integers(0, DEPARTMENTS, TYPES)
        self.promised_days = rng.choice([1, 2, 3, 5, 7, 14, 30, 60], TYPES).astype("float64")
        # The median takes six tenths of the promise: about four in five are in time.
        self.log_days = np.log(self.promised_days * 0.6)
        self.has_promise = rng.random(TYPES) > 0.08


def _places(areas: Path, rng: np.random.Generator) -> np.ndarray:
    """`ADDRESSES` points (longitude, latitude) around the city; some lie outside every district."""
    shapes = json.loads((areas / "districts.geojson").read_text())["features"]
    rings = [ring for shape in shapes for part in _polygons(shape["geometry"]) for ring in part]
    corners = np.array([corner[:2] for ring in rings for corner in ring])
    low, high = corners.min(axis=0), corners.max(axis=0)
    return np.round(low + rng.random((ADDRESSES, 2)) * (high - low), 6)


def _polygons(geometry: dict) -> list:
    return geometry["coordinates"] if geometry["type"] == "MultiPolygon" else [geometry["coordinates"]]


def _cases(start: int, rows: int, cases: int, kinds: _Kinds, places: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    days = (LAST_DAY - FIRST_DAY).days
    # A file holds a stretch of time, as exports do; the city reports a little more every year.
    share = (start + np.sort(rng.random(rows)) * rows) / cases
    day = np.floor(days * share**0.85)
    opened = np.datetime64(FIRST_DAY, "s") + (day * 86_400 + np.clip(rng.normal(13, 4, rows), 0, 23.9) * 3_600).astype("int64")
    kind = rng.choice(TYPES, rows, p=kinds.share)
    took = np.exp(rng.normal(kinds.log_days[kind], 1.1)) * 86_400
    closed = opened + took.astype("int64")
    is_open = (closed > np.datetime64(LAST_DAY, "s")) | (rng.random(rows) < 0.008)
    due = opened + (kinds.promised_days[kind] * 86_400).astype("int64")
    place = rng.integers(0, ADDRESSES, rows)
    return pd.DataFrame({
        "id": np.char.add("C", (start + np.arange(rows)).astype("U9")),
        "type": _names("Request type", TYPES)[kind],
        "group": _names("Group", 20)[kind % 20],
        "department": _names("Department", DEPARTMENTS)[kinds.department[kind]],
        "channel": np.array(CHANNELS, dtype=object)[rng.choice(len(CHANNELS), rows, p=[0.42, 0.16, 0.3, 0.05, 0.03, 0.04])],
        "status": np.where(is_open, "Open", "Closed"),
        "outcome": np.where(is_open, None, np.array(OUTCOMES, dtype=object)[rng.choice(len(OUTCOMES), rows, p=[0.84, 0.09, 0.04, 0.03])]),
        "opened": opened,
        "due": np.where(kinds.has_promise[kind], due, np.datetime64("NaT")),
        "closed": np.where(is_open, np.datetime64("NaT"), closed),
        "latitude": places[place, 1],
        "longitude": places[place, 0],
        "address": np.char.add((place % 900 + 1).astype("U4"), np.char.add(" Street ", (place // 900).astype("U3"))),
    })  # fmt: skip


def _names(word: str, count: int) -> np.ndarray:
    return np.array([f"{word} {i + 1}" for i in range(count)], dtype=object)
