"""The real exports, when they are on this machine: a city for each, loaded through its preset."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from data_access.city import City
from data_access.city_models import CityFile

FOLDER = Path(os.environ.get("STATROOM_REAL_DATA") or Path(__file__).resolve().parents[2].parent / "shared" / "data")


@dataclass(frozen=True)
class RealCity:
    """Which files, which preset, which map."""

    name: str
    zone: str
    sources: tuple[tuple[str, str], ...]
    """(file or glob, preset)."""
    layers: tuple[dict[str, str], ...] = ()

    def files(self) -> list[Path]:
        return [path for pattern, _ in self.sources for path in sorted(FOLDER.glob(pattern))]

    def city(self) -> City:
        """The city as its `city.toml` would say it; skips the test if a file is not there."""
        if not self.files():
            pytest.skip(f"no files of {self.name} in {FOLDER}; set STATROOM_REAL_DATA to the folder that has them")
        sources = [
            {"name": f"{self.name}-{i}", "kind": "files", "path": str(FOLDER / pattern), "preset": preset, "programme": "requests"}
            for i, (pattern, preset) in enumerate(self.sources)
        ]
        layers = [{**layer, **({"file": str(FOLDER / "boundaries" / layer["file"])} if "file" in layer else {})} for layer in self.layers]
        return City(FOLDER, CityFile.model_validate({
            "city": {"id": self.name, "name": self.name.title(), "zone": self.zone},
            "programme": [{"id": "requests", "name": "Service requests"}], "source": sources, "area_layer": layers,
            "release": {"all_A": True},
        }))  # fmt: skip


def _layer(id: str, name: str, file: str | None = None, **more: str) -> dict[str, str]:
    made = {"id": id, "name": name, "plural": name + "s", **more}
    return made if file is None else {**made, "file": file}


BOSTON = RealCity("boston", "America/New_York", (("boston_311_2011-*.csv.gz", "boston_311"),),
                  (_layer("neighborhood", "Neighborhood", "boston_neighborhoods.geojson"), _layer("ward", "Ward", assign="name")))  # fmt: skip
BOSTON_ANIMAL = RealCity("boston-animal", "America/New_York", (("boston_311_animal_*.csv.gz", "boston_311_2013"),),
                         (_layer("neighborhood", "Neighborhood", "boston_neighborhoods.geojson"),))  # fmt: skip
BALTIMORE = RealCity("baltimore", "America/New_York", (("baltimore_311_*.csv.gz", "baltimore_311"),),
                     (_layer("neighborhood", "Neighborhood", "baltimore_neighborhoods.geojson"),))  # fmt: skip
NYC_2018 = RealCity("nyc-2018", "America/New_York", (("nyc_311_2018*.csv.gz", "nyc_311"),),
                    (_layer("community_district", "Community district", "nyc_community_districts.geojson", name_property="geography_value"),))  # fmt: skip
NYC_2023 = RealCity("nyc-2023", "America/New_York", (("nyc_311_2023*.csv.gz", "nyc_311"),), NYC_2018.layers)
LOS_ANGELES = RealCity("los-angeles", "America/Los_Angeles", (("losangeles_311_*.csv.gz", "losangeles_311"),), (
    _layer("neighborhood_council", "Neighborhood council", "losangeles_neighborhood_councils_2019.geojson"),
    _layer("council_district", "Council district", "losangeles_council_districts_2012.geojson", name_property="external_id"),
))  # fmt: skip
CHICAGO = RealCity("chicago", "America/Chicago", (("chicago_311_*.csv.gz", "chicago_311"),),
                   (_layer("ward", "Ward", "chicago_wards_2015.geojson", name_property="ward"),))  # fmt: skip
DC_MEASURES = RealCity("dc", "America/New_York", (("dc_agency_kpis_*.csv.gz", "dc_agency_kpis"),))
ALL = (BOSTON, BOSTON_ANIMAL, BALTIMORE, NYC_2018, NYC_2023, LOS_ANGELES, CHICAGO, DC_MEASURES)
