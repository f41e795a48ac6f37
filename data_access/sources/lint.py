"""What of a city's own file fits nothing in its sources: rules, departments, areas, releases, names and words that nobody meets."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pandas as pd

from data_access.areas import locate, names_to_slugs, read_layer
from data_access.city import City, CityError, read_toml
from data_access.city_models import SlaRuleConfig
from data_access.slugs import slug
from data_access.sources.base import Source
from data_access.sources.doubts import Doubt
from data_access.sources.profile import Profile

FEWER, MORE = 0.98, 1.2
"""A source that is read whole has about as many rows as at the last load."""
MOST_OUTSIDE = 0.02
NAMED = 8


def lint_source(source: Source, profile: Profile, city: City, *, last_rows: int | None, now: datetime) -> list[Doubt]:
    """What is doubtful about one source beside its profile.

    Args:
        last_rows: how many rows the last load of everything read; None if there was none.
        now: the machine's time, with its zone.
    """
    found = [*_of_age(profile, city, now), *_of_rows(source, profile, last_rows), *_unused_words(source, profile)]
    return [*found, *_types_without_due(profile), *_unknown_layers(source, city)]


def lint_city(city: City, profiles: list[Profile]) -> list[Doubt]:
    """What in `city.toml` fits nothing in any of its sources; `profiles` are of all of them."""
    if not any(profile.types for profile in profiles):
        return []
    types = _united(profiles, "types")
    departments = _united(profiles, "departments")
    found = [*_rules(city, types, departments), *_departments(city, departments), *_releases(city, types)]
    return [*found, *_programmes(city), *_areas(city, profiles), *_names(city, types, departments)]


def _of_age(profile: Profile, city: City, now: datetime) -> Iterator[Doubt]:
    if profile.as_of is None:
        return
    hours = (now - profile.as_of.replace(tzinfo=UTC)).total_seconds() / 3600
    if hours > city.facts.stale_after_hours:
        text = f"the latest instant in it is {profile.local(profile.as_of):%Y-%m-%d %H:%M}, {hours / 24:,.0f} days ago"
        yield Doubt(
            "warning", "stale", text, "every page will say so; deliver newer rows, or raise 'stale_after_hours' for data that ends."
        )


def _of_rows(source: Source, profile: Profile, last_rows: int | None) -> Iterator[Doubt]:
    if not last_rows or not source.always_complete or not profile.rows:
        return
    ratio = profile.rows / last_rows
    if not FEWER <= ratio <= MORE:
        text = f"it has {profile.rows:,} rows, the last load read {last_rows:,}"
        yield Doubt("warning", "row_count", text, "check that it was delivered whole and once.")


def _own_mapping(source: Source) -> dict[str, Any]:
    """What the city itself wrote: a preset's words are those of many years, and not all of them come in each file."""
    return {} if source.config.preset else read_toml(source.mapping_path)


def _unused_words(source: Source, profile: Profile) -> Iterator[Doubt]:
    own = _own_mapping(source)
    for name in ("status", "channel", "outcome"):
        seen = {slug(word) for word in profile.words.get(name, {})}
        unused = [word for word in own.get(name, {}) if slug(word) not in seen]
        if unused and seen and not (name == "outcome" and source.mapping.outcome_pattern):
            yield Doubt(
                "warning",
                f"unused_{name}",
                f"[{name}] of the mapping explains {_listed(unused)}, which no row has",
                "mend the spelling or leave it out.",
            )


def _types_without_due(profile: Profile) -> Iterator[Doubt]:
    never = [name for name, without, cases in profile.without_due if without == cases]
    if profile.with_due and never:
        cases = sum(profile.types[name] for name in never)
        text = f"{len(never):,} of {len(profile.types):,} types never have a deadline ({_listed(never)}), {cases:,} cases"
        yield Doubt("warning", "types_without_due", text, "if something is promised for them, write it as [[sla_rule]].")


def _unknown_layers(source: Source, city: City) -> Iterator[Doubt]:
    unknown = [layer for layer in _own_mapping(source).get("areas", {}) if layer not in {one.id for one in city.area_layers}]
    if unknown:
        yield Doubt(
            "warning",
            "unused_areas",
            f"[areas] of the mapping names {_listed(unknown)}, which is no layer of city.toml",
            "add an [[area_layer]] or leave it out.",
        )


def _rules(city: City, types: dict[str, int], departments: dict[str, int]) -> Iterator[Doubt]:
    known = {slug(name) for name in types}
    own = _own_rules(city)
    missing = list(dict.fromkeys(name for rule in own for name in rule.request_type or () if slug(name) not in known))
    if missing:
        yield Doubt(
            "warning",
            "rules_without_type",
            f"[[sla_rule]] promises something for {_listed(missing)}, which no case is",
            _near(missing, types),
        )
    nobody = [rule.department for rule in own if rule.department and not _is_known(city, rule.department, departments)]
    if nobody:
        yield Doubt(
            "warning",
            "rules_without_department",
            f"[[sla_rule]] is for department {_listed(nobody)}, which no case has",
            _near(nobody, departments),
        )


def _own_rules(city: City) -> tuple[SlaRuleConfig, ...]:
    """The rules of the city's file; those of presets stand before them."""
    file = city.folder / "city.toml"
    own = len(read_toml(file).get("sla_rule", [])) if city.file.sla_preset and file.exists() else len(city.sla_rules)
    return city.sla_rules[len(city.sla_rules) - own :]


def _is_known(city: City, label: str, departments: dict[str, int]) -> bool:
    configured = city.department_of(label)
    labels = [label] if configured is None else [configured.id, configured.name, *configured.aliases]
    return bool({slug(one) for one in labels} & {slug(name) for name in departments})


def _departments(city: City, departments: dict[str, int]) -> Iterator[Doubt]:
    parents = {one.parent for one in city.departments}
    never = [one.name for one in city.departments if one.id not in parents and not _is_known(city, one.name, departments)]
    if never and departments:
        yield Doubt(
            "warning",
            "departments_never_seen",
            f"no case is of {_listed(never)}",
            _near(never, departments) + " Or add the source's spelling to 'aliases'.",
        )


def _releases(city: City, types: dict[str, int]) -> Iterator[Doubt]:
    release, known = city.file.release, {slug(name) for name in types}
    for key in ("A", "B", "sensitive"):
        unknown = [name for name in getattr(release, key) if slug(name) not in known]
        if unknown:
            yield Doubt("warning", f"release_{key}", f"[release] {key} names {_listed(unknown)}, which no case is", _near(unknown, types))


def _programmes(city: City) -> Iterator[Doubt]:
    idle = [one.name for one in city.programmes if one.id not in {source.programme for source in city.sources}]
    if idle:
        yield Doubt(
            "warning", "programmes_without_source", f"no source is of programme {_listed(idle)}", "name it in a [[source]] or leave it out."
        )


def _areas(city: City, profiles: list[Profile]) -> Iterator[Doubt]:
    points: dict[tuple[float, float], int] = {}
    for profile in profiles:
        for point, count in profile.points.items():
            points[point] = points.get(point, 0) + count
    for layer in city.area_layers:
        if layer.file is None:
            continue
        try:
            polygons = read_layer(city, layer)
        except CityError as error:
            yield Doubt("error", "area_file", f"area_layer {layer.id!r} cannot be used", str(error))
            continue
        names = {name for profile in profiles for name in profile.areas.get(layer.id, {})}
        if layer.assign == "polygon":
            yield from _by_point(layer.id, polygons, points)
        elif names:
            found = names_to_slugs(layer, polygons, sorted(names))
            yield from _never_hit(layer.id, polygons, set(found.values()))


def _by_point(layer: str, polygons: pd.DataFrame, points: dict[tuple[float, float], int]) -> Iterator[Doubt]:
    if not points:
        return
    frame = pd.DataFrame([(*point, count) for point, count in points.items()], columns=["latitude", "longitude", "cases"])
    slugs = locate(frame, polygons)  # type: ignore[arg-type]
    outside = int(frame["cases"][slugs.isna().to_numpy()].sum())
    if outside > MOST_OUTSIDE * frame["cases"].sum():
        share = outside / frame["cases"].sum()
        yield Doubt(
            "warning",
            "outside",
            f"{outside:,} cases ({share:.0%} of those with a point) lie in no area of layer {layer!r}",
            "check 'latitude' and 'longitude', or whether the file covers the city.",
        )
    yield from _never_hit(layer, polygons, set(slugs.dropna()))


def _never_hit(layer: str, polygons: pd.DataFrame, hit: set[str]) -> Iterator[Doubt]:
    never = polygons["name"][~polygons["slug"].isin(hit)].tolist()
    if never:
        yield Doubt(
            "warning",
            "areas_never_hit",
            f"no case lies in {_listed(never)} of layer {layer!r}",
            "that may be so; else check the layer's 'aliases' and its file.",
        )


def _names(city: City, types: dict[str, int], departments: dict[str, int]) -> Iterator[Doubt]:
    layers = [name for layer in city.area_layers for name in (layer.name, layer.plural)]
    configured = [one.name for one in city.departments]
    others = [one.name for one in city.programmes] + [city.file.portal.licence, city.name]
    areas = _area_names(city)
    known = {*types, *departments, *layers, *configured, *others, *areas}
    for language, table in city.file.names.items():
        unknown = [name for name in table if name not in known]
        if unknown:
            yield Doubt(
                "warning",
                "names_unused",
                f"[names.{language}] translates {_listed(unknown)}, which nothing is called",
                "spell it exactly as the source or city.toml does.",
            )


def _area_names(city: City) -> set[str]:
    made: set[str] = set()
    for layer in city.area_layers:
        if layer.file:
            try:
                made |= set(read_layer(city, layer)["name"])
            except CityError:
                continue
    return made


def _united(profiles: list[Profile], name: str) -> dict[str, int]:
    made: dict[str, int] = {}
    for profile in profiles:
        for word, count in getattr(profile, name).items():
            made[word] = made.get(word, 0) + count
    return made


def _listed(names: list[str]) -> str:
    return ", ".join(map(repr, names[:NAMED])) + (f" and {len(names) - NAMED} more" if len(names) > NAMED else "")


def _near(missing: list[str], known: dict[str, int]) -> str:
    """The remedy: what was probably meant."""
    near = difflib.get_close_matches(missing[0], known, n=1, cutoff=0.6)
    return f"did you mean {near[0]!r}?" if near else "mend the spelling or leave it out."
