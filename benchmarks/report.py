"""What a run measured, as lines on the screen and as the table in `benchmarks/README.md`, between its two marks."""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import Any

BEGIN, END = "<!-- measured by `make bench`: begin -->", "<!-- measured by `make bench`: end -->"
PEERS = {"raw": "raw DuckDB", "naive": "pandas naive", "tuned": "pandas tuned"}


def tell(latest: dict[str, Any]) -> str:
    """The run in Markdown."""
    load, machine, told = latest["load"], latest["machine"], latest["summary"]
    peers = [name for name in PEERS if f"{name}_ms" in latest["questions"][0]]
    head = f"| page | question | | p50 ms | p95 ms | best ms | {' | '.join(f'{PEERS[name]} ms | x' for name in peers)} |"
    lines = [
        f"{latest['cases']:,} cases; {machine['cores']} cores, {machine['memory_gb']} GB, Python {machine['python']}; {latest['date']}; "
        f"load average before and after: {machine['load_before']}, {machine['load_after']}.",
        "",
        _loaded(load),
        "",
        head,
        "|---|---|---|" + "--:|" * (3 + 2 * len(peers)),
    ]
    for row in latest["questions"]:
        ours = row["ours_ms"]
        times = [f"{statistics.median(ours):.0f}", f"{_p95(ours):.0f}", f"{min(ours):.1f}"]
        beside = [cell for name in peers for cell in (f"{min(row[f'{name}_ms']):.0f}", f"{min(row[f'{name}_ms']) / min(ours):.1f}")]
        note = "" if row.get("agrees", True) else " **answers differ**"
        lines.append(f"| {row['page']} | {row['question']}{note} | {row['variant']} | {' | '.join([*times, *beside])} |")
    ratios = ", ".join(f"{PEERS[name]} {told[f'{name}_ratio']}" for name in peers)
    lines += ["", f"One question: median {told['p50_ms']:.0f} ms, 95th percentile {told['p95_ms']:.0f} ms, best of repeats {told['best_p95_ms']:.0f} ms at the 95th. "
              f"Times as long as ours (geometric means of the best): {ratios}. Answers equal: {told['agreeing']} of {len(latest['questions'])}."]  # fmt: skip
    slow = sorted((row for row in latest["pages"] if min(row["ms"]) > latest["goal_ms"]), key=lambda row: -min(row["ms"]))
    lines += ["", f"Callbacks of all pages, uncached, through the application's own routes: {len(latest['pages'])}; over {latest['goal_ms']} ms at their best: {len(slow)}.", ""]  # fmt: skip
    if slow:
        lines += ["| page | part | best ms | of it processor ms |", "|---|---|--:|--:|"]
        lines += [f"| {row['page']} | {row['part']} | {min(row['ms']):.0f} | {min(row['cpu_ms']):.0f} |" for row in slow]
    return "\n".join(lines)


def _loaded(load: dict[str, Any]) -> str:
    if "rows_per_second" not in load:
        return f"The mart was not loaded but made of a smaller one by `python -m benchmarks.grow`: {load}."
    return (
        f"First load: {load['rows']:,} rows in {load['seconds']:.0f} s ({load['rows_per_second']:,} a second, "
        f"{load.get('cpu_seconds', 0):.0f} s of processor time), peak {load['peak_gb']} GB, marts {load['mart_gb']} GB."
    )


def _p95(values: list[float]) -> float:
    return sorted(values)[max(0, round(0.95 * len(values)) - 1)]


def write(path: Path, latest: dict[str, Any]) -> None:
    """Put the run into the README at `path`, in place of the one before."""
    text = path.read_text()
    before, rest = text.split(BEGIN)
    path.write_text(f"{before}{BEGIN}\n{tell(latest)}\n{END}{rest.split(END)[1]}")
