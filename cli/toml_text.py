"""Texts of a source in a TOML file: as values, and in comments, where nothing of them may become a line of its own."""

from __future__ import annotations

import json
from typing import Any


def quoted(value: Any) -> str:
    """A text as TOML writes it: as JSON does."""
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def in_comment(text: str) -> str:
    """`text` on one line, without characters that no comment may hold."""
    return " ".join(plain(text).split())


def lines_of(text: str) -> str:
    """A text of several lines, readable as it is unless something in it would end it."""
    held = "'''" in text or any(not (sign.isprintable() or sign in "\n\t") for sign in text)
    return quoted(text) if held else f"'''\n{text}\n'''"


def plain(text: str) -> str:
    """`text` without control characters (a terminal obeys them too); its lines stay."""
    return "".join(sign if sign.isprintable() or sign == "\n" else " " for sign in text)
