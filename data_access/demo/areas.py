"""The demo city's area files: its shapes as GeoJSON, labelled simulated. `python -m data_access.demo.areas` writes them again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from data_access.demo import geography, plan
from data_access.demo.places import ADDRESSES, ADDRESSES_PER_STREET, Places, address
from data_access.slugs import slug
from settings import ROOT

Feature = dict[str, Any]


def write_areas(folder: Path) -> None:
    """Write one GeoJSON file per layer into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in area_files().items():
        (folder / name).write_text(text, "utf-8")
    (folder / "addresses.csv").write_text(address_file(), "utf-8")


def area_files() -> dict[str, str]:
    """File name -> GeoJSON text, the same every time."""
    city = geography.draw()
    layers = {"neighbourhoods": _neighbourhoods(city), "districts": _districts(city)}
    for layer in ("water", "parks", "streets"):
        layers[layer] = [_feature(shape, name=layer.title()) for shape in getattr(city, layer)]
    return {
        f"{name}.geojson": json.dumps({"type": "FeatureCollection", "features": features}, separators=(",", ":"), ensure_ascii=False) + "\n"
        for name, features in layers.items()
    }


def address_file() -> str:
    """CSV text: the first and the last house of every street."""
    places, rows = Places(), ["number,street,longitude,latitude"]
    for hood in range(len(plan.NEIGHBOURHOODS)):
        for first in range(0, ADDRESSES, ADDRESSES_PER_STREET):
            for house in (first, first + ADDRESSES_PER_STREET - 1):
                number, _, street = address(hood, house).partition(" ")
                rows.append(f"{number},{street},{places.longitude[hood][house]:.5f},{places.latitude[hood][house]:.5f}")
    return "\n".join(rows) + "\n"


def _neighbourhoods(city: geography.City) -> list[Feature]:
    return [
        _feature(
            shape, id=slug(place.name), name=place.name, district=slug(place.district), population=people, median_income=place.median_income
        )
        for shape, place, people in zip(city.neighbourhoods, plan.NEIGHBOURHOODS, city.population, strict=True)
    ]


def _districts(city: geography.City) -> list[Feature]:
    """Median income of a district: the mean of its neighbourhoods', weighted by population."""
    made = []
    for shape, name in zip(city.districts, plan.DISTRICTS, strict=True):
        mine = [
            (people, place.median_income)
            for place, people in zip(plan.NEIGHBOURHOODS, city.population, strict=True)
            if place.district == name
        ]
        people = sum(count for count, _ in mine)
        income = round(sum(count * income for count, income in mine) / people, -2)
        made.append(_feature(shape, id=slug(name), name=name, population=people, median_income=int(income)))
    return made


def _feature(shape: BaseGeometry, **properties: Any) -> Feature:
    return {"type": "Feature", "properties": {**properties, "simulated": True}, "geometry": json.loads(shapely.to_geojson(shape))}


if __name__ == "__main__":
    write_areas(ROOT / "cities" / "demo" / "areas")
