"""Reads every page of the portal in a made-up language: `python -m tests.support.walking FOLDER`.

That language writes every letter of a text of ours as `¤` and leaves its fields alone; its months are Greek. So a
Latin word on a page is a name of the city's, or a text that nobody can translate. In a process of its own, since a
process has one audience. Prints JSON: how many texts were read on each page, and the words that stayed.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel import Locale
from babel.support import NullTranslations
from flask.testing import FlaskClient

from tests.support.marts import settings_in
from tests.support.posting import body, callbacks, caused

CODE = "qq"
SHOWN = {
    "children",
    "label",
    "title",
    "aria-label",
    "alt",
    "caption",
    "placeholder",
    "rows",
    "columns",
    "text",
    "hovertemplate",
    "ticktext",
}
"""Properties a reader sees or hears."""
SAID_OF_PAGE = re.compile(
    r'<meta (?:name|property)="[\w:]*(?:title|description)" content="([^"]*)"|<title>([^<]*)</title>|<noscript>(.*?)</noscript>'
)
"""What the page's own source says of it: to search engines, previews of links, and where nothing else works."""
HIDDEN = {"id", "data", "href", "src", "className", "config", "geojson", "customdata", "meta"}
KEPT = re.compile(r"Statroom|CSV|API|English|Español|JSON|GeoJSON|Parquet|https?://\S+|/[\w?#]\S*|'[a-z0-9_]+'|%\{[^}]*\}|<[^>]*>|&\w+;")
"""Names of things that have none in another language, addresses, and what plotly or HTML reads."""


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
    from components import catalogue, language, portal_links

    known = {
        form for message in catalogue.texts() if message.id for form in (message.id if isinstance(message.id, tuple) else (message.id,))
    }
    language.languages("US")[CODE] = language.languages()[CODE] = language.Language(CODE, Locale("el"), Masked(known))
    server = create_app(settings_in(folder, "public"))
    client = server.test_client()
    mart = server.extensions["statroom-desk"].mart()
    own = names_of(mart, server.extensions["statroom-desk"].city)
    places = [*portal_links.services(mart)[:1], *{place.address.split("/")[2]: place for place in portal_links.areas(mart)}.values()]
    paths = [page["path"] for page in dash.page_registry.values() if not page.get("path_template")] + ["/no/such/page"]
    known_paths = [place.address for place in places if dash._pages._path_to_page(place.address.strip("/"))[0] != {}]  # type: ignore[attr-defined]
    told: dict[str, Any] = {"read": {}, "left": {}}
    for path in [*paths, *known_paths, "/?during=2199-Q1", "/?request_type=nothing", "/?request_type=pothole", "/?district=hill"]:
        texts = [text for part in parts_of(client, path) for text in visible(part)]
        told["read"][path] = len(texts)
        left = sorted({word for text in texts for word in words_left(text, own)})
        if left:
            told["left"][path] = left
    return told


def parts_of(client: FlaskClient, address: str) -> Iterator[Any]:
    """The frame, the page at an address, and what its callbacks answer."""
    path, _sep, search = address.partition("?")
    yield client.get(f"/_dash-layout?lang={CODE}").get_json()
    router = next(name for name in callbacks() if "_pages_store" in name)
    given = {"_pages_location.pathname": path, "_pages_location.search": f"?{search}" if search else ""}
    page = asked(client, body(router, given))
    yield page
    index = client.get(f"{path}?lang={CODE}").get_data(as_text=True)
    assert f'<html lang="{CODE}">' in index, path
    yield {"title": page["_pages_store"]["data"]["title"], "text": SAID_OF_PAGE.findall(index)}
    question = next(part["props"]["data"] for part in components(page) if part["props"].get("id") == "question")
    for _name, content in caused(json.dumps(page), question):
        yield asked(client, content)


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


def visible(made: Any, shown: bool = False) -> Iterator[str]:
    """The texts a reader sees or hears; what says that it is English is let through, and so is code."""
    if isinstance(made, str):
        if shown:
            yield made
    elif isinstance(made, (list, tuple)):
        for value in made:
            yield from visible(value, shown)
    elif isinstance(made, dict):
        props = made.get("props", {})
        if made.get("type") == "Code" or props.get("lang") in ("en", "es"):
            return
        is_drawn = "data" in made and "layout" in made
        for name, value in made.items():
            if is_drawn and name == "data":
                yield from (text for trace in value for text in visible(trace))
                if made["layout"].get("showlegend"):
                    yield from (trace["name"] for trace in value if trace.get("showlegend", True) and isinstance(trace.get("name"), str))
            elif name not in HIDDEN and not (name == "options" and "config" in made):
                yield from visible(value, shown=name in SHOWN or (shown and isinstance(value, list)))


def names_of(mart: Any, city: Any) -> list[str]:
    """All names that are the city's own, the longest first."""
    dimensions = mart.dimensions
    layers = list(dimensions.area_layers)
    found = [layer.extra["plural"] for layer in layers] + [city.name, city.file.portal.licence or city.name]
    for members in (
        dimensions.departments,
        dimensions.request_types,
        dimensions.request_groups,
        dimensions.programmes,
        layers,
        *(dimensions.areas(layer.slug) for layer in layers),
    ):
        found += [member.name for member in members]
    return sorted({name.casefold() for name in found}, key=len, reverse=True)


def words_left(text: str, own: list[str]) -> list[str]:
    """The Latin words of a text that are neither a name of the city's nor one that is the same in all languages."""
    left = KEPT.sub(" ", text).casefold()
    for name in own:
        left = left.replace(name, " ")
    return re.findall(r"[a-záéíóúñü]{2,}[^<>]{0,40}", left)


if __name__ == "__main__":
    print(json.dumps(main(Path(sys.argv[1])), ensure_ascii=False))
