"""Who watches Statroom sees how it fares: numbers for machines, a log for people and programs, and never a person or a case."""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from plotly.utils import PlotlyJSONEncoder
from prometheus_client.parser import text_string_to_metric_families
from sqlalchemy import Integer, column, select, table

from components import logs, observing
from data_access import observed, slow
from settings import ROOT, Settings, SettingsError, read_settings

TOKEN = "a-token-of-24-characters"
SHOWN = {"Authorization": f"Bearer {TOKEN}"}


@pytest.fixture(scope="module")
def watched(demo_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """A small application with what watches, and no page: one more whole one would say no more."""
    from access import PUBLIC_VIEWER
    from api import health
    from api import watched as metrics
    from components import gate
    from metrics.desk import Desk

    settings = dataclasses.replace(demo_settings, metrics_token=TOKEN)
    server = Flask("watched", root_path=str(ROOT))
    desk = Desk(settings, lambda: PUBLIC_VIEWER)
    gate.start(server, desk)
    observing.start(server, settings)
    health.register(server, settings)
    metrics.register(server, desk)

    @server.get("/unsubscribe/<token>")
    def unsubscribe(token: str) -> str:
        return token

    return server


def numbers(text: str) -> dict[str, float]:
    """The samples that have no more than one label, by name or by name and value of the label."""
    return {
        f"{sample.name} {' '.join(sample.labels.values())}".strip(): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_nobody_without_the_token_reads_the_numbers(watched: Flask) -> None:
    client = watched.test_client()
    assert [client.get("/metrics", headers=headers).status_code for headers in ({}, {"Authorization": "Bearer "}, {"Authorization": f"Bearer {TOKEN}x"}, {"Authorization": "Bearer é"}, SHOWN)] == [401, 401, 401, 401, 200]  # fmt: skip


def test_without_a_token_there_is_no_such_address(staff_app: Flask) -> None:
    assert "/metrics" not in {str(rule) for rule in staff_app.url_map.iter_rules()}


def test_the_numbers_tell_how_old_the_data_is_and_how_loads_went(watched: Flask, demo_settings: Settings) -> None:
    from data_access.mart.reading import open_mart

    client = watched.test_client()
    client.get("/healthz")
    answer = client.get("/metrics", headers=SHOWN)
    assert answer.headers["Cache-Control"] == "no-store"
    found = numbers(answer.text)
    assert found["statroom_data_generation"] == open_mart(demo_settings).generation
    assert (found["statroom_mart_is_open"], found["statroom_database_answers"], found["statroom_load_is_held"]) == (1, 1, 0)
    assert found["statroom_data_age_seconds"] > 0
    assert found["statroom_disk_free_bytes"] > 0
    assert found["statroom_request_seconds_count health 200"] >= 1


def test_a_database_that_does_not_answer_is_a_number_and_no_failure(demo_settings: Settings, tmp_path: Path) -> None:
    from data_access.city import load_city
    from data_access.watched import facts

    gone = dataclasses.replace(demo_settings, store_url="postgresql+psycopg://nobody@127.0.0.1:9/none", mart=tmp_path)
    found = {fact.name: fact.value for fact in facts(gone, load_city(gone.city))}
    assert (found["database_answers"], found["mart_is_open"]) == (0, 0)
    assert "data_age_seconds" not in found


def test_the_public_process_knows_of_no_database_and_no_backup(demo_public_settings: Settings) -> None:
    from data_access.city import load_city
    from data_access.watched import facts

    names = {fact.name for fact in facts(demo_public_settings, load_city(demo_public_settings.city))}
    assert names == {"disk_free_bytes", "mart_is_open", "data_age_seconds", "data_is_stale", "data_generation"}


def test_every_alert_asks_for_numbers_that_there_are(watched: Flask) -> None:
    text = watched.test_client().get("/metrics", headers=SHOWN).text
    there = set(re.findall(r"^# TYPE (\w+)", text, re.M))
    there |= {f"{name}{end}" for name in there for end in ("_count", "_sum", "_bucket", "_total")}
    # Those that need a load on record, or a backup.
    there |= {f"statroom_{name}" for name in re.findall(r'Fact\(\s*"(\w+)"', (ROOT / "data_access" / "watched.py").read_text("utf-8"))}
    asked = set(re.findall(r"\bstatroom_\w+", (ROOT / "docs" / "alerts.yml").read_text("utf-8")))
    assert len(asked) >= 8
    assert asked - there == set()


def test_a_request_has_a_number_and_a_proxys_is_believed_only_from_a_proxy(watched: Flask) -> None:
    first, second = (watched.test_client().get("/healthz", headers={"X-Request-Id": "given-by-client"}) for _ in range(2))
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]
    assert re.fullmatch("[0-9a-f]{16}", first.headers["X-Request-Id"])
    behind = Flask("behind")
    observing.start(behind, dataclasses.replace(read_settings({}), trusted_proxies=1))
    behind.extensions["statroom-desk"] = watched.extensions["statroom-desk"]
    client = behind.test_client()
    assert client.get("/", headers={"X-Request-Id": "given-by-proxy"}).headers["X-Request-Id"] == "given-by-proxy"
    assert client.get("/", headers={"X-Request-Id": 'x" role="admin'}).headers["X-Request-Id"] != 'x" role="admin'


def lines_of(server: Flask, caplog: pytest.LogCaptureFixture, path: str) -> list[dict]:
    caplog.clear()
    with caplog.at_level(logging.INFO, "statroom.requests"):
        server.test_client().get(path)
    return [json.loads(logs.JsonLines().format(record)) for record in caplog.records if record.name == "statroom.requests"]


def test_a_line_for_each_request_says_the_page_and_not_what_was_asked(watched: Flask, caplog: pytest.LogCaptureFixture) -> None:
    (line,) = lines_of(watched, caplog, "/unsubscribe/secret-of-a-link?email=ada@city.example")
    assert (line["path"], line["method"], line["status"]) == ("/unsubscribe/<token>", "GET", 200)
    assert not re.search("secret|ada|email", json.dumps(line))
    (line,) = lines_of(watched, caplog, "/no/such/page-of-ada")
    assert (line["path"], line["status"]) == ("/...", 404)


def test_the_log_of_pages_names_the_page_and_not_the_case(staff_app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    (line,) = lines_of(staff_app, caplog, "/case/service-requests/SR-0001?department=parks")
    assert "SR-0001" not in json.dumps(line)
    assert "parks" not in json.dumps(line)


def test_the_words_of_an_unforeseen_error_are_not_in_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    try:
        raise ValueError("Ada Lovelace, 12 Elm Street")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "Callback %s failed", ("ab12",), sys.exc_info())
    for form in (logs.JsonLines(), logs.Lines()):
        monkeypatch.delenv("STATROOM_DEBUG", raising=False)
        line = form.format(record)
        assert "Ada" not in line
        assert "builtins.ValueError raised at tests/test_watched.py:" in line
        assert "Callback ab12 failed" in line
        monkeypatch.setenv("STATROOM_DEBUG", "1")
        assert "Ada Lovelace" in form.format(record)


def test_a_slow_question_is_noted_with_its_sql_and_without_its_values(
    demo_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.dialects.sqlite import dialect

    monkeypatch.setattr(slow, "_kept", slow._Kept())
    settings = dataclasses.replace(demo_settings, data=tmp_path, slow_ms=50)
    slow.start(settings)
    asked = select(column("n", Integer)).select_from(table("spell")).where(column("address") == "12 Elm Street")
    slow.note(asked, dialect(), 0.049, "staff")
    slow.note(asked, dialect(), 0.051, "staff")
    (noted,) = slow.latest(settings)
    assert noted["milliseconds"] == 51
    assert noted["sql"] == "SELECT n FROM spell WHERE address = ?"


def test_the_file_of_slow_questions_stays_small_and_keeps_the_newest(
    tmp_path: Path, demo_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sqlalchemy.dialects.sqlite import dialect

    monkeypatch.setattr(slow, "_kept", slow._Kept())
    monkeypatch.setattr(slow, "MOST_BYTES", 2_000)
    settings = dataclasses.replace(demo_settings, data=tmp_path)
    slow.start(settings)
    for milliseconds in range(1_000, 1_100):
        slow.note(select(column("n")), dialect(), milliseconds / 1_000, "staff")
    (file,) = tmp_path.iterdir()
    assert file.stat().st_size < 2_300
    assert json.loads(file.read_bytes().splitlines()[-1])["milliseconds"] == 1_099


def test_answers_are_counted_by_where_they_came_from(staff_app: Flask) -> None:
    from access import Viewer, scope_of
    from data_access.cache import cached

    def counts() -> list[float]:
        return [observed._own.get_sample_value("statroom_cache_answers_total", {"came": came}) or 0 for came in ("computed", "kept")]

    scope, before = scope_of(Viewer("a", "A", "admin")), counts()
    for _ in range(3):
        with staff_app.app_context():
            cached("counted", f"edition-{os.getpid()}", scope, [], lambda: 7)
    assert [now - then for now, then in zip(counts(), before, strict=True)] == [1, 2]


COUNTING = """
import os, sys
from data_access import observed
observed.ERRORS.labels("page").inc()
print(len([n for n in os.listdir(observed.FOLDER) if n.endswith(".db")]), observed.counted().get_sample_value("statroom_errors_total", {"where": "page"}))
"""


def test_a_process_that_replaces_another_goes_on_with_its_files(tmp_path: Path) -> None:
    environ = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    said = [
        subprocess.run([sys.executable, "-c", COUNTING], capture_output=True, text=True, env=environ, cwd=ROOT).stdout.split()
        for _ in range(3)
    ]
    assert [float(total) for _, total in said] == [1, 2, 3]
    assert len({files for files, _ in said}) == 1


@pytest.mark.parametrize(("name", "value"), [("STATROOM_METRICS_TOKEN", "short"), ("STATROOM_LOG", "xml"), ("STATROOM_SLOW_MS", "0")])
def test_a_setting_that_cannot_be_used_is_named(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name):
        read_settings({name: value})


def test_administrators_see_what_needs_attention_and_nobody_else_sees_anything(staff_app: Flask, demo_settings: Settings) -> None:
    from access import AccessDenied, Viewer
    from components import status
    from metrics.desk import Desk

    def shown(viewer: Viewer) -> str:
        desk = Desk(demo_settings, lambda: viewer)
        before = staff_app.extensions["statroom-desk"]
        staff_app.extensions["statroom-desk"] = desk
        try:
            with staff_app.app_context():
                return "".join(json.dumps(part, cls=PlotlyJSONEncoder) for part in status.parts(desk.ask({})))
        finally:
            staff_app.extensions["statroom-desk"] = before

    seen = shown(Viewer("a", "A", "admin"))
    assert "There is no backup." in seen
    assert "The last load of each source" in seen
    with pytest.raises(AccessDenied):
        shown(Viewer("a", "A", "executive"))
