"""How long answers of the public process may be kept by others, and how large an answer may be: one place for both."""

from __future__ import annotations

import logging

from flask import Flask, Response, g, has_request_context, request

from components.language import PARAMETER

SECONDS = 60
"""How long browsers and proxies may show an answer without asking again."""
LARGEST_ANSWER = 2 * 1024 * 1024
"""Bytes, before compression, of a callback's or a program's answer that is not a file."""
UNKEPT = ("/healthz", "/readyz", "/metrics")
HOST_BEFORE = "X-Forwarded-Host"
"""What a proxy writes the host into that was asked for, or hands on from a client."""

KEY = "statroom-answer-key"
"""Under what the answer to the present request is to be kept (`components/answers.py`)."""

log = logging.getLogger(__name__)


def unkept() -> None:
    """Say that the answer to the present request may be another one in a moment: this process does not keep it."""
    if has_request_context():
        g.pop(KEY, None)


def bound(server: Flask) -> None:
    """Refuse answers that are too large. Called after compression is set up, so that what is measured is not compressed yet."""

    @server.after_request
    def bounded(answer: Response) -> Response:
        size = None if answer.is_streamed or answer.direct_passthrough else answer.content_length
        if size is not None and size > LARGEST_ANSWER and answer.mimetype == "application/json":
            log.warning("An answer of %s bytes to %s was refused", size, request.path)
            told = f"The answer has {size:,} bytes; {LARGEST_ANSWER:,} are allowed. Ask for a shorter period, fewer groups, or a file.\n"
            return Response(told, status=413, content_type="text/plain; charset=utf-8", headers={"Cache-Control": "no-store"})
        return answer


def start(server: Flask) -> None:
    """Give public answers their time to live and their tag. Called before compression is set up, so that each compression has its own tag."""
    server.after_request(_kept)


def _kept(answer: Response) -> Response:
    """A tag of the content, so that it changes when the content does and with nothing else."""
    if request.method not in ("GET", "HEAD") or answer.status_code != 200 or request.path in UNKEPT or answer.direct_passthrough:
        return answer
    # Who names a language in the address is given a cookie with the answer, which is then theirs alone.
    whose = "private" if PARAMETER in request.args and answer.mimetype == "text/html" else "public"
    answer.headers.setdefault("Cache-Control", f"{whose}, max-age={SECONDS}")
    if HOST_BEFORE in request.headers:
        # The page says where it is. Where a proxy passes on what a client says of that, no other client may be given the answer.
        answer.vary.add(HOST_BEFORE)
    if not answer.is_streamed:
        answer.add_etag()
        answer.make_conditional(request)
    return answer
