"""Everybody can use the portal and the way in: WCAG 2.2 AA, as far as a machine can tell, on every page that needs no account."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import create_engine

from data_access.mart.reading import open_mart
from data_access.store import accounts
from data_access.store.engine import upgrade
from settings import Settings
from tests.support.looking import DESKTOP, Watched, watched
from tests.support.servers import served

pytestmark = pytest.mark.browser
NARROW, ZOOMED = {"width": 320, "height": 640}, {"width": 720, "height": 450}
"""The narrowest screen that must do, and what is left of 1440 by 900 at 200 %."""
PASSWORD = "seven quiet lanterns"
FOCUS = """() => {
  const at = document.activeElement, style = getComputedStyle(at), box = at.getBoundingClientRect();
  return {
    tag: at.tagName, name: at.getAttribute("aria-label") || at.textContent.trim() || at.id, inChart: !!at.closest(".chart"),
    seen: box.width > 0 && box.height > 0 && ((style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none"),
  };
}"""
MOVING = """() => [...document.querySelectorAll("*")].filter(one => {
  const style = getComputedStyle(one), most = (text) => Math.max(...text.split(",").map(parseFloat));
  return most(style.transitionDuration) > 0.01 || most(style.animationDuration) > 0.01;
}).map(one => one.tagName + "." + one.className)"""


@pytest.fixture(scope="module")
def resident(browser: Browser) -> Iterator[Watched]:
    """One window for all pages: what is kept from one to the next makes no difference to what is checked."""
    with watched(browser, size=NARROW) as found:
        # The first figures of a load are counted while the page waits for them.
        found.page.set_default_navigation_timeout(90_000)
        yield found


@pytest.fixture(scope="module")
def places(demo_public_settings: Settings) -> dict[str, str]:
    """A service and an area of every layer, for the pages that there is one of each."""
    mart = open_mart(demo_public_settings)
    service = next(member.slug for member in mart.dimensions.request_types if member.extra.get("release_class") == "A")
    layers = [layer.slug for layer in mart.dimensions.area_layers if not layer.extra["is_context"]]
    return {
        "service": f"/service/{service}",
        **{layer: f"/area/{layer}/{next(iter(mart.dimensions.areas(layer))).slug}" for layer in layers},
    }


def told(found: Watched, address: str) -> list[str]:
    """Everything that is wrong with a page: narrow and dark, then wide and light, and at 200 %."""
    page = found.page
    page.set_viewport_size(NARROW)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    page.goto(address)
    found.settle()
    wrong = [f"320 px: {found.overflow()} px too wide"] if found.overflow() > 0 else []
    wrong += [f"dark, {text}" for text in found.violations(targets=True)]
    wrong += [f"moves: {name}" for name in page.evaluate(MOVING)]
    page.set_viewport_size(ZOOMED)  # type: ignore[arg-type]
    page.wait_for_timeout(150)
    wrong += [f"200 %: {found.overflow()} px too wide"] if found.overflow() > 0 else []
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light", reduced_motion="no-preference")
    page.wait_for_timeout(150)
    wrong += [f"light, {text}" for text in found.violations(targets=True)]
    wrong += [*found.errors, *found.outside]
    found.errors.clear()
    return wrong


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/services",
        "service",
        "/areas",
        "district",
        "/promises",
        "/data",
        "/definitions",
        "/data-health",
        "/what-we-publish",
        "/programmes",
    ],
)
def test_everybody_can_read_every_page_of_the_portal(resident: Watched, public_url: str, places: dict[str, str], path: str) -> None:
    """In Spanish, whose words are the longer ones."""
    address = places.get(path, path)
    assert told(resident, f"{public_url}{address}?lang=es") == []
    assert resident.page.evaluate("document.documentElement.lang") == "es"
    expect(resident.page.locator("h1")).to_have_count(1)
    for chart in resident.page.locator("section.chart").all():
        # What a figure shows is also a sentence, and a table.
        assert len(chart.locator("h2").inner_text()) > 10
        assert chart.locator("details.twin, table").count() > 0


def test_the_list_of_pages_above_has_every_page(public_url: str) -> None:
    """A page that joins the navigation joins the list."""
    with urlopen(public_url + "/_dash-layout", timeout=30) as answer:
        linked = set(re.findall(r'"href":"((?:\\u002f|/)[\w/\\-]*)"', answer.read().decode()))
    named = {path for mark in test_everybody_can_read_every_page_of_the_portal.pytestmark for path in mark.args[1]}
    assert {path.replace("\\u002f", "/") for path in linked} - {"/api/v1/openapi.json"} <= named


def test_the_front_page_needs_no_mouse(browser: Browser, public_url: str) -> None:
    """Skip link, navigation, language, filters, what belongs to a chart and its table: in this order, each seen when it is reached."""
    with watched(browser) as found:
        page = found.page
        page.set_default_navigation_timeout(90_000)
        page.goto(public_url + "/?lang=en")
        found.settle()
        path = walked(page)
        assert [one["name"] for one in path if not one["seen"]] == []
        names = [one["name"] for one in path]
        assert names[0] == "Skip to the content"
        order = [names.index(name) for name in ("Skip to the content", "The city", "Español", "Switch between light and dark", "Reset")]
        assert order == sorted(order)
        assert [one["tag"] for one in path].count("SELECT") >= 2
        assert {"Show as table", "CSV", "Definition"} <= {one["name"] for one in path if one["inChart"]}
        summary = page.locator("section.chart summary").first
        summary.focus()
        page.keyboard.press("Enter")
        expect(page.locator("section.chart table").first).to_be_visible()
        page.locator('select[id*="district"]').focus()
        page.keyboard.press("ArrowDown")
        found.settle()
        assert "district=" in page.url


def walked(page: Page, most: int = 120) -> list[dict[str, Any]]:
    """What the Tab key reaches from the top of the page, until it leaves the page."""
    made: list[dict[str, Any]] = []
    for _step in range(most):
        page.keyboard.press("Tab")
        at = page.evaluate(FOCUS)
        if at["tag"] == "BODY":
            break
        made.append(at)
    return made


def test_the_language_is_switched_by_keyboard_and_the_view_stays(browser: Browser, public_url: str) -> None:
    with watched(browser) as found:
        page = found.page
        page.set_default_navigation_timeout(90_000)
        page.goto(public_url + "/?district=hill&lang=en")
        found.settle()
        switch = page.locator("a.language")
        assert (switch.inner_text(), switch.get_attribute("hreflang"), switch.get_attribute("lang")) == ("Español", "es", "es")
        switch.focus()
        page.keyboard.press("Enter")
        expect(page.locator("html")).to_have_attribute("lang", "es")
        found.settle()
        assert "district=hill" in page.url and "lang=es" in page.url
        expect(page.locator("a.language")).to_have_text("English")
        expect(page.locator(".status")).to_contain_text("Datos hasta el")
        assert "Statroom" in page.title()
        # Elsewhere the language is kept: by the page that stays open, and by the browser for the next one.
        page.locator(".site-foot a").first.click()
        expect(page.locator("h1")).to_have_text("Qué significan los datos")
        page.goto(public_url + "/data-health")
        expect(page.locator("h1")).to_have_text("Estado de los datos")
        assert found.errors == []


@pytest.fixture(scope="module")
def staff_with_accounts(demo_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A staff application that asks who one is, with one account."""
    settings = dataclasses.replace(
        demo_settings, store_url=f"sqlite:///{tmp_path_factory.mktemp('way-in') / 'own.sqlite'}", sign_in="accounts", secret_key="k" * 40
    )
    engine = create_engine(settings.store_url)
    upgrade(engine)
    accounts.add(
        engine, login="ada", name="Ada", role="viewer", departments=(), password=PASSWORD, now=datetime(2026, 1, 5), must_change=False
    )
    engine.dispose()
    with served(settings) as url:
        yield url


def test_everybody_can_sign_in_and_change_the_password(browser: Browser, staff_with_accounts: str) -> None:
    with watched(browser, size=NARROW) as found:
        assert told(found, staff_with_accounts + "/sign-in") == []
        page = found.page
        page.keyboard.type("ada")
        page.keyboard.press("Tab")
        page.keyboard.type(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: urlsplit(url).path == "/")
        found.errors.clear()
        for path in ("/account", "/subscriptions/new", "/subscriptions"):
            assert told(found, staff_with_accounts + path) == []
