"""What the portal tells without scripts: previews, languages, sitemap, plain words; how long it may be kept, and how large it may be."""

from __future__ import annotations

import re
import time
from urllib.request import Request, urlopen
from xml.etree import ElementTree

import pytest
from dash import dcc, html
from flask import Flask, Response, request
from flask_compress import Compress

from components import keeping, preview, web
from components.unscripted import Page, _element, _text_of
from metrics.question import BadQuestion
from tests.support.servers import got


def _in_words(url: str) -> str:
    """The page once its words are made, which the first reader does not wait for."""
    for _ in range(60):
        text = got(url)[2]
        if "<table>" in text:
            return text
        time.sleep(0.5)
    raise AssertionError(f"{url} has no words")


def test_a_page_has_its_words_and_findings_without_scripts(public_url: str) -> None:
    text = _in_words(f"{public_url}/")
    plain = text[text.index("<noscript>") : text.index("</noscript>")]
    assert "<h1>How is the city doing?</h1>" in plain and re.search(r"<strong>[\d,]+</strong> cases were reported", plain)
    assert plain.count("<table>") >= 2 and "<script" not in plain and "style=" not in plain
    assert re.search(r'<a href="/definitions"[^>]*>', plain)


def test_a_link_is_previewed_with_what_the_page_found(public_url: str) -> None:
    text = _in_words(f"{public_url}/")
    told = dict(re.findall(r'<meta (?:name|property)="([^"]+)" content="([^"]*)"', text))
    assert told["og:title"] == told["twitter:title"] == "How is the city doing? · Port Alder"
    assert re.match(r"[\d,]+ cases were reported", told["og:description"]) and told["description"] == told["og:description"]
    assert told["og:url"] == f"{public_url}/" and told["og:image"].startswith(public_url)
    assert told["og:image"] == told["twitter:image"] == f"{public_url}/preview.png?page=%2F"
    assert "<title>How is the city doing? · Statroom</title>" in text


def test_each_page_says_where_it_is_in_each_language(public_url: str) -> None:
    text = got(f"{public_url}/definitions?lang=es&utm_source=x")[2]
    links = dict(re.findall(r'<link rel="alternate" hreflang="([^"]+)" href="([^"]+)"', text))
    assert links == {
        "en": f"{public_url}/definitions?lang=en",
        "es": f"{public_url}/definitions?lang=es",
        "x-default": f"{public_url}/definitions",
    }
    assert f'<link rel="canonical" href="{public_url}/definitions?lang=es"' in text


@pytest.mark.parametrize(
    "query",
    [
        'request_type="><script>alert(1)</script>',
        "during=%22%3E%3Cscript%3E",
        "district='onload='x",
        "x=<!--",
        "during={%25noscript%25}",
        "lang=%22%3E",
    ],
)
def test_nothing_of_an_address_becomes_part_of_the_page(public_url: str, query: str) -> None:
    code, _headers, text = got(f"{public_url}/?{query.replace(' ', '%20').replace('<', '%3C').replace('>', '%3E').replace(chr(34), '%22')}")
    assert code == 200 and "<script>alert" not in text and "'onload=" not in text and "{%" not in text
    assert text.count("<noscript>") == 1 and '""' not in text[: text.index("<body>")]


def test_the_sitemap_names_every_page_that_can_be_opened(public_url: str) -> None:
    _code, headers, text = got(f"{public_url}/sitemap.xml")
    places = [place.text or "" for place in ElementTree.fromstring(text).iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert headers["Content-Type"].startswith("application/xml") and len(places) == len(set(places)) > 10
    assert {f"{public_url}/", f"{public_url}/data"} <= set(places) and any("/service/" in place for place in places)
    for place in (places[0], places[-1]):
        assert got(place)[0] == 200


def test_the_sitemap_names_each_page_in_each_language(public_url: str) -> None:
    for entry in ElementTree.fromstring(got(f"{public_url}/sitemap.xml")[2]):
        page = entry[0].text
        languages = [(link.get("hreflang"), link.get("href")) for link in entry.iter("{http://www.w3.org/1999/xhtml}link")]
        assert languages == [("en", f"{page}?lang=en"), ("es", f"{page}?lang=es")]


def test_search_engines_may_look_at_pages_of_the_portal_and_at_nothing_of_staff(public_url: str, staff_app: Flask) -> None:
    text = got(f"{public_url}/robots.txt")[2]
    assert f"Sitemap: {public_url}/sitemap.xml" in text and "Disallow: /api/\n" in text and "Disallow: /\n" not in text
    assert staff_app.test_client().get("/robots.txt").get_data(as_text=True) == "User-agent: *\nDisallow: /\n"


@pytest.mark.parametrize("encoding", ["identity", "zstd"])
@pytest.mark.parametrize(
    "path",
    ["/_dash-layout", "/_dash-dependencies", "/api/v1/metrics", "/api/v1/metrics/opened?by=request_type", "/sitemap.xml"],
)
def test_a_public_answer_may_be_kept_a_minute_and_is_asked_for_again_by_its_tag(public_url: str, path: str, encoding: str) -> None:
    with urlopen(Request(public_url + path, headers={"Accept-Encoding": encoding}), timeout=60) as answer:
        assert (answer.status, answer.headers["Cache-Control"]) == (200, "public, max-age=60")
        assert answer.headers["Content-Encoding"] == (None if encoding == "identity" else encoding)
        mark = answer.headers["ETag"]
    assert got(public_url + path, **{"Accept-Encoding": encoding, "If-None-Match": mark})[0] == 304


def test_a_page_has_its_tag_once_its_words_are_made(public_url: str) -> None:
    tags = [got(public_url + "/definitions")[1]["ETag"]]
    while len(tags) < 2 or (tags[-1] != tags[-2] and len(tags) < 20):
        tags.append(got(public_url + "/definitions")[1]["ETag"])
        time.sleep(0.5)
    assert tags[-1] == tags[-2]
    assert got(public_url + "/definitions", **{"If-None-Match": tags[-1]})[0] == 304


@pytest.mark.parametrize("path", ["/nonsense", "/embed/nothing", "/service/nothing", "/area/district/nothing"])
def test_an_address_of_no_page_is_said_to_be_missing(public_url: str, path: str) -> None:
    assert got(public_url + path)[0] == 404


def test_what_comes_with_a_cookie_is_kept_by_its_reader_alone(public_url: str) -> None:
    _code, headers, _text = got(f"{public_url}/definitions?lang=es")
    assert "Set-Cookie" in headers and headers["Cache-Control"] == "private, max-age=60"
    assert got(f"{public_url}/healthz")[1]["Cache-Control"] == "no-store"


def test_a_host_that_a_client_made_up_is_shown_to_no_other_client() -> None:
    server = Flask("portal")
    web.behind_proxies(server, 1)
    keeping.start(server)
    server.add_url_rule("/", "home", lambda: f"This is {request.host_url}")
    plain = server.test_client().get("/")
    assert (plain.text, "X-Forwarded-Host" in plain.headers.get("Vary", "")) == ("This is http://localhost/", False)
    made_up = server.test_client().get("/", headers={"X-Forwarded-Host": "evil.example"})
    assert "evil.example" in made_up.text and "X-Forwarded-Host" in made_up.headers["Vary"]


def test_without_scripts_one_thing_is_said_whether_the_words_are_made_or_not(staff_app: Flask) -> None:
    with staff_app.test_request_context("/"):
        cold, warm = preview.with_scripts_off(""), preview.with_scripts_off("<p>40 cases were reported.</p>")
    assert "open it again in a moment" in cold and 'href="/data"' in cold and "Without JavaScript" not in cold
    assert "Without JavaScript" in warm and "open it again" not in warm and warm.index("Without") < warm.index("40 cases")


def test_a_question_that_cannot_be_asked_has_its_reason_for_words(public_url: str) -> None:
    text = got(f"{public_url}/?during=2100-Q1")[2]
    plain = text[text.index("<noscript>") : text.index("</noscript>")]
    assert plain.count("The quarter from 1 Jan to 31 Mar 2100 has not ended in the data yet.") == 1


def test_what_is_not_published_is_no_fault_of_the_page_and_is_not_tried_at_every_visit(
    staff_app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    tried = []

    def layout(**_query: str) -> html.Div:
        tried.append(1)
        raise BadQuestion("Published figures can be asked for one service and one area at a time.")

    for _visit in range(2):
        with staff_app.test_request_context("/not-published"):
            found = preview._words({"path": "/not-published", "layout": layout}, {}, "/not-published", {}, preview.PATIENCE)
            assert found == preview.Words()
    assert (len(tried), caplog.records) == (1, [])


def test_staff_answers_are_kept_by_nobody(staff_app: Flask) -> None:
    for path in ("/", "/_dash-layout", "/api/v1/metrics/opened"):
        answer = staff_app.test_client().get(path)
        assert "no-store" in answer.headers["Cache-Control"] and "og:title" not in answer.get_data(as_text=True), path


@pytest.mark.parametrize(("size", "code"), [(keeping.LARGEST_ANSWER, 200), (keeping.LARGEST_ANSWER + 1, 413)])
def test_an_answer_has_two_megabytes_at_most_or_says_so(size: int, code: int) -> None:
    server = Flask("large")
    Compress(server)
    keeping.bound(server)
    server.add_url_rule("/x", view_func=lambda: Response("1" * size, content_type="application/json"))
    answer = server.test_client().get("/x", headers={"Accept-Encoding": "gzip"})
    assert answer.status_code == code
    assert code == 200 or "Ask for a shorter period" in answer.get_data(as_text=True)


def test_only_what_says_something_without_a_script_is_left_of_a_page() -> None:
    assert str(_element(html.Button("Press"), "Press")) == ""  # type: ignore[arg-type]
    assert str(_element(html.A("x", href="javascript:alert(1)"), "x")) == "x"  # type: ignore[arg-type]
    assert str(_element(dcc.Link("x", href="/data"), "x")) == '<a href="/data">x</a>'  # type: ignore[arg-type]
    assert _text_of(html.P([html.Strong("7"), " cases"])) == "7 cases"


def test_a_summary_ends_with_a_sentence() -> None:
    assert Page(said=["One.", "Two."]).summary() == "One. Two."
    assert Page(said=["a" * 150 + ".", "b" * 100 + "."]).summary() == "a" * 150 + "."
    assert Page(said=["word " * 60]).summary().endswith("word…")
