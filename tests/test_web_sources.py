"""Portals on the web: only named columns are asked for, page by page; later loads ask for what changed; a load that breaks off goes on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Response

from data_access.city import load_city
from data_access.sources.http import Client
from tests.support.towns import Town
from tests.support.web_api import DATASET, RESOURCE, Portal, portal

COLUMNS = """
[columns]
source_id = "number"
request_type = "type"
status = "status"
opened_at = "opened"
closed_at = "closed"
[status]
"Open" = "open"
"Closed" = "closed"
"""
NEVER = "Ada Lovelace"
"""Whoever reported it: in every row of every portal, in no answer that is asked for."""


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Portal]:
    """A portal, and no pauses between questions."""
    monkeypatch.setattr(Client, "sleep", staticmethod(lambda seconds: None))
    with portal() as made:
        yield made


def row(number: int, **values: Any) -> dict[str, Any]:
    return {
        "number": f"R-{number}", "type": "Pothole", "status": "Open", "opened": f"2026-03-16T08:0{number}:00.000", "closed": None, "reporter": NEVER,
    } | values  # fmt: skip


def socrata(api: Portal, folder: Path, **ask: Any) -> Town:
    """Five potholes of Monday, changed at 13:00 UTC, two to a page."""
    api.table(DATASET, [{":id": f"row-{n}", ":created_at": None, ":updated_at": "2026-03-16T13:00:00.000Z", **row(n)} for n in range(1, 6)])
    mapping = '[web]\nwatermark = ":updated_at"\n' + COLUMNS
    return Town(folder).web("socrata", f"{api.url}/resource/{DATASET}.json", mapping, ask={"page_rows": 2, "key": "t0ken", **ask})


def test_socrata_is_read_in_pages_of_named_columns_by_row_id_and_with_the_token(api: Portal, tmp_path: Path) -> None:
    """Five rows in pages of two: 2, 2, 1. The third is short, so there is no fourth."""
    town = socrata(api, tmp_path)
    report = town.load()
    assert (report.rows_read, report.rows_new, report.watermark) == (5, 5, "2026-03-16T13:00:00+00:00")
    assert sorted(town.cases()) == ["R-1", "R-2", "R-3", "R-4", "R-5"]
    assert town.cases()["R-1"]["opened_at"] == datetime(2026, 3, 16, 12, 1)  # 08:01 in New York
    pages = [args for args in api.paths(f"{DATASET}.json") if "$offset" in args]
    assert [args["$offset"] for args in pages] == ["0", "2", "4"]
    assert {(args["$select"], args["$order"], args["$limit"]) for args in pages} == {
        (":updated_at,closed,number,opened,status,type", ":id", "2")
    }
    assert {headers["X-App-Token"] for _, _, headers in api.asked} == {"t0ken"}
    assert all(headers["User-Agent"].startswith("Statroom/") for _, _, headers in api.asked)


def test_a_later_load_of_socrata_asks_for_what_changed_since_an_hour_before_the_watermark(api: Portal, tmp_path: Path) -> None:
    town = socrata(api, tmp_path)
    town.load()
    api.run(f"UPDATE \"{DATASET}\" SET \":updated_at\" = '2026-03-16T11:00:00.000Z' WHERE number != 'R-4'")
    api.run(
        f'UPDATE "{DATASET}" SET status = ?, closed = ?, ":updated_at" = ? WHERE number = ?',
        "Closed", "2026-03-17T09:00:00.000", "2026-03-17T13:30:00.000Z", "R-4",
    )  # fmt: skip
    api.asked.clear()
    report = town.load()
    assert (report.mode, report.rows_read, report.rows_changed, report.watermark) == ("incremental", 1, 1, "2026-03-17T13:30:00+00:00")
    assert api.paths(f"{DATASET}.json")[-1]["$where"] == "(:updated_at >= '2026-03-16T12:00:00.000Z' OR :updated_at IS NULL)"
    assert (town.cases()["R-4"]["status"], town.cases()["R-4"]["closed_at"]) == ("closed", datetime(2026, 3, 17, 13))


def test_a_key_may_be_left_out_of_the_environment(tmp_path: Path) -> None:
    (tmp_path / "city.toml").write_text(
        '[city]\nid = "t"\nname = "T"\nzone = "UTC"\n[[programme]]\nid = "requests"\nname = "R"\n[[source]]\nname = "api"\nkind = "socrata"\n'
        'programme = "requests"\npreset = "nyc_311_api"\nurl = "https://data.example.gov/resource/abcd-1234.json"\n[source.web]\nkey = "${NO_KEY:-}"\n'
    )
    assert [load_city(tmp_path, environ).sources[0].web.key for environ in ({}, {"NO_KEY": "t0ken"})] == ["", "t0ken"]


def test_rows_deleted_at_the_portal_are_found_by_comparing_ids(api: Portal, tmp_path: Path) -> None:
    town = socrata(api, tmp_path)
    town.load()
    api.run(f"DELETE FROM \"{DATASET}\" WHERE number = 'R-2'")
    api.asked.clear()
    assert town.load(compare_keys=True).rows_deleted == 1
    assert {args["$select"] for args in api.paths(f"{DATASET}.json") if "$offset" in args} == {
        ":updated_at,closed,number,opened,status,type",
        "number",
    }


def test_a_change_made_while_pages_are_read_is_before_no_watermark(api: Portal, tmp_path: Path) -> None:
    """A row says it changes within the hour to come, as clocks differ: the watermark is when the first page was asked."""
    town = socrata(api, tmp_path)
    soon = datetime.now(UTC).replace(tzinfo=None)
    api.run(f"UPDATE \"{DATASET}\" SET \":updated_at\" = strftime('%Y-%m-%dT%H:%M:%S.000Z', 'now', '+30 minutes')")
    report = town.load()
    assert report.watermark is not None
    assert datetime.fromisoformat(report.watermark).replace(tzinfo=None) >= soon
    assert report.watermark < api.run("SELECT strftime('%Y-%m-%dT%H:%M:%S', 'now', '+29 minutes') AS t")[0]["t"]


def test_rows_that_move_to_a_page_that_was_read_already_are_told(api: Portal, tmp_path: Path) -> None:
    """There are five. After the first page R-1 is deleted: R-3 moves to where R-2 was, and is not seen. Four are read."""
    town = socrata(api, tmp_path)

    def deleting(path: str, args: dict[str, str]) -> None:
        if args.get("$offset") == "2":
            api.run(f"DELETE FROM \"{DATASET}\" WHERE number = 'R-1'")

    api.breaks = deleting
    report = town.load()
    assert sorted(town.cases()) == ["R-1", "R-2", "R-4", "R-5"]
    assert report.drift == ["1 rows moved while pages were read and are missing; `flask sync --full` reads them"]


def test_a_first_load_that_breaks_off_goes_on_where_it_was_and_keeps_nobody(api: Portal, tmp_path: Path) -> None:
    town = socrata(api, tmp_path)
    api.breaks = lambda path, args: Response("out of order", 503) if args.get("$offset") == "4" else None
    line = town.refused()
    assert (
        line
        == f"source 'api': {api.url}/resource/{DATASET}.json: it answers 503 after 6 tries; load again later: what was fetched is kept."
    )
    kept = list((town.settings.data / "spool").rglob("*.json"))
    assert len(kept) == 2
    assert not any(NEVER in path.read_text() for path in kept)
    api.breaks = lambda path, args: None
    api.asked.clear()
    assert town.load().rows_new == 5
    assert [args["$offset"] for args in api.paths(f"{DATASET}.json") if "$offset" in args] == ["4"]
    assert not list((town.settings.data / "spool").rglob("*.json"))


def test_a_renamed_column_of_a_portal_is_named_with_the_nearest_there_is(api: Portal, tmp_path: Path) -> None:
    town = socrata(api, tmp_path)
    api.run(f'ALTER TABLE "{DATASET}" RENAME COLUMN opened TO opened_on')
    assert "column 'opened' (for opened_at) is missing; the nearest there is 'opened_on'" in town.refused()


def test_what_a_portal_says_of_a_wrong_question_is_told(api: Portal, tmp_path: Path) -> None:
    line = socrata(api, tmp_path, where="ward = 3").refused()
    assert "it answers 400 (Query coordinator error: query.soql.no-such-column; no such column: ward)" in line
    assert "t0ken" not in line


# ArcGIS

LAYERS = "arcgis/rest/services/311/FeatureServer"


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def layer_row(number: int, **values: Any) -> dict[str, Any]:
    times = {"opened": ms(f"2026-03-16T12:0{number}:00"), "EditDate": ms("2026-03-16T13:00:00")}
    return {"OBJECTID": number * 10} | row(number) | times | {"x": -77.0 - number / 100, "y": 38.9} | values


def arcgis(api: Portal, folder: Path, **ask: Any) -> Town:
    """Two layers of one shape, three potholes of 2025 and two of 2026; the server gives two at most."""
    api.most = 2
    api.table("0", [layer_row(n) for n in (1, 2, 3)], ("opened", "closed", "EditDate"))
    api.table("1", [layer_row(n) for n in (4, 5)], ("opened", "closed", "EditDate"))
    mapping = '[web]\nwatermark = "edited"\n' + COLUMNS.replace("[status]", 'longitude = "geometry.x"\nlatitude = "geometry.y"\n[status]')
    return Town(folder).web("arcgis", "", mapping, urls=[f"{api.url}/{LAYERS}/0", f"{api.url}/{LAYERS}/1"], ask=ask)


def test_layers_are_read_by_object_id_with_points_in_degrees_and_times_as_instants(api: Portal, tmp_path: Path) -> None:
    town = arcgis(api, tmp_path)
    report = town.load()
    assert (report.rows_read, report.rows_new, report.watermark) == (5, 5, "2026-03-16T13:00:00+00:00")
    case = town.cases()["R-3"]
    assert (case["opened_at"], case["longitude"], case["latitude"]) == (datetime(2026, 3, 16, 12, 3), -77.03, 38.9)
    pages = [args for args in api.paths("query") if "outFields" in args]
    assert [args["where"] for args in pages] == ["1=1", "OBJECTID > 20", "1=1", "OBJECTID > 50"][: len(pages)]
    assert {args["outFields"] for args in pages} == {"EditDate,OBJECTID,closed,number,opened,status,type"}


def test_a_later_load_of_layers_asks_by_the_edit_date(api: Portal, tmp_path: Path) -> None:
    town = arcgis(api, tmp_path)
    town.load()
    api.run("""UPDATE "0" SET EditDate = ?""", ms("2026-03-16T11:00:00"))
    api.run(
        """UPDATE "1" SET EditDate = ?, status = 'Closed', closed = ? WHERE number = 'R-5'""",
        ms("2026-03-17T14:00:00"),
        ms("2026-03-17T13:00:00"),
    )
    api.asked.clear()
    report = town.load()
    assert (report.mode, report.rows_read, report.rows_changed) == ("incremental", 2, 1)  # R-4 lies within the hour of overlap
    assert api.paths("query")[0]["where"] == "(EditDate >= TIMESTAMP '2026-03-16 12:00:00' OR EditDate IS NULL)"
    assert town.cases()["R-5"]["closed_at"] == datetime(2026, 3, 17, 13)


def test_an_error_inside_of_an_answer_that_looks_well_is_an_error(api: Portal, tmp_path: Path) -> None:
    line = arcgis(api, tmp_path, where="ward = 3").refused()
    assert line.endswith("it answers 400 (Cannot perform query. Invalid query parameters. 'where'); mend the source or its mapping.")


# CKAN


def ckan(api: Portal, folder: Path, mapping: str = '[web]\nwatermark = "changed"\n' + COLUMNS, **ask: Any) -> Town:
    """Five potholes; the portal gives two at most, whatever it is asked for."""
    api.most = 2
    api.table(RESOURCE, [{"_id": n, **row(n), "changed": "2026-03-16T09:00:00"} for n in range(1, 6)])
    return Town(folder).web("ckan", f"{api.url}/dataset/311/resource/{RESOURCE}", mapping, ask=ask)


def test_a_resource_is_read_in_the_portals_own_pages(api: Portal, tmp_path: Path) -> None:
    town = ckan(api, tmp_path)
    assert town.load().rows_new == 5
    pages = [args for args in api.paths("datastore_search") if "fields" in args]
    assert [(args["offset"], args["fields"]) for args in pages] == [
        (str(n), "_id,changed,closed,number,opened,status,type") for n in (0, 2, 4)
    ]


def test_a_later_load_of_a_resource_asks_in_sql_where_the_portal_allows_it(api: Portal, tmp_path: Path) -> None:
    town = ckan(api, tmp_path)
    town.load()
    api.run(f"UPDATE \"{RESOURCE}\" SET changed = '2026-03-15T09:00:00' WHERE number IN ('R-1', 'R-2')")
    api.run(f"UPDATE \"{RESOURCE}\" SET changed = '2026-03-17T09:00:00', type = 'Tree' WHERE number = 'R-3'")
    report = town.load()
    assert (report.mode, report.rows_read, report.rows_changed) == ("incremental", 3, 1)
    assert town.cases()["R-3"]["request_type"] == "Tree"
    api.has_sql = False
    report = town.load()
    assert (report.rows_read, report.drift) == (5, ["the portal answers no questions in SQL: each load reads everything"])


def test_a_resource_that_is_only_a_file_says_how_to_read_it(api: Portal, tmp_path: Path) -> None:
    town = ckan(api, tmp_path)
    town.sources[0]["url"] = f"{api.url}/dataset/311/resource/{RESOURCE[:-1]}6"
    assert town.refused().endswith(
        'the portal has no table for it; check the id; a resource that is only a file is read with kind = "files".'
    )
