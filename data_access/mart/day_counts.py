"""Counts by day, made once for each load: figures over years read a few rows for each day instead of every case.

The rows of one event, day and group add up, so an amended generation appends to them: what the spells that changed counted as they were, with
the sign -1, and what they count as they are. Cases that no load touched change too, for `as_of` moves on and what is due then happens.
"""

from __future__ import annotations

from datetime import datetime

import duckdb

from data_access.mart.day_schema import DAY_TABLES, EVENTS

_INSTANTS = ("opened_at", "spell_opened_at", "closed_at", "next_opened_at", "due_at")
_STATE = "spell_opened_at <= $as_of AND (next_opened_at IS NULL OR next_opened_at > $as_of)"
_BECAME_OVERDUE = """spell_opened_at <= $as_of AND has_valid_due AND due_at < $as_of
    AND (closed_at IS NULL OR (closed_at > due_at AND closed_at > spell_opened_at))"""
_MET = "coalesce(closed_at <= $as_of AND closed_at <= due_at, false)"
_RULES = {
    "opened": ("opened_on", "spell_no = 1 AND opened_at <= $as_of", "0"),
    "begun": ("spell_opened_on", "spell_opened_at <= $as_of", "0"),
    "closed": ("closed_on", "closed_at <= $as_of", "0"),
    "due": ("due_on", f"due_at <= $as_of AND has_valid_due AND {_STATE}", f"count_if({_MET})"),
    "overdue": ("greatest(due_on, spell_opened_on)", _BECAME_OVERDUE, "0"),
    "overdue_ended": ("closed_on", f"closed_at <= $as_of AND {_BECAME_OVERDUE}", "0"),
}
"""Event -> (its day, which spells count, how many of them met their deadline). The same rules as `metrics.by_day` answers for."""


def counts(groups: tuple[str, ...], spells: str, sign: int = 1) -> str:
    """SQL: the rows that the spells in FROM `spells` give, with parameter `$as_of`."""
    names = ", ".join(groups)
    return " UNION ALL ".join(
        f"""SELECT {EVENTS.index(event)}::SMALLINT AS event, {day} AS day, {names}, {sign} * count(*) AS n, {sign} * {met} AS met
        FROM {spells} WHERE {which} GROUP BY ALL"""
        for event, (day, which, met) in _RULES.items()
    )


def write(connection: duckdb.DuckDBPyConnection, catalog: str, as_of: datetime) -> None:
    """Fill the empty tables of counts in the attached mart `catalog` from its spells."""
    for table, groups in DAY_TABLES.items():
        made = counts(groups, f"{catalog}.spell")
        connection.execute(f"INSERT INTO {catalog}.{table.name} {made} ORDER BY event, day, {', '.join(groups)}", {"as_of": as_of})


def amendments(connection: duckdb.DuckDBPyConnection, before: datetime, as_of: datetime) -> dict[str, tuple[str, str]]:
    """What an amended generation changes in its tables of counts, as `amending.Changes`: no row goes, some come.

    Args:
        before: `as_of` of the generation before (catalog `previous`); table `touched` has the cases that the load touched, `staff` all as they are now.
    """
    run = connection.execute
    happens = " OR ".join(f"{name} BETWEEN $before AND $as_of" for name in _INSTANTS)
    both = {"before": before, "as_of": as_of}
    run(f"CREATE TABLE moving AS SELECT case_id FROM touched UNION SELECT case_id FROM previous.spell WHERE {happens}", both)
    made = {}
    for state, catalog in (("was", "previous"), ("is", "staff")):
        run(f"CREATE TABLE spell_that_{state} AS SELECT s.* FROM {catalog}.spell s SEMI JOIN moving USING (case_id)")
    for table, groups in DAY_TABLES.items():
        run(f"CREATE TABLE counted_{table.name} AS {counts(groups, 'spell_that_was', -1)}", {"as_of": before})
        run(f"INSERT INTO counted_{table.name} {counts(groups, 'spell_that_is')}", {"as_of": as_of})
        run(f"CREATE TABLE old_{table.name} (row_no BIGINT)")
        keys = ", ".join(("event", "day", *groups))
        come = f"SELECT {keys}, sum(n), sum(met) FROM counted_{table.name} GROUP BY ALL HAVING sum(n) <> 0 OR sum(met) <> 0 ORDER BY {keys}"
        made[table.name] = (f"old_{table.name}", come)
    return made
