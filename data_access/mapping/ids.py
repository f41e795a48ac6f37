"""A case's id as text: the same text wherever a source writes it, in cases, events, parents or a list of keys."""

from __future__ import annotations

import hashlib

import pandas as pd

from data_access.mapping.spec import MappingFile


def plain_ids(raw: pd.Series) -> pd.Series:
    """Ids without spaces around them and without the ".0" that a spreadsheet adds to whole numbers; blank is null."""
    ids = raw.astype("str").str.strip()
    return ids.str.replace(r"^(\d+)\.0$", r"\1", regex=True).mask(ids == "")


def ids_of_content(parts: list[pd.Series]) -> pd.Series:
    """Ids for a source that has none: the same content gives the same id."""
    texts = [part.astype("str").fillna("").str.strip() for part in parts]
    rows = texts[0].str.cat(texts[1:], sep="\x1f")
    return rows.map(lambda row: hashlib.sha256(row.encode()).hexdigest()[:16]).astype("str")


def case_ids(raw: pd.DataFrame, mapping: MappingFile) -> pd.Series:
    """The id of each row: the source's own, or one made of what the mapping says never changes."""
    if not mapping.read.id_from:
        return plain_ids(raw["source_id"])
    empty = pd.Series(None, index=raw.index, dtype="str")
    return ids_of_content([raw[name].astype("str") if name in raw else empty for name in mapping.read.id_from])
