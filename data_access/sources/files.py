"""CSV (also gzip) and Parquet files, and folders of them, read in batches as text."""

from __future__ import annotations

import codecs
import glob
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
        if not all(_is_parquet(path) for path in files):
            return None
        return sum(self._rows_of(path) for path in files)

    def _rows_of(self, path: Path) -> int:
        try:
            return pyarrow.parquet.read_metadata(path).num_rows
        except UNREADABLE as error:
            raise self._unreadable(path, error) from error

    def _files(self) -> list[Path]:
        given = Path(str(self.config.path))
        path = given if given.is_absolute() else self.city.folder / given
        if path.is_dir():
            found = sorted(file for file in path.iterdir() if file.name.lower().endswith(ENDINGS))
        elif path.exists():
            found = [path]
        else:
            found = sorted(file for name in glob.glob(str(path), recursive=True) if (file := Path(name)).is_file())
        if not found:
            raise SourceError(f"source {self.config.name!r}: no file at {path}; put it there or mend 'path' in city.toml.")
        return found

    def _frames(self, path: Path) -> Iterator[pd.DataFrame]:
        try:
            yield from self._parquet(path) if _is_parquet(path) else self._csv(path)
        except UNREADABLE as error:
            raise self._unreadable(path, error) from error

    def _csv(self, path: Path) -> Iterator[pd.DataFrame]:
        chosen = self._chosen(path, self._header(path))
        columns = list(dict.fromkeys(chosen.values()))
        faults = _Faults()
        reader = pyarrow.csv.open_csv(
            pa.input_stream(path, compression="gzip" if path.suffix.lower() == ".gz" else None),
            read_options=pyarrow.csv.ReadOptions(block_size=BLOCK_BYTES, encoding=codecs.lookup(self.mapping.read.encoding).name),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=self.mapping.read.delimiter, newlines_in_values=True, invalid_row_handler=faults.take
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                include_columns=columns, column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=True, null_values=[""]
            ),
        )
        for batch in reader:
            for start in range(0, batch.num_rows, BATCH_ROWS):
                yield _named(batch.slice(start, BATCH_ROWS), chosen)
            yield from faults.frames(chosen)
        if faults.swallowed:
            # Nobody can say how many cases they are.
            raise SourceError(
                f"source {self.config.name!r}: {path.name}: a quotation mark is opened and not closed, which swallows {faults.swallowed:,} "
                "lines; mend that line or deliver the file again."
            )
        yield from faults.frames(chosen)

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


class _Faults:
    """Skips broken lines and says of each what is wrong; the line itself may hold anything and is not kept."""

    def __init__(self) -> None:
        self._said: list[str] = []
        self.swallowed = 0
        """Lines that were taken for the text of a quotation that never ends."""

    def take(self, row: pyarrow.csv.InvalidRow) -> str:
        """Called by the reader for a line with too few or too many columns."""
        where = "A line" if row.number is None else f"Line {row.number}"
        self._said.append(f"{where} has {row.actual_columns} columns instead of {row.expected_columns}.")
        if "\n" in row.text and row.text.count('"') % 2:
            self.swallowed += row.text.count("\n")
        return "skip"

    def frames(self, fields: dict[str, str]) -> Iterator[pd.DataFrame]:
        """What was found since the last call, as rows that have only a fault."""
        while found := self._said[:BATCH_ROWS]:
            del self._said[: len(found)]  # the reader may be adding to it at the same time
            yield pd.DataFrame(dict.fromkeys(fields) | {LINE_FAULT: found}, dtype="str")


def _is_parquet(path: Path) -> bool:
    return path.suffix.lower() == ".parquet"


def _named(batch: pa.RecordBatch, chosen: dict[str, str]) -> pd.DataFrame:
    """One batch with its columns named by canonical field; whole numbers stay whole beside nulls."""
    plain = [column.dictionary_decode() if pa.types.is_dictionary(column.type) else column for column in batch.columns]
    frame = pa.RecordBatch.from_arrays(plain, names=batch.schema.names).to_pandas(integer_object_nulls=True)
    return pd.DataFrame({field: frame[column] for field, column in chosen.items()})
