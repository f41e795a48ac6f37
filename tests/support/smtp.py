"""Mail servers on this machine: one that takes mail as servers do, and one that does not."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, cast

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

USER, PASSWORD = "statroom", "p@ss:w/ord"


class Inbox:
    """What arrived, and which addresses are refused with which answer."""

    def __init__(self) -> None:
        self.arrived: list[tuple[str, EmailMessage]] = []
        self.raw: list[bytes] = []
        self.refused: dict[str, str] = {}

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:
        if address in self.refused:
            return self.refused[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:
        self.raw.append(envelope.content)
        self.arrived.append((envelope.rcpt_tos[0], cast(EmailMessage, message_from_bytes(envelope.content, policy=default))))
        return "250 taken"


@contextmanager
def mail_server(*, tls: ssl.SSLContext | None = None) -> Iterator[tuple[Inbox, int]]:
    """A server and its port; with `tls` it wants STARTTLS and a password first."""
    inbox = Inbox()
    secured: dict[str, Any] = {}
    if tls is not None:
        secured = {"tls_context": tls, "require_starttls": True, "auth_required": True, "authenticator": _knows}
    controller = Controller(inbox, hostname="127.0.0.1", port=_free_port(), **secured)
    controller.start()
    try:
        yield inbox, controller.port
    finally:
        controller.stop()


def _knows(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    right = getattr(data, "login", b"") == USER.encode() and getattr(data, "password", b"") == PASSWORD.encode()
    return AuthResult(success=right, handled=False)


class Rogue:
    """A server that misbehaves at one point of every letter; at which may be changed while it runs.

    `hang` (says nothing at all), `drop_in_letter` (closes the connection when it has begun to read), `hang_after_letter` and
    `drop_after_letter` (has all of it and does not say so), `busy` (421), or `well`.
    """

    def __init__(self, does: str) -> None:
        self.does, self.letters = does, 0
        """How many letters it had whole."""
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._open: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        for one in (self._socket, *self._open):
            with suppress(OSError):
                one.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                connection, _address = self._socket.accept()
                self._open.append(connection)
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        with suppress(OSError), connection, connection.makefile("rb") as lines:
            if self.does == "hang":
                lines.read()
            connection.sendall(b"220 rogue\r\n" if self.does != "busy" else b"421 too busy\r\n")
            for line in lines:
                word = line[:4].upper()
                if word != b"DATA":
                    connection.sendall(b"221 bye\r\n" if word == b"QUIT" else b"250 rogue\r\n")
                    continue
                connection.sendall(b"354 go on\r\n")
                for content in lines:
                    if self.does == "drop_in_letter":
                        return
                    if content == b".\r\n":
                        break
                self.letters += 1
                if self.does == "hang_after_letter":
                    lines.read()
                if self.does == "drop_after_letter":
                    return
                connection.sendall(b"250 taken\r\n")


def certificate(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A certificate for localhost that nobody vouches for: the server's side, and the file to trust it by."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")]), datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
        .not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True).sign(key, hashes.SHA256())
    )  # fmt: skip
    public, private = folder / "cert.pem", folder / "key.pem"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(public, private)
    return context, public


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
