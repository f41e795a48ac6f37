"""Answers as files, and answers with a tag that changes with the data."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
from flask import Response, request

from api.asking import tag
from api.errors import NotThere
from components import files
from components.keeping import SECONDS
from metrics.desk import Desk
from metrics.select import Asked

FORMATS = {"json": "application/json", "csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet"}


def file_of(frame: pd.DataFrame, form: str, name: str, facts: dict[str, Any]) -> Response:
    """`frame` as a download called `name`, CSV in pieces; `facts` say how old the data is."""
    require_format(form)
    body = files.csv_lines(frame) if form == "csv" else files.parquet_bytes(frame, facts)
    answer = Response(body, content_type=FORMATS[form])
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.{form}"'
    for header, fact in (("X-Statroom-As-Of", "as_of"), ("X-Statroom-Load-Id", "load_id")):
        if fact in facts:
            answer.headers[header] = str(facts[fact])
    return answer


def require_format(form: str) -> None:
    """Let a known form go on.

    Raises:
        NotThere: it is none.
    """
    if form not in FORMATS:
        raise NotThere(f"There is no '{form[:20]}' form of this; choose {', '.join(FORMATS)}.")


def kept_fresh(desk: Desk, asked: Asked, answer: Callable[[], Response], written: str = "") -> Response:
    """Every answer has a tag that changes with the data: who sends it back is told 304 without any question being put to the mart.

    `written`: changes with what people wrote of the figure, where the answer says that too.

    Public answers may be kept by browsers and proxies; staff answers by nobody but the program that asked.
    """
    mark = tag(asked, written)
    made = Response(status=304) if _is_held(mark) else answer()
    made.set_etag(mark)
    made.headers["Cache-Control"] = f"public, max-age={SECONDS}" if desk.is_public else "no-store"
    if not desk.is_public:
        made.vary.add("Cookie")
    return made


def _is_held(mark: str) -> bool:
    """Whether the caller has the present answer; a compressed one has its compression after the tag."""
    return any(held.partition(":")[0] == mark for held in request.if_none_match.as_set(include_weak=True))
