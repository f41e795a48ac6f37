"""Commands where one installation has several cities: `--city ID` names one, and some commands act on each in turn.

Each city's turn is a process of its own, so what goes wrong in one, or ends it, never reaches another.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import click

from cli.errors import speak_of
from data_access.installation import Place, environ_of, place_of, places
from settings import ROOT, SettingsError

IN_TURN = frozenset({"sync", "check", "status", "freeze", "mail", "upgrade", "backup", "list", "show"})
"""Commands that mean every city where none is named."""
AT_ONCE = frozenset({"clock"})
"""Commands that run until they are stopped, in all cities at the same time."""
ANYWHERE = frozenset({"init"})
"""Commands about no city that there is."""
TYPED = "statroom.typed"


def of_a_city(command: click.Command) -> click.Command:
    """`command`, and all commands below it, with `--city`."""
    if isinstance(command, click.Group):
        for below in command.commands.values():
            of_a_city(below)
    elif command.name not in ANYWHERE and not any(parameter.name == "city" for parameter in command.params):
        help_text = "Only this one of the installation's cities."
        # Eager: nothing is asked of the operator before it is clear whose it would be.
        command.params.append(click.Option(["--city"], metavar="ID", help=help_text, expose_value=False, is_eager=True, callback=_chosen))
        _remember_what_was_typed(command)
    return command


def _remember_what_was_typed(command: click.Command) -> None:
    parse = command.parse_args

    def parse_args(context: click.Context, args: list[str]) -> list[str]:
        context.meta[TYPED] = list(args)
        return parse(context, args)

    command.parse_args = parse_args  # type: ignore[method-assign]


def _chosen(context: click.Context, _parameter: click.Parameter, name: str | None) -> None:
    """Go on as the city `name`; without a name, do it in all of them and leave."""
    if context.resilient_parsing:
        return
    try:
        known = places(os.environ)
        if name is not None:
            place = place_of(name, os.environ)
            if known:
                _become(place)
            return
        if not known:
            return
    except SettingsError as error:
        raise click.ClickException(str(error)) from None
    command = str(context.command.name)
    if command in AT_ONCE:
        from cli.clocks import run_all

        context.exit(run_all(known))
    if command not in IN_TURN:
        raise click.UsageError(f"There are several cities; say which one with --city: {', '.join(place.id for place in known)}.", context)
    context.exit(in_turn(known, _words(context), context.meta[TYPED]))


def _become(place: Place) -> None:
    made = environ_of(place, os.environ)
    for gone in set(os.environ) - set(made):
        del os.environ[gone]
    os.environ.update(made)
    speak_of(place.id)


def _words(context: click.Context) -> list[str]:
    """The names of the command and of the groups it is in: `user list`."""
    names: list[str] = []
    at: click.Context | None = context
    while at is not None and at.parent is not None:
        names.insert(0, str(at.command.name))
        at = at.parent
    return names


def command_of(place: Place, words: Sequence[str], args: Sequence[str] = ()) -> list[str]:
    """What is run for `place`: the same command, with the city named."""
    return [sys.executable, "-m", "flask", "--app", str(ROOT / "app.py"), *words, "--city", place.id, *args]


def in_turn(known: Sequence[Place], words: Sequence[str], args: Sequence[str]) -> int:
    """Run the command for each city; answers 1 if it failed in one, with a last line that names those."""
    as_json = "--json" in args
    failed, told = [], {}
    for place in known:
        if not as_json:
            click.echo(f"== {place.id}")
        done = subprocess.run(
            command_of(place, words, args), cwd=ROOT, stdout=subprocess.PIPE if as_json else None,
            stderr=subprocess.PIPE if as_json else None, text=True,
        )  # fmt: skip
        if done.returncode:
            failed.append(place.id)
        if as_json:
            told[place.id] = _told(place, done)
    if as_json:
        click.echo(json.dumps(told, indent=1))
    if failed:
        click.echo(f"Error: {' '.join(words)} failed in {len(failed)} of {len(known)} cities: {', '.join(failed)}.", err=True)
    return 1 if failed else 0


def _told(place: Place, done: Any) -> Any:
    """The JSON that a city's turn printed; of one that printed none, what it said instead."""
    try:
        return json.loads(done.stdout)
    except json.JSONDecodeError:
        lines = (done.stderr.strip() or done.stdout.strip()).splitlines()
        return {"error": lines[-1].removeprefix(f"Error: {place.id}: ") if lines else f"exit code {done.returncode}"}
