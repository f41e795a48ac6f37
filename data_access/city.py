"""Reads and checks `city.toml`: `load_city(folder)` answers one frozen `City` or says what to mend."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Mapping, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from data_access import city_models as models
from data_access.city_checks import CityError, check_references
from data_access.crosswalks import Crosswalk, read_crosswalk
from data_access.programme_models import Programme
from data_access.slugs import slug
from settings import ROOT

M = TypeVar("M", bound=BaseModel)


SLA_PRESETS = ROOT / "data_access" / "sources" / "presets"
_USUAL = {"STATROOM_DATA": str(ROOT / "var")}
"""Variables a city may use without anybody setting them."""
UNSET = "${}"
"""In an environment: what every variable that nobody set is taken for, where a city's file is read and its sources never are."""


@dataclass(frozen=True)
class City:
    """A checked city. `folder` is where relative paths start."""

    folder: Path
    file: models.CityFile

    @property
    def facts(self) -> models.CityFacts:
        """`[city]`."""
        return self.file.city

    @property
    def name(self) -> str:
        return self.file.city.name

    @property
    def zone(self) -> str:
        return self.file.city.zone

    @property
    def sources(self) -> tuple[models.SourceConfig, ...]:
        return self.file.source

    @property
    def programmes(self) -> tuple[Programme, ...]:
        return self.file.programme

    @cached_property
    def main_programmes(self) -> frozenset[str]:
        """The programmes whose cases headline figures count: the service requests; where the city has none, its first programme.

        A request for a pothole and one for a police file have no rate in common.
        """
        open_ones = [programme for programme in self.programmes if programme.privacy != "aggregate"]
        requests = [programme.id for programme in open_ones if programme.kind == "service_request"]
        return frozenset(requests or [programme.id for programme in open_ones[:1]])

    def programme(self, name: str) -> Programme:
        """The programme of that id."""
        return next(programme for programme in self.programmes if programme.id == name)

    @property
    def departments(self) -> tuple[models.Department, ...]:
        return self.file.department

    @property
    def calendars(self) -> tuple[models.CalendarConfig, ...]:
        return self.file.calendar

    @property
    def sla_rules(self) -> tuple[models.SlaRuleConfig, ...]:
        return self.file.sla_rule

    @property
    def area_layers(self) -> tuple[models.AreaLayer, ...]:
        """Layers cases lie in, in slot order."""
        return tuple(layer for layer in self.file.area_layer if not layer.context)

    @property
    def context_layers(self) -> tuple[models.AreaLayer, ...]:
        """Layers only drawn under maps."""
        return tuple(layer for layer in self.file.area_layer if layer.context)

    def names_in(self, language: str) -> Mapping[str, str]:
        """The city's own names -> what they are called in `language`, as far as the city says."""
        return self.file.names.get(language, {})

    @cached_property
    def crosswalk(self) -> Crosswalk:
        """Names that changed, as far as the city says.

        Raises:
            CityError: the file is missing or wrong.
        """
        if self.file.crosswalk is None:
            return Crosswalk()
        return read_crosswalk(self.folder / self.file.crosswalk, [layer.id for layer in self.area_layers if layer.assign == "name"])

    @cached_property
    def _department_keys(self) -> dict[str, models.Department]:
        keys = {}
        for department in self.departments:
            for label in (department.id, department.name, *department.aliases):
                keys[slug(label)] = department
        return keys

    def department_of(self, label: str) -> models.Department | None:
        """The configured department a source means by `label`, or None if it is not configured."""
        return self._department_keys.get(slug(label))

    @cached_property
    def _release_keys(self) -> dict[str, str]:
        release = self.file.release
        return {slug(name): "B" for name in release.B} | {slug(name): "A" for name in release.A}

    def release_class(self, request_type: str) -> str:
        """A, B or C for the request type of that label; C unless the city says otherwise."""
        return self._release_keys.get(slug(request_type), "A" if self.file.release.all_A else "C")

    def is_sensitive(self, request_type: str) -> bool:
        """Whether the city marks the type of class B as one about health, homes or persons."""
        return slug(request_type) in {slug(name) for name in self.file.release.sensitive}


def load_city(folder: Path, environ: Mapping[str, str] | None = None) -> City:
    """Read `folder/city.toml`; `${NAME}` and `${NAME:-default}` in texts come from `environ`.

    Raises:
        CityError: the first thing to mend.
    """
    path = folder / "city.toml"
    data = _expand(read_toml(path), os.environ if environ is None else environ, path)
    file = _with_sla_presets(validate(models.CityFile, data, path), path)
    city = City(folder, file)
    check_references(city, path)
    return city


def read_toml(path: Path) -> dict[str, Any]:
    """The tables of a TOML file.

    Raises:
        CityError: missing, not UTF-8 or not TOML, with line and column.
    """
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise CityError(f"{path} does not exist; `flask init` writes a first one.") from None
    except UnicodeDecodeError as error:
        raise CityError(f"{path} is not UTF-8 (byte {error.start}); save it as UTF-8.") from None
    except tomllib.TOMLDecodeError as error:
        raise CityError(f"{path} is not valid TOML: {error}.") from None


def validate(model: type[M], data: dict[str, Any], path: Path) -> M:
    """`data` as `model`; the first error becomes one line naming file, key and the nearest valid key."""
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found = error.errors()
        # A mistyped key is also a missing one: the typing error is what there is to mend.
        first = next((one for one in found if one["type"] == "extra_forbidden"), found[0])
        raise CityError(f"{path}: {_explain(model, first)}") from None


def _explain(model: type[BaseModel], error: Any) -> str:
    where = ".".join(f"[{part + 1}]" if isinstance(part, int) else str(part) for part in error["loc"]).replace(".[", "[")
    if error["type"] == "extra_forbidden":
        valid = sorted(_fields_at(model, error["loc"][:-1]))
        near = difflib.get_close_matches(str(error["loc"][-1]), valid, n=1, cutoff=0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"it may be one of {', '.join(valid)}."
        return f"key {where!r} is not known; {hint}"
    if error["type"] == "missing":
        return f"key {where!r} is missing; add it."
    return f"key {where!r} is {error['input']!r}: {error['msg']}."


def _fields_at(model: Any, location: tuple[Any, ...]) -> list[str]:
    for part in location:
        if isinstance(part, int):
            continue
        field = model.model_fields.get(part) if hasattr(model, "model_fields") else None
        if field is None:
            return []
        model = _model_in(field.annotation) or model
    return list(model.model_fields)


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for inner in get_args(annotation):
        found = _model_in(inner)
        if found:
            return found
    return None


def _expand(value: Any, environ: Mapping[str, str], path: Path) -> Any:
    if isinstance(value, dict):
        return {key: _expand(inner, environ, path) for key, inner in value.items()}
    if isinstance(value, list):
        return [_expand(inner, environ, path) for inner in value]
    if not isinstance(value, str):
        return value

    def replace(match: re.Match[str]) -> str:
        name, default = match["name"], match["default"]
        given = environ.get(name) or default or _USUAL.get(name, default)
        # An empty default is one too: the text may be left out.
        found = environ.get(UNSET) if given is None else given
        if found is None:
            raise CityError(f"{path}: ${{{name}}} is used but the environment has no {name}; set it.")
        return found

    # Innermost first, so that a default may itself name a variable.
    pattern = re.compile(r"\$\{(?P<name>[A-Za-z_][A-Za-z0-9_]*)(?::-(?P<default>[^${}]*))?\}")
    while pattern.search(value):
        value = pattern.sub(replace, value)
    return value


def _with_sla_presets(file: models.CityFile, path: Path) -> models.CityFile:
    """`file` with the calendars and rules of the presets it names before its own."""
    calendars, rules = [], []
    for name in file.sla_preset:
        source = SLA_PRESETS / f"{name}_sla.toml"
        if not source.exists():
            known = sorted(found.stem.removesuffix("_sla") for found in SLA_PRESETS.glob("*_sla.toml"))
            raise CityError(f"{path}: key 'sla_preset' names {name!r}, which does not exist; there are {', '.join(known)}.")
        preset = validate(models.SlaPreset, read_toml(source), source)
        calendars += preset.calendar
        rules += preset.sla_rule
    return file.model_copy(update={"calendar": (*calendars, *file.calendar), "sla_rule": (*rules, *file.sla_rule)})
