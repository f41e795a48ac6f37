"""Signal or noise: limits and the four rules, on series short enough to count by hand.

For 10 12 10 12 ... the mean is 11 and every step is 2, so the limits are 11 +- 2.66 x 2 = 5.68 and 16.32,
and a third of the way to a limit is 1.77.
"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.xmr import BASELINE_POINTS, Limits, assurance, limits, shown, signals

STEADY = [10.0, 12.0] * 6
OF = Limits(11, 5.68, 16.32, False)


def test_limits_come_from_the_mean_step() -> None:
    found = limits(STEADY)
    assert found is not None
    assert (found.mean, found.lower, found.upper, found.trial) == (11, pytest.approx(5.68), pytest.approx(16.32), False)


def test_five_points_are_too_few_for_limits_and_eleven_give_trial_ones() -> None:
    assert limits(STEADY[:5]) is None
    assert limits(STEADY[:6]).trial  # type: ignore[union-attr]
    assert limits(STEADY[:11]).trial  # type: ignore[union-attr]
    assert not limits(STEADY[:12]).trial  # type: ignore[union-attr]


def test_what_comes_after_the_baseline_does_not_move_the_limits() -> None:
    assert limits([*STEADY, 500.0]) == limits(STEADY)
    assert limits([*STEADY, 500.0], None) != limits(STEADY)
    assert BASELINE_POINTS == 12


def test_one_wild_step_is_left_out_once() -> None:
    """Ten steps of 2 and one of 40: mean step 60/11, times 3.267 is 17.8; the step of 40 goes, 2 stays."""
    values = [10.0, 12.0] * 5 + [10.0, 50.0]
    kept = limits(values)
    assert kept is not None
    assert kept.upper - kept.mean == pytest.approx(2.66 * 2)
    assert limits(values, screen=False).upper - kept.mean == pytest.approx(2.66 * 60 / 11)  # type: ignore[union-attr]


def test_a_series_that_never_moves_has_no_width_and_any_move_is_a_signal() -> None:
    flat = limits([7.0] * 12)
    assert flat == Limits(7, 7, 7, False)
    assert signals([7.0, 7.0, 8.0], flat).outside == [2]  # type: ignore[arg-type]


@pytest.mark.parametrize(("values", "outside"), [([11, 16.33], [1]), ([11, 16.32], []), ([5.67, 11], [0]), ([5.68, 11], [])])
def test_a_point_is_outside_only_beyond_a_limit(values: list[float], outside: list[int]) -> None:
    assert signals(values, OF).outside == outside


@pytest.mark.parametrize(("values", "shift"), [
    ([12] * 7, [0, 1, 2, 3, 4, 5, 6]), ([12] * 6, []), ([12] * 6 + [11] + [12] * 6, []), ([12] * 6 + [10] * 6, []),
    ([10, *[12] * 8], [1, 2, 3, 4, 5, 6, 7, 8]),
])  # fmt: skip
def test_seven_in_a_row_on_one_side_are_a_shift_and_a_point_on_the_mean_breaks_the_run(values: list[float], shift: list[int]) -> None:
    assert signals(values, OF).shift == shift


@pytest.mark.parametrize(("values", "trend"), [
    ([8, 9, 10, 11, 12, 13, 14], list(range(7))), ([9, 10, 11, 12, 13, 14], []), ([14, 13, 12, 11, 10, 9, 8], list(range(7))),
    ([8, 9, 10, 10, 11, 12, 13], []), ([11, 8, 9, 10, 11, 12, 13, 14], [1, 2, 3, 4, 5, 6, 7]),
])  # fmt: skip
def test_seven_steadily_rising_or_falling_points_are_a_trend(values: list[float], trend: list[int]) -> None:
    assert signals(values, OF).trend == trend


@pytest.mark.parametrize(("values", "near"), [
    # Two thirds of the way up lie at 11 + 3.55.
    ([15, 12, 15], [0, 2]), ([15, 15, 12], [0, 1]), ([15, 10, 15], []), ([15, 12, 12], []), ([14, 12, 15], []), ([7, 10, 7], [0, 2]),
])  # fmt: skip
def test_two_of_three_near_a_limit_on_one_side_are_a_signal(values: list[float], near: list[int]) -> None:
    assert signals(values, OF).two_of_three == near


def test_noise_is_no_signal() -> None:
    assert not signals(STEADY, OF).any
    assert signals([*STEADY, 17.0], OF).any


def test_drawn_limits_stay_where_a_count_or_a_share_can_be() -> None:
    assert shown(Limits(2, -3, 7, True), "count") == Limits(2, 0, 7, True)
    assert shown(Limits(0.9, 0.7, 1.1, False), "share") == Limits(0.9, 0.7, 1.0, False)
    assert shown(Limits(9, 7, 11, False), "days") == Limits(9, 7, 11, False)


@pytest.mark.parametrize(("target", "direction", "verdict"), [
    (0.5, "higher", "consistently_meets"), (0.95, "higher", "consistently_fails"), (0.8, "higher", "hit_and_miss"),
    (0.5, "lower", "consistently_fails"), (0.95, "lower", "consistently_meets"), (0.7, "higher", "hit_and_miss"),
])  # fmt: skip
def test_limits_say_whether_a_target_will_be_met(target: float, direction: str, verdict: str) -> None:
    assert assurance(Limits(0.8, 0.7, 0.9, False), target, direction) == verdict  # type: ignore[arg-type]


@given(st.lists(st.floats(-1e6, 1e6), min_size=6, max_size=40), st.floats(-1e3, 1e3), st.floats(0.1, 100))
def test_moving_or_stretching_a_series_moves_and_stretches_its_limits(values: list[float], by: float, times: float) -> None:
    one, other = limits(values, None, screen=False), limits([v * times + by for v in values], None, screen=False)
    assert one is not None and other is not None
    assert one.lower <= one.mean <= one.upper
    assert other.mean == pytest.approx(one.mean * times + by, rel=1e-6, abs=1e-3)
    assert other.upper - other.mean == pytest.approx((one.upper - one.mean) * times, rel=1e-6, abs=1e-3)


@given(st.lists(st.integers(0, 50).map(float), min_size=6, max_size=40))
def test_turning_a_series_upside_down_keeps_its_signals(values: list[float]) -> None:
    of = limits(values, None)
    turned = limits([-v for v in values], None)
    assert of is not None and turned is not None
    assert signals(values, of) == signals([-v for v in values], turned)
