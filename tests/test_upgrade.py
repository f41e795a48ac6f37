"""What an older release left is taken over by this one: Statroom's own database row by row, the mart by a full load."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from alembic.script import ScriptDirectory
from sqlalchemy import Boolean, Date, DateTime, Engine, Float, Integer, MetaData, Table, create_engine, insert, select
from sqlalchemy.types import TypeEngine

from data_access.mart.reading import MartUnavailable, open_mart
from data_access.mart.schema import SCHEMA_VERSION
from data_access.store import engine as store
from tests.support.towns import Town

REVISIONS = [one.revision for one in reversed(list(ScriptDirectory.from_config(store._config()).walk_revisions()))]
VALUES: tuple[tuple[type[TypeEngine[Any]], Any], ...] = (
    (Boolean, True), (DateTime, datetime(2026, 3, 16, 12)), (Date, date(2026, 3, 16)), (Integer, 1), (Float, 1.5),
)  # fmt: skip
"""What a column of that type is given; texts get their column's name."""


def tables_of(engine: Engine) -> dict[str, Table]:
    found = MetaData()
    found.reflect(engine)
    return {name: table for name, table in found.tables.items() if name != "alembic_version"}


def some_row(table: Table) -> dict[str, Any]:
    """One row with a value in every column; numbers are 1, so that every key of another table leads to its one row."""
    return {
        column.name: next((value for kind, value in VALUES if isinstance(column.type, kind)), column.name[:8]) for column in table.columns
    }


def held(engine: Engine, table: Table) -> list[dict[str, Any]]:
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def test_rows_of_every_older_release_are_kept_as_they_were(tmp_path: Path) -> None:
    """A row is written into each table by the release that brought it, and carried through all that came after."""
    engine = create_engine(f"sqlite:///{tmp_path / 'statroom.sqlite'}")
    written: dict[str, dict[str, Any]] = {}
    for revision in REVISIONS:
        store.migrate(engine, revision)
        for name, table in tables_of(engine).items():
            if name not in written:
                written[name] = some_row(table)
                with engine.begin() as connection:
                    # The rules for values are each table's own matter; here it is about rows.
                    connection.exec_driver_sql("PRAGMA ignore_check_constraints = ON")
                    connection.execute(insert(table), written[name])
    now = tables_of(engine)
    assert len(written) > 20
    assert set(written) <= set(now)
    for name, before in written.items():
        (row,) = held(engine, now[name])
        assert {column: row[column] for column in before} == before, name


@pytest.mark.parametrize("revision", [REVISIONS[0], REVISIONS[-2]])
def test_an_update_leaves_a_copy_of_the_tables_as_they_were(tmp_path: Path, revision: str) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'statroom.sqlite'}")
    store.migrate(engine, revision)
    runs = tables_of(engine)["load_run"]
    with engine.begin() as connection:
        connection.execute(insert(runs), row := some_row(runs))
    store.upgrade(engine, tmp_path / "backups")
    (copy,) = (tmp_path / "backups").glob(f"before-upgrade-from-{revision}-*.sqlite")
    older = create_engine(f"sqlite:///{copy}")
    assert set(tables_of(older)) < set(tables_of(engine)) or revision == REVISIONS[-2]
    assert held(older, tables_of(older)["load_run"]) == [row]


def test_a_mart_of_an_older_form_is_said_and_refused_and_a_full_load_makes_another(tmp_path: Path) -> None:
    """Every case is there again by its id in the source; the mart's own numbers of cases begin anew."""
    town = Town(tmp_path, release={"A": ["Pothole", "Tree"], "cases": True}).files()
    town.write("cases.csv", "7,Pothole,Streets,Phone,Open,2026-03-16 08:00:00,,", "8,Tree,Parks,Web,Open,2026-03-16 09:00:00,,")
    town.load()
    published = set(town.ask("SELECT source_id FROM case_record", "public"))
    before = {number: case["case_id"] for number, case in town.cases().items()}
    for audience in ("staff", "public"):
        with duckdb.connect(str(town.settings.mart / "gen-000001" / f"{audience}.duckdb")) as mart:
            mart.execute("UPDATE meta SET value = ? WHERE key = 'schema_version'", [str(SCHEMA_VERSION - 1)])
    with pytest.raises(MartUnavailable, match="flask sync --full"):
        open_mart(town.settings)
    assert "flask sync --full" in town.refused()
    town.write(
        "cases.csv",
        "6,Tree,Parks,Web,Open,2026-03-15 07:00:00,,",
        "8,Tree,Parks,Web,Open,2026-03-16 09:00:00,,",
        "7,Pothole,Streets,Phone,Open,2026-03-16 08:00:00,,",
    )
    town.load(full=True)
    open_mart(town.settings).close()
    after = {number: case["case_id"] for number, case in town.cases().items()}
    assert (before, after) == ({"7": 1, "8": 2}, {"6": 1, "7": 2, "8": 3})
    # What residents know cases by stays.
    assert len(published) == 2 and published < set(town.ask("SELECT source_id FROM case_record", "public"))
    assert [run["state"] for run in town.runs()][:1] == ["loaded"]
