"""What the file of another city of the installation says: its name, its clock and its promises, never its sources."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

from data_access.city import UNSET, City, CityError, load_city
from settings import Neighbour


def city_of(neighbour: Neighbour) -> City:
    """The other city's file. Variables that only its own processes are given stay unknown here.

    Raises:
        CityError: it cannot be read.
    """
    file = neighbour.folder / "city.toml"
    return _read(neighbour.folder, file.stat().st_mtime_ns if file.exists() else 0)


@cache
def _read(folder: Path, _changed: int) -> City:
    return load_city(folder, {**os.environ, UNSET: "not known here"})


def name_of(neighbour: Neighbour) -> str:
    """What the other city calls itself; nothing where its file cannot be read, for then it is not served either."""
    try:
        return city_of(neighbour).name
    except CityError:
        return ""
