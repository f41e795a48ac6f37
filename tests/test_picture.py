"""The picture beside a link to a page of the portal: what stands in it, how large it is, and that no address writes into it."""

from __future__ import annotations

import io
import re
from html import unescape
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from flask import Flask
from PIL import Image

from components import picture, unscripted
from components.resident_words import paragraph
from tests.support.servers import got

LONG = "Reparación de aceras y bordillos " * 12


def _image(address: str, **headers: str) -> tuple[int, bytes, str]:
    """Status, content and, once the page's figure is in the picture, its tag."""
    try:
        with urlopen(Request(address, headers=headers), timeout=60) as answer:
            return answer.status, answer.read(), "" if answer.headers["Cache-Control"] == "no-store" else answer.headers["ETag"]
    except HTTPError as error:
        return error.code, error.read(), ""


@pytest.mark.parametrize(
    "texts", [("Town", "Pothole", "8 of 10", "8 of 10 are closed within 2 days."), (LONG, LONG, LONG, LONG), ("", "A", "", "")]
)
def test_a_picture_has_the_size_that_links_want_and_few_bytes(texts: tuple[str, str, str, str]) -> None:
    made = picture.drawn(*texts, "Data through 28 Nov 2026")
    assert Image.open(io.BytesIO(made)).size == (1200, 630) and len(made) <= picture.LARGEST


def test_what_does_not_fit_is_cut_off_at_a_word() -> None:
    lines = picture._fitting(LONG, 72, "Bold", 2)
    assert (
        len(lines) == 2
        and lines[0] == "Reparación de aceras y bordillos"
        and re.fullmatch(r"Reparación de aceras(?: y(?: bordillos)?)?…", lines[1])
    )
    assert picture._fitting("x" * 200, 72, "Bold", 2)[0].endswith("…")


def test_a_picture_has_the_letters_of_other_languages() -> None:
    font = picture._font(40, "Bold")
    missing = bytes(font.getmask("\ufff0"))
    assert [letter for letter in "áéíóúñüçãøßłčőş¿¡€–" if bytes(font.getmask(letter)) == missing] == []


def test_the_main_figure_says_how_well_before_how_much() -> None:
    """Of a page that says both; its sentence is the one it stands in, without what follows."""
    page = unscripted.Page()
    said = [
        paragraph("**1,207** cases were reported.", "That is more."),
        paragraph("**9 of 10** were on time (85.9 % of 1,187).", "That is better."),
    ]
    page.figures = [found for found in map(unscripted._figure_in, [*said, paragraph("Nothing stands out.")]) if found]
    assert page.main() == ("9 of 10", "9 of 10 were on time (85.9 % of 1,187).")
    page.figures = page.figures[:1]
    assert page.main() == ("1,207", "1,207 cases were reported.")


def test_each_page_has_a_picture_of_its_own_that_is_asked_for_again_by_its_tag(public_url: str) -> None:
    pages = [re.sub(r"^https?://[^/]+", "", page) for page in re.findall(r"<loc>([^<]+)", got(f"{public_url}/sitemap.xml")[2])]
    service = next(page for page in pages if page.startswith("/service/"))
    pictures = set()
    for page in ("/", service):
        head = got(f"{public_url}{page}")[2]
        address = unescape(re.search(r'property="og:image" content="([^"]+)"', head)[1])  # type: ignore[index]
        code, content, mark = _image(address)
        while not mark:
            code, content, mark = _image(address)
        assert code == 200 and content[:4] == b"\x89PNG" and len(content) <= picture.LARGEST
        assert _image(address, **{"If-None-Match": mark})[:2] == (304, b"")
        pictures.add(content)
    assert len(pictures) == 2


def test_nothing_of_an_address_stands_in_a_picture(public_url: str) -> None:
    plain = _image(f"{public_url}/preview.png?page=/data")
    assert _image(f"{public_url}/preview.png?page=/data&title=Buy+now&x=%3Cb%3E")[:2] == plain[:2] and plain[0] == 200
    for page in ("/service/buy-now", "/service/no-heat", "/nothing", "/service", "%00", "//evil.example", "/../etc/passwd"):
        assert _image(f"{public_url}/preview.png?page={page}")[0] == 404, page
    assert _image(f"{public_url}/preview.png?page=/&during=buy-now")[0] == 400


def test_staff_have_no_pictures_of_their_pages(staff_app: Flask) -> None:
    assert staff_app.test_client().get("/preview.png?page=/").mimetype != "image/png"
