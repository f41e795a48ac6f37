"""Runs the loads on time, and the nightly backup: once a minute it asks every source's schedule, and carries out what people decided about a held load.

A load that failed for a reason that may pass is tried again, ever more seldom. One clock per city; web processes never load.
"""

from __future__ import annotations

import random
import signal
import threading
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import click

from cli.city import configured_city
from cli.errors import one_line
from cli.export import export_after_load
from cli.held import carry_out
from cli.mail import after_load, in_between
from cli.packet import announce_next
from cli.week import close_week, closed_said
from data_access.backup_files import BackupError
from data_access.backups import back_up_nightly
from data_access.city import City
from data_access.retrying import Turns
from data_access.schedules import parse_schedule
from data_access.sync import SyncError, may_pass, sync
from settings import Settings, utc_now

LONGEST_LOOK_BACK = timedelta(days=1)
"""A machine that slept owes what a day had, not a year."""


def run(settings: Settings) -> None:
    """Load what is due every minute until SIGTERM or Ctrl-C."""
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    city = configured_city(settings)
    if not any(source.schedule for source in city.sources):
        raise click.ClickException(
            f'no source in {city.folder / "city.toml"} has a schedule; add one, for example schedule = "*/15 * * * *".'
        )
    click.echo(f"Loading {city.name} on schedule.")
    turns = Turns(random.random)
    minute = _minute()
    while not stop.is_set():
        if stop.wait(max((minute + timedelta(minutes=1) - utc_now()).total_seconds(), 0)):
            return
        before, minute = minute, max(minute + timedelta(minutes=1), _minute())
        turns.owe(owed_sources(city, before, minute))
        _carry_out(settings)
        tried = take_turns(settings, city, turns, stop)
        if settings.smtp_url:
            (after_load if tried else in_between)(settings)
        _back_up(settings)


def _minute() -> datetime:
    return utc_now().replace(second=0, microsecond=0)


def owed_sources(city: City, after: datetime, until: datetime) -> set[str]:
    """The sources whose schedule fits a minute after `after` and up to `until` (aware): a long load of one takes no turn from another."""
    minute, owed = max(after, until - LONGEST_LOOK_BACK), set[str]()
    while minute < until:
        minute += timedelta(minutes=1)
        owed |= set(due_sources(city, minute))
    return owed


def take_turns(settings: Settings, city: City, turns: Turns, stop: threading.Event) -> list[str]:
    """Load every source whose turn it is, each once; answers which."""
    tried: list[str] = []
    while not stop.is_set():
        name = turns.next(utc_now())
        if name is None or name in tried:
            break
        tried.append(name)
        _try(settings, city, turns, name)
    return tried


def _try(settings: Settings, city: City, turns: Turns, name: str) -> None:
    attempt = turns.begin(name, utc_now())
    try:
        brought = _load(settings, city, name, attempt)
    except Exception as error:
        # Recorded in Statroom's database too, if it can be reached; the last good data stays.
        again = turns.failed(name, utc_now(), may_pass=may_pass(error))
        # The clock looks once a minute: the first minute that is not before.
        shown = None if again is None else (again + timedelta(seconds=59)).astimezone(ZoneInfo(city.zone))
        when = "at its schedule" if shown is None else f"at {shown:%H:%M}, or by its schedule before"
        click.echo(f"{name}: {error if isinstance(error, SyncError) else one_line(error)} It is tried again {when}.", err=True)
        return
    turns.went_well(name)
    _after(settings, city, brought)


def _back_up(settings: Settings) -> None:
    try:
        made = back_up_nightly(settings)
    except BackupError as error:
        # Said every minute until it is mended: a night without a backup is not to be overlooked.
        click.echo(str(error), err=True)
        return
    if made:
        click.echo(f"Backed up {made.total:,} rows to {made.file}.")


def due_sources(city: City, minute: datetime) -> list[str]:
    """The sources whose schedule fits `minute` (aware) on the city's clock."""
    local = minute.astimezone(ZoneInfo(city.zone))
    return [source.name for source in city.sources if source.schedule and parse_schedule(source.schedule).fits(local)]


def _carry_out(settings: Settings) -> None:
    """Do what people decided about a held load."""
    try:
        carry_out(settings)
    except Exception as error:
        # The next minute tries again.
        click.echo(f"What was decided about the held load could not be done: {one_line(error)}", err=True)


def _load(settings: Settings, city: City, name: str, attempt: int) -> bool:
    """Load one source; whether it brought anything."""
    brought = False
    for report in sync(settings, city, source=name, attempt=attempt):
        brought = brought or report.state == "loaded"
        compared = "" if report.ids_compared is None else f", {report.ids_compared:,} ids compared and {report.rows_deleted:,} cases gone"
        click.echo(
            f"{report.source_name}: {report.rows_new:,} new, {report.rows_changed:,} changed, {report.rows_restated:,} of them of the past{compared}, "
            f"{report.seconds:.1f} s{', ' + report.state if report.state not in ('loaded', 'unchanged') else ''}"
        )
    return brought


def _after(settings: Settings, city: City, brought: bool) -> None:
    """What follows a load that went well."""
    if brought:
        export_after_load(settings)
    try:
        closed = close_week(settings, city)
    except Exception as error:
        # The data are loaded; the next load tries again.
        click.echo(f"The week could not be frozen: {one_line(error)}", err=True)
        return
    if closed:
        click.echo(closed_said(closed))
        announce_next(settings)
