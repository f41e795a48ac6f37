"""The log of the web processes: one line for each thing, as text or as JSON, with the number of the request it belongs to.

Nothing in it says who asked for what: of a request the address of its page is told without what was asked of it, of the viewer the
role. Of an error that nobody foresaw its kind and where it was raised are told; its words may hold values of a case, so they
are left out unless STATROOM_DEBUG is 1.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import traceback
from datetime import UTC, datetime
from types import TracebackType

from flask import g, has_request_context

from settings import ROOT, Settings

MORE = ("method", "path", "status", "milliseconds", "bytes", "role", "sql")
"""What a line may say beside its words, under these names."""


def start(settings: Settings) -> None:
    """Write the log of this process to standard error, once for each process."""
    root = logging.getLogger()
    if any(isinstance(handler.formatter, (Lines, JsonLines)) for handler in root.handlers):
        return
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if settings.log_format == "json" else Lines())
    root.addHandler(handler)
    # A line for each request is for programs that collect them; as text it would drown what a person should read.
    logging.getLogger("statroom.requests").setLevel(logging.INFO if settings.log_format == "json" else logging.WARNING)


class Lines(logging.Formatter):
    """A line for people."""

    def format(self, record: logging.LogRecord) -> str:
        number = f" [{request_id()}]" if request_id() else ""
        line = f"{_instant(record)} {record.levelname.lower()} {record.name}{number}: {record.getMessage()}"
        return f"{line}\n{_told(record)}" if record.exc_info else line


class JsonLines(logging.Formatter):
    """A line for programs: `at`, `level`, `logger`, `message`, and where there are any `request`, the values of `MORE` and `error`."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "at": _instant(record), "level": record.levelname.lower(), "logger": record.name, "message": record.getMessage(),
        }  # fmt: skip
        if request_id():
            line["request"] = request_id()
        line |= {name: getattr(record, name) for name in MORE if hasattr(record, name)}
        if record.exc_info:
            line["error"] = _told(record)
        return json.dumps(line)


def request_id() -> str:
    """Number of the present request; empty outside of one."""
    return str(g.get("request_id", "")) if has_request_context() else ""


def _instant(record: logging.LogRecord) -> str:
    return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _told(record: logging.LogRecord) -> str:
    kind, error, where = record.exc_info  # type: ignore[misc]
    if kind is None:
        return ""
    if os.environ.get("STATROOM_DEBUG") == "1":
        return "".join(traceback.format_exception(kind, error, where)).rstrip()
    return f"{kind.__module__}.{kind.__name__} raised at {_way(where)}"


def _way(where: TracebackType | None) -> str:
    """`app.py:12 in serve < ...`, the innermost first."""
    frames = traceback.extract_tb(where)[-12:]
    return " < ".join(f"{frame.filename.removeprefix(f'{ROOT}/')}:{frame.lineno} in {frame.name}" for frame in reversed(frames))
