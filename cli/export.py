"""Gives tables away: Parquet files, a DuckDB file or a PostgreSQL schema for tools of the city, and the public tables for everybody."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from access import PUBLIC_VIEWER, Viewer
from cli.errors import one_line, plain_errors
from settings import Settings, read_settings

if TYPE_CHECKING:
    from data_access.giving.tables import Given, Progress, View
    from data_access.publish_models import Publish
    from metrics.select import Asked

ROLES = ("viewer", "department", "analyst", "executive", "admin")
SCHEMAS = {"staff": "statroom", "public": "statroom_public"}


@click.command("export")
@click.option("--audience", type=click.Choice(["staff", "public"]), default="staff", show_default=True, help="Whose mart is exported.")
@click.option(
    "--role",
    type=click.Choice(ROLES),
    default="viewer",
    show_default=True,
    help="Of a staff export: whose rights decide which columns are in it.",
)
@click.option("--department", "departments", metavar="ID", multiple=True, help="With --role department: whose cases; may be repeated.")
@click.option(
    "--to",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder for Parquet files (default: below export in the data folder).",
)
@click.option("--url", help="Write into this PostgreSQL database instead: postgresql+psycopg://user@host/database.")
@click.option("--schema", help="Its schema (default: statroom, or statroom_public).")
@click.option("--duckdb", is_flag=True, help="Write a DuckDB file beside the Parquet files.")
@click.option("--package", is_flag=True, help="With --audience public: write the data package as a zip file too.")
@plain_errors
def export(
    audience: str, role: str, departments: tuple[str, ...], folder: Path | None, url: str | None, schema: str | None, duckdb: bool, package: bool
) -> None:  # fmt: skip
    """Write the mart's clean tables for tools such as Superset, Metabase or Power BI, with names, units and meanings."""
    from cli.progress import progress
    from data_access.publish_models import Publish

    if package and (audience != "public" or url):
        raise click.UsageError("--package needs --audience public, and a folder.")
    if duckdb and url:
        raise click.UsageError("--duckdb writes a file: leave --url out.")
    if (audience == "staff" and role == "department") != bool(departments):
        raise click.UsageError("Name departments with --role department, and with no other.")
    wanted = Publish(
        audience=audience, role=role, departments=departments, folder=str(folder.absolute()) if folder else None, url=url, schema=schema, duckdb=duckdb,  # type: ignore[arg-type]
        package=package,
    )  # fmt: skip
    with progress() as shown:
        said = give(read_settings(), wanted, shown)
    click.echo(said)


def export_after_load(settings: Settings) -> None:
    """What `[publish]` of city.toml asks for. The load is done: what goes wrong here is said and does not undo it."""
    from cli.city import configured_city
    from cli.progress import LineProgress

    for wanted in configured_city(settings).file.publish:
        try:
            click.echo(give(settings, wanted, LineProgress()))
        except Exception as error:
            click.echo(f"The {wanted.audience} export failed: {one_line(error)} `flask export` tries again.", err=True)


def give(settings: Settings, wanted: Publish, progress: Progress) -> str:
    """Export what is wanted; answers what was done.

    Raises:
        NotGiven: it could not be written.
        MartUnavailable: before the first load.
    """
    from data_access.cache import used_by_command

    if wanted.audience == "staff":
        return _give(settings, wanted, progress)
    # What is withheld takes long to decide: what the portal decided is taken, and what is decided here the portal need not.
    progress.say("Deciding which numbers are published: minutes, if nobody has asked for the tables of this load yet.")
    with used_by_command(replace(settings, audience="public")):
        return _give(settings, wanted, progress)


def _give(settings: Settings, wanted: Publish, progress: Progress) -> str:
    from data_access.giving.folder import NotGiven, write_folder
    from metrics.desk import Desk
    from metrics.giving import staff

    viewer = PUBLIC_VIEWER if wanted.audience == "public" else Viewer("export", "flask export", wanted.role, wanted.departments)
    desk = Desk(replace(settings, audience=wanted.audience), lambda: viewer)
    asked = desk.ask({})
    unknown = [name for name in wanted.departments if name not in asked.mart.dimensions.departments.by_slug]
    if unknown:
        known = ", ".join(sorted(asked.mart.dimensions.departments.by_slug))
        raise NotGiven(f"there is no department {unknown[0]!r}; there are {known}.")
    tables, views = _tables(asked)
    facts = staff.facts(asked, viewer, desk.city.name)
    if licence := desk.city.file.portal.licence if wanted.audience == "public" else "":
        facts["licence"] = licence
    if wanted.url:
        from data_access.giving.postgres import write_schema

        schema = wanted.schema_name or SCHEMAS[wanted.audience]
        write_schema(wanted.url, schema, tables, views, facts, progress)
        where = f"schema {schema}"
    else:
        folder = desk.city.folder / wanted.folder if wanted.folder else default_folder(settings, wanted)
        more = _package(desk, asked) if wanted.package else {}
        write_folder(folder, tables, views, facts, progress, duckdb_file=wanted.duckdb, private=wanted.audience == "staff", more=more)
        where = str(folder / "current")
    rows = f"{len(tables)} tables" + (f" and {len(views)} views" if views and (wanted.url or wanted.duckdb) else "")
    said = f"{rows} of the {wanted.audience} mart" + (f" with the rights of role {wanted.role}" if wanted.audience == "staff" else "")
    desk.note("exported", f"{said} to {where}")
    return f"Wrote {said} to {where}; data through {asked.mart.as_of:%Y-%m-%d %H:%M} UTC."


def default_folder(settings: Settings, wanted: Publish) -> Path:
    """Exports of different rights never share a folder."""
    own = "public" if wanted.audience == "public" else "-".join(("staff", wanted.role, *wanted.departments))
    return settings.data / "export" / own


def _tables(asked: Asked) -> tuple[list[Given], list[View]]:
    from components import public_tables
    from metrics.giving import staff

    if asked.scope.audience == "public":
        return public_tables.tables(asked), []
    return staff.tables(asked), staff.views_of_them(asked)


def _package(desk: Any, asked: Asked) -> dict[str, bytes]:
    from components import data_package

    return {data_package.ZIP: data_package.zipped(desk.city, asked)}
