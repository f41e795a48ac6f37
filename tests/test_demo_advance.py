"""A demo city lives on day by day, so that a load has news to find, and its past does not change."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pandas as pd
import pytest

from data_access.demo.build import DemoError, advance_demo, build_demo, demo_known_until
from tests.test_demo_build import content, tables

AS_OF = date(2026, 3, 31)
FRIDAY = datetime(2026, 4, 3, 15, 30)


@pytest.fixture
def url(tmp_path: Path) -> str:
    made = f"sqlite:///{tmp_path / 'crm.sqlite'}"
    build_demo(made, 4_000, as_of=AS_OF)
    return made


def test_new_cases_arrive_and_old_ones_move_on(url: str) -> None:
    before = tables(url)["requests"].set_index("id")
    written = advance_demo(url, FRIDAY)
    after = tables(url)["requests"].set_index("id")
    new = after.drop(before.index)
    assert len(new) > 5 and new["opened_at"].min() >= pd.Timestamp(AS_OF) and new["opened_at"].max() < FRIDAY
    closed_meanwhile = before["closed_at"].isna() & after["closed_at"].reindex(before.index).notna()
    assert closed_meanwhile.sum() > 2
    assert written.rows["requests"] == (after["updated_at"] >= pd.Timestamp(AS_OF)).sum()
    assert demo_known_until(url) == FRIDAY


def test_a_case_that_did_not_move_is_as_it_was_and_one_that_did_says_so_by_updated_at(url: str) -> None:
    before = tables(url)["requests"].set_index("id")
    advance_demo(url, FRIDAY)
    after = tables(url)["requests"].set_index("id").reindex(before.index)
    same = (before == after) | (before.isna() & after.isna())
    assert (after.loc[~same.all(axis=1), "updated_at"] >= pd.Timestamp(AS_OF)).all()


def test_one_step_and_many_steps_lead_to_the_same_database(url: str, tmp_path: Path) -> None:
    other = f"sqlite:///{tmp_path / 'other.sqlite'}"
    build_demo(other, 4_000, as_of=AS_OF)
    for day in (datetime(2026, 3, 31, 9), datetime(2026, 4, 1), datetime(2026, 4, 2, 23, 59, 59)):
        advance_demo(url, day)
    advance_demo(url, FRIDAY)
    advance_demo(other, FRIDAY)
    assert content(url) == content(other)


def test_going_back_in_time_changes_nothing(url: str) -> None:
    advance_demo(url, FRIDAY)
    there = content(url)
    assert not any(advance_demo(url, datetime(2026, 4, 1)).rows.values())
    assert content(url) == there


def test_only_a_finished_demo_lives_on_and_not_for_ever(url: str, tmp_path: Path) -> None:
    with pytest.raises(DemoError, match="no finished demo city"):
        advance_demo(f"sqlite:///{tmp_path / 'empty.sqlite'}", FRIDAY)
    with pytest.raises(DemoError, match="build it anew"):
        advance_demo(url, datetime(2027, 9, 1))
