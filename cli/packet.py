"""The briefing packet of a meeting as a file, drafted where there is none yet."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from access import Viewer
from cli.errors import one_line, plain_errors
from settings import Settings, read_settings, utc_now

if TYPE_CHECKING:
    from data_access.store.meetings import Meeting
    from metrics.desk import Desk

DRAFTER = Viewer("packet", "Statroom", "analyst")
"""Sees all departments, and drafts."""


@click.command("packet")
@click.argument("meeting", required=False, type=click.IntRange(1, 10**9))
@click.option("--next", "is_next", is_flag=True, help="The next planned meeting, in place of a number.")
@click.option("--department", metavar="ID", default="", help="About one department of the meeting (default: all of it).")
@click.option("--format", "form", type=click.Choice(["html", "pdf", "pptx"]), default="pdf", show_default=True, help="What to write.")
@click.option("--out", type=click.Path(path_type=Path, dir_okay=False), help="Where to write it (default: packet-NUMBER.FORMAT here).")
@click.option("--again", is_flag=True, help="Draft it again first: new figures; texts that somebody changed stay.")
@click.option("--site", metavar="URL", help="What links lead to (default: the staff application on this machine).")
@plain_errors
def packet(meeting: int | None, is_next: bool, department: str, form: str, out: Path | None, again: bool, site: str | None) -> None:
    """Write the briefing packet of MEETING to a file; draft it if there is none yet."""
    from components import packet_files

    if (meeting is None) != is_next:
        raise click.UsageError("Name one meeting by its number (the address of its page ends in it), or give --next.")
    settings = read_settings()
    desk = desk_of(settings)
    found = next_meeting(desk, department) if is_next else meeting_of(desk, meeting or 0)
    if department and department not in found.series.departments:
        raise click.ClickException(
            f"the meeting is not about department {department!r}; choose one of {', '.join(found.series.departments)}."
        )
    number = packet_for(desk, found, department, again=again)
    content = packet_files.made(packet_files.view_of(desk, number), form, site or f"http://{settings.host}:{settings.port}")
    target = out or Path(f"packet-{number}.{form}")
    target.write_bytes(content)
    click.echo(f"Wrote packet {number} of {found.series.name}, {found.on:%-d %B %Y}, to {target}.")


def announce_next(settings: Settings) -> None:
    """Once a week is closed, what the next meeting reads can be drafted: do so, and say it. What goes wrong is said too, and undoes nothing."""
    try:
        said = draft_next(settings)
    except Exception as error:
        click.echo(f"The next meeting's packet could not be drafted: {one_line(error)} `flask packet --next` tries again.", err=True)
        return
    if said:
        click.echo(said)


def draft_next(settings: Settings) -> str:
    """Draft the packet of the next meeting, if it is planned within a week and has none yet; answers what was done, or nothing."""
    from data_access.store import packets as kept

    desk = desk_of(settings)
    found = _planned(desk, "", timedelta(weeks=1))
    if found is None or kept.of_meeting(desk.store(), DRAFTER, None, found.id):
        return ""
    number = packet_for(desk, found, kept.WHOLE)
    return f"The briefing packet of {found.series.name}, {found.on:%-d %B %Y}, is drafted: /packet/{number}."


def desk_of(settings: Settings) -> Desk:
    """Where the drafter asks."""
    from metrics.desk import Desk

    return Desk(replace(settings, audience="staff"), lambda: DRAFTER)


def meeting_of(desk: Desk, number: int) -> Meeting:
    """Meeting `number`."""
    from data_access.store import meetings

    found = meetings.one(desk.store(), number, None)
    if found is None:
        raise click.ClickException(f"there is no meeting {number}.")
    return found


def next_meeting(desk: Desk, department: str = "") -> Meeting:
    """The first meeting that is planned for today or later, and about `department` if one is named."""
    from data_access.store.meetings import WEEKS_AHEAD

    found = _planned(desk, department, timedelta(weeks=WEEKS_AHEAD))
    if found is None:
        about = f" about department {department!r}" if department else ""
        raise click.ClickException(f"no meeting{about} is planned in the next {WEEKS_AHEAD} weeks; plan a series at /meeting.")
    return found


def _planned(desk: Desk, department: str, within: timedelta) -> Meeting | None:
    """The first meeting that is planned, and not further ahead than that."""
    from data_access.store import meetings

    today = desk.calendar.day_of(utc_now().replace(tzinfo=None))
    meetings.materialise(desk.store(), today)
    planned = meetings.schedule(desk.store(), frozenset({department}) if department else None, today, today + within)
    return next((one for one in planned if one.state == meetings.PLANNED), None)


def packet_for(desk: Desk, meeting: Meeting, department: str, *, again: bool = False) -> int:
    """Number of the packet of a meeting and department, which is drafted where there is none yet, or `again`."""
    from components import packets
    from data_access.store import packets as kept

    there = [one.id for one in kept.of_meeting(desk.store(), DRAFTER, None, meeting.id) if one.department == department]
    return there[0] if there and not again else packets.draft_packet(desk, desk.acting("write_packet"), meeting.id, department)
