"""What staff take into other tools: the same figures in SQL as on our pages, by rights of a role, and never half an edition."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import psycopg
import pyarrow.parquet as parquet
import pytest
from sqlalchemy import func, select
from sqlalchemy.engine import make_url

from access import PUBLIC_VIEWER, AccessDenied, Role, Viewer
from cli.export import export_after_load, give
from data_access import cache
from data_access.city import CityError, load_city
from data_access.giving.folder import NotGiven, write_folder
from data_access.giving.postgres import write_schema
from data_access.giving.tables import Column, Given, View
from data_access.mart import schema
from data_access.publish_models import Publish
from data_access.store import audit
from data_access.store.engine import open_store
from metrics.desk import Desk
from metrics.giving import staff
from metrics.giving.cases import flags
from metrics.giving.weekly import WEEKLY
from metrics.measure import measure
from metrics.open_data import TABLES
from metrics.select import Asked
from settings import Settings
from tests.support import worlds
from tests.support.marts import settings_in


class Quiet:
    """A progress that nobody looks at."""

    def begin(self, source_name: str, total: int | None) -> None: ...

    def advance(self, rows: int) -> None: ...

    def say(self, text: str) -> None: ...


def asked_as(settings: Settings, role: Role, *departments: str) -> Asked:
    viewer = PUBLIC_VIEWER if role == "public" else Viewer("export", "Export", role, departments)
    return Desk(replace(settings, audience="public" if role == "public" else "staff"), lambda: viewer).ask({})


def tables_of(settings: Settings, role: Role, *departments: str) -> dict[str, Given]:
    return {table.name: table for table in staff.tables(asked_as(settings, role, *departments))}


@pytest.fixture(scope="module")
def edition(demo_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo city as an analyst may take it, as Parquet files and a DuckDB file; of the weekly figures the last year."""
    asked, tables = asked_as(demo_settings, "analyst"), tables_of(demo_settings, "analyst")
    weekly = tables["metrics_weekly"]
    tables["metrics_weekly"] = replace(weekly, rows=lambda: islice(weekly.rows(), len(WEEKLY)))
    del tables["metrics_weekly_total"]
    return write_folder(
        tmp_path_factory.mktemp("given") / "staff", list(tables.values()), staff.views_of_them(asked), {}, Quiet(), duckdb_file=True
    )


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A town of 420 cases that publishes them one by one."""
    folder = tmp_path_factory.mktemp("town")
    city = worlds.city(folder, "America/New_York")
    worlds.mart_of(folder, [replace(case, case_class="service") for case in worlds.world(5, "w0", "America/New_York", 420)], city).close()
    return folder


# Figures


def weeks_of(figures: pd.DataFrame) -> dict[tuple[str, str], tuple[float, int]]:
    return {(row.department_id, f"{row.week:%Y-%m-%d}"): (float(row.value), int(row.n)) for row in figures.itertuples() if row.n}


def told(asked: Asked, metric: str) -> dict[tuple[str, str], tuple[float, int]]:
    """What the product says, by department and week, since the data begin."""
    end = asked.calendar.last_complete(asked.mart.as_of, "week")[1]
    whole = asked.about(asked.question.about(start=end - timedelta(weeks=520), end=end, grain="week"))
    frame = measure(metric, whole, by="department", period=True).frame
    # Of the week in which the data begin a part is known; the product gives no value.
    return weeks_of(frame[frame["value"].notna()].rename(columns={"key": "department_id", "period": "week"}))


def queries(connection: Any) -> Callable[[str], pd.DataFrame]:
    def run(sql: str) -> pd.DataFrame:
        done = connection.execute(sql)
        return pd.DataFrame(done.fetchall(), columns=[column[0] for column in done.description])

    return run


def require_same_figures(run: Callable[[str], pd.DataFrame], prefix: str, asked: Asked) -> None:
    """Every view says what the product says: each department in each week, or now."""
    for flag in flags():
        metric = flag.metric
        if metric.kind == "stock":
            here = {row.department_id: row.value for row in run(f"SELECT * FROM {prefix}{metric.id}").itertuples()}
            assert here == {row.key: row.value for row in measure(metric.id, asked, by="department").frame.itertuples() if row.n}
            continue
        here, there = weeks_of(run(f"SELECT * FROM {prefix}{metric.id}_by_week")), told(asked, metric.id)
        assert len(there) > 300, metric.id
        assert here == {key: (pytest.approx(value), n) for key, (value, n) in there.items()}, metric.id


def test_a_view_of_the_duckdb_file_says_what_the_product_says(edition: Path, demo_settings: Settings) -> None:
    with duckdb.connect(str(edition / "statroom.duckdb"), read_only=True) as connection:
        require_same_figures(queries(connection), "", asked_as(demo_settings, "analyst"))


def test_the_weekly_table_has_every_figure_that_can_be_told_by_week(edition: Path, demo_settings: Settings) -> None:
    weekly = pd.read_parquet(edition / "metrics_weekly.parquet")
    assert set(weekly["metric"]) == {metric.id for metric in WEEKLY}
    asked = asked_as(demo_settings, "viewer")
    for metric in ("ontime_due", "backlog", "clearance_rate", "ttc_km"):
        # The last 13 complete weeks, as a page opens with.
        frame = measure(metric, asked, by="department", period=True).frame
        own = weekly[weekly["metric"] == metric].set_index(["department_id", "week"])
        assert len(frame) > 5 * 13
        for row in frame.itertuples():
            here = own.loc[(row.key, row.period.date())]
            for name in ("value", "numerator", "denominator", "n"):
                assert _same(here[name], getattr(row, name)), (metric, row)


def _same(one: object, other: float) -> bool:
    return bool(pd.isna(one)) if pd.isna(other) else one == pytest.approx(other)


# Rights

PRIVATE = {"address", "latitude", "longitude", "title", "description", "resolution_text", "queue"}
OPEN_TO: dict[Role, set[str]] = {"viewer": set(), "analyst": PRIVATE - {"queue"}, "executive": PRIVATE, "admin": PRIVATE}


@pytest.mark.parametrize("role", OPEN_TO)
def test_a_role_takes_the_columns_that_it_may_read(demo_settings: Settings, role: Role) -> None:
    names = {name: {column.name for column in table.columns} for name, table in tables_of(demo_settings, role).items()}
    assert names["cases"] & PRIVATE == OPEN_TO[role]
    # Where a spell lies is in the mart for maps; it leaves with nobody, nor does the key that is made of an address.
    assert not names["case_spells"] & PRIVATE and not any("location_key" in each for each in names.values())
    assert ("reason" in names["case_events"]) == (role != "viewer")


def test_a_department_takes_its_own_cases_and_figures(demo_settings: Settings) -> None:
    tables = tables_of(demo_settings, "department", "parks-and-trees")
    cases = pd.concat(tables["cases"].rows())
    assert len(cases) > 500 and set(cases["department_id"]) == {"parks-and-trees"}
    assert set(pd.concat(tables["case_events"].rows())["case_id"]) <= set(cases["case_id"])
    assert set(pd.concat(islice(tables["metrics_weekly"].rows(), 3))["department_id"]) == {"parks-and-trees"}
    assert [row.department_id for row in next(tables["departments"].rows()).itertuples()] == ["parks-and-trees"]


def test_stays_in_stages_and_calls_go_to_who_may_see_their_cases_and_lines(demo_settings: Settings) -> None:
    """Every stay is one of a case of the same export; of complaints, which are told in totals, there is neither a stay nor a stage nor a type."""
    every, own = (tables_of(demo_settings, *role) for role in (("viewer",), ("department", "parks-and-trees")))
    stays, stages, calls = (pd.concat(every[name].rows()) for name in ("stage_visits", "stages", "contact_intervals"))
    asked = asked_as(demo_settings, "viewer")
    table = asked.mart.stage_visits(asked.scope)
    assert len(stays) == every["stage_visits"].total == len(asked.mart.read(select(table.c.case_id), asked.scope)) > 500
    assert set(stays["stage_id"]) <= set(stages["stage_id"]) and set(stays["case_id"]) <= set(pd.concat(every["cases"].rows())["case_id"])
    assert (
        "complaints" not in {*stays["programme_id"], *stages["programme_id"]} and "complaints" in asked.mart.dimensions.programmes.by_slug
    )
    assert "biased-policing" not in set(pd.concat(every["request_types"].rows())["request_type_id"])
    left = stays.dropna(subset=["left_at", "days_in_stage"])
    assert ((left["left_at"] - left["entered_at"]).dt.total_seconds() / 86_400 - left["days_in_stage"]).abs().max() < 1e-4
    line = asked.mart.contact_intervals(asked.scope)
    assert calls["offered"].sum() == asked.mart.read(select(func.sum(line.c.offered).label("n")), asked.scope)["n"].iloc[0] > 0
    assert set(calls["department_id"]) == {"mayors-hotline"} and not len(pd.concat(own["contact_intervals"].rows()))
    assert set(pd.concat(own["stage_visits"].rows())["department_id"]) <= {"parks-and-trees"}
    assert len(pd.concat(tables_of(demo_settings, "department", "mayors-hotline")["contact_intervals"].rows())) == len(calls)


def test_to_whom_a_case_was_given_is_for_those_who_may_read_names_of_staff(demo_settings: Settings) -> None:
    def given(role: Role) -> pd.DataFrame:
        frame = pd.concat(tables_of(demo_settings, role)["case_events"].rows())
        return frame.loc[frame["kind"] == "assigned", ["from_value", "to_value"]]

    assert given("viewer").isna().all(axis=None) and given("analyst").isna().all(axis=None)
    assert len(given("viewer")) == len(given("executive"))


def test_residents_get_no_table_of_staff(town: Path, tmp_path: Path) -> None:
    public = settings_in(town, "public")
    with pytest.raises(AccessDenied):
        staff.tables(asked_as(public, "public"))
    before = getattr(cache._cache, "app", None)
    said = give(public, Publish(audience="public", folder=str(tmp_path / "open")), Quiet())
    names = {path.stem for path in (tmp_path / "open" / "current").glob("*.parquet")}
    # This town publishes no single cases.
    assert names == {"about", "dictionary", *(name.replace("-", "_") for name in TABLES)} and "10 tables of the public mart" in said
    assert pd.read_parquet(tmp_path / "open" / "current" / "city_by_month.parquet")["opened"].sum() > 50
    # What was decided is the portal's too, and nothing else of this process is kept there.
    assert list((town / "cache" / "public").iterdir()) and getattr(cache._cache, "app", None) is before


def test_an_export_of_staff_lies_where_only_its_owner_reads_it_and_is_remembered(town: Path) -> None:
    settings = settings_in(town)
    assert give(settings, Publish(role="viewer"), Quiet()).startswith(
        "Wrote 13 tables of the staff mart with the rights of role viewer to "
    )
    assert len(pd.read_parquet(settings.data / "export" / "staff-viewer" / "current" / "cases.parquet")) == 420
    assert (settings.data / "export" / "staff-viewer").stat().st_mode & 0o077 == 0
    with pytest.raises(NotGiven, match="there is no department 'nobody'; there are"):
        give(settings, Publish(role="department", departments=("nobody",)), Quiet())
    log = audit.entries(open_store(settings), Viewer("a", "Admin", "admin"))
    assert log["detail"].iloc[0].startswith("13 tables of the staff mart with the rights of role viewer")


def test_a_load_is_followed_by_the_exports_that_the_city_asks_for_and_not_undone_by_them(town: Path, tmp_path: Path, capsys: Any) -> None:
    facts = '[city]\nid = "test-city"\nname = "Test City"\nzone = "America/New_York"\n[[programme]]\nid = "w0"\nname = "Requests"\n'
    source = '[[source]]\nname = "crm"\nkind = "files"\npath = "cases.csv"\nmapping = "crm.toml"\nprogramme = "w0"\n'
    asked_for = (
        '[[publish]]\nurl = "sqlite:///nothing"\n[[publish]]\nrole = "department"\ndepartments = ["parks"]\nfolder = "out"\nduckdb = true\n'
    )
    (tmp_path / "city.toml").write_text(facts + source + asked_for)
    export_after_load(replace(settings_in(town), city=tmp_path))
    said = capsys.readouterr()
    assert said.err == (
        "The staff export failed: sqlite:///nothing is no PostgreSQL database; write postgresql+psycopg://user:password@host/database. "
        "`flask export` tries again.\n"
    )
    assert "with the rights of role department" in said.out
    with duckdb.connect(str(tmp_path / "out" / "current" / "statroom.duckdb"), read_only=True) as connection:
        # Trees and lawns are divisions of parks.
        found = connection.execute("SELECT DISTINCT department_id, division_id FROM cases ORDER BY 2").fetchall()
    assert found == [("parks", "lawns"), ("parks", "parks"), ("parks", "trees")]
    (tmp_path / "city.toml").write_text(facts + source + '[publish]\nrole = "department"\n')
    with pytest.raises(CityError, match="name the departments of role department, and of no other"):
        load_city(tmp_path, {})


def test_every_column_is_explained_and_every_key_is_unique(edition: Path) -> None:
    entries = pd.read_parquet(edition / "dictionary.parquet")
    assert (entries["meaning"].str.len() > 3).all()
    known = {(row.table_name, row.column_name) for row in entries.itertuples()}
    for path in edition.glob("*.parquet"):
        if path.stem not in ("dictionary", "about"):
            assert {(path.stem, name) for name in parquet.read_schema(path).names} <= known
    assert parquet.read_schema(edition / "cases.parquet").field("days_open").metadata[b"unit"] == b"days"
    for name, key in {
        "cases": ["case_id"],
        "case_spells": ["case_id", "spell_no"],
        "metrics_weekly": ["metric", "department_id", "week"],
    }.items():
        frame = pd.read_parquet(edition / f"{name}.parquet", columns=key)
        assert len(frame) > 1000 and not frame.duplicated().any() and frame.notna().all(axis=None)


# Editions


def small(number: int, *, fails: bool = False, while_written: Callable[[], None] = lambda: None) -> list[Given]:
    """Two tables that both say which edition they are of."""
    columns = (Column("edition", "whole", "Which edition."), Column("said", "text", "A text."))

    def rows() -> Iterator[pd.DataFrame]:
        yield pd.DataFrame({"edition": [number], "said": ["nil\0, 'quoted', {braced} and 100 %"]})
        while_written()
        if fails:
            raise OSError(28, "No space left on device")

    return [Given("first", "The first.", columns, rows, 1, ("edition",), ("said",)), Given("second", "The second.", columns, rows)]


SAME = View("both", "Both, as 'one'.", (Column("a", "whole", "The first's."), Column("b", "whole", "The second's.")),
            "SELECT first.edition AS a, second.edition AS b FROM {first} AS first CROSS JOIN {second} AS second")  # fmt: skip


def test_a_new_edition_is_put_in_service_whole_and_the_one_before_stays(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    read = lambda: int(pd.read_parquet(folder / "current" / "second.parquet")["edition"].iloc[0])  # noqa: E731
    write_folder(folder, small(1), [SAME], {}, Quiet(), duckdb_file=True)
    with pytest.raises(OSError, match="No space"):
        write_folder(folder, small(2, fails=True), [], {}, Quiet())
    assert read() == 1
    seen: list[int] = []
    write_folder(folder, small(3, while_written=lambda: seen.append(read())), [], {}, Quiet())
    assert seen == [1, 1] and read() == 3
    write_folder(folder, small(4), [], {}, Quiet())
    assert read() == 4 and sorted(path.name for path in folder.glob("edition-*")) == ["edition-000002", "edition-000003"]
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    with pytest.raises(NotGiven, match=r"holds other files \(letter.txt\); name an empty folder"):
        write_folder(tmp_path, small(1), [], {}, Quiet())


# PostgreSQL


@pytest.fixture
def reader(postgres_url: str) -> Iterator[str]:
    """Name and password of a role that has nothing yet."""
    name = f"reader_{secrets.token_hex(4)}"
    with psycopg.connect(plain(postgres_url), autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{name}'")  # type: ignore[arg-type]
        yield name
        connection.execute(f"DROP OWNED BY {name}")  # type: ignore[arg-type]
        connection.execute(f"DROP ROLE {name}")  # type: ignore[arg-type]


def plain(url: str, role: str = "") -> str:
    address = make_url(url).set(drivername="postgresql")
    return (address.set(username=role, password=role) if role else address).render_as_string(hide_password=False)


def grant(url: str, role: str) -> None:
    """The statements of docs/giving-back.md, word for word but for the names."""
    doc = (Path(__file__).parent.parent / "docs" / "giving-back.md").read_text("utf-8")
    said = doc.partition("<!-- grants -->")[2].partition("```sql\n")[2].partition("```")[0]
    statements = [line for line in said.splitlines() if line.startswith(("GRANT", "ALTER"))]
    assert len(statements) == 4
    address = make_url(url)
    with psycopg.connect(plain(url), autocommit=True) as connection:
        for statement in statements:
            named = (
                statement.replace("statroom_reader", role)
                .replace("statroom_writer", str(address.username))
                .replace("DATABASE bi", f"DATABASE {address.database}")
            )
            connection.execute(named)  # type: ignore[arg-type]


def test_a_reader_sees_views_that_say_what_the_product_says_and_nothing_else(
    postgres_url: str, reader: str, demo_settings: Settings
) -> None:
    with psycopg.connect(plain(postgres_url), autocommit=True) as connection:
        connection.execute("CREATE TABLE public.payroll (name text)")
    asked, tables = asked_as(demo_settings, "analyst"), tables_of(demo_settings, "analyst")
    chosen = [tables[name] for name in ("cases", "case_spells", "departments")]
    write_schema(postgres_url, "statroom", chosen, staff.views_of_them(asked), {"city": "Port Alder"}, Quiet())
    grant(postgres_url, reader)
    with psycopg.connect(plain(postgres_url, reader), autocommit=True) as connection:
        run = queries(connection)
        require_same_figures(run, "statroom.", asked)
        assert run("SELECT count(*) AS n FROM statroom.cases")["n"].iloc[0] == tables["cases"].total
        said = "SELECT col_description('statroom.cases'::regclass, ordinal_position) AS said FROM information_schema.columns WHERE table_schema = 'statroom' AND table_name = 'cases' AND column_name = 'days_open'"
        assert run(said)["said"].iloc[0].endswith("Unit: days.")
        for refused in (
            "SELECT * FROM public.payroll", "SELECT * FROM statroom_edition_1.cases", "INSERT INTO statroom.about VALUES ('a', 'b')",
            "UPDATE statroom.cases SET department = 'x'", "DELETE FROM statroom.cases", "DROP VIEW statroom.cases", "CREATE TABLE statroom.mine (a int)",
            "CREATE SCHEMA mine",
        ):  # fmt: skip
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(refused)  # type: ignore[arg-type]


def test_readers_never_see_half_an_edition_and_keep_their_grants(postgres_url: str, reader: str) -> None:
    write_schema(postgres_url, "statroom", small(1), [SAME], {}, Quiet())
    grant(postgres_url, reader)
    seen: list[Any] = []
    with psycopg.connect(plain(postgres_url, reader), autocommit=True) as connection:
        look = lambda: seen.append(connection.execute("SELECT a, b FROM statroom.both").fetchone())  # noqa: E731
        write_schema(postgres_url, "statroom", small(2, while_written=look), [SAME], {}, Quiet())
        assert seen == [(1, 1), (1, 1)]
        with pytest.raises(OSError, match="No space"):
            write_schema(postgres_url, "statroom", small(3, fails=True), [SAME], {}, Quiet())
        look()
        # A version with other columns makes the view anew; who could read it still can.
        other = View(
            "both",
            "Both.",
            (Column("b", "whole", "The second's."), *SAME.columns[:1]),
            SAME.sql.replace("first.edition AS a, second.edition AS b", "second.edition AS b, first.edition AS a"),
        )
        write_schema(postgres_url, "statroom", small(4), [other], {}, Quiet())
        look()
        assert seen[2:] == [(2, 2), (4, 4)]
        assert connection.execute("SELECT said FROM statroom.first").fetchone() == ("nil, 'quoted', {braced} and 100 %",)
        kept = connection.execute("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'statroom\\_edition\\_%' ORDER BY 1").fetchall()
        assert kept == [("statroom_edition_2",), ("statroom_edition_3",)]


def test_what_is_not_ours_is_not_written_into(postgres_url: str) -> None:
    with psycopg.connect(plain(postgres_url), autocommit=True) as connection:
        connection.execute("CREATE TABLE public.payroll (name text)")
    for url, name, message in (
        (postgres_url, "public", "schema 'public' holds other tables"), (postgres_url, "Mine; --", "the schema 'Mine; --' cannot be used"),
        ("mysql+pymysql://root:secret@127.0.0.1/x", "statroom", "is no PostgreSQL database"), ("not an address", "statroom", "is no SQLAlchemy URL"),
        (make_url(postgres_url).set(database="not_there").render_as_string(hide_password=False), "statroom", "does not exist"),
    ):  # fmt: skip
        with pytest.raises(NotGiven, match=message) as refused:
            write_schema(url, name, small(1), [], {}, Quiet())
        assert "secret" not in str(refused.value)


def test_no_column_of_the_mart_leaves_that_no_viewer_may_read() -> None:
    """What only those who administer refused rows read stays: no table is made of it."""
    names = {table.name for table in schema.STAFF_TABLES}
    assert names == {"quarantine", "quality_issue"}
    source = "".join(path.read_text("utf-8") for path in (Path(__file__).parent.parent / "metrics" / "giving").glob("*.py"))
    assert not any(name in source for name in names)
