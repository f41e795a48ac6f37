"""The tables of sensitive services: released cells as charts with their files. Nothing is computed for the reader who asks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from components import filters, gate, theme, words
from components.chart import Chart, Drawn
from components.figures.ranked import bars
from components.language import N_, _, plural
from components.table import Column, Twin
from metrics import released
from metrics.select import Asked

LATEST = "latest"


def _offered(asked: Asked) -> dict[str, str]:
    return {LATEST: _("Latest quarter")} | {name: name for name in released.releases(asked)["period"]}


PERIOD = filters.Option("release", N_("Period"), _offered, lambda: LATEST)


def chosen(asked: Asked, view: Mapping[str, str]) -> str | None:
    """The release a reader chose; None where there is none yet."""
    return released.latest(asked) if view[PERIOD.name] == LATEST else view[PERIOD.name]


def draw_services(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """Cases opened by service, in the whole city, with how many were closed on time."""
    period = chosen(asked, view)
    if period is None:
        return _nothing()
    frame = released.by_service(asked, period)
    frame = frame.assign(label=frame["label"].map(gate.desk().called))
    told = frame.assign(
        opened_said=_said(frame["opened"], frame["opened_hidden"]), due_said=_said(frame["due"], frame["on_time_hidden"]),
        value_said=[_hidden() if hidden else value for value, hidden in zip(frame["value"], frame["on_time_hidden"], strict=True)],
    )  # fmt: skip
    has_deadlines = bool(frame["due"].notna().any() or frame["on_time_hidden"].any())
    columns = (
        Column("label", N_("Service")),
        Column("opened_said", N_("Reported"), "cases"),
        *((Column("due_said", N_("Were due"), "cases"), Column("value_said", N_("On time"), "share")) if has_deadlines else ()),
    )
    twin = Twin(told, columns, N_("Sensitive services"), file=frame.assign(period=period))
    drawn = frame.dropna(subset=["opened"])
    title = _("Cases reported in {period}, the whole city", period=period)
    if drawn.empty:
        return Drawn(_("No number of this period is large enough to be shown."), None, twin, title=title)
    hidden = int(frame["opened_hidden"].sum())
    note = plural("One service is hidden in this table.", "{n} services are hidden in this table.", hidden) if hidden else ""
    first = drawn.iloc[0]
    finding = _("Reported most: {service} ({cases}).", service=first["label"], cases=words.count(first["opened"]))
    return Drawn(finding, bars(drawn, "cases", value="opened", colours=theme.PRIMARY, href=None), twin, note, title=title)


def draw_areas(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """Cases opened by area and service."""
    period = chosen(asked, view)
    if period is None:
        return _nothing()
    layer, frame = released.by_area(asked, period)
    title = _("Cases reported in {period}, by area", period=period)
    if frame.empty:
        return Drawn(
            _("These services are released for the whole city only."),
            None,
            Twin(frame, (Column("label", N_("Area")),), file=frame),
            title=title,
        )
    named = frame.assign(
        service=frame["service"].map(gate.desk().called),
        label=[label or _("Place not known") for label in frame["label"]],
        said=_said(frame["opened"], frame["opened_hidden"]),
    )
    wide = named.pivot(index="label", columns="service", values="said").reset_index().fillna(words.count(0))
    heads = (
        Column("label", asked.mart.dimensions.area_layers.by_slug[layer].name),
        *(Column(name, name, "cases") for name in wide.columns[1:]),
    )
    twin = Twin(wide, heads, N_("Sensitive services by area"), file=frame.assign(period=period, layer=layer))
    hidden, cells = int(frame["opened_hidden"].sum()), len(frame)
    finding = (
        plural("One of {cells} numbers is hidden.", "{n} of {cells} numbers are hidden.", hidden, cells=words.count(cells))
        if hidden
        else _("No number of this table is hidden.")
    )
    return Drawn(finding, None, twin, title=title)


def _said(values: pd.Series, hidden: pd.Series) -> list[Any]:
    return [_hidden() if is_hidden else value for value, is_hidden in zip(values, hidden, strict=True)]


def _hidden() -> str:
    return _("hidden")


def _nothing() -> Drawn:
    return Drawn(_("Nothing has been released yet."), None, Twin(pd.DataFrame({"label": []}), (Column("label", N_("Service")),)))


BY_SERVICE = Chart("sensitive-services", N_("Sensitive services, the whole city"), draw_services, has_period=False)
BY_AREA = Chart("sensitive-areas", N_("Sensitive services, by area"), draw_areas, has_period=False)
