"""Open311 endpoints and SeeClickFix: nothing beyond a limit is lost, no time of closing is made up, and each state is what it means."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from data_access.mapping.cases import map_cases
from data_access.sources import open_source
from data_access.sources.http import Client
from data_access.sources.windows import Walk, WindowFull
from tests.support.requests_api import Endpoint, endpoint
from tests.support.towns import Town

SINCE = "2026-01-01"


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Endpoint]:
    """An endpoint, and no pauses between questions."""
    monkeypatch.setattr(Client, "sleep", staticmethod(lambda seconds: None))
    with endpoint() as made:
        made.services = [
            {"service_code": "P", "service_name": "Pothole", "group": "Streets"},
            {"service_code": "T", "service_name": "Tree"},
        ]
        yield made


def asked(number: int, opened: str = "2026-03-16T12:00:00Z", **values: Any) -> dict[str, Any]:
    """Request R-`number`, a pothole whose description names somebody."""
    return {
        "service_request_id": f"R-{number}", "status": "open", "service_code": "P", "description": "Ada Lovelace, 5 Main St: a hole",
        "agency_responsible": "Public Works", "requested_datetime": opened, "updated_datetime": opened, "lat": 40.5, "long": -73.5,
    } | values  # fmt: skip


def town(api: Endpoint, folder: Path, preset: str = "open311", **ask: Any) -> Town:
    return Town(folder).web("open311", f"{api.url}/open311/v2", preset=preset, ask={"since": SINCE, **ask})


def read(made: Town) -> pd.DataFrame:
    """The cases of a first load by their id, without a mart."""
    city = made.city()
    source = open_source(city.sources[0], city)
    batches = [batch.frame for batch in source.batches(None) if batch.kind == "cases"]
    mapped = map_cases(pd.concat(batches), source.mapping, city, programme="requests", source_name="api", now=datetime(2026, 12, 1))
    return mapped.cases.set_index("source_id", verify_integrity=True)


def windows(api: Endpoint, resource: str = "requests") -> list[tuple[str, str, str]]:
    """(start, end, page) of each question by window."""
    return [(a["start_date"], a["end_date"], a["page"]) for a in api.paths(f"{resource}.json") if "start_date" in a]


def test_requests_are_read_by_windows_of_ninety_days_page_by_page_with_the_names_of_services(api: Endpoint, tmp_path: Path) -> None:
    """Three in March at two to a page: pages of 2, 1 and none in the first window; the name and group come from the services."""
    api.most = 2
    api.requests = [
        asked(1),
        asked(2, opened="2026-03-16T12:01:00Z"),
        asked(3, opened="2026-03-16T08:02:00-04:00", service_code="T", service_name="Fallen tree"),
    ]
    made = town(api, tmp_path, jurisdiction_id="town.gov", key="k3y", page_rows=2)
    report = made.load()
    assert (report.rows_read, report.rows_new, report.watermark) == (3, 3, "2026-03-16T12:02:00+00:00")
    cases = made.cases()
    assert [cases[f"R-{n}"]["request_type"] for n in (1, 2, 3)] == ["Pothole", "Pothole", "Fallen tree"]
    assert (cases["R-3"]["opened_at"], cases["R-1"]["department"]) == (datetime(2026, 3, 16, 12, 2), "Public Works")
    assert windows(api)[:3] == [("2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z", page) for page in "123"]
    assert windows(api)[3][:2] == ("2026-04-01T00:00:00Z", "2026-06-30T00:00:00Z")
    assert {(args["jurisdiction_id"], args["api_key"]) for args in api.paths()} == {("town.gov", "k3y")}
    assert made.says("lovelace") == []


def test_a_closing_without_a_time_is_inferred_counted_and_no_duration(api: Endpoint, tmp_path: Path) -> None:
    """Closed when it last changed, as well as that is known; `has_valid_interval` keeps it out of every time to close."""
    api.requests = [asked(1, status="closed", updated_datetime="2026-03-18T12:00:00Z"), asked(2)]
    made = town(api, tmp_path)
    made.load()
    case = made.cases()["R-1"]
    assert (case["status"], case["closed_at"], case["has_valid_interval"]) == ("closed", datetime(2026, 3, 18, 12), False)
    assert ("closed_without_date", "closed_at", None, 1) in made.findings()
    assert made.cases()["R-2"]["closed_at"] is None


def test_an_endpoint_without_pages_is_halved_until_nothing_is_cut_off(api: Endpoint, tmp_path: Path) -> None:
    """It gives the newest 25 and says so nowhere. 60 requests, one an hour: all 60 are read, each once."""
    api.has_pages, api.most = False, 25
    start = datetime(2026, 3, 16, tzinfo=UTC)
    api.requests = [asked(n, opened=(start + timedelta(hours=n)).isoformat()) for n in range(60)]
    assert len(read(town(api, tmp_path))) == 60
    assert {page for _, _, page in windows(api)} == {"1", "2"}
    assert [page for _, _, page in windows(api)].count("2") == 1  # once it knows that there are no pages, it asks for none


def test_more_in_one_minute_than_an_endpoint_gives_is_said_and_not_lost_in_silence() -> None:
    start = datetime(2026, 3, 16, tzinfo=UTC)
    everything = {str(n): start for n in range(1_500)}
    walk = Walk(lambda first, last: ({k: v for k, v in everything.items() if first <= v < last and int(k) < 1_000}, False))
    with pytest.raises(WindowFull, match="1,000 requests of one minute"):
        walk.rows(start, start + timedelta(days=1))


def test_a_later_load_reads_the_openings_of_the_last_days_again(api: Endpoint, tmp_path: Path) -> None:
    """The watermark is 16 March; with 30 days to read again it begins on 14 February, and the request of January is not asked for."""
    api.requests = [asked(1, opened="2026-01-10T12:00:00Z"), asked(2, opened="2026-02-20T12:00:00Z"), asked(3)]
    made = town(api, tmp_path, reread_days=30)
    made.load()
    for row in api.requests:
        row["status"] = "closed"
    api.asked.clear()
    report = made.load()
    assert (report.mode, report.rows_read, report.rows_changed) == ("incremental", 2, 2)
    assert windows(api)[0][0] == "2026-02-14T11:00:00Z"
    assert (made.cases()["R-1"]["status"], made.load(full=True).rows_changed, made.cases()["R-1"]["status"]) == ("open", 1, "closed")


def test_a_later_load_asks_for_what_changed_where_the_endpoint_can_tell(api: Endpoint, tmp_path: Path) -> None:
    api.has_updated_after = True
    api.requests = [asked(1, opened="2026-01-10T12:00:00Z"), asked(2)]
    mapping = 'extends = "open311"\n[web]\nupdated_after = "updated_after"\n[columns]\n'
    made = Town(tmp_path).web("open311", f"{api.url}/open311/v2", mapping, ask={"since": SINCE})
    made.load()
    api.requests[0] |= {"status": "closed", "updated_datetime": "2026-03-17T12:00:00Z"}
    api.asked.clear()
    report = made.load()
    assert (report.mode, report.rows_read, report.rows_changed) == ("incremental", 2, 1)
    assert [args["updated_after"] for args in api.paths("requests.json") if "updated_after" in args] == ["2026-03-16T11:00:00Z"] * 2
    assert windows(api) == []


def test_an_endpoint_that_speaks_xml_only_gives_the_same(api: Endpoint, tmp_path: Path) -> None:
    api.speaks_json = False
    api.requests = [asked(1), asked(2, address=None)]
    cases = read(town(api, tmp_path))
    names = ["request_type", "department", "latitude", "opened_at"]
    assert cases.loc["R-1", names].tolist() == ["Pothole", "Public Works", 40.5, pd.Timestamp(2026, 3, 16, 12)]
    assert len(cases) == 2


def test_what_is_no_endpoint_is_told(api: Endpoint, tmp_path: Path) -> None:
    made = town(api, tmp_path)
    made.sources[0]["url"] = f"{api.url}/open311/v1"
    assert made.refused() == f"source 'api': {api.url}/open311/v1/requests.json: it answers 404; check url in city.toml."
    made.sources[0] |= {"url": f"{api.url}/open311/v2", "web": {}}
    assert made.refused() == "source 'api': it is read by windows of days; name the first one with 'since' in [source.web]."


# FixMyStreet


def moved(number: int, request: int, state: str, at: str) -> dict[str, Any]:
    return {
        "update_id": str(number),
        "service_request_id": f"R-{request}",
        "status": state,
        "updated_datetime": at,
        "description": "Ada Lovelace wrote",
    }


def test_fixmystreets_updates_tell_when_each_state_began_and_what_was_not_fixed(api: Endpoint, tmp_path: Path) -> None:
    """R-1 is investigated, fixed, found unfixed and fixed again; R-2 is another body's; R-3 is a duplicate; R-4 is planned."""
    api.wraps, api.has_pages = True, False
    states = {1: "fixed", 2: "not_councils_responsibility", 3: "duplicate", 4: "planned"}
    api.requests = [asked(n, status=state, updated_datetime="2026-03-30T12:00:00Z") for n, state in states.items()]
    api.updates = [
        moved(1, 1, "investigating", "2026-03-17T12:00:00Z"), moved(2, 1, "fixed", "2026-03-18T12:00:00Z"),
        moved(3, 1, "investigating", "2026-03-20T12:00:00Z"), moved(4, 1, "investigating", "2026-03-21T12:00:00Z"),
        moved(5, 1, "fixed", "2026-03-25T12:00:00Z"), moved(6, 2, "not_councils_responsibility", "2026-03-17T12:00:00Z"),
        moved(7, 4, "planned", "2026-03-19T12:00:00Z"),
    ]  # fmt: skip
    made = town(api, tmp_path, "open311_fixmystreet")
    made.load()
    cases = made.cases()
    assert {n: (cases[f"R-{n}"]["status"], cases[f"R-{n}"]["outcome"]) for n in states} == {
        1: ("closed", "resolved"), 2: ("closed", "referred"), 3: ("closed", "duplicate"), 4: ("in_progress", "unknown"),
    }  # fmt: skip
    assert (cases["R-1"]["closed_at"], cases["R-1"]["has_valid_interval"]) == (datetime(2026, 3, 25, 12), True)
    assert (cases["R-4"]["acknowledged_at"], cases["R-4"]["closed_at"]) == (datetime(2026, 3, 19, 12), None)
    assert cases["R-3"]["has_valid_interval"] is False  # the feed says nothing of it: its closing is inferred
    spells = (
        "SELECT spell_no, spell_opened_at, s.closed_at FROM spell s JOIN case_record r USING (case_id) WHERE r.source_id = 'R-1' ORDER BY 1"
    )
    assert made.ask(spells) == [
        (1, datetime(2026, 3, 16, 12), datetime(2026, 3, 18, 12)),
        (2, datetime(2026, 3, 20, 12), datetime(2026, 3, 25, 12)),
    ]
    assert made.says("lovelace") == []


def test_a_later_load_of_fixmystreet_knows_all_of_a_changed_cases_history(api: Endpoint, tmp_path: Path) -> None:
    """R-1 is planned in March and fixed in April: its events are both, although the load after the closing reads few days."""
    api.requests = [asked(1, status="planned")]
    api.updates = [moved(1, 1, "planned", "2026-03-17T12:00:00Z")]
    made = town(api, tmp_path, "open311_fixmystreet")
    made.load()
    api.requests[0] |= {"status": "fixed", "updated_datetime": "2026-04-02T12:00:00Z"}
    api.updates.append(moved(2, 1, "fixed", "2026-04-02T12:00:00Z"))
    assert made.load().rows_changed == 1
    assert made.ask("SELECT event_at FROM case_event ORDER BY 1") == [(datetime(2026, 3, 17, 12),), (datetime(2026, 4, 2, 12),)]
    assert made.cases()["R-1"]["closed_at"] == datetime(2026, 4, 2, 12)


# Chicago


def test_chicagos_attributes_and_notes_are_asked_for_and_become_channel_and_events(api: Endpoint, tmp_path: Path) -> None:
    def note(kind: str, at: str) -> dict[str, str]:
        return {"type": kind, "datetime": at, "summary": kind.title(), "description": "Ada Lovelace called again"}

    ended = [note("opened", "2026-03-16T12:00:00Z"), note("activity", "2026-03-17T12:00:00Z"), note("closed", "2026-03-18T12:00:00Z")]
    followed = [note("opened", "2026-03-16T12:00:00Z"), note("follow_on_created", "2026-03-17T12:00:00Z")]
    api.requests = [
        asked(
            1, status="closed", updated_datetime="2026-03-30T12:00:00Z", extended_attributes={"channel": "phone", "ward": "12"}, notes=ended
        ),
        asked(2, status="closed", updated_datetime="2026-03-19T12:00:00Z", extended_attributes={"channel": "web"}, notes=followed),
    ]
    made = town(api, tmp_path, "open311_chicago")
    made.load()
    cases = made.cases()
    assert [cases[f"R-{n}"]["channel"] for n in (1, 2)] == ["phone", "web"]
    assert (cases["R-1"]["closed_at"], cases["R-1"]["has_valid_interval"]) == (datetime(2026, 3, 18, 12), True)
    assert (cases["R-2"]["closed_at"], cases["R-2"]["has_valid_interval"]) == (datetime(2026, 3, 19, 12), False)
    assert made.ask("SELECT count(*) FROM case_event") == [(5,)]
    assert {args.get("extensions") for args in api.paths("requests.json")} == {"true"}
    assert made.says("lovelace") == []


# SeeClickFix


def issue(number: int, created: str = "2026-03-16T08:00:00-04:00", **values: Any) -> dict[str, Any]:
    return {
        "id": number, "status": "Open", "summary": "Pothole", "description": "Ada Lovelace, 5 Main St", "lat": 40.5, "lng": -73.5,
        "created_at": created, "updated_at": created, "acknowledged_at": None, "closed_at": None, "reopened_at": None,
        "request_type": {"id": 7, "title": "Pothole", "organization": "Public Works"}, "reporter": {"name": "Ada Lovelace"},
    } | values  # fmt: skip


def test_seeclickfix_tells_when_an_issue_was_acknowledged_closed_and_reopened_and_archived_is_not_closed(
    api: Endpoint, tmp_path: Path
) -> None:
    api.issues = [
        issue(1, status="Acknowledged", acknowledged_at="2026-03-16T09:00:00-04:00"),
        issue(2, status="Archived", closed_at="2026-03-18T08:00:00-04:00"),
        issue(3, status="Archived"),
        issue(4, status="Open", closed_at="2026-03-17T08:00:00-04:00", reopened_at="2026-03-18T08:00:00-04:00"),
        issue(5, status="Closed", closed_at="2026-03-17T08:00:00-04:00"),
    ]
    made = Town(tmp_path).web(
        "seeclickfix", f"{api.url}/api/v2/issues?place_url=town", preset="seeclickfix", ask={"since": SINCE, "page_rows": 2}
    )
    report = made.load()
    assert (report.rows_read, report.rows_new) == (5, 5)
    cases = made.cases()
    assert {n: (cases[n]["status"], cases[n]["closed_at"] is not None) for n in "12345"} == {
        "1": ("in_progress", False), "2": ("unknown", True), "3": ("unknown", False), "4": ("open", False), "5": ("closed", True),
    }  # fmt: skip
    assert (cases["1"]["acknowledged_at"], cases["1"]["department"]) == (datetime(2026, 3, 16, 13), "Public Works")
    assert cases["4"]["reopened_count"] == 1
    pages = [args["page"] for args in api.paths() if args.get("before") == "2026-04-01T00:00:00Z"]
    assert (pages, {args["place_url"] for args in api.paths()}) == (["1", "2", "3"], {"town"})
    api.issues[2] |= {"status": "Closed", "closed_at": "2026-03-20T08:00:00-04:00", "updated_at": "2026-03-20T08:00:00-04:00"}
    report = made.load()
    assert (report.mode, report.rows_changed, made.cases()["3"]["status"]) == ("incremental", 1, "closed")
    assert made.says("lovelace") == []
