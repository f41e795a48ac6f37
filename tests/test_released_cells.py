"""Figures about sensitive services: few cases are hidden, stay hidden, and what was published never changes.

The town of these tests has two districts of two quarters each, two groups of services, and cases counted by hand.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from access import PUBLIC_VIEWER
from data_access.city import City, CityError, load_city
from data_access.mart.reading import open_mart
from data_access.mart.writing import BuildError, publish_cases
from data_access.released import attack, levels
from data_access.released.hiding import CannotHide, hidden_cells
from data_access.released.trees import Cell, Level, least_of, lines_of, summed
from metrics.measure import ask
from metrics.question import BadQuestion, Question
from metrics.released import by_service, released_cells, releases
from metrics.released_tables import cells_to_take, releases_to_take
from metrics.select import Asked
from tests.support.marts import calendar_of, make_mart, settings_in, small_city

AS_OF = datetime(2026, 4, 2, 12)
B = {"No Heat": "Housing", "Rats": "Housing", "Missed Trash": "Trash"}
LAYERS = [{"id": "district", "name": "District", "plural": "Districts"}]


def town(**release: Any) -> City:
    return small_city("UTC", area_layer=LAYERS, release={"A": ["Pothole"], "B": list(B), "sensitive": ["No Heat"], **release})


def cases(*, of: dict[tuple[str, str, str], int]) -> list[dict[str, Any]]:
    """`(type, district, month)` -> how many cases were opened there and then."""
    made = []
    for (kind, district, month), n in of.items():
        for at in range(n):
            opened = pd.Timestamp(f"{month}-01 09:00") + pd.Timedelta(hours=at)
            made.append({
                "source_id": f"{kind}-{district}-{month}-{at}", "request_type": kind, "request_group": B.get(kind, "Streets"), "area_1": district,
                "opened_at": opened, "closed_at": opened + pd.Timedelta(days=1), "due_at": opened + pd.Timedelta(days=2), "status": "closed",
                "case_class": "service", "outcome": "resolved", "department": "City",
            })  # fmt: skip
    return made


YEAR = [f"2025-{month:02}" for month in range(1, 13)] + [f"2026-{month:02}" for month in range(1, 4)]
USUAL = {
    **{(kind, place, month): 12 for kind in B for place in ("North", "South") for month in YEAR},
    **{("Pothole", "North", month): 3 for month in YEAR}, **{("Abuse", "South", month): 2 for month in YEAR},
}  # fmt: skip
HEAT = ("No Heat", "North")
FEW = {
    **USUAL, (*HEAT, "2025-04"): 3, (*HEAT, "2025-05"): 4, (*HEAT, "2025-06"): 0,
    **{("Missed Trash", "North", month): n for month, n in (("2025-07", 6), ("2025-08", 0), ("2025-09", 0))},
    **{("Abuse", "South", month): 0 for month in YEAR}, ("Abuse", "South", "2025-03"): 10,
}  # fmt: skip
"""The same with a quarter of seven sensitive cases, one of six others, and a year of ten cases of withheld services."""


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    return public(tmp_path_factory.mktemp("usual"), USUAL)


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    return public(tmp_path_factory.mktemp("few"), FEW)


def public(folder: Path, of: dict[tuple[str, str, str], int], as_of: datetime = AS_OF, city: City | None = None) -> Asked:
    city = city or town()
    mart = make_mart(folder, cases(of=of), as_of=as_of, city=city, audience="public")
    return ask(mart, calendar_of(city), Question(date(2025, 1, 1), date(2025, 4, 1), as_of), PUBLIC_VIEWER)


def numbers(asked: Asked, period: str) -> dict[tuple[str, str, str], Any]:
    """(area, service, deadline) -> n or "hidden"."""
    frame = released_cells(asked, period)
    frame = frame[frame["period"] == period]
    return {
        (row["area"], row["request_type"] or row["request_group"], row["deadline"]): "hidden" if row["is_hidden"] else row["n"]
        for row in frame.to_dict("records")
    }


# What is released


def test_a_quarter_is_released_when_the_next_one_has_ended_and_a_year_with_its_last_quarter(usual: Asked, tmp_path: Path) -> None:
    assert set(releases(usual)["period"]) == {"2025", "2025-Q1", "2025-Q2", "2025-Q3", "2025-Q4"}
    earlier = public(tmp_path / "earlier", USUAL, datetime(2026, 3, 31, 23))
    assert set(releases(earlier)["period"]) == {"2025-Q1", "2025-Q2", "2025-Q3"}


def test_the_cells_are_the_cases_counted_by_service_place_and_time(usual: Asked) -> None:
    quarter, year = numbers(usual, "2025-Q2"), numbers(usual, "2025")
    assert quarter["north", "no-heat", ""] == 36  # 12 in each of three months
    assert quarter["", "housing", ""] == 144 and quarter["", "", ""] == 216
    assert (quarter["north", "rats", "met"], quarter["north", "rats", "due"]) == (36, 36)
    assert ("north", "rats", "missed") not in quarter  # nobody missed a deadline: zero is told
    assert year["", "", ""] == 4 * 216
    assert not {"pothole", "abuse", "streets"} & {service for _, service, _ in quarter}


def test_of_withheld_services_there_is_one_number_a_year_if_it_is_not_small(usual: Asked, few: Asked) -> None:
    found = releases(usual).set_index("period")["withheld_count"]
    assert found["2025"] == 24 and found.drop("2025").isna().all()
    assert releases(few).set_index("period")["withheld_count"].isna().all()


def test_a_small_number_is_hidden_and_so_is_another_beside_it_with_the_same_mark(few: Asked) -> None:
    """Seven cases of a sensitive service (fewer than 11) in the north: it and its neighbours in both directions are hidden."""
    frame = released_cells(few, "2025-Q2")
    hidden = frame[frame["is_hidden"] & (frame["deadline"] == "") & (frame["grain"] == "quarter")]
    assert {("north", "no-heat"), ("south", "no-heat")} <= set(zip(hidden["area"], hidden["request_type"], strict=True))
    assert hidden["n"].isna().all() and len(hidden) >= 4
    assert numbers(few, "2025-Q2")["", "", ""] == 187  # 216 - 36 + 7


def test_a_cell_that_is_not_sensitive_may_be_smaller(few: Asked) -> None:
    assert numbers(few, "2025-Q3")["north", "missed-trash", ""] == 6


# What is taken away


def cells_in(taken: pd.DataFrame) -> dict[Cell, int | None]:
    """The cells of the table to take away, where they lie in their trees."""
    rows = taken.to_dict("records")
    return {
        (row["period"], "/".join(filter(None, (row["within"], row["area"]))), "/".join(filter(None, (row["group"], row["service"]))), row["deadline"]): None
        if row["hidden"]
        else int(row["cases"])
        for row in rows
    }  # fmt: skip


def test_what_is_taken_away_is_what_was_published_and_gives_no_hidden_number_away(few: Asked) -> None:
    taken = cells_to_take(few)
    hidden = taken[taken["hidden"]]
    assert hidden["cases"].isna().all() and len(hidden) >= 4 and len(taken) == len(released_cells(few))
    cells = cells_in(taken)
    assert attack.recovered(cells) == set()
    # The cell beside the small one is hidden for its sake: told, it would give the small one away.
    assert attack.recovered({**cells, ("2025-Q2", "south", "housing/no-heat", ""): 36}) != set()


def test_whoever_takes_the_numbers_away_can_check_them_by_the_hash_of_their_release(few: Asked) -> None:
    for release in releases_to_take(few).to_dict("records"):
        cells = cells_in(cells_to_take(few, release["release"]))
        told = release["withheld_services_cases"]
        lines = [",".join((*cell, "" if n is None else str(n))) for cell, n in sorted(cells.items())]
        lines.append(f"withheld,{'' if pd.isna(told) else told}")
        assert hashlib.sha256("\n".join(lines).encode()).hexdigest() == release["sha256"]
        assert (len(cells), sum(n is None for n in cells.values())) == (release["numbers"], release["numbers_hidden"])


def test_a_release_says_how_finely_it_is_cut(usual: Asked) -> None:
    told = releases_to_take(usual).set_index("release").loc["2025-Q2"]
    assert [told[f"finest_{what}"] for what in ("period", "service", "area")] == ["month", "service", "district"]
    assert [told[f"deadlines_finest_{what}"] for what in ("period", "service", "area")] == ["month", "service", "district"]


def test_where_deadlines_are_not_published_nothing_is_said_of_them(usual: Asked, tmp_path: Path) -> None:
    """Without one cell of cases that fell due, none is told as zero."""
    without = [{**case, "due_at": None} for case in cases(of=USUAL)]
    mart = make_mart(tmp_path, without, as_of=AS_OF, city=town(), audience="public")
    asked = ask(mart, calendar_of(town()), usual.question, PUBLIC_VIEWER)
    assert by_service(asked, "2025-Q2")[["due", "met", "value"]].isna().all(axis=None)
    assert by_service(usual, "2025-Q2")["due"].tolist() == [72.0, 72.0, 72.0]


# What was published stays


@pytest.fixture
def published(usual: Asked, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path) -> Path:
    """A folder like that of `usual`, to be loaded into again."""
    (source,) = tmp_path_factory.getbasetemp().glob("usual0")
    shutil.copytree(source, tmp_path, dirs_exist_ok=True)
    return tmp_path


def test_what_was_published_never_changes_though_the_cases_do(usual: Asked, published: Path) -> None:
    before = numbers(usual, "2025-Q2")
    more = {**USUAL, ("Rats", "North", "2025-05"): 13}
    asked = public(published, more, datetime(2026, 7, 2))
    assert numbers(asked, "2025-Q2") == before
    assert "2026-Q1" in set(releases(asked)["period"])
    assert len(list((published / "mart" / "released").glob("2025-Q2*"))) == 1


def test_a_load_with_nothing_new_to_release_keeps_what_there_is(usual: Asked, published: Path) -> None:
    again = public(published, USUAL)
    assert again.mart.generation == usual.mart.generation + 1
    assert list(releases(again)["sha256"]) == list(releases(usual)["sha256"])


def test_a_year_counted_anew_is_a_further_vintage_that_tells_no_small_change(usual: Asked, published: Path) -> None:
    """One more case of rats in the north in May (a change of one), and twelve more in the south in August."""
    more = {**USUAL, ("Rats", "North", "2025-05"): 13, ("Rats", "South", "2025-08"): 24}
    city, frame = town(), pd.DataFrame([{"programme": "requests", **row} for row in cases(of=more)])
    publish_cases(published / "mart", city, frame, pd.DataFrame(), AS_OF, recount="2025")
    asked = ask(open_mart(settings_in(published, "public")), calendar_of(city), usual.question, PUBLIC_VIEWER)
    assert set(releases(asked)["vintage"]) == {2}
    assert numbers(asked, "2025-Q2")["north", "rats", ""] == "hidden"
    assert numbers(asked, "2025-Q3")["south", "rats", ""] == 48  # 36 + 12
    assert numbers(asked, "2025-Q1") == numbers(usual, "2025-Q1")


def test_a_changed_file_is_found_out_and_nothing_is_put_into_service(published: Path) -> None:
    file = published / "mart" / "released" / "2025-Q2.v1.json"
    held = json.loads(file.read_text())
    held["cells"][0][4] += 1
    file.write_text(json.dumps(held))
    with pytest.raises(BuildError, match=r"2025-Q2\.v1\.json are not those that were published"):
        public(published, USUAL)


def test_a_release_that_would_give_a_number_away_is_kept_out_and_the_old_ones_stay(
    published: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = {**USUAL, **{(*HEAT, month): 1 for month in ("2026-01", "2026-02", "2026-03")}}
    # The guard is what hides; a build whose guard hides too little must still not publish.
    monkeypatch.setattr("data_access.released.cube.hidden_cells", lambda cells, *_, **__: {c for c, n in cells.items() if n == 3})
    found = set(releases(public(published, few, datetime(2026, 7, 2)))["period"])
    assert {"2025", "2025-Q4"} <= found and "2026-Q1" not in found


def test_the_public_file_holds_no_hidden_number_and_no_case_of_these_services(few: Asked) -> None:
    frame = released_cells(few)
    assert frame.loc[frame["is_hidden"], "n"].isna().all() and frame["is_hidden"].any()
    assert [kind.name for kind in few.mart.dimensions.request_types] == ["Pothole"]


def test_a_period_nobody_released_is_refused(usual: Asked) -> None:
    with pytest.raises(BadQuestion, match="Nothing was released of '2026-Q1'; there are 2025"):
        released_cells(usual, "2026-Q1")


def test_only_a_type_of_class_b_can_be_marked_as_sensitive(tmp_path: Path) -> None:
    (tmp_path / "city.toml").write_text(
        '[city]\nid = "x"\nname = "X"\nzone = "UTC"\n[release]\nB = ["Rats"]\nsensitive = ["Rat"]\n[[programme]]\nid = "r"\nname = "R"\n'
        '[[source]]\nname = "s"\nkind = "files"\nprogramme = "r"\npath = "x.csv"\nmapping = "m.toml"\n'
    )
    with pytest.raises(CityError, match=r"'release.sensitive' names 'Rat'.*did you mean 'Rats'"):
        load_city(tmp_path)


# How finely


def test_the_finest_level_with_few_small_cells_is_taken() -> None:
    """Ten cases a month in each half of the city, and three a quarter in each street."""
    rows = [
        (f"2025-{month:02}", f"{half}/street-{street}", "all/one", "", 1) for month in range(1, 13) for half in "ab" for street in range(10)
    ]
    atoms = pd.DataFrame(rows, columns=["month", "area", "service", "deadline", "n"])
    assert levels.choose(atoms, 2, least_of({"all/one": 5})) == (Level(2, 1, 2), None)


# The attacker of these tests knows what is published and that zeros are told; it is not the one the load asks.


@st.composite
def cubes(draw: Any) -> dict[Cell, int]:
    """Months by places by services, many cells small."""
    shape = draw(st.tuples(st.integers(1, 3), st.integers(1, 3), st.integers(1, 3), st.integers(1, 2)))
    rows = []
    for month in range(1, shape[0] + 1):
        for place in range(shape[1] * shape[3]):
            for service in range(shape[2]):
                n = draw(st.one_of(st.integers(0, 12), st.sampled_from([0, 40])))
                if n:
                    rows.append((f"2025-{month:02}", f"d{place % shape[3]}/n{place}", f"g{service % 2}/s{service}", "", n))
    atoms = pd.DataFrame(rows, columns=["month", "area", "service", "deadline", "n"]).astype({"n": "int64"})
    return summed(atoms, [Level(2, 2, 2)], (1, 2)) if rows else {}


@settings(max_examples=8, deadline=None, derandomize=True)
@given(cubes(), st.sampled_from([5, 11]))
def test_no_small_number_of_any_cube_is_known_to_within_what_is_too_few(cells: dict[Cell, int], least: int) -> None:
    atoms = [cell for cell in cells if "-Q" not in cell[0] and cell[1].count("/") == 1 and cell[2].count("/") == 1]
    try:
        hidden = hidden_cells(cells, lines_of(cells), dict.fromkeys({cell[2] for cell in cells}, least))
    except CannotHide:
        assert sum(cells[atom] for atom in atoms) < 3 * least  # a city with hardly a case
        return
    within = {cell: np.array([_is_in(atom, cell) for atom in atoms], float) for cell in cells}
    shown = [cell for cell in cells if cell not in hidden]
    known = {"A_eq": np.array([within[cell] for cell in shown]), "b_eq": [cells[cell] for cell in shown]} if shown else {}
    for cell in hidden:
        low, high = (linprog(sign * within[cell], bounds=(0, None), method="highs", **known) for sign in (1, -1))
        width = -high.fun - low.fun if high.success else np.inf
        assert width >= (least - 1 if cells[cell] < least else 1) - 1e-6, (cell, cells[cell], low.fun)
    assert not attack.recovered({cell: None if cell in hidden else n for cell, n in cells.items()})


def _is_in(atom: Cell, cell: Cell) -> bool:
    is_then = cell[0] == atom[0] or "-Q" in cell[0]
    return (
        is_then
        and f"{atom[1]}/".startswith(f"{cell[1]}/" if cell[1] else "")
        and f"{atom[2]}/".startswith(f"{cell[2]}/" if cell[2] else "")
    )


def test_the_attacker_of_the_load_subtracts_solves_and_compares() -> None:
    total, north, south = ("2025", "", "", ""), ("2025", "north", "", ""), ("2025", "south", "", "")
    assert attack.recovered({total: 20, north: None, south: 17}) == {north}
    assert attack.recovered({total: 20, north: None, south: None}) == set()
    assert attack.compared({north: None, south: 17}, {north: 3, south: 18}, {"": 5}) == {north, south}
    assert attack.compared({south: 17}, {south: 22}, {"": 5}) == set()
