"""What changes in the public mart when few cases do: theirs, and rows whose cut times depend on up to when the data is complete."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from data_access.city import City
from data_access.mart import public
from data_access.mart.amending import Changes, remaining
from data_access.mart.staging import Stage
from data_access.released.points import write_moved

_COPIES = {"closed_spell": "false", "due_spell": "false", "open_spell": "closed_at <= TIMESTAMP '{as_of}'"}
"""Table -> which rows of untouched cases leave it as time goes on."""


def amend_public(stage: Stage, city: City, columns: Callable[..., str], as_of: datetime, released: Path) -> Changes | None:
    """Attach the catalog `public_mart` as it is to be and answer what changes in its large tables; None if all its rows may.

    Expects `previous_public` and the catalog `staff` of the next generation.
    """
    run = stage.connection.execute
    run("ATTACH ':memory:' AS public_mart")
    layers = public.begin(stage, city, columns, set())
    before = run("SELECT slot, id FROM previous_public.area_layer WHERE NOT is_context ORDER BY slot").fetchall()
    published = run("SELECT value FROM previous_public.meta WHERE key = 'cases_published'").fetchall()
    if layers != before or published != [(str(city.file.release.cases),)]:
        return None
    known_until = datetime.fromisoformat(stage.previous_meta()["as_of"]).replace(tzinfo=None)
    _find_affected(stage, city.zone, known_until, as_of)
    write_moved(stage, city, released, layers, "affected_spell")
    public.cut_to_days(stage, city.zone, as_of, layers, "affected_spell")
    run("CREATE TABLE public_new AS FROM day_spell")
    run("DROP TABLE day_spell")
    _drop_what_stays(stage)
    run(
        f"CREATE VIEW public_mart.spell AS {remaining('previous_public', 'spell', 'public_old')} UNION ALL SELECT * FROM stage.main.public_new"
    )
    changes: Changes = {}
    for table, (which, order) in public.SPELLS.items():
        at = which.replace("$as_of", f"TIMESTAMP '{as_of}'")
        changes[table.name] = (f"public_old_{table.name}", f"FROM public_new WHERE {at} ORDER BY {order}")
        if table.name in _COPIES:
            ended = _COPIES[table.name].format(as_of=as_of)
            run(
                f"""CREATE TABLE public_old_{table.name} AS SELECT rowid AS row_no FROM previous_public.{table.name}
                WHERE case_id IN (SELECT case_id FROM public_old) AND (case_id, spell_no) IN (SELECT case_id, spell_no FROM public_old) OR {ended}"""
            )
    changes["spell"] = ("public_old", changes["spell"][1])
    if city.file.release.cases:
        run("CREATE TABLE public_old_record AS SELECT rowid AS row_no FROM previous_public.case_record WHERE case_id IN (FROM touched)")
        run(f"CREATE TABLE public_record AS {public.public_records(layers, 'new_record')}")
        changes["case_record"] = ("public_old_record", "FROM public_record")
    public.write_rest(stage, city)
    return changes


def _find_affected(stage: Stage, zone: str, known_until: datetime, as_of: datetime) -> None:
    """Table `affected_spell`: the new spells, and those of untouched cases whose times may be cut otherwise now."""
    run = stage.connection.execute
    run("CREATE TABLE affected_row (row_no BIGINT)")
    if known_until != as_of:
        for column, begin, end in _cut_by(zone, {known_until, as_of}):
            run(f"INSERT INTO affected_row SELECT rowid FROM previous.spell WHERE {column} >= ? AND {column} < ?", [begin, end])
    run(
        """CREATE TABLE affected_spell AS SELECT s.* FROM previous.spell s
            SEMI JOIN (FROM affected_row ANTI JOIN old_spell USING (row_no)) a ON a.row_no = s.rowid
        UNION ALL SELECT * FROM new_spell"""
    )


def _cut_by(zone: str, limits: set[datetime]) -> Iterator[tuple[str, datetime, datetime]]:
    """(column, from, until): the stretches of instants that `public.cut_to_days` cuts by `as_of`, for each of two of these.

    An instant is cut to the last kept instant of its day before it, so it depends on `as_of` from there to the end of that day. When
    a case was opened again is told in steps from a closing that was cut to its day, and kept on its side of `as_of`.
    """
    for days in public.KEPT_DAYS:
        stretches: list[tuple[datetime, datetime]] = []
        for limit in sorted(at + timedelta(days=days) for at in limits):
            end = _next_midnight(limit, zone)
            if stretches and limit <= stretches[-1][1]:
                stretches[-1] = (stretches[-1][0], end)
            else:
                stretches.append((limit, end))
        for begin, end in stretches:
            yield from ((column, begin, end) for column in public.INSTANTS)
    for limit in limits:
        yield "next_opened_at", limit - timedelta(hours=1), limit + timedelta(hours=27)


def _next_midnight(instant: datetime, zone: str) -> datetime:
    day = instant.replace(tzinfo=UTC).astimezone(ZoneInfo(zone)).date() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC).replace(tzinfo=None)


def _drop_what_stays(stage: Stage) -> None:
    """Make `public_old`, the rows that `public_new` replaces or that are gone, and take from both the untouched ones that come out the same."""
    run = stage.connection.execute
    run("CREATE TABLE public_case AS SELECT case_id FROM touched UNION SELECT case_id FROM public_new")
    run(
        "CREATE TABLE public_old AS SELECT rowid AS row_no, case_id, spell_no FROM previous_public.spell WHERE case_id IN (FROM public_case)"
    )
    run(
        """DELETE FROM public_old WHERE case_id NOT IN (FROM touched)
        AND (case_id, spell_no) NOT IN (SELECT case_id, spell_no FROM public_new)"""
    )
    # Only these are looked at: rows of touched cases are written anew, whether they differ or not.
    run("CREATE TABLE public_untouched AS SELECT row_no FROM public_old WHERE case_id NOT IN (FROM touched)")
    run("CREATE TABLE public_there AS SELECT s.* FROM previous_public.spell s SEMI JOIN public_untouched u ON u.row_no = s.rowid")
    run("CREATE TABLE same_spell AS SELECT case_id, spell_no FROM (FROM public_there INTERSECT FROM public_new)")
    for name in ("public_old", "public_new"):
        run(f"DELETE FROM {name} WHERE (case_id, spell_no) IN (FROM same_spell)")
