"""What may be compared between the cities of an installation, as somebody has written it down: `comparison.toml`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from data_access.city import CityError, read_toml, validate
from data_access.model_base import Id, Model

Name = Annotated[str, Field(min_length=1, max_length=120)]


class SameService(Model):
    """`[[same_service]]`: request types of several cities that are the same service, because somebody looked and says so."""

    name: Name
    types: dict[Id, Name]
    """City -> the request type there, as its data names it."""
    names: dict[Annotated[str, Field(pattern=r"^[a-z]{2,3}$")], Name] = {}
    """Language -> what readers of it are told instead of `name`."""

    @model_validator(mode="after")
    def _is_of_several(self) -> SameService:
        if len(self.types) < 2:
            raise ValueError("name the request type of two cities or more")
        return self

    def called(self, language: str) -> str:
        return self.names.get(language, self.name)


class Unlike(Model):
    """`[[unlike]]`: what must not be compared with a city although the numbers are there, and why."""

    city: Id
    what: Literal["volume", "time", "promise", "everything"]
    """volume: how much comes in; time: how long closing takes; promise: what is kept of it."""
    because: Annotated[str, Field(min_length=1, max_length=300)]
    """A sentence for readers."""
    service: str = ""
    """Of one `[[same_service]]` only, by its name; empty: of all."""


class Comparison(Model):
    """The whole of `comparison.toml`."""

    same_service: tuple[SameService, ...] = ()
    unlike: tuple[Unlike, ...] = ()


def load_comparison(path: Path | None) -> Comparison:
    """Read the file; nothing may be compared where there is none.

    Raises:
        CityError: it cannot be used.
    """
    if path is None or not path.exists():
        return Comparison()
    found = validate(Comparison, read_toml(path), path)
    names = [service.name for service in found.same_service]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise CityError(f"{path}: key 'same_service' has {twice!r} twice; give each service one entry.")
    unheard = next((one.service for one in found.unlike if one.service and one.service not in names), None)
    if unheard:
        raise CityError(
            f"{path}: key 'unlike.service' names {unheard!r}, which is no same_service; there are {', '.join(names) or 'none'}."
        )
    return found
