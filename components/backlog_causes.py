"""Charts of what the overdue cases are made of: the few types and places that make most, places that come back, and what is stuck."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from components import filters, lists, theme, tiles, words
from components.chart import Chart, Drawn
from components.figures.ranked import bars
from components.lists import Listing
from components.table import Column, Twin
from metrics.concentration import MOST, concentration
from metrics.measure import measure
from metrics.repeat_places import MOST_PLACES, repeat_places
from metrics.select import Asked

MOST_BARS = 12
ROOM = 0.2


def draw_types(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """The types that make most of the overdue cases."""
    return _pareto(asked, "request_type", "Request type", "types")


def draw_places(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """The areas that make most of the overdue cases."""
    layers = sorted((layer for layer in asked.mart.dimensions.area_layers if not layer.extra["is_context"]), key=lambda layer: layer.id)
    if not layers:
        return Drawn("This city has no areas to tell places apart by.", None, Twin(pd.DataFrame({"label": []}), (Column("label", "Area"),)))
    layer = layers[min(1, len(layers) - 1)]
    return _pareto(asked, layer.slug, layer.name, layer.extra["plural"].lower())


def _pareto(asked: Asked, by: str, label: str, plural: str) -> Drawn:
    frame = concentration("overdue_now", asked, by)
    rows = frame.assign(
        value=frame["n"], text=[f"{words.count(n)} · {words.percent_of(part)}" for n, part in zip(frame["n"], frame["together"], strict=True)],
        href=[lists.address(Listing("overdue_now", sort="days_overdue"), asked, **{by: key}) for key in frame["key"]],
    )  # fmt: skip
    columns = (
        Column("label", label), Column("n", "Overdue", "cases", href="href"), Column("share", "Part of all", "share"),
        Column("together", "With those above", "share"),
    )  # fmt: skip
    twin = Twin(rows, columns, f"Overdue cases by {label.lower()}, most first")
    title = f"Overdue cases by {label.lower()}, on {words.instant(asked.question.as_of, asked.calendar)}"
    if frame.empty:
        return Drawn("No case is overdue.", None, twin, title=title)
    few, total = int(frame["is_few"].sum()), frame["n"].sum()
    reach = frame["together"].iloc[few - 1]
    finding = f"{few:,} of {len(frame):,} {plural} with overdue cases {'makes' if few == 1 else 'make'} {words.percent_of(reach)} of the {words.count(total)} overdue."
    if len(frame) == 1:
        finding = f"{frame['label'].iloc[0]} has {'the only overdue case' if total == 1 else f'all {words.count(total)} overdue cases'}."
    top = rows.head(MOST_BARS)
    colours = [theme.PRIMARY if is_few else theme.QUIET for is_few in top["is_few"]]
    left = len(rows) - len(top)
    note = f"After each count: its share together with those above it. Coloured: the fewest that make {words.percent_of(MOST)}." + (
        f" {left:,} more in the table." if left else ""
    )
    cases = lists.address(Listing("overdue_now", sort="days_overdue"), asked)
    return Drawn(
        finding,
        bars(top, "cases", colours=colours, text="text", room=ROOM),
        twin,
        note,
        cases=cases,
        title=title,
        leads={f"{words.count(total)} overdue": cases},
    )


def draw_repeats(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Places where the same problem keeps coming back, as a table."""
    frame = repeat_places(asked)
    at = [{"place": place, "request_type": kind} for place, kind in zip(frame["place"], frame["request_type"], strict=True)]
    may_ask = asked.scope.may_read("address")
    rows = frame.assign(
        where=[words.MISSING if words.is_missing(name) else name for name in (frame["address"] if asked.scope.may_read("address") else frame["area"])],
        cases_href=[lists.address(Listing("opened"), asked, **place) if may_ask else None for place in at],
        open_href=[lists.address(Listing("backlog"), asked, **place) if may_ask else None for place in at],
        last_href=[lists.case_address(*names) if not words.is_missing(names[1]) else None for names in frame[["programme", "source_id"]].itertuples(index=False, name=None)],
    )  # fmt: skip
    columns = (
        Column("where", "Address" if asked.scope.may_read("address") else "Area"), *([Column("area", "Area")] if asked.scope.may_read("address") else []), Column("label", "Request type"), Column("again", "Repeat cases", "number"),
        Column("cases", "Opened", "cases", href="cases_href"), Column("open", "Open now", "cases", href="open_href"), Column("last_at", "Last opened", "instant"),
        Column("source_id", "Last case", href="last_href"),
    )  # fmt: skip
    twin = Twin(rows, columns, "Places where the same comes back, most repeat cases first")
    note = "A repeat case had an earlier counted one of the same type at the same place in the 90 days before." + (
        "" if asked.scope.may_read("address") else " Addresses are shown to those who may read where a case lies."
    )
    if frame.empty:
        return Drawn("No place had the same problem again within 90 days.", None, twin, note)
    first = rows.iloc[0]
    most = "More than" if len(frame) == MOST_PLACES else ""
    count = f"{most} {len(frame) - bool(most)} places".strip() if len(frame) > 1 else "One place"
    more = f"The {MOST_PLACES} with most repeat cases. " if most else ""
    return Drawn(
        f"{count} had the same problem again; {first['label']} at {first['where']} came back {words.plural(int(first['again']), 'time')}.",
        None,
        twin,
        more + note,
    )


def draw_stuck(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Open cases of which nothing was heard for 14 days, by department; by type where there is one department only."""
    by, what = "department", "Department"
    stuck = measure("stuck", asked, by=by).frame
    if len(stuck) <= 1:
        by, what = "request_type", "Request type"
        stuck = measure("stuck", asked, by=by).frame
    backlog = measure("backlog", asked, by=by).frame.set_index("key")["value"]
    frame = stuck.sort_values(["value", "label"], ascending=[False, True], ignore_index=True)
    frame = frame.assign(
        open=backlog.reindex(frame["key"]).to_numpy(),
        href=[lists.address(Listing("stuck", descending=False), asked, **{by: key}) for key in frame["key"]],
        open_href=[lists.address(Listing("backlog", descending=False), asked, **{by: key}) for key in frame["key"]],
    )
    frame = frame.assign(share=frame["value"] / frame["open"])
    columns = (
        Column("label", what),
        Column("value", "Stuck", "cases", href="href"),
        Column("open", "Open", "cases", href="open_href"),
        Column("share", "Part of the open ones", "share"),
    )
    twin = Twin(frame, columns, f"Stuck cases by {what.lower()}")
    title = f"Open cases without any event for 14 days, on {words.instant(asked.question.as_of, asked.calendar)}"
    if frame.empty:
        return Drawn("No open case has been without any event for 14 days.", None, twin, title=title)
    total, first = frame["value"].sum(), frame.iloc[0]
    whole = measure("backlog", asked).value or 0
    part = f"{words.percent_of(total / whole)} of the {words.count(whole)} open cases"
    finding = f"Nothing has been recorded of {words.cases(total)} for 14 days, {part}; {first['label']} has {words.count(first['value'])} of them."
    left = len(frame) - MOST_BARS
    note = f"{left:,} more in the table." if left > 0 else ""
    work = filters.link("/backlog", asked, list="stuck")
    return Drawn(
        finding,
        bars(frame.head(MOST_BARS), "cases"),
        twin,
        note,
        cases=work,
        title=title,
        leads={words.cases(total): work, f"{words.count(whole)} open cases": tiles.cases_link(asked, "backlog")},
    )


FEW_TYPES = Chart("overdue-by-type", "Which types make most of the overdue cases", draw_types, metric="overdue_now", has_period=False)
FEW_PLACES = Chart("overdue-by-place", "Which places make most of the overdue cases", draw_places, metric="overdue_now", has_period=False)
REPEATS = Chart("repeat-places", "Places where the same comes back", draw_repeats, metric="repeat_location_rate")
STUCK = Chart("stuck-cases", "Open cases without any event for 14 days", draw_stuck, metric="stuck", has_period=False)
