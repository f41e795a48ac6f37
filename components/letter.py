"""A letter as lines, and the same lines as plain text and as simple HTML."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Literal

STYLE = "font:15px/1.5 system-ui,Segoe UI,Roboto,Arial,sans-serif;color:#1c2630;max-width:40rem;margin:0 auto;padding:1rem"


@dataclass(frozen=True)
class Line:
    """One line of a letter."""

    text: str
    kind: Literal["text", "heading", "item"] = "text"
    path: str = ""
    """Path and query of the page it leads to; empty for none."""


@dataclass(frozen=True)
class Letter:
    """A letter before anybody's site is in its links."""

    subject: str
    lines: list[Line]


def as_text(of: Letter, site: str) -> str:
    """The letter as plain text. `site`: where its links lead."""
    made: list[str] = []
    for line in of.lines:
        if line.kind == "heading":
            made += ["", line.text.upper()]
        else:
            made.append(f"- {line.text}" if line.kind == "item" else line.text)
            made += [f"  {site}{line.path}"] if line.path else []
    return "\n".join(made).strip() + "\n"


def as_html(of: Letter, site: str, language: str = "en") -> str:
    """The same as HTML that needs nothing else: no picture is fetched, so nobody is told that it was read."""
    made, is_list = [f"<h1 style='font-size:1.25rem'>{escape(of.subject)}</h1>"], False
    for line in of.lines:
        text = f'<a href="{escape(site + line.path)}">{escape(line.text)}</a>' if line.path else escape(line.text)
        if (line.kind == "item") != is_list:
            made.append("<ul>" if line.kind == "item" else "</ul>")
            is_list = not is_list
        tag = {"heading": "h2 style='font-size:1.05rem'", "item": "li", "text": "p"}[line.kind]
        made.append(f"<{tag}>{text}</{tag.split()[0]}>")
    made += ["</ul>"] if is_list else []
    head = f'<meta charset="utf-8"><title>{escape(of.subject)}</title>'
    return f'<!DOCTYPE html><html lang="{language}"><head>{head}</head><body style="{STYLE}">{"".join(made)}</body></html>'
