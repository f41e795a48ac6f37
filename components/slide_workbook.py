"""The data behind the charts of slides, as a workbook in which every name stays a text.

The name of a type or an area comes from the source. What begins with "=" would be run as a formula by whoever opens a chart's data.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

from pptx.chart.data import CategoryChartData, XyChartData
from pptx.chart.xlsx import CategoryWorkbookWriter, XyWorkbookWriter
from xlsxwriter import Workbook


class _OnlyTexts:
    """A writer whose sheet takes no text for a formula, a number or an address."""

    @contextmanager
    def _open_worksheet(self, xlsx_file: IO[bytes]) -> Iterator[tuple[Any, Any]]:
        with Workbook(xlsx_file, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}) as workbook:
            yield workbook, workbook.add_worksheet()


class _NamesWriter(_OnlyTexts, CategoryWorkbookWriter):
    pass


class _PointsWriter(_OnlyTexts, XyWorkbookWriter):
    pass


class NamesAndValues(CategoryChartData):
    """Values by name, of bars and lines."""

    @property
    def _workbook_writer(self) -> CategoryWorkbookWriter:
        return _NamesWriter(self)


class Points(XyChartData):
    """Pairs of numbers."""

    @property
    def _workbook_writer(self) -> XyWorkbookWriter:
        return _PointsWriter(self)
