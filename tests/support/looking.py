"""A page as a person meets it: opened in a real browser, waited for, and watched for what must not happen."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Browser, Error, Page, Request, expect

# A machine that is busy with other tests draws slowly; what is expected still comes.
expect.set_options(timeout=30_000)
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PATIENCE = 90_000
"""Milliseconds in which a page comes to rest, however busy the machine is."""
IS_DRAWN = """() => new Promise((tell) => requestIdleCallback(
  () => tell(document.readyState === "complete" && !document.querySelector('#first-paint, [data-dash-is-loading="true"]')), { timeout: 1000 }
))"""
"""Whether Dash's page stands and no part of it is waited for, asked once the page has nothing else to do."""
# What passes is not told apart, element by element: most of axe's time would go into it.
VIOLATIONS = """async (targets) => {
  const found = await axe.run(document, { resultTypes: ["violations"], rules: { "target-size": { enabled: targets } } });
  return found.violations.map((rule) => `${rule.id}: ${rule.nodes[0].html.slice(0, 200)}`);
}"""
_free: weakref.WeakKeyDictionary[Browser, list[Page]] = weakref.WeakKeyDictionary()


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
    asked: int = 0
    """All requests."""
    waits_for: set[Request] = field(default_factory=set)
    """Those that are not answered yet."""
    origins: set[str] = field(default_factory=set)
    """Servers of this machine that were asked."""

    def settle(self) -> None:
        """Wait until nothing is asked for any more and figures stand: three looks in a row, 100 ms apart, saw no request and nothing that loads."""
        still, asked = 0, self.asked
        for _ in range(PATIENCE // 100):
            self.page.wait_for_timeout(100)
            is_still = not self.waits_for and self.asked == asked and self._is_drawn() and not self.waits_for
            still, asked = still + 1 if is_still else 0, self.asked
            if still == 3:
                return
        raise AssertionError(f"{self.page.url} does not come to rest: {[request.url for request in self.waits_for]}")

    def _is_drawn(self) -> bool:
        try:
            return bool(self.page.evaluate(IS_DRAWN))
        except Error:
            # The page was left for another one meanwhile.
            return False

    def on_both(self) -> Iterator[bool]:
        """The open page on a phone in the light, then on a desk in the dark, each at rest; it is not loaded again. Yields whether it is dark."""
        for size, dark in ((PHONE, False), (DESKTOP, True)):
            self.page.set_viewport_size(size)  # type: ignore[arg-type]
            self.page.emulate_media(color_scheme="dark" if dark else "light")
            self.settle()
            yield dark

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
        self.page.evaluate(AXE_SCRIPT)
        return self.page.evaluate(VIOLATIONS, targets)

    def overflow(self) -> int:
        """Pixels by which the page is wider than the window."""
        return int(self.page.evaluate("document.documentElement.scrollWidth - window.innerWidth"))

    def choose(self, name: str, value: str) -> None:
        """Choose in a filter or a page's option."""
        self.page.select_option(f'[id=\'{{"name":"{name}","type":"filter"}}\']', value)


@contextmanager
def watched(browser: Browser, *, size: dict[str, int] | None = None, dark: bool = False, fresh: bool = False) -> Iterator[Watched]:
    """An empty browser window that is watched, without cookies and with nothing stored.

    A window that a test left whole serves the next one: a new one would load and compile all scripts again. Not so one that is `fresh`,
    which is for tests that change more of a window than `_is_empty_again` takes back.
    """
    free = _free.setdefault(browser, [])
    page = free.pop() if free and not fresh else browser.new_context().new_page()
    page.set_viewport_size(size or DESKTOP)  # type: ignore[arg-type]
    page.emulate_media(media="null", color_scheme="dark" if dark else "light", reduced_motion="null", forced_colors="null")
    found = Watched(page)
    listeners: dict[Any, Callable[[Any], None]] = {
        "console": lambda message: found.errors.append(message.text) if message.type == "error" else None,
        "pageerror": lambda error: found.errors.append(str(error)),
        "response": lambda answer: found.errors.append(f"{answer.status} {answer.url}") if answer.status >= 400 else None,
        "request": lambda request: _note(found, request),
        "requestfinished": lambda request: found.waits_for.discard(request),
        "requestfailed": lambda request: found.waits_for.discard(request),
    }
    for event, listener in listeners.items():
        page.on(event, listener)
    is_whole = False
    try:
        yield found
        is_whole = True
    finally:
        for event, listener in listeners.items():
            page.remove_listener(event, listener)
        if is_whole and not fresh and _is_empty_again(found):
            free.append(page)
        else:
            page.context.close()


def _is_empty_again(found: Watched) -> bool:
    """Leave the page for an empty one of the same server, and throw away what was stored; whether that could be done."""
    page, context = found.page, found.page.context
    if page.is_closed() or len(context.pages) > 1 or len(found.origins) != 1:
        return False
    [origin] = found.origins
    try:
        page.goto(f"{origin}/healthz")
        control = context.new_cdp_session(page)
        control.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
        control.detach()
        page.evaluate("sessionStorage.clear()")
        context.clear_cookies()
        page.mouse.move(0, 0)
    except Error:
        return False
    page.set_default_timeout(30_000)
    page.set_default_navigation_timeout(30_000)
    return True


def _note(found: Watched, request: Request) -> None:
    parts = urlsplit(request.url)
    found.asked += 1
    found.waits_for.add(request)
    if parts.scheme in ("http", "https"):
        if parts.hostname == "127.0.0.1":
            found.origins.add(f"{parts.scheme}://{parts.netloc}")
        else:
            found.outside.append(request.url)
    if "chart-finding" in (request.post_data or ""):
        found.draws += 1
