"""How sure a curve is and whether two differ: against published data, and against answers of scipy 1.17 and lifelines 0.30 to the same cases.

The published data are the weeks of remission of 42 children with leukaemia, 21 on 6-MP and 21 on placebo
(Freireich and others, Blood 21, 1963), here as days of cases: a remission that ended is a case closed, one that lasts is open.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from metrics.curves import BEFORE, Curve, _chance, band, compared, curves, log_rank
from metrics.dictionary.closing import WITHIN_DAYS
from metrics.measure import ask, measure
from metrics.question import Question
from metrics.select import Asked
from metrics.speeds import speeds, within
from tests.support.marts import MAYOR, calendar_of, make_mart, small_city

AS_OF = datetime(2026, 3, 1)
ALL = Question(date(2025, 12, 1), date(2026, 3, 1), AS_OF)
TREATED = ((6, 1), (6, 1), (6, 1), (6, 0), (7, 1), (9, 0), (10, 1), (10, 0), (11, 0), (13, 1), (16, 1), (17, 0), (19, 0), (20, 0), (22, 1), (23, 1),
           (25, 0), (32, 0), (32, 0), (34, 0), (35, 0))  # fmt: skip
PLACEBO = tuple((days, 1) for days in (1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23))


def town(folder: Path, question: Question = ALL, **groups: tuple[tuple[float, int], ...]) -> Asked:
    """Cases of each group as (age in days, 1 closed or 0 open at that age)."""
    rows: list[dict[str, Any]] = []
    for name, ages in groups.items():
        for number, (days, closed) in enumerate(ages):
            opened = AS_OF - timedelta(days=40 if closed else days)
            ended = {"closed_at": opened + timedelta(days=days)} if closed else {}
            rows.append(
                {
                    "source_id": f"{name}{number}",
                    "request_type": name,
                    "department": "D",
                    "case_class": "service",
                    "opened_at": opened,
                    **ended,
                }
            )
    city = small_city("UTC")
    return ask(make_mart(folder, rows, as_of=question.as_of, city=city), calendar_of(city), question, MAYOR)


@pytest.fixture(scope="module")
def remissions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Curve]:
    asked = town(tmp_path_factory.mktemp("remissions"), treated=TREATED, placebo=PLACEBO)
    return {curve.key: curve for curve in curves(asked, "request_type")}


def test_the_curve_and_its_band_are_the_published_ones(remissions: dict[str, Curve]) -> None:
    at = remissions["treated"].points.set_index("day")
    expected = {
        6: (0.857143, 0.619718, 0.951552), 7: (0.806723, 0.563147, 0.922809), 10: (0.752941, 0.5032, 0.889362), 13: (0.690196, 0.43161, 0.849066),
        16: (0.627451, 0.367511, 0.804912), 22: (0.537815, 0.267779, 0.746791), 23: (0.448179, 0.188052, 0.680143), 35: (0.448179, 0.188052, 0.680143),
    }  # fmt: skip
    for day, (stays, low, high) in expected.items():
        found = at.loc[day]
        assert (found["closed"], found["low"], found["high"]) == pytest.approx((1 - stays, 1 - high, 1 - low), abs=1e-6), day


def test_the_day_by_which_half_are_closed_has_its_interval(remissions: dict[str, Curve]) -> None:
    """Medians 23 and 8 weeks; the treated one's interval has no upper end."""
    assert remissions["treated"].median_between == (13, None)
    assert remissions["placebo"].median_between == (4, 11)


def test_who_is_at_risk_is_still_open_and_watched(remissions: dict[str, Curve]) -> None:
    at_risk = remissions["treated"].points.set_index("day")["at_risk"]
    assert at_risk[[0, 5, 6, 10, 22, 35]].tolist() == [21, 21, 17, 13, 6, 0]


def test_log_rank_tells_the_published_groups_apart(remissions: dict[str, Curve]) -> None:
    """The published statistic is 16.79."""
    pair = (remissions["treated"], remissions["placebo"])
    assert log_rank(pair) == pytest.approx(4.168809109e-05, rel=1e-6)
    assert [difference for *_, difference in compared(pair)] == ["apart"]
    assert log_rank(pair[:1]) is None


def test_log_rank_of_three_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("metrics.curves.LEAST_N", 6)
    ended = (1, 1, 0, 1, 1, 1)
    groups = {
        name: tuple(zip(days, ended, strict=True))
        for name, days in (("a", (1, 2, 2, 3, 5, 8)), ("b", (2, 4, 4, 6, 9, 9)), ("c", (1, 1, 1, 2, 3, 12)))
    }
    found = curves(town(tmp_path, **groups), "request_type")
    assert log_rank(found) == pytest.approx(0.532939, abs=1e-6)
    assert {difference for *_, difference in compared(found)} == {"alike"}


@pytest.mark.parametrize(
    ("statistic", "tails"), [(1.0, (0.3173105, 0.6065307, 0.801252)), (7.81, (0.0051958, 0.020141, 0.0501061)), (0.0, (1, 1, 1))]
)
def test_the_tail_of_a_chi_squared_distribution(statistic: float, tails: tuple[float, ...]) -> None:
    assert [_chance(statistic, freedom) for freedom in (1, 2, 3)] == pytest.approx(tails, abs=1e-6)


def test_curves_that_cross_are_not_called_alike(tmp_path: Path) -> None:
    """One group closes 60 of 100 at once and then nothing; the other nothing for a week and then all but 20."""
    early = ((1, 1),) * 60 + ((39, 0),) * 40
    late = ((9, 1),) * 20 + ((12, 1),) * 55 + ((39, 0),) * 25
    found = curves(town(tmp_path, early=early, late=late), "request_type")
    (pair,) = compared(found)
    assert log_rank(found) > 0.05
    assert pair[2] == "crossing"


def test_without_a_closing_there_is_no_band_and_nothing_to_compare(tmp_path: Path) -> None:
    found = curves(town(tmp_path, a=((5, 0),) * 12, b=((5, 0),) * 10), "request_type")
    assert [curve.points["closed"].max() for curve in found] == [0, 0]
    assert found[0].points["low"].isna().all()
    assert log_rank(found) is None
    assert [difference for *_, difference in compared(found)] == ["alike"]
    low, high = band(found[0].points["closed"].to_numpy() * 0, found[0].points["closed"].to_numpy())
    assert not (low == low).any() and not (high == high).any()


def test_no_more_than_four_of_ten_cases_or_more_and_those_with_most(tmp_path: Path) -> None:
    asked = town(tmp_path, **{name: ((2, 1),) * n for name, n in (("a", 10), ("b", 14), ("c", 13), ("d", 12), ("e", 11))})
    assert [(curve.key, curve.n) for curve in curves(asked, "request_type")] == [("b", 14), ("c", 13), ("d", 12), ("e", 11)]
    (whole,) = curves(asked, None)
    assert (whole.label, whole.n) == ("All cases", 60)
    few = town(tmp_path / "few", a=((2, 1),) * 9, b=((2, 1),) * 10)
    assert [curve.key for curve in curves(few, "request_type")] == ["b"]


def test_a_year_earlier_is_the_same_weeks_364_days_before(tmp_path: Path) -> None:
    """Opened 40 days before the 1st of March: all lie in the last quarter; none a year earlier."""
    asked = town(tmp_path, a=((2, 1),) * 12)
    assert [(curve.key, curve.n) for curve in curves(asked, BEFORE)] == [("now", 12)]
    later = asked.about(Question(date(2026, 11, 30), date(2027, 2, 28), AS_OF))
    assert [(curve.key, curve.n) for curve in curves(later, BEFORE)] == [(BEFORE, 12)]


def test_a_pace_ends_where_fewer_than_ten_are_at_risk(tmp_path: Path) -> None:
    """20 cases, 40 days old on the last day, of which 12 closed after 39 days and 5 after 40: the last week saw ages 33 to 40."""
    asked = town(tmp_path, Question(date(2026, 2, 22), date(2026, 3, 1), AS_OF), a=((39, 1),) * 12 + ((40, 1),) * 5 + ((40, 0),) * 3)
    (found,) = curves(asked, "request_type", pace=True)
    last = found.points.iloc[-1]
    assert (last["day"], last["closed"], last["at_risk"]) == (39, pytest.approx(0.6), 8)
    assert found.opened == 0
    assert curves(town(tmp_path / "few", a=((39, 1),) * 9), "request_type", pace=True) == []


def test_side_by_side_the_closed_alone_never_stand_alone(tmp_path: Path) -> None:
    """Ten closed after 2 days, ten open for 30: half are not closed before 30 days, of the closed alone it looks like 2."""
    row = speeds(town(tmp_path, a=((2, 1),) * 9 + ((2, 0),) * 0 + ((30, 0),) * 11), "request_type").iloc[0]
    assert (row["n"], row["closed"], row["open"], row["more_than"]) == (20, 9, 11, 30)
    assert row["median"] != row["median"]
    assert (row["closed_n"], row["closed_median"]) == (9, 2)


def test_within_so_many_days_only_cases_old_enough_are_judged(tmp_path: Path) -> None:
    """Closed after 2, 5 and 20 days, 40 days ago; one open for 4 days, one for 8."""
    asked = town(tmp_path, a=((2, 1), (5, 1), (20, 1), (4, 0), (8, 0)))
    frame = within(asked, "request_type").set_index("days")
    assert frame["n"].to_dict() == {1: 5, 3: 5, 7: 4, 14: 3, 30: 3}
    assert frame["closed"].to_dict() == {1: 0, 3: 1, 7: 2, 14: 2, 30: 3}
    assert [measure(f"closed_within_{days}_days", asked).n for days in WITHIN_DAYS] == [5, 5, 4, 3, 3, 0]
