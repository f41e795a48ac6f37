"""The API keeps to its own description, whatever is asked: a program that believes the document is never surprised."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks

import api
from access import PUBLIC_VIEWER, Viewer
from api import openapi
from metrics.desk import Desk
from settings import Settings, SettingsError, read_settings
from tests.support.marts import MAYOR

HEAD = Viewer("head", "Head of Parks and Trees", "department", ("parks-and-trees",))
OPERATIONS = [
    (viewer, path, mode) for viewer in (MAYOR, HEAD, PUBLIC_VIEWER) for path, of in sorted(openapi.document(staff=viewer is not PUBLIC_VIEWER)["paths"].items()) for mode in GenerationMode
    if of["get"]["parameters"] or mode is GenerationMode.POSITIVE
]  # fmt: skip
"""For each viewer each address with what fits its description and with what does not; without parameters nothing can be wrong."""
EXAMPLES = 8
"""Of each operation, for each viewer, well-formed and malformed ones each."""
KEPT = [
    checks.not_a_server_error, checks.status_code_conformance, checks.content_type_conformance, checks.response_schema_conformance,
    checks.response_headers_conformance,
]  # fmt: skip


def served(settings_: Settings, viewer: Viewer, rate: str = "1000000 per minute") -> Flask:
    server = Flask(f"contract-{viewer.id}")
    api.register(server, Desk(dataclasses.replace(settings_, api_rate=rate), lambda: viewer))
    return server


@pytest.fixture(scope="module")
def described(demo_settings: Settings, demo_public_settings: Settings) -> Callable[[Viewer], Any]:
    """The API as schemathesis reads it, for a viewer."""
    made: dict[str, Any] = {}

    def of(viewer: Viewer) -> Any:
        if viewer.id not in made:
            audience = demo_public_settings if viewer is PUBLIC_VIEWER else demo_settings
            made[viewer.id] = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", served(audience, viewer))
        return made[viewer.id]

    return of


@pytest.mark.parametrize(("viewer", "path", "mode"), OPERATIONS, ids=lambda part: getattr(part, "value", getattr(part, "id", part)))
def test_every_answer_is_one_that_the_document_describes(
    described: Callable[[Viewer], Any], viewer: Viewer, path: str, mode: GenerationMode
) -> None:
    cases = described(viewer)[path]["GET"].as_strategy(generation_mode=mode)

    @given(case=cases)
    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None, suppress_health_check=list(HealthCheck))
    def holds(case: schemathesis.Case) -> None:
        answer = case.call_and_validate(checks=KEPT)
        if viewer is HEAD and path != "/metrics":
            assert b"Inspections" not in answer.content

    holds()


@given(by=st.lists(st.sampled_from(["department", "request_type", "channel", "district"]), min_size=2, max_size=2, unique=True))
@settings(max_examples=6, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_a_figure_split_by_two_dimensions_adds_up_to_the_whole(demo_settings: Settings, by: list[str]) -> None:
    client = served(demo_settings, MAYOR).test_client()
    rows = client.get(f"/api/v1/metrics/opened?by={','.join(by)}").get_json()["rows"]
    assert sum(row["value"] for row in rows) == client.get("/api/v1/metrics/opened").get_json()["rows"][0]["value"]
    assert len({(row["key"], row["key_2"]) for row in rows}) == len(rows)


def test_following_next_gives_every_case_once(demo_settings: Settings) -> None:
    client = served(demo_settings, MAYOR).test_client()
    address, ids = "/api/v1/cases?of=overdue_now&sort=due_at&limit=200", []
    while address:
        answer = client.get(address)
        page = answer.get_json()
        ids += [row["source_id"] for row in page["rows"]]
        address = page["next"]
        assert answer.headers.get("Link") == (f'<{address}>; rel="next"' if address else None)
    assert len(ids) == len(set(ids)) == page["total"] > 200


@pytest.mark.parametrize("address", ["metrics", "metrics.csv", "openapi.json", "metrics/opened", "metrics/opened.csv", "cases?limit=1"])
def test_who_has_the_answer_already_is_told_so(demo_settings: Settings, address: str) -> None:
    client = served(demo_settings, MAYOR).test_client()
    first = client.get(f"/api/v1/{address}")
    again = client.get(f"/api/v1/{address}", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, again.status_code, again.data) == (200, 304, b"")


def test_an_answers_tag_is_another_viewers_no_key(demo_settings: Settings) -> None:
    tags = {
        viewer.id: served(demo_settings, viewer).test_client().get("/api/v1/metrics/opened").headers["ETag"] for viewer in (MAYOR, HEAD)
    }
    assert tags["head"] != tags[MAYOR.id]


def test_who_asks_too_often_is_told_to_wait_and_nobody_else_is(demo_settings: Settings) -> None:
    server = served(demo_settings, MAYOR, "3 per minute")
    first, second = server.test_client(), server.test_client()
    codes = [first.get("/api/v1/metrics", environ_base={"REMOTE_ADDR": "127.0.0.1"}).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    refused = first.get("/api/v1/metrics", environ_base={"REMOTE_ADDR": "127.0.0.1"})
    assert refused.get_json()["error"] == {"status": 429, "message": "You may ask 3 per 1 minute; wait a little and ask again."}
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert second.get("/api/v1/metrics", environ_base={"REMOTE_ADDR": "127.0.0.2"}).status_code == 200
    assert first.get("/healthz").status_code == 200


@pytest.mark.parametrize("rate", ["often", "0 per minute", "5 per fortnight", "-1 per day"])
def test_a_rate_that_is_none_is_refused_with_a_remedy(rate: str) -> None:
    with pytest.raises(SettingsError, match=r"STATROOM_API_RATE is .* such as '120 per minute'"):
        read_settings({"STATROOM_API_RATE": rate})
