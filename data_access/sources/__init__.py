"""Where a city's cases come from: databases and files, read in batches of raw rows."""

from __future__ import annotations

from data_access.city import City
from data_access.city_models import SourceConfig
from data_access.mapping.spec import load_mapping, preset_path
from data_access.sources.base import Source
from data_access.sources.files import FilesSource
from data_access.sources.sql import SqlSource


def open_source(config: SourceConfig, city: City) -> Source:
    """The source that `[[source]]` describes, with its mapping read and checked.

    Raises:
        CityError: the mapping cannot be used.
    """
    path = preset_path(config.preset) if config.preset else city.folder / str(config.mapping)
    mapping = load_mapping(path)
    if config.kind == "sql":
        return SqlSource(config, city, mapping, path)
    return FilesSource(config, city, mapping, path)
