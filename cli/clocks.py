"""The clocks of several cities, started and stopped together: a process each, and one that ends is started again."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import click

from cli.cities import command_of
from data_access.installation import Place
from settings import ROOT

FIRST_REST, LONGEST_REST = 60.0, 3600.0
"""Seconds until a clock that ended is started again; twice as long each time it ends soon."""
STOP_SECONDS = 60.0
"""How long a load that is going on may take to come to its end."""


@dataclass
class Clock:
    """One city's clock."""

    place: Place
    process: subprocess.Popen[bytes]
    rest: float = FIRST_REST
    again_at: float | None = None
    """When it is started again; None while it runs."""
    began_at: float = field(default_factory=time.monotonic)


def run_all(known: Sequence[Place]) -> int:
    """Run every city's clock until SIGTERM or Ctrl-C; answers the exit code."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    clocks = [Clock(place, _start(place)) for place in known]
    try:
        while not stop.wait(0.5):
            for clock in clocks:
                _look_after(clock)
    finally:
        _end([clock.process for clock in clocks])
    return 0


def _start(place: Place) -> subprocess.Popen[bytes]:
    # A session of its own: Ctrl-C reaches only this process, which ends the others in order.
    return subprocess.Popen(command_of(place, ["clock"]), cwd=ROOT, env=dict(os.environ), start_new_session=True)


def _look_after(clock: Clock) -> None:
    now = time.monotonic()
    if clock.again_at is not None:
        if now >= clock.again_at:
            clock.process, clock.again_at, clock.began_at = _start(clock.place), None, now
        return
    if clock.process.poll() is None:
        return
    if now - clock.began_at > LONGEST_REST:
        # It did its work for a while: what ended it is not what ended it before.
        clock.rest = FIRST_REST
    click.echo(
        f"{clock.place.id}: its clock ended (exit code {clock.process.returncode}); it is started again in {clock.rest:.0f} s.", err=True
    )
    clock.again_at, clock.rest = now + clock.rest, min(clock.rest * 2, LONGEST_REST)


def _end(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    for process in processes:
        if process.poll() is None:
            process.terminate()
    deadline = time.monotonic() + STOP_SECONDS
    for process in processes:
        try:
            process.wait(max(deadline - time.monotonic(), 0.1))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
