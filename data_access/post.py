"""Handing letters to the city's mail server (SMTP): where it is, how a message is made, and what became of it.

A letter counts as sent when the server said that it has it. What fails before the server can have all of it is tried again; what
fails after that is not, because it may have arrived.
"""

from __future__ import annotations

import select
import smtplib
import ssl
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from hashlib import sha256
from html import escape
from typing import Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from data_access.store.letters import Letter
from data_access.store.subscriptions import is_address
from settings import LOOPBACK_HOSTS, Settings, SettingsError

SECONDS = 20.0
"""How long the server may take for any one answer."""
MID_WAY = 0.2
"""Seconds in which a server that closes the connection in the middle of a letter is noticed, before the letter is ended."""
WIRE = SMTP.clone(cte_type="7bit")
"""Letters that every server can pass on."""
PORTS = {"smtp": 587, "smtps": 465}
Became = Literal["sent", "later", "never", "unknown"]
"""later: not taken, may be tried again; never: refused for good; unknown: the server had all of it and did not answer."""


@dataclass(frozen=True, slots=True)
class Office:
    """The mail server and what mail of ours says of itself."""

    host: str
    port: int
    is_tls: bool
    """Encrypted from the first byte."""
    starttls: bool
    user: str
    password: str = field(repr=False)
    sender: str
    """Where mail comes from."""
    site: str
    """Where people open the staff application, without a final slash."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one letter."""

    became: Became
    error: str = ""
    """What the server said, or what happened."""


class Unreachable(Exception):
    """No letter can be handed over now; the text says why."""


def office(settings: Settings) -> Office | None:
    """Where mail goes; None if the settings name no server.

    Raises:
        SettingsError: naming the variable that cannot be used. Never with the password.
    """
    if not settings.smtp_url:
        return None
    shape = "write smtp://user:password@host:587 (or smtps://…:465), with ?starttls=false only for this machine"
    try:
        parts = urlsplit(settings.smtp_url)
        host, port, options = parts.hostname or "", parts.port, dict(parse_qsl(parts.query))
    except ValueError:
        raise SettingsError(f"STATROOM_SMTP_URL cannot be read; {shape}.") from None
    if parts.scheme not in PORTS or not host or parts.path.strip("/") or set(options) - {"starttls"}:
        raise SettingsError(f"STATROOM_SMTP_URL cannot be read; {shape}.")
    wanted = options.get("starttls", "true")
    if wanted not in ("true", "false"):
        raise SettingsError(f"STATROOM_SMTP_URL has starttls={wanted!r}; write true or false.")
    is_tls = parts.scheme == "smtps"
    if wanted == "false" and not is_tls and host not in LOOPBACK_HOSTS:
        raise SettingsError("STATROOM_SMTP_URL has starttls=false; mail and its password go unencrypted to this machine only.")
    if not is_address(settings.mail_from):
        raise SettingsError(f"STATROOM_MAIL_FROM is {settings.mail_from!r}; set it to the address that mail comes from.")
    site = urlsplit(settings.base_url)
    if site.scheme not in ("http", "https") or not site.hostname or site.query or site.fragment:
        raise SettingsError(
            f"STATROOM_BASE_URL is {settings.base_url!r}; set it to where staff open Statroom, such as https://stat.city.example."
        )
    return Office(
        host, port or PORTS[parts.scheme], is_tls, wanted == "true" and not is_tls, unquote(parts.username or ""), unquote(parts.password or ""),
        settings.mail_from, settings.base_url.rstrip("/"),
    )  # fmt: skip


def message(of: Letter, at: Office, city: str, unsubscribe: str = "", words: str = "No more of this mail") -> EmailMessage:
    """The letter as it goes out: plain text, and the same as HTML. `unsubscribe`: the address of its link, if it has one; `words`: what it is called."""
    made = EmailMessage(policy=WIRE)
    user, _sign, domain = at.sender.rpartition("@")
    made["From"] = Address(_plain(f"Statroom {city}"), user, domain)
    to, _sign, there = of.email.rpartition("@")
    made["To"] = Address("", to, there)
    made["Subject"] = _plain(of.subject)
    made["Date"] = format_datetime(of.made_at.replace(tzinfo=UTC))
    # The same for every try: a mail system that sees a letter again knows it.
    made["Message-ID"] = f"<{sha256(f'{of.key} {of.id} {at.site}'.encode()).hexdigest()[:32]}@{domain}>"
    made["Auto-Submitted"] = "auto-generated"
    text, html = of.text, of.html
    if unsubscribe:
        made["List-Unsubscribe"] = f"<{unsubscribe}>"
        made["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        text += f"\n{words}: {unsubscribe}\n"
        html = html.replace("</body>", f'<p><a href="{escape(unsubscribe)}">{escape(words)}</a></p></body>')
    made.set_content(text)
    made.add_alternative(html, subtype="html")
    return made


def _plain(text: str) -> str:
    """On one line, whatever was in it."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


class Session:
    """One connection to the server, for as many letters as there are."""

    def __init__(self, at: Office, *, seconds: float = SECONDS) -> None:
        self._office, self._seconds = at, seconds
        self._server: smtplib.SMTP | None = None

    def __enter__(self) -> Session:
        return self

    def __exit__(self, *_of: object) -> None:
        self._hang_up()

    def send(self, made: EmailMessage, to: str) -> Outcome:
        """Hand one letter over.

        Raises:
            Unreachable: the server does not answer, or does not let us in: no other letter would fare better.
        """
        server = self._connected()
        try:
            for said, (code, answer) in (
                ("the sender", server.mail(self._office.sender)), ("the address", server.rcpt(to)), ("the letter", server.docmd("DATA")),
            ):  # fmt: skip
                if code not in (250, 251, 354):
                    self._again(server)
                    return _refused(said, code, answer)
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            return Outcome("later", _said(error))
        return self._handed_over(server, _dotted(made.as_bytes()))

    def _handed_over(self, server: smtplib.SMTP, content: bytes) -> Outcome:
        """The letter itself, and the line that ends it only while the server still listens."""
        try:
            server.send(content)
            if self._spoke_early(server):
                code, answer = server.getreply()
                self._hang_up()
                return _refused("the letter", code, answer)
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            return Outcome("later", _said(error))
        try:
            server.send(b".\r\n")
            code, answer = server.getreply()
        except (OSError, smtplib.SMTPException) as error:
            self._hang_up()
            return Outcome("unknown", f"{_said(error)} It may have arrived and is not sent again.")
        return Outcome("sent") if code == 250 else _refused("the letter", code, answer)

    def _spoke_early(self, server: smtplib.SMTP) -> bool:
        """Whether the server answered, or closed the connection, before the letter was ended."""
        if not select.select([server.sock], [], [], MID_WAY)[0]:
            return False
        # What came over TLS may be nothing but TLS's own business.
        server.sock.settimeout(MID_WAY)
        try:
            server.file.peek(1)
        except TimeoutError:
            # After that this reader of the socket reads no more; smtplib makes another one.
            server.file.close()
            server.file = None
            return False
        finally:
            server.sock.settimeout(self._seconds)
        return True

    def _connected(self) -> smtplib.SMTP:
        if self._server is not None:
            return self._server
        at, server = self._office, None
        try:
            if at.is_tls:
                server = smtplib.SMTP_SSL(at.host, at.port, timeout=self._seconds, context=ssl.create_default_context())
            else:
                server = smtplib.SMTP(at.host, at.port, timeout=self._seconds)
            server.ehlo_or_helo_if_needed()
            if at.starttls:
                server.starttls(context=ssl.create_default_context())
                server.ehlo()
            if at.user:
                server.login(at.user, at.password)
        except (OSError, smtplib.SMTPException) as error:
            if server is not None:
                server.close()
            raise Unreachable(f"{at.host}:{at.port} cannot be used: {_said(error)}") from None
        self._server = server
        return server

    def _again(self, server: smtplib.SMTP) -> None:
        """After a refusal the same connection serves the next letter, if it can."""
        try:
            if server.rset()[0] != 250:
                self._hang_up()
        except (OSError, smtplib.SMTPException):
            self._hang_up()

    def _hang_up(self) -> None:
        server, self._server = self._server, None
        if server is not None:
            with suppress(OSError, smtplib.SMTPException):
                if server.sock is not None:
                    server.sock.settimeout(1)
                    server.quit()
            server.close()


def _dotted(content: bytes) -> bytes:
    """A line that begins with a dot gets another one, and the last line its end: SMTP ends a letter with a single dot."""
    lines = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n").split(b"\n")
    return b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines)


def _refused(what: str, code: int, answer: bytes) -> Outcome:
    said = f"The server did not take {what}: {code} {_plain(answer.decode('utf-8', 'replace'))}"
    # 5xx is for good; what closes the connection (421) or is busy (4xx) may be better later.
    return Outcome("never" if 500 <= code < 600 else "later", said)


def _said(error: Exception) -> str:
    # smtplib calls a connection closed that fell silent.
    if isinstance(error, TimeoutError) or "timed out" in str(error):
        return "The server did not answer in time."
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return f"The server did not accept the user and password ({error.smtp_code})."
    if isinstance(error, smtplib.SMTPServerDisconnected):
        return "The server closed the connection."
    text = _plain(str(error)) or type(error).__name__
    return text if text.endswith(".") else f"{text}."
