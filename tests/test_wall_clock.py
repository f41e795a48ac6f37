"""The simulator's clock on the wall."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from data_access.demo.wall_clock import NEVER, stamps, wall_seconds


def test_stamps_are_written_to_the_second_and_never_is_nothing() -> None:
    assert stamps(np.array([wall_seconds(datetime(2026, 3, 31, 8, 5, 9)), NEVER])) == ["2026-03-31 08:05:09", None]


def test_a_stretch_of_cases_in_which_nothing_was_reopened_has_no_stamps() -> None:
    assert stamps(np.array([], dtype="int64")) == []
