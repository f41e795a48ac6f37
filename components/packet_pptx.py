"""A packet as slides whose charts are the presentation's own: whoever opens them can change their data, their texts and their look."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import date
from math import ceil
from typing import Any

from components import packet_charts, theme, words
from components.packet_view import NOTHING, Line, Shown, View

WIDTH, HEIGHT = 13.333, 7.5
"""Inches."""
EDGE, TOP, BOTTOM = 0.6, 1.25, 7.0
SIZES = (18, 16, 14, 12, 11)
"""Points a text may have; what does not fit at the smallest goes on on another slide."""
LETTER = 0.5
"""Width of a letter as part of its height, about."""
LINE, AFTER = 1.22, 0.4
"""Height of a line and the space after a paragraph, as parts of a letter's height."""
INK, SOFT = "1C2631", "55616D"
MOST_CHARTS = 4


def pptx_file(view: View, site: str) -> bytes:
    """The whole file. `site`: what stands before the address of a page."""
    made = _Slides(site)
    made.title(view)
    for part in view.parts:
        made.part(part)
    if not view.parts:
        made.texts(view.title, [Line(NOTHING, "")])
    kept = io.BytesIO()
    made.deck.save(kept)
    return kept.getvalue()


class _Slides:
    """A presentation that is being made."""

    def __init__(self, site: str) -> None:
        # Only needed to make a file; a process that serves pages does not wait for it when it starts.
        from pptx import Presentation
        from pptx.util import Inches

        self.site, self.deck, self.inches = site, Presentation(), Inches
        self.deck.slide_width, self.deck.slide_height = Inches(WIDTH), Inches(HEIGHT)

    def slide(self, heading: str, *, size: int = 28) -> Any:
        """A slide with its heading in the place for headings, so that outlines and screen readers find it."""
        made = self.deck.slides.add_slide(self.deck.slide_layouts[5])
        title = made.shapes.title
        title.left, title.top, title.width, title.height = (self.inches(at) for at in (EDGE, 0.35, WIDTH - 2 * EDGE, 0.8))
        title.text_frame.word_wrap = True
        title.text_frame.text = heading
        longest = (WIDTH - 2 * EDGE) * 72 / LETTER / size
        self._look(title.text_frame.paragraphs[0], size if len(heading) <= longest else size - 8, INK, bold=True)
        return made

    def title(self, view: View) -> None:
        made = self.slide(view.title, size=36)
        made.shapes.title.top = self.inches(2.4)
        box = self._box(made, EDGE, 3.4, WIDTH - 2 * EDGE, 2.0)
        for at, text in enumerate((view.city, view.about)):
            paragraph = box.paragraphs[0] if at == 0 else box.add_paragraph()
            paragraph.text = text
            self._look(paragraph, 18, SOFT)

    def part(self, of: Shown) -> None:
        lines = [*of.lines, *([Line(of.note, "")] if of.note else [])]
        charts = list(of.charts)
        beside = charts.pop(0) if charts else None
        self.texts(of.heading, lines, beside)
        for table in of.tables:
            self.table(table)
        for at in range(0, len(charts), MOST_CHARTS):
            self.charts(of.heading, charts[at : at + MOST_CHARTS])
        if of.questions or of.cases:
            cases = [Line(f"Case {case['id']}", case["address"]) for case in of.cases]
            asked = [Line(text, "") for text in of.questions]
            heading = f"{of.heading}: {'suggested questions' if of.questions else 'cases to look at'}"
            self.texts(heading, [*asked, *cases])

    def texts(self, heading: str, lines: Sequence[Line], beside: dict[str, Any] | None = None) -> None:
        """The lines as a list, on as many slides as they need; on the first one a chart stands beside them."""
        left = list(lines)
        while left:
            width = 6.2 if beside else WIDTH - 2 * EDGE
            size, count = _fitting([line.text + " source" for line in left], width, BOTTOM - TOP)
            made = self.slide(heading)
            box = self._box(made, EDGE, TOP, width, BOTTOM - TOP)
            for at, line in enumerate(left[:count]):
                self._line(box.paragraphs[0] if at == 0 else box.add_paragraph(), line, size)
            if beside:
                self._chart(made, beside, EDGE + width + 0.3, TOP, WIDTH - 2 * EDGE - width - 0.3, BOTTOM - TOP)
            left, beside = left[count:], None

    def charts(self, heading: str, charts: Sequence[dict[str, Any]]) -> None:
        """Up to four charts, side by side."""
        made = self.slide(heading)
        across, down = (1, 1) if len(charts) == 1 else (2, 1) if len(charts) == 2 else (2, 2)
        width, height = (WIDTH - 2 * EDGE - 0.3 * (across - 1)) / across, (BOTTOM - TOP - 0.2 * (down - 1)) / down
        for at, chart in enumerate(charts):
            self._chart(made, chart, EDGE + (width + 0.3) * (at % across), TOP + (height + 0.2) * (at // across), width, height)

    def table(self, table: dict[str, Any]) -> None:
        made = self.slide(table["caption"])
        rows, heads = table["rows"], table["heads"]
        frame = made.shapes.add_table(
            len(rows) + 1, len(heads), *(self.inches(at) for at in (EDGE, TOP, WIDTH - 2 * EDGE, 0.5 * (len(rows) + 1)))
        )
        self._describe(frame, table["caption"])
        for row, texts in enumerate([heads, *rows]):
            for column, text in enumerate(texts):
                cell = frame.table.cell(row, column)
                cell.text = text
                self._look(cell.text_frame.paragraphs[0], 14, "FFFFFF" if row == 0 else INK, bold=row == 0)

    def _chart(self, slide: Any, chart: dict[str, Any], x: float, y: float, width: float, height: float) -> None:
        from pptx.enum.chart import XL_CHART_TYPE, XL_LEGEND_POSITION

        from components.slide_workbook import NamesAndValues, Points

        is_numeric = chart["kind"] in ("days", "weeks")
        data: Any = Points() if is_numeric else NamesAndValues()
        if is_numeric:
            for line in chart["lines"]:
                series = data.add_series(line["name"])
                for at, value in zip(chart["x"], line["y"], strict=True):
                    if value is not None:
                        series.add_data_point(at, value)
        else:
            data.categories = [words.day(date.fromisoformat(at)) for at in chart["x"]] if chart["kind"] == "time" else chart["x"]
            for name, values in _series(chart):
                data.add_series(name, values)
        kind = (
            XL_CHART_TYPE.XY_SCATTER_LINES_NO_MARKERS
            if is_numeric
            else XL_CHART_TYPE.BAR_CLUSTERED
            if chart["kind"] == "bars"
            else XL_CHART_TYPE.LINE
        )
        frame = slide.shapes.add_chart(kind, *(self.inches(at) for at in (x, y, width, height)), data)
        self._describe(frame, packet_charts.said(chart, chart["said"]))
        drawn = frame.chart
        drawn.has_title = True
        drawn.chart_title.text_frame.text = chart["title"]
        self._look(drawn.chart_title.text_frame.paragraphs[0], 13, INK, bold=True)
        drawn.font.size = self._points(11)
        drawn.has_legend = len(drawn.plots[0].series) > 1
        if drawn.has_legend:
            drawn.legend.position, drawn.legend.include_in_layout = XL_LEGEND_POSITION.BOTTOM, False
        drawn.value_axis.tick_labels.number_format = "0%" if chart["unit"] == "share" else "#,##0.##"
        drawn.value_axis.tick_labels.number_format_is_linked = False
        if chart["kind"] == "bars":
            drawn.category_axis.reverse_order = True
            drawn.plots[0].has_data_labels = True
            drawn.value_axis.visible = drawn.value_axis.has_major_gridlines = False
        else:
            drawn.value_axis.major_gridlines.format.line.color.rgb = self._colour("DADFE4")
        self._colours(drawn, chart)

    def _colours(self, drawn: Any, chart: dict[str, Any]) -> None:
        from pptx.enum.chart import XL_MARKER_STYLE
        from pptx.enum.dml import MSO_LINE

        for at, series in enumerate(drawn.plots[0].series):
            if chart["kind"] == "bars":
                series.format.fill.solid()
                series.format.fill.fore_color.rgb = self._colour(theme.PRIMARY)
                continue
            is_limit = at >= len(chart["lines"])
            series.smooth = False
            series.format.line.color.rgb = self._colour(theme.QUIET if is_limit else theme.SERIES[at])
            series.format.line.width = self._points(1 if is_limit else 2.25)
            if is_limit or at:
                series.format.line.dash_style = MSO_LINE.DASH
        if chart["kind"] == "time":
            for at in chart["marked"]:
                marker = drawn.plots[0].series[0].points[at].marker
                marker.style, marker.size = XL_MARKER_STYLE.DIAMOND, 9
                marker.format.fill.solid()
                marker.format.fill.fore_color.rgb = self._colour(theme.SECOND)

    def _line(self, paragraph: Any, line: Line, size: int) -> None:
        run = paragraph.add_run()
        run.text = f"• {line.text}"
        if line.source:
            source = paragraph.add_run()
            source.text = " source"
            source.hyperlink.address = self.site + line.source
        self._look(paragraph, size, INK)
        paragraph.space_after = self._points(size * AFTER)

    def _box(self, slide: Any, x: float, y: float, width: float, height: float) -> Any:
        box = slide.shapes.add_textbox(*(self.inches(at) for at in (x, y, width, height))).text_frame
        box.word_wrap = True
        return box

    def _look(self, paragraph: Any, size: int, colour: str, *, bold: bool = False) -> None:
        for run in paragraph.runs:
            run.font.size, run.font.bold = self._points(size), bold
            if run.hyperlink.address is None:
                run.font.color.rgb = self._colour(colour)

    def _points(self, size: float) -> Any:
        from pptx.util import Pt

        return Pt(size)

    def _colour(self, colour: str) -> Any:
        from pptx.dml.color import RGBColor

        return RGBColor.from_string(colour.removeprefix("#"))

    def _describe(self, frame: Any, text: str) -> None:
        """What a screen reader says of a chart or a table."""
        frame._element.nvGraphicFramePr.cNvPr.set("descr", text)


def _series(chart: dict[str, Any]) -> list[tuple[str, list[Any]]]:
    """The lines of a chart, and its limits as lines of their own."""
    made = [(line["name"], line["y"]) for line in chart["lines"]]
    if chart["kind"] == "time" and chart["limits"] is not None:
        since, rest = chart["since"], len(chart["x"]) - chart["since"]
        names = ("Usual range: from", "Usual mean", "Usual range: to")
        made += [(name, [None] * since + [value] * rest) for name, value in zip(names, chart["limits"], strict=True)]
    return made


def _fitting(texts: Sequence[str], width: float, height: float) -> tuple[int, int]:
    """(points, how many of the texts) that fit into so many inches."""
    for size in SIZES:
        used = 0.0
        for count, text in enumerate(texts):
            used += (ceil(len(text) * size * LETTER / (72 * (width - 0.3))) * LINE + AFTER) * size / 72
            if used > height - 0.1 and size != SIZES[-1]:
                break
            if used > height - 0.1:
                return size, max(count, 1)
        else:
            return size, len(texts)
    raise AssertionError
