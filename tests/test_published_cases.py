"""Published cases as Open311 and GeoJSON have them: the standard's fields, and nothing that the portal does not publish."""

from __future__ import annotations

import dataclasses
import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from itertools import chain
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pandas as pd
import pytest
import shapely
from flask import Flask
from flask.testing import FlaskClient

import api
from access import PUBLIC_VIEWER
from data_access.city import load_city
from data_access.mart.writing import publish_cases
from metrics.desk import Desk
from settings import Settings
from tests.support.marts import settings_in
from tests.support.servers import served

AS_OF = datetime(2026, 4, 2, 4)
TOML = """
[city]
id = "test-city"
name = "Test City"
zone = "America/New_York"
simulated = true
[[programme]]
id = "requests"
name = "Requests"
[[source]]
name = "crm"
kind = "files"
path = "cases.csv"
mapping = "crm.toml"
programme = "requests"
[[area_layer]]
id = "district"
name = "District"
plural = "Districts"
file = "districts.geojson"
[release]
A = ["Pothole", "Street Light"]
B = ["No Heat"]
cases = {cases}
[portal]
contact = "data@city.example"
"""
NORTH, SOUTH = (
    [(50 + 0.001 * row, 8 + 0.001 * column) for row in range(6) for column in range(6)],
    [(49 + 0.001 * row, 8.0) for row in range(7)],
)
"""36 addresses; and seven, one less than a point needs."""
SECRET = "canary"
DAYS = 120
"""How long ago the first case was opened; one a day, some of them closed after three."""
FIELDS = (
    "service_request_id status status_notes service_name service_code description agency_responsible service_notice requested_datetime "
    "updated_datetime expected_datetime address address_id zipcode lat long media_url"
).split()
"""The standard's, https://wiki.open311.org/GeoReport_v2, GET service requests."""


def local(day: int, hour: int) -> pd.Timestamp:
    """`hour` of the city's day that lies `day` days before the data end (midnight there), as naive UTC."""
    at = pd.Timestamp(date(2026, 4, 2) - timedelta(days=day)).replace(hour=hour).tz_localize("America/New_York")
    return at.tz_convert("UTC").tz_localize(None)


def case(number: int, place: tuple[float, float], kind: str, day: int, hour: int, **more: Any) -> dict[str, Any]:
    closed = local(day - 3, hour) if day > 3 and number % 2 else None
    return {
        "programme": "requests", "source_id": f"CRM-{number:04d}", "request_type": kind, "department": "Public Works", "opened_at": local(day, hour),
        "due_at": local(day - 2, hour), "closed_at": closed, "status": "closed" if closed is not None else "open", "outcome": "resolved" if closed is not None else None,
        "latitude": place[0], "longitude": place[1], "case_class": "service", "channel": "web", "queue": f"{SECRET} crew", "address": f"{SECRET} street {number}",
        "title": f"{SECRET} title", "description": f"{SECRET} text", "resolution_text": f"{SECRET} said", "source_url": f"https://crm.example/{SECRET}",
        "status_raw": f"{SECRET} status", "outcome_raw": f"{SECRET} outcome", "channel_raw": f"{SECRET} channel", "priority": SECRET, "satisfaction": 1, **more,
    }  # fmt: skip


def cases(hour: int = 9, *, others: int = 5) -> list[dict[str, Any]]:
    """One published case a day at places in turn, on each 7th day a further one; and `others` that are withheld, duplicates or of class B."""
    places = NORTH + SOUTH
    made = [case(day, places[day % 43], "Pothole" if day % 3 else "Street Light", day, hour) for day in range(1, DAYS + 1)]
    made += [case(500 + day, places[day % 43], "Pothole", day, 23 - hour) for day in range(7, DAYS, 7)]
    made += [case(700 + n, (49.5, 8.5), kind, 10 + n, hour) for n in range(others) for kind in ("No Heat", "Abuse")]
    return made + [case(900, NORTH[0], "Pothole", 5, hour, outcome="duplicate", status="closed", closed_at=local(4, hour))]


def publish(folder: Path, rows: list[dict[str, Any]], *, published: bool = True) -> Settings:
    """The town in `folder` loaded with `rows`, as residents see it."""
    (folder / "city").mkdir(parents=True, exist_ok=True)
    (folder / "city" / "city.toml").write_text(TOML.replace("{cases}", str(published).lower()))
    boxes = {"North": (7.9, 49.9, 8.1, 50.1), "South": (7.9, 48.9, 8.1, 49.1)}
    features = [{"type": "Feature", "properties": {"name": name}, "geometry": clockwise(box)} for name, box in boxes.items()]
    (folder / "city" / "districts.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    publish_cases(folder / "mart", load_city(folder / "city", {}), pd.DataFrame(rows), pd.DataFrame(), AS_OF)
    return dataclasses.replace(settings_in(folder, "public"), city=folder / "city")


def clockwise(box: tuple[float, float, float, float]) -> dict[str, Any]:
    """A box as careless files have it: its ring the wrong way round."""
    return json.loads(shapely.to_geojson(shapely.box(*box, ccw=False)))


def client_of(settings: Settings) -> FlaskClient:
    server = Flask("open311-test")
    api.register(server, Desk(settings, lambda: PUBLIC_VIEWER))
    return server.test_client()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return publish(tmp_path_factory.mktemp("open311"), cases())


@pytest.fixture(scope="module")
def portal(town: Settings) -> Iterator[httpx.Client]:
    """The portal of the town, over HTTP."""
    with served(town) as url, httpx.Client(base_url=url, timeout=60) as client:
        yield client


def requests_of(portal: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    answer = portal.get("/open311/v2/requests.json", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def plain(element: ElementTree.Element) -> dict[str, str | None]:
    return {child.tag: child.text for child in element}


# The standard


def test_a_client_that_knows_the_standard_alone_finds_every_published_case(portal: httpx.Client) -> None:
    """120 days, one case a day and 17 more; it asks for 90 days and then for what came before."""
    discovered = portal.get("/open311/v2/discovery.json").json()
    assert set(discovered) == {"changeset", "contact", "key_service", "endpoints"} and discovered["contact"] == "data@city.example"
    endpoint = discovered["endpoints"][0]
    assert set(endpoint) == {"specification", "url", "changeset", "type", "formats"} and endpoint[
        "url"
    ] == f"{portal.base_url}/open311/v2".replace("//open", "/open")
    services = portal.get("/open311/v2/services.json").json()
    assert [one["service_name"] for one in services] == ["Pothole", "Street Light"]
    assert all(set(one) == {"service_code", "service_name", "description", "metadata", "type", "keywords", "group"} for one in services)
    found: Counter[str] = Counter()
    for one in services:
        assert portal.get(f"/open311/v2/services/{one['service_code']}.json").json() == {
            "service_code": one["service_code"],
            "attributes": [],
        }
        late = requests_of(portal, service_code=one["service_code"])
        early = requests_of(portal, service_code=one["service_code"], end_date="2026-01-01T23:59:59-05:00")
        assert {row["service_name"] for row in late + early} == {one["service_name"]}
        found.update(row["service_request_id"] for row in late + early)
    assert len(found) == DAYS + 17 and set(found.values()) == {1}


def test_every_record_has_the_fields_of_the_standard_in_both_forms(portal: httpx.Client) -> None:
    rows = requests_of(portal)
    assert len(rows) == 90 + 12 and all(list(row) == FIELDS for row in rows)
    tree = ElementTree.fromstring(portal.get("/open311/v2/requests.xml").content)
    assert tree.tag == "service_requests" and {one.tag for one in tree} == {"request"}
    assert [plain(one) for one in tree] == [{name: None if value is None else str(value) for name, value in row.items()} for row in rows]
    one = next(row for row in rows if row["requested_datetime"] == "2026-03-20T00:00:00-04:00")
    assert (one["status"], one["updated_datetime"], one["expected_datetime"]) == (
        "closed",
        "2026-03-23T00:00:00-04:00",
        "2026-03-22T00:00:00-04:00",
    )
    assert (one["status_notes"], one["agency_responsible"], one["description"], one["address"]) == ("Resolved", "Public Works", None, None)
    alone = portal.get(f"/open311/v2/requests/{one['service_request_id']}.json").json()
    assert alone == [one]
    # Without an ending of the address the caller's wish decides.
    assert portal.get("/open311/v2/services", headers={"Accept": "text/xml"}).headers["Content-Type"].startswith("text/xml")
    assert portal.get("/open311/v2/services").json()[0]["service_code"] == "pothole"
    services = ElementTree.fromstring(portal.get("/open311/v2/services.xml").content)
    assert (services.tag, services[0].tag, services[0].findtext("metadata")) == ("services", "service", "false")
    formats = ElementTree.fromstring(portal.get("/open311/v2/discovery.xml").content).findall("endpoints/endpoint/formats/format")
    assert [one.text for one in formats] == ["application/json", "text/xml"]


def days_of(rows: list[dict[str, Any]]) -> list[str]:
    return [row["requested_datetime"][:10] for row in rows]


def test_requests_are_chosen_by_dates_state_numbers_and_pages(portal: httpx.Client) -> None:
    assert days_of(requests_of(portal))[0] == "2026-04-01" and min(days_of(requests_of(portal))) == "2026-01-02"
    assert set(days_of(requests_of(portal, start_date="2026-03-01T05:00:00Z", end_date="2026-03-03T04:59:59Z"))) == {
        "2026-03-01",
        "2026-03-02",
    }
    # An instant after a day's midnight begins with the next day: that is when the day is told.
    assert set(days_of(requests_of(portal, start_date="2026-03-01T05:00:01Z", end_date="2026-03-02"))) == {"2026-03-02"}
    assert (
        min(days_of(requests_of(portal, start_date="2025-12-10"))) == "2025-12-10"
        and max(days_of(requests_of(portal, start_date="2025-12-10"))) == "2026-03-10"
    )
    states = {state: len(requests_of(portal, status=state)) for state in ("open", "closed", "open,closed")}
    # Closed: odd days but the 1st and 3rd, which are 43 of 1 to 90, and 6 of the 12 further ones (507, 521, ...).
    assert states == {"open": 47 + 6, "closed": 43 + 6, "open,closed": 102}
    whole = [row["service_request_id"] for row in requests_of(portal)]
    pages = [[row["service_request_id"] for row in requests_of(portal, page_size=40, page=page)] for page in (1, 2, 3, 4)]
    assert [len(page) for page in pages] == [40, 40, 22, 0] and list(chain(*pages)) == whole
    # Numbers go before everything else that is asked for.
    assert {row["service_request_id"] for row in requests_of(portal, service_request_id=f"{whole[3]},{whole[5]}", status="none of it")} == {
        whole[3],
        whole[5],
    }
    assert portal.get("/open311/v2/requests.json").headers["X-Statroom-Total"] == "102"


REFUSED = [
    ("requests.json?start_date=yesterday", 400, "start_date is 'yesterday'"), ("requests.json?end_date=0001-01-01", 400, "end_date is '0001-01-01'"),
    ("requests.json?start_date=2026-01-01&end_date=2026-04-02", 400, "more than 90 days"), ("requests.json?start_date=2026-02-01&end_date=2026-01-02", 400, "is after"),
    ("requests.json?status=lost", 400, "status is 'lost'"), ("requests.json?service_code=abuse", 400, "There is no service_code abuse"),
    ("requests.json?page_size=1001", 400, "page_size is '1001'"), ("requests.json?service_request_id=" + ",".join(map(str, range(101))), 400, "101 values; 100 are allowed"),
    ("requests/CRM-0700.json", 404, "service_request_id was not found."), ("requests/nothing.json", 404, "service_request_id was not found."),
    ("services/no-heat.json", 404, "service_code was not found"), ("services.json?jurisdiction_id=elsewhere", 404, "jurisdiction_id 'elsewhere' was not found"),
    ("tokens/1.json", 404, "There is nothing at this address"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "code", "said"), REFUSED)
def test_a_refusal_has_the_form_of_the_standard(portal: httpx.Client, path: str, code: int, said: str) -> None:
    answer = portal.get(f"/open311/v2/{path}")
    assert answer.status_code == code and [set(one) for one in answer.json()] == [{"code", "description"}]
    assert answer.json()[0]["code"] == code and said in answer.json()[0]["description"]
    tree = ElementTree.fromstring(portal.get(f"/open311/v2/{path.replace('.json', '.xml')}").content)
    assert (tree.tag, tree.findtext("error/code")) == ("errors", str(code)) and said.removesuffix(".") in str(
        tree.findtext("error/description")
    )


def test_a_report_is_refused_and_told_where_it_is_taken(portal: httpx.Client) -> None:
    answer = portal.post("/open311/v2/requests.json", data={"service_code": "pothole", "lat": "50", "long": "8", "email": "a@b.example"})
    assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert answer.json() == [{"code": 405, "description": "Reports are not taken here, they are only read: report to data@city.example."}]


def test_answers_are_kept_and_counted_as_those_of_the_rest_of_the_api(portal: httpx.Client) -> None:
    answer = portal.get("/open311/v2/requests.xml")
    assert answer.headers["Cache-Control"] == "public, max-age=60" and int(answer.headers["X-RateLimit-Remaining"]) >= 0
    assert portal.get("/open311/v2/requests.xml", headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


# Maps


def test_cases_on_a_map_stand_at_points_that_eight_addresses_share(portal: httpx.Client) -> None:
    made = portal.get("/api/v1/cases.geojson?limit=2000").json()
    assert (made["type"], made["total"], len(made["features"]), made["next"]) == ("FeatureCollection", DAYS + 17, DAYS + 17, None)
    points = Counter(tuple(one["geometry"]["coordinates"]) for one in made["features"] if one["geometry"])
    assert len(points) == 4 and all(7.9 < longitude < 8.1 and 49.9 < latitude < 50.1 for longitude, latitude in points)
    assert all(one["geometry"] is None for one in made["features"] if one["properties"]["district"] == "South")
    few = portal.get("/api/v1/cases.geojson?from=2026-03-01&to=2026-04-01&status=open&district=north&limit=5")
    told = few.json()
    assert told["total"] > 5 == len(told["features"]) and few.headers["Link"] == f'<{told["next"]}>; rel="next"'
    assert all(one["properties"]["is_open"] and "2026-03-01" <= one["properties"]["opened_on"] < "2026-04-01" for one in told["features"])
    assert portal.get("/api/v1/cases.geojson?limit=2001").status_code == 400


def test_areas_carry_what_the_figure_says_of_them_and_turn_the_right_way(portal: httpx.Client) -> None:
    made = portal.get("/api/v1/areas/district.geojson?metric=ontime_due&during=2026-Q1").json()
    figures = {row["key"]: row for row in portal.get("/api/v1/metrics/ontime_due?by=district&during=2026-Q1").json()["rows"]}
    assert (
        [one["id"] for one in made["features"]] == ["district/north", "district/south"]
        and made["metric"] == "ontime_due"
        and "crs" not in made
    )
    for one in made["features"]:
        assert {name: one["properties"][name] for name in ("value", "numerator", "denominator", "n", "suppressed")} == {
            name: value for name, value in figures[one["properties"]["area"]].items() if name not in ("key", "label")
        }
        assert shapely.from_geojson(json.dumps(one["geometry"])).exterior.is_ccw
    taken = portal.get("/data/areas.geojson").json()["features"]
    assert all(shapely.from_geojson(json.dumps(one["geometry"])).exterior.is_ccw for one in taken)
    assert portal.get("/api/v1/areas/county.geojson").status_code == 404
    # What is not a released cell is refused here as everywhere.
    assert portal.get("/api/v1/areas/district.geojson?metric=opened&from=2026-03-02&to=2026-03-09").status_code == 400
    assert portal.get("/api/v1/areas/district.geojson?metric=ontime_closed").status_code == 400


# What is not told

EVERYTHING = (
    "open311/v2/discovery", "open311/v2/services", "open311/v2/requests", "open311/v2/requests.json?end_date=2026-01-01", "open311/v2/requests.xml?status=open",
    "api/v1/cases.geojson?limit=2000", "api/v1/areas/district.geojson?metric=opened", "api/v1/cases?of=backlog&limit=500&case_class=all",
)  # fmt: skip


def addresses() -> list[str]:
    return [f"/{path}{form}" for path in EVERYTHING for form in ((".json", ".xml") if "311" in path and "." not in path else ("",))]


def test_nothing_is_told_beyond_what_the_list_of_cases_tells_and_the_fixed_point(town: Settings) -> None:
    client = client_of(town)
    listed: dict[str, dict[str, Any]] = {}
    for metric in ("opened", "backlog"):
        for offset in (0, 100):
            query = f"of={metric}&limit=100&offset={offset}&from=2025-10-01&to=2026-04-02&case_class=all"
            listed |= {row["source_id"]: row for row in client.get(f"/api/v1/cases?{query}").get_json()["rows"]}
    rows = client.get("/open311/v2/requests.json").get_json() + client.get("/open311/v2/requests.json?end_date=2026-01-01").get_json()
    places = {one["id"]: one for one in client.get("/api/v1/cases.geojson?limit=2000").get_json()["features"]}
    assert {row["service_request_id"] for row in rows} == set(places) == set(listed)
    for row in rows:
        told = listed[row["service_request_id"]]
        assert (row["requested_datetime"][:10], row["expected_datetime"][:10]) == (told["opened_at"], told["due_at"])
        assert (row["service_name"], row["agency_responsible"]) == (told["request_type"], told["department"])
        assert row["updated_datetime"][:10] == (told["closed_at"] or told["opened_at"]) and (row["status"] == "open") == (
            told["closed_at"] is None
        )
        place, shown = places[row["service_request_id"]]["geometry"], places[row["service_request_id"]]["properties"]
        assert [row["long"], row["lat"]] == (place["coordinates"] if place else [None, None]) and shown["opened_on"] == told["opened_at"]
        assert set(shown) - {"programme", "programme_id", "service", "service_id", "department", "department_id", "channel", "status", "outcome", "district",
                             "district_id", "is_open", "opened_on", "due_on", "closed_on", "case_number"} == set()  # fmt: skip


def test_no_answer_holds_a_text_a_time_or_a_number_of_the_crm(town: Settings) -> None:
    client = client_of(town)
    for address in addresses():
        text = client.get(address).get_data(as_text=True)
        assert len(text) > 100 and SECRET not in text and "CRM-" not in text and "No Heat" not in text and "Abuse" not in text, address
        times = set(re.findall(r"T(\d\d:\d\d:\d\d)[-+]\d\d:\d\d", text))
        assert times <= {"00:00:00"} and ("requests" not in address or times), address


def test_what_is_withheld_changes_no_byte(tmp_path: Path) -> None:
    """Two loads of one town: at other hours of the same days, in another order, with other texts, and with other withheld cases."""
    first = cases()
    first = [row | {"address": f"{row['address']} a"} for row in first]
    settings = publish(tmp_path, first)
    told = {address: _said(client_of(settings), address) for address in addresses()}
    second = [row | {"title": "another", "queue": "another", "priority": "another"} for row in reversed(cases(14, others=9))]
    again = publish(tmp_path, second)
    assert {address: _said(client_of(again), address) for address in addresses()} == told


def _said(client: FlaskClient, address: str) -> bytes:
    answer = client.get(address)
    assert answer.status_code == 200, answer.get_data()
    return re.sub(rb'"load_id":\d+', b"", answer.get_data())


def test_a_city_that_publishes_no_single_case_says_so_in_every_form(tmp_path: Path) -> None:
    client = client_of(publish(tmp_path, cases(), published=False))
    answer = client.get("/open311/v2/requests.json")
    assert answer.status_code == 403 and answer.get_json() == [
        {"code": 403, "description": "Single cases are not published here; the figures are."}
    ]
    assert client.get("/open311/v2/requests/abc.xml").status_code == 403 and client.get("/api/v1/cases.geojson").status_code == 403
    assert [one["service_code"] for one in client.get("/open311/v2/services.json").get_json()] == ["pothole", "street-light"]


@pytest.mark.parametrize(
    "path",
    [
        "export/staff-viewer/current/cases.parquet",
        "data/../export/staff-viewer/current/cases.parquet",
        "data/cases.parquet",
        "data/%2e%2e/export/x",
    ],
)
def test_no_address_leads_to_an_export_of_staff(town: Settings, portal: httpx.Client, path: str) -> None:
    place = town.data / "export" / "staff-viewer" / "current" / "cases.parquet"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(b"PAR1 canary")
    answer = portal.get(f"/{path}")
    assert answer.status_code == 404 and b"PAR1" not in answer.content


def test_staff_have_neither_address(town: Settings) -> None:
    server = Flask("staff-test")
    api.register(server, Desk(dataclasses.replace(town, audience="staff"), lambda: None))
    assert not [rule.rule for rule in server.url_map.iter_rules() if "open311" in rule.rule or rule.rule.endswith("cases.geojson")]
