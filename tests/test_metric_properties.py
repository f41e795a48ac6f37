"""What must hold for every figure, whatever the cases, filters, period, grain and instant.

Random small worlds (`tests/support/worlds.py`) are published as real marts; each figure is asked of
the product and of a slow, plain second opinion (`tests/support/plain_metrics.py`).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from access import Viewer
from data_access.city import City
from data_access.mart.reading import Mart
from metrics.ageing import ageing, band_names
from metrics.cases import case_list
from metrics.definitions import METRICS, REGISTRY
from metrics.dictionary.rules import AGE_BOUNDS
from metrics.measure import ask, measure
from metrics.periods import GRAINS, Calendar
from metrics.question import Question
from metrics.select import Asked
from tests.support import worlds
from tests.support.marts import MAYOR, calendar_of
from tests.support.plain_metrics import Plain, quantile
from tests.support.worlds import AS_OF, Case

EXAMPLES = int(os.environ.get("STATROOM_TEST_EXAMPLES") or 25)
WORLDS = 6
CITIES = (
    {"zone": "America/New_York", "week_start": "monday", "fiscal_year_start": 7},
    {"zone": "Australia/Sydney", "week_start": "sunday", "fiscal_year_start": 4},
)
DIMENSIONS = ("department", "division", "request_type", "request_group", "programme", "channel", "outcome", "case_class", "district", "quarter")  # fmt: skip
KNOWN_COMPOSITES = ("net_flow", "ttc_km", "hold_days", "moves_per_case", "deadline_bunching")
PLAIN = tuple(m.id for m in METRICS if m.kind != "composite" or m.id in KNOWN_COMPOSITES)
"""Figures the second opinion knows as rows; the others are made of these and are checked by their parts."""
INSTANT_ONLY = tuple(m.id for m in METRICS if not m.by_period)
ADDED_UP = tuple(m.id for m in METRICS if m.kind in ("flow", "stock", "share") or m.id in ("net_flow", "days_overdue", "moves_per_case"))
SHARES = tuple(m.id for m in METRICS if m.unit == "share")
INSTANT = timedelta(microseconds=1)
FEW = settings(max_examples=EXAMPLES, deadline=None, derandomize=not os.environ.get("STATROOM_TEST_EXAMPLES"))
"""The same examples every run; with STATROOM_TEST_EXAMPLES as many new ones."""


@dataclass(frozen=True, repr=False)
class Place:
    """One city of worlds: its cases, its mart and its calendar."""

    cases: list[Case]
    city: City
    mart: Mart
    calendar: Calendar

    @property
    def begins(self) -> date:
        """The day of the first case."""
        return self.calendar.day_of(min(case.opened for case in self.cases))

    def asked(self, question: Question, viewer: Viewer = MAYOR) -> Asked:
        return ask(self.mart, self.calendar, question, viewer)

    def plain(self, question: Question) -> Plain:
        of = self.calendar
        return Plain(self.cases, question, of.zone, of.week_start, of.fiscal_year_start)


class Places(list[Place]):
    """Both cities; short in messages."""

    def __repr__(self) -> str:
        return "<both cities>"


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Places:
    made = Places()
    for number, facts in enumerate(CITIES):
        folder = tmp_path_factory.mktemp(f"city{number}")
        of = worlds.city(folder, **facts, worlds=WORLDS)  # type: ignore[arg-type]
        cases = [case for w in range(WORLDS) for case in worlds.world(100 * number + w, f"w{w}", str(facts["zone"]))]
        made.append(Place(cases, of, worlds.mart_of(folder, cases, of), calendar_of(of)))
    return made


# Random questions


def _some(values: list[str]) -> st.SearchStrategy[tuple[str, ...]]:
    return st.one_of(st.just(()), st.lists(st.sampled_from(values), min_size=1, max_size=3, unique=True).map(tuple))


@st.composite
def questions(draw: Callable[..., Any]) -> tuple[int, Question]:
    """(which city, a question): about one world or all, any filters, any period, as of now or of an instant at which something happened."""
    number = draw(st.integers(0, len(CITIES) - 1))
    start = draw(st.dates(date(2025, 9, 15), date(2026, 4, 15)))
    days = draw(st.sampled_from((1, 6, 7, 8, 31, 91, 150)))
    programme = draw(st.sampled_from([(), *[(f"w{w}",) for w in range(WORLDS)]]))
    areas = draw(st.sampled_from([(), (("district", "north"),), (("district", "south"), ("quarter", "new"), ("quarter", "old"))]))
    question = Question(
        start, start + timedelta(days=days), draw(instants(number)), draw(st.sampled_from(GRAINS)), programme,
        draw(_some(list(worlds.DEPARTMENTS))), draw(_some(list(worlds.TYPES))), draw(_some(["streets", "pipes"])),
        draw(_some(["phone", "web", "staff"])), draw(st.sampled_from([("service",), (), ("information", "service")])), areas,
        draw(st.sampled_from([(), (), (), ("resolved",), ("unknown", "not_found")])),
    )  # fmt: skip
    return number, question


def instants(number: int) -> st.SearchStrategy[datetime]:
    """The data's own instant, a local midnight, or the very second of some event."""
    zone = str(CITIES[number]["zone"])
    midnight = st.dates(date(2025, 10, 1), date(2026, 4, 19)).map(Calendar(zone).midnight)
    cases = worlds.world(100 * number, "w0", zone)
    events = [at for case in cases for spell in case.spells for at in (*spell, case.due) if at is not None and at < AS_OF]
    return st.one_of(st.just(AS_OF), midnight, st.sampled_from(events))


def answered(metric_id: str, asked: Asked, by: tuple[str, ...] = (), period: bool = False) -> dict[tuple[Any, ...], tuple[Any, ...]]:
    """The product's answer as group and period -> (value, numerator, denominator, n), without empty groups."""
    frame = measure(metric_id, asked, by=by, period=period).frame
    keys = [name for name in ("key", "key_2", "period") if name in frame.columns]
    made = {}
    for row in frame.to_dict("records"):
        if row["n"]:
            key = tuple(row[name].date() if name == "period" else row[name] for name in keys)
            assert key not in made, f"{key} is there twice"
            made[key] = tuple(None if row[name] != row[name] or row[name] is None else row[name] for name in ("value", "numerator", "denominator", "n"))  # fmt: skip
    return made


def agree(found: dict[Any, Any], expected: dict[Any, Any]) -> None:
    assert found.keys() == expected.keys()
    for key, figures in expected.items():
        assert [x is None for x in found[key]] == [x is None for x in figures], key
        assert [x or 0 for x in found[key]] == pytest.approx([x or 0 for x in figures], rel=1e-9, abs=1e-9), key


def value(metric_id: str, place: Place, question: Question) -> float:
    return measure(metric_id, place.asked(question)).value or 0.0


def spans(place: Place, question: Question) -> list[tuple[date, date]]:
    """(first day, end) of each period asked for; the last ends with the question."""
    starts = [*place.calendar.starts(question.start, question.end, question.grain), question.end]
    return list(pairwise(starts))


def last_instant(place: Place, question: Question, end: date) -> datetime:
    """The last instant before `end` begins, or `as_of` when that comes first."""
    return min(place.calendar.midnight(end) - INSTANT, question.as_of)


# The figures themselves


@FEW
@given(questions(), st.lists(st.sampled_from(DIMENSIONS), max_size=2, unique=True).map(tuple), st.booleans())
@pytest.mark.parametrize("metric_id", PLAIN)
def test_every_figure_equals_the_plain_second_opinion(places: Places, metric_id: str, asking: tuple[int, Question], by: tuple[str, ...], period: bool) -> None:  # fmt: skip
    place, question = places[asking[0]], asking[1]
    metric = REGISTRY[metric_id]
    if period and (metric.kind == "stock" or metric_id in (*INSTANT_ONLY, "ontime_closed_plus_overdue")):
        return
    kind = "share" if metric.unit == "share" else metric.kind
    expected = place.plain(question).answer(metric_id, kind, by, question.grain if period else None)
    if period:
        # Of a period before the city's first case, or that it lies in, the count is all there is to say.
        expected = {key: (None, None, None, figures[3]) if key[-1] < place.begins else figures for key, figures in expected.items()}
    agree(answered(metric_id, place.asked(question), by, period), expected)


@FEW
@given(questions(), st.sampled_from(("backlog", "overdue_now")), st.lists(st.sampled_from(DIMENSIONS), max_size=2, unique=True).map(tuple))
def test_a_stock_by_period_is_the_stock_asked_at_the_last_instant_of_each(places: Places, asking: tuple[int, Question], metric_id: str, by: tuple[str, ...]) -> None:  # fmt: skip
    place, question = places[asking[0]], asking[1]
    expected = {}
    for start, end in spans(place, question):
        for key, n in place.plain(question).stock(metric_id, last_instant(place, question, end), by).items():
            expected[(*key, start)] = (n, n, None, n)
    agree(answered(metric_id, place.asked(question), by, True), expected)


@FEW
@given(questions())
def test_the_backlog_changes_by_exactly_what_flowed(places: Places, asking: tuple[int, Question]) -> None:
    """For every filter; opened, closed and reopened alone add up too where no department is chosen (a closing counts where it was closed)."""
    place, question = places[asking[0]], asking[1]
    before = value("backlog", place, question.about(as_of=place.calendar.midnight(question.start) - INSTANT))
    after = value("backlog", place, question.about(as_of=last_instant(place, question, question.end)))
    if place.calendar.midnight(question.start) > question.as_of:
        return
    assert after == before + value("net_flow", place, question)
    if not question.department:
        assert after == before + value("opened", place, question) - value("closed", place, question) + value("reopened", place, question)


@FEW
@given(questions())
def test_weekly_flows_explain_the_weekly_backlog(places: Places, asking: tuple[int, Question]) -> None:
    place, question = places[asking[0]], asking[1]
    asked = place.asked(question)
    levels = measure("backlog", asked, period=True).frame["value"].tolist()
    flows = measure("net_flow", asked, period=True).frame["value"].tolist()
    known = [(b - a, flow) for (a, b), flow in zip(pairwise(levels), flows[1:], strict=True) if a == a and flow == flow]
    assert [grown for grown, _ in known] == [flow for _, flow in known]


@FEW
@given(questions(), st.sampled_from(ADDED_UP), st.lists(st.sampled_from(DIMENSIONS), min_size=1, max_size=2, unique=True).map(tuple))
def test_the_parts_of_any_split_add_up_to_the_whole(places: Places, asking: tuple[int, Question], metric_id: str, by: tuple[str, ...]) -> None:  # fmt: skip
    place, question = places[asking[0]], asking[1]
    asked = place.asked(question)
    whole, parts = measure(metric_id, asked).frame, measure(metric_id, asked, by=by).frame
    for figure in ("n", "numerator"):
        assert parts[figure].sum() == whole[figure].fillna(0).sum()
    if metric_id not in INSTANT_ONLY and REGISTRY[metric_id].kind != "stock" and REGISTRY[metric_id].window:
        weeks = measure(metric_id, asked, by=by[0], period=True).frame
        assert weeks["n"].sum() == whole["n"].sum()


@FEW
@given(questions(), st.sampled_from(SHARES), st.booleans())
def test_a_share_is_never_above_one_and_never_stands_without_its_n(places: Places, asking: tuple[int, Question], metric_id: str, period: bool) -> None:  # fmt: skip
    # Of a period before the data begin nothing is known, not even its n.
    frame = measure(metric_id, places[asking[0]].asked(asking[1]), by="department", period=period).frame.dropna(subset=["n"])
    assert (frame["numerator"] <= frame["denominator"]).all()
    assert frame["value"].dropna().between(0, 1).all()
    early = frame["period"] < pd.Timestamp(places[asking[0]].begins) if period else False
    assert (frame["value"].isna() == ((frame["n"] == 0) | early)).all()


@FEW
@given(questions(), st.sampled_from((None, *DIMENSIONS)))
def test_ages_of_open_cases_fill_their_bands_and_add_up_to_the_backlog(places: Places, asking: tuple[int, Question], by: str | None) -> None:  # fmt: skip
    place, question = places[asking[0]], asking[1]
    frame = ageing(place.asked(question), by)
    split = () if by is None else (by,)
    expected: dict[Any, float] = {}
    plain = place.plain(question)
    for row in plain.rows("backlog"):
        days = (question.as_of - row.case.opened).total_seconds() / 86_400
        band = next(name for low, name in reversed(list(zip(AGE_BOUNDS, band_names(), strict=True))) if days >= low)
        key = (*plain.groups(row, split, None), band)
        expected[key] = expected.get(key, 0) + 1
    keys = ["key", "band"] if by else ["band"]
    assert {tuple(row[k] for k in keys): row["n"] for row in frame.to_dict("records") if row["n"]} == expected
    assert frame["n"].sum() == value("backlog", place, question)


@FEW
@given(questions())
def test_the_mixed_on_time_figure_meets_the_same_overdue_cases_every_period(places: Places, asking: tuple[int, Question]) -> None:
    place, question = places[asking[0]], asking[1]
    found = measure("ontime_closed_plus_overdue", place.asked(question), period=True).frame
    overdue = sum(row.at is None for row in place.plain(question).rows("ontime_closed_plus_overdue"))
    closed = place.plain(question).answer("ontime_closed", "share", (), question.grain)
    for row in found[found["period"] >= pd.Timestamp(place.begins)].itertuples():
        _, hits, n, _ = closed.get((row.period.date(),), (None, 0.0, 0.0, 0.0))
        assert (row.numerator, row.denominator) == (hits, n + overdue)


@FEW
@given(questions(), st.sampled_from((None, "department", "channel")))
def test_durations_give_mean_and_ninetieth_percentile_of_the_same_rows(places: Places, asking: tuple[int, Question], by: str | None) -> None:  # fmt: skip
    place, question = places[asking[0]], asking[1]
    for metric_id in ("ttc_closed", "days_overdue", "due_extended_days", "hold_days"):
        rows: dict[Any, list[float]] = {}
        plain = place.plain(question)
        for row in plain.rows(metric_id):
            rows.setdefault(plain.groups(row, (by,) if by else (), None), []).append(row.days)
        frame = measure(metric_id, place.asked(question), by=by).frame
        found = {(row["key"],) if by else (): (row["mean"], row["p90"]) for row in frame.to_dict("records") if row["n"]}
        assert found.keys() == rows.keys()
        for key, days in rows.items():
            assert found[key] == pytest.approx((sum(days) / len(days), quantile(days, 0.9)))


@FEW
@given(questions(), st.sampled_from((None, "department", "request_type")))
def test_figures_made_of_figures_follow_from_their_parts(places: Places, asking: tuple[int, Question], by: str | None) -> None:
    """Clearance is closed / opened; weeks of work is the backlog over an eighth of the closings of the last 8 complete weeks."""
    place, question = places[asking[0]], asking[1]
    split, plain = (by,) if by else (), place.plain(question)
    opened, closed = plain.answer("opened", "flow", split), plain.answer("closed", "flow", split)
    found = answered("clearance_rate", place.asked(question), split)
    for key, figures in opened.items():
        assert found[key][0] == pytest.approx(closed.get(key, (0.0,))[0] / figures[0])
    monday = plain.start_of(plain.day(question.as_of), "week")
    recent = place.plain(question.about(start=monday - timedelta(weeks=8), end=monday)).answer("closed", "flow", split)
    found = answered("weeks_of_work", place.asked(question), split)
    backlog = plain.answer("backlog", "stock", split)
    assert found.keys() == backlog.keys()
    for key, figures in backlog.items():
        closings = recent.get(key, (0.0,))[0]
        assert found[key][0] == (pytest.approx(figures[0] / (closings / 8)) if closings else None)


@FEW
@given(questions(), st.sampled_from(("district", "quarter")))
def test_reports_per_thousand_are_of_the_people_who_live_there(places: Places, asking: tuple[int, Question], layer: str) -> None:
    """South has 400 people, too few to say; nobody lives in west; the rest of the map is nowhere."""
    place, question = places[asking[0]], asking[1].about(areas=())
    counts = place.plain(question).answer("resident_opened", "flow", (layer,))
    found = answered("per_1000", place.asked(question), (layer,))
    assert found.keys() == counts.keys()
    for (area,), figures in counts.items():
        people = worlds.LAYERS[layer].get(str(area)) or 0
        assert found[(area,)][0] == (pytest.approx(figures[0] / people * 1000) if people >= 500 else None)


# What was known then, and what is nobody else's business


@pytest.fixture(scope="module")
def then(places: Places, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[datetime, Place]]:
    """The first city as its mart would have been at two instants, one of them the very second of a closing."""
    place = places[0]
    made = []
    for at in (place.calendar.midnight(date(2026, 1, 12)), sorted(c.spells[0][1] for c in place.cases if c.spells[0][1])[200]):
        known = [case for whole in place.cases if (case := whole.known_at(at)) is not None]
        folder = tmp_path_factory.mktemp("then")
        made.append((at, Place(known, place.city, worlds.mart_of(folder, known, place.city, as_of=at), place.calendar)))
    return made


@FEW
@given(
    questions(),
    st.sampled_from([m.id for m in METRICS]),
    st.sampled_from((None, "request_type", "quarter")),
    st.booleans(),
    st.integers(0, 1),
)
def test_a_figure_of_a_past_instant_is_the_figure_they_had_then(places: Places, then: list[tuple[datetime, Place]], asking: tuple[int, Question], metric_id: str, by: str | None, period: bool, which: int) -> None:  # fmt: skip
    at, past = then[which]
    question = asking[1].about(as_of=at)
    if period and metric_id in INSTANT_ONLY:
        return
    now, before = (measure(metric_id, place.asked(question), by=by, period=period).frame for place in (places[0], past))
    pd.testing.assert_frame_equal(now, before)


@pytest.fixture(scope="module")
def alone(places: Places, tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, ...], Place]:
    """The first city without the rows that other departments own."""
    place = places[0]
    made = {}
    for departments in (("parks",), ("lawns", "roads")):
        own = {*departments, *(name for name, above in worlds.DEPARTMENTS.items() if above in departments)}
        cases = [case for case in place.cases if case.owners[-1][1] in own]
        folder = tmp_path_factory.mktemp("alone")
        made[departments] = Place(cases, place.city, worlds.mart_of(folder, cases, place.city), place.calendar)
    return made


@FEW
@given(questions(), st.sampled_from([m.id for m in METRICS]), st.sampled_from((None, *DIMENSIONS)), st.booleans(), st.sampled_from((("parks",), ("lawns", "roads"))))  # fmt: skip
def test_a_department_s_figures_do_not_depend_on_others_cases(places: Places, alone: dict[tuple[str, ...], Place], asking: tuple[int, Question], metric_id: str, by: str | None, period: bool, departments: tuple[str, ...]) -> None:  # fmt: skip
    head = Viewer("h", "Head", "department", departments)
    question = asking[1]
    if period and metric_id in INSTANT_ONLY:
        return
    among, by_itself = (
        measure(metric_id, place.asked(question, head), by=by, period=period).frame for place in (places[0], alone[departments])
    )
    pd.testing.assert_frame_equal(among, by_itself)


@FEW
@given(questions(), st.sampled_from(ADDED_UP), st.sampled_from((("parks",), ("trees",), ("lawns", "roads"))))
def test_a_department_s_viewer_sees_groups_of_his_own_only_and_they_add_up(places: Places, asking: tuple[int, Question], metric_id: str, departments: tuple[str, ...]) -> None:  # fmt: skip
    asked = places[asking[0]].asked(asking[1], Viewer("h", "Head", "department", departments))
    own = {*departments, *(name for name, above in worlds.DEPARTMENTS.items() if above in departments)}
    whole = measure(metric_id, asked)
    for by in ("department", "division"):
        parts = measure(metric_id, asked, by=by).frame
        assert set(parts["key"]) <= own
        assert parts["n"].sum() == whole.n


@FEW
@given(questions(), st.sampled_from(ADDED_UP), st.sampled_from((None, ("parks",), ("trees",), ("lawns", "roads"))))
def test_a_group_is_what_its_name_as_a_filter_gives(places: Places, asking: tuple[int, Question], metric_id: str, departments: tuple[str, ...] | None) -> None:  # fmt: skip
    """So that the list that a group's bar leads to holds what the bar counts, also below a filter that names a division."""
    viewer = MAYOR if departments is None else Viewer("h", "Head", "department", departments)
    place, question = places[asking[0]], asking[1]
    for row in measure(metric_id, place.asked(question, viewer), by="department").frame.itertuples():
        assert measure(metric_id, place.asked(question.about(department=(row.key,)), viewer)).n == row.n


@FEW
@given(questions(), st.sampled_from([m.id for m in METRICS if m.rows]), st.sampled_from((("parks",), ("lawns", "roads"), ())))
def test_a_department_s_lists_hold_its_own_cases_and_as_many_as_were_counted(places: Places, asking: tuple[int, Question], metric_id: str, departments: tuple[str, ...]) -> None:  # fmt: skip
    place, question = places[0], asking[1]
    asked = place.asked(question, Viewer("h", "Head", "department", departments))
    page = case_list(asked, metric_id, sort="source_id", limit=500)
    own = {*departments, *(name for name, above in worlds.DEPARTMENTS.items() if above in departments)}
    owner = {case.id: case.owners[-1][1] for case in place.cases}
    assert {owner[source_id] for source_id in page.frame["source_id"]} <= own
    counted = [row.case.id for row in place.plain(question).rows(metric_id) if owner[row.case.id] in own and row.owner in own]
    assert sorted(page.frame["source_id"]) == sorted(counted)
    assert page.total == len(counted)
