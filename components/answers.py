"""Whole answers of the portal, kept in this process: what everybody asks the same way is worked out, written and compressed once.

A resident's page depends on its address, the language, the host and the edition of the data, and on nothing about the
resident; so does each of its callbacks. They are kept under all of these for a minute at most, so that "3 hours ago"
is told right, and no longer than there is room. A staff process keeps no answer: there it depends on who asks.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from flask import Flask, Response, g, request

from components import compressing, gate, keeping, language, web
from data_access.mart.reading import MartUnavailable

UPDATE = "/_dash-update-component"
FRAME = ("/_dash-layout", "/_dash-dependencies")
MOST_BYTES = 32 * 1024 * 1024
LARGEST = 1024 * 1024
"""Bytes of one answer; a larger one is not kept."""


@dataclass
class Answer:
    """What was answered, in each way of compressing it that was asked for."""

    name: str
    content: bytes
    kind: str
    until: float
    """Seconds of the monotonic clock."""
    smaller: dict[str, bytes] = field(default_factory=dict)

    def size(self) -> int:
        return len(self.content) + sum(map(len, self.smaller.values()))


class Answers:
    """The answers kept; those asked for longest ago go when there is no room."""

    def __init__(self, most: int = MOST_BYTES) -> None:
        self.most, self.bytes = most, 0
        self._kept: OrderedDict[str, Answer] = OrderedDict()
        self._guard = threading.Lock()

    def get(self, key: str, coding: str | None) -> tuple[bytes, str] | None:
        """Content and kind of the answer kept under `key`, compressed as asked."""
        with self._guard:
            found = self._kept.get(key)
            if found is None:
                return None
            if found.until < time.monotonic():
                self._drop(key)
                return None
            self._kept.move_to_end(key)
        if coding is None:
            return found.content, found.kind
        if coding not in found.smaller:
            made = compressing.QUICK[coding](found.content)
            with self._guard:
                if coding not in found.smaller and self._kept.get(key) is found:
                    found.smaller[coding] = made
                    self.bytes += len(made)
            return made, found.kind
        return found.smaller[coding], found.kind

    def keep(self, key: str, content: bytes, kind: str, seconds: float = keeping.SECONDS) -> None:
        """Keep `content` for so long, if there is room for it."""
        with self._guard:
            self._drop(key)
            self._kept[key] = Answer(key, content, kind, time.monotonic() + seconds)
            self.bytes += len(content)
            while self.bytes > self.most:
                self._drop(next(iter(self._kept)))

    def _drop(self, key: str) -> None:
        gone = self._kept.pop(key, None)
        if gone is not None:
            self.bytes -= gone.size()


def look_up(server: Flask, kept: Answers) -> None:
    """Answer from `kept` what is there. Called after the limits: an answer that is kept counts like any other."""

    @server.before_request
    def answered() -> Response | None:
        key = _key()
        if key is None:
            return None
        coding = compressing.coding_for(request.headers.get("Accept-Encoding", ""))
        found = kept.get(key, coding)
        if found is None:
            g.setdefault(keeping.KEY, key)
            return None
        answer = Response(found[0], content_type=found[1])
        if coding:
            answer.headers["Content-Encoding"] = coding
            answer.vary.add("Accept-Encoding")
        return answer


def keep(server: Flask, kept: Answers) -> None:
    """Keep what is answered. Called last: what is kept is the bare answer, to which everything is done again that is done to answers."""

    @server.after_request
    def keeps(answer: Response) -> Response:
        key = g.pop(keeping.KEY, None)
        # Between the question and the answer a load may have been published: then it is not known of which edition the answer is.
        if key is None or answer.status_code != 200 or answer.is_streamed or "Set-Cookie" in answer.headers or key != _key():
            return answer
        if answer.content_length is not None and answer.content_length <= LARGEST:
            kept.keep(key, answer.get_data(), answer.content_type or "")
        return answer


def _key() -> str | None:
    """Under what the answer to the present request is kept; None for what is not."""
    if request.method == "POST" and request.path == UPDATE:
        if not 0 < (request.content_length or 0) <= web.LARGEST_BODY or request.content_type not in web.JSON_TYPES:
            return None
        asked = request.get_data()
    elif request.method == "GET" and (request.path in FRAME or request.endpoint in web.PAGES) and language.PARAMETER not in request.args:
        asked = request.full_path.encode()
    else:
        return None
    try:
        edition = gate.desk().mart().edition
    except MartUnavailable:
        return None
    # The edition is that of the public mart, which this process reads for one viewer alone: no scope of anybody could be mixed up.
    about = [request.method, edition, language.spoken().code, request.host_url]
    return hashlib.sha256(repr(about).encode() + b"\n" + asked).hexdigest()
