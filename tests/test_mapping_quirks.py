"""What real cities' data does wrong, and what a load makes of it: one test or more for each quirk that belongs to the import.

The numbers are those of the quirks in the reference on city data. Long-lived types (22), types that
begin mid-series (24) and partial periods in trends (25, beyond `as_of`) are matters of the figures.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from data_access.sources import open_source
from data_access.sources.profile import profile_source
from tests.support.towns import HEADER, MAPPING, Town

ROW = "{id},{type},{department},{channel},{status},{opened},{due},{closed}"
USUAL = {
    "id": "1", "type": "Pothole", "department": "Streets", "channel": "Phone", "status": "Open", "opened": "2026-03-16 08:00:00",
    "due": "", "closed": "",
}  # fmt: skip
SQUARE = [[(-74.0, 40.0), (-73.0, 40.0), (-73.0, 41.0), (-74.0, 41.0), (-74.0, 40.0)]]
"""One degree by one: the district "Centre" of the maps below."""


def row(**values: object) -> str:
    """A line of cases.csv: case 1, an open pothole of Monday morning, unless said otherwise; further values are further columns."""
    more = [str(value) for name, value in values.items() if name not in USUAL]
    return ",".join([ROW.format(**(USUAL | values)), *more])


def loaded(folder: Path, *rows: str, columns: str = "", mapping: str = "", also: str = "", **tables: object) -> Town:
    """A town with these cases, loaded. `columns`: further columns of the file; `mapping`, `also`: further lines of [columns] and of the end."""
    town = Town(folder, **tables).files(mapping=MAPPING.replace("[columns]", f"[columns]\n{mapping}") + also)
    town.write("cases.csv", *rows, header=HEADER + columns)
    town.load()
    return town


def case(town: Town, source_id: str = "1") -> dict:
    return town.cases()[source_id]


def test_a_blank_text_is_no_value_and_is_counted(tmp_path: Path) -> None:
    """Quirk 1: Boston writes a blank where it means nothing, 29,398 times."""
    town = loaded(tmp_path, row(department=" "), row(id="2", department=""), row(id="3"))
    assert [case(town, n)["department"] for n in "123"] == [None, None, "Streets"]
    assert ("blank", "department", None, 1) in town.findings()


def district(**more: object) -> dict:
    return {"id": "district", "name": "District", "plural": "Districts", "file": "map.geojson", **more}


def test_a_point_that_holds_too_many_cases_is_an_unknown_address_and_lies_in_no_district(tmp_path: Path) -> None:
    """Quirk 2: 8 % of Boston's cases lie on City Hall. Ten of 300 on one point is more than the 2 % of the default."""
    spread = [row(id=n, lat=round(40.0 + n / 1000, 3), lon=-73.5) for n in range(1, 291)]
    at_city_hall = [row(id=n, lat=40.5, lon=-73.9) for n in range(291, 301)]
    town = Town(tmp_path, area_layer=[district()]).files(
        mapping=MAPPING.replace("[columns]", '[columns]\nlatitude = "lat"\nlongitude = "lon"')
    )
    town.map("map.geojson", [("Centre", SQUARE)])
    town.write("cases.csv", *spread, *at_city_hall, header=HEADER + ",lat,lon")
    town.load()
    assert (case(town, "300")["latitude"], case(town, "300")["area_1_id"], case(town, "300")["location_key"]) == (None, 0, None)
    assert (case(town, "290")["latitude"], case(town, "290")["area_1_id"]) == (40.29, 1)
    assert town.ask("SELECT count(*) FROM spell WHERE area_1_id = 1") == [(290,)]
    assert ("placeholder_point", "latitude, longitude", "40.5, -73.9", 10) in town.findings()


def test_a_busy_address_of_one_day_is_no_unknown_address(tmp_path: Path) -> None:
    """Quirk 2: of 12,000 cases 15 are at one stop, all in the last load of 250: that is 6 % of the load and 0.1 % of the city."""
    town = Town(tmp_path).files(mapping=MAPPING.replace("[columns]", '[columns]\nlatitude = "lat"\nlongitude = "lon"'))
    before = [row(id=n, lat=round(40.0 + n / 20_000, 5), lon=-73.5) for n in range(12_000)]
    town.write("cases.csv", *before, header=HEADER + ",lat,lon")
    town.load()
    today = [row(id=n, lat=40.7 if n < 12_015 else round(40.0 + n / 20_000, 5), lon=-73.6) for n in range(12_000, 12_250)]
    town.write("cases.csv", *before, *today, header=HEADER + ",lat,lon")
    assert town.load().rows_new == 250
    assert case(town, "12000")["latitude"] == 40.7


def test_a_stand_in_point_is_remembered_by_later_loads(tmp_path: Path) -> None:
    """Quirk 2: found in the first load of 300 cases, it is no address in the second, which brings one case more."""
    town = Town(tmp_path).files(mapping=MAPPING.replace("[columns]", '[columns]\nlatitude = "lat"\nlongitude = "lon"'))
    cases = [row(id=n, lat=40.5 if n > 290 else round(40.0 + n / 1000, 3), lon=-73.5) for n in range(1, 301)]
    for rows in (cases, [*cases, row(id=301, lat=40.5, lon=-73.5)]):
        town.write("cases.csv", *rows, header=HEADER + ",lat,lon")
        town.load()
    assert case(town, "301")["latitude"] is None


def test_a_point_that_becomes_a_stand_in_leaves_the_map_with_all_its_cases_at_once(tmp_path: Path) -> None:
    """Quirk 2: 3 of 300 cases lie on it, then 20 more. Until the next full load they are treated alike: they stay."""
    town = Town(tmp_path).files(mapping=MAPPING.replace("[columns]", '[columns]\nlatitude = "lat"\nlongitude = "lon"'))
    cases = [row(id=n, lat=40.5 if n > 297 else round(40.0 + n / 1000, 3), lon=-73.5) for n in range(1, 321)]
    on_it = "SELECT count(*), count(latitude) FROM case_record WHERE CAST(source_id AS INTEGER) > 297"
    for rows, full, expected in ((cases[:300], False, (3, 3)), (cases, False, (23, 23)), (cases, True, (23, 0))):
        town.write("cases.csv", *rows, header=HEADER + ",lat,lon")
        town.load(full=full)
        assert town.ask(on_it) == [expected]


def test_a_stand_in_point_may_be_named_and_impossible_points_are_none(tmp_path: Path) -> None:
    """Quirk 2: São Paulo's point in the mapping, San Francisco's 0,0, and a latitude of 95 degrees."""
    points = [("40.7", "-73.9"), ("0", "0"), ("95", "10"), ("40.8", "-73.8"), ("north", "-73.8"), ("40.8", "")]
    rows = [row(id=n, lat=lat, lon=lon) for n, (lat, lon) in enumerate(points)]
    town = loaded(
        tmp_path, *rows, columns=",lat,lon", mapping='latitude = "lat"\nlongitude = "lon"', also="[place]\nplaceholders = [[40.7, -73.9]]\n"
    )
    assert [case(town, str(n))["latitude"] for n in range(6)] == [None, None, None, 40.8, None, None]
    found = town.findings()
    assert {("placeholder_point", "latitude, longitude", None, 1), ("impossible_point", "latitude, longitude", None, 2)} <= found


def test_a_sources_own_time_zone_is_believed(tmp_path: Path) -> None:
    """Quirk 3: 08:00 in New York is 12:00 UTC in summer time; a source that writes UTC says so in its mapping."""
    (tmp_path / "utc").mkdir()
    assert case(loaded(tmp_path, row()))["opened_at"] == datetime(2026, 3, 16, 12)
    assert case(loaded(tmp_path / "utc", row(), also='[time]\nzone = "UTC"\n'))["opened_at"] == datetime(2026, 3, 16, 8)


def test_times_that_carry_the_offset_twice_are_set_right(tmp_path: Path) -> None:
    """Quirk 3: Boston 2013 to 2019. 09:00 on the wall was written 05:00 in summer, 04:00 in winter; from a given day on it is right."""
    rows = [row(opened="2014-07-01 05:00:00"), row(id="2", opened="2014-01-02 04:00:00"), row(id="3", opened="2019-07-01 09:00:00")]
    town = loaded(tmp_path, *rows, also="[time]\noffset_applied = 2\noffset_applied_until = 2019-01-01\n")
    assert [case(town, n)["opened_at"] for n in "123"] == [datetime(2014, 7, 1, 13), datetime(2014, 1, 2, 14), datetime(2019, 7, 1, 13)]


def test_the_hour_that_comes_twice_is_the_first_and_the_hour_that_never_was_comes_an_hour_later(tmp_path: Path) -> None:
    """Quirk 3: 1 November 2026 01:30 is 05:30 UTC (still summer time); 8 March 02:30 does not exist and is 03:30, 07:30 UTC."""
    town = loaded(tmp_path, row(opened="2025-11-02 01:30:00"), row(id="2", opened="2026-03-08 02:30:00"))
    assert [case(town, n)["opened_at"] for n in "12"] == [datetime(2025, 11, 2, 5, 30), datetime(2026, 3, 8, 7, 30)]


@pytest.mark.parametrize("written", ["2026-03-16T08:00:00Z", "2026-03-16T08:00:00.000+00:00", "2026-03-16 08:00:00+00"])
def test_an_offset_is_believed_unless_the_mapping_says_that_it_lies(tmp_path: Path, written: str) -> None:
    """Quirk 4: DC and San Francisco write local time and call it UTC."""
    (tmp_path / "liar").mkdir()
    assert case(loaded(tmp_path, row(opened=written)))["opened_at"] == datetime(2026, 3, 16, 8)
    assert case(loaded(tmp_path / "liar", row(opened=written), also="[time]\nignore_offset = true\n"))["opened_at"] == datetime(
        2026, 3, 16, 12
    )


def test_a_date_that_stands_for_no_date_is_none_and_is_counted(tmp_path: Path) -> None:
    """Quirk 5: 1970-01-01 on 4,671 closings of DC. Not closed 56 years early, and no deadline."""
    epoch = "1970-01-01 00:00:00"
    town = loaded(
        tmp_path, row(closed=epoch, due=epoch), row(id="2", due="1970-01-01T00:00:00Z"), also="[time]\nsentinels = [1970-01-01]\n"
    )
    assert [(case(town, n)["closed_at"], case(town, n)["due_at"]) for n in "12"] == [(None, None)] * 2
    assert {("sentinel_date", "closed_at", "1970-01-01", 1), ("sentinel_date", "due_at", "1970-01-01", 2)} <= town.findings()


@pytest.mark.parametrize("never", ["9999-12-31 23:59:59", "0001-01-01 00:00:00", "now", "soon"])
def test_a_time_that_no_calendar_can_place_is_none_and_is_listed(tmp_path: Path, never: str) -> None:
    """Quirk 5: "never" as systems write it; the word "now" is not the moment of the load."""
    town = loaded(tmp_path, row(due=never))
    assert (case(town)["due_at"], case(town)["due_source"]) == (None, "none")
    assert ("unreadable_time", "due_at", never, 1) in town.findings()


def test_a_case_that_opens_in_the_future_or_before_the_system_existed_is_refused(tmp_path: Path) -> None:
    """Quirk 5: DC's lone opening of 2018 in the year 2015, and 1900 for 2000."""
    town = loaded(tmp_path, row(), row(id="2", opened="2062-03-16 08:00:00"), row(id="3", opened="1926-03-16 08:00:00"), row(id="4"))
    assert town.quarantine() == [
        ("2", "The case opens in the future."),
        ("3", "The case opens before 1990-01-01, when the system did not exist."),
    ]


def test_a_closing_in_the_future_is_listed_and_has_not_happened(tmp_path: Path) -> None:
    """Quirk 5: a mistyped year. The case counts as open until then."""
    town = loaded(tmp_path, row(status="Closed", closed="2062-03-17 08:00:00"))
    assert ("closed_in_future", "closed_at", None, 1) in town.findings()
    assert town.ask("SELECT count(*) FROM open_spell") == [(1,)]


def test_a_case_closed_before_it_opened_stays_and_its_interval_does_not_count(tmp_path: Path) -> None:
    """Quirk 6: 218 in São Paulo. It was opened and it is closed; how long it took nobody knows."""
    town = loaded(tmp_path, row(status="Closed", closed="2026-03-15 08:00:00", due="2026-03-20 08:00:00"))
    found = case(town)
    assert (found["closed_at"], found["has_valid_interval"], found["has_valid_due"]) == (found["opened_at"], False, False)
    assert town.ask("SELECT seconds_to_close, is_instant FROM spell") == [(None, False)]
    assert ("closed_before_opened", "closed_at", None, 1) in town.findings()


def test_a_case_closed_in_the_instant_it_opened_is_marked_and_a_crews_own_is_staff_entered(tmp_path: Path) -> None:
    """Quirk 7: 55 % of Chicago's. Within 60 seconds it was entered after the work; by crews it is a class of its own."""
    rule = '[[class]]\nfield = "channel_raw"\nvalues = ["Crew"]\ninstant_only = true\nis = "staff_entered"\n'
    closings = [("Phone", "08:01:00"), ("Phone", "08:01:01"), ("Crew", "08:00:00"), ("Crew", "09:00:00")]
    rows = [row(id=n, channel=who, status="Closed", closed=f"2026-03-16 {at}") for n, (who, at) in enumerate(closings)]
    town = loaded(tmp_path, *rows, also=rule)
    assert [case(town, str(n))["is_instant"] for n in range(4)] == [True, False, True, False]
    assert [case(town, str(n))["case_class"] for n in range(4)] == ["service", "service", "staff_entered", "service"]


def test_a_case_is_closed_when_it_has_a_closing_date_and_disagreements_are_listed(tmp_path: Path) -> None:
    """Quirk 8: closed without date (14,550 police cases), open with one (São Paulo 3,391)."""
    town = loaded(tmp_path, row(status="Closed"), row(id="2", closed="2026-03-17 08:00:00"), row(id="3"))
    assert [case(town, n)["closed_at"] for n in "123"] == [datetime(2026, 3, 16, 12), datetime(2026, 3, 17, 12), None]
    assert [case(town, n)["has_valid_interval"] for n in "123"] == [False, True, True]
    assert {("closed_without_date", "closed_at", None, 1), ("closing_date_but_not_closed", "status", "open", 1)} <= town.findings()


def test_a_closed_case_without_a_closing_date_ended_when_its_status_was_set(tmp_path: Path) -> None:
    """Quirk 8: Baltimore and NYC keep that time. It says that the case is over, not how long it took."""
    town = loaded(
        tmp_path, row(status="Closed", status_date="2026-03-18 08:00:00"), columns=",status_date", mapping='status_at = "status_date"'
    )
    assert (case(town)["closed_at"], case(town)["has_valid_interval"]) == (datetime(2026, 3, 18, 12), False)


def test_statuses_beyond_open_and_closed_say_what_became_of_the_case(tmp_path: Path) -> None:
    """Quirk 9: duplicate, transferred, voided, pending; "IN-PROGRESS" and "In Progress" are one word."""
    words = """[status]
        "Open" = "open"
        "Closed" = "closed"
        "In Progress" = "in_progress"
        "Duplicate (Closed)" = { status = "closed", outcome = "duplicate" }
        "Voided" = "cancelled"
        "Referred Out" = { status = "closed", outcome = "referred" }
        "Pending" = "waiting"
    """
    said = ["IN-PROGRESS", "in progress", "DUPLICATE - CLOSED", "voided", "Referred out", "Pending"]
    mapping = MAPPING.replace('[status]\n"Open" = "open"\n"Closed" = "closed"\n', words)
    town = Town(tmp_path).files(mapping=mapping)
    town.write("cases.csv", *(row(id=n, status=status) for n, status in enumerate(said)))
    town.load()
    found = [case(town, str(n)) for n in range(6)]
    assert [c["status"] for c in found] == ["in_progress", "in_progress", "closed", "cancelled", "closed", "waiting"]
    assert [c["case_class"] for c in found] == ["service", "service", "duplicate", "withdrawn", "service", "service"]
    assert [c["outcome"] for c in found][2:5] == ["duplicate", "unknown", "referred"]
    assert [c["status_raw"] for c in found] == said
    assert town.ask("SELECT source_id FROM case_record r JOIN spell USING (case_id) WHERE NOT is_counted") == [("2",)]


def test_a_status_and_a_channel_nobody_mapped_are_unknown_counted_and_listed(tmp_path: Path) -> None:
    """Quirk 9: one odd status in thirty does not stop the load; nothing is guessed from its looks."""
    rows = [row(id=n) for n in range(30)]
    town = loaded(tmp_path, *rows, row(id="a", status="Closed - Incomplete"), row(id="b", channel="Web Form"), row(id="c", channel=""))
    assert (case(town, "a")["status"], case(town, "a")["status_raw"], case(town, "a")["closed_at"]) == (
        "unknown",
        "Closed - Incomplete",
        None,
    )
    assert (case(town, "b")["channel"], case(town, "b")["channel_raw"], case(town, "c")["channel"]) == ("unknown", "Web Form", "unknown")
    assert {("unmapped_status", "status", "Closed - Incomplete", 1), ("unmapped_channel", "channel", "Web Form", 1)} <= town.findings()


def test_words_of_another_alphabet_are_different_words(tmp_path: Path) -> None:
    """Quirk 9: Greek for open and closed share no Latin letter, and must not share a key."""
    mapping = MAPPING.replace('"Open" =', '"Ανοιχτό" =').replace('"Closed" =', '"Κλειστό" =')
    town = Town(tmp_path).files(mapping=mapping)
    town.write(
        "cases.csv", row(status="ΑΝΟΙΧΤΌ", department="Πάρκα"), row(id="2", status="κλειστο", department="Δρόμοι", closed="2026-03-17")
    )
    town.load()
    assert [(case(town, n)["status"], case(town, n)["department"]) for n in "12"] == [("open", "Πάρκα"), ("closed", "Δρόμοι")]


def test_a_date_that_only_looks_like_a_deadline_shows_before_it_is_accepted(tmp_path: Path) -> None:
    """Quirk 10: Los Angeles' ServiceDate is the day of the work; taken for a deadline it makes 96 % late."""
    town = Town(tmp_path).files()
    town.write("cases.csv", *(row(id=n, status="Closed", due="2026-03-17 00:00:00", closed="2026-03-17 09:00:00") for n in range(60)))
    city = town.city()
    assert any(
        "100% of cases are late; check that 'due_at'" in text for text in profile_source(open_source(city.sources[0], city), city).warnings
    )


def test_a_case_without_a_deadline_has_none_and_one_by_rule_says_so(tmp_path: Path) -> None:
    """Quirk 11: Chicago has no due dates at all. Only the tree has a rule: three days from Monday 08:00."""
    rule = {"request_type": "Tree", "unit": "calendar_days", "amount": 3}
    town = loaded(tmp_path, row(), row(id="2", type="Tree"), row(id="3", type="Tree", due="2026-03-18 08:00:00"), sla_rule=[rule])
    assert [case(town, n)["due_source"] for n in "123"] == ["none", "sla_rule", "source"]
    assert case(town)["due_at"] is None
    assert case(town, "2")["due_at"].date() == datetime(2026, 3, 19).date()
    assert case(town, "3")["due_at"] == datetime(2026, 3, 18, 12)


def test_a_deadline_before_the_opening_is_kept_listed_and_does_not_count(tmp_path: Path) -> None:
    """Quirk 12: three in Boston. Nobody can keep such a promise."""
    town = loaded(tmp_path, row(due="2026-03-15 08:00:00"), row(id="2", due="2026-03-17 08:00:00"))
    assert [case(town, n)["has_valid_due"] for n in "12"] == [False, True]
    assert case(town)["due_at"] == datetime(2026, 3, 15, 12)
    assert ("due_before_opened", "due_at", None, 1) in town.findings()


def test_rows_without_an_id_get_one_from_what_they_say(tmp_path: Path) -> None:
    """Quirk 13: São Paulo has no ids and 30 identical rows: the same content is the same case, whatever its place in the file."""
    mapping = MAPPING.replace('source_id = "id"\n', "") + '[read]\nid_from = ["request_type", "opened_at"]\n'
    town = Town(tmp_path).files(mapping=mapping)
    town.write("cases.csv", row(type="Tree"), *[row()] * 3)
    first = town.load()
    assert (first.rows_read, first.rows_new, first.rows_unchanged) == (4, 2, 2)
    town.write("cases.csv", row(), row(type="Tree"), row(type="Tree", opened="2026-03-17 08:00:00"))
    again = town.load()
    assert (again.rows_new, again.rows_changed, again.rows_unchanged, again.rows_deleted) == (1, 0, 2, 0)


def test_an_id_is_the_same_with_spaces_around_it_or_a_decimal_behind_it(tmp_path: Path) -> None:
    """Quirks 13 and 15: "101", " 101 " and a spreadsheet's "101.0" are one case; "A-1.0" is its own."""
    town = loaded(tmp_path, row(id="101"), row(id=" 101 "), row(id="101.0"), row(id="A-1.0"))
    assert sorted(town.cases()) == ["101", "A-1.0"]


def test_a_column_may_have_several_names(tmp_path: Path) -> None:
    """Quirk 14: Boston's target_dt became sla_target_dt."""
    town = Town(tmp_path).files(mapping=MAPPING.replace('due_at = "due"', 'due_at = ["target_dt", "sla_target_dt"]'))
    town.write("cases.csv", row(due="2026-03-18 08:00:00"), header=HEADER.replace("due", "sla_target_dt"))
    assert town.load().drift == ["due_at comes from 'sla_target_dt', there is no 'target_dt'"]
    assert case(town)["due_at"] == datetime(2026, 3, 18, 12)


def test_what_a_spreadsheet_did_to_dates_numbers_and_codes_is_undone(tmp_path: Path) -> None:
    """Quirk 15: NYC 2018: "10/21/18 0:59", a BOM, "1,017.5" for a number, and ward "28.0"."""
    layer = {"id": "ward", "name": "Ward", "plural": "Wards", "assign": "name"}
    mapping = MAPPING.replace("[columns]", '[columns]\nlatitude = "lat"\nlongitude = "lon"')
    mapping += '[areas]\nward = "ward"\n[time]\nformats = ["%m/%d/%y %H:%M", "ISO8601"]\n'
    town = Town(tmp_path, area_layer=[layer]).files(mapping=mapping)
    rows = [row(opened="10/21/18 0:59", lat='"0,040.5"', lon="-73.5", ward="28.0"), row(id="2", lat="40.5", lon="-73.5", ward="28")]
    text = "".join(f"{line}\n" for line in (HEADER + ",lat,lon,ward", *rows))
    (tmp_path / "cases.csv").write_text("\ufeff" + text, "utf-8")
    town.load()
    assert (case(town)["opened_at"], case(town)["latitude"]) == (datetime(2018, 10, 21, 4, 59), 40.5)
    assert case(town, "2")["opened_at"] == datetime(2026, 3, 16, 12)
    assert town.ask("SELECT name FROM area WHERE layer_id = 'ward'") == [("28",)]


def test_text_that_was_encoded_twice_is_kept_as_it_is_and_counted(tmp_path: Path) -> None:
    """Quirk 16: 183 texts of NYC 2023 say "â€™" for an apostrophe. An honest "Â" or "é" is no damage."""
    twice = "Resident’s tree".encode().decode("cp1252")
    town = loaded(tmp_path, row(type=twice), row(id="2", type="Árvore caída"), row(id="3", type="CÂMARA"), row(id="4", type="PÃO"))
    assert case(town)["request_type"] == twice
    assert ("damaged_text", "request_type", None, 1) in town.findings()


def test_a_column_name_may_have_accents_and_spaces(tmp_path: Path) -> None:
    """Quirk 16: São Paulo's "Data de abertura" and "Órgão"."""
    town = Town(tmp_path).files(mapping=MAPPING.replace('"opened"', '"Data de abertura"').replace('"department"', '"Órgão"'))
    town.write("cases.csv", row(department="São Paulo"), header=HEADER.replace("opened", "Data de abertura").replace("department", "Órgão"))
    town.load()
    assert case(town)["department"] == "São Paulo"


def test_one_name_in_several_spellings_is_one_and_is_shown_as_most_write_it(tmp_path: Path) -> None:
    """Quirk 17: keys are normalised, labels never: "other" and "Other" are one type, and "Tree, Fallen" keeps its comma."""
    types = ["Other", "other", "Other", '"Tree, Fallen"', "TREE FALLEN", '"Tree, Fallen"']
    departments = ["PWD", "Public Works", "public works dept.", "P.W.D.", "Parks", "PARKS"]
    configured = {"id": "public-works", "name": "Public Works", "aliases": ["PWD", "Public Works Dept", "P W D"]}
    rows = [row(id=n, type=kind, department=name) for n, (kind, name) in enumerate(zip(types, departments, strict=True))]
    town = loaded(tmp_path, *rows, department=[configured])
    assert town.ask("SELECT name FROM request_type ORDER BY 1") == [("Other",), ("Tree, Fallen",)]
    assert town.ask("SELECT slug, name FROM department ORDER BY 1") == [("parks", "PARKS"), ("public-works", "Public Works")]


def test_a_later_load_of_a_few_rows_renames_nothing(tmp_path: Path) -> None:
    """Quirk 17: one more case, of type "POTHOLE" and of nobody's department; labels and targets stay."""
    town = loaded(
        tmp_path,
        row(),
        row(id="2"),
        row(id="3", type="Tree", department="Parks"),
        department=[{"id": "parks", "name": "Parks", "on_time_target": 0.8}],
    )
    before = town.ask("FROM department ORDER BY id"), town.ask("SELECT id, slug, name FROM request_type ORDER BY id")
    town.write(
        "cases.csv", row(), row(id="2"), row(id="3", type="Tree", department="Parks"), row(id="4", type="POTHOLE", department="streets")
    )
    assert town.load().rows_new == 1
    assert (town.ask("FROM department ORDER BY id"), town.ask("SELECT id, slug, name FROM request_type ORDER BY id")) == before
    assert {slug: target for _, slug, *_, target in before[0]} == {"streets": None, "parks": 0.8}


def test_area_names_are_matched_to_the_map_by_key_or_by_crosswalk_and_the_rest_is_shown(tmp_path: Path) -> None:
    """Quirks 17 and 18: "Ward 3", "03" and "3.0" are ward 3; "Mission Hill / Roxbury" needs the crosswalk; "Atlantis" is on no map."""
    layer = district(id="ward", name="Ward", assign="name", aliases={"Mission Hill / Roxbury": "Ward 3"})
    town = Town(tmp_path, area_layer=[layer]).files(mapping=MAPPING + '[areas]\nward = "ward"\n')
    town.map("map.geojson", [("Ward 3", SQUARE), ("QUEENS 05", SQUARE)])
    said = ["Ward 3", "03", "3.0", "Mission Hill / Roxbury", "05 QUEENS", "Atlantis", "Atlantis", ""]
    town.write("cases.csv", *(row(id=n, ward=name) for n, name in enumerate(said)), header=HEADER + ",ward")
    town.load()
    names = dict(town.ask("SELECT source_id, a.name FROM case_record LEFT JOIN area a ON a.id = area_1_id"))
    assert [names[str(n)] for n in range(8)] == ["Ward 3"] * 4 + ["QUEENS 05", None, None, None]
    assert ("area_not_on_map", "ward", "Atlantis", 2) in town.findings()


def test_a_point_outside_every_area_is_shown(tmp_path: Path) -> None:
    """Quirk 18: it lies in no district, stays on the map, and is counted."""
    town = Town(tmp_path, area_layer=[district()]).files(
        mapping=MAPPING.replace("[columns]", '[columns]\nlatitude = "lat"\nlongitude = "lon"')
    )
    town.map("map.geojson", [("Centre", SQUARE)])
    town.write(
        "cases.csv", row(lat=40.5, lon=-73.5), row(id="2", lat=45.5, lon=-73.5), row(id="3", lat="", lon=""), header=HEADER + ",lat,lon"
    )
    town.load()
    assert [(case(town, n)["area_1_id"], case(town, n)["latitude"]) for n in "123"] == [(1, 40.5), (0, 45.5), (0, None)]
    assert ("point_outside_areas", "district", None, 1) in town.findings()


def test_a_district_without_a_population_has_none(tmp_path: Path) -> None:
    """Quirk 20: a head count comes with the boundaries it was counted in, or not at all."""
    town = Town(tmp_path, area_layer=[district()]).files()
    town.map("map.geojson", [("Centre", SQUARE)])
    town.write("cases.csv", row())
    town.load()
    assert town.ask("SELECT name, population FROM area") == [("Centre", None)]


def test_calls_that_are_no_work_are_a_class_of_their_own(tmp_path: Path) -> None:
    """Quirk 21: 58 % of Chicago's are information calls. They load, as contacts; the first rule that fits counts."""
    rules = """
        [[class]]
        field = "request_type"
        values = ["311 INFORMATION ONLY CALL"]
        is = "information"
        [[class]]
        field = "department"
        values = ["Aviation"]
        is = "withdrawn"
    """
    rows = [row(type="311 Information-Only Call", department="Aviation"), row(id="2", department="AVIATION"), row(id="3")]
    town = loaded(tmp_path, *rows, also=rules)
    assert [case(town, n)["case_class"] for n in "123"] == ["information", "withdrawn", "service"]


def test_a_case_of_fifteen_years_ago_is_still_open(tmp_path: Path) -> None:
    """Quirk 22: 73 % of Boston's "Animal Generic Request" were never closed. They are the backlog's oldest, not errors."""
    town = loaded(tmp_path, row(opened="2011-03-16 08:00:00"))
    assert town.ask("SELECT count(*) FROM open_spell WHERE closed_at IS NULL") == [(1,)]


def test_a_rare_type_keeps_its_name_for_staff_and_is_withheld_from_residents(tmp_path: Path) -> None:
    """Quirk 23: 36 of Boston's 141 types have fewer than ten cases. A type the city did not release is not in the public mart."""
    town = loaded(tmp_path, row(), row(id="2", type="Bee swarm"), release={"A": ["Pothole"]})
    assert town.ask("SELECT name, release_class FROM request_type ORDER BY 1") == [("Bee swarm", "C"), ("Pothole", "A")]
    assert town.ask("SELECT count(*) FROM spell", "public") == [(1,)]
    assert town.says("bee swarm", audience="public") == []


def test_the_data_ends_where_it_says_or_where_its_last_event_lies(tmp_path: Path) -> None:
    """Quirk 25: the last instant in the file is Tuesday 10:00; a city that knows that its extract is complete until midnight says so."""
    (tmp_path / "said").mkdir()
    rows = [row(), row(id="2", status="Closed", closed="2026-03-17 10:00:00", due="2026-12-01")]
    town = loaded(tmp_path, *rows)
    assert town.ask("SELECT value FROM meta WHERE key = 'as_of'") == [("2026-03-17T14:00:00",)]
    said = Town(tmp_path / "said").files(as_of="2026-03-18T00:00:00-04:00")
    said.write("cases.csv", *rows)
    said.load()
    assert said.ask("SELECT value FROM meta WHERE key = 'as_of'") == [("2026-03-18T04:00:00",)]


PEOPLE = ["Ada Lovelace", "ada@example.org", "617-555-0100"]


def test_columns_with_people_are_not_read_whatever_happens_to_their_row(tmp_path: Path) -> None:
    """Names, addresses of mail and telephone numbers: not in cases, not in quarantine, not in what was noticed."""
    rows = [
        row(name=PEOPLE[0], mail=PEOPLE[1], phone=PEOPLE[2]),
        row(id="2", opened="never", name=PEOPLE[0], mail=PEOPLE[1], phone=PEOPLE[2]),
    ]
    town = loaded(tmp_path, *rows, row(id="3", name="", mail="", phone=""), columns=",name,mail,phone")
    assert [reason for _, reason in town.quarantine()] == ["The opening time cannot be read."]
    assert town.says("lovelace", "ada@", "555-0100") == []


def test_what_people_wrote_is_not_kept_of_a_refused_row(tmp_path: Path) -> None:
    """More people may look at refused rows than may read texts and addresses of cases."""
    free = "Ada Lovelace called"
    rows = [row(text=free, where="12 Main Street"), row(id="2", opened="never", text=free, where="12 Main Street")]
    town = loaded(tmp_path, *rows, columns=",text,where", mapping='title = "text"\naddress = "where"')
    assert (case(town)["title"], case(town)["address"]) == (free, "12 Main Street")
    assert town.ask("SELECT original FROM quarantine")[0][0].startswith('{"source_id": "2", ')
    assert "Lovelace" not in town.ask("SELECT original FROM quarantine")[0][0]
    assert "Main" not in town.ask("SELECT original FROM quarantine")[0][0]


def test_a_free_text_that_tells_the_outcome_is_read_and_not_kept(tmp_path: Path) -> None:
    """Boston's closure_reason begins with a category and goes on with anything, also with a name."""
    patterns = """
        [[outcome_pattern]]
        pattern = 'Case Closed\\. Resolved'
        outcome = "resolved"
        label = "Resolved"
        [[outcome_pattern]]
        pattern = 'Case Closed'
        outcome = "unknown"
        label = "Case Closed"
        [outcome]
        "Work done" = "resolved"
    """
    texts = ["Case Closed. Resolved by Ada Lovelace", "Case Closed. Ada Lovelace moved", "Ada Lovelace withdrew", "Work done", ""]
    rows = [row(id=n, status="Closed", closed="2026-03-17", why=text) for n, text in enumerate(texts)]
    refused = row(id="9", opened="never", why="Case Closed. Ada Lovelace")
    town = loaded(tmp_path, *rows, refused, columns=",why", mapping='outcome = "why"', also=patterns)
    assert [case(town, str(n))["outcome"] for n in range(5)] == ["resolved", "unknown", "unknown", "resolved", "unknown"]
    assert [case(town, str(n))["outcome_raw"] for n in range(3)] == ["Resolved", "Case Closed", None]
    assert town.says("lovelace") == []


def test_an_answer_that_is_none_of_one_to_five_is_none_and_is_listed(tmp_path: Path) -> None:
    answers = ["5", "4.0", "0", "yes", ""]
    town = loaded(tmp_path, *(row(id=n, score=a) for n, a in enumerate(answers)), columns=",score", mapping='satisfaction = "score"')
    assert [case(town, str(n))["satisfaction"] for n in range(5)] == [5, 4, None, None, None]
    assert {("impossible_answer", "satisfaction", "0", 1), ("impossible_answer", "satisfaction", "yes", 1)} <= town.findings()


def test_a_flag_marks_a_duplicate_and_its_parent_is_kept(tmp_path: Path) -> None:
    """Chicago's DUPLICATE and PARENT_SR_NUMBER: duplicates stay, linked to the case they repeat, and do not count."""
    flags = [("true", "9"), ("1", "9"), ("false", ""), ("", "")]
    rows = [row(id=n, twice=flag, parent=parent) for n, (flag, parent) in enumerate(flags)]
    town = loaded(tmp_path, *rows, columns=",twice,parent", mapping='is_duplicate = "twice"\nparent_source_id = "parent"')
    assert [case(town, str(n))["case_class"] for n in range(4)] == ["duplicate", "duplicate", "service", "service"]
    assert [case(town, str(n))["parent_source_id"] for n in range(4)] == ["9", "9", None, None]
