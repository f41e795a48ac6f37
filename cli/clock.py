"""Runs the loads on time, and the nightly backup: once a minute it asks every source's schedule, and carries out what people decided about a held load.

One per city; web processes never load.
"""

from __future__ import annotations

import signal
import threading
from datetime import timedelta
from typing import Any
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
from data_access.schedules import parse_schedule
from data_access.sync import SyncError, sync
from settings import Settings, utc_now


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
    minute = utc_now().replace(second=0, microsecond=0)
    while not stop.is_set():
        minute += timedelta(minutes=1)
        if stop.wait(max((minute - utc_now()).total_seconds(), 0)):
            return
        # A load that took longer than a minute: the minutes it covered are over, not owed.
        minute = max(minute, utc_now().replace(second=0, microsecond=0))
        _carry_out(settings)
        names = due_sources(city, minute)
        for name in names:
            _load(settings, city, name)
        if settings.smtp_url:
            (after_load if names else in_between)(settings)
        _back_up(settings)


def _back_up(settings: Settings) -> None:
    try:
        made = back_up_nightly(settings)
    except BackupError as error:
        # Said every minute until it is mended: a night without a backup is not to be overlooked.
        click.echo(str(error), err=True)
        return
    if made:
        click.echo(f"Backed up {made.total:,} rows to {made.file}.")


def due_sources(city: City, minute: Any) -> list[str]:
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


def _load(settings: Settings, city: City, name: str) -> None:
    brought = False
    try:
        for report in sync(settings, city, source=name):
            brought = brought or report.state == "loaded"
            click.echo(
                f"{report.source_name}: {report.rows_new:,} new, {report.rows_changed:,} changed, {report.rows_restated:,} of them of the past, "
                f"{report.seconds:.1f} s{', ' + report.state if report.state not in ('loaded', 'unchanged') else ''}"
            )
    except SyncError as error:
        # Recorded in Statroom's database too; the last good data stays, and the next minute tries again.
        click.echo(f"{name}: {error}", err=True)
        return
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
