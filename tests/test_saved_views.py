"""People keep pages under names of their own: nobody sees or changes another's, and nothing is lost by a wrong click."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.engine import make_url

from access import AccessDenied, Viewer, permit
from data_access.store import views
from data_access.store.acting import Acting
from data_access.store.engine import open_store, upgrade
from settings import Settings
from tests.support import services
from tests.support.marts import MAYOR
from tests.support.posting import body, callbacks, look_as, post
from tests.support.stores import empty_store

COUNCIL = Viewer("council", "Council office", "viewer")


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Any]:
    if request.param == "sqlite":
        engine = empty_store(f"sqlite:///{tmp_path / 'own.sqlite'}")
        yield engine
        engine.dispose()
        return
    server = services.address(services.POSTGRES)
    if not server:
        pytest.skip(f"no PostgreSQL answers; start one or set {services.POSTGRES}")
    admin, name = create_engine(server, isolation_level="AUTOCOMMIT"), f"statroom_views_{secrets.token_hex(4)}"
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    engine = create_engine(make_url(server).set(database=name))
    upgrade(engine)
    yield engine
    engine.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def acting(store: Any, viewer: Viewer = MAYOR, minute: int = 0) -> Acting:
    return Acting(viewer, store, datetime(2026, 3, 16, 9, minute))


def names(store: Any, viewer: Viewer = MAYOR) -> list[str]:
    return [view.name for view in views.kept(store, viewer)]


def test_a_view_is_kept_and_found_by_its_owner_alone(store: Any) -> None:
    assert views.keep(acting(store), "  Monday   trees ", "/sla?department=parks") is False
    assert [(view.name, view.address) for view in views.kept(store, MAYOR)] == [("Monday trees", "/sla?department=parks")]
    assert names(store, COUNCIL) == []


def test_the_same_name_leads_to_the_new_page(store: Any) -> None:
    views.keep(acting(store), "Trees", "/sla")
    assert views.keep(acting(store, minute=1), "Trees", "/backlog") is True
    assert [view.address for view in views.kept(store, MAYOR)] == ["/backlog"]


def test_a_removed_view_comes_back(store: Any) -> None:
    views.keep(acting(store), "Trees", "/sla")
    number = views.kept(store, MAYOR)[0].id
    assert views.remove(acting(store, COUNCIL), number) is None
    assert names(store) == ["Trees"]
    assert views.remove(acting(store), number) == "Trees"
    assert names(store) == []
    assert views.restore(acting(store), number) == "Trees"
    assert names(store) == ["Trees"]


@pytest.mark.parametrize(("name", "address"), [("", "/sla"), ("x" * 81, "/sla"), ("x", "https://elsewhere"), ("x", "//elsewhere"), ("x", "/" + "x" * 2_000)])  # fmt: skip
def test_what_is_no_view_is_refused_and_nothing_changes(store: Any, name: str, address: str) -> None:
    with pytest.raises(views.NotKept):
        views.keep(acting(store), name, address)
    assert names(store) == []


def test_nobody_fills_the_database(store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(views, "MOST_VIEWS", 2)
    for name in ("a", "b"):
        views.keep(acting(store), name, "/sla")
    with pytest.raises(views.NotKept, match="You have 2 views; remove one first"):
        views.keep(acting(store), "c", "/sla")
    views.keep(acting(store), "b", "/backlog")


def test_a_process_that_starts_while_another_upgrades_waits_for_it(tmp_path: Path) -> None:
    """Eight processes open a new database at once; all find its tables."""
    import subprocess
    import sys

    from settings import ROOT

    code = "import sys; from sqlalchemy import create_engine, inspect; from data_access.store.engine import upgrade; e = create_engine(sys.argv[1]); upgrade(e); assert inspect(e).has_table('saved_view')"  # fmt: skip
    url = f"sqlite:///{tmp_path / 'new' / 'own.sqlite'}"
    running = [subprocess.Popen([sys.executable, "-c", code, url], cwd=ROOT, stderr=subprocess.PIPE) for _ in range(4)]
    assert [(process.wait(60), process.stderr.read()) for process in running if process.stderr] == [(0, b"")] * 4


def test_the_public_may_write_nothing() -> None:
    for action in ("annotate", "audit", "save_view"):
        with pytest.raises(AccessDenied, match="may look at this but not change it"):
            permit(Viewer("public", "Resident", "public"), action)


# Over the wire


@pytest.fixture
def client(staff_app: Flask, demo_settings: Settings) -> Iterator[Any]:
    made = staff_app.test_client()
    made.get("/")
    yield made
    with open_store(demo_settings).begin() as connection:
        connection.execute(text("DELETE FROM saved_view"))


def kept_names(settings: Settings, viewer: str) -> list[str]:
    return names(open_store(settings), Viewer(viewer, viewer, "viewer"))


def keeping(name: Any = "Trees", path: Any = "/sla", search: Any = "?weeks=26", clicks: Any = 1) -> dict[str, Any]:
    callback = next(found for found in callbacks() if "view-said" in found and "view-name" in found)
    values = {"view-keep.n_clicks": clicks, "view-name.value": name, "url.pathname": path, "url.search": search, "question.data": {}}
    return body(callback, values)


def test_a_page_is_kept_over_the_wire(client: Any, demo_settings: Settings) -> None:
    answer = post(client, keeping())
    assert "Kept as “Trees”." in answer.get_json()["response"]["view-said"]["children"]
    assert [view.address for view in views.kept(open_store(demo_settings), Viewer("executive", "", "executive"))] == ["/sla?weeks=26"]


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": None}, {"name": 7}, {"name": "x" * 500}, {"path": "/etc"}, {"path": None}, {"path": "https://x"}, {"search": "x"},
     {"search": "?department=nowhere"}, {"search": 7}, {"clicks": None}, {"clicks": 0}, {"clicks": True}, {"clicks": "1"}],
    ids=str,
)  # fmt: skip
def test_a_hostile_form_keeps_nothing(client: Any, demo_settings: Settings, wrong: dict[str, Any]) -> None:
    answer = post(client, keeping(**wrong))
    assert answer.status_code in (200, 204)
    assert "Something went wrong" not in answer.get_data(as_text=True)
    assert kept_names(demo_settings, "executive") == []


@pytest.mark.parametrize("headers", [{"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}], ids=str)  # fmt: skip
def test_another_site_cannot_make_a_browser_write(client: Any, demo_settings: Settings, headers: dict[str, str]) -> None:
    answer = client.post("/_dash-update-component", json=keeping(), headers=headers)
    assert "not sent from a page of Statroom" in answer.get_data(as_text=True)
    assert kept_names(demo_settings, "executive") == []


def test_somebody_elses_view_can_be_neither_seen_nor_removed(staff_app: Flask, client: Any, demo_settings: Settings) -> None:
    post(client, keeping("Mayor's own"))
    number = views.kept(open_store(demo_settings), Viewer("executive", "", "executive"))[0].id
    head = look_as(staff_app.test_client(), "head-of-parks-and-trees")
    listing = next(found for found in callbacks() if "views-list" in found)
    assert "Mayor" not in post(head, body(listing, {"question.data": {}})).get_data(as_text=True)
    toggle = next(found for found in callbacks() if "view-toggle" in found)
    content = body(toggle, {"question.data": {}})
    sent = str(content)
    assert "view-toggle" in sent
    for part in (*content["inputs"], *content["state"]):
        if isinstance(part["id"], dict):
            part["id"]["id"] = number
            part["value"] = part["id"] if part["property"] == "id" else 1
    for output in content["outputs"]:
        output["id"]["id"] = number
    post(head, content)
    assert kept_names(demo_settings, "executive") == ["Mayor's own"]
    post(client, content)
    assert kept_names(demo_settings, "executive") == []
