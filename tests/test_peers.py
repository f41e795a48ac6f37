"""Peers: the funnel and the allowance for the mix of types, over a town counted by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from components.figures.funnel import funnel
from data_access.mart.reading import open_mart
from metrics.intervals import Z95, funnel_z, wilson
from metrics.measure import ask, measure
from metrics.peers import funnel_limits, peer_groups, peers
from metrics.question import BadQuestion, Question
from metrics.ranking import standardised
from metrics.select import Asked
from tests.support.desks import asked_for, at_desk, listed, view_for
from tests.support.marts import MAYOR, calendar_of, make_mart, settings_in, small_city

AS_OF = datetime(2026, 3, 30)
MONTH = Question(date(2026, 3, 2), date(2026, 3, 30), AS_OF)
QUERY = {"from_": "2026-03-02", "to": "2026-03-30"}
CASES = {
    ("North", "easy"): (90, 100),
    ("North", "hard"): (5, 20),
    ("South", "easy"): (18, 20),
    ("South", "hard"): (30, 100),
    ("Tip", "easy"): (0, 0),
    (None, "easy"): (3, 4),
}
"""On time, of how many: easy work is kept in 108 of 120 cases, hard work in 35 of 120. North has the easy work, South the hard."""
CITY = small_city(
    "UTC", release={"all_A": True}, area_layer=[{"id": "district", "name": "District", "plural": "Districts", "assign": "name"}],
    department=[{"id": "parks", "name": "Parks"}, {"id": "trees", "name": "Trees", "parent": "parks"}, {"id": "lawns", "name": "Lawns", "parent": "parks"}],
)  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made: list[dict[str, Any]] = []
    for (district, kind), (met, count) in CASES.items():
        for number in range(count):
            opened = datetime(2026, 3, 2, 9) + timedelta(weeks=number % 2)
            made.append({
                "source_id": f"{len(made)}", "department": {"North": "trees", "South": "lawns"}.get(str(district), "parks"), "request_type": kind, "case_class": "service",
                "opened_at": opened, "due_at": opened + timedelta(days=2), "status": "closed", "outcome": "resolved",
                "closed_at": opened + timedelta(days=1 if number < met else 3), "area_1": district,
            })  # fmt: skip
    folder = tmp_path_factory.mktemp("peers")
    make_mart(folder, made, as_of=AS_OF, city=CITY)
    return folder


@pytest.fixture
def page(staff_app: Flask, folder: Path) -> Iterator[Any]:
    from components import peers as page

    with at_desk(folder):
        yield page


def asked_in(folder: Path, question: Question = MONTH) -> Asked:
    return ask(open_mart(settings_in(folder)), calendar_of(CITY), question, MAYOR)


class TestPeers:
    def test_39_points_of_difference_are_all_mix(self, folder: Path) -> None:
        """North keeps 79 %, South 40 %; expected of them are 95.3 of 120 and 47.1 of 120: in the city easy work is kept in 111 of 124 cases."""
        easy, hard = 111 / 124, 35 / 120
        found = peers(asked_in(folder), "district")
        north, south = (found.frame.set_index("key").loc[key] for key in ("north", "south"))
        assert found.common == pytest.approx(146 / 244) and found.elsewhere == 4
        assert (north["value"], north["expected"]) == (pytest.approx(95 / 120), pytest.approx(100 * easy + 20 * hard))
        assert (south["value"], south["expected"]) == (pytest.approx(0.4), pytest.approx(20 * easy + 100 * hard))
        assert (north["ratio"], south["ratio"]) == (
            pytest.approx(95 / (100 * easy + 20 * hard)),
            pytest.approx(48 / (20 * easy + 100 * hard)),
        )
        assert (north["tier"], south["tier"]) == ("far_above", "far_below")
        assert north["adjusted_tier"] == south["adjusted_tier"] == "as_expected"
        assert south["standardised"] == pytest.approx(south["ratio"] * 146 / 244)

    @pytest.mark.parametrize("areas", [(), (("district", "north"),)])
    def test_expected_is_that_of_the_figure_given_types(self, folder: Path, areas: tuple[tuple[str, str], ...]) -> None:
        """Also where one district alone is asked about: what is expected of it is what the city gives."""
        asked = asked_in(folder, replace(MONTH, areas=areas))
        found, figure = (
            peers(asked, "district").frame.set_index("key"),
            measure("ontime_given_types", asked, by="district").frame.set_index("key"),
        )
        assert found["ratio"].to_dict() == {key: pytest.approx(value) for key, value in figure["value"].items() if key != "none"}
        assert found["expected"].to_dict() == {key: pytest.approx(value) for key, value in figure["denominator"].items() if key != "none"}

    def test_small_ones_are_not_drawn_to_the_others_where_there_are_few(self, folder: Path) -> None:
        assert peers(asked_in(folder), "district").frame["shrunk"].isna().all()

    def test_divisions_are_peers_within_their_department_only(self, folder: Path) -> None:
        assert peer_groups(asked_in(folder)) == {"district": "Districts"}
        within = asked_in(folder, replace(MONTH, department=("parks",)))
        assert list(peer_groups(within)) == ["district", "division"]
        found = peers(within, "division").frame.set_index("key")
        assert found["n"].to_dict() == {"lawns": 120, "trees": 120, "parks": 4}
        assert found["state"]["parks"] == "few" and found["tier"].isna()["parks"]
        with pytest.raises(BadQuestion, match="no peers called 'division'"):
            peers(asked_in(folder), "division")

    def test_nothing_due_has_no_peers(self, folder: Path) -> None:
        assert peers(asked_in(folder, MONTH.shifted(364)), "district").frame.empty

    @given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))), st.floats(0.02, 0.98))
    def test_a_point_is_outside_the_funnel_just_when_its_interval_leaves_out_the_common_share(
        self, counts: tuple[int, int], common: float
    ) -> None:
        met, n = counts
        low, high = funnel_limits(common, n)
        interval, z = wilson(met, n), funnel_z(met, n, common)
        assert interval is not None and z is not None
        if abs(abs(z) - Z95) > 1e-6:
            assert (low <= met / n <= high) == (interval[0] <= common <= interval[1]) == (abs(z) < Z95)

    @given(st.lists(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=3, max_size=3), min_size=1, max_size=6))
    def test_observed_is_expected_of_all_peers_together(self, drawn: list[list[tuple[int, int]]]) -> None:
        groups = {str(i): {str(t): (float(met), float(met + late)) for t, (met, late) in enumerate(types)} for i, types in enumerate(drawn)}
        found = standardised(groups)
        if found:
            observed, expected = (sum(facts[name] for facts in found.values()) for name in ("observed", "expected"))
            assert observed == sum(met for types in drawn for met, _ in types)
            assert expected == pytest.approx(observed)


class TestPage:
    def test_the_two_sides_say_what_is_chance_and_what_is_other_work(self, page: Any) -> None:
        asked = asked_for(**QUERY)
        view = view_for(asked, peers="district")
        assert page.draw_funnel(asked, view).finding == "2 of 2 districts lie beyond chance around 59.8 %; below: South; above: North."
        assert page.draw_ratios(asked, view).finding == (
            "Allowing for their mix of types, none of 2 districts differs by more than chance; North and South only looked different: their types explain it."
        )

    def test_every_number_leads_to_its_cases(self, page: Any) -> None:
        asked = asked_for(**QUERY)
        frame = page.draw_ratios(asked, view_for(asked, peers="district")).twin.frame
        assert [listed(address) for address in frame["all"]] == frame["n"].tolist()
        assert [listed(address) for address in frame["met"]] == frame["numerator"].tolist()
        assert [listed(address) for address in frame["href"]] == (frame["n"] - frame["numerator"]).tolist()

    def test_a_department_s_own_work_beside_its_divisions_has_no_list_of_its_own(self, page: Any) -> None:
        asked = asked_for(**QUERY, department="parks")
        frame = page.draw_funnel(asked, view_for(asked, peers="division")).twin.frame.set_index("key")
        assert frame["all"]["parks"] == "" and listed(frame["all"]["trees"]) == 120
        assert frame["shown"].isna()["parks"], "four cases make no share"

    def test_without_peers_the_page_says_so(self, page: Any) -> None:
        asked = asked_for(**QUERY)
        for draw in (page.draw_funnel, page.draw_ratios):
            drawn = draw(asked, {"peers": "none"})
            assert drawn.figure is None and "no peers to compare" in drawn.finding
        asked = asked_for(from_="2025-03-03", to="2025-03-10")
        assert page.draw_funnel(asked, view_for(asked, peers="district")).finding.startswith("No case with a deadline")


def test_names_in_a_funnel_hide_neither_each_other_nor_a_point() -> None:
    """Eight peers with nearly one share and one far away: the lone one is named, of the crowd only those that have room."""
    crowd = [{"label": f"Crowded Place {at}", "value": 0.8 + at / 1000, "n": 900 + 20 * at} for at in range(8)]
    rows = [*crowd, {"label": "Lone Place", "value": 0.3, "n": 400}]
    frame = pd.DataFrame(rows).assign(tier="far_above", state="", href="", said="")
    names = funnel(frame, 0.6)["layout"]["annotations"]
    assert "Lone Place" in [name["text"] for name in names]
    assert 1 < len(names) < len(frame), "not all have room"
    sides = [(name["xanchor"], name["yanchor"]) for name in names if name["text"] != "Lone Place"]
    assert len(set(sides)) == len(sides), "two of the crowd on one side would lie on each other"
