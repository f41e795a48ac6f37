"""The commands of `flask`: `register(server)` adds them. Importing this is cheap; a command imports what it needs."""

from __future__ import annotations

from flask import Flask

from cli.cities import of_a_city
from cli.commands import COMMANDS as EVERY

__all__ = ["COMMANDS", "register"]
COMMANDS = tuple(of_a_city(command) for command in EVERY)


def register(server: Flask) -> None:
    """Add Statroom's commands to `server.cli`."""
    for command in COMMANDS:
        server.cli.add_command(command)
