"""A page of the portal as plain HTML, for readers and programs that run no scripts: its words, its findings, its tables.

It is made of the page's own layout, and filled by the functions that fill the page in a browser, so it says the same.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dash import dcc, html
from dash.development.base_component import Component
from markupsafe import Markup

from components import embed, gate
from components.chart import CHARTS
from components.language import said
from components.markup import tag, together
from components.plain_table import PlainTable
from metrics.question import BadQuestion
from metrics.select import Asked

KEPT = frozenset(
    "h1 h2 h3 h4 p div section article nav ul ol li dl dt dd strong em span code table thead tbody tr th td caption details summary a time br".split()
)
"""Elements that say something without a script."""
MOST_ROWS = 25
LONGEST_SAID = 220


@dataclass
class Page:
    """What became of a page."""

    html: str = ""
    said: list[str] = field(default_factory=list)
    """What the page found, sentence by sentence, in the order of the page."""
    figures: list[tuple[str, str]] = field(default_factory=list)
    """What stands in bold in a sentence, and the sentence."""

    def main(self) -> tuple[str, str]:
        """The figure that says most, and its sentence: how well something went before how much of it there was."""
        rated = [found for found in self.figures if not re.fullmatch(r"[\d.,\s]+", found[0])]
        return next(iter([*rated, *self.figures]), ("", ""))

    def summary(self) -> str:
        """The first of it, for previews."""
        made = ""
        for sentence in self.said:
            if made and len(made) + len(sentence) >= LONGEST_SAID:
                break
            made = f"{made} {sentence}".strip()
        return made if len(made) <= LONGEST_SAID else made[: LONGEST_SAID - 1].rsplit(" ", 1)[0] + "…"


def page_of(layout: Component) -> Page:
    """`layout` (of one page) filled in.

    Raises:
        BadQuestion: its question cannot be asked.
    """
    made = Page()
    asked = gate.desk().ask(gate.query_of(_question_in(layout)))
    made.html = _shown(layout, asked.remembering(), made, gate.query_of(_question_in(layout)))
    return made


def _question_in(layout: Component) -> Mapping[str, str]:
    for child in layout.children or []:  # type: ignore[attr-defined]
        if isinstance(child, dcc.Store) and getattr(child, "id", None) == "question":
            return child.data  # type: ignore[attr-defined]
    return {}


def _shown(part: Any, asked: Asked, page: Page, query: dict[str, str]) -> Markup:
    if part is None or isinstance(part, (str, int, float)):
        return together(part)
    if isinstance(part, (list, tuple)):
        return together(*[_shown(one, asked, page, query) for one in part])
    name = getattr(part, "id", None)
    if isinstance(name, str) and name.startswith("chart-") and name.removeprefix("chart-") in CHARTS:
        return _chart(name.removeprefix("chart-"), asked, page, query)
    content = getattr(part, "children", None)
    if isinstance(name, str) and name in gate.FILLED:
        content = gate.FILLED[name](asked)
        paragraphs = _paragraphs(content)
        page.said += [text for text in map(_text_of, paragraphs) if text]
        page.figures += [found for found in map(_figure_in, paragraphs) if found is not None]
    if isinstance(part, PlainTable):
        return _table(part)
    return _element(part, _shown(content, asked, page, query))


def _element(part: Component, content: Markup) -> Markup:
    kind = "a" if isinstance(part, dcc.Link) else part._type.lower()
    if part._namespace not in ("dash_html_components", "dash_core_components") or kind not in KEPT or getattr(part, "hidden", None):
        return Markup("")
    address = getattr(part, "href", None)
    if kind == "a" and not (isinstance(address, str) and address.startswith(("/", "#", "?", "https://"))):
        return content
    return tag(
        kind,
        content,
        href=address if kind == "a" else None,
        scope=getattr(part, "scope", None) if kind == "th" else None,
        lang=getattr(part, "lang", None),
    )


def _chart(name: str, asked: Asked, page: Page, query: dict[str, str]) -> Markup:
    chart = CHARTS[name]
    try:
        widget = embed.of_chart(chart, asked, query, most=MOST_ROWS, pictured=False)
    except BadQuestion as error:
        return tag("p", said(error))
    page.said.append(widget.heading)
    return tag("section", tag("h2", widget.heading), tag("p", widget.about), widget.table, tag("p", widget.note) if widget.note else None)


def _table(part: PlainTable) -> Markup:
    said = [[cell if isinstance(cell, str) else cell[0] for cell in row] for row in part.rows[:MOST_ROWS]]  # type: ignore[attr-defined]
    head = tag("thead", tag("tr", [tag("th", column["label"], scope="col") for column in part.columns]))  # type: ignore[attr-defined]
    return tag("table", head, tag("tbody", [tag("tr", [tag("td", cell) for cell in row]) for row in said]))


def _paragraphs(content: Any) -> list[Any]:
    """The paragraphs in what fills a part."""
    if isinstance(content, (list, tuple)):
        return [found for one in content for found in _paragraphs(one)]
    if isinstance(content, html.P):
        return [content]
    return _paragraphs(getattr(content, "children", None)) if isinstance(content, (html.Div, html.Section)) else []


def _figure_in(paragraph: Any) -> tuple[str, str] | None:
    """The first part of a paragraph that stands in bold, and the sentence it stands in."""
    parts = paragraph.children if isinstance(paragraph.children, list) else [paragraph.children]
    bold = next((_text_of(part) for part in parts if isinstance(part, html.Strong)), None)
    if bold is None:
        return None
    sentences = re.split(r"(?<=[.!?]) (?=\S)", _text_of(parts))
    return bold, next((sentence for sentence in sentences if bold in sentence), sentences[0])


def _text_of(part: Any) -> str:
    if part is None:
        return ""
    if isinstance(part, (list, tuple)):
        return "".join(_text_of(one) for one in part)
    return str(part) if isinstance(part, (str, int, float)) else _text_of(getattr(part, "children", None))
