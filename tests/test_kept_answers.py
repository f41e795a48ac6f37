"""Whole answers of the portal: the same bytes as without keeping, never of another edition, language, host or scope; bounded; never a refusal."""

from __future__ import annotations

import dataclasses
import json
import re
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from flask import Flask, g

from components import compressing, freshness, keeping, limits
from components.answers import Answers
from data_access import turns
from settings import ROOT, read_settings
from tests.support.posting import callbacks
from tests.support.servers import got


class TestTheStore:
    def test_it_has_a_size_and_forgets_what_was_asked_for_longest_ago(self) -> None:
        kept = Answers(most=3_000)
        for name in "abc":
            kept.keep(name, name.encode() * 1_000, "text/plain")
        assert kept.get("a", None) == (b"a" * 1_000, "text/plain")
        kept.keep("d", b"d" * 900, "text/plain")
        assert kept.get("b", None) is None and kept.get("a", None) is not None
        for number in range(100):
            kept.keep(f"n{number}", b"x" * 500, "text/plain")
            kept.get(f"n{number}", "br")
        assert kept.bytes <= 3_000 + 500 and kept.bytes == sum(one.size() for one in kept._kept.values())

    def test_an_answer_has_its_time(self) -> None:
        kept = Answers()
        kept.keep("a", b"x", "text/plain", seconds=-1)
        assert kept.get("a", None) is None and kept.bytes == 0

    def test_compressed_it_is_the_same(self) -> None:
        kept = Answers()
        kept.keep("a", b"figures " * 200, "text/plain")
        for coding in compressing.CODINGS:
            for _again in range(2):
                found = kept.get("a", coding)
                assert found is not None and compressing.UNDO[coding](found[0]) == b"figures " * 200


def _posted(url: str, sent: str, **headers: str) -> tuple[dict[str, str], str]:
    made = Request(url + "/_dash-update-component", sent.encode(), {"Content-Type": "application/json", **headers})
    with urlopen(made, timeout=60) as answer:
        return dict(answer.headers), answer.read().decode()


STATUS = json.dumps({
    "output": "..status.children...brand-city.children..", "outputs": [{"id": "status", "property": "children"}, {"id": "brand-city", "property": "children"}],
    "inputs": [{"id": "question", "property": "data", "value": {}}, {"id": "tick", "property": "n_intervals", "value": 0}], "changedPropIds": [],
})  # fmt: skip


def test_a_kept_answer_is_the_answer_in_each_language(public_url: str) -> None:
    first, again = _posted(public_url, STATUS), _posted(public_url, STATUS)
    assert first[1] == again[1] and "Data through" in first[1]
    assert first[0]["X-Request-Id"] != again[0]["X-Request-Id"]
    own = ("Date", "X-Request-Id")
    same = [
        {name: text for name, text in headers.items() if name not in own and "RateLimit" not in name} for headers, _text in (first, again)
    ]
    assert same[0] == same[1]
    spanish = [_posted(public_url, STATUS, **{"Accept-Language": "es"})[1] for _again in range(2)]
    assert spanish[0] == spanish[1] and "Data through" not in spanish[0] and "Datos hasta" in spanish[0]
    assert "Data through" in _posted(public_url, STATUS)[1]


def test_a_kept_page_names_the_host_that_was_asked(public_url: str) -> None:
    for host in ("one.example", "two.example", "one.example"):
        found = set(re.findall(r"http://([\w.]+\.example)", got(public_url + "/definitions", Host=host)[2]))
        assert found == {host}


def test_what_is_not_asked_as_json_or_not_to_be_answered_is_refused_also_when_it_is_kept(public_url: str) -> None:
    _posted(public_url, STATUS)
    for kind in ("text/plain", "application/json; charset=latin-1"):
        with pytest.raises(HTTPError, match="415"):
            _posted(public_url, STATUS, **{"Content-Type": kind})


def test_a_refusal_is_not_kept(staff_app: Flask) -> None:
    staff_app.test_client().get("/")
    draw = next(spec["callback"].__wrapped__ for name, spec in callbacks().items() if "chart-finding" in name)
    for department, is_kept in (("nowhere", False), ("all", True)):
        with staff_app.test_request_context("/"):
            g.setdefault(keeping.KEY, "key")
            draw(_query={"department": department}, chart={"type": "chart-figure", "name": "overdue-by-department"}, query={})
            assert (keeping.KEY in g) == is_kept


COMPUTE = """
import dataclasses, os, sys, time
from pathlib import Path
from flask import Flask
from access import PUBLIC_VIEWER, scope_of
from data_access import cache
from settings import read_settings
folder = Path(sys.argv[1])
cache.start(Flask("one"), dataclasses.replace(read_settings({}), data=folder, cache_url=sys.argv[2]))
(folder / f"ready-{os.getpid()}").touch()
while not (folder / "go").exists():
    time.sleep(0.005)
def compute():
    with open(folder / "computed", "a") as file:
        file.write(f"{os.getpid()}\\n")
    time.sleep(float(sys.argv[3]))
    return [7]
print(cache.cached("n", "e1", scope_of(PUBLIC_VIEWER), {"a": sys.argv[4]}, compute))
"""


def _computing(folder: Path, redis: str = "", seconds: float = 0.5, what: str = "x") -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", COMPUTE, str(folder), redis, str(seconds), what], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def _go(folder: Path, processes: int) -> None:
    for _wait in range(2_000):
        if len(list(folder.glob("ready-*"))) >= processes:
            break
        time.sleep(0.02)
    (folder / "go").touch()


@pytest.mark.parametrize("shared", ["files", "redis"])
def test_of_several_processes_one_computes_and_the_others_wait(shared: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    redis = request.getfixturevalue("redis_url") if shared == "redis" else ""
    running = [_computing(tmp_path, redis) for _number in range(3)]
    _go(tmp_path, 3)
    assert [process.communicate(timeout=60)[0].strip() for process in running] == ["[7]"] * 3
    assert len((tmp_path / "computed").read_text().split()) == 1
    assert redis or list((tmp_path / "cache" / "turns").iterdir()) == []


def test_a_process_that_dies_at_its_turn_keeps_nobody_waiting(tmp_path: Path) -> None:
    dying = _computing(tmp_path, seconds=600)
    _go(tmp_path, 1)
    while not (tmp_path / "computed").exists():
        time.sleep(0.02)
    dying.kill()
    dying.communicate()
    begun = time.monotonic()
    assert _computing(tmp_path, seconds=0).communicate(timeout=60)[0].strip() == "[7]"
    assert time.monotonic() - begun < turns.PATIENCE


Shown = tuple[Callable[..., int], threading.Event]


class _Edition:
    def __init__(self, generation: int) -> None:
        self.generation, self.edition = generation, f"edition-{generation}"


class TestAfterALoad:
    @pytest.fixture
    def shown(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Shown]:
        """What is shown after so many loads, and what lets the counting of the main pages end."""
        counted, loads = threading.Event(), [1]
        fresh = freshness.Freshness(Flask("portal"))
        settings = dataclasses.replace(read_settings({}), mart=tmp_path)
        monkeypatch.setattr(freshness, "open_mart", lambda _settings: _Edition(loads[0]))
        monkeypatch.setattr(freshness, "count_main_pages", lambda _server: counted.wait(30))

        def after(load: int | None = None, *, named: bool = False) -> int:
            if load is not None:
                loads[0] = load
            if load is not None and not named:
                (tmp_path / "new").write_text(str(load))
                (tmp_path / "new").replace(tmp_path / "current")
            return fresh.mart(settings).generation

        yield after, counted
        counted.set()

    def test_the_edition_before_is_shown_until_the_main_pages_are_counted(self, shown: Shown) -> None:
        after, counted = shown
        assert [after(1), after(2), after(), after()] == [1, 1, 1, 1]
        counted.set()
        for _wait in range(500):
            if after() == 2:
                break
            time.sleep(0.01)
        assert after() == 2

    @pytest.mark.parametrize("load", [3, 12])
    def test_never_one_that_is_older_than_that(self, shown: Shown, load: int) -> None:
        after, _counted = shown
        assert [after(1), after(2), after(load)] == [1, 1, load]

    def test_who_goes_back_to_an_older_edition_shows_it_at_once(self, shown: Shown) -> None:
        after, _counted = shown
        assert [after(5), after(4)] == [5, 4]

    def test_a_count_that_takes_too_long_keeps_nothing_back(self, shown: Shown, monkeypatch: pytest.MonkeyPatch) -> None:
        after, _counted = shown
        assert [after(1), after(2)] == [1, 1]
        monkeypatch.setattr(freshness, "LONGEST", 0.0)
        assert after() == 2

    def test_an_edition_that_another_thread_was_still_opening_is_found_later(self, shown: Shown, tmp_path: Path) -> None:
        after, _counted = shown
        assert after(5) == 5
        # The file names the next edition already, and who asks is given the one before.
        (tmp_path / "new").write_text("6")
        (tmp_path / "new").replace(tmp_path / "current")
        assert [after(), after()] == [5, 5]
        assert after(8, named=True) == 8

    def test_staff_read_the_newest(self, staff_app: Flask) -> None:
        from data_access.mart.reading import open_mart

        assert staff_app.extensions["statroom-desk"]._opened is open_mart


def test_counting_what_a_client_asks_starts_no_thread_and_forgets(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = limits.Counts()
    monkeypatch.setattr(threading.Thread, "start", lambda _self: pytest.fail("a thread was started"))
    monkeypatch.setattr(limits, "FORGET_EVERY", 0.0)
    assert [counts.incr("a", 0.05), counts.incr("a", 0.05), counts.incr("b", 60)] == [1, 2, 1]
    time.sleep(0.1)
    assert counts.incr("a", 60) == 1
    assert counts.incr("c", 0.01) and time.sleep(0.05) is None and counts.incr("b", 60) == 2 and "c" not in counts.storage
