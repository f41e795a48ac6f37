"""Every number leads to exactly the cases behind it: what a link's list holds is what the number said.

All charts of all staff pages are walked, and what their callbacks write: each linked cell, point and text, and each count that
has no link. Asked by the mayor of a demo city, and of a town with divisions and nameless cases also by viewers of some departments.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from dash.development.base_component import Component
from flask import Flask

from components import filters, gate, tiles
from components.area_map import UNLISTED
from components.chart import CHARTS, Chart, Drawn, linked
from components.figures import maps
from components.grid import LISTS
from components.lists import Listing
from components.table import Column
from metrics.cases import case_count
from metrics.definitions import HEADLINE, METRICS, REGISTRY
from metrics.headline import headline
from metrics.select import Asked
from tests.support.counting import counts
from tests.support.desks import at_desk
from tests.support.wards import VIEWERS, make_town

CITY: tuple[dict[str, str], ...] = (
    {"weeks": "13"}, {"weeks": "26", "grain": "month"}, {"weeks": "8", "department": "parks-and-trees"}, {"from": "2026-01-05", "to": "2026-03-02", "as_of": "2026-03-10"},
    {"weeks": "13", "of": "ontime_due", "hits": "false", "case_class": "all", "rows": "department"}, {"weeks": "13", "of": "closed", "channel": "phone,web", "rows": "request_group"},
)  # fmt: skip
TOWN: tuple[dict[str, str], ...] = (
    {"weeks": "13", "case_class": "all", "layer": "district"}, {"weeks": "20", "department": "trees", "rows": "department", "layer": "quarter"},
    {"weeks": "20", "of": "closed", "rows": "department", "metric": "opened", "layer": "district", "show": "density"},
    {"weeks": "20", "request_type": "none", "department": "none", "district": "north,none", "layer": "quarter"},
)  # fmt: skip
LIMITED = {
    "head of parks": [TOWN[1]], "head of the trees division": [TOWN[0]], "head of lawns and roads": [TOWN[2]],
}  # fmt: skip
"""What viewers of some departments ask of the town."""
COUNTS = ("cases", "closures", "reports")
MOST_COLUMNS = 12
"""Columns tried of a wide table; rows tried of every table, and points of every trace, are the first, one amid and the last."""
UNLINKED: dict[tuple[str, str], str] = {
    ("what-moved", "cases"): "how many more or fewer than usual: a difference, not cases",
    ("closing-curves", "at_risk"): "how many were still watched at an age: a step of a curve",
    ("department-closing", "at_risk"): "how many were still watched at an age: a step of a curve",
    ("transfers", "n"): "to a head: cases from or to departments that are not named to the head",
    ("signal-series", "judged"): "by how much a week differs: no cases",
    **{
        (chart, part): "a forecast: these cases are not there yet"
        for chart, parts in (
            ("overdue-ahead", ("value", "low", "high")),
            ("overdue-ahead-parts", ("value", "low", "high")),
            ("plan", ("projected", "low", "high", "target")),
        )
        for part in parts
    },
    ("net-flow", "value"): "opened less closed: a difference; its parts are linked beside it",
}
"""Counts that no list can hold: (chart, column) -> why."""


def asked_of(query: dict[str, str]) -> Asked:
    return gate.desk().ask(query)


def some(values: list[Any]) -> list[Any]:
    """The first, one amid and the last."""
    return [values[at] for at in sorted({0, len(values) // 2, len(values) - 1})] if values else []


@dataclass
class Counts:
    """How many rows each list has; in the first round all that are asked for are only noted, to be counted at once."""

    known: dict[Hashable, int] = field(default_factory=dict)
    noted: dict[Hashable, tuple[Asked, Listing]] = field(default_factory=dict)
    is_first_round: bool = False

    def count_noted(self) -> None:
        self.known |= counts(self.noted)
        for key in some(list(self.noted)):
            assert self.known[key] == one_count(*self.noted[key]), f"counted together {key} has another number than alone"
        self.noted, self.is_first_round = {}, False


def known_counts() -> Counts:
    """Those of the present desk."""
    return gate.desk().__dict__.setdefault("_counts", Counts())


def listed(address: str, **instead: str) -> int:
    """How many rows the list at an address of ours has; `instead` changes its parameters."""
    counted, key = known_counts(), (address, *instead.values())
    if key not in counted.known:
        parts = urlsplit(address)
        query = {**dict(parse_qsl(parts.query)), **instead}
        asked = asked_of(query)
        listing = LISTS[parts.path.strip("/")].choose(asked, filters.view_of(query, asked))
        if counted.is_first_round:
            counted.noted[key] = asked, listing
            return 0
        counted.known[key] = one_count(asked, listing)
    return counted.known[key]


def one_count(asked: Asked, listing: Listing) -> int:
    return case_count(asked, listing.of, **listing.chosen())


def leads_to_cases(target: Any) -> bool:
    return isinstance(target, str) and urlsplit(target).path.strip("/") in LISTS


@dataclass
class Walk:
    """What was tried, and what did not agree."""

    tried: int = 0
    faults: list[str] = field(default_factory=list)

    def check(self, agrees: bool, *where: Any) -> None:
        self.tried += 1
        if not agrees:
            self.faults.append(" ".join(str(part) for part in where))

    def number(self, address: str, value: float, unit: str, *where: Any) -> None:
        """A count is the list's; a share is that of its hits; behind anything else there are cases."""
        if unit in COUNTS:
            self.check(listed(address) == value, *where, value, "is not the", listed(address), "of", address)
        elif unit == "share" and value > 1:
            # Bars of counts in a chart about a share.
            self.number(address, value, "cases", *where)
        elif unit == "share":
            n, met = listed(address, hits="all"), listed(address, hits="true")
            self.check(bool(n) and abs(met / n - value) < 1e-5, *where, value, "is not", met, "of", n, address)
        else:
            self.check(listed(address) > 0, *where, value, "has nothing behind it:", address)


def unit_of(chart: Chart, drawn: Drawn) -> str:
    if chart.name == "targets":
        return "ratio"  # of each value to its target
    # The charts that split up a list count its cases, whatever its metric is measured in.
    return "cases" if chart.name.startswith("listed-by-") else REGISTRY[drawn.metric or chart.metric or "opened"].unit


def walk_table(walk: Walk, chart: Chart, drawn: Drawn) -> None:
    columns = drawn.twin.columns
    for row in some(drawn.twin.frame.to_dict("records")):
        for column in columns[:MOST_COLUMNS]:
            _walk_cell(walk, chart, columns, row, column)


def _walk_cell(walk: Walk, chart: Chart, columns: tuple[Column, ...], row: dict[str, Any], column: Column) -> None:
    value, target, where = row[column.key], row.get(column.href) if column.href else None, (chart.name, column.key, row.get("label", ""))
    is_number = isinstance(value, (int, float)) and value == value
    if not leads_to_cases(target):
        if column.kind in COUNTS and is_number and value:
            walk.check((chart.name, column.key) in UNLINKED, *where, value, "has no list")
    elif is_number and (value or column.kind in COUNTS):
        walk.number(str(target), float(value), column.kind, *where)
    elif isinstance(value, str) and (chart.name, column.key) not in UNLINKED:
        counts = {row[other.key] for other in columns if other.kind in COUNTS}
        walk.check(
            not counts or bool({listed(str(target)), listed(str(target), hits="all")} & counts),
            *where,
            "leads to another number than its row's:",
            target,
        )


LATE = re.compile(r"([\d,]+) late of ([\d,]+) case")


def walk_figure(walk: Walk, chart: Chart, drawn: Drawn) -> None:
    unit = unit_of(chart, drawn)
    for trace in (drawn.figure or {"data": []})["data"]:
        across = trace.get("orientation") == "h" or (trace.get("y") and isinstance(trace["y"][0], str))
        values = (trace["text"] if trace.get("name") == maps.CELLS else trace.get("z")) or (trace["x"] if across else trace.get("y"))
        points = list(zip(trace.get("customdata") or [], values or [], strict=False))
        for point, value in some(points):
            address, hover = point if isinstance(point, list) else (point, "")
            late, is_cell = LATE.search(hover), trace.get("name") == maps.CELLS
            if not leads_to_cases(address) or value is None or (unit not in COUNTS and not value):
                continue
            if late:
                missed, n = (int(number.replace(",", "")) for number in late.groups())
                walk.check((listed(address, hits="false"), listed(address, hits="all")) == (missed, n), chart.name, hover, address)
            else:
                walk.number(address, value, "cases" if is_cell else unit, chart.name, "figure")


def walk_finding(walk: Walk, chart: Chart, drawn: Drawn) -> None:
    """Numbers in a finding: each way leads to as many cases as it says, or to some where it says a share."""
    parts = linked(drawn.finding, drawn.leads)
    walk_links(walk, parts, chart.name, "finding")
    walk.check("".join(getattr(part, "children", part) for part in parts) == drawn.finding, chart.name, "finding has other words:", parts)


def walk_links(walk: Walk, part: Any, *where: Any) -> None:
    """Texts that begin with a number and lead to cases, in what a callback writes."""
    if isinstance(part, (list, tuple)):
        for other in part:
            walk_links(walk, other, *where)
    elif isinstance(part, dict):
        walk_links(walk, list(part.values()), *where)
    elif isinstance(part, Component):
        target, text = getattr(part, "href", None), getattr(part, "children", None)
        if leads_to_cases(target) and isinstance(text, str) and (found := re.match(r"[\d,]*\d(?![\d.]*\s*%)", text)):
            n = int(found.group().replace(",", ""))
            walk.check(listed(str(target)) == n, *where, text, "is not the", listed(str(target)), "of", target)
        walk_links(walk, text, *where)


OTHERS = re.compile(r"(stage|programme)-|(figures?|calls?)(-|$)")
"""Charts about one programme or its stages, which their address names: the tests of its page compare what they link. And those that
count figures or calls, which are no cases: no list has them."""


def charts() -> list[Chart]:
    return [chart for chart in CHARTS.values() if not OTHERS.match(chart.name)]


@cache
def callbacks() -> list[Callable[..., Any]]:
    """The functions of the pages that fill a part of their page from the question."""
    import pages.staff as staff

    modules = [importlib.import_module(f"pages.staff.{found.name}") for found in pkgutil.iter_modules(staff.__path__)]
    made = [of for module in modules for name, of in inspect.getmembers(module, inspect.isfunction)
            if of.__module__ == module.__name__ and name.startswith("fill_")]  # fmt: skip
    return [of for of in made if set(inspect.signature(of).parameters) <= {"asked", "query"}]


def walked(query: dict[str, str]) -> Walk:
    """Everything the staff pages show of one question."""
    asked = asked_of(query).remembering()
    view = filters.view_of(query, asked)
    shown = [(chart, chart.draw(asked, view)) for chart in charts()]
    filled = []
    for fill in callbacks():
        if fill.__module__ == "pages.staff.department" and len(asked.question.department) != 1:
            continue
        if fill.__module__ in ("pages.staff.figure", "pages.staff.programme"):
            continue
        given = {"query": query} if "query" in inspect.signature(fill).parameters else {}
        filled.append((fill, fill(asked, **given)))
    known_counts().is_first_round = True
    compared(shown, filled)
    known_counts().count_noted()
    return compared(shown, filled)


def compared(shown: list[tuple[Chart, Drawn]], filled: list[tuple[Callable[..., Any], Any]]) -> Walk:
    """What is shown beside what the lists have."""
    walk = Walk()
    for chart, drawn in shown:
        walk_table(walk, chart, drawn)
        walk_figure(walk, chart, drawn)
        walk_finding(walk, chart, drawn)
        if drawn.cases:
            walk.check(leads_to_cases(drawn.cases) and listed(drawn.cases) >= 0, chart.name, drawn.cases)
    for fill, made in filled:
        walk_links(walk, made, fill.__module__, fill.__name__)
    return walk


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_town(tmp_path_factory.mktemp("wards"))


@pytest.fixture
def in_city(staff_app: Flask) -> Iterator[None]:
    """Draw as the staff process does, for its first viewer."""
    with staff_app.test_request_context("/"):
        yield


@pytest.mark.usefixtures("in_city")
class TestTheCity:
    @pytest.mark.parametrize("query", [CITY[3], CITY[4]], ids=str)
    def test_all_that_is_linked_leads_to_as_many_cases_and_all_that_is_counted_is_linked(self, query: dict[str, str]) -> None:
        walk = walked(query)
        assert walk.faults == [], "\n".join(walk.faults)
        assert walk.tried > 100

    @pytest.mark.parametrize("query", CITY[::2], ids=str)
    @pytest.mark.parametrize("metric", [name for name in HEADLINE if REGISTRY[name].rows is not None])
    def test_a_tile_leads_to_the_cases_it_counts(self, metric: str, query: dict[str, str]) -> None:
        """Of a share: all that it is a share of, and with `hits` those that met it."""
        asked = asked_of(query)
        tile = headline(metric, asked)
        address = tiles.cases_of(metric, asked)
        assert listed(address) == tile.n
        if tile.metric.unit == "share":
            assert tile.value is not None
            assert listed(f"{address}&hits=true") == round(tile.value * tile.n)
        else:
            assert tile.value == tile.n

    @pytest.mark.parametrize("query", CITY[:4], ids=str)
    def test_list_the_cases_below_a_chart_holds_what_the_chart_shows(self, query: dict[str, str]) -> None:
        """Of lines that stand for an instant, the last one; of bars and stacks, all of them."""
        asked = asked_of(query)
        view = filters.view_of(query, asked)
        for name, total in (
            ("overdue-by-department", lambda frame: frame["value"].sum()), ("on-time-by-week", lambda frame: frame["n"].sum()),
            ("flow-by-week", lambda frame: frame["opened"].sum()), ("backlog-over-time", lambda frame: frame["open"].iloc[0]),
            ("backlog-ages", lambda frame: frame["total"].sum()),
            ("age-flow", lambda frame: frame["end"].iloc[-1]), ("ages-over-time", lambda frame: frame["total"].iloc[0]),
            ("overdue-by-type", lambda frame: frame["n"].sum()), ("stuck-cases", lambda frame: frame["value"].sum()),
            ("due-soon-by-department", lambda frame: frame["n"].sum()),
        ):  # fmt: skip
            drawn = CHARTS[name].draw(asked, view)
            if drawn.cases:
                assert listed(drawn.cases) == total(drawn.twin.frame), name


@pytest.mark.parametrize("metric", [metric.id for metric in METRICS if metric.kind == "composite" and metric.id not in UNLISTED])
def test_a_figure_made_of_others_leads_from_the_map_to_the_cases_it_counts(staff_app: Flask, town: Path, metric: str) -> None:
    walk = Walk()
    with at_desk(town, is_cached=True):
        asked = asked_of({"weeks": "20"})
        view = filters.view_of({"metric": metric, "layer": "district"}, asked)
        for chart in (CHARTS["area-map"], CHARTS["area-ranking"]):
            drawn = chart.draw(asked, view)
            walk_table(walk, chart, drawn)
            walk_figure(walk, chart, drawn)
    assert walk.faults == [], "\n".join(walk.faults)


@pytest.mark.parametrize(("name", "query"), [
    *[("mayor", query) for query in TOWN[2:]],
    *[(name, query) for name, queries in LIMITED.items() for query in queries],
], ids=str)  # fmt: skip
def test_so_it_is_for_every_viewer_of_a_town_with_divisions_and_nameless_cases(
    staff_app: Flask, town: Path, name: str, query: dict[str, str]
) -> None:
    with at_desk(town, VIEWERS[name], is_cached=True):
        walk = walked(query)
    assert walk.faults == [], "\n".join(walk.faults)
    assert walk.tried > 10
