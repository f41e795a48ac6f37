"""The CRM stops, freezes, or the way to it is bad, while people read the pages."""

from __future__ import annotations

import time

from benchmarks.faults.ground import CASES, PATIENCE, Ground, Readers, meanwhile, until
from benchmarks.faults.result import Result, fault
from data_access.sync import SyncError
from tests.support.towns import Town

STAYS = "pages never ask the CRM; the load gives up in one line and the last good data stays"
SLOW = 0.05
"""Seconds before each block of an answer: a load takes long enough to be caught in the middle."""
MIDDLE = 150_000
"""Bytes of the third of a million that a load reads."""
SLACK = 20.0
"""Seconds beyond the deadline in which a load that gave up has ended, on a machine with other work."""


def _fails(town: Town) -> tuple[bool, float]:
    """Whether a load fails in one line, on record, with the data in service as they were; and after how many seconds."""
    begun = time.monotonic()
    try:
        town.refused(full=True)
    except AssertionError:
        return False, time.monotonic() - begun
    return not list(town.settings.mart.glob("*.tmp")), time.monotonic() - begun


def _recovers(town: Town) -> float:
    """Seconds until a load works again."""
    begun = time.monotonic()

    def loads() -> bool:
        try:
            town.load(full=True)
        except SyncError:
            return False
        return True

    until(loads, 30)
    return time.monotonic() - begun


def _in_the_middle(ground: Ground) -> None:
    """Wait until a load has read a part of what it wants."""
    until(lambda: ground.way.passed > MIDDLE, 30)


@fault("the CRM is stopped", STAYS)
def stopped(ground: Ground) -> Result:
    town, times = ground.loaded, ground.times(3, 1)
    held, back = 0, 0.0
    with Readers(ground.site.url) as readers:
        for _ in range(times):
            with ground.database.stopped():
                held += _fails(town)[0]
                readers.more(10)
            back = max(back, _recovers(town))
    return Result(times, held, back_after=back, errors=len(readers.errors), asked=readers.asked)


@fault("the CRM is frozen before a load", STAYS)
def frozen(ground: Ground) -> Result:
    town = ground.loaded
    with Readers(ground.site.url) as readers:
        with ground.database.frozen():
            held, seconds = _fails(town)
            readers.more(10)
        back = _recovers(town)
    note = f"gave up after {seconds:.0f} s, 10 s of them for the connection"
    return Result(1, int(held), back_after=back, errors=len(readers.errors), asked=readers.asked, note=note)


@fault("the CRM is frozen in the middle of a load and stays so", STAYS)
def frozen_in_between(ground: Ground) -> Result:
    town = ground.loaded
    found: list[tuple[bool, float]] = []
    with Readers(ground.site.url) as readers:
        with ground.way.bad(delay=SLOW), meanwhile(lambda: found.append(_fails(town))):
            _in_the_middle(ground)
            with ground.database.frozen():
                until(lambda: found, PATIENCE + SLACK)
                readers.more(10)
        back = _recovers(town)
    held, seconds = found[0]
    note = f"gave up after {seconds:.1f} s where {PATIENCE:.0f} s of silence are allowed"
    return Result(1, int(held), back_after=back, errors=len(readers.errors), asked=readers.asked, note=note)


@fault("the CRM is frozen in the middle of a load and resumed", "the load goes on and is whole")
def resumed(ground: Ground) -> Result:
    town, times = ground.loaded, ground.times(3, 1)
    held = 0
    with Readers(ground.site.url) as readers:
        for _ in range(times):
            read: list[int] = []
            with ground.way.bad(delay=SLOW), meanwhile(lambda read=read: read.append(town.load(full=True).rows_read)):
                _in_the_middle(ground)
                with ground.database.frozen():
                    time.sleep(PATIENCE / 3)
            held += read == [CASES]
    return Result(times, held, errors=len(readers.errors), asked=readers.asked)


@fault("the CRM is stopped in the middle of a load", STAYS)
def killed_in_between(ground: Ground) -> Result:
    town, times = ground.loaded, ground.times(3, 1)
    held, back = 0, 0.0
    with Readers(ground.site.url) as readers:
        for _ in range(times):
            found: list[tuple[bool, float]] = []
            with ground.way.bad(delay=SLOW), meanwhile(lambda found=found: found.append(_fails(town))):
                _in_the_middle(ground)
                with ground.database.stopped():
                    until(lambda found=found: found)
            held += found[0][0]
            back = max(back, _recovers(town))
    return Result(times, held, back_after=back, errors=len(readers.errors), asked=readers.asked)


WAYS = {"cut": "close", "reset": "reset", "half open": "hang"}
"""What becomes of a connection, and what the proxy does for it."""


@fault("the way to the CRM is cut, reset, or half open, after 100 bytes to 200,000", STAYS)
def bad_way(ground: Ground) -> Result:
    town = ground.loaded
    places = (100, 3_000, 20_000, 200_000) if not ground.short else (20_000,)
    held, slowest, back = 0, 0.0, 0.0
    with Readers(ground.site.url) as readers:
        for then in WAYS.values():
            for after in places:
                with ground.way.bad(after=after, then=then):
                    kept, seconds = _fails(town)
                held, slowest = held + kept, max(slowest, seconds)
            back = max(back, _recovers(town))
    return Result(
        len(WAYS) * len(places),
        held,
        back_after=back,
        errors=len(readers.errors),
        asked=readers.asked,
        note=f"gave up after {slowest:.0f} s at the latest",
    )


@fault("the way to the CRM is slow", "the load takes longer and is whole")
def slow_way(ground: Ground) -> Result:
    with Readers(ground.site.url) as readers, ground.way.bad(delay=SLOW):
        report = ground.loaded.load(full=True)
    return Result(
        1,
        int(report.rows_read == CASES),
        errors=len(readers.errors),
        asked=readers.asked,
        note=f"{report.seconds:.0f} s for {CASES:,} rows",
    )
