"""Work that takes longer than a visitor should wait: it is done aside, once, and whoever comes later finds it done."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

MOST_JOBS = 4
"""At a time; while so many run, no other begins."""
_jobs: dict[str, threading.Thread] = {}
_guard = threading.Lock()

log = logging.getLogger(__name__)


def done_within(key: str, seconds: float, work: Callable[[], object]) -> bool:
    """Whether `work` is over after at most `seconds`; it goes on aside if it is not. `key` says which work is the same.

    What it makes it must keep somewhere (`data_access.cache`): its answer is not handed on.
    """
    with _guard:
        for name in [name for name, job in _jobs.items() if not job.is_alive()]:
            del _jobs[name]
        job = _jobs.get(key)
        if job is None:
            if len(_jobs) >= MOST_JOBS:
                return False
            job = _jobs[key] = threading.Thread(target=_run, args=(work,), name="aside", daemon=True)
            job.start()
    job.join(seconds)
    return not job.is_alive()


def _run(work: Callable[[], object]) -> None:
    try:
        work()
    except Exception:
        log.exception("What was to be done aside failed")
