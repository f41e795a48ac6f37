"""What others wrote is shown as they wrote it, and nothing of it runs: a town full of scripts (`tests/support/payloads.py`) in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from argon2 import PasswordHasher
from playwright.sync_api import Browser, expect

from data_access.store import passwords
from settings import read_settings
from tests.support import payloads, walled
from tests.support.looking import Watched, watched
from tests.support.payloads import PAYLOADS
from tests.support.servers import served

pytestmark = pytest.mark.browser

BEFORE = """
window.said = [];
document.addEventListener("securitypolicyviolation", (event) => window.said.push(event.violatedDirective + " " + event.blockedURI));
"""
FOUND = """() => {
  const all = [...document.querySelectorAll("*")];
  const brief = (element) => element.outerHTML.slice(0, 200);
  return {
    ran: window.ran ?? null,
    blocked: window.said,
    handlers: all.filter((one) => [...one.attributes].some((name) => name.name.startsWith("on"))).map(brief),
    scripts: [...document.scripts].filter((one) => one.type !== "application/json" && /ran=|alert\\(/.test(one.textContent)).map(brief),
    made: all.filter((one) => one.matches("iframe, math, object, embed, img[src='x']")).map(brief),
    links: all.map((one) => one.getAttribute("href") ?? one.getAttribute("xlink:href") ?? "").filter((to) => new URL(to, location).origin !== location.origin),
    text: [...document.querySelectorAll("body > :not(script):not(noscript):not(footer), title")].map((one) => one.textContent).join("\\n")
      + [...document.querySelectorAll("input, textarea, option")].map((one) => one.value + one.textContent).join("\\n"),
  };
}"""
CASE = f"/cases/requests/{quote(payloads.case_id(1), safe='')}"
EACH = len(PAYLOADS)
STAFF = {
    "/": {"Crew": EACH, "View": EACH, "Note": EACH},
    "/cases": {"Service": EACH, "Crew": EACH},
    CASE: {"Service": 1, "Crew": 1}
    | dict.fromkeys(("Address", "Title", "Description", "Resolution", "Queue", "Priority", "stage", "state", "end", "way"), EACH),
    "/departments": {"Crew": EACH},
    "/closure/audit": {"Crew": EACH, "Finding": EACH},
    "/signals": {"Crew": EACH},
    "/map": {"Hill": EACH},
    "/commitments": {"Promise": EACH, "Owner": EACH},
    "/commitments/1": {"Promise": 1, "Owner": 1, "Remark": EACH, "Evidence": EACH},
    "/admin": {"Person": EACH},
    "/account": {"Anna": 1},
}
"""Page of staff -> how many of the payloads it must show, by the word that stands before them."""
PUBLIC = {
    "/": {"Service": EACH, "Hill": EACH},
    "/services": {"Service": EACH},
    "/areas": {"Hill": EACH},
    "/what-we-publish": {"Service": EACH},
    "/data": {"Free": 1},
    "/embed/chart/public-services": {"Service": EACH},
}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = payloads.make_town(tmp_path_factory.mktemp("scripts"))
    with pytest.MonkeyPatch.context() as patch:
        # Twenty people get accounts; how hard their passwords are to guess is tested elsewhere.
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        payloads.write_into(payloads.settings_of(folder, "staff", read_settings({})))
    return folder


@pytest.fixture(scope="module")
def window(browser: Browser) -> Iterator[tuple[Watched, list[str]]]:
    """A window, and the dialogs that were opened in it."""
    dialogs: list[str] = []
    with watched(browser, fresh=True) as found:
        found.page.add_init_script(BEFORE)
        found.page.on("dialog", lambda dialog: (dialogs.append(dialog.message), dialog.dismiss()))
        yield found, dialogs


def looked_at(window: tuple[Watched, list[str]], address: str) -> str:
    """All that is written on a page once it is drawn."""
    window[0].page.goto(address)
    window[0].settle()
    return nothing_ran(window)


def nothing_ran(window: tuple[Watched, list[str]]) -> str:
    """What is written on the page as it is now; of no text anything was made or run."""
    found, dialogs = window
    seen = found.page.evaluate(FOUND)
    text = seen.pop("text")
    nothing = {"ran": None, "blocked": [], "handlers": [], "scripts": [], "made": [], "links": []}
    assert (found.page.url, seen, dialogs, found.outside) == (found.page.url, nothing, [], [])
    return text


def shown(text: str, word: str) -> int:
    """How many of the payloads stand on the page as they were written: each after `word` (and a number, where names must differ), or all after it."""
    if f"{word} {payloads.ALL}" in text:
        return EACH
    return sum(f"{word} {payload}" in text or f"{word} {at} {payload}" in text for at, payload in enumerate(PAYLOADS))


@pytest.mark.timeout(240)
def test_nothing_of_what_others_wrote_runs_on_staff_pages(town: Path, window: tuple[Watched, list[str]]) -> None:
    with served(payloads.settings_of(town, "staff", read_settings({}))) as url:
        page = window[0].page
        page.goto(url + "/sign-in")
        page.fill("#login", payloads.LOGIN)
        page.fill("#password", walled.PASSWORD)
        page.get_by_role("button", name="Sign in", exact=True).click()
        page.wait_for_url(url + "/")
        for path, words in STAFF.items():
            text = looked_at(window, url + path)
            assert (path, {word: shown(text, word) for word in words}) == (path, words)


@pytest.mark.timeout(240)
def test_nothing_of_what_others_wrote_runs_on_the_portal(town: Path, window: tuple[Watched, list[str]]) -> None:
    with served(payloads.settings_of(town, "public", read_settings({}))) as url:
        for path, words in PUBLIC.items():
            text = looked_at(window, url + path)
            assert (path, {word: shown(text, word) for word in words}) == (path, words)
            if path == "/areas":
                window[0].page.fill("#address", "Main")
                window[0].page.click("#address-find")
                expect(window[0].page.locator("#address-found li").first).to_contain_text("Main")
                assert shown(nothing_ran(window), "Main")
