"""Where a city's cases come from: databases, files and APIs, read in batches of raw rows."""

from __future__ import annotations

from pathlib import Path

from data_access.city import City
from data_access.city_models import SourceConfig
from data_access.mapping.spec import load_mapping, preset_path
from data_access.sources.arcgis import ArcgisSource
from data_access.sources.base import Source
from data_access.sources.ckan import CkanSource
from data_access.sources.files import FilesSource
from data_access.sources.open311 import Open311Source
from data_access.sources.seeclickfix import SeeClickFixSource
from data_access.sources.socrata import SocrataSource
from data_access.sources.sql import SqlSource
from data_access.sources.web import WebSource

ON_THE_WEB: dict[str, type[WebSource]] = {
    "open311": Open311Source, "seeclickfix": SeeClickFixSource, "socrata": SocrataSource, "ckan": CkanSource, "arcgis": ArcgisSource,
}  # fmt: skip


def open_source(config: SourceConfig, city: City, spool: Path | None = None) -> Source:
    """The source that `[[source]]` describes, with its mapping read and checked.

    Args:
        spool: where pages of a first load are kept in case it breaks off; None: nowhere.

    Raises:
        CityError: the mapping cannot be used.
        SourceError: its address cannot.
    """
    path = preset_path(config.preset) if config.preset else city.folder / str(config.mapping)
    mapping = load_mapping(path)
    if config.kind in ON_THE_WEB:
        return ON_THE_WEB[config.kind](config, city, mapping, path, spool)
    return (SqlSource if config.kind == "sql" else FilesSource)(config, city, mapping, path)
