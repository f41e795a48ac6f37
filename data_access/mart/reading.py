"""The one way to read the mart: a sealed scope gives FROMs that are already cut to it.

`open_mart(settings)` answers the generation in service and notices when a load has
published a newer one. `Mart.spells`, `Mart.case_records` and `Mart.case_events` are the
only FROMs with case data; `Mart.read` runs a select built on them under the guard.
"""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Mapping
from datetime import datetime

import pandas as pd
from sqlalchemy import ColumnElement, CompoundSelect, Engine, Select, Table, case, false, null, select, union_all
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.selectable import FromClause

from access import PUBLIC_VIEWER, AccessDenied, Scope, is_sealed, scope_of
from data_access import slow
from data_access.mart import checks, embedded, generations, guard, schema, servers
from data_access.mart.dimensions import Dimensions
from data_access.mart.limits import in_time, took_too_long
from settings import Audience, Settings

QUERY_SECONDS = 20.0
"""A statement that runs longer is interrupted."""
FIRST_LAYER = "area_1_id"
"""Column with the area of the layer that a scope's districts belong to."""


class MartUnavailable(RuntimeError):
    """There is no mart to read yet, or it cannot be opened; the text says what to do."""


class NothingLoaded(MartUnavailable):
    """There has been no load yet."""


class QueryTooLong(RuntimeError):
    """The question took longer than `QUERY_SECONDS`; ask for a shorter period or fewer groups."""


class Mart:
    """One generation for one audience, opened read-only and hardened."""

    def __init__(self, current: generations.Generation | servers.Served, audience: Audience) -> None:
        self.audience = audience
        self.generation = current.number
        self._engine = _guarded(current, audience)
        # Dimensions hold no case data: any scope of the audience may read them.
        self._plain = scope_of(PUBLIC_VIEWER)
        try:
            facts = dict(self._read_plain(schema.meta)[["key", "value"]].itertuples(index=False))
        except DBAPIError as error:
            self.close()
            raise _damaged(current, audience, error) from error
        if facts.get("schema_version") != str(schema.SCHEMA_VERSION):
            self.close()
            raise MartUnavailable(f"{current.name} was made by another version of Statroom; run `flask sync --full`.")
        if isinstance(current, generations.Generation) and checks.is_cut_short(current.path(audience), facts, current.number):
            self.close()
            raise _damaged(current, audience, "its log is cut short")
        self.meta: dict[str, str] = facts
        # A generation has a file for each audience: an answer kept of one must not stand in for the other, which would refuse.
        self.edition = f"{facts['edition']}-{audience}"
        self.as_of = datetime.fromisoformat(facts["as_of"]).replace(tzinfo=None)
        aggregate = json.loads(facts.get(schema.AGGREGATE, "[]"))
        self.dimensions = Dimensions(self._read_plain, types=json.loads(facts.get(schema.TYPES, "{}")), silent=aggregate)
        try:
            self._aggregate = tuple(p.id for p in self.dimensions.programmes if p.slug in aggregate)
        except DBAPIError as error:
            self.close()
            raise _damaged(current, audience, error) from error
        self.silent_sources: tuple[str, ...] = tuple(json.loads(facts.get(schema.SILENT, "[]")))
        self._named: dict[str, Mart] = {}

    def named(self, language: str, names: Mapping[str, str]) -> Mart:
        """The same generation for readers of `language`, who call things by `names`; its answers are kept apart from the others'."""
        if language not in self._named:
            made = copy.copy(self)
            made.dimensions = self.dimensions.called(names)
            made.edition = f"{self.edition}-{language}"
            self._named[language] = made
        return self._named[language]

    def spells(self, scope: Scope) -> FromClause:
        """The fact table cut to `scope` (columns of `schema.spell`)."""
        return self._issue(schema.spell, scope)

    def open_spells(self, scope: Scope) -> FromClause:
        """Those spells that are open at `as_of`, cut to `scope`: the same columns, a hundredth of the rows."""
        return self._issue(schema.open_spell, scope)

    def closed_spells(self, scope: Scope) -> FromClause:
        """Those spells that have ended, by their end, cut to `scope`: the same columns, for questions about a stretch of closings."""
        return self._issue(schema.closed_spell, scope)

    def due_spells(self, scope: Scope) -> FromClause:
        """Those spells whose case has a deadline, by deadline, cut to `scope`: the same columns, for questions about what fell due."""
        return self._issue(schema.due_spell, scope)

    def day_counts(self, scope: Scope, *, by_place: bool) -> FromClause:
        """Counts by day and place, or by what the work is, cut to `scope`. None know the districts of a limited scope, nor those by place its departments."""
        if scope.audience != "staff" or scope.districts is not None or (by_place and scope.departments is not None):
            raise AccessDenied("These counts cannot be cut to that scope.")
        return self._issue(schema.place_day if by_place else schema.work_day, scope)

    def stage_visits(self, scope: Scope) -> FromClause:
        """The stays of cases in stages, cut to `scope` (columns of `schema.stage_visit`)."""
        return self._issue(schema.stage_visit, scope)

    def case_records(self, scope: Scope) -> FromClause:
        """Cases for lists, cut to `scope`; without the columns that it may not read (`schema.FIELDS`)."""
        return self._issue(schema.case_record, scope, schema.columns_hidden_from(scope))

    def case_events(self, scope: Scope) -> FromClause:
        """Events cut to `scope`."""
        return self._issue(schema.case_event, scope)

    def measures(self, scope: Scope) -> FromClause:
        """Figures that are not cases, cut to `scope`."""
        return self._issue(schema.measure, scope)

    def measure_values(self, scope: Scope) -> FromClause:
        """Their values and targets, cut to `scope`."""
        return self._issue(schema.measure_value, scope)

    def contact_intervals(self, scope: Scope) -> FromClause:
        """Contacts of the contact centre by hour, queue and language, cut to `scope`."""
        return self._issue(schema.contact_interval, scope)

    def quarantine(self, scope: Scope) -> FromClause:
        """Rows refused by loads, of sources told of in totals only each reason once. Only for staff who see all departments."""
        rows = schema.quarantine
        is_silent = rows.c.source_name.in_(self.silent_sources)
        once = (
            select(rows.c.load_id, rows.c.source_name, null().label("source_id"), rows.c.reason, null().label("original"))
            .where(is_silent)
            .distinct()
        )
        return self._issue_staff(union_all(select(*rows.c).where(~is_silent), once), rows.name, scope)

    def quality_issues(self, scope: Scope) -> FromClause:
        """What loads found odd in the rows they kept, of sources told of in totals only without how many. Only for staff who see all departments."""
        rows = schema.quality_issue
        n = case((rows.c.source_name.in_(self.silent_sources), None), else_=rows.c.case_count).label("case_count")
        told = [n if column.name == "case_count" else column for column in rows.c]
        return self._issue_staff(select(*told), rows.name, scope)

    def read(self, statement: Select, scope: Scope, *, numbers: bool = False) -> pd.DataFrame:
        """Run `statement` under `scope`; with `numbers` (whole ones and days, without gaps) thousands of rows come ten times as fast, in the database's own types.

        Raises:
            AccessDenied: if it is built on anything but FROMs issued for this scope.
            QueryTooLong: after `QUERY_SECONDS`.
        """
        self._require(scope)
        return self._run(statement, scope, numbers)

    def loads(self, scope: Scope) -> pd.DataFrame:
        """The loads behind this generation, newest first (columns of `schema.load`).

        How many rows they read counts the cases of all departments: nothing of it for a scope that has some. Nothing of it for anybody
        of programmes told of in totals only, nor when something happened last there.
        """
        self._require(scope)
        frame = self._read_plain(schema.load)
        withheld = [*schema.LOAD_COUNTS, "as_of"]
        frame[withheld] = frame[withheld].mask(frame["source_name"].isin(self.silent_sources))
        if scope.departments is not None:
            frame[list(schema.LOAD_COUNTS)] = None
        return frame.sort_values("id", ascending=False, ignore_index=True)

    def close(self) -> None:
        """Release the file."""
        self._engine.dispose()

    def _issue(self, table: Table, scope: Scope, hidden: tuple[str, ...] = ()) -> FromClause:
        self._require(scope)
        columns = [column for column in table.c if column.name not in hidden]
        cut = select(*columns)
        if self._aggregate and "programme_id" in table.c:
            # Of these programmes everybody reads totals only, which loads make: their cases are behind no door.
            cut = cut.where(table.c.programme_id.not_in(self._aggregate))
        if scope.departments is not None:
            ids = self.dimensions.department_ids(scope.departments)
            cut = cut.where(table.c.department_id.in_(ids) if ids else false())
        if scope.districts is not None:
            cut = cut.where(self._of_cases(table, FIRST_LAYER, self.dimensions.district_ids(scope.districts)))
        if scope.programmes is not None:
            cut = cut.where(self._of_cases(table, "programme_id", self.dimensions.programme_ids(scope.programmes)))
        return guard.issue(cut.subquery(table.name), scope)

    @staticmethod
    def _of_cases(table: Table, name: str, ids: tuple[int, ...]) -> ColumnElement[bool]:
        """The rows of `table` about cases that have one of `ids` in column `name`; what is not about cases says nothing of any."""
        if not ids or not {name, "case_id"} & set(table.c.keys()):
            return false()
        if name in table.c:
            return table.c[name].in_(ids)
        return table.c.case_id.in_(select(schema.case_record.c.case_id).where(schema.case_record.c[name].in_(ids)))

    def _issue_staff(self, rows: Select | CompoundSelect, name: str, scope: Scope) -> FromClause:
        self._require(scope)
        if scope.audience != "staff" or scope.departments is not None:
            raise AccessDenied("This is open to staff who see all departments.")
        return guard.issue(rows.subquery(name), scope)

    def _require(self, scope: Scope) -> None:
        if not is_sealed(scope) or scope.audience != self.audience:
            raise AccessDenied("This mart is not open to that scope.")

    def _read_plain(self, table: Table) -> pd.DataFrame:
        return self._run(select(*table.c), self._plain)

    def _run(self, statement: Select, scope: Scope, numbers: bool = False) -> pd.DataFrame:
        try:
            timed = slow.timed(statement, self._engine.dialect, self.audience)
            with timed, self._engine.connect() as connection, in_time(connection.connection.driver_connection, QUERY_SECONDS):
                result = connection.execute(statement, execution_options={"scope": scope})
                if numbers and (columns := getattr(result.cursor, "fetch_df", None)) is not None:
                    return columns()
                # Plain tuples, all at once: rows that SQLAlchemy makes one by one take longer than most queries.
                return pd.DataFrame(result.cursor.fetchall(), columns=list(result.keys()))  # type: ignore[union-attr]
        except DBAPIError as error:
            if took_too_long(error.orig):
                raise QueryTooLong(f"The question took over {QUERY_SECONDS:g} seconds.") from error
            if error.connection_invalidated:
                raise MartUnavailable("The server of the mart ended the connection; ask again.") from error
            raise


_open: dict[tuple[str, Audience], tuple[int | str, Mart]] = {}
"""By where the mart is: the mark of the generation that is open, and that generation."""
_opening = threading.Lock()


def open_mart(settings: Settings) -> Mart:
    """The mart generation in service for `settings.audience`; reopened when a newer one is published.

    Raises:
        MartUnavailable: before the first load, or when the generation in service cannot be opened and no earlier one is open.
    """
    current = _current(settings)
    key = (settings.mart_server or str(settings.mart), settings.audience)
    mark, held = _open.get(key, (None, None))
    # While one opens the newer generation the others go on with the one they have.
    if held is not None and (mark == current.mark or _opening.locked()):
        return held
    with _opening:
        mark, held = _open.get(key, (None, None))
        if held is None or mark != current.mark:
            try:
                _open[key] = (current.mark, Mart(current, settings.audience))
            except MartUnavailable:
                # So many loads at once that this one is history already: there is a newer one to open.
                if (newer := _current(settings)).mark != current.mark:
                    _open[key] = (newer.mark, Mart(newer, settings.audience))
                elif held is None:
                    raise
        return _open[key][1]


def _current(settings: Settings) -> generations.Generation | servers.Served:
    try:
        current = servers.current(settings.mart_server) if settings.mart_server else generations.current(settings.mart)
    except generations.NoGeneration as error:
        raise MartUnavailable(str(error)) from None
    if current is None:
        raise NothingLoaded("No data has been loaded yet; run `flask sync`.")
    return current


def _guarded(current: generations.Generation | servers.Served, audience: Audience) -> Engine:
    # The dialect asks the engine a few things on first connect, before the guard listens.
    try:
        engine = (
            embedded.engine_of(current.path(audience))
            if isinstance(current, generations.Generation)
            else current.engine(audience, QUERY_SECONDS)
        )
        engine.connect().close()
    except generations.NoGeneration as error:
        raise MartUnavailable(str(error)) from None
    except DBAPIError as error:
        raise _damaged(current, audience, error) from error
    guard.install(engine)
    return engine


def _damaged(current: generations.Generation | servers.Served, audience: Audience, error: DBAPIError | str) -> MartUnavailable:
    cause = error if isinstance(error, str) else " ".join(str(error.orig).split())[:120]
    return MartUnavailable(f"{current.described(audience)} ({cause}); run `flask sync --full`.")
