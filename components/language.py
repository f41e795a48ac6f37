"""The words residents read, in their language: every text of the portal goes through here.

Catalogues are the files `translations/LANGUAGE/LC_MESSAGES/messages.po`, read as they are; English stands in the
code. A reader's language is the one the address names (`?lang=es`), else the one chosen before, else the browser's, else
the city's. Staff read English.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, Response, current_app, g, has_request_context, request

from metrics.wording import N_, NN_, Phrase, Told
from settings import ROOT

__all__ = ["NN_", "N_", "Language", "_", "languages", "others", "plural", "said", "spoken", "start"]
FOLDER = ROOT / "translations"
ENGLISH = "en"
PARAMETER = "lang"
COOKIE = "language"
COOKIE_SECONDS = 365 * 24 * 3600
EXTENSION = "statroom-language"


@dataclass(frozen=True, eq=False)
class Language:
    """One language the portal speaks, as people of the city's country write it."""

    code: str
    locale: Locale
    messages: NullTranslations

    @property
    def name(self) -> str:
        """What its speakers call it: "Español"."""
        return (self.locale.language_name or self.code).capitalize()

    @cached_property
    def months(self) -> tuple[str, ...]:
        """January first, as short as they are written in a date."""
        named = self.locale.months["format"]["abbreviated"]
        return tuple(str(named[at]) for at in range(1, 13))

    @cached_property
    def weekdays(self) -> tuple[str, ...]:
        """Monday first, as short as they are written in a date."""
        named = self.locale.days["format"]["abbreviated"]
        return tuple(str(named[at]) for at in range(7))

    @cached_property
    def signs(self) -> tuple[str, str]:
        """What groups the digits of a number, and what stands before its decimals."""
        symbols = self.locale.number_symbols["latn"]
        return symbols["group"], symbols["decimal"]

    def number(self, text: str) -> str:
        """An English number ("1,234.5") as it is written here."""
        return text if self.signs == (",", ".") else text.translate({ord(","): self.signs[0], ord("."): self.signs[1]})


@cache
def languages(territory: str = "US") -> dict[str, Language]:
    """The languages there are, by code, English first: all that have a catalogue."""
    codes = sorted(path.parent.parent.name for path in FOLDER.glob("*/LC_MESSAGES/messages.po"))
    found = {ENGLISH: Language(ENGLISH, _locale(ENGLISH, territory), NullTranslations())}
    return found | {code: Language(code, _locale(code, territory), _messages(code)) for code in codes}


def _locale(code: str, territory: str) -> Locale:
    try:
        return Locale.parse(f"{code}_{territory}")
    except UnknownLocaleError:
        return Locale.parse(code)


def _messages(code: str) -> Translations:
    """The catalogue of a language, in the form that is quick to ask."""
    compiled = io.BytesIO()
    with (FOLDER / code / "LC_MESSAGES" / "messages.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=code))
    compiled.seek(0)
    return Translations(compiled)


def start(server: Flask, city_locale: Callable[[], str]) -> None:
    """Let `server` answer each reader in their language; without this a process speaks English.

    Args:
        city_locale: the city's own language and country, "en-US".
    """
    server.extensions[EXTENSION] = city_locale

    def kept(answer: Response) -> Response:
        """The same address answers in several languages, and one that was named in an address is kept for the next."""
        if request.path.startswith(("/assets/", "/_dash-component-suites/", "/bootstrap/", "/api/")):
            return answer
        answer.vary.update(("Accept-Language", "Cookie"))
        named, opened = request.args.get(PARAMETER), request.headers.get("Sec-Fetch-Dest", "document") == "document"
        is_framed = request.path.startswith("/embed/")  # what other sites show keeps nothing with their visitors
        if named in languages() and request.method == "GET" and opened and answer.mimetype == "text/html" and not is_framed:
            answer.set_cookie(
                COOKIE, named, max_age=COOKIE_SECONDS, samesite="Lax", httponly=True, secure=server.config["SESSION_COOKIE_SECURE"]
            )
        return answer

    server.after_request(kept)


_ALOUD: ContextVar[Language | None] = ContextVar("language", default=None)
"""The language of what is written for somebody who makes no request: a letter."""


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Within it texts are in the language `code`; in English where there is none of that name."""
    before = _ALOUD.set(languages().get(code) or languages()[ENGLISH])
    try:
        yield
    finally:
        _ALOUD.reset(before)


def spoken() -> Language:
    """The language of who reads the answer to the present request; English outside of one, of the API and for staff."""
    if (chosen := _ALOUD.get()) is not None:
        return chosen
    if not has_request_context():
        return languages()[ENGLISH]
    if "language" not in g:
        g.language = _chosen()
    return g.language


def others() -> list[Language]:
    """The languages the reader could choose instead; none for staff."""
    if EXTENSION not in current_app.extensions:
        return []
    return [other for other in languages().values() if other.code != spoken().code]


def _chosen() -> Language:
    city_locale = current_app.extensions.get(EXTENSION)
    if city_locale is None or request.path.startswith("/api/"):
        return languages()[ENGLISH]
    home, _sep, territory = city_locale().partition("-")
    known = languages(territory) if territory else languages()
    # "es-MX" asks for Spanish: whoever reads one country's reads another's sooner than a foreign language.
    browser = [tag.partition("-")[0].lower() for tag, quality in request.accept_languages if quality > 0]
    asked = (request.args.get(PARAMETER), request.cookies.get(COOKIE), *browser, home)
    return next((known[code] for code in asked if code in known), known[ENGLISH])


def _(text: str, /, **values: object) -> str:
    """`text` in the reader's language, its named `{fields}` filled in. A whole sentence, so that languages can order it their way.

    A field that is itself a marked text (`N_`) is translated too.
    """
    told = spoken().messages.gettext(text) if text else text
    return told.format(**{name: _shown(value) for name, value in values.items()}) if values else told


def plural(one: str, many: str, n: float, /, **values: object) -> str:
    """`one` or `many`, whichever the reader's language uses for `n` things, with `{n}` (in digits, grouped) and the other fields filled in."""
    speaks, whole = spoken(), float(n).is_integer()
    told = speaks.messages.ngettext(one, many, int(n) if whole else 2)
    shown = {name: _shown(value) for name, value in values.items()}
    return told.format(**{"n": speaks.number(f"{int(n):,}" if whole else f"{n:,.1f}"), **shown})


def said(error: BaseException) -> str:
    """What a refusal or failure says, in the reader's language."""
    if not isinstance(error, Told):
        return _(str(error))
    return _(error.text, **{name: spoken().number(f"{value:,}") if type(value) is int else value for name, value in error.values.items()})


def _shown(value: object) -> Any:
    return _(value) if isinstance(value, Phrase) else value
