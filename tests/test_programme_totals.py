"""Programmes in totals: what everybody may know of them, counted once, and nothing from which a few cases would follow."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pandas as pd
import pytest

from data_access.mart import generations
from data_access.released.programmes.durations import within_days
from tests.support import programme_town as town
from tests.support.programme_attack import bounds

STEPS = {"police": ("intake", "investigation", "decided"), "ideas": ("sent", "done")}


def totals(folder: Path, audience: str = "staff") -> pd.DataFrame:
    current = generations.current(folder / "mart")
    assert current is not None
    with duckdb.connect(str(current.path(audience)), read_only=True) as connection:  # type: ignore[arg-type]
        return connection.execute("FROM programme_total ORDER BY ALL").df()


def told(rows: pd.DataFrame, programme: str, period: str) -> dict[str, int | None]:
    """ "measure split:key" -> number; None: hidden."""
    found = rows[(rows["programme"] == programme) & (rows["period"] == period)].to_dict("records")
    return {
        f"{r['measure']} {r['split']}:{r['key']}".removesuffix(" :"): None if r["is_hidden"] else int(r["n"]) for r in found
    }  # fmt: skip


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return town.make(tmp_path_factory.mktemp("assembly"))


def test_a_year_of_complaints_is_what_can_be_counted_by_hand(loaded: Path) -> None:
    year = told(totals(loaded), "police", "2025")
    assert (year["opened"], year["closed"], year["open"]) == (120, 60, 60)
    # 40 of force, every third; two of bias, so few that another number is hidden with them.
    assert year["opened request_type:bias"] is None
    assert [year[f"opened request_type:{kind}"] for kind in ("force", "conduct")].count(None) == 1
    assert (year["closed outcome:sustained"], year["closed outcome:unfounded"]) == (32, 28)
    assert (year["reached stage:intake"], year["reached stage:investigation"], year["reached stage:decided"]) == (120, 120, 60)
    # 30 days are promised for intake: of three one takes 40.
    assert (year["stage_due stage:intake"], year["stage_kept stage:intake"], year["stage_missed stage:intake"]) == (120, 80, 40)
    # Half of all are closed, each after 60 days; nine of ten are not.
    assert year["median"] == 60 and "p90" not in year
    assert (year["stage_median stage:intake"], year["stage_p90 stage:intake"]) == (10, 40)


def test_what_fell_due_is_kept_or_missed(loaded: Path) -> None:
    # 180 days after 1 January to 4 July they fall due in 2025: 30, 30 and 4 of them, and every second was closed after 60 days.
    year = told(totals(loaded), "police", "2025")
    assert (year["due"], year["due state:kept"], year["due state:missed"]) == (64, 32, 32)
    assert (year["open state:overdue"], year["open state:in_time"]) == (32, 28)


def test_of_a_quarter_with_few_cases_there_are_totals_only(loaded: Path) -> None:
    quarter = told(totals(loaded), "police", "2025-Q1")
    assert (quarter["opened"], quarter["closed"]) == (30, 15)
    # That its types are not told of is said, or they would be taken for none.
    assert quarter["opened request_type:"] is None
    assert not [name for name in quarter if name.startswith("opened request_type:") and not name.endswith(":")]


def test_durations_are_told_of_eleven_cases_or_more_and_count_those_that_are_not_done() -> None:
    start = pd.Series([pd.Timestamp(2025, 1, 1)] * 11)
    stop = start + pd.to_timedelta(range(1, 12), unit="D")
    as_of = pd.Timestamp(2025, 6, 1)
    assert within_days(start, stop, as_of, 0.5) == 6
    # What ended after it was counted had not ended: it is known to have lasted five days and more.
    assert within_days(start, stop, pd.Timestamp(2025, 1, 6), 0.5) is None
    assert within_days(start, stop, pd.Timestamp(2025, 1, 7), 0.5) == 6


def test_ideas_are_counted_by_topic_and_by_district(loaded: Path) -> None:
    year = told(totals(loaded), "ideas", "2025")
    assert (year["opened"], year["opened request_type:parks"], year["opened request_type:streets"]) == (200, 100, 100)
    assert (year["opened area:north"], year["opened area:south"]) == (80, 120)
    # Twelve groups of sixteen ideas and eight more: in each the first four are done.
    assert (year["closed"], year["closed outcome:done"], year["median" if "median" in year else "closed"]) == (52, 52, 52)


def test_other_types_of_open_programmes_are_one_number(tmp_path: Path) -> None:
    cases = [{**case, "request_type": "Neighbours" if i % 10 == 0 else case["request_type"]} for i, case in enumerate(town.ideas())]
    rows = totals(town.make(tmp_path, cases, []))
    year = told(rows, "ideas", "2025")
    assert year["opened request_type:other"] == 20
    assert not rows["label"].eq("Neighbours").any() and not [name for name in year if "area" in name]


def test_nothing_is_told_of_programmes_for_staff_nor_of_what_headlines_count(loaded: Path) -> None:
    assert set(totals(loaded)["programme"]) == {"police", "ideas"}
    pd.testing.assert_frame_equal(totals(loaded), totals(loaded, "public"))


def attacked(rows: pd.DataFrame, truth: dict[str, int], programme: str, least: int) -> int:
    """How many hidden numbers there are, after looking that none follows and of a small one too little."""
    found = {key: ends for key, ends in bounds(rows, STEPS).items() if key[0] == programme}
    for key, (low, high) in found.items():
        n = truth["/".join(key[1:])]
        assert low <= n <= high, (key, n, low, high)
        assert high - low >= (least - 1 if n < least else 1), (key, n, low, high)
    shown = rows[(rows["programme"] == programme) & ~rows["is_hidden"] & ~rows["measure"].str.endswith(("median", "p90"))]
    assert not shown["n"].between(1, least - 1).any()
    return len(found)


def truth_of(folder: Path, programme: str) -> dict[str, int]:
    """The numbers that are kept beside what is published."""
    from data_access.released.files import read_all

    made = {}
    for one in read_all(folder / "mart" / "released" / "programmes" / programme).values():
        for (period, measure, _programme, member), n in one.cells.items():
            split, _, key = member.partition(":")
            made["/".join((period, measure, split, key))] = n
    return made


def test_no_hidden_number_follows_from_all_tables_together(tmp_path: Path) -> None:
    # Three years with few of several kinds, and with quarters that have almost none.
    cases, events = [], []
    for number in range(12):
        first = datetime(2023 + number // 4, 1 + 3 * (number % 4), 1, 12)
        for i in range((30, 8, 41, 13)[number % 4]):
            kind = ("Force", "Conduct", "Bias", "Search", "Vehicle")[(i * i + number) % 5]
            more = town.complaint(
                f"{number}-{i}", first + timedelta(days=2 * i), kind=kind, intake=3 + 7 * (i % 9), closed=None if i % 7 == number % 7 else 75 + i,
                outcome=("Sustained", "Unfounded", "Mediated", "Withdrawn")[(i + number) % 4 if i % 5 else 0],
            )  # fmt: skip
            cases, events = cases + more[0], events + more[1]
    rows = totals(town.make(tmp_path, [*cases, *town.ideas()], events))
    hidden = attacked(rows, truth_of(tmp_path, "police"), "police", 11)
    assert 10 < hidden < len(rows)
    attacked(rows, truth_of(tmp_path, "ideas"), "ideas", 5)


def test_what_was_published_stays_and_late_cases_change_nothing_until_a_recount(tmp_path: Path) -> None:
    town.make(tmp_path)
    before = totals(tmp_path)
    cases, events = town.rows()
    late = town.complaint("late", datetime(2025, 2, 3, 12), kind="Force", intake=10, closed=60, outcome="Sustained")
    fresh = town.complaints(datetime(2026, 1, 1, 12))
    cases, events = cases + late[0] + fresh[0], events + late[1] + fresh[1]
    town.make(tmp_path, cases, events, datetime(2026, 7, 2, 12))
    after = totals(tmp_path)
    old = after[after["period"].isin(before["period"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(old, before)
    assert told(after, "police", "2026-Q1")["opened"] == 30
    attacked(after, truth_of(tmp_path, "police"), "police", 11)
    # Counted anew, what changed by one case is hidden: beside the first count it would tell of that case.
    town.make(tmp_path, cases, events, datetime(2026, 7, 2, 12), recount="2025")
    again = totals(tmp_path)
    year = told(again, "police", "2025")
    assert set(again.loc[again["period"] == "2025", "vintage"]) == {2} and year["opened"] is None and year["closed"] is None
