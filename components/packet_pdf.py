"""A packet as a PDF that is tagged for screen readers, made by typst: no browser. What lacks a text or a heading is refused, not made.

PDF/UA-1 allows no sign that the file's font lacks. People write such signs, and names from a source have them; in their place stands a box.
"""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

from components import briefing_words, packet_charts
from components.packet_view import NOTHING, View

TEMPLATE = Path(__file__).parent / "templates" / "packet.typ"
STANDARD = "ua-1"
FONT = "Source Sans Pro"
BOX = "\u25a1"
BOXED = f"{BOX} stands for a sign that the font of this file lacks; the page and the HTML file have it."
ROUNDS = 5
"""How often a file is tried; the compiler names all signs at once, and what stands behind a whole word only after that."""
_LACKING = re.compile(r'the text `"((?:[^"\\]|\\.)+)"` could not be displayed')


def pdf_file(view: View, site: str) -> bytes:
    """The whole file. `site`: what stands before the address of a page.

    Raises:
        typst.TypstError: the document would not be accessible to everybody (PDF/UA-1), or the template is broken.
    """
    # Both are only needed to make a file; a process that serves pages waits for neither when it starts.
    import font_source_sans_pro
    import typst

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "packet.typ").write_text(TEMPLATE.read_text("utf-8"), "utf-8")
        lacking = frozenset[str]()
        fonts = [str(Path(font_source_sans_pro.font_directory))]
        for left in reversed(range(ROUNDS)):
            (folder / "packet.json").write_text(json.dumps(_content(view, site, folder, lacking), ensure_ascii=False), "utf-8")
            try:
                made = typst.compile(
                    str(folder / "packet.typ"), root=str(folder), font_paths=fonts, ignore_system_fonts=True, format="pdf", pdf_standards=[STANDARD]
                )  # fmt: skip
            except typst.TypstError as error:
                found = _lacking(f"{error} {error.diagnostic}") - lacking
                if not found or not left:
                    raise
                lacking |= found
                continue
            assert isinstance(made, bytes)
            return made
    raise AssertionError


def _lacking(said: str) -> frozenset[str]:
    """The signs that the compiler says its fonts lack. It writes them as Rust does: `\\u{1}` for what cannot be printed."""
    texts = [re.sub(r"\\u\{([0-9a-f]+)\}", lambda code: chr(int(code[1], 16)), text) for text in _LACKING.findall(said)]
    return frozenset(sign for text in texts for sign in text if not (sign.isascii() and sign.isprintable()))


def _boxed(value: Any, boxes: dict[int, str]) -> Any:
    """The content with a box for each such sign; addresses hold none."""
    if isinstance(value, dict):
        return {name: _boxed(one, boxes) for name, one in value.items()}
    return [_boxed(one, boxes) for one in value] if isinstance(value, list) else value.translate(boxes) if isinstance(value, str) else value


def _content(view: View, site: str, folder: Path, lacking: frozenset[str]) -> dict[str, Any]:
    """What the template reads; every chart is a picture beside it."""
    parts, boxes = [], dict.fromkeys(map(ord, lacking), BOX)
    for number, part in enumerate(view.parts):
        charts = []
        for at, chart in enumerate(part.charts):
            file, drawn = f"chart-{number}-{at}.svg", packet_charts.picture(chart, chart["said"], FONT)
            if drawn is not None:
                (folder / file).write_text(str(drawn).translate(boxes), "utf-8")
                charts.append({"file": file, "title": chart["title"], "alt": packet_charts.said(chart, chart["said"])})
        parts.append({
            "kind": part.part.kind, "heading": part.heading, "note": part.note, "charts": charts, "tables": list(part.tables), "questions": list(part.questions),
            "lines": [{"text": line.text, "source": site + line.source if line.source else ""} for line in part.lines],
            "cases": [{"id": case["id"], "address": site + case["address"]} for case in part.cases],
        })  # fmt: skip
    about = f"{view.about} {BOXED}" if lacking else view.about
    content = {
        "title": view.title, "about": about, "city": view.city, "parts": parts, "nothing": NOTHING, "suggested": briefing_words.SUGGESTED, "font": FONT,
    }  # fmt: skip
    return _boxed(content, boxes)
