"""Departments and named areas that changed their names: no case is lost, none is counted twice, and each is under the name of its day."""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_access.city import CityError
from data_access.crosswalks import Change, Crosswalk, read_crosswalk
from data_access.mapping.changed_names import rename_always, rename_transfers
from tests.support.towns import MAPPING, Town

NAMES = ["Roads", "Water", "Parks", "Works", "Streets", "Utilities"]
DAYS = st.dates(date(2024, 1, 1), date(2026, 12, 31))
TYPES = ["Pothole", "Leak"]


@st.composite
def walks(draw: st.DrawFn) -> Crosswalk:
    """Rows that lead from a name to a later one of the list only: no name comes back."""
    made = {}
    for _ in range(draw(st.integers(0, 6))):
        at = draw(st.integers(0, len(NAMES) - 2))
        to = draw(st.integers(at + 1, len(NAMES) - 1))
        since, kind = draw(st.none() | DAYS), draw(st.sampled_from(["", *TYPES]))
        made[at, since, kind] = Change("department", NAMES[at], NAMES[to], since, kind)
    return Crosswalk(tuple(made.values()))


CASES = st.lists(st.tuples(st.none() | st.sampled_from([*NAMES, "Nobody knows"]), DAYS, st.sampled_from(TYPES)), max_size=12)


def named(walk: Crosswalk, cases: list[Any]) -> list[str | None]:
    frame = pd.DataFrame(cases, columns=["department", "day", "type"])
    made = walk.named("department", frame["department"].astype("str"), pd.to_datetime(frame["day"]), frame["type"].astype("str"))
    return [None if value is None or value != value else str(value) for value in made]


@settings(deadline=None, max_examples=40)
@given(walk=walks(), cases=CASES)
def test_every_total_before_is_the_total_after(walk: Crosswalk, cases: list[Any]) -> None:
    """Of all cases, of each type, of each day, and of those without a department; a name that no row has keeps its cases."""
    after = named(walk, cases)
    assert len(after) == len(cases)
    for total in (1, 2):
        before_n, after_n = Counter(case[total] for case in cases), Counter(case[total] for case, _ in zip(cases, after, strict=True))
        assert before_n == after_n
    left = {change.before for change in walk.changes}
    for (department, *_), name in zip(cases, after, strict=True):
        assert (name is None) == (department is None)
        assert department in left or name == department


@settings(deadline=None, max_examples=40)
@given(walk=walks(), cases=CASES)
def test_one_case_is_named_alike_alone_and_among_others_and_a_second_time(walk: Crosswalk, cases: list[Any]) -> None:
    after = named(walk, cases)
    assert after == [*(named(walk, [case])[0] for case in cases[:2]), *after[2:]]
    assert named(walk, [(name, *case[1:]) for case, name in zip(cases, after, strict=True)]) == after


def test_the_rows_that_fit_are_those_of_the_day_and_of_the_type() -> None:
    walk = Crosswalk(
        (
            Change("department", "Works", "Streets", date(2025, 7, 1), "Pothole"),
            Change("department", "Works", "Utilities", date(2025, 7, 1)),
            Change("department", "Gardens", "Parks"),
            Change("department", "Streets", "Roads", date(2026, 1, 1)),
        )
    )
    cases = [
        ("Works", date(2025, 6, 30), "Pothole"), ("Works", date(2025, 7, 1), "Pothole"), ("WORKS", date(2025, 7, 1), "Leak"),
        ("Works", date(2026, 1, 1), "Pothole"), ("gardens", date(2020, 1, 1), "Leak"), (None, date(2026, 1, 1), "Leak"),
    ]  # fmt: skip
    assert named(walk, cases) == ["Works", "Streets", "Utilities", "Roads", "Parks", None]


def test_a_name_that_came_back_is_written_as_itself() -> None:
    walk = Crosswalk((Change("department", "Parks", "Green", date(2024, 1, 1)), Change("department", "Parks", "Parks", date(2025, 1, 1))))
    assert named(walk, [("Parks", day, "Leak") for day in (date(2023, 1, 1), date(2024, 6, 1), date(2025, 6, 1))]) == [
        "Parks",
        "Green",
        "Parks",
    ]


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("kind,to\ndepartment,Parks", "needs a row for each change and the columns kind, from, to"),
        ("kind,from,to\nward,1,2", "line 2: kind is 'ward'; it may be one of department, zone"),
        ("kind,from,to\ndepartment,Parks,", "line 2: 'from' and 'to' need a name each"),
        ("kind,from,to\ndepartment,A,B\ndepartment,C,D,2025-07-01", "line 3: 'from' and 'to' need a name each, and no row more"),
        ("kind,from,to,valid_from\ndepartment,A,B,1.7.2025", "line 2: valid_from is '1.7.2025'; write a day such as 2025-07-01"),
        ("kind,from,to\ndepartment,A,B\ndepartment,a,C", "line 3: 'a' has two rows for the same day and type"),
        ("kind,from,to\ndepartment,A,B\ndepartment,B,C\ndepartment,C,A", "line 2: 'A' leads back to itself"),
    ],
)
def test_a_file_that_cannot_be_used_names_its_line(tmp_path: Path, rows: str, said: str) -> None:
    path = tmp_path / "crosswalk.csv"
    path.write_text(rows + "\n")
    with pytest.raises(CityError) as refused:
        read_crosswalk(path, ["zone"])
    assert said in str(refused.value) and "\n" not in str(refused.value)


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """Six cases of a town in New York: Works was divided on 1 July 2025, Gardens is called Parks in all years, and Lost is known to nobody."""
    departments = [{"id": "parks", "name": "Parks"}, {"id": "streets", "name": "Streets"}, {"id": "utilities", "name": "Utilities"}]
    town = Town(
        tmp_path,
        crosswalk="crosswalk.csv",
        department=departments,
        area_layer=[{"id": "zone", "name": "Zone", "plural": "Zones", "assign": "name"}],
    )
    (tmp_path / "crosswalk.csv").write_text(
        "kind,from,to,valid_from,request_type\n"
        "department,Works,Streets,2025-07-01,Pothole\n"
        "department,Works,Utilities,2025-07-01,\n"
        "department,Gardens,Parks,,\n"
        "zone,North,Upper,2025-07-01,\n"
    )
    town.write(
        "cases.csv",
        "1,Pothole,Works,Web,Open,2025-06-30 23:30,,,North",  # in New York; in UTC it is July already
        "2,Pothole,Works,Web,Open,2025-07-01 00:00,,,North",
        "3,Leak,Works,Web,Closed,2025-07-02 08:00,,2025-07-03 08:00,South",
        "4,Tree,Gardens,Web,Open,2024-01-01 08:00,,,South",
        "5,Tree,Lost,Web,Open,2025-08-01 08:00,,,",
        "6,Tree,,Web,Open,2025-08-01 08:00,,,",
        header="id,type,department,channel,status,opened,due,closed,zone",
    )
    return town.files(mapping=MAPPING + '[areas]\nzone = "zone"\n')


def test_a_load_counts_each_case_under_the_name_of_the_day_it_was_opened_and_loses_none(town: Town) -> None:
    assert town.load().rows_new == 6
    found = {number: case["department"] for number, case in town.cases().items()}
    assert found == {"1": "Works", "2": "Streets", "3": "Utilities", "4": "Parks", "5": "Lost", "6": None}
    zones = town.ask("SELECT a.name, count(*) FROM case_record r JOIN area a ON a.id = r.area_1_id GROUP BY 1 ORDER BY 1")
    assert [(str(name).lower(), n) for name, n in zones] == [("north", 1), ("south", 2), ("upper", 1)]


def test_a_name_that_nobody_explained_is_a_row_of_its_own(town: Town) -> None:
    town.load()
    assert [row for row in town.findings() if row[0] == "unmapped_department"] == [("unmapped_department", "department", "Lost", 1)]


def test_a_transfer_has_the_names_of_its_own_day_and_other_events_keep_their_words(town: Town) -> None:
    at = pd.Series(pd.to_datetime(["2025-07-01 03:59", "2025-07-01 04:00", "2025-07-01 04:00"]))  # UTC; midnight in New York is 04:00
    words = pd.Series(["Works", "Works", "Works"], dtype="str")
    assert list(rename_transfers(words, pd.Series([True, True, False]), at, town.city())) == ["Works", "Utilities", "Works"]


def test_what_is_no_case_follows_the_changes_that_are_for_all_years(town: Town) -> None:
    assert list(rename_always(pd.Series(["Works", "Gardens"], dtype="str"), town.city())) == ["Works", "Parks"]


def test_after_a_change_of_the_file_every_case_is_loaded_anew(town: Town) -> None:
    town.load()
    path = town.folder / "crosswalk.csv"
    path.write_text(path.read_text() + "department,Lost,Parks,,\n")
    assert "crosswalk" in town.refused(source="export")
    town.load(full=True)
    assert town.cases()["5"]["department"] == "Parks"
    assert not [row for row in town.findings() if row[0] == "unmapped_department"]
