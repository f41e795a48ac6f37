"""An installation of two cities that can be worked out by hand, and a third one whose file is broken.

            Alder                               Lakeview
zone        America/New_York                    Europe/Madrid
weeks from  Sunday, fiscal years from July      Monday, fiscal years from January
people      100,000 (census of 2020)            50,000 (register of 2024)
potholes    "Pothole": 3 working days           "Bache": 5 working days
            30 closed after 12 hours,           10 closed after 12 hours,
            10 after 10 days                    30 after 10 days
lights      "Street light": 5 working days      "Farola": 5 working days
            36 closed after 12 hours,           34 closed after 12 hours,
            4 after 10 days                     6 after 10 days
graffiti    40, all after 12 hours              3, all after 12 hours
fences      20, all after 12 hours              none; nobody said what a fence would be there

Lakeview also had 12 benches, withheld so that its graffiti do not follow from the total.
All opened on Monday 12 January 2026 at noon UTC, and 12 benches in each a year earlier, when the data begin. One pothole more was
reported in each at 02:00 UTC on 1 January 2026 and closed 12 hours later: in Alder that was still the last quarter. The data reach to 20 April 2026.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from data_access.city import load_city
from settings import Settings, read_settings
from tests.support.marts import make_mart

AS_OF = datetime(2026, 4, 20)
MONDAY, NEW_YEAR, THE_FIRST = datetime(2026, 1, 12, 12), datetime(2026, 1, 1, 2), datetime(2024, 12, 2, 12)
SOON, LATE = 0.5, 10.0
CITY = """
[city]
id = "{id}"
name = "{name}"
zone = "{zone}"
locale = "{locale}"
week_start = "{week}"
fiscal_year_start = {fiscal}
stale_after_hours = 1000000
[[programme]]
id = "requests"
name = "Requests"
[[source]]
name = "export"
kind = "files"
path = "cases.csv"
preset = "nyc_311"
programme = "requests"
schedule = "0 3 1 1 *"
[[calendar]]
id = "city"
[calendar.weekly]
monday = [["08:00", "17:00"]]
tuesday = [["08:00", "17:00"]]
wednesday = [["08:00", "17:00"]]
thursday = [["08:00", "17:00"]]
friday = [["08:00", "17:00"]]
[[sla_rule]]
request_type = "{pothole}"
unit = "business_days"
amount = {days}
calendar = "city"
[[sla_rule]]
request_type = "{light}"
unit = "business_days"
amount = 5
calendar = "city"
[[area_layer]]
id = "district"
name = "District"
plural = "Districts"
file = "districts.geojson"
population_property = "people"
population_source = "{source}"
[release]
A = ["{pothole}", "{light}", "Graffiti", "Fence", "Bench"]
"""
COMPARISON = """
[[same_service]]
name = "Pothole"
types = { alder = "Pothole", lakeview = "Bache" }
[same_service.names]
es = "Bache"

[[same_service]]
name = "Street light"
types = { alder = "Street light", lakeview = "Farola" }

[[same_service]]
name = "Graffiti"
types = { alder = "Graffiti", lakeview = "Graffiti" }
"""
CITIES: dict[str, dict[str, Any]] = {
    "alder": {
        "name": "Alder", "zone": "America/New_York", "locale": "en-US", "week": "sunday", "fiscal": 7, "pothole": "Pothole", "days": 3,
        "light": "Street light", "source": "census of 2020",
    },
    "lakeview": {
        "name": "Lakeview", "zone": "Europe/Madrid", "locale": "es-ES", "week": "monday", "fiscal": 1, "pothole": "Bache", "days": 5,
        "light": "Farola", "source": "register of 2024",
    },
}  # fmt: skip
PEOPLE = {"alder": (40_000, 60_000), "lakeview": (30_000, 20_000)}
CLOSED = {
    "alder": {"pothole": (30, 10), "light": (36, 4), "Graffiti": (40, 0), "Fence": (20, 0)},
    "lakeview": {"pothole": (10, 30), "light": (34, 6), "Graffiti": (3, 0), "Bench": (12, 0)},
}
"""How many cases of a service were closed soon and late."""


def make_installation(folder: Path) -> Path:
    """Write the cities below `folder/cities` and publish their marts below `folder/var`; answers `folder`."""
    cities = folder / "cities"
    for name in CITIES:
        make_city(cities / name, folder / "var" / name)
    (cities / "broken").mkdir()
    (cities / "broken" / "city.toml").write_text("[city\n")
    (cities / "comparison.toml").write_text(COMPARISON)
    return folder


def make_city(place: Path, data: Path) -> None:
    """One of `CITIES`, by the name of its folder."""
    name, about = place.name, CITIES[place.name]
    place.mkdir(parents=True)
    (place / "city.toml").write_text(CITY.format(id=name, **about))
    squares = zip(("North", "South"), (50.1, 50.0), PEOPLE[name], strict=True)
    features = [
        {"type": "Feature", "properties": {"name": area, "people": people}, "geometry": {"type": "Polygon", "coordinates": [_square(south)]}}
        for area, south, people in squares
    ]  # fmt: skip
    (place / "districts.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    rows = [_case("Bench", THE_FIRST, SOON, None) for _ in range(12)]
    rows.append(_case(about["pothole"], NEW_YEAR, SOON, about["days"]))
    for service, (soon, late) in CLOSED[name].items():
        promise = {"pothole": about["days"], "light": 5}.get(service)
        rows += [_case(about.get(service, service), MONDAY, days, promise) for days in [SOON] * soon + [LATE] * late]
    make_mart(data, [{**row, "source_id": str(at)} for at, row in enumerate(rows)], as_of=AS_OF, city=load_city(place)).close()


def environ_in(folder: Path, *names: str) -> dict[str, str]:
    """What an operator sets for the cities `names` (all that work, if none is named)."""
    cities = ":".join(str(folder / "cities" / name) for name in names or CITIES)
    return {
        "STATROOM_CITIES": cities,
        "STATROOM_DATA": str(folder / "var"),
        "STATROOM_COMPARISON": str(folder / "cities" / "comparison.toml"),
    }


def settings_of(folder: Path, name: str, audience: str = "public", *names: str, **more: str) -> Settings:
    """The settings of the processes of the city `name`."""
    from data_access.installation import own

    given = {**environ_in(folder, *names), "STATROOM_CITY": name, "STATROOM_AUDIENCE": audience, **more}
    return read_settings(own(given))


def _case(kind: str, opened: datetime, days: float, promise: int | None) -> dict[str, Any]:
    closed = opened + timedelta(days=days)
    return {
        "department": "works", "request_type": kind, "case_class": "service", "channel": "web", "initiated_by": "resident",
        "opened_at": opened, "due_at": None if promise is None else opened + timedelta(days=promise, hours=5), "closed_at": closed,
        "status": "closed", "outcome": "resolved", "longitude": 10.05, "latitude": 50.15,
    }  # fmt: skip


def _square(south: float) -> list[list[float]]:
    return [[10.0, south], [10.1, south], [10.1, south + 0.1], [10.0, south + 0.1], [10.0, south]]
