"""Which areas a street runs through, so that residents find theirs by an address: from the city's own address files, never from cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from data_access.areas import read_layer
from data_access.city import City, CityError
from data_access.city_models import AddressFile, AreaLayer
from data_access.mart import schema
from data_access.mart.staging import Stage
from data_access.slugs import street_key

if TYPE_CHECKING:
    import geopandas

META = "streets"
"""What the files were that the table was made of; a load that finds the same keeps the table."""
COLUMNS = [column.name for column in schema.street.c]


def write_streets(stage: Stage, city: City) -> str:
    """Fill `staff.street`; answers what it was made of, for the mart's `meta`."""
    made_of = json.dumps([*_fingerprint(city), [config.model_dump() for config in city.file.address_file]])
    if stage.previous is not None and stage.previous_meta().get(META) == made_of:
        stage.connection.execute("INSERT INTO staff.street SELECT * FROM previous.street")
        return made_of
    if not city.file.address_file:
        return made_of
    frame = street_areas(city)
    stage.frame("dim_street", frame.astype({"first_number": "float64", "last_number": "float64"} | dict.fromkeys(COLUMNS[:4], "str")))
    stage.connection.execute(f"INSERT INTO staff.street SELECT {', '.join(COLUMNS)} FROM dim_street ORDER BY slug, layer_id, area_slug")
    return made_of


def street_areas(city: City) -> pd.DataFrame:
    """One row for each street and area it runs through (columns of `schema.street`); empty where the city has no address file.

    Raises:
        CityError: a file is missing, cannot be read, or has no such column.
    """
    made = [pd.DataFrame(columns=COLUMNS)]
    for config in city.file.address_file:
        found = _read(city, config)
        made += [_within(found, city, layer) for layer in city.area_layers if layer.file and layer.version_of is None]
    return pd.concat([frame for frame in made if len(frame)] or made, ignore_index=True)


def _fingerprint(city: City) -> list[list[object]]:
    paths = [
        city.folder / name
        for name in (*[f.file for f in city.file.address_file], *[layer.file for layer in city.area_layers if layer.file])
    ]
    return [[path.name, path.stat().st_size, path.stat().st_mtime_ns] for path in paths if path.exists()]


def _within(found: geopandas.GeoDataFrame, city: City, layer: AreaLayer) -> pd.DataFrame:
    """The parts of the streets in each area of `layer`, with their lowest and highest house number."""
    areas = read_layer(city, layer)[["slug", "geometry"]].rename(columns={"slug": "area_slug"})
    hits = pd.DataFrame(found.sjoin(areas, how="inner", predicate="intersects").drop(columns="geometry"))
    parts = hits.groupby(["area_slug", "slug"], as_index=False).agg(
        name=("name", "first"), first_number=("number", "min"), last_number=("number", "max")
    )
    return parts.assign(layer_id=layer.id)[COLUMNS]


def _read(city: City, config: AddressFile) -> geopandas.GeoDataFrame:
    """A file's addresses or lines: `name` and `slug` of the street, `number` (null = not known), geometry."""
    import geopandas  # imported late: it takes seconds and only loads need it

    path = city.folder / config.file
    if not path.exists():
        raise CityError(f"address_file: file {path} does not exist; put it there or mend 'file'.")
    wanted = [config.street, *([config.number] if config.number else [])]
    if path.suffix.lower() == ".csv":
        frame = _csv(path, [*wanted, config.longitude, config.latitude])
        points = geopandas.points_from_xy(pd.to_numeric(frame[config.longitude]), pd.to_numeric(frame[config.latitude]), crs=4326)
        placed = geopandas.GeoDataFrame(frame, geometry=points)
    else:
        placed = geopandas.read_file(path)
        _require(path, wanted, list(placed.columns))
        placed = placed.set_crs(4326) if placed.crs is None else placed.to_crs(4326)
    placed = placed[placed[config.street].notna()]
    numbers = placed[config.number].astype("str").str.extract(r"^\s*(\d{1,6})")[0] if config.number else None
    number = pd.Series(float("nan"), index=placed.index) if numbers is None else pd.to_numeric(numbers)
    names = placed[config.street].astype("str").str.strip()
    return geopandas.GeoDataFrame(
        {"name": names, "slug": names.map(street_key), "number": number.astype("float64")}, geometry=placed.geometry, crs=4326
    )


def _csv(path: Path, wanted: list[str]) -> pd.DataFrame:
    try:
        frame = pd.read_csv(path, dtype="str")
    except (ValueError, OSError) as error:
        raise CityError(f"address_file: {path.name} cannot be read ({' '.join(str(error).split())[:160]}); save it as CSV.") from None
    _require(path, wanted, list(frame.columns))
    return frame


def _require(path: Path, wanted: list[str], there: list[str]) -> None:
    for column in wanted:
        if column not in there:
            raise CityError(f"address_file: {path.name} has no column {column!r}; it has {', '.join(there)}.")
