"""What a page of the portal tells those who open it without scripts: previews of links, search engines, plain browsers.

Title, finding, address and languages for the head of the page; the page's words and tables for its `<noscript>`. All of it
comes from released figures, is made once for each load and language, and never keeps a visitor waiting.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlencode

import dash
from dash import _pages
from flask import copy_current_request_context, request
from markupsafe import Markup, escape

from components import gate, language, unanswered, unscripted
from components.aside import done_within
from components.embed import home
from components.language import _
from components.markup import tag, together
from components.page import plain_query
from data_access.cache import cached, is_kept
from data_access.mart.reading import MartUnavailable
from metrics.definitions import DEFINITIONS_VERSION
from metrics.question import BadQuestion

PATIENCE = 0.3
"""Seconds that an index page waits for its words; they are there for the next reader."""
NAMED = ("during", "request_type")
"""Parameters, beside the layers of areas, of addresses that are shared; with any other the page has no words of its own here."""
IMAGE, IMAGE_SIZE = "/assets/preview.png", (1200, 630)


def index_parts() -> dict[str, str]:
    """The parts of the present request's index page: `title`, `head` and `noscript`."""
    page, variables = _pages._path_to_page(request.path.strip("/"))
    title = page.get("title") or "Statroom"
    title = title(**(variables or {})) if callable(title) else title
    words = _words(page, variables or {})
    return {
        "title": str(escape(title)),
        "head": str(_head(title.removesuffix(" · Statroom"), words[1])),
        "noscript": words[0],
    }


def _head(title: str, finding: str) -> Markup:
    city = _city()
    description = finding or _("How {city} answers what its residents report.", city=city)
    here, shown = _here(), f"{title} · {city}" if city else title
    said = {
        "og:type": "website", "og:site_name": city or "Statroom", "og:title": shown, "og:description": description, "og:url": here,
        "og:locale": str(language.spoken().locale), "og:image": home() + IMAGE, "og:image:width": str(IMAGE_SIZE[0]), "og:image:height": str(IMAGE_SIZE[1]),
        "og:image:alt": _("Statroom: how the city is doing"),
    }  # fmt: skip
    named = {
        "description": description,
        "twitter:card": "summary_large_image",
        "twitter:title": shown,
        "twitter:description": description,
        "twitter:image": home() + IMAGE,
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
    kept = {name: text for name, text in plain_query(request.args.to_dict()).items() if name in _named()}
    asked_for = request.args.get(language.PARAMETER, "") if code is None else code
    if asked_for in language.languages():
        kept[language.PARAMETER] = asked_for
    return home() + quote(request.path) + (f"?{urlencode(kept)}" if kept else "")


def _named() -> tuple[str, ...]:
    try:
        return (*NAMED, *(layer.slug for layer in gate.desk().mart().dimensions.area_layers))
    except MartUnavailable:
        return NAMED


def _city() -> str:
    return gate.desk().city.name


def _words(page: dict[str, Any], variables: dict[str, str]) -> tuple[str, str]:
    """(HTML, finding) of the present page; both empty where it has no words, or none yet."""
    query = plain_query({name: values if len(values) > 1 else values[0] for name, values in request.args.lists()})
    query.pop(language.PARAMETER, None)
    if not page or not set(query) <= set(_named()):
        return "", ""
    try:
        asked = gate.desk().ask(query)
    except (BadQuestion, MartUnavailable):
        return "", ""
    if refused := unanswered.refusal(query):
        return str(tag("p", refused)), ""
    parameters = [request.path, sorted(query.items()), language.spoken().code, DEFINITIONS_VERSION]

    def made() -> list[str]:
        try:
            found = unscripted.page_of(page["layout"](**{**query, **variables}) if callable(page["layout"]) else page["layout"])
        except BadQuestion:
            # Anybody can ask for what is not published: that is no fault to log, and not to be tried again at every visit.
            return ["", ""]
        return [str(found.html), found.summary()]

    def kept() -> list[str]:
        return cached("unscripted", asked.mart.edition, asked.scope, parameters, made)

    if not is_kept("unscripted", asked.mart.edition, asked.scope, parameters):
        key = f"unscripted {asked.mart.edition} {parameters}"
        if not done_within(key, PATIENCE, copy_current_request_context(kept)) or not is_kept(
            "unscripted", asked.mart.edition, asked.scope, parameters
        ):
            return "", ""
    html, finding = kept()
    return html, finding


def with_scripts_off(content: str) -> str:
    """What stands in `<noscript>`: a way around, then the page's words, or where they are not made yet the figures' files."""
    ways = [(page["path"], page["nav"]) for page in sorted(dash.page_registry.values(), key=lambda one: one["order"]) if page.get("nav")]
    links = tag("nav", [tag("a", _(str(name)), href=path, class_="nav-link") for path, name in ways], aria_label="Statroom")
    if content:
        note = together(_("Without JavaScript this page shows its words and tables; with it also charts, maps and choices."))
    else:
        files = tag("a", "/data", href="/data")
        note = together(_("The words of this page are being made: open it again in a moment. The same figures are in files:"), " ", files)
    return str(tag("div", links, tag("p", note, class_="note"), Markup(content), class_="noscript"))
