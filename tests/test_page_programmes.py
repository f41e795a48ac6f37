"""The pages of programmes, over hand-made cases of several kinds, and in a browser."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from access import Viewer
from components import filters, gate, lists
from data_access.city import load_city
from metrics.cases import case_count
from metrics.desk import Desk
from metrics.question import BadQuestion
from metrics.select import Asked
from tests.support.looking import PHONE, watched
from tests.support.marts import MAYOR, make_mart, settings_in
from tests.support.servers import served
from tests.test_stage_figures import AS_OF, CASES, EVENTS

CITY = """
[city]
id = "test-city"
name = "Test City"
zone = "America/New_York"
[[programme]]
id = "requests"
name = "Service requests"
[[programme]]
id = "records"
name = "Records requests"
kind = "records_request"
case = "request"
cases = "requests"
about = "Anybody may ask."
[[programme.stage]]
id = "received"
name = "Received"
aliases = ["New"]
amount = 3
[[programme.stage]]
id = "asked"
name = "Waiting for the requester"
waits = true
[[programme.stage]]
id = "review"
name = "Legal review"
amount = 10
[[programme.stage]]
id = "released"
name = "Released"
ends = true
[[programme]]
id = "police"
name = "Police complaints"
kind = "complaint"
privacy = "aggregate"
case = "complaint"
cases = "complaints"
[[sla_rule]]
programme = "records"
basis = "Records Act, section 4"
unit = "calendar_days"
amount = 10
[[source]]
name = "s"
kind = "files"
path = "none.csv"
preset = "nyc_311"
programme = "requests"
"""
MARCH = {"from_": "2026-03-01", "to": "2026-04-01"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("programmes")
    (made / "city.toml").write_text(CITY, "utf-8")
    make_mart(made, CASES, EVENTS, as_of=AS_OF, city=load_city(made))
    return made


@pytest.fixture
def page(staff_app: Flask, folder: Path) -> Iterator[Any]:
    from pages.staff import programme

    server = Flask("desk")
    gate.start(server, Desk(dataclasses.replace(settings_in(folder), city=folder), lambda: MAYOR))
    with server.app_context():
        yield programme


def asked(**query: str) -> Asked:
    return gate.desk().ask({name.rstrip("_"): value for name, value in {**MARCH, "programme": "records", **query}.items()})


def listed(address: str) -> int:
    """How many rows the list at `address` has."""
    query = dict(parse_qsl(urlsplit(address).query))
    about = gate.desk().ask(query)
    view = filters.view_of({name: text for name, text in query.items() if name in filters.OPTIONS}, about)
    listing = lists.listing_of(view["of"], view["hits"], stays=view["stays"] == lists.STAYS)
    return case_count(lists.asked_about(listing, about), listing.of, **listing.chosen())


def texts(component: Any) -> str:
    """All text of a component, in order."""
    children = component if isinstance(component, (list, tuple)) else getattr(component, "children", None)
    parts = children if isinstance(children, (list, tuple)) else [children]
    return " ".join(
        part if isinstance(part, str) else "" if part is None or isinstance(part, (int, float)) else texts(part) for part in parts
    )


def numbers_lead_to_their_lists(twin: Any) -> int:
    """Every number of a table equals the length of the list it leads to; answers how many were compared."""
    compared = 0
    for row in twin.frame.to_dict("records"):
        for column in twin.columns:
            target = row.get(column.href) if column.href else None
            is_count = column.kind in ("cases", "closures") and row[column.key] == row[column.key]
            if isinstance(target, str) and urlsplit(target).path == "/cases" and is_count:
                assert listed(target) == row[column.key], (column.label, target)
                compared += 1
    return compared


class TestOneProgramme:
    @pytest.mark.parametrize(("chart", "finding"), [
        ("FUNNEL", "Of 5 requests in all, 3 were taken up; 1 came to Released; of those under way the largest number, 1, stands at Received."),
        ("TIMES", "Legal review takes longest: half of its stays are over within 5.0 days, and nine of ten are not over yet."),
        ("ON_TIME", "Received keeps its promise of 3 days least often: 50.0 % of 4 stays; 2 late."),
        ("STUCK", "2 requests are stuck, most at Legal review (1); the longest has been at Legal review for 28.8 days."),
        ("BECAME", "Of 5 requests in all: 1 (20 %) released, 1 (20 %) denied, 1 (20 %) withdrawn and 2 (40 %) not answered yet."),
        ("EXTENSIONS", "1 request of 4 that fell due had the deadline extended (25 %)."),
    ])  # fmt: skip
    def test_each_chart_says_what_it_shows_in_the_programmes_words(self, page: Any, chart: str, finding: str) -> None:
        drawn = getattr(page, chart).draw(asked(), {})
        assert drawn.finding == finding
        assert not re.search(r"\bcases?\b", drawn.finding + drawn.note.replace("Kaplan", ""))

    @pytest.mark.parametrize(("chart", "least"), [
        ("FUNNEL", 16), ("TIMES", 6), ("ON_TIME", 4), ("BECAME", 5), ("REASONS", 3), ("EXTENSIONS", 1), ("FLOW", 8), ("STOCK", 8), ("QUEUES", 4), ("CHANNELS", 1),
        ("INSPECTED", 2),
    ])  # fmt: skip
    def test_every_number_leads_to_exactly_its_cases(self, page: Any, chart: str, least: int) -> None:
        assert numbers_lead_to_their_lists(getattr(page, chart).draw(asked(), {}).twin) >= least

    def test_tiles_say_the_promise_and_what_waits_outside(self, page: Any) -> None:
        said = texts(page.programme_tiles.tiles(asked()))
        assert "promised: 10 days (Records Act, section 4)" in said
        assert "1 of them  waits for somebody outside" in said
        assert "left Received within 3 days" in said

    def test_a_programme_of_totals_has_no_filter_or_list_of_cases(self, page: Any) -> None:
        assert "programme" not in page.asks({"of_programme": "police"}), "of totals nothing is asked"
        built = page.build({"of_programme": "police"})
        assert not any(part in repr(built) for part in ("filter-department", "programme-tiles", "stage-funnel", "list-rows"))
        assert "only totals are told" in texts(page.fill_totals(asked(programme=""), {"of_programme": "police"}))

    def test_who_is_limited_to_other_programmes_is_not_told_that_there_is_one(self, page: Any, folder: Path) -> None:
        clerk = Viewer("c", "Clerk", "department", ("clerk",), programmes=("requests",))
        server = Flask("clerk")
        gate.start(server, Desk(dataclasses.replace(settings_in(folder), city=folder), lambda: clerk))
        with server.app_context():
            mine = gate.desk().ask({})
            assert page.NOT_THERE in texts(page.fill_totals(mine, {"of_programme": "police"}))
            from components import programmes

            assert programmes.draw_side_by_side(mine, {}).twin.frame["label"].tolist() == ["Service requests"]
            with pytest.raises(BadQuestion, match="There is no programme called 'records'"):
                gate.desk().ask({"programme": "records"})
        assert "Records requests" not in texts(page.build({"of_programme": "records"}))

    def test_a_programme_that_is_none_is_told_as_one_that_is_not_open(self, page: Any) -> None:
        assert page.NOT_THERE in texts(page.build({"of_programme": "moon"}))


class TestAllProgrammes:
    def test_they_stand_side_by_side_and_are_not_ranked(self, page: Any) -> None:
        from components import programmes

        drawn = programmes.draw_side_by_side(gate.desk().ask({"from": "2026-03-01", "to": "2026-04-01", "programme": "all"}), {})
        assert drawn.finding == "3 programmes; of Police complaints only totals are told."
        assert "not against each other" in drawn.note
        assert drawn.twin.frame["label"].tolist() == ["Service requests", "Records requests", "Police complaints"]
        assert numbers_lead_to_their_lists(drawn.twin) == 5

    def test_the_filter_offers_the_main_ones_each_and_all(self, page: Any) -> None:
        offered = [(choice["value"], choice["label"]) for choice in filters.options_of("programme", asked())]
        assert offered == [("main", "Service requests"), ("records", "Records requests"), ("all", "All (programme)")]
        stages = [choice["label"] for choice in filters.options_of("stage", asked())]
        assert stages == ["All (stages)", "Received", "Waiting for the requester", "Legal review"]

    def test_a_page_of_the_main_ones_says_so_once(self, page: Any) -> None:
        from components import shell

        everything = gate.desk().ask(dict(list(MARCH.items())[1:]))
        assert texts(shell.status_of(everything)).count("Service requests only") == 1
        assert "only" not in texts(shell.status_of(asked())).replace("Data", "")


def test_the_case_page_shows_the_stages_a_case_walked(page: Any) -> None:
    from components import case
    from metrics.case_history import case_detail

    found = case_detail(asked(), "records", "2")
    assert found is not None
    assert found.stays[["stage", "days", "kept", "waits"]].round(1).to_numpy().tolist() == [
        ["Received", 6.0, False, False], ["Waiting for the requester", 23.8, None, True],
    ]  # fmt: skip
    said = texts(case.content(found, asked(), gate.desk().city))
    assert "6.0 days with the city, 23.8 days waiting for somebody outside." in said
    assert "promise missed" in said and "set by law: Records Act, section 4" in said and "9" in said
    moved = case_detail(asked(), "records", "6")
    assert moved is not None and "Section 7: consultation" in texts(case.content(moved, asked(), gate.desk().city))


class TestForPrograms:
    @pytest.fixture
    def client(self, page: Any, folder: Path) -> Any:
        import api

        server = Flask("api")
        desk = Desk(dataclasses.replace(settings_in(folder), city=folder), lambda: MAYOR)
        gate.start(server, desk)
        api.register(server, desk)
        return server.test_client()

    def test_the_stages_of_a_programme_are_rows(self, client: Any) -> None:
        told = client.get("/api/v1/programmes/records/stages?from=2026-03-01&to=2026-04-01").get_json()
        assert (told["programme"], told["cases"], len(told["rows"])) == ("records", 5, 4)
        first = told["rows"][0]
        assert {name: first[name] for name in ("key", "promised", "promised_unit", "came", "here", "ended", "dropped", "stays_due", "stays_on_time", "median_days")} == {
            "key": "records.received", "promised": 3, "promised_unit": "calendar_days", "came": 5, "here": 1, "ended": 1, "dropped": 1, "stays_due": 4,
            "stays_on_time": 2, "median_days": 3,
        }  # fmt: skip
        assert (
            client.get("/api/v1/programmes/records/stages.csv")
            .get_data(as_text=True)
            .splitlines()[0]
            .startswith("key,label,waits,ends,promised")
        )

    def test_of_totals_no_stage_is_told_and_what_is_not_there_is_not(self, client: Any) -> None:
        rows = client.get("/api/v1/programmes?from=2026-03-01&to=2026-04-01").get_json()["rows"]
        assert [(row["key"], row["opened"]) for row in rows] == [("requests", 1), ("records", 4), ("police", None)]
        refused = client.get("/api/v1/programmes/police/stages")
        assert refused.status_code == 400 and "totals only" in refused.get_json()["error"]["message"]
        assert client.get("/api/v1/programmes/moon/stages").status_code == 404

    def test_stays_can_be_listed(self, client: Any) -> None:
        told = client.get("/api/v1/cases?of=overdue_now&programme=records&stays=true").get_json()
        assert sorted(row["source_id"] for row in told["rows"]) == ["3", "6"]


@pytest.mark.browser
class TestInTheBrowser:
    def test_from_all_programmes_to_one_and_to_its_cases(self, browser: Browser, folder: Path) -> None:
        settings = dataclasses.replace(settings_in(folder), city=folder)
        with served(settings) as url, watched(browser, dark=True) as found:
            page = found.page
            page.goto(url + "/programmes?from=2026-03-01&to=2026-04-01")
            found.drawn()
            expect(page.locator("#programme-cards .programme")).to_have_count(3)
            assert (found.violations(), found.overflow()) == ([], 0)
            page.locator("#programme-cards").get_by_role("link", name="Records requests").click()
            expect(page.locator("h1")).to_have_text("Records requests")
            assert found.drawn(10) == 10
            expect(page.locator("#programme-tiles .tile")).to_have_count(6)
            expect(page.locator("#chart-stage-stuck tbody tr")).to_have_count(2)
            page.evaluate("document.querySelectorAll('details.twin').forEach(part => { part.open = true; })")
            assert (found.violations(), found.overflow(), found.errors, found.outside) == ([], 0, [], [])
            page.locator("#chart-stage-funnel tbody tr").first.get_by_role("link", name="5").click()
            expect(page.locator("#list-cases .finding")).to_contain_text(
                "5 cases opened from 1 to 31 Mar 2026: Records requests, came to Received"
            )
            expect(page.locator(".counted-programmes")).to_have_count(0)
            page.goto(url + "/cases/records/2")
            expect(page.locator(".stay-here")).to_contain_text("Waiting for the requester")
            found.settle()
            assert (found.violations(), found.errors) == ([], [])
            found.page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})
            page.goto(url + "/programmes/records")
            found.drawn(10)
            assert found.overflow() <= 0
