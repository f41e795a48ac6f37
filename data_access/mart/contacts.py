"""Contacts of the contact centre: what a load did to them, and their table in the next generation.

Batches are added up by hour, queue and language. A source of contacts is read whole every time, so its load replaces all that it gave
before and nothing that another source gave.
"""

from __future__ import annotations

from datetime import datetime

from data_access.mart.staging import Settled, Stage, text_of

_SUMS = (
    "offered", "answered", "abandoned", "abandoned_short", "answered_in_time", "wait_seconds", "handle_seconds", "staffed_seconds", "resolved_first",
    "resolution_known",
)  # fmt: skip
_MAY_BE_PARTLY = ("resolved_first", "resolution_known")
_KEYS = "source_name, department, queue, language, starts_at"


def _sum(name: str) -> str:
    """SQL: a figure added up; missing where one of the parts lacks it, but where it has a count of its own."""
    return f"sum({name}) AS {name}" if name in _MAY_BE_PARTLY else f"CASE WHEN count({name}) = count(*) THEN sum({name}) END AS {name}"


def settle(stage: Stage) -> dict[str, Settled]:
    """Add up what was staged (table `contact_hour`) and say by source what happened to its lines; after `Stage.settle`.

    Lines of an hour that was not held are new, those of an hour that says something else than before changed, all others unchanged.
    """
    run = stage.connection.execute
    sums = ", ".join(_sum(name) for name in _SUMS)
    run(
        f"""CREATE TABLE contact_hour AS SELECT {_KEYS}, any_value(starts_on)::DATE AS starts_on, any_value(weekday) AS weekday, any_value(hour) AS hour, {sums},
            max(short_seconds) AS short_seconds, max(threshold_seconds) AS threshold_seconds, sum(lines) AS lines
        FROM stage_contact GROUP BY ALL"""
    )
    content = (
        "md5(concat_ws(chr(31), " + ", ".join(text_of(f"{name}::DOUBLE") for name in (*_SUMS, "short_seconds", "threshold_seconds")) + "))"
    )
    run("CREATE TABLE contact_held (source_name VARCHAR, queue VARCHAR, language VARCHAR, starts_at TIMESTAMP, content VARCHAR)")
    if stage.previous is not None:
        run(f"INSERT INTO contact_held SELECT source_name, queue, language, starts_at, {content} FROM previous.contact_interval")
    same = (
        "h.source_name = n.source_name AND h.queue = n.queue AND h.starts_at = n.starts_at AND h.language IS NOT DISTINCT FROM n.language"
    )
    counts = run(
        f"""SELECT n.source_name, sum(lines) FILTER (h.content IS NULL), sum(lines) FILTER (h.content <> n.content), sum(lines) FILTER (h.content = n.content)
        FROM (SELECT *, {content} AS content FROM contact_hour) n LEFT JOIN contact_held h ON {same} GROUP BY 1"""
    ).fetchall()
    gone = dict(
        run(
            f"""SELECT source_name, count(*) FROM contact_held h WHERE source_name IN (SELECT unnest(?::VARCHAR[]))
            AND NOT EXISTS (FROM contact_hour n WHERE {same}) GROUP BY 1""",
            [list(stage.read_whole)],
        ).fetchall()
    )
    settled = {
        name: Settled(int(new or 0), int(changed or 0), int(unchanged or 0), int(gone.pop(name, 0)))
        for name, new, changed, unchanged in counts
    }
    return settled | {name: Settled(0, 0, 0, int(count)) for name, count in gone.items()}


def write(stage: Stage) -> None:
    """Fill `staff.contact_interval`."""
    run = stage.connection.execute
    if stage.previous is not None:
        others = "source_name NOT IN (SELECT unnest(?::VARCHAR[]))"
        run(f"INSERT INTO staff.contact_interval SELECT * FROM previous.contact_interval WHERE {others}", [list(stage.read_whole)])
    if run("SELECT count(*) FROM stage_contact").fetchall()[0][0] == 0:
        return
    run(
        """INSERT INTO staff.contact_interval BY NAME SELECT c.* EXCLUDE (department, lines), coalesce(d.id, 0) AS department_id
        FROM contact_hour c LEFT JOIN map_department d ON d.label = c.department ORDER BY c.starts_at, c.queue"""
    )


def known_until(stage: Stage, source_name: str, now: datetime) -> datetime | None:
    """The end (naive UTC, never after `now`) of the latest hour with a contact; None if there is none."""
    rows = stage.connection.execute(
        "SELECT max(starts_at) + INTERVAL 1 HOUR FROM stage_contact WHERE source_name = ? AND offered > 0 AND starts_at < ?",
        [source_name, now],
    ).fetchall()
    return None if rows[0][0] is None else min(rows[0][0], now)
