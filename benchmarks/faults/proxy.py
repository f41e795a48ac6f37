"""A way to a server that can be made bad: slow, cut off after so many bytes, reset, or open at one end only."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import TracebackType

BLOCK = 16_384


class Proxy:
    """Listens on 127.0.0.1 and hands everything on to `port`. What comes back is what is spoilt; `bad` does it for a while.

    Args:
        delay: seconds before each block of an answer.
        after: bytes of answers of one connection after which `then` happens; None for never.
        then: "close" ends the connection, "reset" breaks it, "hang" leaves it open and lets nothing through any more.
    """

    def __init__(self, port: int, *, delay: float = 0.0, after: int | None = None, then: str = "close") -> None:
        self.target, self.delay, self.after, self.then = port, delay, after, then
        self.cuts, self.passed = 0, 0
        self._server = socket.create_server(("127.0.0.1", 0))
        self._ends: list[socket.socket] = []
        self.port = int(self._server.getsockname()[1])

    def __enter__(self) -> Proxy:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    @contextmanager
    def bad(self, *, delay: float = 0.0, after: int | None = None, then: str = "close") -> Iterator[None]:
        """Spoil what passes until the `with` ends; counts what passed from here on."""
        self.delay, self.after, self.then, self.passed, self.cuts = delay, after, then, 0, 0
        try:
            yield
        finally:
            self.delay, self.after = 0.0, None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._server.close()
        for end in self._ends:
            end.close()

    def _accept(self) -> None:
        while True:
            try:
                client = self._server.accept()[0]
            except OSError:
                return
            try:
                server = socket.create_connection(("127.0.0.1", self.target))
            except OSError:
                client.close()
                continue
            self._ends += [client, server]
            threading.Thread(target=self._hand_on, args=(client, server), daemon=True).start()
            threading.Thread(target=self._answer, args=(server, client), daemon=True).start()

    def _hand_on(self, client: socket.socket, server: socket.socket) -> None:
        try:
            while block := client.recv(BLOCK):
                server.sendall(block)
            server.shutdown(socket.SHUT_WR)
        except OSError:
            _end(server)

    def _answer(self, server: socket.socket, client: socket.socket) -> None:
        passed = 0
        try:
            while block := server.recv(BLOCK):
                time.sleep(self.delay)
                if self.after is not None and passed + len(block) > self.after:
                    client.sendall(block[: self.after - passed])
                    self._cut(client, server)
                    return
                client.sendall(block)
                passed += len(block)
                self.passed += len(block)
            client.shutdown(socket.SHUT_WR)
        except OSError:
            _end(client)

    def _cut(self, client: socket.socket, server: socket.socket) -> None:
        self.cuts += 1
        if self.then == "hang":
            return
        if self.then == "reset":
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            client.close()
        else:
            _end(client)
        _end(server)


def _end(connection: socket.socket) -> None:
    with suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
