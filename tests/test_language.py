"""Each resident reads the portal in their own language, as far as there is a catalogue of it."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from string import Formatter

import pytest
from babel import Locale
from babel.support import NullTranslations
from flask import Flask
from flask.testing import FlaskClient
from pandas.testing import assert_frame_equal

from access import PUBLIC_VIEWER
from components import catalogue, language, theme, words
from components.language import N_, _, plural, said, spoken
from data_access.city import CityError, load_city
from metrics.desk import Desk
from metrics.measure import measure
from metrics.question import BadQuestion
from settings import ROOT, Settings


@pytest.fixture
def city(monkeypatch: pytest.MonkeyPatch) -> Flask:
    """A server of an English-speaking city, and every page says its language."""
    server = Flask("a city")
    server.config["SESSION_COOKIE_SECURE"] = False
    language.start(server, lambda: "en-US")
    server.add_url_rule("/", view_func=lambda: spoken().code)
    server.add_url_rule("/api/v1/metrics", "api", view_func=lambda: spoken().code)
    return server


@pytest.fixture
def resident(city: Flask) -> FlaskClient:
    return city.test_client()


class Numbers(NullTranslations):
    """A catalogue in which every text is the number of its letters, and its fields."""

    def gettext(self, message: str) -> str:
        return {"{n} of {what}": "{what}: {n}", "request types": "tipos"}.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, num: int) -> str:
        return "{n} caso" if num == 1 else "{n} casos"


@pytest.fixture
def in_german(monkeypatch: pytest.MonkeyPatch, city: Flask) -> Iterator[None]:
    """A reader whose language writes 1.234,5."""
    monkeypatch.setattr(
        language, "languages", lambda territory="US": {"en": LANGUAGES["en"], "de": language.Language("de", Locale("de"), Numbers())}
    )
    with city.test_request_context("/?lang=de"):
        yield


LANGUAGES = language.languages()


def told(client: FlaskClient, address: str = "/", accepts: str = "") -> str:
    return client.get(address, headers={"Accept-Language": accepts} if accepts else {}).get_data(as_text=True)


def test_the_portal_speaks_english_and_spanish() -> None:
    assert {code: one.name for code, one in LANGUAGES.items()} == {"en": "English", "es": "Español"}


def test_a_reader_who_says_nothing_reads_the_language_of_the_city(resident: FlaskClient) -> None:
    assert told(resident) == "en"
    assert told(resident, accepts="de-AT, fr;q=0.5") == "en"


def test_the_browser_asks_for_the_language_of_its_owner(resident: FlaskClient) -> None:
    assert told(resident, accepts="es-MX, es;q=0.9, en;q=0.5") == "es"
    assert told(resident, accepts="en-GB, es;q=0.9") == "en"


def test_an_address_names_its_language_and_it_is_kept(resident: FlaskClient) -> None:
    """The switch is such an address; a reader with an English browser stays Spanish after it."""
    assert told(resident, "/?lang=es", accepts="en") == "es"
    assert told(resident, accepts="en") == "es"
    assert told(resident, "/?lang=en") == "en"
    assert told(resident, accepts="es") == "en"


def test_a_chart_within_another_site_changes_nobodys_language(city: Flask) -> None:
    client = city.test_client()
    assert client.get("/?lang=es", headers={"Sec-Fetch-Dest": "iframe"}).get_data(as_text=True) == "es"
    assert told(client) == "en"


@pytest.mark.parametrize("lang", ["xx", "EN", "es-MX", "../es", "es\x00", "{}", "e" * 5000, "%F0%9F%98%80"])
def test_a_language_there_is_not_is_none(resident: FlaskClient, lang: str) -> None:
    answer = resident.get("/", query_string={"lang": lang})
    assert (answer.status_code, answer.get_data(as_text=True), answer.headers.get("Set-Cookie")) == (200, "en", None)
    resident.set_cookie("language", lang[:40])
    assert told(resident) == "en"


def test_no_cache_gives_an_english_page_to_a_spanish_reader(resident: FlaskClient) -> None:
    assert {"Accept-Language", "Cookie"} <= set(resident.get("/").headers["Vary"].split(", "))


def test_programs_are_answered_in_english_whatever_their_owner_reads(resident: FlaskClient) -> None:
    """One address of the API has one answer, so that its tag means the same for everybody."""
    answer = resident.get("/api/v1/metrics?lang=es", headers={"Accept-Language": "es"})
    assert answer.get_data(as_text=True) == "en"
    assert "Vary" not in answer.headers


def test_staff_read_english() -> None:
    with Flask("staff").test_request_context("/?lang=es"):
        assert spoken().code == "en"
        assert language.others() == []


def test_a_sentence_is_translated_whole_and_its_marked_fields_with_it(in_german: None) -> None:
    assert _("{n} of {what}", n=3, what=N_("request types")) == "tipos: 3"
    assert _("{n} of {what}", n=3, what="request types") == "request types: 3"
    assert plural("{n} case", "{n} cases", 1) == "1 caso"
    assert plural("{n} case", "{n} cases", 12345) == "12.345 casos"
    assert plural("{n} case", "{n} cases", 1.5) == "1,5 casos"


def test_numbers_are_written_as_the_reader_writes_them(in_german: None) -> None:
    assert (words.count(12345), words.share(0.7934), words.decimal(1234.56, 2)) == ("12.345", "79,3 %", "1.234,56")


def test_days_units_and_ages_are_told_in_spanish(city: Flask) -> None:
    with city.test_request_context("/?lang=es"):
        assert words.day(date(2026, 11, 16)) == "16 nov 2026"
        assert words.weekday(date(2026, 11, 16)) == "lun 16 nov 2026"
        assert words.days_between(date(2026, 7, 1), date(2026, 10, 1)) == "1 jul al 30 sep 2026"
        assert (words.value(1, "cases"), words.value(12345, "cases"), words.value(4.25, "days")) == (
            "1 solicitud",
            "12,345 solicitudes",
            "4.2 días",
        )
        assert (words.age(5), words.age(24 * 3), words.joined(["Bache", "Acera", "Semáforo", "Árbol"])) == (
            "5 horas",
            "3 días",
            "Bache, Acera, Semáforo y 1 más",
        )
        # Plotly writes the months of an axis itself.
        assert theme.graph_config()["locales"]["es"]["format"]["shortMonths"][:2] == ["ene", "feb"]
    assert "locale" not in theme.graph_config()


def test_a_refusal_is_english_for_programs_and_the_readers_language_for_people(in_german: None) -> None:
    error = BadQuestion("{n} of {what}", n=3, what=N_("request types"))
    assert (str(error), said(error)) == ("3 of request types", "tipos: 3")


def test_spanish_has_every_text_residents_can_be_told() -> None:
    """`make translations` writes what is missing into the catalogue; somebody who speaks the language fills it in."""
    assert catalogue.missing("es") == []


def test_every_translation_has_the_fields_of_its_text() -> None:
    """A field that is misspelt would be an error in the middle of a page; the singular may leave its number out."""
    for message in catalogue.catalogue_of("es"):
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = fields(message.id[-1] if isinstance(message.id, tuple) else message.id)
        assert all(fields(form) <= wanted for form in forms), message.id
        assert fields(forms[-1]) == wanted, message.id


def fields(text: str) -> set[str | None]:
    return {name for _text, name, _spec, _conversion in Formatter().parse(text)} - {None}


def test_no_translation_is_its_english_text() -> None:
    """Or a page could be in the catalogue and English all the same; what is left without its fields has no words."""
    same = [message.id for message in catalogue.catalogue_of("es") if message.id and message.id == message.string]
    assert [text for text in same if re.search(r"[^\W\d_]", re.sub(r"\{[^}]*\}", "", str(text)))] == ["incremental"]


def test_no_text_of_the_portal_stays_english(demo_settings: Settings) -> None:
    """Every page, document, figure, refusal and widget, read in a language whose texts have no Latin letter."""
    walk = [sys.executable, "-m", "tests.support.walking", str(demo_settings.data)]
    done = subprocess.run(walk, cwd=ROOT, capture_output=True, text=True, timeout=200)
    assert done.returncode == 0, done.stderr[-3000:]
    told = json.loads(done.stdout)
    paths = {"/", "/services", "/areas", "/promises", "/data", "/definitions", "/data-health", "/what-we-publish", "address search"}
    assert paths <= set(told["read"]) and any(address.startswith("/embed/chart/") for address in told["read"])
    assert sum(told["read"].values()) > 5_000
    assert told["left"] == {}


def test_no_text_is_glued_before_it_is_translated() -> None:
    """The catalogue cannot hold what only comes together while the code runs."""
    for path in catalogue.modules():
        for call in [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]:
            name = call.func.id if isinstance(call.func, ast.Name) else ""
            if name in catalogue.KEYWORDS and call.args:
                assert not isinstance(call.args[0], ast.JoinedStr), f"{path}:{call.lineno}"


def test_a_city_names_its_services_in_other_languages(tmp_path: Path) -> None:
    (tmp_path / "city.toml").write_text(CITY + '[names.es]\n"Pothole" = "Bache"\n')
    city = load_city(tmp_path)
    assert (city.names_in("es"), city.names_in("en")) == ({"Pothole": "Bache"}, {})


@pytest.mark.parametrize(
    ("table", "told"), [('[names.spanish]\n"Pothole" = "Bache"', "names.spanish"), ('[names.es]\n"Pothole" = ""', "names.es.Pothole")]
)
def test_a_name_that_cannot_be_is_refused_with_its_key(tmp_path: Path, table: str, told: str) -> None:
    (tmp_path / "city.toml").write_text(CITY + table)
    with pytest.raises(CityError, match=told):
        load_city(tmp_path)


def test_an_answer_kept_for_one_language_is_not_given_to_another(demo_public_settings: Settings) -> None:
    """The same figures, hidden alike, under the names each reader knows."""
    speaking = ["en"]
    desk = Desk(demo_public_settings, lambda: PUBLIC_VIEWER)
    desk.speak(lambda: speaking[0])
    answers = {}
    for speaking[0] in ("en", "es", "en", "es"):
        asked = desk.ask({})
        answers[speaking[0]] = measure("ontime_due", asked, by=("request_type", "district")).frame
        assert (asked.name_of("request_type", "pothole"), asked.mart.edition.endswith("-es")) == {
            "en": ("Pothole", False),
            "es": ("Bache", True),
        }[speaking[0]]
    english, spanish = answers["en"], answers["es"]
    assert {"Pothole"} <= set(english["label"]) and "Bache" not in set(english["label"])
    assert {"Bache"} <= set(spanish["label"]) and "Pothole" not in set(spanish["label"])
    assert_frame_equal(english.drop(columns=["label", "label_2"]), spanish.drop(columns=["label", "label_2"]))


CITY = """
[city]
id = "town"
name = "Town"
zone = "America/New_York"
[[programme]]
id = "requests"
name = "Requests"
[[source]]
name = "crm"
kind = "files"
path = "cases.csv"
preset = "boston_311"
programme = "requests"
"""
