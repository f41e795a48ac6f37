"""What residents may ask, and that no number withheld from them follows from all they are told.

The attacker of these tests asks every question that is answered, writes down what it says of the smallest groups that
could lie behind it, and solves for the numbers that were withheld.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from access import PUBLIC_VIEWER
from data_access.mart.reading import open_mart
from metrics import release
from metrics.answer import WITHHELD
from metrics.definitions import METRICS, REGISTRY
from metrics.measure import ask, counted, measure
from metrics.question import BadQuestion, Question, parse_question, to_query
from metrics.release import RELEASED
from metrics.select import Asked
from metrics.suppression import LEAST_COUNT, LEAST_FOR_RATE, protected, threshold_of
from settings import Settings
from tests.support import worlds
from tests.support.marts import MAYOR, calendar_of, settings_in, small_city
from tests.support.worlds import AS_OF

ZONE = "America/New_York"
MEMORY: dict[str, dict[str, Any]] = {}
"""What was counted already, by mart."""
QUARTER = Question(date(2026, 1, 1), date(2026, 4, 1), AS_OF)
TWO = QUARTER.about(start=date(2025, 10, 1), grain="quarter")
PLACES = [(), *[((layer, area),) for layer, areas in worlds.LAYERS.items() for area in areas]]
SERVICES = [(), *[(kind,) for kind in worlds.TYPES]]
SPLITS = [None, "request_type", *worlds.LAYERS, *[("request_type", layer) for layer in worlds.LAYERS]]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("released")
    city = worlds.city(folder, ZONE)
    worlds.mart_of(folder, [replace(case, case_class="service") for case in worlds.world(5, "w0", ZONE, 420)], city).close()
    return folder


def _asked(folder: Path, question: Question, audience: str = "public") -> Asked:
    mart = open_mart(settings_in(folder, audience))
    asked = ask(mart, calendar_of(small_city(ZONE)), question, PUBLIC_VIEWER if audience == "public" else MAYOR)
    return replace(asked, memory=MEMORY.setdefault(mart.edition, {}))


# What is refused

REFUSED: list[tuple[dict[str, Any], Any, bool]] = [
    ({"request_type": ("litter", "leak", "stump")}, None, False),  # all but one service
    ({"request_type": ("litter", "leak")}, None, False),
    ({"areas": (("district", "north"), ("district", "south"))}, None, False),
    ({"areas": (("district", "north"), ("quarter", "old"))}, None, False),  # where two layers cut each other
    ({"areas": (("district", "north"),)}, "quarter", False),
    ({}, ("district", "quarter"), False),
    ({"department": ("parks",)}, None, False), ({"channel": ("web",)}, None, False), ({"case_class": ()}, None, False),
    ({"request_group": ("streets",)}, None, False), ({"programme": ("w0",)}, None, False), ({"outcome": ("resolved",)}, None, False),
    ({}, "department", False), ({}, "channel", False), ({}, "outcome", False), ({}, "case_class", False), ({}, "division", False),
    ({"end": date(2026, 3, 31)}, None, False), ({"start": date(2026, 1, 2)}, None, False),  # a day apart
    ({"start": date(2026, 3, 2), "end": date(2026, 3, 9)}, None, False),  # one week
    ({"end": date(2026, 5, 1)}, None, False),  # a month that has not ended
    ({"end": date(2026, 2, 1), "request_type": ("leak",)}, None, False),  # a month of one service
    ({"start": date(2025, 10, 1), "request_type": ("leak",)}, None, False),  # two quarters of it, less one
    ({"start": date(2025, 10, 1)}, "request_type", False),
    ({"grain": "week"}, None, True), ({"grain": "day"}, None, True), ({"grain": "month", "request_type": ("leak",)}, None, True),
    ({"grain": "month"}, "request_type", True), ({"grain": "fiscal_year"}, "district", True),
    ({"as_of": AS_OF - timedelta(seconds=1)}, None, False), ({"as_of": datetime(2026, 4, 10, 4)}, None, False),
]  # fmt: skip


@pytest.mark.parametrize("metric", ["opened", "backlog"])
@pytest.mark.parametrize(("change", "by", "period"), REFUSED)
def test_a_question_that_could_be_subtracted_from_another_is_refused(
    folder: Path, change: dict[str, Any], by: Any, period: bool, metric: str
) -> None:
    with pytest.raises(BadQuestion, match=r"^Published figures .*\.$"):
        measure(metric, _asked(folder, QUARTER.about(**change)), by=by, period=period)


@pytest.mark.parametrize("metric", [m.id for m in METRICS if m.id not in RELEASED])
def test_what_is_not_released_is_a_figure_for_staff(folder: Path, metric: str) -> None:
    with pytest.raises(BadQuestion, match="is not published"):
        measure(metric, _asked(folder, QUARTER))


@pytest.mark.parametrize("as_of", ["2026-04-10", "2026-04-20T16:34:55Z", "2026-04-19", "2026-04-20T12:00:00-04:00"])
def test_no_earlier_state_can_be_asked_for(folder: Path, as_of: str) -> None:
    asked = _asked(folder, QUARTER)
    with pytest.raises(BadQuestion, match="leave as_of out"):
        parse_question({"as_of": as_of}, PUBLIC_VIEWER, asked.mart, asked.calendar)
    assert parse_question({"as_of": "2026-04-20"}, PUBLIC_VIEWER, asked.mart, asked.calendar).as_of == AS_OF


def test_a_resident_who_asks_nothing_is_told_of_the_last_quarter(folder: Path) -> None:
    asked = _asked(folder, QUARTER)
    question = parse_question({}, PUBLIC_VIEWER, asked.mart, asked.calendar)
    assert (question.start, question.end) == (date(2026, 1, 1), date(2026, 4, 1))
    assert to_query(question, asked.mart)["during"] == "2026-Q1"
    before = parse_question({"during": "2025-Q4"}, PUBLIC_VIEWER, asked.mart, asked.calendar)
    assert (before.start, before.end) == (date(2025, 10, 1), date(2026, 1, 1))
    with pytest.raises(BadQuestion, match="write a quarter such as"):
        parse_question({"during": "2025-Q5"}, PUBLIC_VIEWER, asked.mart, asked.calendar)


# What is told, and what follows from it


def test_what_was_opened_does_not_follow_from_two_stocks_and_what_was_closed_between_them(folder: Path) -> None:
    """Open at the end = open before + opened - closed: so only one stock is ever told, that of now."""
    for metric in ("backlog", "overdue_now"):
        for grain in ("month", "quarter", "fiscal_year"):
            with pytest.raises(BadQuestion, match="without periods"):
                measure(metric, _asked(folder, TWO.about(grain=grain)), by=None, period=True)


@pytest.mark.parametrize(
    ("metric", "period"), [(metric, period) for metric in ("opened", "ontime_due", "ttc_km", "clearance_rate", "backlog") for period in (False, True)
                           if (metric, period) != ("backlog", True)],
)  # fmt: skip
def test_what_is_told_is_right_and_of_enough_cases(folder: Path, metric: str, period: bool) -> None:
    least = threshold_of(REGISTRY[metric].unit)
    shown = 0
    for services, areas, by in product(SERVICES[:2], (PLACES[0], PLACES[1], PLACES[-1]), SPLITS):
        question = (TWO if period else QUARTER).about(request_type=services, areas=areas)
        try:
            frame = measure(metric, _asked(folder, question), by=by, period=period).frame
        except BadQuestion:
            continue
        exact = counted(REGISTRY[metric], _asked(folder, question, "public"), by, period)
        assert len(frame) == len(exact)
        for told, true in zip(frame.to_dict("records"), exact.to_dict("records"), strict=True):
            if told["suppressed"]:
                assert all(told[name] != told[name] for name in ("value", "numerator", "denominator", "n"))
            elif true["n"]:
                shown += 1
                assert true["n"] >= least and told["value"] in (true["value"], pytest.approx(true["value"], nan_ok=True))
    assert shown


@pytest.mark.parametrize("metric", ["opened", "ontime_due"])
def test_no_withheld_number_follows_from_all_that_is_told(folder: Path, metric: str) -> None:
    attacker = Attacker(folder, metric)
    assert attacker.small, "nothing to find out"
    for cell in attacker.small:
        low, high = attacker.bounds(cell)
        assert high - low >= 1, f"{cell} must be {low}"


def test_figures_that_count_the_same_cases_do_not_tell_what_the_other_withholds(folder: Path) -> None:
    """The n of a time to close is the number opened: where that is withheld, so is this."""
    for by in (("request_type", "district"), "request_type", "district", "quarter"):
        opened = measure("opened", _asked(folder, QUARTER), by=by).frame
        names = [name for name in ("key", "key_2") if name in opened.columns]
        hidden = set(opened.loc[opened["suppressed"], names].itertuples(index=False, name=None))
        for metric in ("ttc_km", "closed_within_7_days", "transfer_rate", "clearance_rate"):
            frame = measure(metric, _asked(folder, QUARTER), by=by).frame
            told = set(frame.loc[~frame["suppressed"], names].itertuples(index=False, name=None))
            assert not told & hidden, metric


def test_what_lies_in_no_area_is_hidden_in_both_layers_and_nothing_else_for_it(demo_public_settings: Settings) -> None:
    """Potholes: 4 in one district, where they are 2 and 2; 50 in another, 6 and 44; 60 in each further one; 12 on no map.

    The 4 are hidden, and with them the 12; which are the same 12 cases by district and by neighbourhood.
    """
    mart = open_mart(demo_public_settings)
    asked = ask(mart, calendar_of(small_city(ZONE)), Question(date(2025, 1, 1), date(2025, 4, 1), mart.as_of), PUBLIC_VIEWER)
    parts: dict[str, list[str]] = {area.slug: [] for area in mart.dimensions.areas("district")}
    for area in mart.dimensions.areas("neighbourhood"):
        parts[str(area.extra["parent_slug"])].append(area.slug)
    few, some, *others = sorted(parts, key=lambda district: len(parts[district]))
    n = {
        ("none", "none"): 12,
        **{(few, part): 2 for part in parts[few][:2]},
        **dict(zip([(some, part) for part in parts[some]], (6, 44), strict=False)),
    }
    n |= {(district, parts[district][0]): 60 for district in others}
    rest = [("none", "none"), *((district, part) for district in parts for part in parts[district])]

    def made_up(_metric: Any, _asked: Any, by: tuple[str, str], _period: bool) -> pd.DataFrame:
        at = ("district", "neighbourhood").index(by[1])
        rows = [{"key": "pothole", "key_2": place[at], "n": count} for place, count in n.items()]
        return pd.DataFrame(
            rows + [{"key": other, "key_2": place[at], "n": 100} for other in ("litter", "leak", "stump") for place in rest]
        )

    hidden = release._hidden_cells(REGISTRY["ontime_due"], asked, False, made_up)
    assert {("", "pothole", layer, "none") for layer in ("district", "neighbourhood")} <= hidden
    assert not {("", "pothole", "district", district) for district in others} & hidden


def test_a_withheld_figure_says_why_it_is(folder: Path) -> None:
    attacker = Attacker(folder, "opened")
    service, layer, area = next(cell for cell in attacker.small if cell[0] and cell[1])
    answer = measure("opened", _asked(folder, QUARTER.about(request_type=(service,), areas=((layer, area),))))
    assert (answer.value, answer.reason) == (None, WITHHELD)


class Attacker:
    """Asks all there is to ask of one metric in one quarter, and solves for the number of cases of every cell."""

    def __init__(self, folder: Path, metric: str) -> None:
        staff = _asked(folder, QUARTER, "staff")
        rows = counted(REGISTRY[metric], staff, ("request_type", "district"))
        assert rows["n"].sum() > 50
        self.atoms = [
            (service, district, quarter)
            for service in worlds.TYPES
            for district in (*worlds.LAYERS["district"], "none")
            for quarter in (*(q for q, of in worlds.QUARTER_OF.items() if of == district), "none")
        ]  # fmt: skip
        self.known: list[tuple[np.ndarray, float]] = []
        for services, areas, by in product(SERVICES, PLACES, SPLITS):
            question = QUARTER.about(request_type=services, areas=areas)
            try:
                frame = measure(metric, _asked(folder, question), by=by).frame
            except BadQuestion:
                continue
            names = () if by is None else (by,) if isinstance(by, str) else by
            for row in frame[~frame["suppressed"]].to_dict("records"):
                cell = {
                    "request_type": services[0] if services else "",
                    **dict(areas),
                    **{name: row[key] for name, key in zip(names, ("key", "key_2"), strict=False)},
                }
                self.known.append((self.within(cell), row["n"]))
        truth = Counter[tuple[str, str, str]]()
        for layer in worlds.LAYERS:
            frame = counted(REGISTRY[metric], staff, ("request_type", layer))
            for row in frame.to_dict("records"):
                truth[row["key"], layer, row["key_2"]] += int(row["n"])
                truth["", layer, row["key_2"]] += int(row["n"])
        least = threshold_of(REGISTRY[metric].unit)
        self.small = [cell for cell, n in truth.items() if 0 < n < least]

    def within(self, cell: dict[str, str]) -> np.ndarray:
        """Which of the smallest groups lie in `cell`."""
        wanted = {name: value for name, value in cell.items() if value}
        return np.array(
            [
                all(dict(zip(("request_type", "district", "quarter"), atom, strict=True))[k] == v for k, v in wanted.items())
                for atom in self.atoms
            ],
            float,
        )

    def bounds(self, cell: tuple[str, str, str]) -> tuple[float, float]:
        """The least and the most cases that `cell` can have, as far as all answers tell."""
        aim = self.within({"request_type": cell[0], cell[1]: cell[2]})
        sums = {"A_eq": np.array([row for row, _ in self.known]), "b_eq": [n for _, n in self.known]} if self.known else {}
        low, high = (linprog(sign * aim, bounds=(0, None), method="highs", **sums) for sign in (1, -1))
        assert low.success
        return low.fun, -high.fun if high.success else float("inf")


@st.composite
def tables(draw: Any) -> dict[tuple[str, str], int]:
    """Services by areas, many of them small."""
    rows, columns = draw(st.integers(1, 6)), draw(st.integers(1, 6))
    numbers = st.one_of(st.integers(0, 8), st.sampled_from([0, 12, 60]))
    return {(f"s{r}", f"a{c}"): draw(numbers) for r in range(rows) for c in range(columns)}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(tables(), st.sampled_from([LEAST_COUNT, LEAST_FOR_RATE]))
def test_no_cell_of_any_table_follows_from_its_sums(table: dict[tuple[str, str], int], least: int) -> None:
    cells: dict[Any, int] = Counter()
    for (service, area), n in table.items():
        for cell in {(service, area), ("", area), (service, ""), ("", "")}:
            cells[cell] += n
    cells = {cell: n for cell, n in cells.items() if n}
    parts = lambda total: tuple(c for c in cells if c != total and all(c))  # noqa: E731
    lines = [(("", ""), tuple(c for c in cells if c[0] and not c[1])), (("", ""), tuple(c for c in cells if c[1] and not c[0]))]
    lines += [((service, ""), tuple(c for c in parts(None) if c[0] == service)) for service in {c[0] for c in cells} - {""}]
    lines += [(("", area), tuple(c for c in parts(None) if c[1] == area)) for area in {c[1] for c in cells} - {""}]
    found = protected(cells, [line for line in lines if line[1]], set(), least, told={("", "")})
    hidden = set(found.cells)
    order = sorted(table)
    within = {
        cell: np.array([cell[0] in ("", service) and cell[1] in ("", area) for service, area in order], float) for cell in (*cells, *order)
    }
    # Zeros are told, as are all cells that are not hidden; so a hidden one has a case at least.
    shown = [("", "")] if found.zeros_too else [cell for cell in {*cells, *order} if cell not in hidden]
    hidden = {*order} if found.zeros_too else hidden
    at_least = [0 if found.zeros_too or atom not in hidden else 1 for atom in order]
    sums = np.array([within[cell] for cell in shown]).reshape(len(shown), len(order))
    numbers = [cells.get(cell, 0) for cell in shown]
    for cell in hidden:
        low, high = (
            linprog(sign * within[cell], A_eq=sums, b_eq=numbers, bounds=[(n, None) for n in at_least], method="highs") for sign in (1, -1)
        )
        assert not high.success or -high.fun - low.fun >= 1, (cell, low.fun)
    if cells.get(("", ""), 0) >= least:
        assert ("", "") not in hidden
