"""What really changed: series judged by one set of rules, told once, and the noise left out.

Thirty weeks from Monday 1 September 2025. Parks' trees: 24 and 20 in turn, then 44 from week 20 on. Roads' potholes: 40 and 30 in turn
throughout. Water's leaks: 3 a week. Every case is closed and due the day after; trees are late from week 20 on.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from flask import Flask

from access import Viewer
from data_access.mart.reading import open_mart
from data_access.store.annotations import Annotation
from metrics import signals, xmr
from metrics.measure import ask, measure
from metrics.movers import movers
from metrics.notes import Rebasing, concerns
from metrics.question import BadQuestion, Question
from metrics.select import Asked
from metrics.signal_list import SILENT_DAY, narrowed, signal_list
from metrics.weekly import COLUMNS, METRICS, WHOLE, Weekly, weekly
from tests.support.desks import asked_for, at_desk, listed
from tests.support.marts import MAYOR, calendar_of, make_mart, settings_in, small_city

CITY = small_city("UTC")
FIRST, WEEKS = datetime(2025, 9, 1, 9), 30
AS_OF = datetime(2026, 4, 1, 12)
QUESTION = Question(date(2025, 9, 1), date(2026, 3, 30), AS_OF)
COUNTS = {
    ("parks", "tree"): [24, 20] * 10 + [44] * 10,
    ("roads", "pothole"): [40, 30] * 15,
    ("water", "leak"): [3] * 30,
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("signals")
    cases: list[dict[str, Any]] = []
    for (department, kind), counts in COUNTS.items():
        for week, count in enumerate(counts):
            opened = FIRST + timedelta(weeks=week)
            late = kind == "tree" and week >= 20
            cases += [
                {"source_id": f"{kind}-{week}-{n}", "department": department, "request_type": kind, "case_class": "service", "opened_at": opened,
                 "closed_at": opened + timedelta(days=3 if late else 0, hours=1), "status": "closed", "due_at": opened + timedelta(days=1)}
                for n in range(count)
            ]  # fmt: skip
    make_mart(folder, cases, as_of=AS_OF, city=CITY)
    return folder


@pytest.fixture(scope="module")
def asked(folder: Path) -> Asked:
    return ask(open_mart(settings_in(folder)), calendar_of(CITY), QUESTION, MAYOR)


def note(**instead: Any) -> Annotation:
    made = Annotation(1, date(2026, 1, 19), None, "policy", "New crew", "A second crew.", "", "request_type=tree", True, "Mayor", AS_OF)
    return dataclasses.replace(made, **instead)


class TestTheList:
    def test_one_change_is_one_line(self, asked: Asked) -> None:
        """Parks, its one type and the city say the same of openings, closings and promises: 10 weeks of 22 trees more than 22."""
        found = signal_list(asked)
        line = found.lines.iloc[0]
        assert (len(found.lines), line["label"], line["metric"], line["since"], line["weeks"], line["sign"]) == (
            1,
            "tree",
            "ontime_due",
            date(2026, 1, 19),
            10,
            -1,
        )
        assert line["cases"] == 440, "not one of ten times 44 in time"
        assert {part["metric"] for part in line["also"]} == {"opened", "closed", "ontime_due"}
        assert line["owner"] == "parks"

    def test_series_are_quiet_or_told_or_too_small_and_every_one_is_counted(self, asked: Asked) -> None:
        """Of two types and two departments and the whole: opened, closed, on time. Leaks come 3 a week; nothing stays open."""
        found = signal_list(asked)
        assert (found.series, found.with_signal, found.faint, found.quiet) == (15, 9, 0, 6)
        assert found.few_cases == 6 + 7 + 3, (
            "three figures of water and of leaks, the backlogs of all seven, and what was overdue of trees, parks and all"
        )
        assert found.few_weeks == 0

    def test_weeks_before_the_data_begin_are_no_weeks_with_few_cases(self, asked: Asked) -> None:
        """Asked from two years before the first case, the baseline still is the first 12 weeks that are known."""
        early = asked.about(asked.question.about(start=asked.question.start - timedelta(weeks=104)))
        assert (
            signal_list(early, metric="opened", dimension="request_type").series
            == signal_list(asked, metric="opened", dimension="request_type").series
            > 0
        )

    def test_a_figure_and_a_dimension_alone(self, asked: Asked) -> None:
        found = signal_list(asked, metric="opened", dimension="department")
        assert found.lines[["metric", "key", "cases"]].values.tolist() == [["opened", "parks", 220]]
        assert (found.series, found.few_cases) == (2, 1)

    def test_before_the_change_there_is_none(self, asked: Asked) -> None:
        before = asked.about(QUESTION.about(end=date(2026, 1, 19), as_of=datetime(2026, 1, 20)))
        found = signal_list(before)
        assert found.lines.empty and found.quiet == found.series == 15

    def test_a_department_head_reads_of_the_own_department(self, asked: Asked) -> None:
        head = ask(asked.mart, asked.calendar, QUESTION, Viewer("r", "Roads", "department", ("roads",)))
        assert signal_list(head).lines.empty and signal_list(head).series == 9
        nobody = ask(asked.mart, asked.calendar, QUESTION, Viewer("n", "Nobody", "department", ()))
        assert signal_list(nobody).lines.empty

    def test_what_moved_this_week_is_a_signal_where_the_list_has_one(self, asked: Asked) -> None:
        moved = movers(asked, 100)
        assert set(moved["key"][moved["is_signal"]]) == {"parks", "tree"}

    def test_a_day_on_which_nothing_was_recorded_is_named(self, folder: Path, tmp_path: Path) -> None:
        """Twelve cases a day but on Wednesday 25 March 2026: the week has 72 of 84, which alone proves nothing."""
        days = [date(2025, 10, 6) + timedelta(days=n) for n in range(175)]
        cases = [
            {"source_id": f"{day}-{n}", "department": "parks", "request_type": "tree", "case_class": "service", "opened_at": datetime(day.year, day.month, day.day, 9)}
            for day in days for n in range(12) if day != date(2026, 3, 25)
        ]  # fmt: skip
        make_mart(tmp_path, cases, as_of=AS_OF, city=CITY)
        town = ask(open_mart(settings_in(tmp_path)), calendar_of(CITY), QUESTION, MAYOR)
        lines = signal_list(town, metric="opened", dimension=WHOLE).lines
        silent = lines[[SILENT_DAY in rules for rules in lines["rules"]]]
        assert silent[["since", "cases", "expected"]].values.tolist() == [[date(2026, 3, 25), 12, 12]]


@pytest.mark.parametrize("metric", METRICS)
@pytest.mark.parametrize("dimension", ["department", "request_type"])
def test_the_series_are_the_figures_of_every_other_page(asked: Asked, metric: str, dimension: str) -> None:
    """As `measure` answers them, week by week; where it has no row, nothing was counted."""
    of = weekly(asked, date(2025, 9, 1))
    frame = measure(metric, asked, by=dimension, period=True).frame
    wide = frame.pivot(index="key", columns="period", values="value").reindex(columns=signals.pd.to_datetime(list(of.weeks)))
    mine = of.rows[(of.rows["metric"] == metric) & (of.rows["dimension"] == dimension)]
    assert sorted(mine["key"]) == sorted(wide.index)
    fill = np.nan if metric == "ontime_due" else 0.0
    for at, key in zip(mine.index, mine["key"], strict=True):
        np.testing.assert_allclose(of.value[at], wide.loc[key].fillna(fill).to_numpy("float64"))


class TestABaselineOfOnesOwn:
    def test_a_person_s_note_begins_it_anew(self, asked: Asked) -> None:
        """From 19 January on 44 trees a week and none on time are usual: the line goes."""
        assert signal_list(asked, Rebasing([note()])).lines["key"].tolist() == ["parks"], "the note is about the type"
        of = signals.board(narrowed(asked, "request_type", "tree"), Rebasing([note()]), metrics=("opened",), dimensions=())
        limits = of.result.limits(0)
        assert limits is not None and (limits.mean, limits.trial) == (44, True)
        assert of.first[0] == 20

    @pytest.mark.parametrize(("scope", "metric", "filters", "expected"), [
        ("", "opened", {}, True), ("department=parks", "opened", {}, False), ("department=parks", "opened", {"department": frozenset({"parks"})}, True),
        ("department=parks%2Croads", "opened", {"department": frozenset({"parks"}), "request_type": frozenset({"tree"})}, True),
        ("department=parks", "opened", {"department": frozenset({"parks", "roads"})}, False),
    ])  # fmt: skip
    def test_a_note_concerns_what_lies_within_its_filters(self, scope: str, metric: str, filters: signals.Filters, expected: bool) -> None:
        assert concerns(note(filters=scope), metric, filters) is expected

    def test_a_note_about_one_figure_concerns_no_other(self) -> None:
        assert not concerns(note(metric="closed", filters=""), "opened", {})


def board_of(values: list[float], metric: str = "opened", count: int | None = None) -> signals.Board:
    n = np.array([values])
    rows = signals.pd.DataFrame([(metric, "request_type", "a", "A")], columns=list(COLUMNS))
    weeks = tuple(date(2020, 1, 6) + timedelta(weeks=week) for week in range(len(values)))
    return signals.judge(Weekly(rows, weeks, n, n, ~np.isnan(n), {}, {}), count or len(values) - signals.YEAR)


class TestWhatIsJudged:
    def test_a_season_is_no_signal(self) -> None:
        """Two years of the same snow: 100 a week more in winter. The difference to the year before has nothing in it."""
        year = [150.0 if week < 13 else 50.0 for week in range(52)]
        rng = np.random.default_rng(1)
        snow = board_of([value + noise for value, noise in zip(year * 3, rng.integers(-5, 6, 156), strict=True)], count=52)
        assert snow.is_seasonal.tolist() == [True]
        assert signals.episodes(snow).query("clear").empty

    def test_a_stock_is_judged_by_its_change(self) -> None:
        """It grew by 5 every week for years: nothing changed."""
        stock = board_of([100.0 + 5 * week for week in range(104)], "backlog")
        assert stock.is_change.tolist() == [True]
        assert stock.result.mean.tolist() == [5] and not stock.result.broken.any()

    def test_a_gap_is_no_zero(self) -> None:
        values = [20.0, 24.0] * 52
        values[80] = float("nan")
        assert not board_of(values).result.broken.any()

    def test_short_gaps_do_not_end_a_signal(self) -> None:
        flags, signs = np.array([1, 1, 0, 0, 0, 1, 0, 0, 0, 0, 1], dtype=bool), np.ones(11)
        assert signals._spans(flags, signs) == [(0, 5), (10, 10)]
        signs[5] = -1
        assert signals._spans(flags, signs) == [(0, 1), (5, 5), (10, 10)]

    def test_many_series_are_judged_as_each_alone(self) -> None:
        rng = np.random.default_rng(7)
        values = rng.poisson(20, (60, 40)).astype("float64")
        values[rng.random((60, 40)) < 0.1] = np.nan
        together = xmr.judged(values)
        for row in range(60):
            known = np.flatnonzero(~np.isnan(values[row]))
            alone = values[row, known].tolist()
            limits = xmr.limits(alone)
            assert limits is not None and together.limits(row) == limits
            found = xmr.signals(alone, limits)
            for rule, name in enumerate(xmr.RULES):
                assert np.flatnonzero(together.broken[rule, row]).tolist() == known[getattr(found, name)].tolist(), (row, name)

    def test_a_running_week_and_those_before_the_data_are_not_there(self, asked: Asked) -> None:
        running = asked.about(QUESTION.about(end=date(2026, 4, 6)))
        assert signals.window(running) == (date(2025, 9, 1), date(2026, 3, 30))
        early = weekly(asked, date(2025, 8, 18), ("opened",), ())
        assert early.weeks[0] == date(2025, 8, 18) and early.known[0, :4].tolist() == [False, False, True, True]


class TestThePage:
    @pytest.fixture
    def page(self, staff_app: Flask, folder: Path) -> Iterator[Any]:
        from pages.staff import signals as page

        with at_desk(folder):
            yield page

    def view(self, asked: Asked, **query: str) -> Any:
        from tests.support.desks import view_for

        return view_for(asked, **query)

    def test_the_list_says_what_why_and_how_much_was_looked_at(self, page: Any) -> None:
        asked = asked_for(from_="2025-09-01", to="2026-03-30")
        drawn = page.draw_list(asked, self.view(asked))
        assert drawn.finding == "1 signal; most cases: tree: on time, 440 fewer on time than its baseline leads to expect."
        row = drawn.twin.frame.iloc[0]
        assert (row["rule"], row["verdict"], row["ask"]) == (
            "10 weeks: outside its limits and 7 or more in a row on one side of its mean",
            "worse",
            "parks",
        )
        assert drawn.note.startswith("6 of 15 series: no signal. Not judged: 16 series with fewer than 10 cases a week.")
        assert "of 100 series are listed in a week by chance" in drawn.note
        assert listed(row["href"]) == row["n"] == 44

    def test_the_chosen_series_stands_in_the_address_and_on_the_chart(self, page: Any) -> None:
        asked = asked_for(from_="2025-09-01", to="2026-03-30")
        link = page.draw_list(asked, self.view(asked)).twin.frame["open"].iloc[0]
        assert "series=ontime_due.request_type.tree" in link
        drawn = page.draw_chosen(asked, self.view(asked, series="opened.request_type.tree"))
        assert drawn.finding == "tree: 220 more opened than expected since the week of 19 Jan 2026: a signal."
        assert drawn.figure["data"][0]["y"] == COUNTS["parks", "tree"]
        for address, count in list(zip(drawn.figure["data"][0]["customdata"], COUNTS["parks", "tree"], strict=True))[-3:]:
            assert listed(address) == count

    @pytest.mark.parametrize(
        "series", ["opened", "reports.whole.whole", "opened.request_type.nothing", "opened.outcome.resolved", "opened.whole.x"]
    )
    def test_a_series_there_is_not_is_refused(self, page: Any, series: str) -> None:
        asked = asked_for()
        with pytest.raises(BadQuestion, match="no such series"):
            page.draw_chosen(asked, self.view(asked, series=series))

    def test_with_nothing_to_tell_it_says_so(self, page: Any) -> None:
        asked = asked_for(from_="2025-09-01", to="2026-01-19", as_of="2026-01-18")
        assert (
            page.draw_list(asked, self.view(asked)).finding
            == "No signal: in the last complete week all of 15 series stayed within their ordinary ups and downs."
        )
