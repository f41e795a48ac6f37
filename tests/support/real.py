"""The real exports, when they are on this machine: a city for each, loaded through its preset and asked."""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import select

from access import scope_of
from data_access.city import City
from data_access.city_models import CityFile
from data_access.mart.reading import Mart, open_mart
from data_access.sync import sync
from metrics.answer import Answer
from metrics.measure import ask, measure
from metrics.periods import GRAINS
from metrics.question import Question
from metrics.select import Asked
from tests.support.marts import MAYOR, calendar_of, settings_in

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
        """Skips the test if there are none."""
        found = [path for pattern, _ in self.sources for path in sorted(FOLDER.glob(pattern))]
        if not found:
            pytest.skip(f"no files of {self.name} in {FOLDER}; set STATROOM_REAL_DATA to the folder that has them")
        return found

    def toml(self) -> str:
        """The city as its `city.toml` says it."""
        tables = self.city().file.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
        lines = ["[city]", *_keys(tables["city"]), "[release]", "all_A = true"]
        for name in ("programme", "source", "area_layer"):
            for table in tables.get(name, []):
                lines += [f"[[{name}]]", *_keys(table)]
        return "\n".join(lines) + "\n"

    def city(self) -> City:
        """The city of these files."""
        self.files()
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


def _keys(table: dict[str, Any]) -> list[str]:
    # A JSON text is a TOML text.
    return [f"{key} = {json.dumps(value)}" for key, value in table.items()]


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

ALL_IS_WALKED = os.environ.get("STATROOM_TEST_REAL") == "all"
WALKED = ALL if ALL_IS_WALKED else (BOSTON_ANIMAL,)
"""Those whose every page and figure is asked for: all of them take longer than a run of all tests should."""


@dataclass(frozen=True)
class Loaded:
    """A real city in a mart, and how to ask it about all the time it knows."""

    real: RealCity
    city: City
    mart: Mart

    def asked(self, **filters: Any) -> Asked:
        """All cases of all classes from before the first to after the last, unless `filters` say otherwise."""
        question = Question(date(2005, 1, 1), self.mart.as_of.date() + timedelta(days=2), self.mart.as_of, case_class=())
        return ask(self.mart, calendar_of(self.city), question.about(**filters), MAYOR)

    def figure(self, metric: str, **filters: Any) -> Answer:
        """One metric over all of it."""
        return measure(metric, self.asked(**filters))

    def counts(self, metric: str, by: str, **filters: Any) -> dict[str, int]:
        """Cases by the label of each group of `by`; "week", "month" and so on count by the first day of the period."""
        if by in GRAINS:
            frame = measure(metric, self.asked(grain=by, **filters), period=True).frame
            return {str(day.date()): int(n) for day, n in zip(frame["period"], frame["n"], strict=True) if n}
        frame = measure(metric, self.asked(**filters), by=by).frame
        return {label: int(n) for label, n in zip(frame["label"], frame["n"], strict=True) if n}

    def records(self, *columns: str) -> pd.DataFrame:
        """`columns` of every case, by the source's id."""
        scope = scope_of(MAYOR)
        table = self.mart.case_records(scope)
        return self.mart.read(select(table.c.source_id, *(table.c[name] for name in columns)), scope).set_index("source_id")

    def staff(self, name: str) -> pd.DataFrame:
        """The rows of `quarantine` or `quality_issues`."""
        scope = scope_of(MAYOR)
        return self.mart.read(select(getattr(self.mart, name)(scope)), scope)


def load_in(folder: Path, real: RealCity, city: City | None = None) -> Loaded:
    """`real` loaded by the product's own sync into a mart in `folder`, unless it is there already."""
    city = city or real.city()
    folder.mkdir(parents=True, exist_ok=True)
    settings = settings_in(folder)
    with open(folder / "lock", "w") as lock:
        # Test processes share the folder: the first one loads, the others wait for it.
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (settings.mart / "current").exists():
            sync(settings, city, full=True)
    return Loaded(real, city, open_mart(settings))
