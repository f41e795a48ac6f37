"""SQL that the facts of cases and of their stages share, and what builds them on another engine (`spark_facts`)."""

from __future__ import annotations

from sqlalchemy import Table

from data_access import vocabulary

HEADLINE = "s.programme_id IN (SELECT id FROM staff.programme WHERE is_main AND privacy = 'open')"
"""The spells or cases `s` of which residents may have rows. Of other programmes they are told what loads count for them."""

USE = ("programme_id", "request_type_id", "request_group_id", "department_id", "closing_department_id")
"""What table `spell_use` of the stage counts the spells by: numbers `n` from which much follows that would else need all spells again."""

SPANS = """SELECT case_id, spell_opened_at, row_number() OVER w AS spell_no, lead(spell_opened_at) OVER w AS next_opened_at FROM (
        SELECT case_id, opened_at AS spell_opened_at FROM coded
        UNION SELECT case_id, event_at FROM event WHERE event_kind = 'reopened' AND event_at > opened_at)
    WINDOW w AS (PARTITION BY case_id ORDER BY spell_opened_at)"""
"""When the spells of the cases in `coded` begin, by the events in `event`: DuckDB and Spark read it alike."""

# The source's closing is the end of the last spell; earlier spells end at their closing event, or,
# where the source kept none, when the next one began. A closing date left over from before the
# last reopening is history: the case is open unless its status says that it is not.
CLOSED_SPANS = """SELECT s.*, CASE
        WHEN s.next_opened_at IS NOT NULL THEN coalesce(x.closed_at, s.next_opened_at)
        WHEN c.closed_at IS NULL THEN NULL
        WHEN c.closed_at >= s.spell_opened_at THEN c.closed_at
        WHEN c.status IN ('closed', 'cancelled') THEN s.spell_opened_at END AS span_closed_at
    FROM span s JOIN coded c USING (case_id)
    LEFT JOIN (
        SELECT s.case_id, s.spell_no, min(e.event_at) AS closed_at FROM span s JOIN event e
        ON e.case_id = s.case_id AND e.event_kind = 'closed' AND e.event_at BETWEEN s.spell_opened_at AND s.next_opened_at
        GROUP BY ALL) x USING (case_id, spell_no)"""
"""The rows of `span` (as `SPANS` makes them) with the end of each."""


def columns_of(table: Table, made: dict[str, str]) -> str:
    """The select list of `table`: `made` where given, else the coded case's column of that name."""
    return ", ".join(f"{made.get(column.name, 'c.' + column.name)} AS {column.name}" for column in table.c)


def city_day(zone: str, instant: str) -> str:
    """The city's day of an instant in UTC."""
    return f"timezone('{zone}', timezone('UTC', {instant}))::DATE"


def is_counted() -> str:
    """Whether the outcome of the coded case is one that counts."""
    uncounted = ", ".join(str(vocabulary.code_of("outcome", word)) for word in vocabulary.UNCOUNTED_OUTCOMES)
    return f"c.outcome_id NOT IN ({uncounted})"
