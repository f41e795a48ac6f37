"""What must hold in a city's file beyond the form of each key: names that exist, ids that differ, layers that fit."""

from __future__ import annotations

import difflib
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from data_access.mart.schema import AREA_SLOTS

if TYPE_CHECKING:
    from data_access.city import City

TAKEN = set(
    "from to weeks grain as_of programme department division request_type request_group channel case_class outcome by period metric layer layers "
    "show of hits age search rows list sort order offset limit all none boundaries step area with compare slug page view chart type late against cases_of endings_by visit until target stock split series seen sample peers goal found figure year place moved".split()
)
"""What addresses of pages and of the API say already: a layer of areas is a parameter too and needs another id. Filters and options of pages add theirs."""


class CityError(ValueError):
    """A city file that cannot be used: names the file, the key, the value and the remedy, on one line."""


def check_references(city: City, path: Path) -> None:
    for zone in (city.zone, *(calendar.zone for calendar in city.calendars if calendar.zone)):
        try:
            ZoneInfo(zone)
        except (ZoneInfoNotFoundError, ValueError):
            raise CityError(f"{path}: time zone {zone!r} is not known; use an IANA name such as 'America/New_York'.") from None
    _check_named(path, "sla_rule.programme", [r.programme for r in city.sla_rules], [p.id for p in city.programmes])
    calendars = [c.id for c in city.calendars]
    _check_named(path, "programme.stage.calendar", [s.calendar for p in city.programmes for s in p.stage], calendars)
    _check_named(path, "source.programme", [s.programme for s in city.sources], [p.id for p in city.programmes])
    _check_named(path, "department.parent", [d.parent for d in city.departments], [d.id for d in city.departments])
    _check_named(path, "sla_rule.calendar", [r.calendar for r in city.sla_rules], calendars)
    from data_access.due import check_deadlines  # deadlines are computed for a City: it cannot be imported above

    try:
        check_deadlines(city)
    except CityError as error:
        raise CityError(f"{path}: {error}") from None
    if all(programme.privacy == "aggregate" for programme in city.programmes):
        raise CityError(f"{path}: every programme has privacy 'aggregate', so no case could be shown; leave one of them 'open' or 'staff'.")
    for key, ids in (
        ("programme.id", [p.id for p in city.programmes]),
        *((f"programme.stage.id of {p.id}", [s.id for s in p.stage]) for p in city.programmes),
        ("source.name", [s.name for s in city.sources]),
        ("department.id", [d.id for d in city.departments]),
        ("calendar.id", [c.id for c in city.calendars]),
        ("area_layer.id", [layer.id for layer in city.file.area_layer]),
    ):
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise CityError(f"{path}: key {key!r} has {twice[0]!r} twice; give each its own.")
    _check_layers(city, path)
    _ = city.crosswalk  # says itself what is wrong with it
    _check_named(path, "release.sensitive", list(city.file.release.sensitive), list(city.file.release.B))
    if len(city.area_layers) > AREA_SLOTS:
        raise CityError(f"{path}: {len(city.area_layers)} area layers; a case can lie in {AREA_SLOTS} at most.")
    for source in city.sources:
        wanted = "path" if source.kind == "files" else "url"
        if not (getattr(source, wanted) or (source.urls and source.kind not in ("sql", "files"))):
            raise CityError(f"{path}: source {source.name!r} of kind {source.kind!r} needs key {wanted!r}.")
        if (source.preset is None) == (source.mapping is None):
            raise CityError(f"{path}: source {source.name!r} needs either 'preset' or 'mapping'.")


def _check_layers(city: City, path: Path) -> None:
    layers = {layer.id: layer for layer in city.area_layers}
    for layer in layers.values():
        if layer.id in TAKEN:
            raise CityError(
                f"{path}: key 'area_layer.id' is {layer.id!r}, which addresses use for something else; name the layer '{layer.id}_area' or otherwise."
            )
        if layer.valid_from and layer.valid_to and layer.valid_from > layer.valid_to:
            raise CityError(f"{path}: area_layer {layer.id!r} is valid to {layer.valid_to}, before its 'valid_from' {layer.valid_from}.")
        if layer.version_of is None:
            continue
        today = layers.get(layer.version_of)
        if today is None or today.version_of is not None or today is layer:
            raise CityError(
                f"{path}: area_layer {layer.id!r} has 'version_of' {layer.version_of!r}; name the layer with the boundaries of today."
            )
        if layer.valid_to is None:
            raise CityError(f"{path}: area_layer {layer.id!r} holds earlier boundaries; say with 'valid_to' on which day they ended.")
        for one in (layer, today):
            # A name in the source means an area of its own time, and nothing says which boundaries that were.
            if one.file is None or one.assign != "polygon":
                raise CityError(f"{path}: area_layer {one.id!r} has versions, so it needs a 'file' and assign = \"polygon\".")


def _check_named(path: Path, key: str, used: list[str | None], known: list[str]) -> None:
    for name in used:
        if name is not None and name not in known:
            near = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {near[0]!r}?" if near else f"known are: {', '.join(known) or 'none'}."
            raise CityError(f"{path}: key {key!r} names {name!r}, which is not defined; {hint}")
