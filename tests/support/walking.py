"""Reads every page of the portal in a made-up language: `python -m tests.support.walking FOLDER`, which holds a loaded demo city.

That language writes every letter of a text of ours as `¤` and leaves its fields alone; its months are Greek. The names that the city gives in
Spanish are written so too. So a Latin word on a page is a name of the city's, or a text that nobody can translate. In a process of its own,
since a process has one audience. Prints JSON: how many texts were read at each address, and the words that stayed.
"""

from __future__ import annotations

import dataclasses
import html
import json
import os
import re
import sys
import tempfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from babel import Locale
from babel.support import NullTranslations
from flask.testing import FlaskClient

from tests.support.demo import CITY
from tests.support.marts import settings_in
from tests.support.posting import body, callbacks, caused

CODE, GIVEN = "qq", "es"
HIDDEN = {
    "id", "type", "namespace", "_dashprivate_layout", "className", "class_name", "style", "href", "src", "lang", "data", "config", "geojson", "meta", "role", "scope",
    "autoComplete", "inputMode", "tag", "target", "rel", "download", "value", "size", "active", "htmlFor", "pathname", "search", "hash", "storage_type", "key",
    "aria-live", "aria-hidden", "aria-controls", "aria-describedby", "aria-labelledby", "color", "debounce", "list", "srcDoc", "sandbox", "loading", "refresh",
}  # fmt: skip
"""Properties of components that no reader sees or hears."""
DRAWN = {"text", "hovertext", "hovertemplate", "texttemplate", "ticktext", "tickprefix", "ticksuffix", "title", "name", "x", "y", "labels"}
"""Properties of figures that are written out."""
SPOKEN_ATTRIBUTES = {"title", "alt", "aria-label", "placeholder", "content"}
UNSPOKEN_META = {
    "viewport",
    "robots",
    "referrer",
    "og:type",
    "og:url",
    "og:image",
    "og:locale",
    "og:image:width",
    "og:image:height",
    "twitter:card",
    "twitter:image",
}
KEPT = re.compile(
    r"Statroom|CSV|API|ETag|If-None-Match|JavaScript|OpenAPI|JSON|GeoJSON|Parquet|[\d.,]+\s(?:bytes|kB|MB)"
    r"|English|Español|https?://\S+|\S+@\S+|/[\w?#]\S*|\.\w+|'[a-z0-9_]+'|%\{[^}]*\}|<[^>]*>|&\w+;|\b\d{4}-\d\d(?:-\d\d\S*)?"
)
"""Names of things that have none in another language, addresses, and what plotly or HTML reads."""
TYPED = (
    "/?during=2199-Q1",
    "/?request_type=nothing",
    "/?request_type=pothole",
    "/?district=north-end",
    "/?from=never",
    "/no/such/page",
    "/service/nothing",
    "/area/district/nowhere",
)
"""Addresses that are no page's own: questions that are answered, refused or empty."""


class Masked(NullTranslations):
    """The catalogue of the made-up language: it has what the Spanish one has."""

    def __init__(self, known: set[str]) -> None:
        super().__init__()
        self.known = known

    def gettext(self, message: str) -> str:
        return masked(message) if message in self.known else message

    def ngettext(self, msgid1: str, msgid2: str, num: int) -> str:
        return self.gettext(msgid1 if num == 1 else msgid2)


def masked(text: str) -> str:
    """`text` without a letter outside of its fields and tags."""
    return re.sub(r"\{[^}]*\}|<[^>]*>|[^\W\d_]", lambda part: part[0] if len(part[0]) > 1 else "¤", text)


def main(folder: Path) -> dict[str, Any]:
    """Walk."""
    import dash

    from app import create_app
    from components import catalogue, language, portal_links, preview
    from components.chart import CHARTS

    known = {
        form for message in catalogue.texts() if message.id for form in (message.id if isinstance(message.id, tuple) else (message.id,))
    }
    language.languages("US")[CODE] = language.languages()[CODE] = language.Language(CODE, Locale("el"), Masked(known))
    # What readers without scripts are told is read at the first visit, not at the next.
    preview.PATIENCE = 60
    server = create_app(dataclasses.replace(settings_in(folder, "public"), city=CITY, data=Path(tempfile.mkdtemp())))
    client, desk = server.test_client(), server.extensions["statroom-desk"]
    desk.city.file.names[CODE] = {name: masked(name) for name in desk.city.file.names[GIVEN]}
    mart = desk.mart()
    own = sorted({name.casefold() for name in own_names(desk)}, key=len, reverse=True)
    places = [*portal_links.services(mart)[:1], *{place.address.split("/")[2]: place for place in portal_links.areas(mart)}.values()]
    pages = [page["path"] for page in dash.page_registry.values() if not page.get("path_template")]
    told: dict[str, Any] = {"read": {}, "left": {}}

    def read(address: str, parts: Iterator[Any]) -> None:
        texts = [text for part in parts for text in (spoken_in(part) if isinstance(part, str) else visible(part))]
        told["read"][address] = len(texts)
        typed = [part for name_and_value in parse_qsl(address.partition("?")[2]) for part in name_and_value]
        if left := sorted({word for text in texts for word in words_left(text, [*own, *typed])}):
            told["left"][address] = left

    for address in [*pages, *(place.address for place in places), *TYPED]:
        read(address, parts_of(client, address))
    street = str(mart.dimensions.streets["name"].iloc[0])
    own += [street.casefold()]
    read("address search", found_for(client, ("", "1 nowhere road", street, f"100 {street}")))
    for address in [
        *(f"/embed/chart/{name}" for name in CHARTS),
        "/embed/chart/none",
        "/embed/figure/opened",
        "/embed/figure/ontime_due",
        "/embed/figure/none",
    ]:
        read(address, iter([document(client, f"{address}?lang={CODE}")]))
    return told


def parts_of(client: FlaskClient, address: str) -> Iterator[Any]:
    """The frame, the document at an address, its page, and what the page's callbacks answer."""
    path, _sep, search = address.partition("?")
    yield client.get(f"/_dash-layout?lang={CODE}").get_json()
    yield document(client, f"{path}?{search}{'&' if search else ''}lang={CODE}")
    router = next(name for name in callbacks() if "_pages_store" in name)
    page = asked(client, body(router, {"_pages_location.pathname": path, "_pages_location.search": f"?{search}" if search else ""}))
    yield page
    yield page["_pages_store"]["data"]["title"]
    question = next((part["props"]["data"] for part in components(page) if part["props"].get("id") == "question"), None)
    if question is not None:
        for _name, content in caused(json.dumps(page), question):
            yield asked(client, content)


def document(client: FlaskClient, address: str) -> str:
    """What a browser gets there."""
    answer = client.get(address)
    text = answer.get_data(as_text=True)
    assert answer.status_code < 500 and f'<html lang="{CODE}">' in text, (address, answer.status_code)
    return text


def found_for(client: FlaskClient, typed: tuple[str, ...]) -> Iterator[Any]:
    """What is answered to addresses that a reader types."""
    name = next(name for name in callbacks() if "address-found" in name)
    for text in typed:
        yield asked(client, body(name, {"question.data": {}, "address.value": text, "address-find.n_clicks": 1}))


def asked(client: FlaskClient, content: dict[str, Any]) -> Any:
    answer = client.post(f"/_dash-update-component?lang={CODE}", json=content)
    assert answer.status_code == 200, (answer.status_code, content["output"], answer.get_data(as_text=True)[:300])
    return answer.get_json()["response"]


def components(made: Any) -> Iterator[dict[str, Any]]:
    """The components within what a callback answered."""
    if isinstance(made, dict):
        if "props" in made and "type" in made:
            yield made
        for value in made.values():
            yield from components(value)
    elif isinstance(made, list):
        for value in made:
            yield from components(value)


def visible(made: Any) -> Iterator[str]:
    """The texts of components that a reader sees or hears; what says that it is English is let through, and so is code."""
    if isinstance(made, str):
        yield made
    elif isinstance(made, list):
        for value in made:
            yield from visible(value)
    elif isinstance(made, dict):
        if made.get("type") == "Code" or made.get("props", {}).get("lang") in ("en", "es"):
            return
        if "data" in made and "layout" in made:
            yield from written([*made["data"], made["layout"]])
            return
        for name, value in made.items():
            if name not in HIDDEN:
                yield from visible(value)


def written(made: Any, name: str = "") -> Iterator[str]:
    """The texts of a figure. The name of a line that is in no legend and not told at the mouse is ours alone."""
    if isinstance(made, str):
        if name in DRAWN:
            yield made
    elif isinstance(made, list):
        for value in made:
            yield from written(value, name)
    elif isinstance(made, dict):
        is_named = made.get("showlegend", "type" not in made)
        for key, value in made.items():
            if key not in ("geojson", "meta") and (key != "name" or is_named):
                yield from written(value, key)


class Document(HTMLParser):
    """Collects what a document says."""

    SILENT, EMPTY = ("script", "style", "code"), ("meta", "link", "br", "img", "line", "path", "rect", "circle", "polyline")

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.within: list[bool] = []
        """Of each element that is open, whether it is passed over."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag not in self.EMPTY:
            self.within.append(tag in self.SILENT or given.get("lang") in ("en", "es"))
        if not any(self.within) and (tag != "meta" or (given.get("name") or given.get("property")) not in (*UNSPOKEN_META, None)):
            self.said += [value for name, value in attrs if name in SPOKEN_ATTRIBUTES and value]

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.EMPTY:
            self.within.pop()

    def handle_data(self, data: str) -> None:
        if not any(self.within):
            self.said.append(data)


def spoken_in(document: str) -> list[str]:
    """The texts and spoken attributes of an HTML document, that for readers without scripts included."""
    made = Document()
    made.feed(document)
    return made.said


def own_names(desk: Any) -> Iterator[str]:
    """The names that are the city's own and that it gave in no other language."""
    dimensions, given = desk.mart().dimensions, desk.city.file.names[GIVEN]
    layers = list(dimensions.area_layers)
    named = [*(layer.extra["plural"] for layer in layers), desk.city.name, desk.city.file.portal.licence]
    for members in (
        dimensions.departments, dimensions.request_types, dimensions.request_groups, dimensions.programmes, layers, *(dimensions.areas(layer.slug) for layer in layers),
    ):  # fmt: skip
        named += [member.name for member in members]
    return (name for name in named if name and name not in given)


def words_left(text: str, own: list[str]) -> list[str]:
    """The Latin words of a text that are neither a name of the city's nor one that is the same in all languages."""
    left = KEPT.sub(" ", html.unescape(text)).casefold()
    for name in own:
        left = left.replace(name, " ")
    return re.findall(r"[a-záéíóúñü]{2,}[^<>]{0,40}", left)


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1])), ensure_ascii=False), flush=True)
    # Threads that make files aside may still run, and an engine that is taken down under them ends in an abort.
    os._exit(0)
