"""The tables residents may take away: which figures stand in each, and their rows, cell by cell as `measure` releases them.

Nothing is counted here: a table is what `measure` answers, put side by side, or the released cells of sensitive
services as they were published. So a file holds no number that a page or the API withholds.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pandas as pd

from data_access.cache import cached
from metrics.beginning import first_day
from metrics.definitions import DEFINITIONS_VERSION, REGISTRY
from metrics.kinds import Metric
from metrics.measure import measure
from metrics.parameters import LONGEST_DAYS
from metrics.periods import Calendar, Grain, quarter_name
from metrics.programme_totals import TAKEN, all_to_take
from metrics.released_tables import CELLS, RELEASES, cells_to_take, releases_to_take
from metrics.select import Asked

OF_PARTS = ("opened", "closed", "ontime_due", "closed_within_7_days", "ttc_km")
OF_CITY = (*OF_PARTS, "clearance_rate", "reopen_rate", "closed_without_work")
OPEN_NOW = ("backlog", "overdue_now")
OF_SERVICES = ("service", "service_name", "group", "department")
OF_AREAS = ("area_layer", "area", "area_name", "within", "population")
DIGITS = 6
WHOLE = ("cases", "closures", "reports")
"""Units that are counted: a group without any case has zero of them."""


@dataclass(frozen=True)
class Table:
    """One table: what its rows are about, and its figures (ids of metrics)."""

    id: str
    about: tuple[str, ...]
    """`service`, `area`, and `quarter` or `month`."""
    figures: tuple[str, ...] = ()

    @property
    def grain(self) -> Grain | None:
        return next((grain for grain in ("quarter", "month") if grain in self.about), None)


TABLES: dict[str, Table] = {
    table.id: table
    for table in (
        Table("services-by-area-by-quarter", ("quarter", "service", "area"), OF_PARTS),
        Table("services-by-quarter", ("quarter", "service"), OF_PARTS),
        Table("areas-by-quarter", ("quarter", "area"), OF_PARTS),
        Table("city-by-month", ("month",), OF_CITY),
        Table("open-now", ("service", "area"), OPEN_NOW),
        Table("sensitive-services", ("service", "area")),
        Table("sensitive-releases", ()),
        Table("programme-totals", ()),
        Table("services", ("service",)),
        Table("areas", ("area",)),
    )
}


def columns_of(metric: Metric) -> tuple[str, ...]:
    """The columns of one figure in a table: its value, and of a share how many cases it is of, of a duration the 9 of 10."""
    if metric.unit == "share":
        return metric.id, f"{metric.id}_of"
    return (metric.id, f"{metric.id}_p90") if metric.unit == "days" else (metric.id,)


def released(table: Table, asked: Asked) -> pd.DataFrame:
    """The rows of `table`, all columns; kept for each load. Withheld cells are empty and named in `withheld`."""
    listed = LISTS.get(table.id)
    parameters = [table.id, DEFINITIONS_VERSION]
    kept = cached(
        "open-data", asked.mart.edition, asked.scope, parameters, lambda: _packed(listed.rows(asked) if listed else _figures(table, asked))
    )
    frame = pd.DataFrame({name: pd.array(values, dtype=kind) for name, kind, values in kept})
    return frame.assign(as_of=asked.mart.as_of.isoformat(timespec="seconds") + "Z")


def period_of(table: Table, asked: Asked) -> tuple[date, date] | None:
    """The days `[start, end)` that `table` is about; None where it is about now, or there is nothing yet."""
    grain, first = table.grain, first_day(asked)
    if grain is None or first is None:
        return None
    calendar = asked.calendar
    end = calendar.last_complete(asked.mart.as_of, grain)[1]
    start = calendar.start_of(max(first, end - timedelta(days=LONGEST_DAYS)), grain)
    # Of a period in which the data begin, only a part is known.
    start = start if start >= first else calendar.next_start(start, grain)
    return (start, end) if start < end else None


def _figures(table: Table, asked: Asked) -> pd.DataFrame:
    period = period_of(table, asked)
    if table.grain is not None and period is None:
        return _nothing(table)
    start, end = period or (asked.question.start, asked.question.end)
    asked = asked.about(asked.question.about(start=start, end=end, grain=table.grain or "month", request_type=(), areas=()))
    asked = asked.remembering() if asked.memory is None else asked
    if "area" not in table.about:
        return _joined(table, asked, ("request_type",) if "service" in table.about else (), "")
    services = ("request_type",) if "service" in table.about else ()
    parts = [_joined(table, asked, (*services, layer.slug), layer.slug) for layer in _layers(asked)]
    return pd.concat(parts, ignore_index=True) if parts else _nothing(table)


def _nothing(table: Table) -> pd.DataFrame:
    """`table` without a row."""
    return pd.DataFrame({name: pd.Series(dtype="str") for name in columns(table)[:-1]})


def _joined(table: Table, asked: Asked, by: tuple[str, ...], layer: str) -> pd.DataFrame:
    """All figures of `table` side by side, split by `by`; a row for each group that has any case."""
    keys = [*("key", "key_2")[: len(by)], *(["period"] if table.grain else [])]
    answers = {name: measure(name, asked, by=by or None, period=table.grain is not None).frame for name in table.figures}
    names = [name for frame in answers.values() for name in frame.columns if name in (*keys, "label", "label_2")]
    rows = pd.concat([frame[list(dict.fromkeys(names))] for frame in answers.values()]).drop_duplicates(ignore_index=True)
    rows = rows.sort_values(keys, ignore_index=True) if keys else rows.head(1)
    made, withheld = {}, pd.Series([[] for _ in range(len(rows))], index=rows.index, dtype=object)
    for name, frame in answers.items():
        found = rows[keys].merge(frame.assign(is_there=True), on=keys, how="left") if keys else frame.assign(is_there=True)
        made |= _columns(REGISTRY[name], found)
        hidden = found["suppressed"].astype("boolean").fillna(False)
        withheld = pd.Series(
            [[*names, name] if is_hidden else names for names, is_hidden in zip(withheld, hidden, strict=True)], index=rows.index
        )
    about = _about(table, rows, by, layer, asked.calendar)
    return pd.DataFrame({**about, **made, "withheld": [" ".join(names) for names in withheld]}, index=rows.index)


def _columns(metric: Metric, found: pd.DataFrame) -> dict[str, pd.Series]:
    absent = found["is_there"].isna()
    if metric.unit in WHOLE:
        return {metric.id: found["value"].mask(absent, 0).astype("Int64")}
    names = columns_of(metric)
    made = {names[0]: found["value"].round(DIGITS)}
    if metric.unit == "share":
        made[names[1]] = found["denominator"].mask(absent, 0).astype("Int64")
    if metric.unit == "days":
        made[names[1]] = found["p90"].round(DIGITS)
    return made


def _about(table: Table, rows: pd.DataFrame, by: tuple[str, ...], layer: str, calendar: Calendar) -> dict[str, Any]:
    keys = dict(zip(by, (("key", "label"), ("key_2", "label_2")), strict=False))
    made: dict[str, Any] = {}
    if table.grain:
        starts = [day.date() for day in rows["period"]]
        ends = [calendar.next_start(day, table.grain) for day in starts]
        said = [quarter_name(*days) if table.grain == "quarter" else f"{days[0]:%Y-%m}" for days in zip(starts, ends, strict=True)]
        made |= {table.grain: said, "from": [day.isoformat() for day in starts], "to": [day.isoformat() for day in ends]}
    if "request_type" in keys:
        key, label = keys["request_type"]
        made |= {"service": rows[key], "service_name": rows[label]}
    if layer:
        key, label = keys[layer]
        made |= {"area_layer": [layer] * len(rows), "area": rows[key], "area_name": rows[label]}
    return made


def _keys(table: Table) -> list[str]:
    made = [table.grain, "from", "to"] if table.grain else []
    made += ["service", "service_name"] if "service" in table.about else []
    made += ["area_layer", "area", "area_name"] if "area" in table.about else []
    return [name for name in made if name]


def columns(table: Table) -> list[str]:
    """The names of the columns of `table`, in order."""
    if table.id in LISTS:
        return [*LISTS[table.id].columns, "as_of"]
    return [*_keys(table), *[name for figure in table.figures for name in columns_of(REGISTRY[figure])], "withheld", "as_of"]


def _services(asked: Asked) -> pd.DataFrame:
    """The services that have released cases; what is withheld is not named either."""
    dimensions = asked.mart.dimensions
    groups, departments = dimensions.request_groups.by_id, dimensions.departments.by_id
    rows = [
        (
            one.slug, one.name, *(found.name if found else None for found in (groups.get(one.extra["request_group_id"]), departments.get(one.extra["department_id"]))),
        )
        for one in dimensions.request_types
        if one.extra["release_class"] == "A"
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=OF_SERVICES)


def _areas(asked: Asked) -> pd.DataFrame:
    rows = [
        (layer.slug, area.slug, area.name, area.extra.get("parent_slug"), area.extra.get("population"))
        for layer in _layers(asked)
        for area in asked.mart.dimensions.areas(layer.slug)
    ]
    return pd.DataFrame(rows, columns=OF_AREAS).astype({"population": "Int64"})


@dataclass(frozen=True)
class List:
    """A table that is read as it stands: no figure of it is measured when somebody asks."""

    columns: Sequence[str]
    rows: Callable[[Asked], pd.DataFrame]


LISTS = {
    "services": List(OF_SERVICES, _services), "areas": List(OF_AREAS, _areas),
    "sensitive-services": List(CELLS, cells_to_take), "sensitive-releases": List(RELEASES, releases_to_take),
    "programme-totals": List(TAKEN, all_to_take),
}  # fmt: skip


def _layers(asked: Asked) -> list[Any]:
    found = [layer for layer in asked.mart.dimensions.area_layers if not layer.extra["is_context"]]
    return sorted(found, key=lambda layer: layer.id)


def _packed(frame: pd.DataFrame) -> list[list[Any]]:
    """Columns as JSON: name, type, values."""
    kinds = {"i": "Int64", "u": "Int64", "f": "float64", "b": "boolean"}
    return [
        [str(name), kinds.get(frame[name].dtype.kind, "str"), frame[name].astype(object).where(frame[name].notna(), None).tolist()]
        for name in frame.columns
    ]
