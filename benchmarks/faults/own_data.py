"""Statroom's own database: what people wrote and were told is kept."""

from __future__ import annotations

import dataclasses
import random
import time

from sqlalchemy import select

from benchmarks.faults.ground import Ground, until
from benchmarks.faults.helper import Helper, kill, said
from benchmarks.faults.result import Result, fault
from data_access import backups
from data_access.store.engine import open_store
from data_access.store.models import load_run
from settings import Settings
from tests.support.towns import Town


@fault("a process is killed (kill -9) while it writes into Statroom's own database", "what was acknowledged is kept")
def killed_while_writing(ground: Ground) -> Result:
    times, chance = ground.times(20, 2), random.Random(7)
    town = Town(ground.place("own-data"))
    open_store(town.settings).dispose()
    held = lost = acknowledged = 0
    with Helper() as helper:
        for _ in range(times):
            some = len(said(town.folder)) + 3
            pid = helper.start("write", town.folder)
            until(lambda some=some: len(said(town.folder)) > some)
            time.sleep(chance.uniform(0, 0.3))
            kill(pid)
            told = said(town.folder)
            missing = set(told) - _kept(town)
            lost += len(missing)
            held += not missing
            acknowledged = len(told)
    return Result(times, held, lost=lost, note=f"{acknowledged} acknowledged writes, SQLite")


@fault(
    "a backup is made while people write, and put back on another machine", "it holds all that was acknowledged before, and nothing torn"
)
def restored(ground: Ground) -> Result:
    times = ground.times(5, 1)
    town = Town(ground.place("backed-up"))
    settings = _apart(town)
    open_store(town.settings).dispose()
    held, lost, back = 0, 0, 0.0
    with Helper() as helper:
        pid = helper.start("write", town.folder)
        for number in range(times):
            until(lambda number=number: len(said(town.folder)) > 5 * number + 5)
            acknowledged = set(said(town.folder))
            made = backups.back_up(settings)
            other = Town(ground.place(f"restored-{number}"))
            elsewhere = dataclasses.replace(_apart(other), city=settings.city)
            begun = time.monotonic()
            backups.restore(elsewhere, made.file)
            back = max(back, time.monotonic() - begun)
            found = _kept(other)
            lost += len(acknowledged - found)
            held += acknowledged <= found and sorted(found) == list(range(1, len(found) + 1))
        kill(pid)
    return Result(
        times,
        held,
        lost=lost,
        back_after=back,
        note=f"the last one had {len(found)} rows; by the code of `flask backup` and `flask restore`",
    )


def _apart(town: Town) -> Settings:
    """Its settings, with a residents' database of its own."""
    return dataclasses.replace(town.settings, residents_url=f"sqlite:///{town.settings.data / 'residents.sqlite'}")


def _kept(town: Town) -> set[int]:
    store = open_store(town.settings)
    with store.connect() as connection:
        found = set(connection.execute(select(load_run.c.rows_read)).scalars())
    store.dispose()
    return found
