"""What each page costs a reader: `python -m benchmarks.browser [staff|public] [PATH ...]`, in a real Chromium at 10 Mbit/s and 40 ms.

Bytes, requests, callbacks and how many of them wait for one another are the same in every run and have
a budget (`BUDGETS`), which the test suite checks too. Times depend on the machine: they stand beside
those of a Dash page that holds nothing but a heading, opened in the same run, and are never judged.
The city is the small one of the tests; BROWSER_FOLDER keeps it between runs.
"""

from __future__ import annotations

import dataclasses
import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, CDPSession, Page, sync_playwright

from benchmarks.empty import empty_page
from tests.support import services
from tests.support.demo import demo_in
from tests.support.servers import served

MBIT, LATENCY_MS = 10, 40
CALLBACK, ROUTER = "/_dash-update-component", "_pages_content"
VISITS = int(os.environ.get("BROWSER_VISITS") or 3)
WATCH = """
window.seen = {};
function when(name, found) { if (!(name in window.seen) && found) { window.seen[name] = performance.now(); } }
function look() {
  const shown = (found) => found && found.getClientRects().length && getComputedStyle(found).visibility === "visible" ? found : null;
  when("heading", [...document.querySelectorAll("h1, .navbar-brand")].find(shown));
  when("page", [...document.querySelectorAll("h1")].find(shown));
  when("chart", [...document.querySelectorAll(".chart .scatterlayer path, .chart .barlayer path, .chart .heatmaplayer image, .chart .choroplethlayer path")].find(shown));
  when("map", [...document.querySelectorAll(".choroplethlayer path")].find(shown));
  requestAnimationFrame(look);
}
look();
new PerformanceObserver((list) => { for (const one of list.getEntries()) { window.seen.shift = (window.seen.shift || 0) + (one.hadRecentInput ? 0 : one.value); } }).observe({ type: "layout-shift", buffered: true });
"""

STANDS = """() => document.querySelector("h1") && !document.querySelector('[data-dash-is-loading="true"]') && !document.querySelector("#first-paint")
  && [...document.querySelectorAll(".chart-image:not([hidden]) .dash-graph")].every((graph) => graph.querySelector(".main-svg"))"""


@dataclasses.dataclass
class Visit:
    """One opening of a page."""

    requests: int = 0
    bytes: int = 0
    """On the wire, with headers."""
    script_bytes: int = 0
    callbacks: int = 0
    depth: int = 0
    """The longest chain of callbacks that wait for each other's answers, the router's included."""
    times: dict[str, float] = dataclasses.field(default_factory=dict)
    """Milliseconds until the heading, the first chart, the map and until nothing is asked for any more; `shift` is the layout's (no unit)."""
    kinds: dict[str, int] = dataclasses.field(default_factory=dict)
    """Bytes by kind of file."""


@dataclasses.dataclass(frozen=True)
class Budget:
    """The most that a first visit to a page may cost, and a later one."""

    kilobytes: int
    requests: int
    script_kilobytes: int
    callbacks: int
    depth: int
    again_kilobytes: int = 100


class Wire:
    """Listens to what a page sends and gets."""

    def __init__(self, session: CDPSession) -> None:
        self.sent: dict[str, dict[str, Any]] = {}
        self.session = session
        session.on("Network.requestWillBeSent", self._begin)
        session.on(
            "Network.responseReceived",
            lambda event: self.sent.get(event["requestId"], {}).update(kind=event["type"], cached=event["response"].get("fromDiskCache")),
        )
        session.on("Network.loadingFinished", self._end)
        session.send("Network.enable")

    def slow(self) -> None:
        """As a reader's line is."""
        rate = MBIT * 1e6 / 8
        self.session.send(
            "Network.emulateNetworkConditions",
            {"offline": False, "latency": LATENCY_MS, "downloadThroughput": rate, "uploadThroughput": rate},
        )

    def visit(self) -> Visit:
        """What came since the last time this was asked."""
        done, self.sent = [one for one in self.sent.values() if one["url"].startswith("http") and not one.get("cached")], {}
        calls = sorted((one for one in done if CALLBACK in one["url"]), key=lambda one: one["from"])
        made = Visit(len(done), sum(one.get("bytes", 0) for one in done), callbacks=len(calls), depth=_depth(calls))
        for one in done:
            kind = "callbacks" if CALLBACK in one["url"] else one.get("kind", "other")
            made.kinds[kind] = made.kinds.get(kind, 0) + one.get("bytes", 0)
        made.script_bytes = made.kinds.get("Script", 0)
        return made

    def _begin(self, event: dict[str, Any]) -> None:
        request = event["request"]
        self.sent[event["requestId"]] = {"url": request["url"], "from": event["timestamp"], "data": request.get("postData", "")}

    def _end(self, event: dict[str, Any]) -> None:
        if event["requestId"] in self.sent:
            self.sent[event["requestId"]].update(bytes=int(event["encodedDataLength"]), to=event["timestamp"])


def _depth(calls: list[dict[str, Any]]) -> int:
    """The longest chain in which a callback began with what another one had answered: what changed is one of its outputs."""
    depths: list[int] = []
    for at, call in enumerate(calls):
        sent = json.loads(call["data"] or "{}")
        changed = {name.rpartition(".")[0] for name in sent.get("changedPropIds", [])}
        before = [0]
        for other, depth in zip(calls[:at], depths, strict=True):
            given = json.loads(other["data"] or "{}")
            outputs = given.get("outputs") or []
            ids = {_named(one["id"]) for one in (outputs if isinstance(outputs, list) else [outputs]) if isinstance(one, dict)}
            if other.get("to", call["from"] + 1) <= call["from"] and (ROUTER in given.get("output", "") or changed & ids):
                before.append(depth)
        depths.append(max(before) + 1)
    return max(depths, default=0)


def _named(name: Any) -> str:
    return name if isinstance(name, str) else json.dumps(name, separators=(",", ":"), sort_keys=True)


@contextmanager
def window(browser: Browser, *, slow: bool = True) -> Iterator[tuple[Page, Wire]]:
    """A browser that was never here, and what goes over its line."""
    context: BrowserContext = browser.new_context(viewport={"width": 1440, "height": 900})
    page = context.new_page()
    page.add_init_script(WATCH)
    wire = Wire(context.new_cdp_session(page))
    if slow:
        wire.slow()
    try:
        yield page, wire
    finally:
        context.close()


def opened(page: Page, wire: Wire, url: str) -> Visit:
    """`url` opened, and waited for until nothing moves."""
    page.goto(url)
    quiet(page)
    made = wire.visit()
    made.times = page.evaluate(
        "({...window.seen, quiet: performance.getEntriesByType('resource').reduce((last, one) => Math.max(last, one.responseEnd), 0)})"
    )
    return made


def quiet(page: Page) -> None:
    """Wait until nothing is asked for any more and figures stand."""
    page.wait_for_function(STANDS, timeout=60_000)
    page.wait_for_load_state("networkidle")
    page.wait_for_function(STANDS, timeout=60_000)
    page.wait_for_timeout(300)


def measured(browser: Browser, url: str, visits: int = VISITS) -> tuple[Visit, Visit]:
    """The first visit to `url` (its times are the medians of several) and the one after it."""
    firsts, agains = [], []
    for _visit in range(visits):
        with window(browser) as (page, wire):
            firsts.append(opened(page, wire, url))
            agains.append(opened(page, wire, url))
    return _middle(firsts), _middle(agains)


def _middle(visits: list[Visit]) -> Visit:
    names = sorted({name for visit in visits for name in visit.times})
    times = {name: statistics.median(visit.times[name] for visit in visits if name in visit.times) for name in names}
    return dataclasses.replace(visits[-1], times=times)


def over(budget: Budget, first: Visit, again: Visit) -> list[str]:
    """What a page costs more than it may."""
    found = {
        "kB": (first.bytes / 1000, budget.kilobytes), "requests": (first.requests, budget.requests), "kB of scripts": (first.script_bytes / 1000, budget.script_kilobytes),
        "callbacks": (first.callbacks, budget.callbacks), "callbacks one after another": (first.depth, budget.depth), "kB when it is opened again": (again.bytes / 1000, budget.again_kilobytes),
    }  # fmt: skip
    return [f"{name}: {value:.0f}, allowed are {most}" for name, (value, most) in found.items() if value > most]


def main(arguments: list[str]) -> None:
    """Measure the pages named, else those with a budget, and print a line for each."""
    audiences = [one for one in ("staff", "public") if one in arguments] or ["staff", "public"]
    paths = [one for one in arguments if one.startswith("/")]
    with tempfile.TemporaryDirectory() as made, sync_playwright() as playwright:
        settings = demo_in(Path(os.environ.get("BROWSER_FOLDER") or made))
        browser = playwright.chromium.launch(executable_path=services.browser(), args=["--no-sandbox", "--disable-gpu"])
        with empty_page() as url:
            empty, _again = measured(browser, url)
        print(
            f"{'page':<28}{'kB':>6}{'js kB':>7}{'asked':>6}{'calls':>6}{'deep':>5}{'again kB':>9}   heading, chart, map, still: ms (times the empty page)"
        )
        _print("an empty Dash page", empty, _again, empty)
        for audience in audiences:
            with served(dataclasses.replace(settings, audience=audience), workers=1) as url:  # type: ignore[arg-type]
                for path in paths or BUDGETS[audience]:
                    with window(browser, slow=False) as (page, wire):
                        opened(page, wire, url + path)
                    first, again = measured(browser, url + path)
                    _print(f"{audience} {path}", first, again, empty)
                    for line in over(BUDGETS[audience][path], first, again) if path in BUDGETS[audience] else []:
                        print(f"    TOO MUCH  {line}")
                    if os.environ.get("BROWSER_KINDS"):
                        print(
                            "   ",
                            {name: round(size / 1000) for name, size in first.kinds.items()},
                            {name: round(size / 1000) for name, size in again.kinds.items()},
                        )
        browser.close()


def _print(name: str, first: Visit, again: Visit, empty: Visit) -> None:
    times = [(kind, first.times.get(kind)) for kind in ("heading", "page", "chart", "map", "quiet")]
    said = "  ".join(f"{kind} {ms:.0f} ({ms / empty.times['page']:.2f})" for kind, ms in times if ms is not None)
    print(
        f"{name:<28}{first.bytes / 1000:>6.0f}{first.script_bytes / 1000:>7.0f}{first.requests:>6}{first.callbacks:>6}{first.depth:>5}{again.bytes / 1000:>9.0f}   {said}  "
        f"shift {first.times.get('shift', 0):.3f}; again page {again.times.get('page', 0):.0f} chart {again.times.get('chart', 0):.0f}",
        flush=True,
    )


BUDGETS: dict[str, dict[str, Budget]] = {
    "staff": {
        "/": Budget(1800, 26, 1650, 16, 1), "/sla": Budget(1800, 24, 1650, 14, 1), "/backlog": Budget(2400, 32, 2250, 22, 1),
        "/departments": Budget(1800, 26, 1650, 16, 1), "/map": Budget(1800, 28, 1650, 18, 1), "/cases": Budget(2400, 24, 2250, 14, 1),
        "/definitions": Budget(450, 14, 330, 7, 1),
    },
    "public": {
        "/": Budget(1800, 16, 1650, 7, 1), "/services": Budget(420, 12, 330, 5, 1), "/areas": Budget(1800, 16, 1650, 7, 1),
        "/promises": Budget(1800, 14, 1650, 5, 1), "/data": Budget(420, 16, 330, 8, 1), "/definitions": Budget(420, 12, 330, 5, 1),
    },
}  # fmt: skip
"""By page, also before everything is compressed as well as can be. Of the kilobytes some 1,180 to 1,290 are plotly and 510 the grid of work lists, wherever a page has one."""

if __name__ == "__main__":
    main(sys.argv[1:])
