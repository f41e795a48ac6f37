"""`/admin/sources`: an analyst tries what the columns and words of a source mean, an administrator saves it; nobody sees anything about people."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from data_access.sources import open_source
from data_access.sources.samples import keep_sample, kept_sample
from data_access.store import audit
from data_access.store.engine import open_store
from settings import Settings
from tests.support.demo import demo_city
from tests.support.looking import PHONE, watched
from tests.support.marts import MAYOR
from tests.support.posting import body, callbacks, look_as, post
from tests.support.servers import served

PAGE = {"source": "crm"}


@pytest.fixture
def sampled(demo_settings: Settings) -> Iterator[Settings]:
    """The demo city with rows of its CRM kept."""
    city = demo_city(demo_settings.data)
    assert keep_sample(open_source(city.sources[0], city), demo_settings.data, datetime(2026, 3, 31, 12))
    yield demo_settings
    shutil.rmtree(demo_settings.data / "samples")


def named(output: str) -> str:
    return next(name for name in callbacks() if output in name)


def asked(app: Flask, viewer: str, output: str, **given: Any) -> Any:
    """What a callback answers to a viewer."""
    client = look_as(app.test_client(), viewer)
    return post(client, body(named(output), {"question.data": PAGE, **given})).get_json()


def test_no_row_is_kept_of_a_programme_that_is_told_in_totals(sampled: Settings) -> None:
    city = demo_city(sampled.data)
    of = next(config for config in city.sources if config.name == "complaints")
    left = sampled.data / "samples" / "complaints.parquet"
    left.write_bytes(b"of an earlier day, when the programme was open")
    assert not keep_sample(open_source(of, city), sampled.data, datetime(2026, 3, 31, 12))
    assert not left.exists()


def test_only_analysts_and_administrators_look(staff_app: Flask, sampled: Settings) -> None:
    for viewer in ("executive", "council", "head-of-inspections"):
        said = json.dumps([asked(staff_app, viewer, "source-columns.children"), asked(staff_app, viewer, "sources-list")])
        assert "closure_reason" not in said
        assert "crm.toml" not in said
        assert "is open to analysts and administrators" in said
    for viewer in ("analyst", "administrator"):
        assert "closure_reason" in json.dumps(asked(staff_app, viewer, "source-columns.children"))
        assert "crm.toml" in json.dumps(asked(staff_app, viewer, "sources-list"))


def test_an_analyst_may_not_save_nor_undo(staff_app: Flask, sampled: Settings) -> None:
    for output, trigger in (("source-said.children", "source-save.n_clicks"), ("source-said.children@", "source-undo.n_clicks")):
        said = asked(staff_app, "analyst", output, **{trigger: 1, "source-version.data": "x"})
        assert "may look at this but not change it" in json.dumps(said)
    answer = asked(staff_app, "analyst", "source-columns.children")["response"]
    assert (answer["source-acts"]["hidden"], answer["source-closed"]["hidden"]) == (True, False)


def test_names_of_crews_are_not_shown_to_who_may_not_read_them(staff_app: Flask, sampled: Settings) -> None:
    """An analyst reads no names of staff, which queues often have; what people wrote nobody sees."""
    seen = {viewer: json.dumps(asked(staff_app, viewer, "source-columns.children")) for viewer in ("analyst", "administrator")}
    assert ("not shown to your role" in seen["analyst"], "not shown to your role" in seen["administrator"]) == (True, False)
    analyst = look_as(staff_app.test_client(), "analyst")
    content = body(named("source-words.children"), {"question.data": PAGE, "value": ["queue"]}, ids=["status"])
    for part in content["inputs"][0], content["state"][-2]:
        for one in part:
            one["id"] |= {"table": "columns", "name": "status", "place": 0}
            one["value"] = one["id"] if one["property"] == "id" else "queue"
    said = post(analyst, content).get_data(as_text=True)
    assert "Its values are not shown to your role." in said
    kept = kept_sample(sampled.data, "crm")
    assert kept is not None
    assert not any(name in said for name in kept.frame["queue"].dropna().unique())
    assert "title" in kept.left_out


@pytest.mark.parametrize("given", [None, 1, "x", {"a": 1}, [1], [{"table": "status"}], [[{}]], [{"table": ["ALL"], "name": ["ALL"], "place": ["ALL"]}], ["x"] * 500])  # fmt: skip
def test_what_no_page_of_ours_sends_is_refused_in_words(staff_app: Flask, sampled: Settings, given: Any) -> None:
    client = look_as(staff_app.test_client(), "administrator")
    content = body(named("source-figures"), {"question.data": PAGE})
    pattern = {"type": "mapped", "table": "status", "name": "status", "place": 0}
    content["inputs"][0] = [{"id": pattern, "property": "value", "value": given}]
    content["state"] = [
        [{"id": pattern, "property": "id", "value": given}] if isinstance(part, list) else part for part in content["state"]
    ]
    answer = post(client, content)
    assert answer.status_code in (200, 204, 400)
    assert "Something went wrong" not in answer.get_data(as_text=True)


def test_a_source_that_is_not_there_is_told(staff_app: Flask) -> None:
    client = look_as(staff_app.test_client(), "administrator")
    said = post(client, body(named("source-columns.children"), {"question.data": {"source": "../../etc"}})).get_data(as_text=True)
    assert "There is no source called" in said


def test_in_a_browser_a_mapping_is_tried_saved_and_taken_back(sampled: Settings, tmp_path: Path, browser: Browser) -> None:
    """Without its deadline no case has one; "Kiosk" gets a meaning. What is saved keeps the file's comments; the log says who did it."""
    folder = Path(shutil.copytree(sampled.city, tmp_path / "city"))
    before = (folder / "crm.toml").read_text()
    with served(replace(sampled, city=folder)) as url, watched(browser) as seen:
        page = seen.page
        page.goto(url)
        page.request.post(f"{url}/viewer", form={"viewer": "administrator"})
        page.goto(f"{url}/admin/sources")
        page.get_by_role("link", name="crm", exact=True).click()
        expect(page.locator("#source-figures")).to_contain_text("Cases that would load")
        expect(page.locator("#source-text")).to_have_text("Nothing differs from what is saved.")
        assert seen.violations() == []
        page.get_by_label("Due", exact=True).select_option("(none)")
        expect(page.get_by_role("row", name=re.compile("^With a deadline")).get_by_role("cell").last).to_have_text("0")
        page.get_by_label("Kiosk").select_option("channel=walk_in")
        expect(page.locator("#source-text")).to_contain_text('+Kiosk = "walk_in"')
        assert (folder / "crm.toml").read_text() == before
        page.get_by_label("Opened", exact=True).select_option("(none)")
        expect(page.locator("#source-figures")).to_contain_text("No case is without 'opened_at'")
        page.get_by_role("button", name="Save the mapping").click()
        expect(page.locator("#notice")).to_contain_text("No case is without 'opened_at'")
        expect(page.get_by_label("Kiosk")).to_have_value("channel=walk_in")
        page.get_by_label("Opened", exact=True).select_option("opened_at")
        expect(page.locator("#source-figures")).to_contain_text("Cases that would load")
        page.get_by_role("button", name="Save the mapping").click()
        expect(page.locator("#source-said")).to_contain_text("Saved. The earlier one is kept as crm.toml.before-")
        expect(page.locator("#source-text")).to_have_text("Nothing differs from what is saved.")
        after = (folder / "crm.toml").read_text()
        assert set(before.splitlines()) - set(after.splitlines()) == {'due_at = "due_at"'}
        assert set(after.splitlines()) - set(before.splitlines()) == {'Kiosk = "walk_in"'}
        page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        assert seen.overflow() <= 0
        page.get_by_role("button", name="Undo the last saving").focus()
        page.keyboard.press("Enter")
        expect(page.locator("#source-said")).to_contain_text("is again as it was before the last saving")
        assert (folder / "crm.toml").read_text() == before
        assert seen.errors == []
    store = open_store(sampled)
    done = audit.entries(store, replace(MAYOR, role="admin"))["action"].tolist()
    store.dispose()
    assert done[:2] == ["mapping undone", "mapping saved"]
