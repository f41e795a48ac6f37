"""Figures that are not cases: each is one measure of one department, activity and source, with one value per period."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text

from settings import utc_now
from tests.support.towns import Town

COLUMNS = ("department", "activity", "measure", "unit", "direction", "fiscal_year", "q1_value", "q2_value", "q3_value", "q4_value",
           "year_value", "year_target")  # fmt: skip
HEADER = ",".join(COLUMNS)
WORDS = '[unit]\n"Raw Number" = "number"\n[direction]\n"Up is Better" = "higher"\n"Down is Better" = "lower"\n"Neutral" = "neither"\n'
MAPPING = '[read]\nentity = "measures"\noptional = ["activity"]\n[columns]\n' + "".join(f'{name} = "{name}"\n' for name in COLUMNS) + WORDS


def line(
    measure: str = "Trees planted", year: int | str = 2025, value: object = "", *, activity: str = "", target: object = "", department: str = "Parks",
    quarters: tuple[object, ...] = ("", "", "", ""), direction: str = "Up is Better",
) -> str:  # fmt: skip
    return ",".join(map(str, (department, activity, measure, "Raw Number", direction, year, *quarters, value, target)))


def rooms(folder: Path, *lines: str, **tables: Any) -> Town:
    """A town with one source of measures, `rooms`, holding `lines`."""
    town = Town(folder, **tables).files("rooms.csv", MAPPING, "rooms")
    town.write("rooms.csv", *lines, header=HEADER)
    return town


def years(town: Town, columns: str = "m.activity, m.name, v.fiscal_year, v.value") -> list[tuple[Any, ...]]:
    """`columns` of the yearly values in service."""
    return town.ask(f"SELECT {columns} FROM measure m JOIN measure_value v ON v.measure_id = m.id WHERE quarter = 0 ORDER BY ALL")


def counts(town: Town, **options: Any) -> tuple[int, int, int, int]:
    """What a load did: new, changed, unchanged, deleted."""
    report = town.load(**options)
    return report.rows_new, report.rows_changed, report.rows_unchanged, report.rows_deleted


# Identity


def test_a_measure_that_two_budget_programmes_report_is_two_measures(tmp_path: Path) -> None:
    town = rooms(tmp_path, line(value=10, activity="Streets"), line(value=20, activity="Parks"), line(value=30))
    assert counts(town) == (3, 0, 0, 0)
    assert years(town) == [("Parks", "Trees planted", 2025, 20), ("Streets", "Trees planted", 2025, 10), (None, "Trees planted", 2025, 30)]
    assert town.ask("SELECT slug FROM measure ORDER BY 1") == [("trees-planted",), ("trees-planted-parks",), ("trees-planted-streets",)]
    assert counts(town) == (0, 0, 3, 0)


def test_a_source_that_names_no_budget_programmes_has_measures_all_the_same(tmp_path: Path) -> None:
    town = Town(tmp_path).files("rooms.csv", MAPPING, "rooms")
    row = line(value=7).split(",")
    town.write("rooms.csv", ",".join([row[0], *row[2:]]), header=HEADER.replace("activity,", ""))
    assert counts(town) == (1, 0, 0, 0)
    assert years(town) == [(None, "Trees planted", 2025, 7)]


def test_a_line_that_comes_twice_is_unchanged_the_second_time(tmp_path: Path) -> None:
    town = rooms(tmp_path, line(value=10), line(value=10))
    assert counts(town) == (1, 0, 1, 0)
    assert years(town) == [(None, "Trees planted", 2025, 10)]


def test_lines_that_contradict_each_other_leave_one_value_for_each_period_and_are_listed(tmp_path: Path) -> None:
    """The later line stands, but what only one of them reports is kept: Q2 of the first, the year of the second."""
    town = rooms(tmp_path, line(value=9, quarters=("", 4, "", 5)), line(value=8, quarters=("", "", "", 6)), line(value="N/A", target=10))
    assert counts(town) == (1, 2, 0, 0)
    assert town.ask("SELECT quarter, value FROM measure_value ORDER BY 1") == [(0, 8), (2, 4), (4, 6)]
    assert ("contradicting_lines", "measure", None, 2) in town.findings()
    assert counts(town) == (0, 0, 3, 0), "the same file once more says nothing new"


def test_a_line_without_figures_and_target_is_a_measure_nobody_reported(tmp_path: Path) -> None:
    town = rooms(tmp_path, line("Trees planted", 2025, 10), line("Trees felled", 2025))
    assert counts(town) == (2, 0, 0, 0)
    assert years(town) == [(None, "Trees felled", 2025, None), (None, "Trees planted", 2025, 10)]


def test_number_and_share_of_the_same_thing_are_two_measures_with_two_addresses(tmp_path: Path) -> None:
    town = rooms(
        tmp_path, line("# of permits", value=10), line("% of permits", value=20), line("Permits", value=1), line("Permits!", value=2)
    )
    assert counts(town) == (4, 0, 0, 0)
    assert town.ask("SELECT name, slug FROM measure ORDER BY 1") == [
        ("# of permits", "number-of-permits"), ("% of permits", "percent-of-permits"), ("Permits", "permits"), ("Permits!", "permits-2"),
    ]  # fmt: skip


def test_a_measure_counts_as_known_under_whatever_name_the_source_gives_its_department(tmp_path: Path) -> None:
    """The city calls the department otherwise than the source does; the second load changes nothing."""
    town = rooms(tmp_path, line(value=10), department=[{"id": "green", "name": "Green Spaces", "aliases": ["Parks"]}])
    assert counts(town) == (1, 0, 0, 0)
    assert town.ask("SELECT d.name FROM measure m JOIN department d ON d.id = m.department_id") == [("Green Spaces",)]
    assert counts(town) == (0, 0, 1, 0)


# Over loads


def test_a_later_load_changes_what_differs_and_drops_what_is_gone(tmp_path: Path) -> None:
    town = rooms(tmp_path, line("A", value=1), line("B", value=2), line("C", 2024, 3), line("C", 2025, 4))
    assert counts(town) == (4, 0, 0, 0)
    town.write("rooms.csv", line("A", value=1), line("B", value=5), line("C", 2025, 4), line("D", value=6), header=HEADER)
    assert counts(town) == (1, 1, 2, 1)
    assert years(town) == [(None, "A", 2025, 1), (None, "B", 2025, 5), (None, "C", 2025, 4), (None, "D", 2025, 6)]


def test_a_load_in_which_a_measure_is_only_gone_is_published(tmp_path: Path) -> None:
    town = rooms(tmp_path, line("A", value=1), line("B", value=2))
    town.load()
    town.write("rooms.csv", line("B", value=2), header=HEADER)
    assert counts(town) == (0, 0, 1, 1)
    assert years(town) == [(None, "B", 2025, 2)]


def test_a_measure_whose_better_direction_is_mended_has_changed_in_its_latest_year(tmp_path: Path) -> None:
    town = rooms(tmp_path, line("A", 2024, 1, direction="Neutral"), line("A", 2025, 2))
    town.load()
    assert town.ask("SELECT direction FROM measure") == [("higher",)]
    town.write("rooms.csv", line("A", 2024, 1, direction="Neutral"), line("A", 2025, 2, direction="Down is Better"), header=HEADER)
    assert counts(town) == (0, 1, 1, 0)
    assert town.ask("SELECT direction FROM measure") == [("lower",)]


def test_measures_keep_their_numbers_and_addresses_over_loads(tmp_path: Path) -> None:
    town = rooms(tmp_path, line("B", value=1), line("C", value=2), line("C!", value=3))
    town.load()
    before = dict(town.ask("SELECT name, (id, slug) FROM measure"))
    assert before["C!"][1] == "c-2"
    town.write("rooms.csv", line("A", value=9), line("C!", value=3), line("C", value=5), line("B", value=1), header=HEADER)
    for options in ({}, {"full": True}):
        town.load(**options)
        after = dict(town.ask("SELECT name, (id, slug) FROM measure"))
        assert {name: after[name] for name in before} == before
        assert len(set(after.values())) == 4


# Several sources


@pytest.fixture
def two(tmp_path: Path) -> Town:
    """Two sources of measures, both loaded: rooms with A = 1, B = 2 and audits with A = 7."""
    town = rooms(tmp_path, line("A", value=1), line("B", value=2)).files("audits.csv", MAPPING, "audits")
    town.write("audits.csv", line("A", value=7), header=HEADER)
    town.load()
    return town


def by_source(town: Town) -> list[tuple[Any, ...]]:
    return years(town, "m.source_name, m.name, v.value")


def test_two_sources_stand_side_by_side_each_with_its_name(two: Town) -> None:
    assert by_source(two) == [("audits", "A", 7), ("rooms", "A", 1), ("rooms", "B", 2)]


@pytest.mark.parametrize("full", [False, True], ids=["changes", "everything"])
def test_loading_one_source_leaves_the_measures_of_the_other(two: Town, full: bool) -> None:
    before = two.ask("SELECT id, slug FROM measure WHERE source_name = 'rooms' ORDER BY 1")
    two.write("audits.csv", line("A", value=8), header=HEADER)
    assert counts(two, source="audits", full=full) == (0, 1, 0, 0)
    assert by_source(two) == [("audits", "A", 8), ("rooms", "A", 1), ("rooms", "B", 2)]
    assert two.ask("SELECT id, slug FROM measure WHERE source_name = 'rooms' ORDER BY 1") == before


def test_cases_that_are_loaded_leave_all_measures(two: Town) -> None:
    two.files()
    two.write("cases.csv", "1,Pothole,Streets,Phone,Open,2026-03-16 08:00:00,,")
    assert counts(two, source="export") == (1, 0, 0, 0)
    assert by_source(two) == [("audits", "A", 7), ("rooms", "A", 1), ("rooms", "B", 2)]


def test_measures_of_a_source_the_city_no_longer_has_go_with_the_next_full_load(two: Town) -> None:
    two.sources = [source for source in two.sources if source["name"] == "audits"]
    assert counts(two) == (0, 0, 1, 0)
    assert len(by_source(two)) == 3
    assert counts(two, full=True) == (0, 0, 1, 2)
    assert by_source(two) == [("audits", "A", 7)]


def test_measures_come_from_a_database_as_well(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'rooms.sqlite'}"
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE TABLE rooms ({HEADER.replace(',', ' TEXT, ')} NUMERIC)"))
        connection.execute(
            text("INSERT INTO rooms (department, measure, fiscal_year, year_value, year_target) VALUES ('Parks', 'A', 2025, 4, 5.5)")
        )
    engine.dispose()
    town = Town(tmp_path).database(url, MAPPING + '[sql]\ncases = "rooms"\nkey = "measure"\n')
    assert counts(town) == (1, 0, 0, 0)
    assert years(town, "m.name, v.value, v.target") == [("A", 4, 5.5)]
    assert counts(town) == (0, 0, 1, 0)


# Up to when


@pytest.mark.parametrize(
    ("first_month", "sources"),
    [
        (1, {
            # The year's figure is there: known to the end of December, in New York's winter time.
            "year": ([line(year=2023, value=5)], datetime(2024, 1, 1, 5)),
            # Targets are set before anything is known, and "N/A" is no figure.
            "targets-ahead": ([line(year=2024, value=5), line(year=2025, value="N/A", target=9)], datetime(2025, 1, 1, 5)),
            "targets-only": ([line(year=2022, target=9), line(year=2025, target=9)], datetime(2022, 1, 1, 5)),
            # A mistyped year is no news from the future.
            "mistyped": ([line(year=2024, value=5), line("B", 2204, 3), line("C", 9999, 3), line("D", "0000", target=3)], datetime(2025, 1, 1, 5)),
        }),
        (10, {
            # Fiscal 2025 begins in October 2024, so its second quarter ends with March 2025, in summer time.
            "quarter": ([line(year=2025, quarters=(1, 2, "", ""))], datetime(2025, 4, 1, 4)),
            "year": ([line(year=2024, value=5)], datetime(2024, 10, 1, 4)),
            "several": ([line(year=2025, quarters=(1, "", "", "")), line("B", 2024, 3)], datetime(2025, 1, 1, 5)),
        }),
    ],
    ids=["calendar years", "years from October"],
)  # fmt: skip
def test_measures_are_known_up_to_the_end_of_the_latest_period_with_a_figure(
    tmp_path: Path, first_month: int, sources: dict[str, tuple[list[str], datetime]]
) -> None:
    town = Town(tmp_path, city={"fiscal_year_start": first_month})
    for name, (lines, _) in sources.items():
        town.files(f"{name}.csv", MAPPING, name).write(f"{name}.csv", *lines, header=HEADER)
    town.load()
    known = {name: instant for name, (_, instant) in sources.items()}
    assert dict(town.ask("SELECT source_name, as_of FROM load")) == known
    assert town.ask("SELECT value FROM meta WHERE key = 'as_of'") == [(max(known.values()).isoformat(),)]


def test_a_period_that_has_not_ended_is_known_up_to_now(tmp_path: Path) -> None:
    """The fiscal year began this month or last, and ends in eleven."""
    begun = utc_now() - timedelta(days=2)
    year = begun.year + (begun.month > 1)
    report = rooms(tmp_path, line(year=year, value=5), city={"fiscal_year_start": begun.month}).load()
    assert report.as_of == report.started_at


def test_what_the_city_says_of_a_source_goes_before_what_its_periods_say(tmp_path: Path) -> None:
    town = rooms(tmp_path, line(year=2024, value=5))
    town.sources[0]["as_of"] = datetime(2025, 2, 3, 12, tzinfo=UTC)
    assert town.load().as_of == datetime(2025, 2, 3, 12)


def test_measures_do_not_move_the_instant_that_cases_are_judged_at(tmp_path: Path) -> None:
    """The case was seen on 16 March; a figure for the whole year does not make it older."""
    town = rooms(tmp_path, line(year=2025, value=5)).files()
    town.write("cases.csv", "1,Pothole,Streets,Phone,Open,2025-03-16 08:00:00,,")
    for options in ({}, {"full": True}, {"full": True, "source": "rooms"}):
        town.load(**options)
        assert town.ask("SELECT value FROM meta WHERE key = 'as_of'") == [("2025-03-16T12:00:00",)]
