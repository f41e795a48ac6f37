"""CSV (also gzip) and Parquet files, and folders of them, read in batches as text."""

from __future__ import annotations

import codecs
import glob
import time
import zlib
from pathlib import Path
from typing import Any, Callable, Iterator

import pandas as pd
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from data_access.mapping.spec import LINE_FAULT
from data_access.sources.base import BATCH_ROWS, RawBatch, Sample, Source, SourceError

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

    def sample(self, rows: int, seconds: float, leave_out: Callable[[str], bool]) -> Sample:
        """Rows spread evenly over all files, as far as they can be read in the time."""
        until = time.monotonic() + seconds
        kept = Spread(rows)
        left_out: dict[str, None] = {}
        for path in (files := self._files()):
            try:
                header = self._names(path)
                left_out |= dict.fromkeys(name for name in header if leave_out(name))
                for frame in self._raw(path, [name for name in header if name not in left_out]):
                    kept.take(frame)
                    if time.monotonic() > until:
                        return Sample(kept.frame(), tuple(left_out), kept.seen, False)
            except UNREADABLE as error:
                raise self._unreadable(path, error) from error
        return Sample(kept.frame(), tuple(left_out), kept.seen, bool(files))

    def headers(self) -> dict[Path, list[str]]:
        """The columns of each file."""
        return {path: self._names(path) for path in self._files()}

    def _names(self, path: Path) -> list[str]:
        return pyarrow.parquet.ParquetFile(path).schema_arrow.names if _is_parquet(path) else self._header(path)

    def _raw(self, path: Path, columns: list[str]) -> Iterator[pd.DataFrame]:
        if _is_parquet(path):
            batches: Any = pyarrow.parquet.ParquetFile(path).iter_batches(batch_size=BATCH_ROWS, columns=columns)
        else:
            batches = self._open_csv(path, columns, lambda _row: "skip")
        for batch in batches:
            yield _named(batch, {name: name for name in columns})

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
            raise SourceError(f"source {self.config.name!r}: no file at {path}; put it there or mend 'path' in city.toml.", may_pass=True)
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
        for batch in self._open_csv(path, columns, faults.take):
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

    def _open_csv(self, path: Path, columns: list[str], fault: Callable[[pyarrow.csv.InvalidRow], str]) -> pyarrow.csv.CSVStreamingReader:
        """`columns` of a CSV file as text, batch by batch."""
        return pyarrow.csv.open_csv(
            pa.input_stream(path, compression="gzip" if path.suffix.lower() == ".gz" else None),
            read_options=pyarrow.csv.ReadOptions(
                block_size=BLOCK_BYTES, encoding=codecs.lookup(self.mapping.read.encoding).name, **self._renamed(path)
            ),
            parse_options=pyarrow.csv.ParseOptions(
                delimiter=self.mapping.read.delimiter, newlines_in_values=True, invalid_row_handler=fault
            ),
            convert_options=pyarrow.csv.ConvertOptions(
                include_columns=columns, column_types=dict.fromkeys(columns, pa.string()), strings_can_be_null=True, null_values=[""]
            ),
        )

    def _header(self, path: Path) -> list[str]:
        encoding = "utf-8-sig" if codecs.lookup(self.mapping.read.encoding).name == "utf-8" else self.mapping.read.encoding
        first = pd.read_csv(path, nrows=0, sep=self.mapping.read.delimiter, encoding=encoding, dtype=str)
        return [str(name) for name in first.columns]

    def _renamed(self, path: Path) -> dict[str, Any]:
        """How the reader is told the names of columns, where the file gives one name twice or none: as `_header` has them."""
        names = self._header(path)
        raw = pd.read_csv(path, nrows=1, header=None, sep=self.mapping.read.delimiter, encoding=self.mapping.read.encoding, dtype=str)
        written = ["" if pd.isna(name) else str(name) for name in raw.iloc[0]]
        odd = len(set(written)) < len(written) or "" in written
        return {"column_names": names, "skip_rows_after_names": 1} if odd and len(written) == len(names) else {}

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
        return SourceError(f"source {self.config.name!r}: {path.name}: {remedy}.", may_pass=isinstance(error, OSError))


class Spread:
    """Keeps about so many rows of all that come, evenly: when there are twice as many, every second one goes."""

    def __init__(self, rows: int) -> None:
        self.rows, self.seen, self._step = max(rows, 1), 0, 1
        self._kept: list[pd.DataFrame] = []

    def take(self, frame: pd.DataFrame) -> None:
        """Look at the next rows."""
        first = -self.seen % self._step
        self.seen += len(frame)
        self._kept.append(frame.iloc[first :: self._step])
        while sum(map(len, self._kept)) >= 2 * self.rows:
            self._kept = [pd.concat(self._kept, ignore_index=True).iloc[::2]]
            self._step *= 2

    def frame(self) -> pd.DataFrame:
        """The rows that were kept, in their order; a column that some of them lack is empty there."""
        return pd.concat(self._kept, ignore_index=True) if self._kept else pd.DataFrame()


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
