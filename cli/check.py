"""`flask check`: the city file and its sources looked at before loading; what stops a load is an error, what is doubtful a warning."""

from __future__ import annotations

import json
from typing import Any

import click

from cli.city import configured_city
from cli.errors import plain_errors
from settings import Settings, read_settings, utc_now


@click.command("check")
@click.option("--source", metavar="NAME", help="Only this source of city.toml.")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@plain_errors
def check(source: str | None, as_json: bool) -> None:
    """Look at the city file and its sources before loading: counts, peak hour, pile-ups, unmapped values, keys that fit nothing.

    Leaves with exit code 1 if anything is marked ERROR: a load would stop for it, or be worthless.
    """
    from data_access.sources.profile import profile_source
    from data_access.sources.samples import keep_sample

    settings = read_settings()
    city = configured_city(settings)
    _check_schedules(city)
    chosen = [config for config in city.sources if source in (None, config.name)]
    if not chosen:
        raise click.ClickException(f"there is no source {source!r}; there are {', '.join(s.name for s in city.sources) or 'none'}.")
    profiles = []
    for config in chosen:
        opened = _opened(config, city)
        profile = profile_source(opened, city)
        _lint(opened, profile, city, settings)
        profiles.append(profile)
        # For whoever mends the mapping in a browser: the web process asks no source.
        keep_sample(opened, settings.data, utc_now().replace(tzinfo=None))
    # What one source does not have, another may.
    of_city = _of_city(city, profiles) if len(chosen) == len(city.sources) else []
    failed = any(profile.errors for profile in profiles) or any(doubt.level == "error" for doubt in of_city)
    if as_json:
        click.echo(json.dumps([*(profile.to_dict() for profile in profiles), _city_entry(city, of_city)], indent=1, default=str))
    else:
        click.echo(_told(city, profiles, of_city))
    if failed:
        raise click.exceptions.Exit(1)


def _opened(config: Any, city: Any) -> Any:
    from data_access.sources import open_source

    return open_source(config, city)


def _lint(source: Any, profile: Any, city: Any, settings: Settings) -> None:
    from data_access.sources.lint import lint_source

    found = lint_source(source, profile, city, last_rows=_last_rows(settings, profile.source_name), now=utc_now())
    profile.doubts = sorted([*profile.doubts, *found], key=lambda doubt: doubt.level)


def _last_rows(settings: Settings, source_name: str) -> int | None:
    """How many rows the last load of everything read, if one is on record."""
    from data_access.store import engine, runs

    if settings.store_url.startswith("sqlite") and not (settings.data / "statroom.sqlite").exists():
        return None
    store = engine.open_store(settings)
    try:
        return runs.last_full_rows(store, source_name)
    finally:
        store.dispose()


def _of_city(city: Any, profiles: list[Any]) -> list[Any]:
    from data_access.sources.lint import lint_city

    return sorted(lint_city(city, profiles), key=lambda doubt: doubt.level)


def _city_entry(city: Any, doubts: list[Any]) -> dict[str, Any]:
    said = {level: [str(doubt) for doubt in doubts if doubt.level == level] for level in ("error", "warning")}
    return {
        "source_name": None,
        "city": city.facts.id,
        "errors": said["error"],
        "warnings": said["warning"],
        "doubts": [vars(doubt) for doubt in doubts],
    }


def _told(city: Any, profiles: list[Any], of_city: list[Any]) -> str:
    parts = [f"{city.folder / 'city.toml'} is valid: {city.name}, {city.zone}.", *(f"\n{profile.to_text()}" for profile in profiles)]
    if of_city:
        parts.append("\n" + "\n".join(["city.toml beside its sources:", *(f"  {doubt.level.upper():<11} {doubt}" for doubt in of_city)]))
    errors = sum(len(profile.errors) for profile in profiles) + sum(doubt.level == "error" for doubt in of_city)
    warnings = sum(len(profile.warnings) for profile in profiles) + sum(doubt.level == "warning" for doubt in of_city)
    counted = [f"{n:,} {word}{'' if n == 1 else 's'}" for n, word in ((errors, "error"), (warnings, "warning"))]
    return "\n".join([*parts, "", f"{counted[0]}, {counted[1]}."])


def _check_schedules(city: Any) -> None:
    from data_access.schedules import parse_schedule

    for source in city.sources:
        if source.schedule:
            parse_schedule(source.schedule)
