"""A generation's DuckDB file, opened for reading and hardened; with large tables in Parquet files, see `parquet_reading`."""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Engine, create_engine
from sqlalchemy.pool import QueuePool

from data_access.mart import parquet, parquet_reading
from data_access.mart.generations import NoGeneration

MEMORY_LIMIT = "4GB"


def engine_of(path: Path) -> Engine:
    """An engine for statements on the file at `path`: it changes nothing, and reads no file but those of its generation.

    Raises:
        NoGeneration: there is no such file.
    """
    if not path.exists():
        raise NoGeneration(f"The mart file {path.parent.name}/{path.name} is missing; run `flask sync --full`.")
    config = {
        "enable_external_access": "false",
        "autoload_known_extensions": "false",
        "autoinstall_known_extensions": "false",
        "allow_community_extensions": "false",
        "memory_limit": MEMORY_LIMIT,
        "threads": str(_threads()),
        "lock_configuration": "true",
    }
    divided = parquet.is_divided(path)
    if divided:
        # They would keep its own files from it too: it takes both away from itself, after it has named them.
        del config["enable_external_access"], config["lock_configuration"]
    engine = create_engine(
        f"duckdb:///{path}",
        connect_args={"read_only": True, "config": config},
        poolclass=QueuePool,
        pool_size=8,
        max_overflow=24,
    )
    return parquet_reading.serve(engine, path) if divided else engine


def _threads() -> int:
    """Cores per web worker, so that workers do not fight over them."""
    workers = int(os.environ.get("WEB_CONCURRENCY") or 1)
    return max(1, (os.cpu_count() or 1) // workers)
