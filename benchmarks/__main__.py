"""`make bench`: how fast pages get their data, beside the same questions asked of pandas in memory.

BENCH_CASES cases (default 5,000,000) are made, loaded by the real sync and asked about, uncached
and with one database thread as in a web worker, beside pandas and beside the bare engine over one table. Times depend on
the machine; the ratios of one run are what is meant to last. BENCH_FOLDER keeps the city between runs (default var/bench).
With BENCH_COPIES=10 a mart of ten times the cases is made of the loaded one (`benchmarks.grow`) and asked in its place;
BENCH_PANDAS=0 leaves pandas out, where memory would not do. Writes `benchmarks/latest.json` and the table in `benchmarks/README.md`.
"""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from access import Viewer
from benchmarks import report as reporting
from benchmarks.city import write_city
from benchmarks.grow import grow
from benchmarks.load import bench_settings
from benchmarks.memory import Memory, memory, read_frame
from benchmarks.pages import measure_pages
from benchmarks.questions import QUESTIONS
from benchmarks.raw import RAW, Raw, open_raw
from data_access import vocabulary
from data_access.mart import generations
from metrics.headline import SPARKLINE_WEEKS
from metrics.measure import ask
from metrics.periods import Calendar
from metrics.question import default_question
from settings import ROOT, utc_now

REPEATS = 7
PANDAS_REPEATS = 2
GOAL_MS = 150
"""No callback of any page should take longer."""
MAYOR = Viewer("mayor", "Mayor's office", "executive")
FILTERS = {"department": 3, "district": 4, "channel": 2}
"""How many of each the filtered questions choose."""


def main() -> None:
    """Measure, print, and write `benchmarks/latest.json`."""
    cases = int(os.environ.get("BENCH_CASES") or 5_000_000)
    folder = Path(os.environ.get("BENCH_FOLDER") or ROOT / "var" / "bench") / str(cases)
    # As in a web worker of two: one thread for each.
    os.environ["WEB_CONCURRENCY"] = str(os.cpu_count() or 1)
    before = _load_average()
    loaded = load(folder, cases)
    if copies := int(os.environ.get("BENCH_COPIES") or 0):
        folder, cases = grown(folder, copies), cases * copies
        loaded = json.loads((folder / "grown.json").read_text())
    results = measure_all(folder)
    pages = measure_pages(folder)
    machine = {
        "cores": os.cpu_count(), "memory_gb": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9),
        "python": sys.version.split()[0], "load_before": before, "load_after": _load_average(),
    }  # fmt: skip
    latest = {
        "cases": cases, "date": utc_now().date().isoformat(), "machine": machine, "goal_ms": GOAL_MS, "load": loaded,
        "questions": results, "pages": pages, "summary": summary(results),
    }  # fmt: skip
    here = ROOT / "benchmarks"
    (here / "latest.json").write_text(json.dumps(latest, indent=1) + "\n")
    reporting.write(here / "README.md", latest)
    print(reporting.tell(latest))


def _load_average() -> str:
    """Of the last one, five and fifteen minutes: how many others wanted the same cores."""
    return " / ".join(f"{value:.1f}" for value in os.getloadavg())


def grown(folder: Path, copies: int) -> Path:
    """The city of `copies` times the cases of the one loaded in `folder`, made unless it is there."""
    large = folder.with_name(f"{folder.name}-x{copies}")
    told = large / "grown.json"
    if not told.exists():
        print(f"Making a mart of {copies} times the cases in {large}")
        made = grow(folder, copies)
        told.write_text(json.dumps(made))
    return large


def load(folder: Path, cases: int) -> dict[str, Any]:
    """Make and load the city in `folder`, unless it is there; what the load took."""
    told = folder / "load.json"
    if not told.exists():
        print(f"Making {cases:,} cases in {folder}")
        write_city(folder, cases)
        print("Loading them")
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.load", str(folder)], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True
        )
        told.write_text(done.stdout.strip().splitlines()[-1])
    return json.loads(told.read_text())


def measure_all(folder: Path) -> list[dict[str, Any]]:
    """Every question, unfiltered and filtered, on all three sides."""
    from data_access.mart.reading import open_mart

    settings = bench_settings(folder)
    mart, calendar = open_mart(settings), Calendar("America/New_York", "monday", 7)
    question = default_question(mart, calendar)
    chosen = {
        "department": [member.slug for member in mart.dimensions.departments][: FILTERS["department"]],
        "areas": [("district", member.slug) for member in mart.dimensions.areas("district")][: FILTERS["district"]],
        "channel": ["phone", "web"],
    }
    named = {
        "department": [mart.dimensions.departments.by_slug[slug].name for slug in chosen["department"]],
        "district": [mart.dimensions.areas("district").by_slug[slug].name for _, slug in chosen["areas"]],
        "channel": chosen["channel"],
    }
    filtered = question.about(**{name: tuple(values) for name, values in chosen.items()})
    variants = {"all": (question, {}), "filtered": (filtered, named)}
    results = []
    answers: dict[tuple[str, str], dict[Any, float]] = {}
    for variant, (asked_for, _) in variants.items():
        asked = ask(mart, calendar, asked_for, MAYOR)
        for asking in QUESTIONS:
            times, answer = timed(lambda asking=asking, asked=asked: asking.ours(asked), REPEATS)
            answers[asking.name, variant] = answer
            results.append({"page": asking.page, "question": asking.name, "variant": variant, "ours_ms": times})
    # One process opens a mart file in one way at a time; pandas reads it in its own.
    mart.close()
    path = generations.current(settings.mart).path("staff")  # type: ignore[union-attr]
    with open_raw(path, folder, vocabulary.CHANNELS) as raw:
        _ask_raw(raw, variants, calendar, results, answers)
    for kind in ("naive", "tuned") if os.environ.get("BENCH_PANDAS") != "0" else ():
        frame = read_frame(path, vocabulary.CHANNELS, tuned=kind == "tuned")
        print(f"pandas ({kind}): {frame.memory_usage(deep=True).sum() / 1e9:.2f} GB in memory")
        _ask_pandas(frame, kind, variants, calendar, results, answers)
        del frame
        gc.collect()
    return results


def _ask_raw(connection: Any, variants: Any, calendar: Calendar, results: list[dict[str, Any]], answers: Any) -> None:
    nothing = pd.DataFrame()
    for row in results:
        asked_for, names = variants[row["variant"]]
        raw = Raw(connection, memory(nothing, asked_for, calendar, names, SPARKLINE_WEEKS))
        row["raw_ms"], answer = timed(lambda row=row, raw=raw: RAW[row["question"]](raw), PANDAS_REPEATS + 1)
        row["agrees"] = same(answers[row["question"], row["variant"]], answer)


def _ask_pandas(frame: pd.DataFrame, kind: str, variants: Any, calendar: Calendar, results: list[dict[str, Any]], answers: Any) -> None:
    by_name = {asking.name: asking for asking in QUESTIONS}
    for row in results:
        asked_for, names = variants[row["variant"]]
        held: Memory = memory(frame, asked_for, calendar, names, SPARKLINE_WEEKS)
        asking = by_name[row["question"]]
        times, answer = timed(lambda asking=asking, held=held: asking.pandas(held), PANDAS_REPEATS)
        row[f"{kind}_ms"] = times
        row["agrees"] = row.get("agrees", True) and same(answers[row["question"], row["variant"]], answer)


def timed(call: Callable[[], Any], repeats: int) -> tuple[list[float], Any]:
    """Milliseconds of each of `repeats` calls after one that warms up, and the answer."""
    answer = call()
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        call()
        times.append(round((time.perf_counter() - begun) * 1000, 2))
    return times, answer


def same(ours: dict[Any, float], theirs: dict[Any, float]) -> bool:
    """Whether both sides found the same numbers; a group without any case is nothing or zero."""
    known = {key for key in {*ours, *theirs} if not (_nothing(ours.get(key)) and _nothing(theirs.get(key)))}
    return all(np.isclose(ours.get(key, 0) or 0, theirs.get(key, 0) or 0, rtol=1e-9) for key in known)


def _nothing(value: float | None) -> bool:
    return value is None or value != value or value == 0


def summary(results: list[dict[str, Any]]) -> dict[str, Any]:
    """The figures of the whole run."""
    times = [value for row in results for value in row["ours_ms"]]
    best = [min(row["ours_ms"]) for row in results]

    def ratio(kind: str) -> float:
        return round(statistics.geometric_mean(min(row[f"{kind}_ms"]) / min(row["ours_ms"]) for row in results), 2)

    peers = [name for name in reporting.PEERS if f"{name}_ms" in results[0]]
    return {
        "p50_ms": float(np.percentile(times, 50)), "p95_ms": float(np.percentile(times, 95)), "max_ms": max(times),
        "best_p50_ms": float(np.percentile(best, 50)), "best_p95_ms": float(np.percentile(best, 95)),
        **{f"{name}_ratio": ratio(name) for name in peers}, "agreeing": sum(row["agrees"] for row in results),
    }  # fmt: skip


if __name__ == "__main__":
    main()
