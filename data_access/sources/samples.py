"""A few rows of each source, kept beside the mart for whoever mends a mapping: the web process asks no CRM.

Nothing about people is kept: neither a column whose name says so, nor one whose values do, nor what people wrote.
"""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet

from data_access.proposing.facts import as_text
from data_access.proposing.personal import REACHED, by_name, personal
from data_access.sources.base import Sample, Source, SourceError

ROWS = 2_000
SECONDS = 5.0
TAKEN_OUT = "(taken out)"
LONGEST = 200
"""Characters kept of a value."""


@dataclass(frozen=True)
class KeptSample:
    """Rows as text, columns named as the source names them."""

    frame: pd.DataFrame
    left_out: dict[str, str]
    """Column -> what of people it holds."""
    taken_at: datetime
    """Naive UTC."""
    rows: int
    """How many rows were seen to choose these from."""

    def as_sample(self) -> Sample:
        """As a source gives one."""
        return Sample(self.frame, tuple(self.left_out), self.rows, False)


def keep_sample(source: Source, data: Path, now: datetime, seconds: float = SECONDS) -> bool:
    """Take a sample of `source` and keep it below `data`; False if it cannot be looked at.

    Of a programme of which everybody sees totals only no row is kept, nor one that was kept before.

    Args:
        now: naive UTC.
    """
    if source.city.programme(source.config.programme).privacy == "aggregate":
        _path(data, source.config.name).unlink(missing_ok=True)
        return False
    try:
        taken = source.sample(ROWS, seconds, lambda name: by_name(name) is not None)
    except SourceError:
        return False
    text = pd.DataFrame({name: as_text(taken.frame[name]).str.slice(0, LONGEST) for name in taken.frame.columns}).tail(2 * ROWS)
    left_out = {name: by_name(name) or "facts about people" for name in taken.left_out}
    left_out |= {name: what for name in text.columns if (what := personal(name, text[name].dropna()))}
    # In a column of other things somebody may still have written how to be reached.
    kept = text.drop(columns=[*left_out], errors="ignore").apply(lambda column: column.mask(column.str.contains(REACHED), TAKEN_OUT))
    table = pa.Table.from_pandas(kept, preserve_index=False)
    said = {"left_out": left_out, "taken_at": now.isoformat(timespec="seconds"), "rows": taken.rows}
    _write(table.replace_schema_metadata({b"statroom": json.dumps(said).encode()}), _path(data, source.config.name))
    return True


def kept_sample(data: Path, source_name: str) -> KeptSample | None:
    """The sample of a source, if one was taken that can still be read."""
    try:
        table = pyarrow.parquet.read_table(_path(data, source_name))
        said = json.loads((table.schema.metadata or {})[b"statroom"])
    except (OSError, pa.ArrowException, KeyError, ValueError):
        return None
    frame = table.to_pandas().astype("str")
    return KeptSample(frame, said["left_out"], datetime.fromisoformat(said["taken_at"]), said["rows"])


def _path(data: Path, source_name: str) -> Path:
    return data / "samples" / f"{source_name}.parquet"


def _write(table: pa.Table, path: Path) -> None:
    """Whole or not at all, and for this account's eyes."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}")
    os.close(handle)
    try:
        pyarrow.parquet.write_table(table, name)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
