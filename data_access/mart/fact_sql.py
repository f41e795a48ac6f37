"""SQL that the facts of cases and of their stages share."""

from __future__ import annotations

from sqlalchemy import Table

from data_access import vocabulary

HEADLINE = "s.programme_id IN (SELECT id FROM staff.programme WHERE is_main AND privacy = 'open')"
"""The spells or cases `s` of which residents may have rows. Of other programmes they are told what loads count for them."""

USE = ("programme_id", "request_type_id", "request_group_id", "department_id", "closing_department_id")
"""What table `spell_use` of the stage counts the spells by: numbers `n` from which much follows that would else need all spells again."""


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
