"""Areas compared with the mix of types taken out, and what is estimated from repeated reports, over `tests/support/mosaic.py`."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from pathlib import Path

import pytest

from access import PUBLIC_VIEWER, Viewer
from data_access.mart.reading import open_mart
from metrics.areas import area_figures
from metrics.intervals import difference_interval, poisson_interval, wilson
from metrics.measure import ask, measure
from metrics.periods import Calendar
from metrics.question import BadQuestion, Question
from metrics.ranking import standardised
from metrics.reporting import LEAST_REPORTS, reporting_rate
from metrics.select import Asked
from tests.support import mosaic
from tests.support.marts import MAYOR, settings_in

WHOLE = Question(date(2026, 1, 1), date(2026, 4, 30), mosaic.AS_OF)


@pytest.fixture(scope="module")
def folder(mosaic_town: Path) -> Path:
    return mosaic_town


def asked(folder: Path, viewer: Viewer = MAYOR, question: Question = WHOLE) -> Asked:
    mart = open_mart(settings_in(folder, "public" if viewer is PUBLIC_VIEWER else "staff"))
    return ask(mart, Calendar("UTC", "monday", 1), question, viewer)


def plainly(cases: list[dict]) -> dict[str, dict[str, tuple[float, float]]]:
    """Block -> type -> (on time, due), counted with loops."""
    counts: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
    for case in cases:
        if case["case_class"] == "service":
            cell = counts[case["block"].lower()][case["request_type"]]
            cell[0] += case["closed_at"] is not None and case["closed_at"] <= case["due_at"]
            cell[1] += 1
    return {block: {kind: (hits, n) for kind, (hits, n) in kinds.items()} for block, kinds in counts.items()}


def test_every_area_is_measured_against_what_its_types_lead_to_expect(folder: Path) -> None:
    found = measure("ontime_given_types", asked(folder), by="block").frame.set_index("key")
    expected = standardised(plainly(mosaic.cases()))
    assert set(found.index) == set(expected)
    for block, row in expected.items():
        assert found.loc[block, "value"] == pytest.approx(row["ratio"])
        assert found.loc[block, "numerator"] == row["observed"] and found.loc[block, "denominator"] == pytest.approx(row["expected"])


def test_the_whole_city_is_what_it_is_expected_to_be(folder: Path) -> None:
    answer = measure("ontime_given_types", asked(folder))
    assert answer.value == pytest.approx(1) and answer.n == sum(case["case_class"] == "service" for case in mosaic.cases())


def test_the_slow_block_is_told_from_the_one_that_only_has_slow_types(folder: Path) -> None:
    raw, given_types = area_figures(asked(folder), "ontime_due", "block"), area_figures(asked(folder), "ontime_given_types", "block")
    city, shares = measure("ontime_due", asked(folder)).value, raw.frame.set_index("key")["value"]
    assert city is not None and max(shares["b44"], shares["b04"]) < city - 0.1, "raw, both look slow"
    tiers = dict(zip(given_types.judged["key"], given_types.tiers(None), strict=True))
    assert tiers["b44"] == "far_below" and tiers["b04"] == "as_expected"


def test_what_chance_explains_is_the_sum_of_the_types_variances(folder: Path) -> None:
    frame = area_figures(asked(folder), "ontime_given_types", "block").frame.set_index("key")
    counts = plainly(mosaic.cases())
    due = {kind: sum(types.get(kind, (0, 0))[1] for types in counts.values()) for kind in mosaic.ON_TIME}
    met = {kind: sum(types.get(kind, (0, 0))[0] for types in counts.values()) for kind in mosaic.ON_TIME}
    p = {kind: met[kind] / due[kind] for kind in due}
    variance = sum(n * p[kind] * (1 - p[kind]) for kind, (_, n) in counts["b23"].items())
    expected = sum(n * p[kind] for kind, (_, n) in counts["b23"].items())
    assert frame.loc["b23", "spread"] == pytest.approx(variance**0.5)
    assert frame.loc["b23", "high"] == pytest.approx(1 + 1.96 * variance**0.5 / expected)


def test_a_chosen_area_is_still_measured_against_the_city(folder: Path) -> None:
    whole = measure("ontime_given_types", asked(folder), by="block").frame.set_index("key")
    chosen = measure("ontime_given_types", asked(folder, question=WHOLE.about(areas=(("block", "b44"),))))
    assert chosen.value == pytest.approx(whole.loc["b44", "value"])


def test_months_together_are_the_whole_period(folder: Path) -> None:
    """From February on: the data begins within January, which is no whole month."""
    later = WHOLE.about(start=date(2026, 2, 1), grain="month")
    months = measure("ontime_given_types", asked(folder, question=later), by="block", period=True).frame
    whole = measure("ontime_given_types", asked(folder, question=later), by="block").frame.set_index("key")
    summed = months.groupby("key")[["numerator", "denominator", "n"]].sum()
    assert summed["denominator"].to_dict() == pytest.approx(whole["denominator"].to_dict())
    assert summed["n"].to_dict() == whole["n"].to_dict()


@pytest.mark.parametrize("metric", ["ontime_given_types", "reporting_delay"])
def test_residents_are_not_given_these_figures(folder: Path, metric: str) -> None:
    """A ratio to what is expected, beside the published share, would give small groups away."""
    with pytest.raises(BadQuestion, match="is not published"):
        measure(metric, asked(folder, PUBLIC_VIEWER), by="block")


def incidents(kind: str) -> dict[str, list[dict[str, float]]]:
    """Block -> further reports and open days of its incidents of one type, counted with loops."""
    found: dict[str, list[dict[str, float]]] = defaultdict(list)
    for case in mosaic.cases():
        if case["case_class"] != "service" or case["request_type"] != kind:
            continue
        end = case["closed_at"] or mosaic.AS_OF
        again = [
            one
            for one in mosaic.cases()
            if one.get("parent_source_id") == case["source_id"] and case["opened_at"] < one["opened_at"] <= end
        ]
        days = (end - case["opened_at"]) / timedelta(days=1)
        found[case["block"].lower()].append({"further_reports": len(again), "open_days_after_first_report": days})
    return found


def test_the_delay_follows_from_the_reports_after_the_first(folder: Path) -> None:
    found = measure("reporting_delay", asked(folder, question=WHOLE.about(request_type=("pothole",))), by="block").frame.set_index("key")
    given_up = 0
    for block, its in incidents("pothole").items():
        reports = sum(one["further_reports"] for one in its)
        assert found.loc[block, "n"] == len(its) and found.loc[block, "denominator"] == reports
        if reports < LEAST_REPORTS:
            given_up += 1
            assert found.loc[block, ["value", "low", "high"]].isna().all()
        else:
            assert found.loc[block, "value"] == pytest.approx(reporting_rate(its)["mean_delay_days"])
            assert found.loc[block, "low"] < found.loc[block, "value"] < found.loc[block, "high"]
    assert 0 < given_up < 25


def test_where_people_report_ten_times_as_readily_the_delay_is_a_tenth(folder: Path) -> None:
    """True values: 1 day in row 0 and 10 days elsewhere."""
    by_row = measure("reporting_delay", asked(folder, question=WHOLE.about(request_type=("pothole",))), by="old_block").frame.set_index(
        "key"
    )
    assert by_row.loc["row-0", "low"] < 1.0 < by_row.loc["row-0", "high"]
    assert by_row.loc["row-1", "low"] < 10.0 < by_row.loc["row-1", "high"]


def test_without_reports_again_there_is_no_delay(folder: Path) -> None:
    answer = measure("reporting_delay", asked(folder, question=WHOLE.about(request_type=("tree",))))
    assert answer.value is None and answer.numerator is not None and answer.denominator == 0


def test_a_day_before_the_data_ends_later_reports_are_not_known(folder: Path) -> None:
    early = measure("reporting_delay", asked(folder, question=WHOLE.about(as_of=mosaic.AS_OF - timedelta(days=60)))).denominator
    late = measure("reporting_delay", asked(folder)).denominator
    assert early is not None and late is not None and early < late


@pytest.mark.parametrize(("count", "low", "high"), [
    (0, 0, 3.689), (1, 0.0253, 5.572), (5, 1.623, 11.668), (10, 4.795, 18.390), (20, 12.217, 30.888), (100, 81.364, 121.627),
])  # fmt: skip
def test_the_interval_of_a_count_is_the_exact_one_but_for_a_little(count: int, low: float, high: float) -> None:
    """Garwood's exact limits (1936), as tabulated."""
    assert poisson_interval(count) == pytest.approx((low, high), abs=0.03)


def test_the_difference_of_two_shares_has_newcombes_interval() -> None:
    """Newcombe 1998, example (a): 56 of 70 against 48 of 80, method 10: 0.0524 to 0.3339."""
    (one, other) = ((k / n, *(wilson(k, n) or (0.0, 1.0))) for k, n in ((56, 70), (48, 80)))
    assert difference_interval(one, other) == pytest.approx((0.0524, 0.3339), abs=5e-5)  # type: ignore[arg-type]
