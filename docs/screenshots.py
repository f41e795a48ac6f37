"""Takes the pictures of the README from the finished application over the demo city: `make screenshots`.

The city is built up to today, as for `make run`: older data would put its banner on every picture.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, sync_playwright  # noqa: E402

from settings import Settings, utc_now  # noqa: E402
from tests.support import services  # noqa: E402
from tests.support.demo import demo_in  # noqa: E402
from tests.support.servers import served  # noqa: E402

IMAGES = ROOT / "docs" / "images"
CASES = 250_000
DESKTOP = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
FLAGS = ("--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking", "--disable-component-update")


@dataclass(frozen=True)
class Picture:
    """One file of `docs/images`."""

    name: str
    path: str
    audience: str = "staff"
    phone: bool = False
    dark: bool = False


PICTURES = (
    Picture("this-week", "/"),
    Picture("sla", "/sla"),
    Picture("backlog", "/backlog"),
    Picture("departments", "/departments"),
    Picture("map", "/map"),
    Picture("map-dark", "/map", dark=True),
    Picture("this-week-phone", "/", phone=True),
    Picture("public", "/", audience="public"),
)


def main() -> int:
    """Take them all; answers the exit code."""
    path = services.browser()
    if path is None:
        print(f"Error: no Chromium or Chrome is installed; install one or set {services.BROWSER}.", file=sys.stderr)
        return 1
    today = utc_now().date()
    settings = demo_in(ROOT / "var" / "screenshots" / today.isoformat(), cases=CASES, as_of=today)
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=list(FLAGS))
        for audience in ("staff", "public"):
            _take(browser, replace(settings, audience=audience), [p for p in PICTURES if p.audience == audience])  # type: ignore[arg-type]
        browser.close()
    return 0


def _take(browser: Browser, settings: Settings, pictures: list[Picture]) -> None:
    with served(settings) as url:
        for picture in pictures:
            view = PHONE if picture.phone else DESKTOP
            page = browser.new_page(viewport=view, color_scheme="dark" if picture.dark else "light", device_scale_factor=1)  # type: ignore[arg-type]
            page.goto(url + picture.path, wait_until="networkidle")
            page.wait_for_timeout(1_500)
            page.screenshot(path=IMAGES / f"{picture.name}.png")
            page.close()
            print(f"docs/images/{picture.name}.png")


if __name__ == "__main__":
    sys.exit(main())
