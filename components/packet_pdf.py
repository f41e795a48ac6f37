"""A packet as a PDF that is tagged for screen readers, made by typst: no browser. What lacks a text or a heading is refused, not made."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Any

from components import briefing_words, packet_charts
from components.packet_view import NOTHING, View

TEMPLATE = Path(__file__).parent / "templates" / "packet.typ"
STANDARD = "ua-1"
FONT = "Source Sans Pro"


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
        (folder / "packet.json").write_text(json.dumps(_content(view, site, folder), ensure_ascii=False), "utf-8")
        fonts = [str(Path(font_source_sans_pro.font_directory))]
        made = typst.compile(
            str(folder / "packet.typ"), root=str(folder), font_paths=fonts, ignore_system_fonts=True, format="pdf", pdf_standards=[STANDARD]
        )
    assert isinstance(made, bytes)
    return made


def _content(view: View, site: str, folder: Path) -> dict[str, Any]:
    """What the template reads; every chart is a picture beside it."""
    parts = []
    for number, part in enumerate(view.parts):
        charts = []
        for at, chart in enumerate(part.charts):
            file, drawn = f"chart-{number}-{at}.svg", packet_charts.picture(chart, chart["said"], FONT)
            if drawn is not None:
                (folder / file).write_text(str(drawn), "utf-8")
                charts.append({"file": file, "title": chart["title"], "alt": packet_charts.said(chart, chart["said"])})
        parts.append({
            "kind": part.part.kind, "heading": part.heading, "note": part.note, "charts": charts, "tables": list(part.tables), "questions": list(part.questions),
            "lines": [{"text": line.text, "source": site + line.source if line.source else ""} for line in part.lines],
            "cases": [{"id": case["id"], "address": site + case["address"]} for case in part.cases],
        })  # fmt: skip
    return {
        "title": view.title, "about": view.about, "city": view.city, "parts": parts, "nothing": NOTHING, "suggested": briefing_words.SUGGESTED, "font": FONT,
    }  # fmt: skip
