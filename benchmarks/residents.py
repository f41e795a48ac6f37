"""How many residents the portal serves: `python -m benchmarks.residents`, gunicorn with two workers on this machine, asked by `wrk`.

Default views (one callback of each main page, one after another), then pages and callbacks mixed, each beside a
Flask route that does nothing under the same gunicorn in the same run: the ratio is what is meant to last, since `wrk`
shares the cores. Also the memory of the workers before and after. RESIDENTS_SECONDS is the length of each run.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path
from typing import Any

from benchmarks.empty import empty_page
from tests.support.demo import demo_in
from tests.support.servers import served

SECONDS = int(os.environ.get("RESIDENTS_SECONDS") or 8)
CLIENTS, WORKERS = 32, 2
PAGES = ("/", "/services", "/areas", "/promises", "/data", "/definitions")
SCRIPT = """
local asked, at = {}, 0
init = function(args)
  asked = {%s}
end
request = function()
  at = at %% #asked + 1
  return asked[at]
end
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("RESULT %%d %%f %%f %%f %%d\\n", summary.requests, summary.duration / 1e6, latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
"""


def callbacks_of(url: str) -> list[dict[str, Any]]:
    """What a browser asks when it opens the main pages, recorded in a real one."""
    from playwright.sync_api import sync_playwright

    from benchmarks.browser import CALLBACK, opened, window
    from tests.support import services

    found: list[dict[str, Any]] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=services.browser(), args=["--no-sandbox", "--disable-gpu"])
        with window(browser, slow=False) as (page, wire):
            page.on("request", lambda request: found.append(json.loads(request.post_data or "{}")) if CALLBACK in request.url else None)
            for path in PAGES:
                opened(page, wire, url + path)
        browser.close()
    return found


def asked(url: str, requests: list[str], clients: int = CLIENTS) -> dict[str, float]:
    """Answers a second, milliseconds at the 50th and 99th percentile, and errors, of `requests` (Lua) asked again and again."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
        script.write(SCRIPT % ",".join(requests))
        script.flush()
        done = subprocess.run(
            ["wrk", "-t1", f"-c{clients}", f"-d{SECONDS}s", "-s", script.name, url], capture_output=True, text=True, check=True
        )
    count, seconds, p50, p99, errors = (float(one) for one in re.findall(r"RESULT (.*)", done.stdout)[0].split())
    return {"per_second": round(count / seconds), "p50_ms": round(p50, 1), "p99_ms": round(p99, 1), "errors": errors}


def got(path: str) -> str:
    """A page as `wrk` asks for it."""
    return f'wrk.format("GET", "{path}", {{["Accept-Encoding"]="zstd"}})'


def posted(sent: dict[str, Any]) -> str:
    """A callback as `wrk` asks for it."""
    body = f"[==[{json.dumps(sent)}]==]"
    return f'wrk.format("POST", "/_dash-update-component", {{["Content-Type"]="application/json", ["Accept-Encoding"]="zstd"}}, {body})'


def memory_of_children(name: str) -> int:
    """Megabytes that the processes of a command hold."""
    found = subprocess.run(["ps", "-eo", "rss=,args="], capture_output=True, text=True, check=True).stdout
    return sum(int(line.split()[0]) for line in found.splitlines() if name in line) // 1024


def main() -> None:
    """Measure and print."""
    if shutil.which("wrk") is None:
        sys.exit("wrk is needed: apt-get install wrk")
    with tempfile.TemporaryDirectory() as made:
        settings = dataclasses.replace(demo_in(Path(os.environ.get("BROWSER_FOLDER") or made)), audience="public")
        with empty_page(WORKERS) as url:
            floor = asked(url, [got("/nothing")])
            empty = asked(url, [posted({"output": "nothing.children", "outputs": {"id": "nothing", "property": "children"}, "changedPropIds": [],
                                        "inputs": [{"id": "again", "property": "n_clicks"}]})])  # fmt: skip
        print(f"{'':<34}{'a second':>10}{'p50 ms':>8}{'p99 ms':>8}{'errors':>8}{'of floor':>9}")
        _print("an empty Flask route", floor, floor)
        _print("an empty Dash callback", empty, floor)
        with served(settings, workers=WORKERS, STATROOM_PUBLIC_RATE="100000 per second") as url:
            name = url.rpartition(":")[2]
            sent = callbacks_of(url)
            for path in PAGES:
                urllib.request.urlopen(url + path, timeout=60).read()
            views = [one for one in sent if "chart-finding" in one["output"] or ".children" in one["output"]]
            calls = [posted(one) for one in views]
            asked(url, calls, 2)
            before = memory_of_children(name)
            for label, requests in (
                ("default views (callbacks)", calls),
                ("pages", [got(path) for path in PAGES]),
                ("mixed", [*calls, *[got(path) for path in PAGES] * 2]),
            ):
                _print(label, asked(url, requests), floor)
            print(f"Memory of the portal's processes: {before} MB before, {memory_of_children(name)} MB after")


def _print(name: str, found: dict[str, float], floor: dict[str, float]) -> None:
    print(
        f"{name:<34}{found['per_second']:>10,.0f}{found['p50_ms']:>8}{found['p99_ms']:>8}{found['errors']:>8.0f}{found['per_second'] / floor['per_second']:>9.2f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
