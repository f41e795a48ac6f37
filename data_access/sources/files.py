"""CSV (also gzip) and Parquet files, and folders of them, read in batches as text."""

from __future__ import annotations

import codecs
import zlib
from pathlib import Path
from typing import Iterator

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from data_access.mapping.spec import LINE_FAULT
from data_access.sources.base import BATCH_ROWS, RawBatch, Source, SourceError

BLOCK_BYTES = 8 << 20
ENDINGS = (".csv", ".csv.gz", ".parquet")
UNREADABLE = (pa.ArrowException, pd.errors.EmptyDataError, pd.errors.ParserError, UnicodeError, LookupError, OSError, EOFError, zlib.error)


class FilesSource(Source):
    """`path` is a file, a folder or a glob; relative ones start at the city's folder."""

    _first: tuple[str, list[str]] | None = None

    def batches(self, since: str | None) -> Iterator[RawBatch]:
        kind = self.mapping.read.entity
        for path in self._files():
            for frame in self._frames(path):
                yield RawBatch(kind, frame)

    def count(self) -> int | None:
        files = self._files()
        if all(path.suffix == ".parquet" for path in files):
            return sum(pyarrow.parquet.read_metadata(path).num_rows for path in files)
        return None

    def _files(self) -> list[Path]:
        given = Path(str(self.config.path))
        path = given if given.is_absolute() else self.city.folder / given
        if path.is_dir():
            found = sorted(file for file in path.iterdir() if file.name.endswith(ENDINGS))
        elif any(mark in path.name for mark in "*?["):
            found = sorted(path.parent.glob(path.name))
        else:
            found = [path] if path.exists() else []
        if not found:
            raise SourceError(f"source {self.config.name!r}: no file at {path}; put it there or mend 'path' in city.toml.")
        return found

    def _frames(self, path: Path) -> Iterator[pd.DataFrame]:
        try:
            yield from self._parquet(path) if path.suffix == ".parquet" else self._csv(path)
        except UNREADABLE as error:
            raise self._unreadable(path, error) from error

    def _csv(self, path: Path) -> Iterator[pd.DataFrame]:
        chosen = self._chosen(path, self._header(path))
        columns = list(dict.fromkeys(chosen.values()))
        faults: list[str] = []
        reader = pyarrow.csv.open_csv(
            pa.input_stream(path, compression="gzip" if path.suffix == ".gz" else None),
            read_options=pyarrow.csv.ReadOptions(block_size=BLOCK_BYTES, encoding=codecs.lookup(self.mapping.read.encoding).name),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=self.mapping.read.delimiter, newlines_in_values=True, invalid_row_handler=_keeping(faults)
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                include_columns=columns, column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=True, null_values=[""]
            ),
        )
        for batch in reader:
            for start in range(0, batch.num_rows, BATCH_ROWS):
                yield _named(batch.slice(start, BATCH_ROWS), chosen)
        if faults:
            yield pd.DataFrame(dict.fromkeys(chosen) | {LINE_FAULT: faults}, dtype="str")

    def _header(self, path: Path) -> list[str]:
        encoding = "utf-8-sig" if codecs.lookup(self.mapping.read.encoding).name == "utf-8" else self.mapping.read.encoding
        first = pd.read_csv(path, nrows=0, sep=self.mapping.read.delimiter, encoding=encoding, dtype=str)
        return [str(name) for name in first.columns]

    def _parquet(self, path: Path) -> Iterator[pd.DataFrame]:
        file = pyarrow.parquet.ParquetFile(path)
        chosen = self._chosen(path, file.schema_arrow.names)
        for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=list(dict.fromkeys(chosen.values()))):
            yield _named(batch, chosen)

    def _chosen(self, path: Path, header: list[str]) -> dict[str, str]:
        """The columns to read of one file; how its header differs from the first file's is drift."""
        if self._first is None:
            self._first = (path.name, header)
        elif set(header) != set(self._first[1]):
            new, gone = sorted(set(header) - set(self._first[1])), sorted(set(self._first[1]) - set(header))
            changes = [*(f"+{name}" for name in new), *(f"-{name}" for name in gone)]
            self.note_drift(f"{path.name} has other columns than {self._first[0]}: {', '.join(changes)[:200]}")
        return self.chosen_columns(header)

    def _unreadable(self, path: Path, error: Exception) -> SourceError:
        text = " ".join(str(error).split())
        encoding = self.mapping.read.encoding
        if isinstance(error, LookupError):
            remedy = f"encoding {encoding!r} is not known; mend it in [read] of {self.mapping_path.name}"
        elif isinstance(error, UnicodeError) or "UTF" in text.upper():
            remedy = f"it is not {encoding!r} text; set the file's encoding in [read] of {self.mapping_path.name}"
        elif isinstance(error, pd.errors.EmptyDataError) or "empty" in text.lower():
            remedy = "it is empty; deliver it again"
        else:
            remedy = f"it cannot be read ({text[:160]}); deliver it again"
        return SourceError(f"source {self.config.name!r}: {path.name}: {remedy}.")


def _keeping(faults: list[str]):  # type: ignore[no-untyped-def]
    """A handler that skips broken lines and says of each what is wrong; the line itself may hold anything and is not kept."""

    def handle(row: pyarrow.csv.InvalidRow) -> str:
        where = "A line" if row.number is None else f"Line {row.number}"
        faults.append(f"{where} has {row.actual_columns} columns instead of {row.expected_columns}.")
        return "skip"

    return handle


def _named(batch: pa.RecordBatch, chosen: dict[str, str]) -> pd.DataFrame:
    """One batch with its columns named by canonical field."""
    frame = batch.to_pandas(strings_to_categorical=False)
    return pd.DataFrame({field: frame[column] for field, column in chosen.items()})
