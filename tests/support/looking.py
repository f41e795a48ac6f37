"""A page as a person meets it: opened in a real browser, waited for, and watched for what must not happen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

# A machine that is busy with other tests draws slowly; what is expected still comes.
expect.set_options(timeout=30_000)
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}


@dataclass
class Watched:
    """What happened while a page was open."""

    page: Page
    errors: list[str] = field(default_factory=list)
    """Console errors, uncaught exceptions and answers of 400 or more."""
    outside: list[str] = field(default_factory=list)
    """Requests that left this machine."""
    draws: int = 0
    """Requests that drew a chart."""

    def settle(self) -> None:
        """Wait until nothing is asked for any more and figures stand."""
        # Until Dash's page stands nothing is asked for, and nothing says that it is waited for.
        expect(self.page.locator("#first-paint")).to_have_count(0)
        self.page.wait_for_load_state("networkidle")
        self.page.wait_for_timeout(100)
        expect(self.page.locator('[data-dash-is-loading="true"]')).to_have_count(0)
        self.page.wait_for_timeout(250)

    def drawn(self, least: int = 1) -> int:
        """How many charts were drawn since the last time this was asked; waits for the first `least` of them."""
        for _ in range(200):
            if self.draws >= least:
                break
            self.page.wait_for_timeout(50)
        self.settle()
        draws, self.draws = self.draws, 0
        return draws

    def violations(self, *, targets: bool = False) -> list[str]:
        """What axe-core finds: rule and first element; with `targets` also what is too small to hit (WCAG 2.2, 2.5.8), which it leaves out by itself."""
        options = {"rules": {"target-size": {"enabled": targets}}}
        found = Axe().run(self.page, options=options).response["violations"]
        return [f"{rule['id']}: {rule['nodes'][0]['html'][:200]}" for rule in found]

    def overflow(self) -> int:
        """Pixels by which the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))

    def choose(self, name: str, value: str) -> None:
        """Choose in a filter or a page's option."""
        self.page.select_option(f'[id=\'{{"name":"{name}","type":"filter"}}\']', value)


@contextmanager
def watched(browser: Browser, *, size: dict[str, int] | None = None, dark: bool = False) -> Iterator[Watched]:
    """An empty browser window that is watched."""
    context = browser.new_context(viewport=size or DESKTOP, color_scheme="dark" if dark else "light")  # type: ignore[arg-type]
    page = context.new_page()
    found = Watched(page)
    page.on("console", lambda message: found.errors.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: found.errors.append(str(error)))
    page.on("response", lambda answer: found.errors.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None)
    page.on("request", lambda request: _note(found, request.url, request.post_data or ""))
    try:
        yield found
    finally:
        context.close()


def _note(found: Watched, url: str, data: str) -> None:
    parts = urlsplit(url)
    if parts.scheme in ("http", "https") and parts.hostname != "127.0.0.1":
        found.outside.append(url)
    if "chart-finding" in data:
        found.draws += 1
