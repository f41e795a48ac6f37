"""Processes that are killed or restarted at the wrong moment, and several where one should be."""

from __future__ import annotations

import os
import random
import signal
import time

from benchmarks.faults.ground import Ground, Readers, until
from benchmarks.faults.helper import Helper, gone, kill, said
from benchmarks.faults.result import Result, fault
from benchmarks.faults.watcher import Watcher, rows
from tests.support.towns import Town

READERS = 4
SLOW_SECONDS = 2.0


def _counted_town(ground: Ground, name: str) -> Town:
    """A town of ten cases, loaded once."""
    town = Town(ground.place(name)).files()
    town.write("cases.csv", *rows(10))
    town.load(full=True)
    return town


@fault("a load is killed (kill -9) at a random moment", "readers see the last good generation, whole; the next load works")
def load_killed(ground: Ground) -> Result:
    town, times, chance = _counted_town(ground, "killed"), ground.times(40, 3), random.Random(7)
    held = killed = 0
    with Helper() as helper, Watcher(town) as watcher:
        begun = time.monotonic()
        gone(helper.start("load", town.folder))
        longest = time.monotonic() - begun
        for number in range(times):
            town.write("cases.csv", *rows(100 + number))
            pid = helper.start("load", town.folder)
            if not gone(pid, chance.uniform(0, 1.1 * longest)):
                kill(pid)
                killed += 1
            held += len({case["request_type"] for case in town.cases().values()}) == 1
        begun = time.monotonic()
        town.load(full=True)
        back = time.monotonic() - begun
        whole = len(town.cases()) == 99 + times and not list(town.settings.mart.glob("*.tmp"))
        time.sleep(0.5)
    note = f"{killed} of them died before their end; {watcher.torn} torn reads, {watcher.backwards} back to an older generation"
    return Result(times + 1, held + whole, back_after=back, errors=watcher.wrong, asked=watcher.reads, note=note)


@fault("eight schedulers load at once", "one writes; the others leave with a message")
def schedulers(ground: Ground) -> Result:
    town, times = _counted_town(ground, "schedulers"), ground.times(3, 1)
    held = refused = 0
    with Helper() as helper, Watcher(town) as watcher:
        for number in range(times):
            before, generation = len(said(town.folder)), town.generation() or 0
            town.write("cases.csv", *rows(50 + number))
            started = [helper.start("load", town.folder) for _ in range(8)]
            assert all(map(gone, started))
            answers = said(town.folder)[before:]
            loaded = [one["generation"] for one in answers if "generation" in one]
            away = [one for one in answers if "Another load is running" in one.get("refused", "")]
            refused += len(away)
            # Who comes after one has ended loads again, with a number of its own.
            numbers = list(range(generation + 1, generation + 1 + len(loaded)))
            held += len(loaded) + len(away) == 8 and sorted(loaded) == numbers and len(town.cases()) == 50 + number
        time.sleep(0.3)
    note = f"{refused} of {8 * times} left at once"
    return Result(times, held, errors=watcher.wrong, asked=watcher.reads, note=note)


@fault("a web worker is killed (kill -9) under load", "only requests it was answering are lost; another takes its place")
def worker_killed(ground: Ground) -> Result:
    site, times = ground.site, ground.times(4, 1)
    held, back = 0, 0.0
    with Readers(site.url, count=READERS) as readers:
        readers.more(10)
        for number in range(times):
            before, victim = len(readers.errors), site.workers()[number % 2]
            os.kill(victim, signal.SIGKILL)
            back = max(back, until(lambda victim=victim: len(site.workers()) == 2 and victim not in site.workers()))
            readers.more(20)
            held += len(readers.errors) - before <= READERS
    return Result(times, held, back_after=back, errors=len(readers.errors), asked=readers.asked, allowed=READERS * times,
                  note=f"{READERS} readers: so many requests may be in a worker when it dies")  # fmt: skip


@fault("the web processes are restarted (HUP) under load", "no request fails, none takes above two seconds")
def restarted(ground: Ground) -> Result:
    site, times = ground.site, ground.times(3, 1)
    held, back, slow = 0, 0.0, 0
    with Readers(site.url) as quiet:
        quiet.more(30)
    with Readers(site.url) as readers:
        readers.more(10)
        for _ in range(times):
            before, asked, old = len(readers.errors), readers.asked, set(site.workers())
            os.kill(site.master, signal.SIGHUP)
            back = max(back, until(lambda old=old: len(site.workers()) == 2 and not old & set(site.workers())))
            readers.more(20)
            late = sum(seconds > SLOW_SECONDS for seconds in readers.seconds[asked:])
            slow += late
            held += len(readers.errors) == before and not late
    note = f"{slow} above two seconds; slowest {readers.slowest:.1f} s, {quiet.slowest:.1f} s without a restart"
    return Result(times, held, back_after=back, errors=len(readers.errors), asked=readers.asked, note=note)
