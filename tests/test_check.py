"""`flask check` says of every key and every row what fits nothing, tells errors from warnings, and leaves with a code that scripts can use."""

from __future__ import annotations

import json

import pytest

from tests.test_cli import CITY, HEADER, MAPPING, ROWS, Operator, operator

assert operator

SQUARE = '{{"type": "Feature", "properties": {{"name": "{name}"}}, "geometry": {{"type": "Polygon", "coordinates": [[[{x}, 40], [{x}, 41], [{y}, 41], [{y}, 40], [{x}, 40]]]}}}}'
MAP = (
    '{"type": "FeatureCollection", "features": ['
    + ", ".join([SQUARE.format(name="West", x=-75, y=-74), SQUARE.format(name="East", x=-74, y=-73)])
    + "]}"
)


def doubts(operator: Operator, *options: str) -> dict[str, str]:
    """Word of a doubt -> its sentence, of the source and of the city together."""
    found = json.loads(operator.types("check", "--json", *options).stdout)
    return {doubt["about"]: f"{doubt['level']}: {doubt['text']}; {doubt['remedy']}" for part in found for doubt in part["doubts"]}


def test_what_fits_nothing_in_the_source_is_named_with_what_was_probably_meant(operator: Operator) -> None:
    """Three cases: two potholes of Streets, a tree of Parks."""
    operator.write("crm.toml", MAPPING + '"Fax" = "mail"\n[areas]\nward = "department"\n')
    operator.write(
        "city.toml",
        CITY + """
[[programme]]
id = "ideas"
name = "Ideas"
[[department]]
id = "parks"
name = "Parks"
[[department]]
id = "street"
name = "Street"
[[sla_rule]]
request_type = ["Pothole", "Treee"]
unit = "elapsed_hours"
amount = 24
[[sla_rule]]
request_type = "Tree"
department = "Water"
unit = "elapsed_hours"
amount = 24
[release]
A = ["Pothole", "Potholes"]
B = ["Tree"]
[names.es]
"Tree" = "Árbol"
"Potohole" = "Bache"
""",
    )  # fmt: skip
    found = doubts(operator)
    assert found["rules_without_type"] == "warning: [[sla_rule]] promises something for 'Treee', which no case is; did you mean 'Tree'?"
    assert found["rules_without_department"].startswith("warning: [[sla_rule]] is for department 'Water', which no case has")
    assert found["departments_never_seen"].startswith("warning: no case is of 'Street'; did you mean 'Streets'?")
    assert found["release_A"] == "warning: [release] A names 'Potholes', which no case is; did you mean 'Pothole'?"
    assert "release_B" not in found
    assert found["names_unused"].startswith("warning: [names.es] translates 'Potohole', which nothing is called")
    assert found["programmes_without_source"].startswith("warning: no source is of programme 'Ideas'")
    assert found["unused_channel"].startswith("warning: [channel] of the mapping explains 'Fax', which no row has")
    assert found["unused_areas"].startswith("warning: [areas] of the mapping names 'ward'")
    assert found["types_without_due"].startswith("warning: 1 of 2 types never have a deadline ('Tree'), 1 cases")
    assert operator.types("check").exit_code == 0


def test_points_outside_the_city_and_areas_that_no_case_lies_in_are_told(operator: Operator) -> None:
    """Two of three cases lie in West, one lies in neither."""
    operator.write(
        "cases.csv",
        HEADER.strip()
        + ",lat,lon\n"
        + "".join(
            f"{line},{lat},{lon}\n"
            for line, lat, lon in zip(ROWS.strip().split("\n"), (40.5, 40.6, 50.0), (-74.5, -74.6, 8.0), strict=True)
        ),
    )
    operator.write("crm.toml", MAPPING.replace("[columns]", '[columns]\nlatitude = "lat"\nlongitude = "lon"'))
    operator.write("areas.geojson", MAP)
    operator.write("city.toml", CITY + '[[area_layer]]\nid = "side"\nname = "Side"\nplural = "Sides"\nfile = "areas.geojson"\n')
    found = doubts(operator)
    assert found["outside"].startswith("warning: 1 cases (33% of those with a point) lie in no area of layer 'side'")
    assert found["areas_never_hit"].startswith("warning: no case lies in 'East' of layer 'side'")
    (operator.city / "areas.geojson").unlink()
    assert operator.types("check").exit_code == 1
    assert "ERROR" in operator.types("check").stdout


def test_an_error_is_what_a_load_would_stop_for(operator: Operator) -> None:
    """The load says of the same data that it waits for a person."""
    operator.write("cases.csv", HEADER + ROWS.replace("Closed", "Parked"))
    found = operator.types("check")
    assert found.exit_code == 1
    assert "ERROR       2 of 3 rows have a status that is not mapped ('Parked' 2 x)" in found.stdout
    assert "1 error," in found.stdout
    assert operator.types("sync").exit_code == 1


def test_far_fewer_rows_than_at_the_last_load_are_told(operator: Operator) -> None:
    operator.types("sync")
    assert "row_count" not in doubts(operator)
    operator.write("cases.csv", HEADER + ROWS.split("\n")[0] + "\n")
    assert doubts(operator)["row_count"] == "warning: it has 1 rows, the last load read 3; check that it was delivered whole and once."


def test_dates_that_contradict_each_other_are_counted(operator: Operator) -> None:
    operator.write("cases.csv", HEADER + (
        "1,Pothole,Streets,Phone,Closed,2026-03-16 08:00:00,2026-03-15 08:00:00,2026-03-14 08:00:00\n"
        "2,Pothole,Streets,Phone,Closed,2026-03-16 08:00:00,,\n3,Pothole,Streets,Phone,Open,2199-03-16 08:00:00,,\n3,Pothole,Streets,Phone,Open,soon,,\n"
    ))  # fmt: skip
    found = doubts(operator)
    for about, said in {"closed_before_opened": "1 case closes", "closed_without_date": "1 closed case", "due_before_opened": "1 deadline lies", "future": "1 dates lie in the future", "unreadable_times": "1 times cannot be read, such as 'soon'"}.items():  # fmt: skip
        assert found[about].startswith(f"warning: {said}")
    assert found["stale"].startswith("warning: the latest instant in it is 2026-03-16 08:00")


@pytest.mark.parametrize("options", [(), ("--source", "export")])
def test_one_source_alone_can_be_looked_at(operator: Operator, options: tuple[str, ...]) -> None:
    assert "0 errors" in operator.types("check", *options).stdout
