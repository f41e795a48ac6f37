"""`flask held`: the load that waits for a person, and the decision about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from access import Viewer
from cli.errors import plain_errors
from settings import Settings, read_settings, utc_now


class ShownByDefault(click.Group):
    """`flask held` alone shows what is held."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        is_named = bool(args) and (not args[0].startswith("-") or args[0] == "--help")
        return super().parse_args(ctx, args if is_named else ["show", *args])


@click.group("held", cls=ShownByDefault)
def held() -> None:
    """Show the load that differs too much from the data in service, approve it or reject it."""


@held.command("show")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@plain_errors
def show(as_json: bool) -> None:
    """Say what is held and why."""
    import json

    from data_access.store.engine import open_store

    store = open_store(read_settings())
    try:
        found = told(store)
    finally:
        store.dispose()
    click.echo(json.dumps(found, indent=1) if as_json else "\n".join(lines(found)) or "No load is held.")


@held.command("approve")
@click.option("--because", prompt="Why is this right", help="The reason, for whoever looks at these figures later.")
@plain_errors
def approve(because: str) -> None:
    """Put the held load into service exactly as it was built."""
    decide(approve=True, because=because)


@held.command("reject")
@click.option("--because", prompt="Why is this wrong", help="The reason, for whoever looks at these figures later.")
@plain_errors
def reject(because: str) -> None:
    """Throw the held load away. The same data are not held again."""
    decide(approve=False, because=because)


def decide(*, approve: bool, because: str) -> None:
    """Decide about the held load, and carry it out unless a load is running."""
    from data_access import deciding
    from data_access.store import held as loads
    from data_access.store.acting import Acting
    from data_access.store.engine import open_store

    settings = read_settings()
    store = open_store(settings)
    try:
        found = loads.open_one(store)
        if found is None:
            raise click.ClickException("no load is held.")
        # Whoever may use this command line is on record as that.
        acting = Acting(Viewer("command-line", "Command line", "admin"), store, utc_now().replace(tzinfo=None))
        if not (approve and found.state == loads.APPROVED):
            loads.decide(acting, found.edition, approve=approve, because=because)
        try:
            made = deciding.decided(settings, store)
        except deciding.LoadInProgress:
            click.echo("Decided. A load is running; it or the next one carries this out.")
            return
    finally:
        store.dispose()
    if not approve:
        click.echo(f"The load held as generation {found.generation} is thrown away. The data in service stay.")
    elif made is None:
        raise click.ClickException("what is in service is not what the held load was compared with any more; load again.")
    else:
        after(settings, made)


def carry_out(settings: Settings) -> None:
    """Carry out what people decided in the browser, if they did; what follows a load follows this too."""
    from data_access import deciding
    from data_access.store import engine

    store = engine.opened(settings.store_url)
    if engine.is_prepared(store) and deciding.is_due(settings, store) and (made := deciding.decided(settings, store)):
        after(settings, made)


def after(settings: Settings, made: Any) -> None:
    """What follows a load that went into service."""
    from cli.city import configured_city
    from cli.errors import one_line
    from cli.export import export_after_load
    from cli.packet import announce_next
    from cli.week import close_week, closed_said

    click.echo(f"The held load of {', '.join(made.sources)} is in service as generation {made.generation}.")
    try:
        closed = close_week(settings, configured_city(settings))
        if closed:
            click.echo(closed_said(closed))
            announce_next(settings)
    except Exception as error:
        # The data are in service; the next load tries again.
        click.echo(f"The week could not be frozen: {one_line(error)}", err=True)
    export_after_load(settings)


def told(store: Any) -> dict[str, Any] | None:
    """What is held as JSON values, or None."""
    from data_access.store import held as loads

    found = loads.open_one(store)
    if found is None:
        return None
    made = asdict(found)
    for name in ("built_at", "as_of", "decided_at"):
        made[name] = None if made[name] is None else made[name].isoformat(timespec="seconds") + "Z"
    return made


def lines(found: dict[str, Any] | None) -> Sequence[str]:
    """`told` for a person."""
    if found is None:
        return []
    head = f"A load of {', '.join(found['sources'])} is held since {found['built_at']} (generation {found['generation']}, data through {found['as_of']}):"
    do = "Look at the source, then `flask held approve` or `flask held reject`."
    if found["state"] == "approved":
        do = f"{found['decided_by_name']} approved it; `flask clock` puts it into service within a minute, any load or `flask held approve` does too."
    return [head, *(f"  {remark['sentence']}" for remark in found["remarks"]), do]
