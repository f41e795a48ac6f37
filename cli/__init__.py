"""The commands of `flask`: `register(server)` adds them. Importing this is cheap; a command imports what it needs."""

from __future__ import annotations

from flask import Flask

from cli.commands import COMMANDS

__all__ = ["COMMANDS", "register"]


def register(server: Flask) -> None:
    """Add Statroom's commands to `server.cli`."""
    for command in COMMANDS:
        server.cli.add_command(command)
