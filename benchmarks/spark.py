"""The mart on a Spark cluster and as Parquet files, beside its one DuckDB file: `python -m benchmarks.spark FOLDER [FOLDER ...]`.

Each FOLDER is the data folder of a loaded or grown city (`benchmarks.grow`). A cluster of two workers is started on this machine; each
city is brought to it, which is timed by its steps, and every question of `benchmarks.questions` is asked of its DuckDB file, of DuckDB
over the Parquet files and of the cluster, in turn in one run. The tables go to the screen and into `docs/beyond-one-machine.md`.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from benchmarks.__main__ import MAYOR, same, timed
from benchmarks.questions import QUESTIONS
from data_access.mart import generations, parquet, spark_facts, spark_writing
from data_access.mart.generations import Generation
from data_access.mart.reading import Mart
from data_access.mart.spark import current
from metrics.measure import ask
from metrics.periods import Calendar
from metrics.question import default_question
from settings import ROOT
from tests.support import spark

REPEATS = int(os.environ.get("BENCH_REPEATS") or 3)
DOCUMENT = ROOT / "docs" / "beyond-one-machine.md"
BEGIN, END = "<!-- measured by `python -m benchmarks.spark`: begin -->", "<!-- measured by `python -m benchmarks.spark`: end -->"
SIDES = ("DuckDB file", "DuckDB over Parquet", "Spark")


def main(folders: list[Path]) -> None:
    lines = [f"{time.strftime('%Y-%m-%d')}; {os.cpu_count()} cores shared by everything; load average before: {_load()}.", ""]
    for folder in folders:
        # A cluster for each: what the one before left in its memory counts for nothing.
        with tempfile.TemporaryDirectory(prefix="statroom-spark-") as work, spark.started_cluster(Path(work), quick_start=False) as url:
            lines += _measured(folder, f"{url}&files={work}/files", Path(work) / "files")
    lines.append(f"Load average after: {_load()}.")
    told = "\n".join(lines)
    print(told)
    text = DOCUMENT.read_text()
    before, rest = text.split(BEGIN)
    DOCUMENT.write_text(f"{before}{BEGIN}\n{told}\n{END}{rest.split(END)[1]}")


def _measured(folder: Path, address: str, files: Path) -> list[str]:
    steps: list[tuple[str, float, float]] = []
    marks = [(time.perf_counter(), _processor_seconds())]

    def done(step: str) -> None:
        now = (time.perf_counter(), _processor_seconds())
        steps.append((step, now[0] - marks[-1][0], now[1] - marks[-1][1]))
        marks.append(now)

    spark_writing.bring(address, folder / "mart", done)
    held, made, served = generations.current(folder / "mart"), generations.current(files), current(address)
    assert held is not None and made is not None and served is not None
    rows, cases = _rows(held)
    sizes = {
        name: sum(path.stat().st_size for path in (made.folder / "staff" / name).rglob("*.parquet")) for name in parquet.LARGE
    }  # fmt: skip
    facts = sum(sizes[name] for name in spark_facts.BUILT)
    lines = [
        f"**{cases:,} cases** ({rows:,} spells); the staff file of DuckDB {held.path('staff').stat().st_size / cases:.0f} bytes a case, "
        f"Parquet {sum(sizes.values()) / cases:.0f} bytes a case, of them facts that Spark made {facts / cases:.0f}.",
        "",
        "| step | seconds | processor seconds | cases a second of a core |",
        "|---|--:|--:|--:|",
        *(f"| {step} | {wall:.1f} | {cpu:.1f} | {cases / cpu if cpu > 0 else 0:,.0f} |" for step, wall, cpu in steps),
        "",
    ]
    return [*lines, *_asked([held, made, served]), ""]


def _asked(sides: list) -> list[str]:  # type: ignore[type-arg]
    calendar = Calendar("America/New_York", "monday", 7)
    marts = [Mart(side, "staff") for side in sides]
    try:
        asked = [ask(mart, calendar, default_question(mart, calendar), MAYOR) for mart in marts]
        lines = [f"| question, best of {REPEATS} | {' | '.join(f'{side} ms' for side in SIDES)} |", "|---|" + "--:|" * len(SIDES)]
        best: list[list[float]] = []
        for asking in QUESTIONS:
            found = [timed(lambda asking=asking, one=one: asking.ours(one), REPEATS) for one in asked]
            differs = "" if all(same(found[0][1], answer) for _, answer in found[1:]) else " **answers differ**"
            best.append([min(times) for times, _ in found])
            lines.append(f"| {asking.page}: {asking.name}{differs} | {' | '.join(f'{ms:.0f}' for ms in best[-1])} |")
        means = [statistics.geometric_mean(ms) for ms in zip(*best, strict=True)]
        return [*lines, f"| geometric mean | {' | '.join(f'{ms:.0f}' for ms in means)} |"]
    finally:
        for mart in marts:
            mart.close()


def _rows(held: Generation) -> tuple[int, int]:
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{held.path('staff')}' AS held (READ_ONLY)")
        return connection.execute("SELECT (SELECT count(*) FROM held.spell), (SELECT count(*) FROM held.case_record)").fetchall()[0]


def _processor_seconds() -> float:
    """Of this process and of all that it started and that still run."""
    parents, used = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            words = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(words[1])
        used[int(stat.parent.name)] = (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
    ours = {os.getpid()}
    while more := {child for child, parent in parents.items() if parent in ours} - ours:
        ours |= more
    return sum(used.get(number, 0.0) for number in ours)


def _load() -> str:
    return " / ".join(f"{load:.1f}" for load in os.getloadavg())


if __name__ == "__main__":
    main([Path(folder).resolve() for folder in sys.argv[1:]])
