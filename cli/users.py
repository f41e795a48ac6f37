"""`flask user`: who may sign in."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from access import ROLES, Viewer
from cli.errors import plain_errors
from settings import Settings, read_settings, utc_now

STAFF_ROLES = [role for role in ROLES if role != "public"]


@contextmanager
def _store(settings: Settings) -> Iterator[Any]:
    from data_access.store.engine import open_store

    store = open_store(settings)
    try:
        yield store
    finally:
        store.dispose()


@click.group("user")
def user() -> None:
    """Make, list, disable and reset the accounts of staff."""


@user.command("add")
@click.option("--login", prompt="Login (an e-mail address, or letters, digits and dots)", help="What the person types to sign in.")
@click.option("--name", prompt="Name", help="As others see it.")
@click.option("--role", type=click.Choice(STAFF_ROLES), prompt=True, help="What the account may see and do.")
@click.option(
    "--department", "departments", multiple=True, metavar="ID", help="For role department: its departments; give it several times."
)
@click.option(
    "--district", "districts", multiple=True, metavar="ID", help="For role department: only cases in these areas of the first layer."
)
@click.option("--programme", "programmes", multiple=True, metavar="ID", help="For role department: only cases of these programmes.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking for it twice.")
@click.option("--one-time", is_flag=True, help="Make a password that must be changed at the first sign-in, and print it.")
@plain_errors
def add(
    login: str,
    name: str,
    role: str,
    departments: tuple[str, ...],
    districts: tuple[str, ...],
    programmes: tuple[str, ...],
    password_stdin: bool,
    one_time: bool,
) -> None:
    """Make an account. The first one is an administrator's; it makes the others in the browser."""
    from data_access.store import accounts

    settings = read_settings()
    _require_known(settings, {"department": departments, "district": districts, "programme": programmes})
    password = accounts.one_time_password() if one_time else _password(password_stdin)
    with _store(settings) as store:
        made = accounts.add(
            store,
            login=login,
            name=name,
            role=role,
            departments=departments,
            districts=districts,
            programmes=programmes,
            password=password,
            now=_now(),
            must_change=one_time,
        )
        _note(store, "account made", f"{made.login}: {made.rights}")
    click.echo(f"Made the account {made.login} ({made.rights}).")
    if one_time:
        click.echo(f"One-time password, to be changed at the first sign-in: {password}")


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    return click.prompt("Password", hide_input=True, confirmation_prompt=True)


def _require_known(settings: Settings, limits: dict[str, tuple[str, ...]]) -> None:
    """Who is limited to a department, a district or a programme that nobody knows would see nothing and never be told why."""
    from data_access.mart.reading import MartUnavailable, open_mart

    if not any(limits.values()):
        return
    try:
        mart = open_mart(settings)
    except MartUnavailable:
        return
    names = mart.dimensions
    members = {"department": names.departments, "district": names.districts, "programme": names.programmes}
    known = {what: list(of.by_slug) for what, of in members.items()}
    mart.close()
    for what, given in limits.items():
        unknown = [slug for slug in given if slug not in known[what]]
        if unknown:
            raise click.ClickException(f"there is no {what} {unknown[0]!r}; there are {', '.join(sorted(known[what])) or 'none'}.")


@user.command("list")
@plain_errors
def list_users() -> None:
    """Show every account with its role and state."""
    from data_access.store import accounts

    with _store(read_settings()) as store:
        found = accounts.everybody(store)
    if not found:
        click.echo("There are no accounts; make the first one with `flask user add --role admin`.")
    for one in found:
        state = "disabled" if one.disabled_at else "locked" if one.locked_until and one.locked_until > _now() else "active"
        click.echo(f"{one.login:<40} {one.rights:<11} {state:<9} {one.name}{'' if one.issuer is None else f' (signs in at {one.issuer})'}")


@user.command("disable")
@click.argument("login")
@click.option("--enable", is_flag=True, help="Let it be used again.")
@plain_errors
def disable(login: str, enable: bool) -> None:
    """Let an account not be used any more; whoever is signed in with it is out at once."""
    from data_access.store import accounts

    with _store(read_settings()) as store:
        accounts.disable(store, login, _now(), disabled=not enable)
        _note(store, "account enabled" if enable else "account disabled", login)
    click.echo(f"{login} is {'enabled' if enable else 'disabled'}.")


@user.command("reset")
@click.argument("login")
@plain_errors
def reset(login: str) -> None:
    """Unlock an account and print a one-time password for it."""
    from data_access.store import accounts

    with _store(read_settings()) as store:
        password = accounts.reset(store, login, _now())
        _note(store, "password reset", login)
    click.echo(f"One-time password, to be changed at the first sign-in: {password}")


def _note(store: Any, action: Any, detail: str) -> None:
    """Whoever may use this command line is on record as that."""
    from data_access.store import audit

    audit.note(store, Viewer("command-line", "Command line", "admin"), action, detail, _now())


def _now():  # type: ignore[no-untyped-def]
    return utc_now().replace(tzinfo=None)
