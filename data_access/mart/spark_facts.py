"""The facts of a mart, built by Spark from its cases and events: the tables that figures are counted on, as files by year.

What a load knows of each case is table `coded_case` (`CODED`, which `write_coded` takes from a mart), what happened to it `case_event`. From
them Spark makes what `facts` and `writing` make on one machine, row for row: the rules are the same text where both engines read it
(`fact_sql`, `day_counts`), and a test compares every table. Cases that are told of in totals only are left out: nobody reads them one by one.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import duckdb

from data_access import vocabulary
from data_access.mart import day_counts, facts, parquet, schema
from data_access.mart.day_schema import DAY_TABLES
from data_access.mart.fact_sql import CLOSED_SPANS, SPANS, columns_of

BUILT = ("spell", "closed_spell", "due_spell", "open_spell", *(table.name for table in DAY_TABLES))
"""The tables that Spark makes."""
OF_RECORD = (
    "case_id", "programme_id", "department_id", "request_type_id", "request_group_id", "channel_id", "initiated_by_id", "case_class_id",
    "outcome_id", *(f"area_{slot}_id" for slot in range(1, schema.AREA_SLOTS + 1)), "opened_at", "closed_at", "due_at", "first_due_at",
    "location_key", "satisfaction", "latitude", "longitude",
)  # fmt: skip
OF_SPELL = ("has_valid_interval", "is_returning")
INPUT = "coded_case"
"""Table with the cases that Spark builds from."""
CODED = {name: (schema.case_record if name in OF_RECORD else schema.spell).c[name].type for name in (*OF_RECORD, *OF_SPELL)}
"""Columns of `coded_case`: a case as its load left it, with codes for words. `closed_at` is the end of its last spell."""
TABLE = "USING parquet OPTIONS (compression 'zstd', 'parquet.block.size' '16777216')"


def write_coded(held: Path, folder: Path) -> None:
    """Write table `coded_case` of the cases in the mart file `held` into Parquet files in `folder`."""
    with duckdb.connect(config={"memory_limit": parquet.MEMORY_LIMIT}) as connection:
        connection.execute(f"ATTACH '{held}' AS held (READ_ONLY)")
        names = ", ".join(f"{'r' if name in OF_RECORD else 's'}.{name}" for name in CODED)
        told = "r.programme_id NOT IN (SELECT id FROM held.programme WHERE privacy = 'aggregate')"
        parquet.write(
            connection,
            f"SELECT {names} FROM held.case_record r JOIN held.spell s ON s.case_id = r.case_id AND s.spell_no = 1 WHERE {told}",
            folder,
        )


def statements(folder: str, zone: str, as_of: datetime) -> list[str]:
    """Spark SQL that makes the tables of `BUILT` in the current database, their files in `folder`; `coded_case` and `case_event` are there."""
    instant = f"TIMESTAMP_NTZ '{as_of}'"
    made = [
        f"CREATE OR REPLACE TEMP VIEW event AS {_EVENT}",
        # What the source said of the status is settled in `closed_at`.
        f"CREATE OR REPLACE TEMP VIEW coded AS SELECT *, CAST(NULL AS STRING) AS status FROM {INPUT}",
        f"CREATE OR REPLACE TEMP VIEW span AS {SPANS}",
        f"CREATE OR REPLACE TEMP VIEW closed_span AS {CLOSED_SPANS}",
        f"CREATE OR REPLACE TEMP VIEW transfer AS {_TRANSFERS}",
    ]
    spells = f"SELECT {columns_of(schema.spell, _spell(zone))} FROM closed_span s JOIN coded c ON c.case_id = s.case_id LEFT JOIN transfer tr ON tr.case_id = c.case_id"
    made.append(_table("spell", spells, "opened_at, case_id, spell_no", folder))
    for name in ("closed", "due"):
        made.append(
            _table(f"{name}_spell", f"SELECT {_NAMES} FROM spell WHERE {name}_at IS NOT NULL", f"{name}_at, case_id, spell_no", folder)
        )
    made.append(
        _table("open_spell", f"SELECT {_NAMES} FROM spell WHERE closed_at IS NULL OR closed_at > {instant}", "due_at, case_id", folder)
    )
    for table, groups in DAY_TABLES.items():
        counted = day_counts.counts(groups, "spell").replace("$as_of", instant)
        made.append(_table(table.name, counted, f"event, day, {', '.join(groups)}", folder))
    return made


def _table(name: str, query: str, order: str, folder: str) -> str:
    by = f"year({parquet.LARGE[name]})"
    return f"""CREATE TABLE {name} {TABLE} PARTITIONED BY (year) LOCATION '{folder}/{name}' AS
        SELECT *, {by} AS year FROM ({query}) DISTRIBUTE BY year SORT BY year, {order}"""


def _spell(zone: str) -> dict[str, str]:
    """Column -> Spark SQL of a spell, where it is not the coded case's own column."""

    def day(instant: str) -> str:
        return f"CAST(convert_timezone('UTC', '{zone}', {instant}) AS DATE)"

    return facts.spell_columns(day) | {
        "closing_department_id": """CAST(coalesce(
            try_element_at(filter(tr.moves, m -> m.event_at <= s.span_closed_at), -1).to_id,
            CASE WHEN s.span_closed_at < tr.first_transferred_at THEN tr.moves[0].from_id END, c.department_id) AS SMALLINT)""",
        "first_due_at": "c.first_due_at",
        # Whole seconds that passed on the clock, as DuckDB's date_diff counts them.
        "seconds_to_close": f"CASE WHEN c.has_valid_interval THEN {_clock('s.span_closed_at')} - {_clock('c.opened_at')} END",
    }


def _clock(instant: str) -> str:
    return f"unix_seconds(CAST({instant} AS TIMESTAMP))"


_NAMES = ", ".join(column.name for column in schema.spell.c)
_KINDS = ", ".join(f"'{kind}'" for kind in vocabulary.EVENT_KINDS)
_EVENT = f"""SELECT e.case_id, c.opened_at, e.event_at, array({_KINDS})[e.event_kind_id] AS event_kind,
        nullif(e.from_department_id, 0) AS from_id, nullif(e.to_department_id, 0) AS to_id
    FROM case_event e JOIN {INPUT} c ON c.case_id = e.case_id"""
_TRANSFERS = """SELECT case_id, min(event_at) AS first_transferred_at, count(*) AS transfer_count,
        array_sort(collect_list(struct(event_at, from_id, to_id))) AS moves
    FROM event WHERE event_kind = 'transferred' GROUP BY case_id"""
