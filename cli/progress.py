"""How far a long command has come: a bar on a terminal, a line now and then elsewhere.

The bar is drawn on stderr, lines are log and go to stdout: stderr without a terminal has errors only.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

SECONDS_BETWEEN_LINES = 5.0


class LineProgress:
    """For log files and pipes."""

    def __init__(self) -> None:
        self._name, self._done, self._said, self._total = "", 0, 0, None
        self._said_at = 0.0

    def begin(self, source_name: str, total: int | None) -> None:
        self.finish()
        self._name, self._done, self._said, self._total = source_name, 0, 0, total
        self._said_at = time.monotonic()

    def advance(self, rows: int) -> None:
        self._done += rows
        if time.monotonic() - self._said_at >= SECONDS_BETWEEN_LINES:
            self._line()

    def say(self, text: str) -> None:
        self.finish()
        click.echo(text)

    def finish(self) -> None:
        if self._done > self._said:
            self._line()

    def _line(self) -> None:
        of = f" of {self._total:,}" if self._total else ""
        click.echo(f"{self._name}: {self._done:,}{of} rows")
        self._said, self._said_at = self._done, time.monotonic()


class BarProgress:
    """For a terminal."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

        columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bars = Progress(*columns, console=Console(stderr=True))
        self._bars.start()
        self._task: Any = None

    def begin(self, source_name: str, total: int | None) -> None:
        self._task = self._bars.add_task(source_name, total=total)

    def advance(self, rows: int) -> None:
        self._bars.advance(self._task, rows)

    def say(self, text: str) -> None:
        self._bars.console.print(text)

    def finish(self) -> None:
        self._bars.stop()


@contextmanager
def progress() -> Iterator[LineProgress | BarProgress]:
    """The one that suits where stderr goes; ended whatever happens."""
    shown = BarProgress() if sys.stderr.isatty() else LineProgress()
    try:
        yield shown
    finally:
        shown.finish()
