"""A command that fails says so in one line on stderr and leaves with exit code 1.

What was foreseen already carries its sentence; what was not is named by its kind.
STATROOM_DEBUG=1 shows where it came from instead.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from typing import Any

import click

FORESEEN = (
    "SettingsError",
    "CityError",
    "SourceError",
    "SyncError",
    "DemoError",
    "MartUnavailable",
    "LoadInProgress",
    "NoGeneration",
    "BuildError",
    "ScheduleError",
    "NoAccount",
    "WeakPassword",
    "NotWritten",
    "NotGiven",
    "AccessDenied",
    "BackupError",
    "CopyError",
    "NotDecided",
    "NotBrought",
)
"""By name: importing them all would make every command slow."""


_about: list[str] = []
"""The city a command is about, where there are several."""


def speak_of(city: str) -> None:
    """Begin every line about a failure with the name of `city`."""
    _about[:] = [city]


def plain_errors(command: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap `command` so that it ends with one clear line instead of a traceback."""

    @functools.wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except click.ClickException as error:
            error.message = ": ".join([*_about, error.message])
            raise
        except (click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            if os.environ.get("STATROOM_DEBUG") == "1":
                raise
            click.echo(f"Error: {': '.join([*_about, one_line(error)])}", err=True)
            sys.exit(1)

    return run


def one_line(error: Exception) -> str:
    """What went wrong, on one line."""
    text = " ".join(str(error).split())
    if type(error).__name__ in FORESEEN and text:
        return text
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror}: {error.filename}." if error.filename else f"{error.strerror}."
    return f"{type(error).__name__}: {text[:300]} (STATROOM_DEBUG=1 shows where)"
