"""What must hold in a finished generation before anyone may read it."""

from __future__ import annotations

import duckdb

_MUST_BE_EMPTY = {
    "some cases have no opening instant": "SELECT 1 FROM staff.spell WHERE opened_at IS NULL",
    "case numbers are not unique": "SELECT case_id FROM staff.case_record GROUP BY 1 HAVING count(*) > 1",
    "cases and first spells differ": """SELECT 1 WHERE (SELECT count(*) FROM staff.case_record)
        <> (SELECT count(*) FROM staff.spell WHERE spell_no = 1)""",
    "a spell ends before it begins": "SELECT 1 FROM staff.spell WHERE closed_at < spell_opened_at",
    "spells of a case overlap": "SELECT 1 FROM staff.spell WHERE closed_at > next_opened_at",
    "a case has no programme": "SELECT 1 FROM staff.spell WHERE programme_id IS NULL",
}


def problem(connection: duckdb.DuckDBPyConnection) -> str | None:
    """The first rule the attached staff mart breaks, as a sentence, or None."""
    for sentence, query in _MUST_BE_EMPTY.items():
        if connection.execute(f"{query} LIMIT 1").fetchall():
            return sentence + "."
    return None
