"""The worker of gunicorn that serves Statroom: a request gets a thread once it is here as a whole, and nobody waits for a restart.

gunicorn's own gives a thread to a connection and reads on it until the request has come. Then as many clients as there are
threads, each of which sends one byte and waits, keep everybody else out. Here what has come is only looked at, without a
thread, until the request is whole; who is too slow is left.

When its workers are replaced (HUP), gunicorn lets the old ones go as soon as the new ones are begun. Here they go on until
the new ones can answer.
"""

from __future__ import annotations

import mmap
import re
import socket
import struct
import time
from typing import Any

from gunicorn.workers.gthread import _DEFER, TConn, ThreadWorker

WHOLE_SECONDS = 20.0
"""A request that is not whole after this long is not waited for."""
LARGEST_HEAD = 65_536
LARGEST_BODY = 131_072
"""Of a request that says it has more, the head is enough: it is refused."""
SILENT_SECONDS = 15
"""For so long a client may neither send the next part of a body nor take the next part of an answer."""
SUCCESSOR_SECONDS = 20.0
"""A worker that is replaced waits no longer than this for those who come after it."""
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*(\d{1,12})[ \t]*\r\n", re.IGNORECASE)


# What the first process and its workers know together. The place comes into being before they part.
_SHARED = mmap.mmap(-1, 4_096)
_REPLACED = struct.Struct("qq")
"""At its beginning: workers up to this age are being replaced, by so many. Behind it a byte for each worker that is ready."""


def replace_workers(server: Any) -> None:
    """Hook `on_reload` of gunicorn: those who are there now go when those who come are ready."""
    _REPLACED.pack_into(_SHARED, 0, server.worker_age, server.num_workers)
    _SHARED[_REPLACED.size :] = bytes(len(_SHARED) - _REPLACED.size)


class WholeRequests(ThreadWorker):  # type: ignore[misc]
    """As gunicorn's `gthread`, with requests that are whole before they are given to a thread, and without a gap at a restart."""

    leaves_at: float | None = None
    """When a worker that is replaced goes at the latest."""

    def run(self) -> None:
        """Serve. What `post_worker_init` had to do is done."""
        _SHARED[self._place(self.age)] = 1
        super().run()

    def handle_exit(self, sig: int, frame: Any) -> None:
        """Asked to go: at once, or when those who come after it are ready."""
        if self._are_successors_ready():
            super().handle_exit(sig, frame)
        elif self.leaves_at is None:
            self.leaves_at = time.monotonic() + SUCCESSOR_SECONDS

    def wait_for_and_dispatch_events(self, timeout: float) -> None:
        """One turn of the loop."""
        if self.alive and self.leaves_at is not None:
            timeout = min(timeout, 0.1)
            self.alive = time.monotonic() < self.leaves_at and not self._are_successors_ready()
        super().wait_for_and_dispatch_events(timeout)

    def _are_successors_ready(self) -> bool:
        oldest, count = _REPLACED.unpack_from(_SHARED, 0)
        # Who is not being replaced has nobody to wait for: everything ends.
        return self.age > oldest or all(_SHARED[self._place(age)] for age in range(oldest + 1, oldest + count + 1))

    @staticmethod
    def _place(age: int) -> int:
        return _REPLACED.size + age % (len(_SHARED) - _REPLACED.size)

    def handle(self, conn: TConn) -> Any:
        """Answer the request of a connection, put it aside if it is not here yet, or leave the connection."""
        # A worker that is leaving reads what is coming now: it would not come back to it.
        if self.cfg.is_ssl or conn.is_http2 or not self.alive or _reads_ahead(conn):
            return super().handle(conn)
        try:
            missing = _missing(conn)
        except OSError:
            return False
        if not missing:
            conn.data_ready = True
            return super().handle(conn)
        if time.monotonic() - conn.since > WHOLE_SECONDS:
            return False
        return _DEFER


def _reads_ahead(conn: TConn) -> bool:
    """Whether bytes of the next request were read with the one before."""
    return conn.parser is not None and bool(conn.parser.unreader.buf.getvalue())


def _missing(conn: TConn) -> bool:
    """Whether more of the request is to come. The connection then wakes us when there is more, and not before."""
    try:
        here = conn.sock.recv(LARGEST_HEAD + LARGEST_BODY, socket.MSG_PEEK | socket.MSG_DONTWAIT)
    except BlockingIOError:
        here = None
    known = getattr(conn, "seen", None)
    if known is None:
        conn.since = time.monotonic()
        for option in (socket.SO_RCVTIMEO, socket.SO_SNDTIMEO):
            conn.sock.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", SILENT_SECONDS, 0))
    wanted = 1 if here is None else _wanted(here)
    # Nothing more although we were woken: the client has said all it will.
    if wanted is None or here == b"" or (here is not None and len(here) == known):
        conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, 1)
        conn.seen = None
        return False
    conn.seen = len(here or b"")
    conn.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVLOWAT, wanted)
    return True


def _wanted(here: bytes) -> int | None:
    """How many bytes there must be before it is worth looking again; None if the request is whole, or too large to wait for."""
    head, end, _ = here.partition(b"\r\n\r\n")
    if not end:
        return None if len(here) >= LARGEST_HEAD else len(here) + 1
    length = _LENGTH.search(head + b"\r\n")
    whole = len(head) + len(end) + (int(length[1]) if length else 0)
    return None if len(here) >= whole or whole > LARGEST_HEAD + LARGEST_BODY else whole
