"""The cases a load delivers, kept as compressed files beside the generation being built until all of them have come.

A database table that grows batch by batch compresses and logs every batch; a Parquet file costs a fifth of that and is read
at once when the load has everything.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data_access import canonical

SCHEMA = pa.schema(
    [(name, {"text": pa.string(), "instant": pa.timestamp("us"), "flag": pa.bool_(), "number": pa.float64(), "integer": pa.int64()}[kind])
     for name, kind in canonical.CASE_COLUMNS.items()] + [("seq", pa.int64())]
)  # fmt: skip


class Delivered:
    """Canonical cases in the order they came (`seq`). Files are written while cases come and closed to be read."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "delivered"
        self._folder.mkdir()
        self._files = self._rows = 0
        self._writer: pq.ParquetWriter | None = None

    def add(self, frame: pd.DataFrame) -> None:
        """Keep some more cases (`canonical.CASE_COLUMNS`; absent columns are null)."""
        if self._writer is None:
            self._files += 1
            self._writer = pq.ParquetWriter(self._folder / f"{self._files:06d}.parquet", SCHEMA, compression="lz4")
        there = {name: kind for name, kind in canonical.CASE_COLUMNS.items() if name in frame.columns}
        known = canonical.conform(frame, there).assign(seq=np.arange(self._rows, self._rows + len(frame)))
        columns = [
            pa.Array.from_pandas(known[field.name], type=field.type) if field.name in known.columns else pa.nulls(len(frame), field.type)
            for field in SCHEMA
        ]
        self._writer.write_table(pa.Table.from_arrays(columns, schema=SCHEMA))
        self._rows += len(frame)

    def sql(self) -> str:
        """What to select all of them from: columns of `SCHEMA`. Cases added later are not in it."""
        if self._files == 0:
            self.add(pd.DataFrame())
        self.close()
        return f"read_parquet('{self._folder}/*.parquet')"

    def close(self) -> None:
        """Finish the file being written. Safe to repeat."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def drop(self) -> None:
        """Remove the files: they have been read."""
        self.close()
        for file in self._folder.iterdir():
            file.unlink()
        self._folder.rmdir()
