"""What the processes count about themselves, for whoever watches them: times, answers from the cache, failures. Never who asked or for whom.

The names are those that Prometheus reads at `/metrics`. Where several processes serve (`gunicorn.conf.py` names a folder for it),
what all of them counted is added up.
"""

from __future__ import annotations

import fcntl
import os
from functools import cache
from pathlib import Path

from prometheus_client import CollectorRegistry, Counter, Histogram, values
from prometheus_client.multiprocess import MultiProcessCollector

FOLDER = os.environ.get("PROMETHEUS_MULTIPROC_DIR", "")
_held: list[int] = []


def _place() -> str:
    """The name under which this process counts into files."""
    return _free_place(os.getpid())


@cache
def _free_place(_process: int) -> str:
    """The first name that no living process has. A worker that replaces another goes on with its files: with a name for each
    process, as the library has it, there would be more of them with every worker, for years."""
    for number in range(10_000):
        descriptor = os.open(Path(FOLDER) / f"place-{number}.lock", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            continue
        # Until the process ends, however it does.
        _held.append(descriptor)
        return str(number)
    raise RuntimeError(f"There is no free place in {FOLDER}.")


if FOLDER:
    values.ValueClass = values.MultiProcessValue(process_identifier=_place)
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10, 20)
_own = CollectorRegistry()

REQUEST_SECONDS = Histogram(
    "statroom_request_seconds", "Time to answer, by kind of address and status.", ["kind", "status"], buckets=SECONDS, registry=_own
)
CALLBACK_SECONDS = Histogram(
    "statroom_callback_seconds", "Time that a part of a page took to be made, by part.", ["part"], buckets=SECONDS, registry=_own
)
QUESTION_SECONDS = Histogram("statroom_question_seconds", "Time of one statement in the mart.", buckets=SECONDS, registry=_own)
CACHE_ANSWERS = Counter(
    "statroom_cache_answers", "Answers by where they came from: kept, waited for, or computed.", ["came"], registry=_own
)
ERRORS = Counter("statroom_errors", "Failures that nobody foresaw; each is in the log under its number.", ["where"], registry=_own)


def counted() -> CollectorRegistry:
    """What was counted until now, in all processes that serve together."""
    if not FOLDER:
        return _own
    made = CollectorRegistry()
    MultiProcessCollector(made, FOLDER)
    return made
