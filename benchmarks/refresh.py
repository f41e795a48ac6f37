"""`python -m benchmarks.refresh`: how soon 10,000 changed cases are on the screen, as amendments and by a whole build, in one run.

The city of `make bench` (BENCH_CASES, BENCH_FOLDER) is loaded if it is not there; its mart is taken by hard links and stays as it is.
BENCH_ROUNDS loads (default 3) of BENCH_CHANGES cases (default 10,000) follow each other: new ones, changed ones, cases of long ago
with another department or date, closed ones that are open again; the data is known a quarter of an hour further each time. Two
processes ask questions all the while: what they waited, whether one failed, and whether two answers of one generation differ.
BENCH_WHOLE=0 leaves out the whole build, BENCH_READERS (default 2) says how many read. Where others use the machine, the processor's time of a load says more than
its seconds.
"""

from __future__ import annotations

import json
import os
import resource
import select as waiting
import shutil
import subprocess
import sys
import time
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from access import Viewer
from benchmarks.load import bench_settings
from benchmarks.questions import QUESTIONS
from data_access.city import City, load_city
from data_access.loading import Loading
from data_access.mart import amending, generations, logs
from data_access.mart.staging import Stage
from data_access.released import files
from data_access.sources.files import FilesSource
from metrics.measure import ask
from metrics.periods import Calendar
from metrics.question import default_question
from settings import ROOT, utc_now

MAYOR = Viewer("mayor", "Mayor's office", "executive")
ASKED = ("opened by week", "on time by week", "ageing by department", "overdue list, first page")
READERS = int(os.environ.get("BENCH_READERS") or 2)
CHANGES = "changes"
STEP = timedelta(minutes=15)
SHARES = {"new": 0.2, "changed": 0.5, "corrected": 0.25, "reopened": 0.05}


def main() -> None:
    """Measure and print."""
    from benchmarks.__main__ import load

    cases = int(os.environ.get("BENCH_CASES") or 2_000_000)
    count = int(os.environ.get("BENCH_CHANGES") or 10_000)
    town = Path(os.environ.get("BENCH_FOLDER") or ROOT / "var" / "bench") / str(cases)
    load(town, cases)
    os.environ["WEB_CONCURRENCY"] = str(os.cpu_count() or 1)
    ways = {"amended": int(os.environ.get("BENCH_ROUNDS") or 3), "whole": int(os.environ.get("BENCH_WHOLE") or "1")}
    told = {}
    for way, rounds in ways.items():
        if rounds:
            folder = _copy(town, town / f"refresh-{way}")
            told[way] = _measure(folder, way, rounds, count)
            print(json.dumps({"way": way, "cases": cases, **told[way]}), flush=True)
            shutil.rmtree(folder)
    if len(told) == 2:
        print(
            f"a whole build takes {told['whole']['cpu_seconds'][0] / np.median(told['amended']['cpu_seconds']):.1f} times the processor's time"
        )


def _copy(town: Path, folder: Path) -> Path:
    """The city with its generation in service, whose files are links."""
    shutil.rmtree(folder, ignore_errors=True)
    held = generations.current(town / "mart")
    assert held is not None
    shutil.copytree(held.folder, folder / "mart" / held.folder.name, copy_function=os.link)
    shutil.copyfile(town / "mart" / "current", folder / "mart" / "current")
    for name in ("city.toml", "mapping.toml"):
        shutil.copyfile(town / name, folder / name)
    return folder


def _measure(folder: Path, way: str, rounds: int, count: int) -> dict[str, Any]:
    """So many loads, one after the other, while others read."""
    before = _disk(folder)
    readers = [_start("read", folder) for _ in range(READERS)]
    for reader in readers:
        assert reader.stdout is not None and reader.stdout.readline() == "reading\n"
    time.sleep(5)
    loads, times = [], []
    for number in range(rounds):
        _start("change", folder, str(count), str(number)).communicate()
        began = time.time()
        loads.append(json.loads(_start("load", folder, way).communicate()[0]))
        times.append((began, time.time()))
        time.sleep(3)
    heard = [json.loads(reader.communicate("")[0]) for reader in readers]
    asked = pd.DataFrame([row for one in heard for row in one["asked"]], columns=["at", "generation", "ms"])
    during = pd.concat([asked[asked["at"].between(*span)] for span in times])
    quiet = asked[asked["at"] < times[0][0]]
    seen = [asked.loc[asked["generation"] == one["generation"], "at"].min() - one["published"] for one in loads]
    return {
        "rows": [one["rows"] for one in loads], "seconds": [one["seconds"] for one in loads],
        "cpu_seconds": [one["cpu_seconds"] for one in loads],
        "seen_after": [round(float(one), 2) for one in seen], "peak_gb": max(one["peak_gb"] for one in loads),
        "log_mb": [one["log_mb"] for one in loads], "disk_gb_before": before, "disk_gb": _disk(folder),
        "reads": len(asked), "errors": [error for one in heard for error in one["errors"]], "torn": sum(one["torn"] for one in heard),
        "reader_peak_gb": max(one["peak_gb"] for one in heard),
        "reader_ms_quiet": _quantiles(quiet["ms"]), "reader_ms_during": _quantiles(during["ms"]),
    }  # fmt: skip


def _quantiles(ms: pd.Series) -> dict[str, float]:
    return {name: round(float(ms.quantile(share)), 1) for name, share in (("p50", 0.5), ("p99", 0.99), ("max", 1.0))}


def _disk(folder: Path) -> float:
    """Gigabytes of the mart's files, those with several names once."""
    files = {(stat.st_dev, stat.st_ino): stat.st_blocks * 512 for path in (folder / "mart").rglob("*") if (stat := path.stat())}
    return round(sum(files.values()) / 1e9, 3)


def _start(*words: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "benchmarks.refresh", *map(str, words)]
    return subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def change(folder: Path, count: int, number: int) -> None:
    """Write `count` changed rows of the city's export, and city.toml with data known a little further."""
    import duckdb

    current = generations.current(folder / "mart")
    assert current is not None
    rng = np.random.default_rng(number + 1)
    with duckdb.connect(str(current.path("staff")), read_only=True) as mart:
        as_of = datetime.fromisoformat(dict(mart.execute("SELECT key, value FROM meta").fetchall())["as_of"])
        ((last,),) = mart.execute("SELECT max(case_id) FROM case_record").fetchall()
        old = rng.choice(last, int(count * (SHARES["corrected"] + SHARES["reopened"])), replace=False) + 1
        recent = last - rng.choice(min(last, 30 * count), int(count * (SHARES["new"] + SHARES["changed"])), replace=False)
        mart.register("chosen", pd.DataFrame({"case_id": np.concatenate([old, recent])}))
        frame = mart.execute(
            """SELECT source_id AS id, t.name AS type, g.name AS group, d.name AS department, channel_raw AS channel, status_raw AS status,
                outcome_raw AS outcome, opened_at AS opened, due_at AS due, closed_at AS closed, latitude, longitude, address
            FROM case_record r SEMI JOIN chosen USING (case_id) JOIN request_type t ON t.id = r.request_type_id
            JOIN request_group g ON g.id = r.request_group_id JOIN department d ON d.id = r.department_id ORDER BY r.case_id"""
        ).df()
    step = pd.Timedelta(STEP)
    kind = rng.choice(list(SHARES), len(frame), p=list(SHARES.values()))
    known = pd.Timestamp(as_of)
    new, closing, corrected, again = (pd.Series(kind == name) for name in SHARES)
    frame.loc[new, "id"] = [f"N{number}-{n}" for n in range(int(new.sum()))]
    frame.loc[new, "opened"] = known + pd.to_timedelta(rng.random(int(new.sum())) * step.total_seconds(), unit="s").floor("s")
    frame.loc[new | again, ["closed", "outcome"]] = None
    frame.loc[new | again, "status"] = "Open"
    frame.loc[closing, "closed"] = known + step
    frame.loc[closing, ["status", "outcome"]] = ["Closed", "Done"]
    frame.loc[corrected, "department"] = "Department 7"
    frame.loc[corrected, "opened"] = frame.loc[corrected, "opened"] - pd.Timedelta(hours=30)
    (folder / CHANGES).mkdir(exist_ok=True)
    frame.to_parquet(folder / CHANGES / "changes.parquet")
    lines = (folder / "city.toml").read_text().splitlines()
    known_until = f"as_of = {(as_of + STEP).isoformat()}Z"
    lines = [known_until if line.startswith("as_of") else f'path = "{CHANGES}"' if line.startswith("path") else line for line in lines]
    (folder / "city.toml").write_text("\n".join(lines) + "\n")


class _ChangedFiles(FilesSource):
    """Files that hold what changed only, as the answer of a database to a watermark."""

    always_complete = False


class _Refresh(Loading):
    def _held(self, name: str) -> tuple[str | None, datetime | None]:
        return "", super()._held(name)[1]


def load(folder: Path, way: str) -> None:
    """One load of the changes, and what it took."""
    if way == "whole":
        amending.LEAST_CASES = sys.maxsize
    settings, city = bench_settings(folder), load_city(folder)
    source = _ChangedFiles(city.sources[0], city, *_mapping(city))
    began, worked = time.time(), time.process_time()
    with generations.writing(settings.mart):
        number = generations.next_number(settings.mart)
        with generations.building(settings.mart, number) as built, Stage(built, generations.current(settings.mart)) as stage:
            loading = _Refresh(
                stage, city, full=False, complete=True, compare_keys=frozenset(), now=utc_now().replace(tzinfo=None), progress=None
            )
            loading.load(source)
            assert loading.publish(number, settings.released)
            stage.close()
            files.take(built, settings.released)
            made = generations.publish(built)
    published = time.time()
    report = loading.reports[0]
    print(json.dumps({
        "generation": number, "rows": [report.rows_new, report.rows_changed, report.rows_unchanged], "published": published,
        "seconds": round(published - began, 2), "cpu_seconds": round(time.process_time() - worked, 2), "peak_gb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2),
        "log_mb": [round(logs.log_bytes(made.path(audience)) / 1e6, 1) for audience in ("staff", "public")],
    }))  # fmt: skip


def _mapping(city: City) -> Any:
    from data_access.sources import open_source

    source = open_source(city.sources[0], city)
    return source.mapping, source.mapping_path


def read(folder: Path) -> None:
    """Ask until somebody closes our input; then tell when each answer came, of which generation, and after how many milliseconds."""
    from data_access.mart.reading import open_mart

    settings, calendar = bench_settings(folder), Calendar("America/New_York", "monday", 7)
    questions = [asking for asking in QUESTIONS if asking.name in ASKED]
    asked, errors, torn = [], [], 0
    said: dict[tuple[int, str], Any] = {}
    print("reading", flush=True)
    while not waiting.select([sys.stdin], [], [], 0)[0]:
        for asking in questions:
            began = time.perf_counter()
            try:
                mart = open_mart(settings)
                answer = asking.ours(ask(mart, calendar, default_question(mart, calendar), MAYOR))
            except Exception as error:
                errors.append(f"{type(error).__name__}: {error}"[:200])
                continue
            asked.append((time.time(), mart.generation, (time.perf_counter() - began) * 1000))
            torn += said.setdefault((mart.generation, asking.name), answer) != answer
    peak = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6, 2)
    print(json.dumps({"asked": asked, "errors": errors[:5], "torn": torn, "peak_gb": peak}))


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["change", folder, count, number]:
            change(Path(folder), int(count), int(number))
        case ["load", folder, way]:
            load(Path(folder), way)
        case ["read", folder]:
            read(Path(folder))
        case _:
            main()
