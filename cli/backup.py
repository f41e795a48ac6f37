"""`flask backup` and `flask restore`: what people wrote in Statroom, kept and put back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from cli.errors import plain_errors
from settings import read_settings, utc_now


@click.command("backup")
@click.option("--list", "listed", is_flag=True, help="Make none; list those there are, oldest first.")
@plain_errors
def backup(listed: bool) -> None:
    """Back up Statroom's own data: what people wrote, what residents asked for, what was released. Nothing need be stopped."""
    from data_access import backups

    settings = read_settings()
    if not listed:
        click.echo(_told(backups.back_up(settings)))
        return
    for file in backups.found(settings):
        click.echo(f"{file}  {file.stat().st_size:,} bytes")


@click.command("restore")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Change nothing; say whether the backup is whole and what is in it.")
@click.option("--replace", is_flag=True, help="Also where there is data already: that is backed up first, then replaced.")
@plain_errors
def restore(file: Path, check: bool, replace: bool) -> None:
    """Put back a backup of Statroom's own data."""
    from data_access import backups

    settings = read_settings()
    if check:
        found = backups.read(file)
        click.echo(_told(found))
        for name, tables in found.rows.items():
            click.echo("\n".join(f"  {name}: {table} {rows:,}" for table, rows in tables.items()))
        return
    put_back, before = backups.restore(settings, file, replace=replace)
    hours = (utc_now() - put_back.made_at).total_seconds() / 3600
    click.echo(
        f"Put back {file.name}: {put_back.total:,} rows, {put_back.released} files of released figures. Everybody has to sign in again."
    )
    if before:
        click.echo(
            f"What was there before is in {before.file}. The last {hours:,.1f} hours are not in what was put back: "
            "letters sent in them may be sent again, and residents who ended their letters in them get letters again."
        )


def _told(made: Any) -> str:
    return (
        f"{made.file}: {made.total:,} rows, {made.released} files of released figures, of {made.made_at:%Y-%m-%d %H:%M} UTC "
        f"({made.why}); every part is as it was written."
    )
