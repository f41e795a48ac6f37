"""What residents may ask: the released cells, and which of them are hidden because too few cases lie in them.

Residents are not given a number for every question. They are given the cells of fixed tables: one
service or all, by one area or the whole city, for one whole quarter; and, of the whole city with all
services, whole months and runs of them. An answer to a filter is the cell of the table, so asking in
another way gives no other number, and nothing can be subtracted that the tables do not hold already.
Which cells are hidden is decided once for a table, with all its totals, and holds for every figure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import date, timedelta

import pandas as pd

from data_access.cache import cached
from metrics.definitions import REGISTRY
from metrics.kinds import Metric
from metrics.question import NONE, BadQuestion, Question
from metrics.select import Asked
from metrics.suppression import is_small, protected, threshold_of
from metrics.wording import Phrase

RELEASED = frozenset({
    "opened", "closed", "clearance_rate", "backlog", "overdue_now", "ontime_due", "closed_within_7_days", "ttc_km", "ttc_closed",
    "reopen_rate", "reported_again", "closed_without_work", "transfer_rate", "due_extended_rate", "repeat_location_rate",
})  # fmt: skip
"""Figures for residents. Others count what the public file does not hold, or give small groups away when put beside one of these."""
BESIDE = {"opened_at": "opened", "spell_opened_at": "opened", "closed_at": "closed", "due_at": "ontime_due", "as_of": "backlog"}
"""The figure with the same cases behind it, by what dates them: what is hidden of it is hidden of every one."""
EVERYTHING = ""
"""All services, or the whole city."""
TOP = (EVERYTHING, EVERYTHING, EVERYTHING)
"""All services in the whole city: told apart from the tables, with its months."""
ALL = ("*", "*", "*")
"""Every cell of a quarter's tables, the empty ones too."""
Cell = tuple[str, str, str, str]
"""First day of the quarter (empty for the question's own), service, layer and area."""
Counted = Callable[..., pd.DataFrame]


def require_released(metric: Metric, asked: Asked, by: tuple[str, ...], period: bool) -> None:
    """Refuse what is no cell of the released tables.

    Raises:
        BadQuestion: a sentence saying what can be asked instead.
    """
    question, calendar = asked.question, asked.calendar
    if metric.id not in RELEASED:
        raise BadQuestion("'{label}' is not published; it is a figure for staff.", label=Phrase(metric.label))
    plain = Question(question.start, question.end, question.as_of, question.grain)
    if plain.about(request_type=question.request_type, areas=question.areas) != question:
        raise BadQuestion("Published figures can be asked for by service and by area, not by anything else.")
    layers = {layer for layer, _ in question.areas} | {name for name in by if name != "request_type"}
    if not set(by) <= {"request_type", *_layers(asked)}:
        raise BadQuestion("Published figures can be split by request_type and by area, not by anything else.")
    if len(question.request_type) > 1 or len(question.areas) > 1 or len(layers) > 1:
        raise BadQuestion("Published figures can be asked for one service and one area at a time.")
    if period and metric.date_field == "as_of":
        # Two stocks and what was closed between them give away what was opened.
        raise BadQuestion("Published figures of what is open are those of the present data; ask for them without periods.")
    if question.as_of != asked.mart.as_of:
        raise BadQuestion(
            "Published figures are those of the present data, as of {day}; leave as_of out.", day=calendar.day_of(asked.mart.as_of)
        )
    grain = "quarter" if _is_part(question, by) else "month"
    bounds = [calendar.start_of(day, grain) for day in (question.start, question.end)]
    if bounds != [question.start, question.end] or calendar.midnight(question.end) > question.as_of:
        if grain == "quarter":
            raise BadQuestion(
                "Published figures are for whole quarters that have ended: the period must begin and end on the first day of one."
            )
        raise BadQuestion("Published figures are for whole months that have ended: the period must begin and end on the first day of one.")
    if grain == "quarter" and not period and calendar.next_start(question.start, "quarter") != question.end:
        raise BadQuestion("Published figures of one service or area are for one quarter; ask for period=quarter to get several.")
    grains = ("quarter",) if grain == "quarter" else ("month", "quarter", "fiscal_year")
    if period and question.grain not in grains:
        if grain == "quarter":
            raise BadQuestion("Published figures of one service or area are given by quarter, not by {grain}.", grain=question.grain)
        raise BadQuestion("Published figures are given by month or quarter or fiscal_year, not by {grain}.", grain=question.grain)


def require_service(asked: Asked) -> None:
    """Refuse what is not one service of the whole city in one quarter: of these cells alone residents are told more, in tenths.

    A tenth of `LEAST_FOR_RATE` cases or more is told where the figure with the same cases behind it is. It says less of
    them than the exact share within a week and the exact median do, which are told already.

    Raises:
        BadQuestion: a sentence saying what can be asked instead.
    """
    require_released(REGISTRY["ttc_km"], asked, (), False)
    if len(asked.question.request_type) != 1 or asked.question.areas:
        raise BadQuestion("This is told of one service in the whole city; choose one service and no area.")


def hidden_rows(metric: Metric, asked: Asked, frame: pd.DataFrame, by: tuple[str, ...], period: bool, counted: Counted) -> list[bool]:
    """For each row of an answer's `frame`, whether residents must not see its figures."""
    if not _is_part(asked.question, by):
        return _hidden_spans(metric, asked, frame, period, counted)
    cells = hidden_cells(metric, asked, period, counted)
    question = asked.question
    area = question.areas[0] if question.areas else (EVERYTHING, EVERYTHING)
    keys = dict(zip(by, ("key", "key_2"), strict=False))
    made = []
    for row in frame.to_dict("records"):
        what = row[keys["request_type"]] if "request_type" in keys else question.request_type[0] if question.request_type else EVERYTHING
        where = next(((layer, row[key]) for layer, key in keys.items() if layer != "request_type"), area)
        when = row["period"].date().isoformat() if period else EVERYTHING
        made.append((when, what, *where) in cells or (when, *ALL) in cells)
    return made


def hidden_cells(metric: Metric, asked: Asked, period: bool, counted: Counted) -> frozenset[Cell]:
    """The cells of all tables of `metric` that residents must not see, for the quarter asked for or with `period` for each."""
    whole = asked.about(asked.question.about(request_type=(), areas=()))
    parameters = [metric.id, metric.version, metric.owner, whole.question.parameters(), period]
    memory = {} if asked.memory is None else asked.memory
    key = repr(["hidden", parameters])
    if key not in memory:
        found = cached("hidden", asked.mart.edition, asked.scope, parameters, lambda: sorted(_hidden_cells(metric, whole, period, counted)))
        memory[key] = frozenset((str(a), str(b), str(c), str(d)) for a, b, c, d in found)
    return memory[key]


def _hidden_cells(metric: Metric, whole: Asked, period: bool, counted: Counted) -> set[Cell]:
    beside = {BESIDE.get(metric.date_field, metric.id), *metric.parts} - {metric.id}
    hidden: set[Cell] = set().union(*(hidden_cells(REGISTRY[name], whole, period, counted) for name in beside))
    for count in _counts_behind(metric):
        for cells in _tables(count, whole, period, counted):
            when = next(iter(cells))[0]
            found = protected(cells, _lines(cells, whole), hidden & cells.keys(), threshold_of(metric.unit), told={(when, *TOP)})
            hidden |= found.cells | ({(when, *ALL)} if found.zeros_too else set())
    return hidden


def _counts_behind(metric: Metric) -> list[Metric]:
    """The figures whose cases stand behind `metric`: itself, or those it is made of."""
    return [metric] if metric.rows is not None else [REGISTRY[name] for name in metric.parts]


def _tables(metric: Metric, whole: Asked, period: bool, counted: Counted) -> Iterable[dict[Cell, int]]:
    """How many cases each released cell has, for all cells that have any: one table for each quarter."""
    made: dict[str, dict[Cell, int]] = {}
    for at, layer in enumerate(list(_layers(whole)) or [EVERYTHING]):
        frame = counted(metric, whole, ("request_type", layer) if layer else ("request_type",), period)
        for row in frame.to_dict("records"):
            when = row["period"].date().isoformat() if period else EVERYTHING
            places = [(layer, row["key_2"])] if layer else []
            places += [(EVERYTHING, EVERYTHING)] if at == 0 else []
            cells = made.setdefault(when, {})
            for cell in ((when, what, *where) for what in (row["key"], EVERYTHING) for where in places):
                cells[cell] = cells.get(cell, 0) + int(row["n"])
    return [{cell: n for cell, n in cells.items() if n} for cells in made.values()]


def _lines(cells: dict[Cell, int], asked: Asked) -> list[tuple[Cell, tuple[Cell, ...]]]:
    """Every sum between cells that a reader can know: services of a place, areas of the city, parts of an area."""
    layers = _layers(asked)
    parts: dict[Cell, dict[str, list[Cell]]] = {}
    for cell in cells:
        when, what, layer, area = cell
        if what != EVERYTHING:
            parts.setdefault((when, EVERYTHING, layer, area), {}).setdefault("services", []).append(cell)
        if layer != EVERYTHING:
            parts.setdefault((when, what, EVERYTHING, EVERYTHING), {}).setdefault(layer, []).append(cell)
            above = layers[layer].get(area)
            if above is not None:
                parts.setdefault((when, what, *above), {}).setdefault(layer, []).append(cell)
    return [(total, tuple(line)) for total, lines in parts.items() for line in lines.values() if total in cells]


def _layers(asked: Asked) -> dict[str, dict[str, tuple[str, str]]]:
    """The released layers in the city's order, each with the area above its areas."""
    made: dict[str, dict[str, tuple[str, str]]] = {}
    layers = sorted((layer for layer in asked.mart.dimensions.area_layers if not layer.extra["is_context"]), key=lambda layer: layer.id)
    for layer in layers:
        found: dict[str, tuple[str, str]] = {}
        for area in asked.mart.dimensions.areas(layer.slug):
            above = area.extra.get("parent_slug")
            of = next((name for name in made if above in asked.mart.dimensions.areas(name).by_slug), None)
            if of is not None:
                found[area.slug] = (of, str(above))
        for of in {of for of, _ in found.values()}:
            if {above for _, above in found.values()} == asked.mart.dimensions.areas(of).by_slug.keys():
                # Where every area has parts, what lies in none of them follows too: it is what lies in no area above.
                found[NONE] = (of, NONE)
        made[layer.slug] = found
    return made


def _is_part(question: Question, by: Iterable[str]) -> bool:
    """Whether less than the whole city with all services is asked for."""
    return bool(question.request_type or question.areas or tuple(by))


def _hidden_spans(metric: Metric, asked: Asked, frame: pd.DataFrame, period: bool, counted: Counted) -> list[bool]:
    """Of the whole city: a stretch is hidden if it holds a quarter with too few cases, or part of one that has a month with too few.

    So a stretch is a sum of quarters and months that may all be seen, and so is the difference of any two.
    """
    question, calendar = asked.question, asked.calendar
    if metric.date_field == "as_of":
        return [is_small(int(n), threshold_of(metric.unit)) for n in frame["n"].fillna(0)]
    first, last = calendar.start_of(question.start, "quarter"), calendar.start_of(question.end - timedelta(days=1), "quarter")
    whole = asked.about(question.about(start=first, end=calendar.next_start(last, "quarter"), grain="month"))
    small: set[tuple[date, str]] = set()
    for count in _counts_behind(metric):
        months = counted(count, whole, (), True)
        starts, n = [day.date() for day in months["period"]], months["n"].fillna(0).astype("int64")
        small |= {
            (calendar.start_of(day, "quarter"), "month")
            for day, few in zip(starts, n, strict=True)
            if is_small(few, threshold_of(metric.unit))
        }
        quarters = Counter[date]()
        for day, few in zip(starts, n, strict=True):
            quarters[calendar.start_of(day, "quarter")] += few
        small |= {(day, "quarter") for day, few in quarters.items() if is_small(few, threshold_of(metric.unit))}

    def hides(start: date, end: date) -> bool:
        for quarter in calendar.starts(start, end, "quarter"):
            is_whole = start <= quarter and calendar.next_start(quarter, "quarter") <= end
            if (quarter, "quarter") in small or (not is_whole and (quarter, "month") in small):
                return True
        return False

    if not period:
        return [hides(question.start, question.end)] * len(frame)
    starts = [day.date() for day in frame["period"]]
    return [hides(max(day, question.start), min(calendar.next_start(day, question.grain), question.end)) for day in starts]
