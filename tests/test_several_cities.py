"""Several cities in one installation: each has its own data, accounts and keys, and what goes wrong in one stops no other."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext

from cli import clocks
from data_access.installation import FOR_ONE, Place, environ_of, own, places
from data_access.store import accounts
from data_access.store.engine import open_store
from settings import ROOT, SettingsError, read_settings
from tests.support.several import environ_in, make_installation, settings_of

GOOD = "lantern gravel otter parade"
KEY = "a key of the whole installation 0123456789"
LISTED = {"STATROOM_CITIES": "/c/alder:/c/lakeview", "STATROOM_DATA": "/d"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_installation(tmp_path_factory.mktemp("several"))


def own_variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("STATROOM_")}


# What each city's processes are told


def test_a_city_reads_what_another_published_from_the_server_all_share_and_is_told_no_address_of_its_own() -> None:
    shared = LISTED | {"STATROOM_MART_URL": "postgresql://db/statroom_{city}"}
    settings = read_settings(environ_of(places(shared)[0], shared))
    assert settings.mart_server == "postgresql://db/statroom_alder"
    assert [(one.server, str(one.mart)) for one in settings.others or ()] == [("postgresql://db/statroom_lakeview", "/d/lakeview/mart")]
    apart = shared | {"STATROOM_MART_URL__LAKEVIEW": "postgresql://l:hunter2@db/theirs"}
    told = environ_of(places(apart)[0], apart)
    assert "hunter2" not in json.dumps(told)
    assert [(one.server, str(one.mart)) for one in read_settings(told).others or ()] == [("", "/d/lakeview/mart")]


def test_one_city_is_as_it_was() -> None:
    assert places({"STATROOM_CITY": "cities/demo"}) == ()
    assert own({"PORT": "1"}) == {"PORT": "1"}
    settings = read_settings({})
    assert settings.others is None
    assert settings.cookie == "statroom_8050"


def test_each_city_has_folders_databases_a_key_and_a_cookie_of_its_own() -> None:
    given = {**LISTED, "STATROOM_SECRET_KEY": KEY}
    alder, lakeview = (read_settings(environ_of(place, given)) for place in places(given))
    for name in ("city", "data", "mart", "released", "store_url", "residents_url", "secret_key", "cookie"):
        assert getattr(alder, name) != getattr(lakeview, name), name
    assert alder.data == Path("/d/alder")
    assert KEY not in (alder.secret_key, lakeview.secret_key)
    assert len(alder.secret_key) >= 32


def test_what_is_for_one_city_alone_reaches_no_other() -> None:
    given = {
        **LISTED, "STATROOM_BASE_URL": "https://all.example", "STATROOM_BASE_URL__LAKEVIEW": "https://lake.example",
        f"STATROOM_OIDC_CLIENT_SECRET{FOR_ONE}ALDER": "secret of Alder", f"STATROOM_SECRET_KEY{FOR_ONE}ALDER": KEY,
    }  # fmt: skip
    alder, lakeview = (environ_of(place, given) for place in places(given))
    assert (alder["STATROOM_BASE_URL"], lakeview["STATROOM_BASE_URL"]) == ("https://all.example", "https://lake.example")
    assert alder["STATROOM_SECRET_KEY"] == KEY
    assert not [value for value in lakeview.values() if value in (KEY, "secret of Alder")]


def test_the_address_of_a_city_s_own_system_reaches_no_other() -> None:
    given = {**LISTED, "CRM_URL": "sqlite:///all", "CRM_URL__LAKEVIEW": "postgresql://u:secret@db/lake", "PATH__X": "stays"}
    alder, lakeview = (environ_of(place, given) for place in places(given))
    assert (alder["CRM_URL"], lakeview["CRM_URL"]) == ("sqlite:///all", "postgresql://u:secret@db/lake")
    assert "secret" not in str(alder) and alder["PATH__X"] == "stays"


def test_one_database_for_two_cities_is_refused_and_a_name_for_each_is_not() -> None:
    shared = {**LISTED, "STATROOM_STORE_URL": "postgresql://db/statroom"}
    with pytest.raises(SettingsError, match=re.escape("STATROOM_STORE_URL is the same for all cities; write {city}")):
        environ_of(places(shared)[0], shared)
    named = {**LISTED, "STATROOM_STORE_URL": "postgresql://db/statroom_{city}"}
    assert [environ_of(place, named)["STATROOM_STORE_URL"] for place in places(named)] == [
        "postgresql://db/statroom_alder",
        "postgresql://db/statroom_lakeview",
    ]


@pytest.mark.parametrize(
    ("given", "line"),
    [({"STATROOM_CITIES": "/a/alder:/b/alder"}, "two folders called 'alder'"), ({"STATROOM_CITIES": "/a/new-york:/a/new_york"}, "would end alike"),
     ({"STATROOM_CITIES": "/a/lake:/a/b__lake"}, "would end alike"), ({"STATROOM_CITIES": "/a/Big City"}, "it is the city's id"),
     (LISTED, "STATROOM_CITY is empty; of the cities alder, lakeview say"), ({**LISTED, "STATROOM_CITY": "harbor"}, "there are alder, lakeview"),
     ({**LISTED, "STATROOM_CITY": "alder", "STATROOM_ADDRESSES": "lakeview=javascript:alert(1)"}, "STATROOM_ADDRESSES has")],
)  # fmt: skip
def test_a_list_of_cities_that_cannot_be_used_is_refused_by_name(given: dict[str, str], line: str) -> None:
    with pytest.raises(SettingsError, match=re.escape(line)):
        own(given)


def test_a_city_apart_knows_of_no_other_and_no_other_of_it() -> None:
    given = {"STATROOM_CITIES": "/c/alder:/c/lakeview:/c/harbor", "STATROOM_APART": "harbor"}
    told = {place.id: [one.id for one in read_settings(environ_of(place, given)).others or ()] for place in places(given)}
    assert told == {"alder": ["lakeview"], "lakeview": ["alder"], "harbor": []}


# Commands


def types(folder: Path, *command: str, cities: Sequence[str] = ("alder", "broken", "lakeview")) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flask", *command], cwd=ROOT, env={**own_variables(), **environ_in(folder, *cities)}, capture_output=True,
        text=True, timeout=120,
    )  # fmt: skip


def test_a_command_acts_on_each_city_and_names_those_in_which_it_failed(folder: Path) -> None:
    done = types(folder, "status", "--json")
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert [told["alder"]["city"], told["lakeview"]["city"]] == ["Alder", "Lakeview"]
    assert "broken/city.toml is not valid TOML" in told["broken"]["error"]
    assert done.stderr.splitlines()[-1] == "Error: status failed in 1 of 3 cities: broken."


def test_a_command_about_one_city_must_be_told_which_and_works_in_it_alone(folder: Path) -> None:
    unnamed = types(folder, "user", "add")
    assert unnamed.returncode == 2
    assert "say which one with --city: alder, broken, lakeview" in unnamed.stderr
    made = subprocess.run(
        [sys.executable, "-m", "flask", "user", "add", "--city", "lakeview", "--login", "first", "--name", "First", "--role", "admin", "--password-stdin"],
        cwd=ROOT, env={**own_variables(), **environ_in(folder)}, input=GOOD + "\n", capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    logins = {}
    for name in ("alder", "lakeview"):
        store = open_store(settings_of(folder, name))
        logins[name] = [one.login for one in accounts.everybody(store)]
        store.dispose()
    assert "first" in logins["lakeview"]
    assert "first" not in logins["alder"]
    wrong = types(folder, "status", "--city", "nowhere")
    assert (wrong.returncode, wrong.stderr) == (1, "Error: there is no city 'nowhere'; there is alder, broken, lakeview.\n")


# Clocks of all


def test_a_clock_that_ends_rests_longer_each_time_and_not_after_it_ran_well(monkeypatch: pytest.MonkeyPatch) -> None:
    now, started = [1_000.0], list[str]()
    monkeypatch.setattr(clocks.time, "monotonic", lambda: now[0])
    ended = subprocess.Popen([sys.executable, "-c", "raise SystemExit(3)"])
    ended.wait()
    monkeypatch.setattr(clocks, "_start", lambda place: started.append(place.id) or ended)
    clock = clocks.Clock(Place("alder", Path()), ended, began_at=now[0])
    rests = []
    for _ in range(3):
        clocks._look_after(clock)
        assert clock.again_at is not None
        rests.append(clock.again_at - now[0])
        now[0] = clock.again_at
        clocks._look_after(clock)
    assert rests == [60, 120, 240] and len(started) == 3
    now[0] += 90_000
    clocks._look_after(clock)
    assert clock.again_at == now[0] + 60


def test_the_clocks_of_all_cities_run_beside_each_other_and_stop_together(folder: Path) -> None:
    """Alder and Lakeview load by a schedule, the third cannot be read: it is said and started again later."""
    said = folder / "clock.log"
    with said.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "flask", "clock"], cwd=ROOT, env={**own_variables(), **environ_in(folder, "alder", "broken", "lakeview")}, stdout=file, stderr=file
        )  # fmt: skip
    try:
        _wait_for(lambda: "broken: its clock ended" in said.read_text(), 90)
        _wait_for(lambda: all(f"Loading {name} on schedule." in said.read_text() for name in ("Alder", "Lakeview")), 90)
        children = [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
        assert len(children) >= 2
        process.terminate()
        assert process.wait(60) == 0
        assert not [pid for pid in children if Path(f"/proc/{pid}/cmdline").exists() and Path(f"/proc/{pid}/cmdline").read_bytes()]
    finally:
        process.kill()
        process.wait()


# All of them served


def _free_ports(count: int) -> int:
    """The first of so many ports that are free one after the other."""
    for first in range(8161, 9000, count):
        probes = [socket.socket() for _ in range(count)]
        try:
            for number, probe in enumerate(probes):
                probe.bind(("127.0.0.1", first + number))
            return first
        except OSError:
            continue
        finally:
            for probe in probes:
                probe.close()
    raise RuntimeError("no free ports")


@pytest.fixture(scope="module")
def running(folder: Path) -> Iterator[tuple[subprocess.Popen[str], int, list[str], Path]]:
    for name in ("alder", "lakeview"):
        store = open_store(settings_of(folder, name))
        accounts.add(store, login="ada", name=f"Ada of {name}", role="admin", password=GOOD, now=datetime(2026, 4, 1))
        store.dispose()
    port, said = _free_ports(6), list[str]()
    errors = folder / "errors"
    # Behind TLS, as cities are: the cookies have the prefix that ties them to a host. This machine counts as safe without.
    more = {"PORT": str(port), "STATROOM_TRUSTED_PROXIES": "1", "STATROOM_SECRET_KEY": KEY, "WEB_CONCURRENCY": "1"}
    with errors.open("w") as stderr:
        process = subprocess.Popen(
            [sys.executable, "serve.py"], cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=stderr,
            env={**own_variables(), **environ_in(folder, "alder", "broken", "lakeview"), **more},
        )  # fmt: skip
    assert process.stdout is not None
    while not any("Ctrl-C" in line for line in said):
        line = process.stdout.readline()
        assert line, (said, errors.read_text())
        said.append(line)
    yield process, port, said, errors
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


def test_cities_take_their_ports_in_the_order_listed_and_a_broken_one_stops_no_other(running) -> None:  # type: ignore[no-untyped-def]
    _, port, said, errors = running
    ready = [line.strip() for line in said if "is ready" in line]
    assert ready == [
        f"Statroom is ready for {name}: http://127.0.0.1:{first} (staff) and http://127.0.0.1:{first + 1} (public portal)"
        for name, first in (("alder", port), ("lakeview", port + 4))
    ]
    assert [line for line in errors.read_text().splitlines() if line.startswith("Error: broken: ")]


def _sign_in(context: BrowserContext, url: str) -> str:
    """Who the header says is signed in."""
    page = context.new_page()
    page.goto(url + "/sign-in")
    page.fill("input[name=login]", "ada")
    page.fill("input[name=password]", GOOD)
    page.click("button[type=submit]")
    page.wait_for_selector("#viewer-menu summary")
    name = page.inner_text("#viewer-menu summary").strip()
    page.close()
    return name


def test_a_session_of_one_city_is_none_in_another_though_browsers_share_cookies_between_ports(running, browser: Browser) -> None:  # type: ignore[no-untyped-def]
    _, port, _, _ = running
    alder, lakeview = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{port + 4}"
    context = browser.new_context()
    assert _sign_in(context, alder) == "Ada of alder"
    sent_to_lakeview = {cookie["name"]: cookie for cookie in context.cookies(lakeview)}
    # The browser does send it there: only its name and its key keep them apart.
    assert list(sent_to_lakeview) == [f"__Host-statroom_alder_{port}"]
    page = context.new_page()
    page.goto(lakeview)
    assert page.url.startswith(f"{lakeview}/sign-in")
    assert _sign_in(context, lakeview) == "Ada of lakeview"
    page.goto(alder)
    page.wait_for_selector("#viewer-menu summary")
    assert page.inner_text("#viewer-menu summary").strip() == "Ada of alder"
    menu = page.locator(".cities-menu")
    menu.locator("summary").click()
    assert [(link.inner_text(), link.get_attribute("href")) for link in menu.locator("li a").all()] == [("Lakeview", lakeview)]
    forged = {**sent_to_lakeview[f"__Host-statroom_alder_{port}"], "name": f"__Host-statroom_lakeview_{port + 4}"}
    context.clear_cookies()
    context.add_cookies([forged])  # type: ignore[list-item]
    page.goto(lakeview)
    assert page.url.startswith(f"{lakeview}/sign-in")
    context.close()


def test_a_city_whose_process_ends_leaves_the_others_and_ctrl_c_stops_all(running) -> None:  # type: ignore[no-untyped-def]
    process, port, _, errors = running
    children = [int(number) for number in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]
    lakeview = [pid for pid in children if f":{port + 4}".encode() in Path(f"/proc/{pid}/cmdline").read_bytes()]
    os.kill(lakeview[0], signal.SIGTERM)
    _wait_for(lambda: "lakeview: the staff application ended by itself" in errors.read_text())
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) == 0
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    assert process.returncode == 0
    for number in (port, port + 1, port + 4, port + 5):
        with socket.socket() as probe:
            assert probe.connect_ex(("127.0.0.1", number)) != 0


def _wait_for(holds, seconds: int = 20) -> None:  # type: ignore[no-untyped-def]
    for _ in range(10 * seconds):
        if holds():
            return
        time.sleep(0.1)
    raise AssertionError("it never came")
