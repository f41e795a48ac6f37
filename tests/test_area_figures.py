"""A figure for every area, over the town of `tests/support/quarters.py`: what may be compared, and what may not."""

from __future__ import annotations

from datetime import date, datetime
from math import nan
from pathlib import Path

import pandas as pd
import pytest

from access import PUBLIC_VIEWER, Viewer
from components.area_ranking import _readiness
from components.area_words import _most, areas_of_all
from data_access.mart.reading import open_mart
from metrics.area_pairs import Side, _compared, compare_areas
from metrics.areas import area_figures, counted_as, layers
from metrics.definitions import METRICS, REGISTRY
from metrics.measure import ask, measure
from metrics.periods import Calendar
from metrics.question import BadQuestion, Question
from metrics.select import Asked
from tests.support.marts import MAYOR, settings_in
from tests.support.quarters import AS_OF, make_town

MARCH = Question(date(2026, 3, 2), date(2026, 3, 30), AS_OF)
FIRST_QUARTER = Question(date(2026, 1, 1), date(2026, 4, 1), datetime(2026, 4, 1))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_town(tmp_path_factory.mktemp("quarters"))


def asked(folder: Path, viewer: Viewer = MAYOR, question: Question = MARCH) -> Asked:
    mart = open_mart(settings_in(folder, "public" if viewer is PUBLIC_VIEWER else "staff"))
    return ask(mart, Calendar("UTC", "monday", 1), question, viewer)


def by_key(figures, column: str) -> dict:  # type: ignore[no-untyped-def]
    return {key: None if value != value else value for key, value in zip(figures.frame["key"], figures.frame[column], strict=True)}


def test_a_share_of_few_cases_is_unsure_or_no_verdict_at_all(folder: Path) -> None:
    found = area_figures(asked(folder), "ontime_due", "quarter")
    assert by_key(found, "value") == {"abbey": 0.6, "brook": 1.0, "castle": None, "down": None}
    assert by_key(found, "n") == {"abbey": 40, "brook": 15, "castle": 4, "down": 0}
    assert by_key(found, "state") == {"abbey": "fair", "brook": "unsure", "castle": "few", "down": "none"}
    assert list(found.ranked()["key"]) == ["abbey"], "unsure areas are not put in order where others can be"


def test_an_area_without_any_case_counts_zero(folder: Path) -> None:
    found = area_figures(asked(folder), "opened", "quarter")
    assert by_key(found, "value") == {"abbey": 40, "brook": 15, "castle": 4, "down": 0}
    assert set(found.frame["state"]) == {"fair"}, "a count of few cases is a fact, not a guess"
    assert list(found.ranked()["key"]) == ["abbey", "brook", "castle", "down"]


def test_cases_that_lie_in_no_area_are_counted_beside_them(folder: Path) -> None:
    found = area_figures(asked(folder), "opened", "quarter")
    assert found.elsewhere == 2
    assert found.frame["value"].sum() + 2 == measure("opened", asked(folder)).value == 61


def test_reports_per_1000_need_people_to_divide_by(folder: Path) -> None:
    found = area_figures(asked(folder), "per_1000", "quarter")
    assert by_key(found, "value") == {"abbey": 40.0, "brook": None, "castle": None, "down": 0.0}


def test_a_rate_of_no_case_has_an_interval_and_none_is_ranked_under_ten(folder: Path) -> None:
    found = area_figures(asked(folder), "per_1000", "quarter")
    assert by_key(found, "numerator") == {"abbey": 40, "brook": 15, "castle": 4, "down": 0}
    assert list(found.ranked()["key"]) == ["abbey"] and found.frame["value"].notna().sum() == 2
    rate = {item.metric.id: item for item in compare_areas(asked(folder), "quarter", "abbey", "down")}["per_1000"]
    assert rate.told_apart and rate.other.interval == pytest.approx((0, 3.69 / 2), abs=0.02), "Poisson: at most 3.69 of 2,000 people"
    later = MARCH.about(start=date(2026, 3, 9))
    none = {item.metric.id: item for item in compare_areas(asked(folder, question=later), "quarter", "abbey", "down")}["per_1000"]
    assert (none.difference, none.told_apart) == (0, False)


def test_an_end_nobody_knows_tells_nothing_apart() -> None:
    item = _compared(REGISTRY["per_1000"], Side(0.0, 0, (nan, nan)), Side(0.0, 0, (nan, nan)))
    assert (item.low, item.high, item.told_apart) == (None, None, None)


def test_those_who_share_the_first_place_are_all_named() -> None:
    rows = pd.DataFrame({"label": ["Abbey", "Brook", "Castle"], "value": [1.0, 1.0, 0.5]})
    assert _most(rows, REGISTRY["opened"], 3, "wards") == "Abbey and Brook have most: 1 case each, 33 % of the 3 counted in the wards"
    assert _most(rows.tail(2), REGISTRY["opened"], 2, "wards") == "Brook has most: 1 case, 50 % of the 2 counted in the wards"
    assert (
        _readiness(rows)
        == "Residents of Abbey and Brook report most readily: 1.0 per 1,000 residents, 2.0 times as often as those of Castle."
    )
    assert _readiness(rows.head(2)) == "Residents of Abbey and Brook report equally readily: 1.0 per 1,000 residents."
    assert (areas_of_all(1, "districts"), areas_of_all(3, "districts")) == ("1 of the districts", "3 districts")


def test_an_area_is_below_target_only_beyond_chance(folder: Path) -> None:
    """Abbey: (0.6 - 0.8) / sqrt(0.8 x 0.2 / 40) = -3.16, beyond 3.09. Brook: (1 - 0.8) / sqrt(0.16 / 15) = 1.94, within 1.96."""
    found = area_figures(asked(folder), "ontime_due", "quarter")
    assert dict(zip(found.judged["key"], found.tiers(0.8), strict=True)) == {"abbey": "far_below", "brook": "as_expected"}


def test_filters_decide_which_areas_there_are(folder: Path) -> None:
    abbey = asked(folder, question=MARCH.about(areas=(("quarter", "abbey"),)))
    assert by_key(area_figures(abbey, "opened", "quarter"), "value") == {"abbey": 40}
    ward = asked(folder, question=MARCH.about(areas=(("ward", "2"),)))
    assert by_key(area_figures(ward, "opened", "quarter"), "value") == {"brook": 15, "castle": 4}


def test_a_department_head_sees_the_department_in_every_area(folder: Path) -> None:
    head = asked(folder, Viewer("r", "Roads", "department", ("roads",)))
    assert by_key(area_figures(head, "opened", "quarter"), "value") == {"abbey": 0, "brook": 15, "castle": 4, "down": 0}


def test_residents_are_not_told_of_few_cases(tmp_path: Path) -> None:
    """Castle's four cases and the two that lie nowhere are withheld, six together: neither follows from the total."""
    town = make_town(tmp_path, as_of=FIRST_QUARTER.as_of)
    found = area_figures(asked(town, PUBLIC_VIEWER, FIRST_QUARTER), "opened", "quarter")
    assert by_key(found, "value") == {"abbey": 40, "brook": 15, "castle": None, "down": 0}
    assert by_key(found, "state")["castle"] == "withheld"
    assert found.elsewhere is None


def test_layers_come_in_the_citys_order_without_what_is_only_drawn(folder: Path) -> None:
    assert layers(asked(folder)) == {"quarter": "Quarters", "ward": "Wards"}


@pytest.mark.parametrize("layer", ["water", "nowhere", ""])
def test_what_is_no_layer_of_areas_is_refused_in_words(folder: Path, layer: str) -> None:
    with pytest.raises(BadQuestion, match="no layer of areas"):
        area_figures(asked(folder), "opened", layer)


@pytest.mark.parametrize("metric", [metric.id for metric in METRICS])
def test_every_figure_can_be_split_by_area_and_has_cases_behind_it(folder: Path, metric: str) -> None:
    found = area_figures(asked(folder), metric, "quarter")
    assert list(found.frame["key"]) == ["abbey", "brook", "castle", "down"]
    assert REGISTRY[counted_as(REGISTRY[metric])].rows is not None
