"""How a source on the web is asked: by name, one question at a time, not too often, again when it fails, and never for ever."""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass
from typing import Any, Callable, Mapping
from urllib.parse import parse_qsl, quote, quote_plus, urljoin, urlsplit, urlunsplit

import orjson
import requests
from requests.exceptions import ChunkedEncodingError, ContentDecodingError, SSLError
from urllib3.exceptions import InvalidHeader
from urllib3.util import Retry

from data_access.sources.base import SourceError
from data_access.web_models import Web

AGENT = "Statroom/1 (city performance; reads one page at a time)"
CONNECT_SECONDS = 10
LONGEST_ANSWER = 10
"""How many times as long as a source may be silent one answer may take in all: bytes that drip are no silence."""
TRIES = 6
LONGEST_PAUSE = 120.0
MOST_BYTES = 128 << 20
"""Of one answer, unpacked: a source that sends more is not what it says it is."""
AGAIN = frozenset({202, 408, 429, 500, 502, 503, 504})
"""Answers after which the same question may be put again; Socrata says 202 while it prepares one."""
MOVED = frozenset({301, 302, 303, 307, 308})
MOST_MOVES = 5

SHORTEST_KEY = 8
"""Of values in an address: shorter ones are no keys."""

Fault = Callable[[Any], tuple[int, str] | None]
"""(status, message) of an answer that says inside that it is an error."""


@dataclass(frozen=True)
class Answer:
    """One answer of a source, read whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Refused(SourceError):
    """The source understood the question and does not answer it: asking again would not help."""

    def __init__(self, status: int, line: str) -> None:
        super().__init__(line)
        self.status = status


def is_address(url: str) -> bool:
    """Whether `url` can be asked at all."""
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


class Client:
    """Asks one source. `headers` may hold a key: they go to that source's host and nowhere else.

    Raises:
        SourceError: the address is none.
    """

    sleep: Callable[[float], None] = staticmethod(time.sleep)

    def __init__(self, name: str, address: str, web: Web, headers: Mapping[str, str] | None = None) -> None:
        if not is_address(address):
            raise SourceError(f"source {name!r}: url is {shown(address)!r}; write the whole address, beginning with https://.")
        self.name, self.web = name, web
        parts = urlsplit(address)
        hidden = [web.key, parts.password, *(value for _, value in parse_qsl(parts.query) if len(value) >= SHORTEST_KEY)]
        # As they are, and as an address has them: a source may say what it was asked.
        self._secrets = sorted(
            {text for one in hidden if one for text in (one, quote(one, safe=""), quote_plus(one))}, key=len, reverse=True
        )
        self._session = requests.Session()
        self._session.headers.update({"User-Agent": AGENT, "Accept": "application/json, */*;q=0.5", **(headers or {})})
        # Without it, requests would look for passwords in a file of the account's home.
        self._session.auth = _as_it_is
        self._ends: float | None = None
        self._last = float("-inf")

    def json(self, url: str, params: Mapping[str, Any] | None = None, fault: Fault | None = None) -> Any:
        """The answer as JSON values.

        Args:
            fault: tells an error inside of an answer that looks well.

        Raises:
            SourceError: after the last try, one line with the address (without its query), what is wrong, and the remedy.
        """

        def read(answer: Answer) -> Any:
            try:
                return orjson.loads(answer.body)
            except orjson.JSONDecodeError:
                kind = answer.headers.get("Content-Type", "something").partition(";")[0]
                raise self.error(url, f"it answers with {kind} that is no JSON", "check that url is the address of the API") from None

        return self._ask(url, params or {}, read, fault)

    def bytes(self, url: str, params: Mapping[str, Any] | None = None) -> bytes:
        """The answer as it is. Raises as `json` does."""
        return self._ask(url, params or {}, lambda answer: answer.body, None)

    def error(self, url: str, what: str, remedy: str, *, may_pass: bool = False) -> SourceError:
        """The one line about `url`."""
        return SourceError(f"source {self.name!r}: {shown(url)}: {what}; {remedy}.", may_pass=may_pass)

    def _ask(self, url: str, params: Mapping[str, Any], read: Callable[[Answer], Any], fault: Fault | None) -> Any:
        said, pause = "", 0.0
        for tried in range(TRIES):
            if tried:
                self._wait(url, pause, said)
            try:
                answer = self._once(url, params)
            except SSLError as error:
                remedy = "mend it, or the certificates this machine knows"
                raise self.error(url, f"its certificate cannot be trusted ({_cause(error)})", remedy) from None
            except (requests.ConnectionError, requests.Timeout, ChunkedEncodingError, ContentDecodingError) as error:
                said, pause = _cause(error), _backoff(tried)
                continue
            except (requests.RequestException, ValueError) as error:
                raise self.error(url, f"it cannot be asked ({type(error).__name__})", "mend url in city.toml") from None
            status, message = answer.status, ""
            if status == 200:
                made = read(answer)
                inside = fault(made) if fault else None
                if inside is None:
                    return made
                status, message = inside
            if status not in AGAIN:
                raise self._refused(url, status, message or _message(answer.body))
            wanted = _retry_after(answer.headers.get("Retry-After"))
            said, pause = f"it answers {status}", _backoff(tried) if wanted is None else wanted
        raise self.error(url, f"{said} after {TRIES} tries", "load again later: what was fetched is kept", may_pass=True)

    def _once(self, url: str, params: Mapping[str, Any]) -> Answer:
        """One answer, also after the source has moved on its own host."""
        here, query = url, dict(params)
        timeout = (CONNECT_SECONDS, self.web.answer_seconds)
        for _ in range(MOST_MOVES):
            self._wait(here, self._last + 1 / self.web.requests_per_second - time.monotonic(), "it takes too long")
            self._last = time.monotonic()

            def begun(here: str = here, query: dict[str, Any] = query) -> requests.Response:
                return self._session.get(here, params=query, timeout=timeout, allow_redirects=False, stream=True)

            with _within(LONGEST_ANSWER * self.web.answer_seconds + CONNECT_SECONDS, begun) as response:
                if response.status_code not in MOVED:
                    return Answer(response.status_code, response.headers, self._body(here, response))
                there = urljoin(response.url, response.headers.get("Location", ""))
            if not _same_house(here, there):
                # A key must not follow to a stranger, nor over a line without encryption.
                raise self.error(url, f"it sends on to {shown(there)}", "if that is right, write it as url in city.toml")
            here, query = there, {}
        raise self.error(url, "it sends on for ever", "check url in city.toml")

    def _body(self, url: str, response: requests.Response) -> bytes:
        parts, size, latest = [], 0, time.monotonic() + LONGEST_ANSWER * self.web.answer_seconds
        for part in response.iter_content(1 << 16):
            parts.append(part)
            size += len(part)
            if size > MOST_BYTES:
                raise self.error(url, f"its answer is larger than {MOST_BYTES >> 20} MB", "ask for less with page_rows in [source.web]")
            if time.monotonic() > latest:
                raise requests.Timeout
        return b"".join(parts)

    def _wait(self, url: str, seconds: float, said: str) -> None:
        """Sleep, unless the time of this load would be over then."""
        if self._ends is None:
            self._ends = time.monotonic() + 3600 * self.web.hours
        if time.monotonic() + max(seconds, 0) > self._ends:
            remedy = "load again and it goes on where it is, or set 'hours' in [source.web]"
            raise self.error(url, f"{said}, and this load may take {self.web.hours:g} hours", remedy, may_pass=True)
        if seconds > 0:
            self.sleep(seconds)

    def _refused(self, url: str, status: int, message: str) -> Refused:
        remedies = {401: "check its key in [source.web]", 403: "check its key in [source.web]", 404: "check url in city.toml"}
        remedies |= {498: "its token has ended: set a new key in [source.web]", 499: "set its key in [source.web]"}
        text = " ".join(message.split())
        for secret in self._secrets:
            text = text.replace(secret, "***")
        said = f"it answers {status}" + (f" ({text[:160]})" if text else "")
        return Refused(status, str(self.error(url, said, remedies.get(status, "mend the source or its mapping"))))


def shown(url: str) -> str:
    """`url` without what may be secret: its account and its query."""
    try:
        parts = urlsplit(url)
        return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
    except ValueError:
        return "(an address that cannot be read)"


def _within(seconds: float, ask: Callable[[], requests.Response]) -> requests.Response:
    """What `ask` answers; requests itself has no limit for how long the head of an answer may drip.

    Raises:
        requests.Timeout: it takes longer. Its thread goes with the connection, or with the process.
    """
    made: list[requests.Response | BaseException] = []

    def run() -> None:
        try:
            made.append(ask())
        except BaseException as error:
            made.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    thread.join(seconds)
    if not made:
        raise requests.Timeout
    if isinstance(made[0], BaseException):
        raise made[0]
    return made[0]


def _same_house(here: str, there: str) -> bool:
    if not is_address(there):
        return False
    old, new = urlsplit(here), urlsplit(there)
    if old.hostname != new.hostname or (old.scheme == "https" and new.scheme != "https"):
        return False
    return old.port == new.port if old.scheme == new.scheme else new.port in (None, 443)


def _as_it_is(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request


def _backoff(tried: int) -> float:
    """1, 2, 4, ... seconds, shortened by up to half so that many clients do not come back at once."""
    return min(2.0**tried, LONGEST_PAUSE) * (0.5 + random.random() / 2)


def _retry_after(text: str | None) -> float | None:
    if not text:
        return None
    try:
        return Retry(retry_after_max=7 * 86_400).parse_retry_after(text)
    except InvalidHeader:
        return None


def _cause(error: Exception) -> str:
    """What happened, in words that hold nothing of the address."""
    if isinstance(error, SSLError):
        return "certificate verify failed" if "CERTIFICATE_VERIFY_FAILED" in str(error) else "TLS"
    if isinstance(error, requests.ConnectTimeout):
        return f"nobody answers within {CONNECT_SECONDS} seconds"
    if isinstance(error, requests.Timeout):
        return "it is silent"
    text = str(error)
    if isinstance(error, (ChunkedEncodingError, ContentDecodingError)) or "reset" in text or "aborted" in text:
        return "it breaks off"
    if "resolve" in text or "Name or service" in text:
        return "there is no such host"
    return "it refuses the connection" if "refused" in text else "it cannot be reached"


def _message(body: bytes) -> str:
    """What the source says of its refusal, if it says it as JSON: a page of HTML is nothing to read out."""
    try:
        said = orjson.loads(body[:100_000])
    except orjson.JSONDecodeError:
        return ""
    found = said[0] if isinstance(said, list) and said else said
    if isinstance(found, dict) and isinstance(found.get("error"), dict):
        found = found["error"]
    texts = (found.get(name) for name in ("message", "description", "error", "__type")) if isinstance(found, dict) else ()
    return next((text for text in texts if isinstance(text, str)), "")
