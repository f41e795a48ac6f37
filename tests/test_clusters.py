"""Hot spots: the statistic against a slow second opinion, a case by hand, chance against chance, and the town of `tests/support/mosaic.py`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_access.mart.reading import open_mart
from metrics.clusters import area_clusters, cell_clusters
from metrics.hotspots import FALSE_SHARE, discoveries, hot_spots
from metrics.measure import ask
from metrics.neighbours import borders, grid_borders
from metrics.periods import Calendar
from metrics.question import Question
from metrics.select import Asked
from tests.support import mosaic
from tests.support.marts import MAYOR, settings_in

WHOLE = Question(date(2026, 1, 1), date(2026, 4, 30), mosaic.AS_OF)


@pytest.fixture(scope="module")
def asked(mosaic_town: Path) -> Asked:
    return ask(open_mart(settings_in(mosaic_town)), Calendar("UTC", "monday", 1), WHOLE, MAYOR)


def grid(side: int) -> np.ndarray:
    x, y = (axis.ravel() for axis in np.meshgrid(np.arange(side), np.arange(side)))
    return grid_borders(x, y)


def slowly(values: list[float], pairs: list[tuple[int, int]]) -> list[float]:
    """Gi* written from the formula of Ord and Getis (1995), with weights of one."""
    n, mean = len(values), sum(values) / len(values)
    spread = (sum(v * v for v in values) / n - mean * mean) ** 0.5
    found = []
    for i in range(n):
        near = {i} | {b for a, b in pairs if a == i} | {a for a, b in pairs if b == i}
        top = sum(values[j] for j in near) - mean * len(near)
        below = spread * ((n * len(near) - len(near) ** 2) / (n - 1)) ** 0.5
        found.append(top / below if below > 1e-12 else 0.0)
    return found


@given(st.lists(st.integers(0, 9), min_size=16, max_size=16).filter(lambda values: len(set(values)) > 1))
@settings(max_examples=25, deadline=None)
def test_the_statistic_is_that_of_its_definition(values: list[int]) -> None:
    pairs = grid(4)
    found = hot_spots(np.array(values), pairs)
    assert found is not None
    assert found.z.tolist() == pytest.approx(slowly([float(v) for v in values], [tuple(pair) for pair in pairs.tolist()]), abs=1e-9)


def test_the_chance_of_a_sum_is_that_of_every_arrangement() -> None:
    """Ten places in a row, three of them 1 and side by side at one end: the first and its neighbour add up to 2 in C(3,2) of C(10,2) = 45 pairs."""
    row = np.array([[i, i + 1] for i in range(9)])
    found = hot_spots(np.array([1, 1, 1, 0, 0, 0, 0, 0, 0, 0]), row)
    assert found is not None
    assert found.p[0] == pytest.approx(2 * 3 / 45, abs=0.02)
    assert found.p[1] == pytest.approx(2 * 1 / 120, abs=0.005), "all three of three: 1 of C(10,3) = 120"


def test_a_place_of_many_cases_among_few_is_found_with_its_neighbours() -> None:
    values = np.full(100, 3)
    values[[0, 1, 10, 11]] = 30
    found = hot_spots(values, grid(10))
    assert found is not None
    assert len(found.members(1)) == 1 and not found.members(-1)
    assert {0, 1, 10, 11} <= set(found.members(1)[0].tolist())


def test_chance_alone_is_called_a_cluster_on_few_maps() -> None:
    """Of 60 maps of skewed counts without any pattern, at most one in ten may have even one hot or cold place (5 % are expected)."""
    chance, pairs = np.random.default_rng(7), grid(9)
    alarms = 0
    for _ in range(60):
        found = hot_spots(chance.poisson(chance.gamma(1.0, 2.0, 81)), pairs)
        alarms += found is not None and bool((found.kind != 0).any())
    assert alarms <= 6


def test_two_clusters_that_do_not_touch_are_two() -> None:
    values = np.full(400, 2)
    for corner in (0, 17):
        for row in range(3):
            values[[row * 20 + corner + column for column in range(3)]] = 20
    found = hot_spots(values, grid(20))
    assert found is not None and len(found.members(1)) == 2


def test_the_same_map_has_the_same_hot_spots_every_time() -> None:
    values = np.random.default_rng(3).poisson(2.0, 400)
    first, second = hot_spots(values, grid(20)), hot_spots(values, grid(20))
    assert first is not None and second is not None and (first.p == second.p).all()


@pytest.mark.parametrize("values", [[1] * 20, [1, 2, 3]], ids=["all the same", "too few places"])
def test_where_nothing_can_be_said_nothing_is(values: list[int]) -> None:
    assert hot_spots(np.array(values), np.empty((0, 2), dtype=np.int64)) is None


def test_false_discoveries_are_controlled_as_benjamini_and_hochberg_do() -> None:
    """Their table: of these fifteen the first four are kept at 5 %."""
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0]
    assert discoveries(np.array(p[::-1]), FALSE_SHARE).tolist() == [False] * 11 + [True] * 4


def test_neighbours_share_a_border_or_a_corner(asked: Asked) -> None:
    names, pairs = borders(asked, "block")
    found = {tuple(sorted((names[a], names[b]))) for a, b in pairs.tolist()}
    expected = {
        tuple(sorted((f"b{r}{c}", f"b{r + dr}{c + dc}")))
        for r in range(5) for c in range(5) for dr in (-1, 0, 1) for dc in (-1, 0, 1)
        if (dr, dc) != (0, 0) and 0 <= r + dr < 5 and 0 <= c + dc < 5
    }  # fmt: skip
    assert found == expected


def test_the_loud_corner_is_a_cluster_and_the_rest_is_none(asked: Asked) -> None:
    found = area_clusters(asked, "opened", "block")
    assert found.per_1000 and len(found.asked) == 24, "nobody knows how many live in B22"
    hot = set(found.frame.loc[found.frame["kind"] == 1, "key"])
    assert {"b00", "b01", "b10", "b11"} <= hot <= {f"b{row}{column}" for row in range(3) for column in range(3)}
    assert found.frame.loc[found.frame["key"] == "b22", "kind"].isna().all()


def test_the_loud_corner_is_one_cluster_of_cells_too(asked: Asked) -> None:
    frame, found = cell_clusters(asked, "opened", "block", (0.0, 50.0, 0.5, 50.5), 0.0512)
    assert found is not None and frame["n"].sum() == sum(case["case_class"] == "service" for case in mosaic.cases())
    (corner,) = found.members(1)
    assert (frame.iloc[corner]["lon"] < 0.3).all() and (frame.iloc[corner]["lat"] < 50.3).all()
