"""How sources on the web are asked: not too often, again when that may help, never for ever, and no key goes to a stranger."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from flask import Response

from data_access.sources import http
from data_access.sources.base import SourceError
from data_access.sources.http import Client
from data_access.web_models import Web
from tests.support.web_api import DATASET, Portal, portal

ROWS = f"resource/{DATASET}.json"


@pytest.fixture
def api() -> Iterator[Portal]:
    with portal() as made:
        made.table(DATASET, [{":id": "row-1", "number": "R-1"}])
        yield made


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the client would have slept."""
    made: list[float] = []
    monkeypatch.setattr(Client, "sleep", staticmethod(made.append))
    return made


def client(api: Portal, **web: object) -> Client:
    return Client("api", api.url, Web.model_validate({"requests_per_second": 20, "key": "t0ken", **web}), {"X-App-Token": "t0ken"})


def pauses(slept: list[float]) -> list[float]:
    """Without those that only keep the pace of 20 a second."""
    return [seconds for seconds in slept if seconds > 0.06]


def line_of(asking: Client, url: str) -> str:
    with pytest.raises(SourceError) as caught:
        asking.json(url)
    line = str(caught.value)
    assert "t0ken" not in line and "\n" not in line
    return line


def test_a_busy_source_is_asked_again_after_the_pause_it_names(api: Portal, slept: list[float]) -> None:
    api.instead = [Response("", 429, {"Retry-After": "37"}), Response("", 503, {"Retry-After": "5"}), Response("", 202)]
    assert client(api).json(f"{api.url}/{ROWS}", {"$select": "number"}) == [{"number": "R-1"}]
    first, second, third = pauses(slept)
    assert (first, second) == (37, 5)
    assert 2 <= third <= 4  # no pause was named at the third: four seconds, shortened by up to half


def test_a_source_that_stays_out_of_order_is_given_up_after_six_tries_with_growing_pauses(api: Portal, slept: list[float]) -> None:
    api.breaks = lambda path, args: Response("", 500)
    line = line_of(client(api), f"{api.url}/{ROWS}")
    assert line == f"source 'api': {api.url}/{ROWS}: it answers 500 after 6 tries; load again later: what was fetched is kept."
    found = pauses(slept)
    assert len(api.asked) == 6
    assert [full / 2 <= seconds <= full for seconds, full in zip(found, (1, 2, 4, 8, 16), strict=True)] == [True] * 5


def test_the_pace_is_the_one_that_is_set(api: Portal, slept: list[float]) -> None:
    asking = client(api, requests_per_second=0.01)
    for _ in range(3):
        asking.json(f"{api.url}/{ROWS}")
    assert [90 < seconds <= 100 for seconds in slept] == [True, True]


def test_a_pause_longer_than_the_load_may_take_ends_it_at_once(api: Portal, slept: list[float]) -> None:
    api.instead = [Response("", 429, {"Retry-After": "7200"})]
    assert "it answers 429, and this load may take 1 hours; load again and it goes on where it is" in line_of(
        client(api, hours=1), f"{api.url}/{ROWS}"
    )
    assert pauses(slept) == []


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Response('{"message": "Invalid app_token t0ken"}', 403), "it answers 403 (Invalid app_token ***); check its key in [source.web]."),
        (Response("<html>gone</html>", 404), "it answers 404; check url in city.toml."),
        (Response("<html>Welcome</html>", 200, {"Content-Type": "text/html"}), "it answers with text/html that is no JSON; check that url is the address of the API."),
    ],
)  # fmt: skip
def test_an_answer_that_will_not_get_better_is_told_at_once(api: Portal, slept: list[float], answer: Response, said: str) -> None:
    api.instead = [answer]
    assert line_of(client(api), f"{api.url}/{ROWS}?secret=t0ken").endswith(f"/{ROWS}: {said}")
    assert len(api.asked) == 1


def test_no_key_follows_to_another_host(api: Portal, slept: list[float]) -> None:
    with portal() as stranger:
        api.instead = [Response("", 302, {"Location": f"{stranger.url}/{ROWS}"})]
        assert f"it sends on to {stranger.url}/{ROWS}; if that is right, write it as url in city.toml" in line_of(
            client(api), f"{api.url}/{ROWS}"
        )
        assert stranger.asked == []
    api.instead = [Response("", 301, {"Location": f"/{ROWS}?$select=number"})]
    assert client(api).json(f"{api.url}/old") == [{"number": "R-1"}]
    api.breaks = lambda path, args: Response("", 302, {"Location": path})
    assert "it sends on for ever" in line_of(client(api), f"{api.url}/{ROWS}")


def test_an_answer_that_is_far_too_large_is_not_read_to_its_end(api: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "MOST_BYTES", 1 << 20)
    api.instead = [Response("[" + "1," * (1 << 20))]
    assert "its answer is larger than 1 MB; ask for less with page_rows in [source.web]" in line_of(client(api), f"{api.url}/{ROWS}")


def test_an_answer_that_breaks_off_is_asked_for_again(slept: list[float]) -> None:
    """The first connection ends in the middle of its answer, the second is whole."""
    whole = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\nConnection: close\r\n\r\n[42]"
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            for part in (whole[:-2], whole):
                connection, _ = server.accept()
                with connection:
                    connection.recv(65_536)
                    connection.sendall(part)

        thread = threading.Thread(target=serve)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert Client("api", url, Web(requests_per_second=20)).json(url) == [42]
        thread.join()


def test_a_head_that_drips_for_ever_is_given_up(slept: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    """A line every hundredth of a second is never silent for long, and never ends."""
    monkeypatch.setattr(http, "TRIES", 2)
    monkeypatch.setattr(http, "CONNECT_SECONDS", 0.1)
    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip(connection: socket.socket) -> None:
            with connection, contextlib.suppress(OSError):
                connection.sendall(b"HTTP/1.1 200 OK\r\nX: ")
                while not stop.wait(0.01):
                    connection.sendall(b"a")

        def serve() -> None:
            for _ in range(2):
                threading.Thread(target=drip, args=(server.accept()[0],)).start()

        accepting = threading.Thread(target=serve)
        accepting.start()
        url, began = f"http://127.0.0.1:{server.getsockname()[1]}", time.monotonic()
        with pytest.raises(SourceError, match="it is silent after 2 tries"):
            Client("api", url, Web(requests_per_second=20, answer_seconds=0.05)).json(url)
        assert time.monotonic() - began < 10
        stop.set()
        accepting.join()


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("http://127.0.0.1:1/x", "http://127.0.0.1:1/x: it refuses the connection after 6 tries"),
        ("http://me:t0ken@127.0.0.1:1/x?key=t0ken", "http://127.0.0.1:1/x: it refuses the connection after 6 tries"),
        ("http://nowhere.invalid/x", "there is no such host after 6 tries"),
    ],
)
def test_a_source_that_is_not_there_is_one_line_without_its_key(api: Portal, slept: list[float], url: str, said: str) -> None:
    assert said in line_of(client(api), url)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://data.example/x", "data.example.gov/x", "http://", "https://[::1"])
def test_only_the_web_is_asked(url: str) -> None:
    with pytest.raises(SourceError, match="write the whole address, beginning with https://"):
        Client("api", url, Web())
