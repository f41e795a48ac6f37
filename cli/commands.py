"""What an operator can do: make the demo, load, look at a source, ask for the state, begin a city."""

from __future__ import annotations

import os
from datetime import datetime
from typing import Any

import click

from cli.backup import backup, restore
from cli.check import check
from cli.errors import one_line, plain_errors
from cli.export import export, export_after_load
from cli.held import decide, held
from cli.init import init
from cli.mail import mail
from cli.packet import announce_next, packet
from cli.users import user
from settings import ROOT, Settings, read_settings, utc_now

DEMO_DATABASE = "demo_crm.sqlite"
DEMO_TRUTHS = "demo_truths.json"
BECAME = {
    "unchanged": "nothing changed, no new generation",
    "held": "HELD, not in service: it differs too much from the data in service",
    "rejected": "not in service: the same data were rejected before",
    "set aside": "not in service: what waited was approved meanwhile",
}
"""What became of a load that did not go into service, by its state."""


@click.command("demo")
@click.option("--cases", type=click.IntRange(1_000, 100_000_000), default=250_000, show_default=True, help="About how many cases.")
@click.option("--seed", type=int, default=311, show_default=True, help="Same seed, same city.")
@click.option("--as-of", "as_of", type=click.DateTime(["%Y-%m-%d"]), help="Last day of the data (default: today).")
@click.option("--url", help="SQLAlchemy URL of the database to fill (default: CRM_URL, else an SQLite file in the data folder).")
@plain_errors
def demo(cases: int, seed: int, as_of: datetime | None, url: str | None) -> None:
    """Build the demo city's CRM database: invented people, simulated cases."""
    from cli.progress import progress
    from data_access.demo.build import build_demo

    settings = read_settings()
    target = url or demo_url(settings)
    settings.data.mkdir(parents=True, exist_ok=True)
    with progress() as shown:
        made = build_demo(target, cases, seed, as_of.date() if as_of else None, settings.data / DEMO_TRUTHS, shown)
    _plan_meetings(settings, as_of)
    tables = ", ".join(f"{count:,} {table}" for table, count in made.rows.items())
    if target == demo_url(settings) and settings.city == ROOT / "cities" / "demo":
        _promise(settings, target)
    click.echo(f"Built the demo CRM in {made.seconds:.1f} s: {tables}. Load it with `flask sync --full`.")
    if url and url != os.environ.get("CRM_URL"):
        click.echo("Set CRM_URL to that database, so that the demo city reads it.")


def _promise(settings: Settings, target: str) -> None:
    """What the demo city's people promised, noted and said, in Statroom's own database; it follows the course of its cases."""
    from data_access.demo.build import demo_known_until
    from data_access.demo.promises import make_promises
    from data_access.demo.remarks import make_remarks
    from data_access.demo.truths import dates_of
    from data_access.store.engine import open_store

    known_until = demo_known_until(target)
    if known_until is not None:
        store = open_store(settings)
        dates = dates_of(known_until.date())
        make_promises(store, dates)
        make_remarks(store, dates)
        store.dispose()


def _plan_meetings(settings: Settings, as_of: datetime | None) -> None:
    """Give the demo city a schedule of meetings, if nobody planned any."""
    from zoneinfo import ZoneInfo

    from data_access.demo.meetings import plan_demo
    from data_access.demo.truths import ZONE
    from data_access.store.engine import open_store

    store = open_store(settings)
    try:
        plan_demo(store, as_of.date() if as_of else utc_now().astimezone(ZoneInfo(ZONE)).date())
    finally:
        store.dispose()


def demo_url(settings: Settings) -> str:
    """The CRM the demo city reads when nobody says otherwise."""
    return os.environ.get("CRM_URL") or f"sqlite:///{settings.data / DEMO_DATABASE}"


@click.command("sync")
@click.option("--full", is_flag=True, help="Read everything again and find deleted cases.")
@click.option("--source", metavar="NAME", help="Only this source of city.toml.")
@click.option("--new-deadlines", is_flag=True, help="With --full: deadlines by the rules as they are now, also of cases that have one.")
@click.option(
    "--recount",
    type=click.IntRange(1900, 2999),
    metavar="YEAR",
    help="With --full: count the released figures of a year anew, as a further vintage.",
)
@click.option("--approve", metavar="TEXT", help="Put it into service also if it would be held; the reason, as for `flask held approve`.")
@plain_errors
def sync(full: bool, source: str | None, new_deadlines: bool, recount: int | None, approve: str | None) -> None:
    """Load what is new or changed into the next generation of the mart."""
    from cli.progress import progress

    if new_deadlines and not full:
        raise click.ClickException("--new-deadlines needs --full: only a full load makes every case anew.")
    if recount and not full:
        raise click.ClickException("--recount needs --full: only a full load reads every case of the year again.")
    with progress() as shown:
        reports = _load(full=full, source=source, new_deadlines=new_deadlines, recount=str(recount or ""), progress=shown)
    for report in reports:
        click.echo(_told(report))
    for sentence in dict.fromkeys(sentence for report in reports for sentence in report.remarks):
        click.echo(f"  {sentence}")
    is_held = any(report.state == "held" for report in reports)
    if is_held and approve:
        decide(approve=True, because=approve)
    elif is_held:
        click.echo("The data in service stay until somebody decides: `flask held approve` or `flask held reject`, or /data-health.")
    _keep_samples(source, anew=full)
    _close_week()
    if any(report.state == "loaded" for report in reports):
        export_after_load(read_settings())


def _keep_samples(source: str | None, *, anew: bool) -> None:
    """Some rows for `/admin/sources`: of sources of which none are kept, or of all. The load is done and does not depend on it."""
    from cli.city import configured_city
    from data_access.sources import open_source
    from data_access.sources.samples import keep_sample, kept_sample

    settings = read_settings()
    try:
        city = configured_city(settings)
        for config in city.sources:
            if source in (None, config.name) and (anew or kept_sample(settings.data, config.name) is None):
                keep_sample(open_source(config, city), settings.data, utc_now().replace(tzinfo=None))
    except Exception as error:
        click.echo(f"No rows were kept for /admin/sources: {one_line(error)}", err=True)


def _close_week() -> None:
    """Freeze the week that is over, if no load before did. The load is done: what goes wrong here is said and does not undo it."""
    from cli.city import configured_city
    from cli.week import close_week, closed_said

    settings = read_settings()
    try:
        closed = close_week(settings, configured_city(settings))
    except Exception as error:
        click.echo(f"The week could not be frozen: {one_line(error)} `flask freeze` tries again.", err=True)
        return
    if closed:
        click.echo(closed_said(closed))
        announce_next(settings)


def _load(**options: Any) -> list[Any]:
    from cli.city import configured_city
    from data_access.sync import sync as load

    settings = read_settings()
    return load(settings, configured_city(settings), **options)


def _told(report: Any) -> str:
    lines = [
        f"{report.source_name}: {report.rows_read:,} rows read = {report.rows_new:,} new + {report.rows_changed:,} changed"
        f" + {report.rows_unchanged:,} unchanged + {report.rows_quarantined:,} quarantined; {report.rows_deleted:,} deleted;"
        f" {report.seconds:.1f} s; "
        + (f"generation {report.generation} is in service" if report.state == "loaded" else BECAME[report.state])
        + (f", data through {report.as_of:%Y-%m-%d %H:%M} UTC." if report.as_of else ".")
    ]
    if report.unmapped_status:
        lines.append(f"  {report.unmapped_status:,} rows have a status nobody mapped: they are loaded as unknown (see /data-health).")
    if report.rows_restated:
        lines.append(f"  Of them {report.rows_restated:,} were opened before what was known so far: figures of the past move by them.")
    lines += [f"  Columns: {text}." for text in report.drift]
    return "\n".join(lines)


@click.command("status")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@plain_errors
def status(as_json: bool) -> None:
    """Say which data is in service, how old it is and how the last loads went."""
    import json

    from cli.state import state, state_text

    settings = read_settings()
    found = state(settings)
    click.echo(json.dumps(found, indent=1) if as_json else state_text(found))


@click.command("clock")
@plain_errors
def clock() -> None:
    """Load every source when its schedule in city.toml says so, until stopped."""
    from cli.clock import run

    run(read_settings())


@click.command("upgrade")
@plain_errors
def upgrade() -> None:
    """Bring Statroom's own database to this version's tables. Safe to repeat."""
    from data_access.store.engine import open_store

    open_store(read_settings()).dispose()
    click.echo("Statroom's own database is up to date.")


@click.command("freeze")
@plain_errors
def freeze() -> None:
    """Freeze the figures of the last week that is over, as they are known now. Once for each week: safe to repeat."""
    from cli.city import configured_city
    from cli.week import close_week, closed_said

    settings = read_settings()
    closed = close_week(settings, configured_city(settings))
    click.echo(closed_said(closed) if closed else "The last week that is over in the data is frozen already.")


COMMANDS = (demo, sync, check, status, held, init, clock, freeze, packet, export, mail, backup, restore, upgrade, user)
