"""A look at an API on the web: which kind it is, told from its address, and a few of its rows."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import pandas as pd

from data_access.city import City
from data_access.city_models import CityFile
from data_access.mapping.spec import MappingFile
from data_access.proposing.personal import by_name
from data_access.sources import ON_THE_WEB
from data_access.sources.base import Sample, SourceError

ROWS, PAGE_ROWS, SECONDS = 2_000, 1_000, 60.0
KINDS = (
    ("arcgis", r"/(Feature|Map)Server(/|$)"), ("open311", r"open311|georeport"), ("seeclickfix", r"seeclickfix"), ("ckan", r"/dataset/|datastore_search|resource_id="),
    ("socrata", r"/[a-z0-9]{4}-[a-z0-9]{4}(\.|/|$|\?)"),
)  # fmt: skip
"""(kind, pattern of an address); the first that fits."""
NEEDS_NO_MAPPING = {"open311": "open311", "seeclickfix": "seeclickfix"}
"""Kinds whose answers have one form: their preset."""
SYSTEM_CHANGE = ":updated_at"
"""Socrata's own column of a row's last change."""


def kind_of(url: str) -> str:
    """The kind of source that an address on the web is of.

    Raises:
        SourceError: it looks like none of them.
    """
    for kind, pattern in KINDS:
        if re.search(pattern, url, re.I):
            return kind
    raise SourceError(
        "the address looks like no API that is known: Socrata (.../resource/abcd-1234.json), ArcGIS (.../FeatureServer/0), CKAN (.../resource/...), Open311 or "
        "SeeClickFix; download the file and name that, or write the [[source]] by hand."
    )


def without_query(url: str) -> str:
    """`url` as it is written down: without a query, which may hold a token, where nothing of the address is in it."""
    return url.partition("?")[0] if kind_of(url) in ("socrata", "arcgis") else url


def web_sample(url: str, kind: str) -> Sample:
    """The first rows the API gives, without columns whose name says that they are about people: those are not asked for.

    Raises:
        SourceError: it cannot be read.
    """
    if "@" in urlsplit(url).netloc:
        raise SourceError("the address holds an account; a key is written as 'key' in [source.web], out of the environment. Leave it out.")
    if kind in NEEDS_NO_MAPPING:
        raise SourceError(
            f"a source of kind {kind!r} needs no look: begin a folder with `flask init FOLDER`, and write kind = {kind!r}, this url and "
            f"preset = {NEEDS_NO_MAPPING[kind]!r} into its [[source]]."
        )
    left_out: dict[str, None] = {}

    class Everything(ON_THE_WEB[kind]):  # type: ignore[misc, valid-type]
        """Reads every column that may be looked at, each under its own name."""

        def chosen_columns(self, available: Iterable[str]) -> dict[str, str]:
            there = list(available)
            left_out.update(dict.fromkeys(name for name in there if by_name(name)))
            return {name: name for name in there if name not in left_out}

    file = CityFile.model_validate({
        "city": {"id": "new", "name": "New", "zone": "UTC"}, "programme": [{"id": "requests", "name": "Requests"}],
        "source": [{"name": "source", "kind": kind, "programme": "requests", "mapping": "crm.toml", "url": url, "web": {"page_rows": PAGE_ROWS}}],
    })  # fmt: skip
    mapping = MappingFile.model_validate({"columns": {"source_id": "?", "opened_at": "?"}})
    source = Everything(file.source[0], City(Path.cwd(), file), mapping, Path("crm.toml"), None)  # type: ignore[abstract]
    until, frames = time.monotonic() + SECONDS, []
    complete = True
    for batch in source.batches(None):
        frames.append(batch.frame)
        if sum(map(len, frames)) >= ROWS or time.monotonic() > until:
            complete = False
            break
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    if frame.empty:
        raise SourceError(f"{url} has no rows.")
    return Sample(frame, tuple(left_out), len(frame), complete)
