"""HTML and SVG as text, for answers that a browser shows without scripts. Whatever is put in is escaped: only `tag` makes tags."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup, escape

EMPTY = frozenset({"br", "circle", "hr", "img", "input", "line", "link", "meta", "path", "polyline", "rect"})
"""Elements that hold nothing."""


def tag(name: str, /, *content: Any, **attributes: Any) -> Markup:
    """`<name attributes>content</name>`; None is left out, `class_` is class, `aria_label` is aria-label, and texts are escaped."""
    said = "".join(
        f' {_name(key)}="{escape(_value(value))}"' for key, value in attributes.items() if value is not None and value is not False
    )
    if name in EMPTY:
        return Markup(f"<{name}{said}/>" if not content else f"<{name}{said}>{together(*content)}</{name}>")
    return Markup(f"<{name}{said}>{together(*content)}</{name}>")


def together(*content: Any) -> Markup:
    """Pieces one after the other, None left out; a list is its pieces."""
    made = ""
    for piece in content:
        made += together(*piece) if isinstance(piece, (list, tuple)) else "" if piece is None else escape(piece)
    return Markup(made)


def _name(key: str) -> str:
    return key.rstrip("_").replace("_", "-")


def _value(value: Any) -> str:
    if value is True:
        return ""
    return f"{value:.1f}".rstrip("0").rstrip(".") if isinstance(value, float) else str(value)
