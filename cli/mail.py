"""`flask mail`: makes the letters that are due and hands over those that wait. Safe to repeat, and by several processes at once."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import click

from cli.errors import one_line, plain_errors
from settings import Settings, read_settings

NOT_SET = "No mail is sent: STATROOM_SMTP_URL is empty (docs/mail.md says what to set)."


@click.command("mail")
@click.option("--dry-run", is_flag=True, help="Print what is due; nothing is kept or sent.")
@plain_errors
def mail(dry_run: bool) -> None:
    """Make the letters that are due now and send those that wait. Exit code 1 if one could not be sent. `flask clock` does it after a load."""
    from cli.mailing import due_now, send_due, troubles

    settings = read_settings()
    if dry_run:
        due = due_now(settings)
        for draft in due.drafts:
            click.echo(f"To: {draft.email}\nSubject: {draft.subject}\n\n{draft.text}\n---")
        _say_silent(due.silent)
        click.echo(f"{len(due.drafts)} due; nothing was kept or sent." + ("" if settings.smtp_url else f" {NOT_SET}"))
        return
    done = send_due(settings)
    if done is None:
        click.echo(NOT_SET)
        return
    _say_silent(done.silent)
    for text in troubles(settings):
        click.echo(f"Not sent: {text}", err=True)
    click.echo(str(done), err=bool(done.error))
    if done.error:
        sys.exit(1)


def _say_silent(silent: list[str]) -> None:
    for text in silent:
        click.echo(f"Nothing for {text}")


def after_load(settings: Settings) -> None:
    """For the clock: make and send what a load made due. What goes wrong is said; the next load tries again."""
    from cli.mailing import send_due

    _said(lambda: send_due(settings))


def in_between(settings: Settings) -> None:
    """For the clock: try letters again whose time has come."""
    from cli.mailing import send_waiting

    _said(lambda: send_waiting(settings))


def _said(send: Callable[[], Any]) -> None:
    try:
        done = send()
    except Exception as error:
        click.echo(f"Mail could not be sent: {one_line(error)}", err=True)
        return
    if done is not None and done.is_worth_saying:
        click.echo(str(done), err=bool(done.error))
