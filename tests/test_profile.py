"""Before a source is accepted, its profile shows what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest

from data_access.city import City
from data_access.city_models import CityFile
from data_access.sources import open_source
from data_access.sources.profile import Profile, profile_source
from tests.support.real import ALL, BOSTON, RealCity

HEADER = "id,type,status,opened,due,closed,lat,lon\n"
MAPPING = """
[columns]
source_id = "id"
request_type = "type"
status = "status"
opened_at = "opened"
due_at = "due"
closed_at = "closed"
latitude = "lat"
longitude = "lon"
[status]
"Open" = "open"
"Closed" = "closed"
"""


def profile(folder: Path, rows: list[str], mapping: str = MAPPING) -> Profile:
    (folder / "cases.csv").write_text(HEADER + "".join(row + "\n" for row in rows))
    (folder / "mapping.toml").write_text(mapping)
    source = {"name": "export", "kind": "files", "path": "cases.csv", "mapping": "mapping.toml", "programme": "requests"}
    facts = {"id": "t", "name": "T", "zone": "America/New_York"}
    programmes = [{"id": "requests", "name": "Requests"}]
    city = City(folder, CityFile.model_validate({"city": facts, "programme": programmes, "source": [source]}))
    return profile_source(open_source(city.sources[0], city), city)


def test_every_row_is_counted_once(tmp_path: Path) -> None:
    """Four rows: one closed late, one open and overdue when the data ends, one without a deadline, one without an opening."""
    made = profile(tmp_path, [
        "1,Pothole,Closed,2026-03-16 09:10:00,2026-03-17 09:00:00,2026-03-18 09:00:00,40.7,-74.0",
        "2,Pothole,Open,2026-03-16 09:20:00,2026-03-17 09:00:00,,40.7,-74.0",
        "3,Tree,Closed,2026-03-16 10:00:00,,2026-03-19 09:00:00,40.8,-74.1",
        "4,Tree,Open,,,,,",
    ])  # fmt: skip
    assert (made.rows, made.cases, sum(made.refused.values())) == (4, 3, 1)
    assert (made.closed, made.with_due, made.late, made.late_share) == (2, 2, 2, 1.0)
    assert made.busiest_hour == 9
    assert made.without_due == [("Tree", 1, 1)]
    assert made.as_of is not None
    assert made.as_of.isoformat() == "2026-03-19T13:00:00"


def test_a_busiest_hour_at_night_points_at_the_time_zone(tmp_path: Path) -> None:
    rows = [f"{i},Pothole,Open,2026-03-{1 + i % 28:02d} 14:00:00,,,," for i in range(60)]
    utc = MAPPING + '[time]\nzone = "Asia/Tokyo"\n'
    assert profile(tmp_path, rows).warnings == []
    assert any("'zone' in [time]" in text for text in profile(tmp_path, rows, utc).warnings)


def test_a_deadline_that_is_none_shows_in_the_late_rate(tmp_path: Path) -> None:
    rows = [f"{i},Pothole,Closed,2026-03-02 09:00:00,2026-03-02 09:00:01,2026-03-0{3 + i % 5} 09:00:00,," for i in range(60)]
    assert any("'due_at' is mapped to a deadline" in text for text in profile(tmp_path, rows).warnings)


def test_words_nobody_mapped_and_points_that_pile_up_are_named(tmp_path: Path) -> None:
    rows = [f"{i},Pothole,{'Parked' if i < 3 else 'Open'},2026-03-02 09:00:00,,,40.7,-74.0" for i in range(60)]
    made = profile(tmp_path, rows)
    assert ("unmapped_status", "status", "Parked", 3, "0") in made.findings
    assert made.pile_ups == [(40.7, -74.0, 60)]
    text = made.to_text()
    assert "'Parked'" in text
    assert "60 cases at 40.7, -74.0" in text


def test_ids_that_come_twice_are_counted(tmp_path: Path) -> None:
    rows = [f"{i % 4},Pothole,Open,2026-03-02 09:00:00,,,," for i in range(6)]
    assert profile(tmp_path, rows).duplicate_ids == 2


def test_a_source_without_rows_is_told(tmp_path: Path) -> None:
    assert profile(tmp_path, []).errors == ["the source has no rows; a load would refuse it."]


@pytest.mark.parametrize("real", [city for city in ALL if city is not BOSTON], ids=lambda city: city.name)
def test_published_exports_are_profiled_row_by_row(real: RealCity) -> None:
    city = real.city()
    for config in city.sources:
        made = profile_source(open_source(config, city), city)
        assert made.rows == made.cases + sum(made.refused.values()) > 0
        assert made.to_dict()["rows"] == made.rows
