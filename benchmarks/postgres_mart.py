"""The mart in PostgreSQL beside its DuckDB files: `STATROOM_DATA=... python -m benchmarks.postgres_mart postgresql://...`.

Copies what is in service in STATROOM_DATA into schema `statroom_bench` of the database, asks each question of `benchmarks.questions`
of one and of the other in turn, uncached, and drops the schemas again.
"""

from __future__ import annotations

import statistics
import sys
import time

from psycopg import sql

from benchmarks.__main__ import MAYOR, same, timed
from benchmarks.questions import QUESTIONS
from data_access.city import load_city
from data_access.mart import generations, postgres
from data_access.mart.postgres_writing import bring, connected
from data_access.mart.reading import Mart
from metrics.measure import ask
from metrics.periods import Calendar
from metrics.question import default_question
from settings import AUDIENCES, read_settings

SCHEMA = "statroom_bench"
REPEATS = 5


def main(url: str) -> None:
    settings = read_settings()
    address = f"{url}?schema={SCHEMA}"
    _drop(address)
    held = generations.current(settings.mart)
    assert held is not None, "load first"
    begun = time.perf_counter()
    bring(address, settings.mart)
    seconds = time.perf_counter() - begun
    served = postgres.current(address)
    assert served is not None
    files, server = Mart(held, "staff"), Mart(served, "staff")
    try:
        _report(files, server, settings, seconds, sum(held.path(audience).stat().st_size for audience in AUDIENCES), _size(address))
    finally:
        files.close()
        server.close()
        _drop(address)


def _report(files: Mart, server: Mart, settings, seconds: float, held: int, copied: int) -> None:  # type: ignore[no-untyped-def]
    facts = load_city(settings.city).file.city
    calendar = Calendar(facts.zone, facts.week_start, facts.fiscal_year_start)
    one, two = (ask(mart, calendar, default_question(mart, calendar), MAYOR) for mart in (files, server))
    ratios = []
    print(f"{'page':<12} {'question':<28} {'DuckDB ms':>10} {'PostgreSQL ms':>14} {'ratio':>7}")
    for asking in QUESTIONS:
        times, answer = timed(lambda asking=asking: asking.ours(one), REPEATS)
        others, other = timed(lambda asking=asking: asking.ours(two), REPEATS)
        # The least of some: what else the machine does only adds.
        ours, theirs = min(times), min(others)
        ratios.append((ours, theirs))
        note = "" if same(answer, other) else "  THE ANSWERS DIFFER"
        print(f"{asking.page:<12} {asking.name:<28} {ours:>10.1f} {theirs:>14.1f} {theirs / ours:>7.1f}{note}")
    slowest = [max(side) for side in zip(*ratios, strict=True)]
    mean = statistics.geometric_mean([theirs / ours for ours, theirs in ratios])
    print(f"\nPostgreSQL takes {mean:.1f} times as long (geometric mean); slowest question {slowest[0]:.0f} ms and {slowest[1]:.0f} ms")
    print(f"Copied in {seconds:.1f} s; files {held / 1e6:.0f} MB, in PostgreSQL {copied / 1e6:.0f} MB with indexes")


def _size(address: str) -> int:
    with connected(postgres.server_of(address)) as connection:
        found = connection.execute(
            """SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE starts_with(n.nspname, %s) AND c.relkind = 'r'""", [SCHEMA],
        ).fetchall()  # fmt: skip
    return int(found[0][0])


def _drop(address: str) -> None:
    with connected(postgres.server_of(address)) as connection:
        found = connection.execute("SELECT nspname FROM pg_namespace WHERE starts_with(nspname, %s)", [SCHEMA]).fetchall()
        for (name,) in found:
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(name)))


if __name__ == "__main__":
    main(sys.argv[1])
