"""What a page of the portal tells those who open it without scripts: previews of links, search engines, plain browsers.

Title, finding, address and languages for the head of the page; the page's words and tables for its `<noscript>`. All of it
comes from released figures, is made once for each load and language, and never keeps a visitor waiting.
"""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from dash import _pages
from flask import copy_current_request_context, request
from markupsafe import Markup, escape

from components import gate, keeping, language, picture, unanswered, unscripted
from components.aside import done_within
from components.embed import home
from components.language import _
from components.markup import tag, together
from components.page import in_navigation, plain_query
from data_access.cache import cached, is_kept
from data_access.mart.reading import MartUnavailable
from metrics.definitions import DEFINITIONS_VERSION
from metrics.question import BadQuestion

AT_ONCE = -1.0
"""As patience: whoever asks makes the words, and nothing is done aside."""
PATIENCE = 0.3
"""Seconds that an index page waits for its words; they are there for the next reader."""
NAMED = ("during", "request_type")
"""Parameters, beside the layers of areas, of addresses that are shared; with any other the page has no words of its own here."""
IMAGE, PAGE = "/preview.png", "page"
"""Address of the pictures of pages, and the parameter that says of which."""


class Words(NamedTuple):
    """What a page says without scripts; all empty where it has no words, or none yet."""

    html: str = ""
    finding: str = ""
    figure: str = ""
    """The figure that says most of what the page is about."""
    sentence: str = ""
    """What that figure is."""


def index_parts() -> dict[str, str]:
    """The parts of the present request's index page: `title`, `head` and `noscript`."""
    page, variables = _pages._path_to_page(request.path.strip("/"))
    title = _titled(page, variables or {})
    words = _words(page, variables or {}, request.path, _asked_in_address(), PATIENCE)
    return {"title": str(escape(title)), "head": str(_head(title.removesuffix(" · Statroom"), words.finding)), "noscript": words.html}


def told_of(path: str, query: dict[str, str], patience: float) -> tuple[str, Words]:
    """Title and words of the page at `path`, waited for so many seconds."""
    page, variables = _pages._path_to_page(path.strip("/"))
    return _titled(page, variables or {}).removesuffix(" · Statroom"), _words(page, variables or {}, path, query, patience)


def _titled(page: dict[str, Any], variables: dict[str, str]) -> str:
    title = page.get("title") or "Statroom"
    return title(**variables) if callable(title) else title


def _asked_in_address() -> dict[str, str]:
    query = plain_query({name: values if len(values) > 1 else values[0] for name, values in request.args.lists()})
    query.pop(language.PARAMETER, None)
    return query


def _head(title: str, finding: str) -> Markup:
    city = _city()
    description = finding or _("How {city} answers what its residents report.", city=city)
    here, shown = _here(), f"{title} · {city}" if city else title
    said = {
        "og:type": "website", "og:site_name": city or "Statroom", "og:title": shown, "og:description": description, "og:url": here,
        "og:locale": str(language.spoken().locale), "og:image": _image(), "og:image:width": str(picture.SIZE[0]), "og:image:height": str(picture.SIZE[1]),
        "og:image:alt": f"{shown}. {description}",
    }  # fmt: skip
    named = {
        "description": description,
        "twitter:card": "summary_large_image",
        "twitter:title": shown,
        "twitter:description": description,
        "twitter:image": _image(),
    }
    spoken = language.languages()
    links = [tag("link", rel="canonical", href=here)]
    if len(spoken) > 1:
        links += [tag("link", rel="alternate", hreflang=code, href=_here(code)) for code in spoken]
        links.append(tag("link", rel="alternate", hreflang="x-default", href=_here("")))
    return together(
        *[tag("meta", name=name, content=text) for name, text in named.items()],
        *[tag("meta", property=name, content=text) for name, text in said.items()],
        *links,
    )


def _here(code: str | None = None) -> str:
    """The whole address of the present page, what it asks and nothing else; in language `code`, by default the one that was asked for by name."""
    kept = {name: text for name, text in plain_query(request.args.to_dict()).items() if name in named()}
    asked_for = request.args.get(language.PARAMETER, "") if code is None else code
    if asked_for in language.languages():
        kept[language.PARAMETER] = asked_for
    return home() + quote(request.path) + (f"?{urlencode(kept)}" if kept else "")


def _image() -> str:
    """The whole address of the picture of the present page."""
    query = _here().partition("?")[2]
    return f"{home()}{IMAGE}?{urlencode({PAGE: request.path})}" + (f"&{query}" if query else "")


def named() -> tuple[str, ...]:
    try:
        return (*NAMED, *(layer.slug for layer in gate.desk().mart().dimensions.area_layers))
    except MartUnavailable:
        return NAMED


def _city() -> str:
    return gate.desk().city.name


def _words(page: dict[str, Any], variables: dict[str, str], path: str, query: dict[str, str], patience: float) -> Words:
    """What the page at `path` says, if its words are there within so many seconds."""
    if not page or not set(query) <= set(named()):
        return Words()
    try:
        asked = gate.desk().ask(query)
    except (BadQuestion, MartUnavailable):
        return Words()
    if refused := unanswered.refusal(query):
        return Words(str(tag("p", refused)))
    parameters = [path, sorted(query.items()), language.spoken().code, DEFINITIONS_VERSION]

    def made() -> list[str]:
        try:
            found = unscripted.page_of(page["layout"](**{**query, **variables}) if callable(page["layout"]) else page["layout"])
        except BadQuestion:
            # Anybody can ask for what is not published: that is no fault to log, and not to be tried again at every visit.
            return list(Words())
        return list(Words(str(found.html), found.summary(), *found.main()))

    def kept() -> list[str]:
        return cached("page-words", asked.mart.edition, asked.scope, parameters, made)

    if patience != AT_ONCE and not is_kept("page-words", asked.mart.edition, asked.scope, parameters):
        key = f"page-words {asked.mart.edition} {parameters}"
        if not done_within(key, patience, copy_current_request_context(kept)) or not is_kept(
            "page-words", asked.mart.edition, asked.scope, parameters
        ):
            keeping.unkept()
            return Words()
    return Words(*kept())


def with_scripts_off(content: str) -> str:
    """What stands in `<noscript>`: a way around, then the page's words, or where they are not made yet the figures' files."""
    ways = [(page["path"], page["nav"]) for page in in_navigation()]
    links = tag("nav", [tag("a", _(str(name)), href=path, class_="nav-link") for path, name in ways], aria_label="Statroom")
    if content:
        note = together(_("Without JavaScript this page shows its words and tables; with it also charts, maps and choices."))
    else:
        files = tag("a", "/data", href="/data")
        note = together(_("The words of this page are being made: open it again in a moment. The same figures are in files:"), " ", files)
    return str(tag("div", links, tag("p", note, class_="note"), Markup(content), class_="noscript"))
