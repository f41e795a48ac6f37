"""Two viewers share an answer only when their scopes are equal; nobody runs code from the cache."""

from __future__ import annotations

import dataclasses
import os
import pickle
import struct
import threading
import time
from pathlib import Path

import pytest
import redis
from flask import Flask

from access import PUBLIC_VIEWER, Viewer, scope_of
from data_access import cache
from settings import read_settings

PARKS = scope_of(Viewer("a", "A", "department", ("parks",)))
POLICE = scope_of(Viewer("b", "B", "department", ("police",)))


@pytest.fixture
def folder(tmp_path: Path):
    settings = dataclasses.replace(read_settings({}), data=tmp_path)
    before = getattr(cache._cache, "app", None)
    cache.start(Flask(__name__), settings)
    yield tmp_path / "cache" / "staff"
    cache._cache.app = before


def test_an_answer_is_computed_once_and_then_kept(folder: Path) -> None:
    calls = []
    for _ in range(3):
        assert cache.cached("n", "e1", PARKS, {"a": 1}, lambda: calls.append(1) or {"rows": [1]}) == {"rows": [1]}
    assert len(calls) == 1


def test_scope_edition_name_and_parameters_each_make_another_answer(folder: Path) -> None:
    asked = [
        ("n", "e1", PARKS, {"a": 1}),
        ("n", "e1", POLICE, {"a": 1}),
        ("n", "e1", scope_of(PUBLIC_VIEWER), {"a": 1}),
        ("n", "e2", PARKS, {"a": 1}),
        ("m", "e1", PARKS, {"a": 1}),
        ("n", "e1", PARKS, {"a": "1"}),
    ]
    answers = [cache.cached(*question, compute=lambda i=i: i + 1) for i, question in enumerate(asked)]
    again = [cache.cached(*question, compute=lambda: "other") for question in asked]
    assert answers == again == [1, 2, 3, 4, 5, 6]


def test_short_lived_viewers_never_meet_each_others_answers(folder: Path) -> None:
    for i in range(200):
        scope = scope_of(Viewer(str(i), "x", "department", (f"d{i}",)))
        assert cache.cached("n", "e1", scope, None, lambda i=i: f"answer {i}") == f"answer {i}"


def test_a_planted_pickle_is_a_miss_and_does_not_run(folder: Path, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self):
            return os.system, (f"touch {tmp_path}/ran",)

    cache.cached("n", "e1", PARKS, None, lambda: "right")
    for entry in folder.iterdir():
        entry.write_bytes(struct.pack("I", 0) + pickle.dumps(Bomb()))
    assert cache.cached("n", "e1", PARKS, None, lambda: "computed again") == "computed again"
    assert not (tmp_path / "ran").exists()


def test_fifty_callers_of_one_question_compute_it_once(folder: Path) -> None:
    calls: list[int] = []

    def slow() -> str:
        calls.append(1)
        time.sleep(0.2)
        return "x"

    threads = [threading.Thread(target=lambda: cache.cached("s", "e1", PARKS, None, slow)) for _ in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(calls) == 1


def test_a_handmade_scope_gets_no_answer(folder: Path) -> None:
    with pytest.raises(PermissionError):
        cache.cached("n", "e1", dataclasses.replace(PARKS, departments=None), None, lambda: 1)


def test_redis_keeps_answers_as_json(tmp_path: Path, redis_url: str) -> None:
    settings = dataclasses.replace(read_settings({}), data=tmp_path, cache_url=redis_url)
    name = f"test-{os.getpid()}-{time.time_ns()}"
    with cache.used_by_command(settings):
        assert cache.cached(name, "e1", PARKS, None, lambda: {"x": [1, None]}) == {"x": [1, None]}
        assert cache.cached(name, "e1", PARKS, None, lambda: "other") == {"x": [1, None]}
    stored = redis.Redis.from_url(redis_url).get("statroom-staff-" + cache._key(name, "e1", PARKS, None))
    assert stored == b'{"x":[1,null]}'


def test_an_application_that_has_no_cache_computes(folder: Path) -> None:
    with Flask("without").app_context():
        assert [cache.cached("n", "e1", PARKS, {"a": 1}, lambda number=number: number) for number in (1, 2)] == [1, 2]
