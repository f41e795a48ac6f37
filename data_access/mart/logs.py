"""A mart file with DuckDB's own log of what changed beside it: what makes a small load of a large city quick.

DuckDB reads `staff.duckdb` and `staff.duckdb.wal` as one: rows that the log deletes are skipped and those that it adds are there,
at no cost to a question and also where the file is only read. So a generation may be the file of the one before under a
further hard link, with a log of all that changed since that file was written.

Nobody may write to a file that others read, and DuckDB writes a log only for a file that it has open for writing. So the log is
written beside a *stub*: as long as the file, with the same head and list of contents, and holes where the data lies. Rows are
deleted by their numbers and added at the end, for which no data is read; a hole would not go unnoticed, as blocks have checksums.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import duckdb

STUBS = "stubs"
"""Name of the folder with stubs, within that of a build."""
_HEAD_BYTES = 3 * 4096
"""What a DuckDB file begins with: its own header and two of the database, before the first block."""


def log_of(path: Path) -> Path:
    """The log of a mart file, whether there is one or not."""
    return path.with_name(f"{path.name}.wal")


def log_bytes(path: Path) -> int:
    """Size of the log of a mart file; 0 if it has none."""
    return log_of(path).stat().st_size if log_of(path).exists() else 0


def open_for_changes(connection: duckdb.DuckDBPyConnection, path: Path, attached: str, name: str, folder: Path) -> Path:
    """Attach a stub of the mart file at `path` as `name`, to be changed; the path of the stub.

    Args:
        attached: under which name the file itself is attached already, to be read.
        folder: of the build.
    """
    run = connection.execute
    stub = folder / STUBS / path.name
    stub.parent.mkdir(exist_ok=True)
    ((block_bytes,),) = run("SELECT block_size FROM pragma_database_size() WHERE database_name = ?", [attached]).fetchall()
    contents = [block for (block,) in run(f"SELECT block_id FROM pragma_metadata_info('{attached}')").fetchall()]
    with open(path, "rb") as whole, open(stub, "wb") as made:
        made.truncate(path.stat().st_size)
        for start, size in [(0, _HEAD_BYTES), *((_HEAD_BYTES + block * block_bytes, block_bytes) for block in contents)]:
            whole.seek(start)
            made.seek(start)
            made.write(whole.read(size))
    if log_bytes(path):
        shutil.copyfile(log_of(path), log_of(stub))
    # Everything goes into the log: nothing is written into the file aside, and the log is never worked into it.
    run("SET enable_optimistic_write = false")
    run("SET checkpoint_threshold = '1TB'")
    run("SET checkpoint_on_detach = 'DISABLED'")
    run(f"ATTACH '{stub}' AS {name}")
    return stub


def take(connection: duckdb.DuckDBPyConnection, name: str, stub: Path, path: Path, target: Path) -> None:
    """Detach the stub `name` and put `target` together: the file at `path` under a further name, and the log that was written."""
    connection.execute(f"DETACH {name}")
    os.link(path, target)
    # Nobody is to write to it by mistake: that would change it under all its names.
    target.chmod(target.stat().st_mode & ~0o222)
    log_of(stub).rename(log_of(target))
    stub.unlink()


def can_link(path: Path, folder: Path) -> bool:
    """Whether the disk lets the file at `path` stand in `folder` too."""
    probe = folder / "link"
    try:
        os.link(path, probe)
    except OSError:
        return False
    probe.unlink()
    return True


def fold(path: Path, memory: str) -> None:
    """Work the log of the mart file at `path` into a copy of the file, which takes its place: other links to the file keep it as it was."""
    copy = path.with_name(f"{path.name}.copy")
    shutil.copyfile(path, copy)
    copy.replace(path)
    with duckdb.connect(str(path), config={"memory_limit": memory, "temp_directory": str(path.parent / "spill")}) as connection:
        connection.execute("FORCE CHECKPOINT")
    log_of(path).unlink(missing_ok=True)
