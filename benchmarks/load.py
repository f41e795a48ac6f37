"""The first load of a city, in a process of its own: `python -m benchmarks.load FOLDER` prints rows, seconds and peak memory as JSON."""

from __future__ import annotations

import dataclasses
import json
import resource
import sys
import time
from pathlib import Path

from data_access.city import load_city
from data_access.sync import sync
from settings import Settings, read_settings


def bench_settings(folder: Path) -> Settings:
    """Staff settings whose city and data are in `folder`."""
    store = f"sqlite:///{folder / 'statroom.sqlite'}"
    return dataclasses.replace(read_settings({}), city=folder, data=folder, mart=folder / "mart", store_url=store)


def main(folder: Path) -> None:
    """Load and tell."""
    settings = bench_settings(folder)
    begun = time.monotonic()
    reports = sync(settings, load_city(folder), full=True)
    seconds = time.monotonic() - begun
    rows = sum(report.rows_read for report in reports)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    size = sum(file.stat().st_size for file in settings.mart.rglob("*.duckdb")) / 1e9
    told = {
        "rows": rows,
        "seconds": round(seconds, 1),
        "rows_per_second": round(rows / seconds),
        "cpu_seconds": round(time.process_time(), 1),
        "peak_gb": round(peak, 2),
        "mart_gb": round(size, 2),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
