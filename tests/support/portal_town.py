"""A town whose portal can be worked out by hand. The data reach to 20 April 2026; what is told is of January to March 2026.

    service     class   reported   promise         how it went
    Pothole     A       40         2 working days  20 closed after 12 hours, 10 after 2.5 days, 4 after 10 days, 6 are open
    Lamp        A       8          2 working days  all closed after 12 hours: enough to count, too few for a share
    Sign        A       10         2 working days  all closed after 12 hours, and withheld so that Lamp's do not follow from the total
    Bench       A       12         none            all closed after 12 hours
    No Heat     B       30         24 hours        not for residents
    Complaint   C       30         none            not for residents

Main Street runs from North (numbers 1 to 99) into South (101 to 199); Elm Lane lies in South.
A year earlier 40 potholes were reported, of which 10 were closed after 12 hours and 30 after 10 days. Cases are opened at noon of a Monday,
potholes fall due on Wednesday at five. 20 potholes, all other cases lie in North, 20 potholes in South.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from data_access.city import load_city
from tests.support.marts import make_mart

AS_OF = datetime(2026, 4, 20)
MONDAY, A_YEAR_EARLIER = datetime(2026, 1, 12, 12), datetime(2025, 1, 13, 12)
CITY = """
[city]
id = "town"
name = "Town"
zone = "UTC"
on_time_target = 0.8
[[programme]]
id = "requests"
name = "Requests"
[[source]]
name = "frames"
kind = "files"
path = "none.csv"
preset = "nyc_311"
programme = "requests"
[[department]]
id = "works"
name = "Works"
[[calendar]]
id = "city"
[calendar.weekly]
monday = [["08:00", "17:00"]]
tuesday = [["08:00", "17:00"]]
wednesday = [["08:00", "17:00"]]
thursday = [["08:00", "17:00"]]
friday = [["08:00", "17:00"]]
[[sla_rule]]
request_type = ["Pothole", "Lamp", "Sign"]
unit = "business_days"
amount = 2
calendar = "city"
[[sla_rule]]
request_type = "No Heat"
unit = "elapsed_hours"
amount = 24
[[area_layer]]
id = "district"
name = "District"
plural = "Districts"
file = "districts.geojson"
[[address_file]]
file = "addresses.csv"
number = "number"
[release]
A = ["Pothole", "Lamp", "Sign", "Bench"]
B = ["No Heat"]
"""
THE_FIRST = datetime(2024, 12, 2, 12)
"""When 12 benches were reported, and the data begin: of a quarter that began before, nothing is told by quarter."""
ADDRESSES = """number,street,longitude,latitude
1,Main Street,10.02,50.15
99,Main Street,10.08,50.15
101,Main Street,10.02,50.05
199,Main Street,10.08,50.05
5,Elm Lane,10.03,50.03
"""
HALF_A_DAY = 0.5


def make_town(folder: Path) -> Path:
    """Publish the town in `folder`, its `city.toml` beside its mart."""
    (folder / "city.toml").write_text(CITY)
    (folder / "addresses.csv").write_text(ADDRESSES)
    squares = {"North": 50.1, "South": 50.0}
    features = [
        {"type": "Feature", "properties": {"name": name}, "geometry": {"type": "Polygon", "coordinates": [_square(10.0, south)]}}
        for name, south in squares.items()
    ]
    (folder / "districts.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    potholes = [HALF_A_DAY] * 20 + [2.5] * 10 + [10.0] * 4 + [None] * 6
    rows = [_case("Pothole", MONDAY, days, "North" if at % 2 else "South", due=True) for at, days in enumerate(potholes)]
    earlier = [HALF_A_DAY] * 10 + [10.0] * 30
    rows += [_case("Pothole", A_YEAR_EARLIER, days, "North" if at % 2 else "South", due=True) for at, days in enumerate(earlier)]
    rows += [_case("Lamp", MONDAY, HALF_A_DAY, "North", due=True) for _ in range(8)]
    rows += [_case("Sign", MONDAY, HALF_A_DAY, "North", due=True) for _ in range(10)]
    rows += [_case("Bench", MONDAY, HALF_A_DAY, "North") for _ in range(12)]
    rows += [_case("Bench", THE_FIRST, HALF_A_DAY, "North") for _ in range(12)]
    rows += [_case("No Heat", MONDAY, HALF_A_DAY, "North", due=True) for _ in range(30)]
    rows += [_case("Complaint", MONDAY, HALF_A_DAY, "South") for _ in range(30)]
    numbered = [{**row, "source_id": str(number)} for number, row in enumerate(rows)]
    make_mart(folder, numbered, as_of=AS_OF, city=load_city(folder)).close()
    return folder


def _case(kind: str, opened: datetime, days: float | None, where: str, *, due: bool = False) -> dict[str, Any]:
    closed = None if days is None else opened + timedelta(days=days)
    return {
        "department": "works", "request_type": kind, "case_class": "service", "channel": "web", "initiated_by": "resident", "opened_at": opened, "address": "7 Secret Court",
        "due_at": opened + timedelta(days=2, hours=5) if due else None, "closed_at": closed, "status": "open" if closed is None else "closed",
        "outcome": None if closed is None else "resolved", "longitude": 10.05, "latitude": 50.15 if where == "North" else 50.05,
    }  # fmt: skip


def _square(west: float, south: float) -> list[list[float]]:
    return [[west, south], [west + 0.1, south], [west + 0.1, south + 0.1], [west, south + 0.1], [west, south]]
