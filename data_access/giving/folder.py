"""A folder of Parquet files: a new edition is written aside and then put in service by one rename; the one before stays.

`FOLDER/current` leads to the edition in service. Whoever reads a file while an edition changes reads the old one to its end.
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from data_access.disk import flush
from data_access.giving.tables import Given, Progress, View, about, arrow_schema, arrow_table, dictionary

CURRENT, EDITION, LOCK = "current", "edition-", ".lock"
KEPT = 2
"""Editions that stay: the one in service, and the one before it."""
DUCKDB = "statroom.duckdb"


class NotGiven(RuntimeError):
    """Nothing was given away; the text says why and what to do."""


def write_folder(
    folder: Path, tables: Sequence[Given], views: Sequence[View], facts: dict[str, str], progress: Progress, *,
    duckdb_file: bool = False, private: bool = True, more: dict[str, bytes] | None = None,
) -> Path:  # fmt: skip
    """Write a new edition of `tables` into `folder` and put it in service; answers the folder of the edition.

    Args:
        duckdb_file: write the tables and `views` as one DuckDB file too.
        private: for nobody's eyes but the owner's: other accounts of this machine may not read it.
        more: further files by name.

    Raises:
        NotGiven: the folder holds something else, or another export is writing.
    """
    with _writing(folder, private):
        numbers = _editions(folder)
        edition = folder / f"{EDITION}{max(numbers, default=0) + 1:06d}"
        aside = edition.with_name(edition.name + ".tmp")
        try:
            aside.mkdir(mode=0o700 if private else 0o755)
            everything = [*tables, dictionary(tables, views if duckdb_file else ()), about(facts)]
            for table in everything:
                _write_parquet(aside / f"{table.name}.parquet", table, progress)
            (aside / "about.json").write_text(json.dumps(facts, indent=1) + "\n", "utf-8")
            for name, content in (more or {}).items():
                (aside / name).write_bytes(content)
            if duckdb_file:
                from data_access.giving.duckdb_file import write_duckdb

                write_duckdb(aside / DUCKDB, everything, views, aside)
            for path in aside.iterdir():
                flush(path)
            aside.rename(edition)
        except BaseException:
            shutil.rmtree(aside, ignore_errors=True)
            raise
        _put_in_service(folder, edition.name)
        for number in sorted(numbers)[: -(KEPT - 1)]:
            shutil.rmtree(folder / f"{EDITION}{number:06d}", ignore_errors=True)
    return edition


def _write_parquet(path: Path, table: Given, progress: Progress) -> None:
    import pyarrow.parquet as pq

    progress.begin(table.name, table.total)
    schema = arrow_schema(table.columns).with_metadata({"description": table.meaning})
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        for frame in table.rows():
            writer.write_table(arrow_table(frame, table.columns))
            progress.advance(len(frame))


@contextmanager
def _writing(folder: Path, private: bool) -> Iterator[None]:
    """The folder is ours, and nobody else writes into it; what an export that died left behind is gone."""
    if folder.exists():
        strange = [
            path.name for path in folder.iterdir() if not (path.name in (CURRENT, CURRENT + ".new", LOCK) or path.name.startswith(EDITION))
        ]
        if strange:
            raise NotGiven(f"{folder} holds other files ({sorted(strange)[0]}); name an empty folder, or one of an earlier export.")
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700 if private else 0o755)
    with open(folder / LOCK, "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise NotGiven(f"another export is writing into {folder}; wait for its end.") from None
        for left in folder.glob(f"{EDITION}*.tmp"):
            shutil.rmtree(left)
        yield


def _editions(folder: Path) -> list[int]:
    names = [path.name.removeprefix(EDITION) for path in folder.glob(f"{EDITION}*") if path.is_dir()]
    return [int(name) for name in names if name.isdigit()]


def _put_in_service(folder: Path, name: str) -> None:
    aside = folder / (CURRENT + ".new")
    aside.unlink(missing_ok=True)
    aside.symlink_to(name)
    aside.replace(folder / CURRENT)
    flush(folder)
