"""Restated figures in words: what was frozen, what is known now, and what came between."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
from dash import html

from components import gate, words
from components.table import Column, Twin, html_table
from data_access.store import freezes
from data_access.store.freezes import CITY, Figure, Freeze
from metrics.audit import open_to
from metrics.definitions import REGISTRY
from metrics.freeze import headline
from metrics.restated import Restated, restated
from metrics.select import Asked

LATER = {
    "opened": ("arrived late", "taken out: duplicates, or rows that were mended"),
    "closed": ("recorded late", "taken back or corrected"),
}
"""How more, and how fewer, of a figure came to be by records that arrived after it was frozen."""
ANY = ("more by records that arrived or were mended later", "fewer by records that arrived or were mended later")


def found(closed: Freeze, asked: Asked) -> list[Restated] | None:
    """What became of the figures of a freeze that the present viewer may see; None where they may see none of them."""
    desk = gate.desk()
    frozen = headline(visible(closed, asked))
    return restated(closed, frozen, desk.ask({})) if frozen else None


def visible(closed: Freeze, asked: Asked) -> list[Figure]:
    """All figures of a freeze that the present viewer may see."""
    desk = gate.desk()
    return freezes.figures(desk.store(), closed, open_to(desk.viewer(), asked))


def everything(closed: Freeze, asked: Asked) -> html.Details | None:
    """All of a frozen week that the present viewer may see, a row for each figure; None where there is nothing."""
    frozen = [figure for figure in visible(closed, asked) if figure.metric in REGISTRY]
    if not frozen:
        return None
    places = list(dict.fromkeys(figure.department for figure in frozen))
    known = {(figure.metric, figure.department): words.amount(figure.value, REGISTRY[figure.metric].unit) for figure in frozen}
    order = [metric for metric in REGISTRY if any(figure.metric == metric for figure in frozen)]
    rows = [
        {"figure": REGISTRY[metric].label, **{place or "city": known.get((metric, place), words.MISSING) for place in places}}
        for metric in order
    ]
    named = {place: "City" if place == CITY else asked.name_of("department", place) for place in places}
    columns = (Column("figure", "Figure"), *(Column(place or "city", named[place]) for place in places))
    twin = Twin(
        pd.DataFrame(rows), columns, f"{words.plural(len(frozen), 'figure')} as known on {words.instant(closed.as_of, asked.calendar)}"
    )
    return html.Details([html.Summary("All figures as they were frozen"), html_table(twin, asked.calendar)], className="twin")


def section(closed: Freeze | None, asked: Asked) -> html.Section:
    """The frozen week of a meeting: whether its data passed, and which of its figures are others now."""
    title = html.H2("The frozen week", className="finding")
    if closed is None:
        return html.Section(
            [title, html.P("No week before this meeting is frozen. A week is frozen with the first load after it is over.", className="note")],
            className="card prose",
        )  # fmt: skip
    changed = found(closed, asked)
    made: list[Any] = [title, html.P(summary(closed, changed, asked))]
    if closed.is_red:
        made.append(html.P(f"The data did not pass: {closed.gate_note}", className="banner banner-bad"))
    if changed:
        made.append(html.Ul([html.Li(line(one, closed, asked)) for one in changed], className="restated"))
    whole = everything(closed, asked)
    return html.Section([*made, *([] if whole is None else [whole])], className="card prose", id="restated")


def summary(closed: Freeze, changed: list[Restated] | None, asked: Asked) -> str:
    """One sentence on a freeze."""
    week = words.days_between(closed.week, closed.week + timedelta(weeks=1))
    known = f"The headline figures of the week of {week} were frozen as known on {words.instant(closed.as_of, asked.calendar)}"
    if changed is None:
        return f"{known}; they are of the city and of whole departments, and none of them is open to your account."
    if not changed:
        return f"{known}; today the same questions have the same answers."
    return f"{known}; {words.plural(len(changed), 'of them is another one', 'of them are other ones')} today."


def line(one: Restated, closed: Freeze, asked: Asked) -> str:
    """ "Opened: 418 when frozen on 6 July, 431 now, +3.1 %: 13 cases arrived late"."""
    where = "City" if one.frozen.department == CITY else asked.name_of("department", one.frozen.department)
    unit = one.metric.unit
    then, now = (words.amount(figure.value, unit) for figure in (one.frozen, one.now))
    if unit == "share":
        then, now = (f"{text} of {words.cases(figure.n)}" for text, figure in ((then, one.frozen), (now, one.now)))
    day = words.day(asked.calendar.day_of(closed.as_of))
    said = f"{where}, {words.label(one.metric)}: {then} when frozen on {day}, {now} now{_change(one)}"
    reason = _reason(one)
    return words.sentence(f"{said}: {reason}" if reason else said)


def _change(one: Restated) -> str:
    if one.difference is None:
        return ""
    sign = "+" if one.difference > 0 else "−"
    if one.metric.unit == "share":
        return f", {sign}{abs(one.difference) * 100:.1f} points"
    return "" if one.share is None else f", {sign}{abs(one.share) * 100:.1f} %"


def _reason(one: Restated) -> str:
    if one.redefined:
        return f"its definition has changed since (version {one.frozen.definition_version} then, {one.now.definition_version} now), so the two cannot be compared"
    if one.late is None or one.difference is None or one.metric.unit not in ("cases", "closures"):
        return ""
    late, rest = round(one.late), round(one.difference - one.late)
    parts = []
    if late:
        what = words.cases(abs(late)) if one.metric.unit == "cases" else words.plural(abs(late), "closing")
        parts.append(f"{what} {LATER.get(one.metric.id, ANY)[late < 0]}")
    if rest:
        parts.append(f"{words.count(abs(rest))} {'more' if rest > 0 else 'fewer'} by what happened since")
    return "; ".join(parts)
