"""Where published cases are shown: fixed points, each of which stands for at least eight addresses of its district.

The addresses of a district are cut in two again and again, across the longer side and as evenly as they can be, as long as each
half keeps eight; the addresses are those of published cases and of the city's own list, so that no point tells of a case that is not
published. What is left are rectangles that together cover the whole district; a case in one is shown at its point. The cuts
are made once and kept: a later address falls into the rectangle it lies in, and where a case is shown never changes, so that
nothing is learnt from seeing it twice. In a district with fewer addresses nothing is shown.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from shapely import Point
from shapely.geometry import shape
from shapely.ops import nearest_points

from data_access import areas
from data_access.city import City, CityError
from data_access.mart.staging import Stage
from data_access.released.trees import ELSEWHERE

LEAST_ADDRESSES = 8
DECIMALS = 4
"""Addresses that agree to about 10 m are one: flats of a house do not hide each other."""
FILE = "points.json"
ALL_CASES = "staff.case_record"
Cut = dict[str, Any]
"""A rectangle: either its `point` (or None), or the `axis` (0 latitude, 1 longitude) and place `at` where it is cut, with `low` and `high`."""


def write_moved(stage: Stage, city: City, folder: Path, layers: list[tuple[int, str]], source: str = ALL_CASES) -> None:
    """Table `moved`: for each place and district of a published case, the point it is shown at; empty if no case is published.

    Args:
        folder: where the cuts are kept.
        layers: slot and id of the released area layers; the first are the districts.
        source: table of the cases or spells whose places are needed.
    """
    run = stage.connection.execute
    run(
        """CREATE OR REPLACE TEMP TABLE moved
        (from_latitude DOUBLE, from_longitude DOUBLE, district_id SMALLINT, to_latitude DOUBLE, to_longitude DOUBLE)"""
    )
    if not city.file.release.cases:
        return
    places, cuts = _places(stage, layers, source), _kept(folder)
    if source == ALL_CASES or not set(places["district"]) <= cuts.keys():
        every = places if source == ALL_CASES else _places(stage, layers, ALL_CASES)
        known = pd.concat([every[["latitude", "longitude", "district"]], _listed(city, layers)], ignore_index=True)
        new = {str(name): _cut(_addresses(rows)) for name, rows in known.groupby("district") if name not in cuts}
        if new:
            shapes = _shapes(stage, layers)
            cuts |= {name: _inside(cut, shapes.get(name)) for name, cut in new.items()}
            _keep(folder, cuts)
    to = pd.concat([moved(rows, cuts[str(name)]) for name, rows in places.groupby("district")]) if len(places) else None
    if to is not None:
        frame = places.join(to)[["latitude", "longitude", "district_id", "to_latitude", "to_longitude"]]
        stage.connection.register("incoming", frame)
        run("INSERT INTO moved SELECT * FROM incoming")
        stage.connection.unregister("incoming")


def _places(stage: Stage, layers: list[tuple[int, str]], source: str) -> pd.DataFrame:
    """The places of class A in `source`: `latitude`, `longitude`, `district_id`, `district`."""
    district = f"r.area_{layers[0][0]}_id" if layers else "0::SMALLINT"
    places = stage.connection.execute(
        f"""SELECT DISTINCT r.latitude, r.longitude, {district} AS district_id
        FROM {source} r JOIN staff.request_type t ON t.id = r.request_type_id
        WHERE t.release_class = 'A' AND r.latitude IS NOT NULL AND r.longitude IS NOT NULL"""
    ).df()
    slugs = _districts(stage, layers)
    return places.assign(district=[slugs.get(int(each), ELSEWHERE) for each in places["district_id"]])


def moved(places: pd.DataFrame, cut: Cut) -> pd.DataFrame:
    """`to_latitude` and `to_longitude` of each of `places` (`latitude`, `longitude`): a function of the place alone."""
    made = np.full((len(places), 2), np.nan)
    at = places[["latitude", "longitude"]].to_numpy(dtype=float)
    waiting: list[tuple[Cut, np.ndarray]] = [(cut, np.arange(len(at)))]
    while waiting:
        here, rows = waiting.pop()
        if "axis" not in here:
            made[rows] = here["point"] or (np.nan, np.nan)
            continue
        low = at[rows, here["axis"]] < here["at"]
        waiting += [(here["low"], rows[low]), (here["high"], rows[~low])]
    return pd.DataFrame(made, index=places.index, columns=["to_latitude", "to_longitude"])


def _addresses(places: pd.DataFrame) -> np.ndarray:
    """The distinct addresses among `places`, degrees."""
    return np.unique(places[["latitude", "longitude"]].round(DECIMALS).to_numpy(dtype=float), axis=0)


def _cut(addresses: np.ndarray) -> Cut:
    if len(addresses) < LEAST_ADDRESSES:
        return {"point": None, "addresses": len(addresses)}
    wide = np.ptp(addresses, axis=0) * (1, np.cos(np.radians(addresses[:, 0].mean())))
    for axis in np.argsort(-wide, kind="stable").tolist():
        at = _between(np.sort(addresses[:, axis]))
        if at is not None:
            low = addresses[:, axis] < at
            return {"axis": axis, "at": at, "low": _cut(addresses[low]), "high": _cut(addresses[~low])}
    return {"point": [round(each, DECIMALS) for each in addresses.mean(axis=0).tolist()], "addresses": len(addresses)}


def _between(ordered: np.ndarray) -> float | None:
    """Where a row of addresses is cut so that each side keeps enough: between two of them, as near to the middle as can be."""
    last = len(ordered) - LEAST_ADDRESSES
    places = [n for n in range(LEAST_ADDRESSES, last + 1) if ordered[n - 1] < ordered[n]]
    if not places:
        return None
    n = min(places, key=lambda each: (abs(each - len(ordered) / 2), each))
    return float((ordered[n - 1] + ordered[n]) / 2)


def _inside(cut: Cut, district: Any) -> Cut:
    """`cut` with points that lie outside their district moved to its edge."""
    if "axis" in cut:
        return {**cut, "low": _inside(cut["low"], district), "high": _inside(cut["high"], district)}
    if cut["point"] is None or district is None:
        return cut
    point = Point(cut["point"][1], cut["point"][0])
    if not district.contains(point):
        point = nearest_points(district, point)[0]
    return {**cut, "point": [point.y, point.x]}


def _districts(stage: Stage, layers: list[tuple[int, str]]) -> dict[int, str]:
    rows = stage.connection.execute("SELECT id, slug FROM staff.area WHERE layer_id = ?", [layers[0][1]]).fetchall() if layers else []
    return dict(rows)


def _shapes(stage: Stage, layers: list[tuple[int, str]]) -> dict[str, Any]:
    query = "SELECT slug, geometry FROM staff.area WHERE layer_id = ? AND geometry IS NOT NULL"
    rows = stage.connection.execute(query, [layers[0][1]]).fetchall() if layers else []
    return {key: shape(json.loads(text)) for key, text in rows}


def _listed(city: City, layers: list[tuple[int, str]]) -> pd.DataFrame:
    """The addresses of the city's own file (`release.addresses`), each with its district."""
    name = city.file.release.addresses
    if name is None:
        return pd.DataFrame({"latitude": [], "longitude": [], "district": []})
    try:
        found = pd.read_csv(city.folder / name, usecols=["latitude", "longitude"], dtype=float).dropna().drop_duplicates(ignore_index=True)
    except (OSError, ValueError) as error:
        raise CityError(f"release.addresses {name!r} cannot be used ({error}); it is a CSV with columns latitude and longitude.") from None
    layer = next((each for each in city.area_layers if layers and each.id == layers[0][1]), None)
    if layer is None or not layer.file:
        return found.assign(district=ELSEWHERE)
    return found.assign(district=areas.locate(found, areas.read_layer(city, layer)).fillna(ELSEWHERE))


def _kept(folder: Path) -> dict[str, Cut]:
    path = folder / FILE
    return json.loads(path.read_text("utf-8")) if path.exists() else {}


def _keep(folder: Path, cuts: Mapping[str, Cut]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    aside = folder / f"{FILE}.new"
    with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
        json.dump(cuts, file)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(folder / FILE)
