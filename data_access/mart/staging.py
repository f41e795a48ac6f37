"""What a load delivers, staged beside the generation it will become.

A `Stage` is a scratch DuckDB file in the build folder, with the delivered cases in files beside it. Batches go in
as they come, so memory is bounded by a batch; `settle` then decides in bulk which staged cases are new, changed or
unchanged against the previous generation. Rows read = new + changed + unchanged, always.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Mapping, Sequence

import duckdb
import pandas as pd

from data_access import canonical
from data_access.mart import promises
from data_access.mart.delivered import Delivered
from data_access.mart.generations import Generation

MEMORY_LIMIT = "2GB"

# Where the row was in its file or how late it was read does not make it another row.
_UNHASHED = {"source_name", "source_updated_at"}


@dataclass(frozen=True, slots=True)
class Settled:
    """How many staged rows were new, changed and unchanged, and how many held cases vanished."""

    new: int
    changed: int
    unchanged: int
    deleted: int
    restated: int = 0
    """Cases opened before what their source was known up to that came only now or were changed."""


class Stage:
    """The scratch database of one build. Use as a context manager."""

    def __init__(self, folder: Path, previous: Generation | None, promising: Generation | None = None) -> None:
        """`promising`: the generation that knows what was promised, where it is not `previous`."""
        self.folder = folder
        self.previous = previous
        self.read_whole: tuple[str, ...] = ()
        """After `settle`: the sources all of whose rows were staged."""
        self.rebuild = False
        """After `settle`: whether the facts of every staged case are made anew."""
        self.last_held = 0
        """After `settle`: the highest number of a held case; those of new cases are higher."""
        self.keep_deadlines = True
        """Whether held cases keep the deadlines they were promised, also where rules say otherwise now."""
        self._lines = 0
        self.connection = duckdb.connect(
            str(folder / "stage.duckdb"),
            config={"memory_limit": MEMORY_LIMIT, "temp_directory": str(folder / "spill")},
        )
        self.connection.execute("SET TimeZone = 'UTC'")
        self._cases = Delivered(folder)
        self._create("stage_event", canonical.EVENT_COLUMNS)
        self._create("stage_measure", canonical.MEASURE_COLUMNS)
        self._create("stage_contact", canonical.CONTACT_COLUMNS)
        about = {"load_id": "integer", "source_name": "text"}
        self._create("stage_quarantine", canonical.QUARANTINE_COLUMNS | about)
        self._create("stage_issue", canonical.ISSUE_COLUMNS | about)
        self._create("stage_key", {"source_name": "text", "source_id": "text"})
        if previous is not None:
            self.connection.execute(f"ATTACH '{previous.path('staff')}' AS previous (READ_ONLY)")
        self._promising = promising or previous
        if self._promising is not None:
            promises.attach(self.connection, self._promising, "previous" if self._promising == previous else None)

    def __enter__(self) -> Stage:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def keeps_promises(self) -> bool:
        """Whether what was promised before is known and stays promised."""
        return self.keep_deadlines and self._promising is not None

    @property
    def holds_few(self) -> bool:
        """Whether the staged cases are few of those held by the generation that also knows what was promised."""
        return not self.rebuild and self.previous is not None and self._promising == self.previous

    def close(self) -> None:
        """Let go of all files. Safe to repeat."""
        self._cases.close()
        self.connection.close()

    def add_cases(self, frame: pd.DataFrame) -> None:
        """Stage canonical cases (`canonical.CASE_COLUMNS`)."""
        if not frame.empty:
            self._cases.add(frame)

    def add_events(self, frame: pd.DataFrame) -> None:
        """Stage canonical events; a staged case's events replace those held before."""
        self._add("stage_event", frame, canonical.EVENT_COLUMNS)

    def add_measures(self, frame: pd.DataFrame) -> None:
        """Stage figures that are not cases (`canonical.MEASURE_COLUMNS`)."""
        made = canonical.conform(frame, canonical.MEASURE_COLUMNS)
        self._add("stage_measure", made.assign(line=made["line"] + self._lines), canonical.MEASURE_COLUMNS)
        self._lines += 0 if made.empty else 1 + int(made["line"].max())

    def add_contacts(self, frame: pd.DataFrame) -> None:
        """Stage hours of the contact centre (`canonical.CONTACT_COLUMNS`); those of other batches are added to them."""
        self._add("stage_contact", frame, canonical.CONTACT_COLUMNS)

    def add_quarantine(self, frame: pd.DataFrame, load_id: int, source_name: str) -> None:
        """Stage refused rows (`canonical.QUARANTINE_COLUMNS`)."""
        self._add("stage_quarantine", frame, canonical.QUARANTINE_COLUMNS, f", {load_id} AS load_id, '{source_name}' AS source_name")

    def add_issues(self, frame: pd.DataFrame, load_id: int, source_name: str) -> None:
        """Stage findings about kept rows (`canonical.ISSUE_COLUMNS`)."""
        self._add("stage_issue", frame, canonical.ISSUE_COLUMNS, f", {load_id} AS load_id, '{source_name}' AS source_name")

    def add_keys(self, source_name: str, ids: pd.Series) -> None:
        """Stage ids that source `source_name` still has (for sources that were not read whole)."""
        keys = pd.DataFrame({"source_name": source_name, "source_id": ids}, dtype="str")
        self._add("stage_key", keys, {"source_name": "text", "source_id": "text"})

    def settle(self, *, rebuild: bool, read_whole: tuple[str, ...] = (), keys_of: tuple[str, ...] = ()) -> dict[str, Settled]:
        """Make table `changed`: one row per case whose facts are to be made, with its `case_id`.

        Args:
            rebuild: make the facts of every staged case anew (rules and areas may have changed too).
            read_whole: sources all of whose rows are staged; held cases of theirs that are not are gone.
            keys_of: sources all of whose ids were given to `add_keys`; likewise.

        Returns:
            What happened to the rows of each staged source. Vanished cases are in table `gone`.
        """
        run = self.connection.execute
        self.rebuild, self.read_whole = rebuild, read_whole
        delivered = self._cases.sql()
        # Which rows are to be made is decided on narrow tables; the wide rows are read once more, when that is known.
        run(
            f"CREATE TABLE hashed AS SELECT {_NARROW}, {_HASH} AS content_hash FROM {delivered} c LEFT JOIN ({_EVENT_HASH}) e USING (programme, source_id)"
        )
        run(f"CREATE VIEW held AS {_HELD if self.previous else _NOTHING_HELD}")
        # Of few staged cases what is held of them is looked up once; of all of them nothing is gained by that.
        run(f"CREATE {'VIEW' if rebuild else 'TABLE'} matching AS FROM held {'' if rebuild else 'SEMI JOIN hashed USING (source_id)'}")
        run(_LATEST)
        settled = {name: Settled(int(new), int(changed), int(same), 0) for name, new, changed, same in run(_ACCOUNT).fetchall()}
        for name, count in run(_RESTATED).fetchall() if self.previous else ():
            settled[name] = replace(settled[name], restated=int(count))
        run("CREATE TABLE gone (case_id BIGINT, source_name VARCHAR)")
        if read_whole:
            run(_GONE, [list(read_whole)])
        if keys_of:
            run(
                f"{_GONE} AND NOT EXISTS (FROM stage_key k WHERE k.source_name = held.source_name AND k.source_id = held.source_id)",
                [list(keys_of)],
            )
        for name, count in run("SELECT source_name, count(*) FROM gone GROUP BY 1").fetchall():
            settled[name] = replace(settled.get(name, Settled(0, 0, 0, 0)), deleted=int(count))
        if self.previous is not None:
            ((self.last_held,),) = run("SELECT coalesce(max(case_id), 0) FROM previous.case_record").fetchall()
        run(
            f"""CREATE TABLE to_make AS SELECT seq, content_hash,
            coalesce(held_id, {self.last_held} + row_number() OVER (PARTITION BY held_id IS NULL ORDER BY opened_at, source_id, programme)) AS case_id
            FROM latest WHERE {rebuild} OR held_hash IS DISTINCT FROM content_hash"""
        )
        run(f"CREATE TABLE changed AS SELECT c.* EXCLUDE (seq), m.content_hash, m.case_id FROM {delivered} c JOIN to_make m USING (seq)")
        if self.previous is not None:
            run(_STILL_REFUSED, [list(read_whole)])
        for used in ("latest", "hashed", "to_make"):
            run(f"DROP TABLE {used}")
        self._cases.drop()
        return settled

    def kept_cases(self) -> int:
        """How many held cases stay as they are (after `settle`)."""
        if self.previous is None:
            return 0
        replaced = f"SELECT count(*) FROM changed WHERE case_id <= {self.last_held}"
        return self.connection.execute(
            f"SELECT (SELECT count(*) FROM previous.case_record) - ({replaced}) - (SELECT count(*) FROM gone)"
        ).fetchall()[0][0]

    def previous_meta(self) -> dict[str, str]:
        """Table `meta` of the previous generation; empty before the first load."""
        if self.previous is None:
            return {}
        return dict(self.connection.execute("SELECT key, value FROM previous.meta").fetchall())

    @cached_property
    def salt(self) -> str:
        """The secret of this installation's hashes: that of the generation before, also of one of an older form, so that they stay the same."""
        known = self.previous_meta() or self._promising_meta()
        return known.get("public_salt") or secrets.token_hex(16)

    def _promising_meta(self) -> dict[str, str]:
        if self._promising is None:
            return {}
        try:
            return dict(self.connection.execute("SELECT key, value FROM promising.meta").fetchall())
        except duckdb.CatalogException:
            return {}

    def latest_instant(self, source_name: str, not_after: datetime) -> datetime | None:
        """The latest plausible instant among the staged rows of a source (before `settle`)."""
        rows = self.connection.execute(
            f"""SELECT max(seen_at) FROM (SELECT unnest([opened_at, closed_at, source_updated_at]) AS seen_at FROM {self._cases.sql()}
            WHERE source_name = ?) WHERE seen_at <= ?""",
            [source_name, not_after],
        ).fetchall()
        return rows[0][0]

    def frame(self, name: str, frame: pd.DataFrame) -> None:
        """Keep `frame` as table `name` of the scratch database."""
        self.connection.register("incoming", frame)
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM incoming")
        self.connection.unregister("incoming")

    def rows(self, name: str, columns: Mapping[str, str], rows: Sequence[Sequence[object]]) -> None:
        """Keep `rows`, made in Python and few, as table `name`; `columns`: their names and kinds (`canonical.SQL_TYPES`)."""
        body = ", ".join(f"unnest(?::{canonical.SQL_TYPES[kind]}[]) AS {column}" for column, kind in columns.items())
        given = [[row[place] for row in rows] for place in range(len(columns))]
        self.connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT {body}", given)

    def _create(self, name: str, columns: Mapping[str, str]) -> None:
        body = ", ".join(f"{column} {canonical.SQL_TYPES[kind]}" for column, kind in columns.items())
        self.connection.execute(f"CREATE TABLE {name} ({body})")

    def _add(self, name: str, frame: pd.DataFrame, columns: Mapping[str, str], extra: str = "") -> None:
        """Add the rows of `frame` to table `name`: those of `columns` that it has, and `extra`; all others are null there."""
        if frame.empty:
            return
        # Columns that a source lacks are not made first: of a small load that took longer than the rows.
        there = {column: kind for column, kind in columns.items() if column in frame.columns}
        self.connection.register("incoming", canonical.conform(frame, there))
        self.connection.execute(f"INSERT INTO {name} BY NAME SELECT *{extra} FROM incoming")
        self.connection.unregister("incoming")


def text_of(column: str) -> str:
    """SQL: `column` as text, and null as a text of its own."""
    return f"coalesce({column}::VARCHAR, chr(1))"


_NARROW = "c.seq, c.programme, c.source_id, c.source_name, c.source_updated_at, c.opened_at"
_HASH = (
    "md5(concat_ws(chr(31), "
    + ", ".join(text_of(f"c.{name}") for name in canonical.CASE_COLUMNS if name not in _UNHASHED)
    + ", coalesce(e.event_hash, '')))"
)
# Added up and not strung together: five million cases' events then need a number each in memory, not their text.
_EVENT_HASH = (
    "SELECT programme, source_id, sum(md5_number_lower(concat_ws(chr(31), "
    + ", ".join(text_of(name) for name in canonical.EVENT_COLUMNS if name not in ("programme", "source_id"))
    + "))::HUGEINT)::VARCHAR AS event_hash FROM stage_event GROUP BY ALL"
)
_HELD = """SELECT r.case_id, p.slug AS programme, r.source_id, r.source_name, r.content_hash
    FROM previous.case_record r JOIN previous.programme p ON p.id = r.programme_id"""
_RESTATED = """SELECT source_name, count(*) FROM latest JOIN (SELECT source_name, arg_max(as_of, id) AS known FROM previous.load GROUP BY 1) USING (source_name)
    WHERE held_hash IS DISTINCT FROM content_hash AND opened_at <= known GROUP BY 1"""
_NOTHING_HELD = """SELECT NULL::BIGINT AS case_id, NULL::VARCHAR AS programme, NULL::VARCHAR AS source_id,
    NULL::VARCHAR AS source_name, NULL::VARCHAR AS content_hash WHERE false"""
_GONE = """INSERT INTO gone SELECT held.case_id, held.source_name FROM held
    WHERE held.source_name IN (SELECT unnest(?::VARCHAR[]))
    AND NOT EXISTS (FROM latest l WHERE l.programme = held.programme AND l.source_id = held.source_id)"""
# A row that was refused and comes again stands in quarantine once; one that was mended stands there no more.
_STILL_REFUSED = """CREATE TABLE still_refused AS SELECT q.* FROM previous.quarantine q
    WHERE q.source_name NOT IN (SELECT unnest(?::VARCHAR[]))
    AND NOT EXISTS (FROM latest l WHERE l.source_name = q.source_name AND l.source_id = q.source_id)
    AND NOT EXISTS (FROM stage_quarantine s WHERE s.source_name = q.source_name
        AND (s.source_id = q.source_id OR (s.source_id IS NULL AND q.source_id IS NULL AND s.original IS NOT DISTINCT FROM q.original)))"""
_LATEST = """CREATE TABLE latest AS
    SELECT h.* EXCLUDE (place), held.case_id AS held_id, held.content_hash AS held_hash FROM (
        SELECT *, row_number() OVER (
            PARTITION BY programme, source_id ORDER BY source_updated_at DESC NULLS LAST, seq DESC) AS place
        FROM hashed) h
    LEFT JOIN matching held USING (programme, source_id)
    WHERE place = 1"""
# A row is new if it is the first of a case that was not held, changed if it says something of its
# case that was neither held nor said by an earlier row, and else unchanged: each row is one of the three.
_ACCOUNT = """SELECT source_name, count(*) FILTER (is_new), count(*) FILTER (differs AND NOT is_new), count(*) FILTER (NOT differs AND NOT is_new) FROM (
        SELECT h.source_name,
            held.case_id IS NULL AND row_number() OVER (PARTITION BY h.programme, h.source_id ORDER BY h.seq) = 1 AS is_new,
            h.content_hash IS DISTINCT FROM held.content_hash
                AND row_number() OVER (PARTITION BY h.programme, h.source_id, h.content_hash ORDER BY h.seq) = 1 AS differs
        FROM hashed h LEFT JOIN matching held USING (programme, source_id)) GROUP BY source_name"""
