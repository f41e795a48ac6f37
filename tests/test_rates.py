"""Who asks too often is told to wait, and nobody else is; a counter that is down never takes figures away."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from flask import Blueprint, Flask
from flask.testing import FlaskClient

from components import limits
from settings import Settings, SettingsError, read_settings
from tests.support import services
from tests.support.marts import settings_in
from tests.support.servers import served

UPDATE = "/_dash-update-component"


def portal(settings: Settings) -> Flask:
    """A server with the addresses of the portal and nothing behind them."""
    server = Flask("portal")
    limits.limit_residents(server, settings)
    for path in ("/", "/charts/opened.csv", UPDATE, "/healthz", "/assets/10-tokens.css", "/data/no-such-file"):
        server.add_url_rule(path, path, lambda: "answered", methods=["GET", "POST"])
    api = Blueprint("api", __name__)
    api.add_url_rule("/api/v1/metrics", "metrics", lambda: "answered", methods=["GET", "POST"])
    server.register_blueprint(api)
    return server


def codes(client: FlaskClient, path: str, times: int, address: str = "203.0.113.9") -> list[int]:
    return [client.post(path, environ_base={"REMOTE_ADDR": address}).status_code for _ in range(times)]


@pytest.fixture
def allowing_five(tmp_path: Path) -> Settings:
    return dataclasses.replace(settings_in(tmp_path, "public"), public_rate="5 per minute")


def test_pages_callbacks_and_files_use_up_one_share(allowing_five: Settings) -> None:
    client = portal(allowing_five).test_client()
    asked = [code for path in ("/", "/charts/opened.csv", UPDATE) for code in codes(client, path, 2)]
    assert asked == [200] * 5 + [429]
    assert codes(client, "/", 1, "203.0.113.10") == [200], "somebody else's share is untouched"
    for free in ("/healthz", "/assets/10-tokens.css", "/api/v1/metrics"):
        assert codes(client, free, 7) == [200] * 7


def test_an_address_beside_those_of_files_is_a_page_and_counted(allowing_five: Settings) -> None:
    assert codes(portal(allowing_five).test_client(), "/data/no-such-file", 6) == [200] * 5 + [429]


def test_who_is_refused_is_told_in_words_and_when_to_come_back(allowing_five: Settings) -> None:
    client = portal(allowing_five).test_client()
    codes(client, UPDATE, 5)
    refused = client.post(UPDATE, environ_base={"REMOTE_ADDR": "203.0.113.9"})
    assert (refused.status_code, refused.content_type) == (429, "text/plain; charset=utf-8")
    assert refused.text == "You have asked for a lot in a short time. Wait a minute and go on; nothing is lost.\n"
    assert 0 < int(refused.headers["Retry-After"]) <= 60


def test_another_address_of_the_same_network_is_no_other_client(allowing_five: Settings) -> None:
    client = portal(allowing_five).test_client()
    assert codes(client, "/", 5, "2001:db8:1:2::1") == [200] * 5
    assert codes(client, "/", 1, "2001:db8:1:2:ffff::9") == [429]
    assert codes(client, "/", 1, "2001:db8:1:3::1") == [200]


def test_clients_of_ipv4_are_told_apart_on_a_socket_for_both(allowing_five: Settings) -> None:
    """Such a socket says `::ffff:203.0.113.9`: as one network all of them would share what one may ask."""
    client = portal(allowing_five).test_client()
    assert codes(client, "/", 6, "::ffff:203.0.113.9") == [200] * 5 + [429]
    assert codes(client, "/", 1, "::ffff:203.0.113.10") == [200]
    assert codes(client, "/", 1, "203.0.113.9") == [429], "the same client"


@pytest.fixture
def redis_there() -> Iterator[str]:
    with services.started_redis() as url:
        if url is None:
            pytest.skip("no redis-server is installed; install one (as root `make test` does)")
        yield url


def test_two_processes_count_together_in_redis(allowing_five: Settings, redis_there: str) -> None:
    settings = dataclasses.replace(allowing_five, cache_url=redis_there)
    one, other = portal(settings).test_client(), portal(settings).test_client()
    assert codes(one, "/", 3) + codes(other, "/", 3) == [200] * 5 + [429]


def test_without_its_redis_a_process_goes_on_counting_by_itself(allowing_five: Settings) -> None:
    with services.started_redis() as url:
        if url is None:
            pytest.skip("no redis-server is installed; install one (as root `make test` does)")
        client = portal(dataclasses.replace(allowing_five, cache_url=url)).test_client()
        assert codes(client, "/", 3) == [200] * 3
    assert codes(client, "/", 7) == [200] * 5 + [429] * 2


def test_the_portal_itself_refuses_a_flood_of_callbacks(demo_public_settings: Settings) -> None:
    """Also of callbacks that are none: what is malformed costs work too."""
    with served(demo_public_settings, STATROOM_PUBLIC_RATE="30 per minute") as url, httpx.Client(base_url=url) as client:
        answers = [client.post(UPDATE, json={}) for _ in range(33)]
        assert [answer.status_code for answer in answers] == [400] * 30 + [429] * 3
        assert "Retry-After" in answers[-1].headers
        assert client.get("/charts/anything.csv").status_code == 429
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("rate", ["", "many", "0 per minute", "5"])
def test_a_rate_is_a_number_and_a_time(rate: str) -> None:
    environ = {"STATROOM_PUBLIC_RATE": rate}
    if not rate:
        assert read_settings(environ).public_rate == "3000 per minute"
        return
    with pytest.raises(SettingsError, match="STATROOM_PUBLIC_RATE"):
        read_settings(environ)
