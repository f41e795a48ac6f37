"""Every page in a real browser: nothing breaks, nothing is fetched from elsewhere, everybody can use it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from tests.support.looking import DESKTOP, PHONE, Watched, watched

pytestmark = pytest.mark.browser
# The pages with tests of their own are looked at there, with everything open.
STAFF = (
    "/",
    "/signals",
    "/backlog/causes",
    "/time-to-close",
    "/closure",
    "/closure/audit",
    "/commitments",
    "/meeting",
    "/peers",
    "/remarks",
    "/targets",
    "/definitions",
    "/data-health",
)


LIGHT = "/meeting"
"""A page with little on it, where the frame around all pages is looked at."""


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[Watched]:
    """One window for all pages: what is kept from one to the next makes no difference to what is checked."""
    with watched(browser, size=DESKTOP) as found:
        yield found


@pytest.mark.parametrize("path", STAFF)
def test_a_staff_page_on_a_phone_in_the_dark_and_on_a_desk(window: Watched, staff_url: str, path: str) -> None:
    page = window.page
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="dark")
    page.goto(staff_url + path)
    window.settle()
    assert window.overflow() <= 0
    assert window.violations() == []
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "dark"
    page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
    page.emulate_media(color_scheme="light")
    window.settle()
    assert window.overflow() <= 0
    assert window.violations() == []
    assert page.evaluate("document.documentElement.dataset.bsTheme") == "light"
    errors, window.errors[:] = list(window.errors), []
    assert errors == []
    assert window.outside == []


def test_the_week_is_drawn_once_for_every_step(browser: Browser, staff_url: str) -> None:
    """Open, choose, go back, go forward: each chart draws once, and the address says what is shown."""
    with watched(browser) as found:
        found.page.goto(staff_url)
        charts = found.page.locator("section.chart")
        expect(charts.first).to_be_visible()
        count = charts.count()
        assert found.drawn(count) == count
        found.choose("department", "inspections")
        assert found.drawn(count) == count
        assert "department=inspections" in found.page.url
        expect(found.page.locator("#week-line")).to_contain_text("Inspections")
        found.choose("department", "all")
        assert found.drawn(count) == count
        assert "department" not in found.page.url
        found.page.go_back()
        assert found.drawn(count) == count
        expect(found.page.locator("#week-line")).to_contain_text("Inspections")
        found.page.go_forward()
        assert found.drawn(count) == count
        assert found.errors == []


def test_a_link_opens_the_view_it_was_taken_from(browser: Browser, staff_url: str) -> None:
    with watched(browser) as found:
        found.page.goto(staff_url + "/?department=parks-and-trees")
        found.settle()
        finding = found.page.locator("#chart-on-time-by-week h2").inner_text()
        link = found.page.locator("#chart-on-time-by-week a", has_text="Link to this view").get_attribute("href")
        assert link is not None and "as_of=" in link and "department=parks-and-trees" in link
        found.page.goto(staff_url + "/" + link)
        found.settle()
        assert found.page.locator("#chart-on-time-by-week h2").inner_text() == finding
        expect(found.page.locator(".status")).to_contain_text("Data through")


def test_the_table_twin_has_the_figures(browser: Browser, staff_url: str) -> None:
    with watched(browser) as found:
        found.page.goto(staff_url)
        found.settle()
        block = found.page.locator("#chart-overdue-by-department")
        block.get_by_text("Show as table").click()
        total = sum(int(text.replace(",", "")) for text in block.locator("tbody td").all_inner_texts())
        said = re.search(r"the ([\d,]+) cases?", block.locator("h2").inner_text())
        assert said is not None and int(said[1].replace(",", "")) == total


def test_an_impossible_address_is_explained_where_the_charts_would_be(browser: Browser, staff_url: str) -> None:
    with watched(browser) as found:
        found.page.goto(staff_url + "/?department=nowhere")
        found.settle()
        expect(found.page.locator("#chart-on-time-by-week h2")).to_have_text("There is no department called 'nowhere'.")
        expect(found.page.locator(".status")).to_contain_text("Data through")
        expect(found.page.locator("#viewer-menu summary")).to_contain_text("Mayor's office")
        assert found.errors == []


def test_light_and_dark_can_be_chosen_and_stay(browser: Browser, staff_url: str) -> None:
    with watched(browser) as found:
        found.page.goto(staff_url + LIGHT)
        found.settle()
        theme = "document.documentElement.dataset.bsTheme"
        assert found.page.evaluate(theme) == "light"
        found.page.locator("#theme-toggle").click()
        assert found.page.evaluate(theme) == "dark"
        found.page.reload()
        assert found.page.evaluate(theme) == "dark"


def test_a_demo_viewer_is_chosen_at_the_top(browser: Browser, staff_url: str) -> None:
    with watched(browser) as found:
        found.page.goto(staff_url)
        found.settle()
        found.page.locator("#viewer-menu summary").click()
        found.page.get_by_role("button", name="Head of Parks and Trees").click()
        found.settle()
        expect(found.page.locator("#viewer-menu summary")).to_contain_text("Head of Parks and Trees")
        expect(found.page.locator("#chart-overdue-by-department h2")).to_contain_text("Parks and Trees has 100 %")


def test_the_navigation_opens_on_a_phone(browser: Browser, staff_url: str) -> None:
    with watched(browser, size=PHONE) as found:
        found.page.goto(staff_url + LIGHT)
        found.settle()
        link = found.page.locator(".site-nav").get_by_text("Commitments")
        expect(link).not_to_be_visible()
        found.page.locator("#nav-toggle").click()
        link.click()
        found.settle()
        expect(found.page.locator("h1")).to_have_text("Commitments")
        expect(found.page.locator(".site-nav")).not_to_be_visible()


def test_the_content_is_one_key_away(browser: Browser, staff_url: str) -> None:
    with watched(browser) as found:
        found.page.goto(staff_url + LIGHT)
        found.settle()
        found.page.keyboard.press("Tab")
        assert found.page.evaluate("document.activeElement.textContent") == "Skip to the content"
        found.page.keyboard.press("Enter")
        assert found.page.evaluate("document.activeElement.id") == "main"


def test_the_portal_does_not_know_the_staff_application(public_url: str) -> None:
    """What a public process lists about itself names no staff page, chart or menu."""
    from urllib.request import urlopen

    for path in ("/", "/_dash-dependencies", "/_dash-layout"):
        with urlopen(public_url + path, timeout=20) as answer:
            text = answer.read().decode()
        assert [
            name
            for name in ("viewer", "leaderboard", "backlog", "what-moved", "/sla", "/departments")
            if name in text.replace("viewport", "")
        ] == []


def test_the_portal_says_how_the_city_does_in_words(browser: Browser, public_url: str) -> None:
    with watched(browser, size=PHONE) as found:
        found.page.goto(public_url)
        found.settle()
        # The first figures of a load are counted while the page waits for them.
        expect(found.page.locator("#in-words")).to_contain_text("cases were reported", timeout=30_000)
        said = found.page.locator("#in-words").inner_text()
        assert re.search(r"[\d,]+ cases were reported", said)
        assert re.search(r"\d+ of 10 cases that were due were closed on time", said)
        assert found.page.locator("#viewer-menu").count() == 0
