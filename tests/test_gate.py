"""Whatever is posted to whichever callback by whoever: the answer is theirs to see, or a sentence; never an error, never a leak."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components import filters
from components.chart import CHARTS
from data_access.mart.reading import open_mart
from settings import Settings
from tests.support.posting import body, callbacks, look_as, post

HEAD, OWN = "head-of-parks-and-trees", "Parks and Trees"
HOSTILE: list[Any] = [
    None, 1, True, "x", [], {}, {"department": None}, {"department": ["public-works"]}, {"department": {"a": 1}}, {"from": "yesterday"},
    {"from": "2026-01-01", "to": "2025-01-01"}, {"from": "0001-01-01", "to": "9999-12-31"}, {"as_of": "2999-01-01"}, {"grain": "century"},
    {"department": "' OR 1=1 --"}, {"request_type": "x" * 5_000}, {"weeks": "-1"}, {"weeks": "1e9"}, {"channel": "phone,phone,smoke"},
    {"case_class": "\\u0000"}, {"district": "../../etc/passwd"}, {"list": "everything"}, {"metric": "password"}, {str(i): "x" for i in range(50)},
]  # fmt: skip


@pytest.fixture(scope="module")
def client(staff_app: Flask) -> Any:
    made = staff_app.test_client()
    made.get("/")
    return made


def served() -> list[str]:
    return [name for name in callbacks() if "_pages_content" not in name]


def bodies(name: str, query: Any, most: int | None = None) -> list[dict[str, Any]]:
    """The callback's body for a query, for each chart where it is about charts, or for the first `most`."""
    ids = ["department", "weeks", "request_type"]
    values = {"question.data": query, "in-path.data": [], "tick.n_intervals": 1, "value": ["all", "13", "all"]}
    charts = list(CHARTS)[:most] if "MATCH" in name else [""]
    return [body(name, values, chart=chart, ids=ids) for chart in charts]


@pytest.mark.parametrize("query", HOSTILE, ids=lambda query: json.dumps(query)[:50])
def test_a_hostile_question_is_answered_in_words_by_every_callback(client: Any, query: Any) -> None:
    for name in served():
        for content in bodies(name, query, most=4):
            answer = post(client, content)
            assert answer.status_code in (200, 204, 400), (name, answer.get_data(as_text=True)[:300])
            assert "Something went wrong" not in answer.get_data(as_text=True), name
            assert "Traceback" not in answer.get_data(as_text=True)


def test_a_department_head_is_never_shown_another_department(staff_app: Flask, demo_settings: Settings) -> None:
    """Every callback with every chart, as asked by the head of one department, for everything and for two other departments."""
    head = look_as(staff_app.test_client(), HEAD)
    head.get("/")
    departments = {m.slug: m.name for m in open_mart(demo_settings).dimensions.departments if m.name != OWN}
    queries = [{}, {"weeks": "208"}, *({"department": slug} for slug in list(departments)[:2])]
    seen = re.compile("|".join(re.escape(json.dumps(name)[1:-1]) for name in departments.values()))
    tried = 0
    for query in queries:
        for name in served():
            for content in bodies(name, query):
                text = post(head, content).get_data(as_text=True)
                # The menu of demo viewers names every department's head; it is no data.
                if "viewer-menu" not in name:
                    assert not seen.search(text), (name, query, seen.search(text))
                tried += 1
    assert tried > 50


def test_a_withheld_department_and_a_made_up_one_get_the_same_answer(staff_app: Flask) -> None:
    head = look_as(staff_app.test_client(), HEAD)
    head.get("/")
    name = next(name for name in served() if "chart-finding" in name)
    chart = next(iter(CHARTS))
    withheld, made_up = (
        post(head, body(name, {"question.data": {"department": slug}}, chart=chart)).get_data(as_text=True)
        for slug in ("inspections", "inspektions")
    )
    assert withheld.replace("inspections", "X") == made_up.replace("inspektions", "X")
    assert "There is no department called" in withheld


def test_the_files_of_charts_obey_the_same_viewer(staff_app: Flask) -> None:
    head = look_as(staff_app.test_client(), HEAD)
    for name in CHARTS:
        text = head.get(f"/charts/{name}.csv").get_data(as_text=True)
        assert "Inspections" not in text, name
    assert head.get("/charts/overdue-by-department.csv?department=inspections").status_code == 400
    assert head.get("/charts/nothing.csv").status_code == 404


@given(
    query=st.dictionaries(
        st.sampled_from(["department", "from", "to", "as_of", "grain", "weeks", "district", "x"]),
        st.one_of(st.none(), st.text(max_size=40), st.integers(), st.lists(st.text(max_size=5), max_size=3)),
        max_size=5,
    )
)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_query_at_all_is_answered(client: Any, query: dict[str, Any]) -> None:
    name = next(name for name in served() if "week-line" in name)
    answer = post(client, body(name, {"question.data": query}))
    assert answer.status_code in (200, 204)
    assert "Something went wrong" not in answer.get_data(as_text=True)


class TestChoosingFilters:
    def test_the_choice_is_the_query(self) -> None:
        query = filters.chosen_query(["weeks", "department"], ["26", "parks"], {"request_type": "pothole"})
        assert query == {"request_type": "pothole", "weeks": "26", "department": "parks"}

    def test_what_is_usual_is_left_out(self) -> None:
        assert filters.chosen_query(["weeks", "department", "grain"], ["13", "all", "week"], {"department": "parks"}) == {"weeks": "13"}

    def test_dates_count_only_as_other_dates(self) -> None:
        names = ["weeks", "from", "to"]
        assert filters.chosen_query(names, ["13", "2026-01-05", "2026-02-02"], {}) == {"weeks": "13"}
        assert filters.chosen_query(names, ["custom", "2026-01-05", "2026-02-02"], {}) == {"from": "2026-01-05", "to": "2026-02-02"}

    def test_an_impossible_choice_changes_nothing_and_says_why(self, client: Any) -> None:
        name = next(name for name in served() if name == "question.data")
        answer = post(client, body(name, {"value": ["nowhere"], "question.data": {}, "in-path.data": []}, ids=["department"]))
        said = answer.get_json()
        assert "question" not in said.get("response", {})
        assert "There is no department called 'nowhere'." in json.dumps(said["sideUpdate"])

    def test_a_choice_is_written_into_the_address(self, client: Any) -> None:
        name = next(name for name in served() if name == "question.data")
        answer = post(
            client, body(name, {"value": ["inspections"], "question.data": {"weeks": "13"}, "in-path.data": []}, ids=["department"])
        )
        said = answer.get_json()
        assert said["response"]["question"]["data"] == {"weeks": "13", "department": "inspections"}
        assert said["sideUpdate"]["url"]["search"] == "?weeks=13&department=inspections"

    def test_what_stands_in_the_path_is_not_repeated_in_the_address(self, client: Any) -> None:
        name = next(name for name in served() if name == "question.data")
        given = {"value": ["26"], "question.data": {"department": "inspections"}, "in-path.data": ["department"]}
        said = post(client, body(name, given, ids=["weeks"])).get_json()
        assert said["response"]["question"]["data"] == {"weeks": "26", "department": "inspections"}
        assert said["sideUpdate"]["url"]["search"] == "?weeks=26"
