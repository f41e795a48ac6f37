"""What a page costs a reader, in a real browser: no more bytes, requests and round trips than its budget, and no jump."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, expect

from benchmarks.browser import BUDGETS, opened, over, window
from tests.support.servers import got

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(("audience", "path"), [("staff", "/sla"), ("staff", "/definitions"), ("public", "/promises")])
def test_a_page_keeps_to_its_budget(browser: Browser, request: pytest.FixtureRequest, audience: str, path: str) -> None:
    url = request.getfixturevalue(f"{audience}_url")
    with window(browser, slow=False) as (page, wire):
        first, again = opened(page, wire, url + path), opened(page, wire, url + path)
    assert over(BUDGETS[audience][path], first, again) == []
    assert first.depth == 1 and first.times["heading"] <= first.times["page"] <= first.times["quiet"]


def test_a_page_shows_its_headings_before_any_script(browser: Browser, staff_url: str) -> None:
    with window(browser, slow=False) as (page, _wire):
        page.route(re.compile(r"\.js$"), lambda route: route.abort())
        page.goto(staff_url + "/sla", wait_until="commit")
        page.wait_for_selector("#first-paint h1")
        place = page.locator("h1").bounding_box()
        assert page.locator("h1").inner_text() == "SLA compliance" and page.locator("#first-paint .nav-link.active").inner_text() == "SLA"
        assert page.evaluate("document.querySelectorAll('#first-paint [id]').length") == 0
        page.unroute_all()
        page.reload()
        page.wait_for_selector("#first-paint", state="detached")
        expect(page.locator("#status")).to_contain_text("Data through", timeout=30_000)
        then = page.locator("h1").bounding_box()
    assert place is not None and then is not None and abs(place["x"] - then["x"]) <= 1


@pytest.mark.parametrize("sign", ["</script><script>alert(1)</script>", "'onload='x", "<!--", "{%first%}"])
def test_what_a_page_brings_with_it_holds_an_address_harmlessly(staff_url: str, sign: str) -> None:
    from urllib.parse import quote

    code, _headers, text = got(f"{staff_url}/sla?department={quote(sign)}")
    assert code == 200 and sign not in text and text.count('id="early-answers"') == text.count('id="first-paint"') == 1
