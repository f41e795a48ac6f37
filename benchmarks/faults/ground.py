"""What the faults stand on: a town that loads from a CRM, its pages under gunicorn, and readers who count what goes wrong."""

from __future__ import annotations

import os
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from benchmarks.faults.database import Database, database
from benchmarks.faults.proxy import Proxy
from benchmarks.faults.result import NotTried
from tests.support.crm import MAPPING, Crm
from tests.support.servers import served
from tests.support.towns import Town

PAGES = ("/", "/backlog", "/cases", "/api/v1/metrics", "/readyz")
CITY = """
[city]
id = "town"
name = "Town"
zone = "America/New_York"
stale_after_hours = 1000000
[[programme]]
id = "requests"
name = "Requests"
[[source]]
name = "crm"
kind = "sql"
url = "{url}"
mapping = "crm.toml"
programme = "requests"
"""
PATIENCE = 3.0
"""Seconds a database of these towns may be silent; a city's own has ten minutes."""
CASES = 4_000
ROWS = """INSERT INTO service_requests SELECT g, 1000 + g, NULL, 'Pothole', 'Streets', 'Phone', 'Open', timestamp '2026-03-16 08:00' - g * interval '1 minute',
NULL, NULL, '2026-03-16 12:00', NULL, NULL, 'Ada', 'ada@example.org' FROM generate_series(4, :last) g"""


@dataclass
class Ground:
    """Made when it is first needed and shared by the faults of a run. `short`: fewer repetitions, for the tests."""

    folder: Path
    short: bool = False
    stack: ExitStack = field(default_factory=ExitStack)

    def times(self, long: int, short: int) -> int:
        """How often something is broken in this run."""
        return short if self.short else long

    def place(self, name: str) -> Path:
        """An empty folder."""
        made = self.folder / name.replace(" ", "-")
        made.mkdir(parents=True)
        return made

    @cached_property
    def database(self) -> Database:
        """A throwaway PostgreSQL."""
        found = self.stack.enter_context(database())
        if found is None:
            raise NotTried("no PostgreSQL is installed")
        return found

    def town(self, name: str, url: str) -> Town:
        """A town that reads its CRM at `url`; nothing is loaded yet."""
        folder = self.place(name)
        (folder / "city.toml").write_text(CITY.format(url=url))
        return Town(folder).database(url, MAPPING, answer_seconds=PATIENCE)

    @cached_property
    def crm(self) -> Crm:
        """A CRM of `CASES` cases in the throwaway PostgreSQL."""
        made = Crm(self.database.url)
        made.run(ROWS, last=CASES)
        return made

    @cached_property
    def way(self) -> Proxy:
        """The way from the town to its CRM; every fault leaves it as it was."""
        assert self.crm is not None, "the cases are there before the way to them"
        return self.stack.enter_context(Proxy(self.database.port))

    @cached_property
    def loaded(self) -> Town:
        """A town that has loaded that CRM once, over `way`."""
        made = self.town("loaded", self.crm.url.replace(f":{self.database.port}/", f":{self.way.port}/"))
        made.load(full=True)
        return made

    @cached_property
    def site(self) -> Site:
        """The pages of the loaded town, under gunicorn with two workers."""
        return Site(self.stack.enter_context(served(self.loaded.settings, workers=2, STATROOM_API_RATE="100000 per minute")))


@dataclass(frozen=True)
class Site:
    """A served application at `url`."""

    url: str

    @cached_property
    def master(self) -> int:
        """Process id of gunicorn's first process: of those with its address the one whose parent has another."""
        name = self.url.rpartition("/")[2]
        found = {pid for pid in _processes() if name in _words(pid)}
        return next(pid for pid in found if parent_of(pid) not in found)

    def workers(self) -> list[int]:
        """Process ids of the workers as they are now."""
        return [pid for pid in _processes() if parent_of(pid) == self.master]


def _processes() -> list[int]:
    return [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]


def _words(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return []


def parent_of(pid: int) -> int:
    """Its parent's process id, 0 of one that is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0


class Readers:
    """Threads that open one page after the other until the `with` ends."""

    def __init__(self, url: str, pages: tuple[str, ...] = PAGES, *, count: int = 2, timeout: float = 30, pause: float = 0.05) -> None:
        self.url, self.pages, self.count, self.timeout, self.pause = url, pages, count, timeout, pause
        self.seconds: list[float] = []
        self.errors: list[str] = []
        self._stop = threading.Event()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> Readers:
        self._threads = [threading.Thread(target=self._read, args=(at,), daemon=True) for at in range(self.count)]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(self.timeout + 5)

    @property
    def asked(self) -> int:
        """Requests that came to an end."""
        return len(self.seconds)

    @property
    def slowest(self) -> float:
        """Seconds of the longest request."""
        return max(self.seconds, default=0.0)

    def more(self, count: int, seconds: float = 60) -> None:
        """Wait until so many further requests have ended."""
        until(lambda goal=self.asked + count: self.asked >= goal, seconds)

    def _read(self, at: int) -> None:
        while not self._stop.is_set():
            page = self.pages[at % len(self.pages)]
            at += 1
            begun = time.monotonic()
            problem = problem_of(self.url + page, self.timeout)
            self.seconds.append(time.monotonic() - begun)
            if problem:
                self.errors.append(f"{page}: {problem}")
            self._stop.wait(self.pause)


def problem_of(url: str, timeout: float = 30) -> str:
    """What a reader sees go wrong at `url`; empty if nothing."""
    try:
        with urllib.request.urlopen(url, timeout=timeout) as answer:
            return "" if answer.read() else "an empty answer"
    except urllib.error.HTTPError as error:
        return f"{error.code}"
    except (OSError, ValueError) as error:
        return f"{type(error).__name__}: {error}"
    except Exception as error:
        # An answer that was cut off.
        return type(error).__name__


def until(fact: Callable[[], object], seconds: float = 60) -> float:
    """Wait for `fact`; answers how long it took.

    Raises:
        TimeoutError: it did not come true.
    """
    begun = time.monotonic()
    while not fact():
        if time.monotonic() - begun > seconds:
            raise TimeoutError(f"it did not happen within {seconds:.0f} s")
        time.sleep(0.01)
    return time.monotonic() - begun


@contextmanager
def meanwhile(work: Callable[[], object]) -> Iterator[threading.Thread]:
    """`work` in a thread of its own, which has ended when the `with` does."""
    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    yield thread
    thread.join(120)


def descriptors(pid: int) -> int:
    """Open files of a process."""
    return len(os.listdir(f"/proc/{pid}/fd"))


def memory_mb(pid: int) -> float:
    """Megabytes a process holds."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
