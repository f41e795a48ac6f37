"""What became of commitments, counted by hand: a day moved when it was late already saves nothing, and a slow review costs nothing."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pandas as pd
import pytest

from data_access.store.commitments import Commitment, Event
from metrics.commitment_effect import Effect, Told
from metrics.commitment_record import became, record
from metrics.periods import Calendar

CALENDAR, TODAY, DUE = Calendar("UTC"), date(2026, 6, 1), date(2026, 4, 10)


def promise(number: int = 1, state: str = "kept", department: str = "parks", due_on: date = DUE) -> Commitment:
    return Commitment(
        number, None, department, "A crew", "Ada", "", date(2026, 3, 1), due_on, "ontime_due", "", "higher", None, state, "m", "Mayor", datetime(2026, 3, 1)
    )  # fmt: skip


def events(*told: tuple[str, str, str], number: int = 1) -> list[Event]:
    """(kind, day it happened, day due from then on)"""
    first = Event(0, number, "made", "", "", None, DUE, datetime(2026, 3, 1, 9), "m", "Mayor")
    return [first, *(
        Event(at, number, kind, "", "", None, date.fromisoformat(due) if due else None, datetime.fromisoformat(f"{day}T09:00"), "m", "Mayor")
        for at, (kind, day, due) in enumerate(told, 1)
    )]  # fmt: skip


@pytest.mark.parametrize(("told", "what"), [
    ([("evidence", "2026-04-10", ""), ("kept", "2026-05-20", "")], "kept_on_time"),
    ([("evidence", "2026-04-11", ""), ("kept", "2026-04-12", "")], "kept_late"),
    ([("evidence", "2026-04-05", ""), ("returned", "2026-04-08", ""), ("evidence", "2026-04-14", ""), ("kept", "2026-04-15", "")], "kept_late"),
    ([("moved", "2026-04-10", "2026-05-01"), ("evidence", "2026-04-30", ""), ("kept", "2026-05-02", "")], "kept_on_time"),
    ([("moved", "2026-04-11", "2026-05-01"), ("evidence", "2026-04-30", ""), ("kept", "2026-05-02", "")], "kept_late"),
    ([("evidence", "2026-04-01", ""), ("kept", "2026-04-02", ""), ("reopened", "2026-04-20", ""), ("evidence", "2026-05-01", ""), ("kept", "2026-05-02", "")], "kept_late"),
])  # fmt: skip
def test_on_time_is_what_was_shown_by_the_day_agreed_in_time(told: list[tuple[str, str, str]], what: str) -> None:
    assert became(promise(), events(*told), TODAY, CALENDAR) == what


@pytest.mark.parametrize(("state", "due_on", "what"), [
    ("open", TODAY, "not_due"), ("open", date(2026, 5, 31), "overdue"), ("in_review", DUE, "in_review"), ("dropped", DUE, "dropped"),
])  # fmt: skip
def test_what_is_not_kept_counts_as_it_stands(state: str, due_on: date, what: str) -> None:
    assert became(promise(state=state, due_on=due_on), events(), TODAY, CALENDAR) == what


def effect(of: Commitment, verdict: Any) -> Effect:
    return Effect(of, Told(verdict, None, 0, ()), "", TODAY, pd.DataFrame(columns=["part", "value", "judged"]), "value", None)


def test_a_share_is_told_of_ten_that_fell_due_with_its_interval() -> None:
    """Parks: 9 kept on time and one overdue; roads: one dropped. Of nine or fewer nothing is told."""
    kept = [promise(number) for number in range(1, 10)]
    late, dropped = promise(10, "open"), promise(11, "dropped", "roads")
    happened = [event for one in kept for event in events(("evidence", "2026-04-01", ""), ("kept", "2026-04-02", ""), number=one.id)]
    verdicts = {
        1: effect(kept[0], "none_yet"),
        2: effect(kept[1], "worse"),
        3: effect(kept[2], "as_hoped"),
        4: effect(kept[3], "too_early"),
    }
    found = record([*kept, late, dropped], happened, verdicts, TODAY, CALENDAR).set_index("department")
    assert found.loc["parks", ["made", "kept_on_time", "overdue", "no_effect", "fallen_due"]].tolist() == [10, 9, 1, 2, 10]
    assert (found["value"]["parks"], round(found["low"]["parks"], 3), round(found["high"]["parks"], 3)) == (0.9, 0.596, 0.982)
    assert found.loc["roads", ["value", "low", "high"]].isna().all() and found.loc["roads", "dropped"] == 1
    assert found.loc["", ["made", "fallen_due"]].tolist() == [11, 11]


def test_of_nothing_there_is_no_row() -> None:
    assert record([], [], {}, TODAY, CALENDAR).empty
