"""A work list gives rows block by block, to whom it may, and refuses in words what no grid of ours asks."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from components.grid import LISTS, request_of
from metrics.question import BadQuestion
from settings import ROOT
from tests.support.posting import body, callbacks, look_as, post

FIRST = {"startRow": 0, "endRow": 100, "sortModel": [], "filterModel": {}}


def sorted_by(column: str, way: str = "asc") -> dict[str, Any]:
    return {**FIRST, "sortModel": [{"colId": column, "sort": way, "type": "default"}]}


@pytest.fixture
def client(staff_app: Flask) -> FlaskClient:
    made = staff_app.test_client()
    made.get("/")
    return made


def asked(client: FlaskClient, request: Any, query: Any = None, of: str = "backlog") -> dict[str, Any]:
    """What the rows callback answers: `rowData`, `rowCount`, and `said`, the notice."""
    name = next(name for name in callbacks() if "getRowsResponse" in name)
    answer = post(client, body(name, {"question.data": query or {}, "getRowsRequest": request}, chart=of))
    assert answer.status_code == 200, answer.text
    sent = answer.get_json()
    rows = next((part["getRowsResponse"] for part in sent.get("response", {}).values()), {})
    return {**rows, "said": (sent.get("sideUpdate") or {}).get("notice", {}).get("children", "")}


def filled(client: FlaskClient, query: dict[str, str], of: str = "backlog") -> str:
    name = next(name for name in callbacks() if "list-said" in name)
    return json.dumps(post(client, body(name, {"question.data": query}, chart=of)).get_json(), ensure_ascii=False)


def test_blocks_follow_each_other_and_say_how_many_rows_there_are(client: FlaskClient) -> None:
    whole = asked(client, {**FIRST, "endRow": 60})
    parts = [asked(client, {**FIRST, "startRow": start, "endRow": start + 20}) for start in (0, 20, 40)]
    assert whole["rowData"] == [row for part in parts for row in part["rowData"]]
    assert {part["rowCount"] for part in parts} == {whole["rowCount"]}
    assert len({row["source_id"] for row in whole["rowData"]}) == 60


def test_a_list_begins_in_its_own_order_and_a_heading_changes_it(client: FlaskClient) -> None:
    """The overdue list begins with the case that is overdue longest."""
    overdue = [float(row["days_overdue"].replace(",", "")) for row in asked(client, FIRST)["rowData"]]
    assert overdue == sorted(overdue, reverse=True)
    types = [row["request_type"] for row in asked(client, sorted_by("request_type"))["rowData"]]
    assert types == sorted(types, key=str.lower)


def test_rows_are_texts_on_the_city_s_clock_with_the_way_to_the_case(client: FlaskClient) -> None:
    row = asked(client, FIRST)["rowData"][0]
    assert all(isinstance(value, str) for value in row.values())
    assert row["href"] == f"/cases/requests/{row['source_id']}"
    assert row["due_at"].count(":") == 1 and row["due_at"][-3] == ":"


def test_the_end_of_a_list_is_its_end(client: FlaskClient) -> None:
    count = asked(client, FIRST)["rowCount"]
    assert asked(client, {**FIRST, "startRow": count, "endRow": count + 100})["rowData"] == []


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ("x", "cannot be read"), (7, "cannot be read"), ([], "cannot be read"), ({}, "blocks of 1 to 500 rows"),
        ({**FIRST, "startRow": "0"}, "blocks of"), ({**FIRST, "startRow": True}, "blocks of"), ({**FIRST, "startRow": -1}, "blocks of"),
        ({**FIRST, "startRow": 1.5}, "blocks of"), ({**FIRST, "endRow": None}, "blocks of"), ({**FIRST, "endRow": 0}, "blocks of"),
        ({**FIRST, "endRow": 501}, "blocks of"), ({**FIRST, "startRow": 10**9, "endRow": 10**9 + 10}, "blocks of"),
        ({**FIRST, "startRow": {"$gt": 0}}, "blocks of"), ({**FIRST, "filterModel": {"address": {"type": "contains", "filter": "1 Elm"}}}, "no filters of its own"),
        (sorted_by("address"), "cannot be sorted by 'address'"), (sorted_by("case_id; DROP TABLE spell"), "cannot be sorted by"),
        (sorted_by("opened_at", "asc, 1"), "upwards or downwards"), (sorted_by(None), "cannot be sorted"), (sorted_by(["opened_at"]), "cannot be sorted"),
        ({**FIRST, "sortModel": "opened_at"}, "sorted by one column"), ({**FIRST, "sortModel": [None]}, "sorted by one column"),
        ({**FIRST, "sortModel": [{"colId": "opened_at", "sort": "asc"}] * 2}, "sorted by one column"),
        ({**FIRST, "sortModel": [{"sort": "asc"}]}, "cannot be sorted"), ({**FIRST, "sortModel": [{"colId": "opened_at"}]}, "upwards or downwards"),
    ],
)  # fmt: skip
def test_what_no_grid_asks_is_refused_in_words(client: FlaskClient, request_: Any, said: str) -> None:
    answer = asked(client, request_)
    assert said in answer["said"]
    assert (answer["rowData"], answer["rowCount"]) == ([], 0)


@pytest.mark.parametrize(
    "query", [{"list": "everything"}, {"of": "password"}, {"hits": "some"}, {"age": "1-2"}, {"search": "x" * 61}, {"department": "nowhere"}]
)
def test_a_list_there_is_not_is_refused_in_words(client: FlaskClient, query: dict[str, str]) -> None:
    for of in LISTS:
        answer = asked(client, FIRST, query, of)
        assert answer["rowCount"] == 0
        assert answer["said"]
        assert "Something went wrong" not in answer["said"]


@pytest.mark.parametrize("name", ["nothing", "", "constructor", {"a": 1}, None, 7])
def test_an_unknown_list_is_refused_in_words(client: FlaskClient, name: Any) -> None:
    assert asked(client, FIRST, of=name)["said"] == "There is no such list; open the page again."


def test_before_the_grid_asks_there_is_nothing_to_answer() -> None:
    assert request_of(None) is None
    with pytest.raises(BadQuestion):
        request_of({"startRow": 0, "endRow": 10**20})


def test_a_head_is_given_the_own_department_only(staff_app: Flask) -> None:
    head = look_as(staff_app.test_client(), "head-of-parks-and-trees")
    head.get("/")
    for of in LISTS:
        for query in ({}, {"weeks": "208", "of": "opened", "list": "backlog"}):
            rows = asked(head, {**FIRST, "endRow": 500}, query, of)["rowData"]
            assert {row["department"] for row in rows} == {"Parks and Trees"}
        assert "Inspections" not in filled(head, {}, of)
        assert "There is no department called" in asked(head, FIRST, {"department": "inspections"}, of)["said"]


def test_who_may_not_read_addresses_is_given_none(staff_app: Flask) -> None:
    council = look_as(staff_app.test_client(), "council")
    council.get("/")
    assert all("address" not in row for row in asked(council, FIRST)["rowData"])
    assert '"Address"' not in filled(council, {})
    assert any(row["address"] != "–" for row in asked(staff_app.test_client(), FIRST)["rowData"])


def test_a_list_says_what_it_holds_and_offers_the_same_as_a_file(client: FlaskClient, staff_app: Flask) -> None:
    text = filled(client, {"list": "oldest", "department": "inspections"})
    count = asked(client, FIRST, {"list": "oldest", "department": "inspections"})["rowCount"]
    assert f"{count:,} cases open on" in text and ": Inspections." in text
    file = next(link for link in re.findall(r'"href": "([^"]+)"', text) if link.startswith("/api/v1/cases.csv"))
    answer = client.get(file)
    assert answer.headers["X-Statroom-Total"] == str(count)
    first = asked(client, FIRST, {"list": "oldest", "department": "inspections"})["rowData"][0]
    assert answer.text.splitlines()[1].split(",")[1] == first["source_id"]


def test_a_case_of_another_list_is_found_by_its_id(client: FlaskClient) -> None:
    elsewhere = asked(client, FIRST, {"list": "due_next_7_days"})["rowData"][0]["source_id"]
    text = filled(client, {"list": "overdue_now", "search": elsewhere})
    assert "No case overdue on" in text and f", with the id {elsewhere}." in text
    assert f'"/cases/requests/{elsewhere}"' in text
    assert "There is no case with the id nope, or it is not open to you." in filled(client, {"search": "nope"})


def test_another_department_s_case_is_looked_for_in_vain(staff_app: Flask) -> None:
    everybody = asked(staff_app.test_client(), FIRST, {"department": "inspections"})["rowData"][0]["source_id"]
    head = look_as(staff_app.test_client(), "head-of-parks-and-trees")
    head.get("/")
    seen, unseen = (filled(head, {"search": name}) for name in ("nope", everybody))
    assert seen.replace("nope", "X") == unseen.replace(everybody, "X")


def test_a_cell_of_the_grid_is_made_of_plain_values() -> None:
    """No markup from data: the cell's link is built by React, and leads nowhere but here."""
    script = (ROOT / "assets" / "60-grid.js").read_text()
    grid = (ROOT / "components" / "grid.py").read_text()
    assert "innerHTML" not in script and "markdown" not in grid and "dangerously_allow_code" not in grid
    assert 'address.charAt(0) === "/" && address.charAt(1) !== "/"' in script
