"""How often the list is wrong and how soon it is right, by simulation; and that what pages and documents say of it is what was found."""

from __future__ import annotations

import numpy as np
import pytest

from metrics import false_alarms
from metrics.false_alarms import CHANGED, KINDS, WEEKS, drawn, monday, rates, simulated


@pytest.mark.parametrize("kind", KINDS)
def test_the_stated_rates_are_the_simulated_ones(kind: str) -> None:
    assert simulated(kind) == rates(kind)


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_change_few_series_break_a_rule_and_fewer_are_listed(kind: str) -> None:
    found = rates(kind)
    assert found.broken < 7
    assert found.listed < 2
    text = false_alarms.DOCUMENT.read_text("utf-8")
    assert f"| {KINDS[kind]} | {found.broken} | {found.listed} |" in text


@pytest.mark.parametrize(
    ("kind", "change", "least"), [("poisson", 0.5, 0.95), ("overdispersed", 0.5, 0.8), ("share", -0.2, 0.9), ("share", 0.2, 0.8)]
)
def test_a_large_change_is_listed_within_eight_weeks_on_its_side(kind: str, change: float, least: float) -> None:
    _, listed, side = monday(drawn(kind, change, CHANGED), CHANGED + 8)
    assert (listed & (side == np.sign(change))).mean() >= least


def test_a_change_is_not_known_before_it_happens() -> None:
    before = monday(drawn("poisson", 0.5, CHANGED), CHANGED)
    without = monday(drawn("poisson"), CHANGED)
    assert CHANGED < WEEKS
    # The draws differ from the change on only.
    assert before[1].mean() < 0.05 and without[1].mean() < 0.05


def test_the_demo_city_s_improvement_is_large_enough_to_be_listed() -> None:
    """At its full size the demo city has 83 potholes a week due before the improvement, 72 % in time, and 48 after, 86 %: half a year of each."""
    rng = np.random.default_rng(3)
    before, after = rng.binomial(83, 0.717, (500, 26)) / 83, rng.binomial(48, 0.857, (500, 26)) / 48
    of = false_alarms.signals.xmr.judged(np.hstack([before, after]))
    error = (of.upper - of.mean) / 3 * np.sqrt(1 / 26 + 1 / 12)
    z = (after.mean(axis=1) - of.mean) / error
    assert ((z >= false_alarms.signals.LEAST_Z) & of.broken[:, :, 26:].any(axis=(0, 2))).mean() > 0.95
