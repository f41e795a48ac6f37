"""The same services in the cities of the installation: charts of what can be compared, and in words what cannot."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
from dash import Input, Output, html

from components import gate, language, promise_words, theme, words
from components.chart import Chart, Drawn, block
from components.cities_menu import COMPARISON
from components.city_words import topics_said, why_said
from components.figures.ranked import bars, intervals
from components.language import N_, _
from components.page import Query, heading
from components.portal import quarter
from components.table import Column, Twin
from data_access.city import CityError
from data_access.comparison import Comparison, load_comparison
from metrics.city_comparison import TOPICS, Compared, compared, people_of
from metrics.other_cities import Side, WhyNot, quarter_of, sides
from metrics.select import Asked

MOST_SAID = 4
"""Services that a finding names one by one."""
TITLE = N_("The same services in several cities")


def build(query: Query) -> list[Any]:
    """The page, for both audiences: what is read is what each city has published."""
    lead = _("What the cities of this installation have published about services that are the same, in one quarter, and only where the figures mean the same.")  # fmt: skip
    charts = html.Div([block(chart, "span-6", with_table=True) for chart in CHARTS], className="grid grid-after")
    return [
        heading(_(TITLE), lead),
        # Of one city four charts would each say that there is no other.
        *([quarter(query), charts] if gate.desk().settings.others else []),
        html.Section([html.H2(_("What is not compared, and why")), html.Div(id="not-compared")], className="card prose"),
    ]


def _asked_of(asked: Asked) -> tuple[list[Side], Comparison]:
    return sides(gate.desk(), quarter_of(asked)), load_comparison(gate.desk().settings.comparison)


def _when(asked: Asked) -> str:
    return words.days_between(*quarter_of(asked))


def _compare(metric: str, asked: Asked) -> tuple[Compared | None, str, str]:
    """What can be compared, the own city's name, and else why nothing can."""
    own = gate.desk().city.name
    if not gate.desk().settings.others:
        return None, own, _("This installation has one city; there is no other to compare it with.")
    try:
        every, of = _asked_of(asked)
    except CityError as error:
        return (
            None,
            own,
            _("The file that says which services are the same cannot be read.") + ("" if gate.desk().is_public else f" {error}"),
        )
    if not of.same_service:
        return None, own, _("Nobody has said yet which services of the cities are the same, so nothing is compared.")
    found = compared(metric, every, of, language.spoken().code)
    if found.frame.empty:
        return found, own, _("Of no service this can be compared in this quarter; below it says why.")
    return found, own, ""


def _columns(metric: str) -> tuple[Column, ...]:
    figure = {
        "closed_within_7_days": [Column("value", _("Closed within 7 days"), "share"), Column("low", _("From (95 %)"), "share"), Column("high", _("To (95 %)"), "share"), Column("n", _("Cases"), "cases")],
        "ttc_km": [Column("value", _("Half closed within (days)"), "days"), Column("n", _("Cases"), "cases")],
        "ontime_due": [Column("value", _("On time"), "share"), Column("low", _("From (95 %)"), "share"), Column("high", _("To (95 %)"), "share"), Column("n", _("Were due"), "cases")],
        "per_1000": [Column("value", _("Reports per 1,000 residents"), "per_1000"), Column("low", _("From (95 %)"), "per_1000"), Column("high", _("To (95 %)"), "per_1000"), Column("n", _("Reported"), "cases")],
    }[metric]  # fmt: skip
    verdict = [] if metric == "ttc_km" else [Column("beside", _("Beside {city}", city=gate.desk().city.name))]
    return (Column("service", _("Service")), Column("city", _("City")), *figure, Column("promised", _("Promised")), *verdict)


def _drawn(metric: str, asked: Asked) -> Drawn:
    found, own, nothing = _compare(metric, asked)
    columns, title = _columns(metric), _("{what}, {period}", what=_(BY_METRIC[metric].title), period=_when(asked))
    if found is None or nothing:
        return Drawn(nothing, None, Twin(pd.DataFrame(columns=[column.key for column in columns]), columns), title=title)
    beside = {"more": _("more"), "less": _("less"), "alike": _("no difference that chance would not make"), "": ""}
    frame = found.frame.assign(
        label=[f"{service}, {city}" for service, city in zip(found.frame["service"], found.frame["city"], strict=True)],
        promised=[promise_words.promise_short(rule, "none") for rule in found.frame["promise"]],
        beside=[beside[verdict] for verdict in found.frame["verdict"]],
    )
    caption = _("Each service in each city")
    twin = Twin(frame, columns, caption)
    if metric in ("ttc_km", "per_1000"):
        colours = [theme.PRIMARY if is_own else theme.SECOND for is_own in frame["is_own"]]
        figure = bars(frame, "days" if metric == "ttc_km" else "per_1000", colours=colours, room=0.12)
        # A bar of half a day has no room for its number.
        figure["data"][0]["textposition"] = "outside"
        finding = _days_said(frame) if metric == "ttc_km" else _verdicts(metric, frame, own)
    else:
        figure, finding = intervals(frame, target=None, name=_(BY_METRIC[metric].title)), _verdicts(metric, frame, own)
    note = NOTES[metric]() + (_people(asked) if metric == "per_1000" else "")
    return Drawn(finding, figure, twin, note, title=title)


def _people(asked: Asked) -> str:
    """Who counted the people of each city, and how many."""
    known = [(side, *people_of(side)) for side in _asked_of(asked)[0] if side.asked is not None]
    told = [
        _("{n} in {city} ({source})", n=words.count(n), city=side.name, source=next(iter(side.city.area_layers)).population_source)
        for side, n, _why in known
        if n and side.city is not None
    ]
    return " " + _("People: {counts}.", counts=words.joined(told, len(told)))


def _days_said(frame: pd.DataFrame) -> str:
    parts = []
    for service, rows in list(frame.groupby("service", sort=False))[:MOST_SAID]:
        told = [_("{days} days in {city}", days=words.decimal(row["value"]), city=row["city"]) for row in rows.to_dict("records")]
        parts.append(_("{service}: half closed within {each}.", service=service, each=words.joined(told, len(told))))
    return " ".join(parts)


def _verdicts(metric: str, frame: pd.DataFrame, own: str) -> str:
    """In which services another city differs from the own one by more than chance."""
    others = frame[~frame["is_own"].astype("bool")]

    def named(verdict: str) -> str:
        rows = others[others["verdict"] == verdict]
        return words.joined([f"{row['service']} ({row['city']})" for row in rows.to_dict("records")], MOST_SAID)

    more, less, alike = named("more"), named("less"), named("alike")
    above, below = {
        "closed_within_7_days": (_("More are closed within 7 days than in {city}: {services}.", city=own, services=more), _("Fewer are closed within 7 days than in {city}: {services}.", city=own, services=less)),
        "ontime_due": (_("More are on time than in {city}: {services}.", city=own, services=more), _("Fewer are on time than in {city}: {services}.", city=own, services=less)),
        "per_1000": (_("More is reported per resident than in {city}: {services}.", city=own, services=more), _("Less is reported per resident than in {city}: {services}.", city=own, services=less)),
    }[metric]  # fmt: skip
    same = _("No difference from {city} that chance would not make: {services}.", city=own, services=alike)
    return " ".join(text for names, text in ((more, above), (less, below), (alike, same)) if names)


NOTES = {
    "closed_within_7_days": lambda: _("Of cases reported in the quarter. The strokes are 95 % intervals: where a difference may be chance alone, none is claimed."),
    "ttc_km": lambda: _("What each city promises stands in the table: who promises more time may take it. Weekends are included."),
    "ontime_due": lambda: _("Only where both cities promise the same. Holidays are each city's own."),
    "per_1000": lambda: _("Reports are not problems: where people report more, there is more to count, not more that is wrong."),
}  # fmt: skip


def draw_within(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    return _drawn("closed_within_7_days", asked)


def draw_days(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    return _drawn("ttc_km", asked)


def draw_on_time(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    return _drawn("ontime_due", asked)


def draw_reports(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    return _drawn("per_1000", asked)


CHARTS = (
    Chart("cities-within-7-days", N_("Closed within 7 days, by city"), draw_within, metric="closed_within_7_days", has_period=False),
    Chart("cities-days-to-close", N_("Days until half are closed, by city"), draw_days, metric="ttc_km", has_period=False),
    Chart("cities-on-time", N_("On time under the same promise, by city"), draw_on_time, metric="ontime_due", has_period=False),
    Chart("cities-reports", N_("Reports per 1,000 residents, by city"), draw_reports, metric="opened", has_period=False),
)
BY_METRIC = dict(zip(TOPICS, CHARTS, strict=True))


@gate.answers(Output("not-compared", "children"), question=Input("question", "data"), refused=lambda message: html.P(message))
def say_not_compared(asked: Asked) -> list[Any]:
    """Everything that is left out, each with its reason; and what no page of this kind can compare."""
    reasons: dict[WhyNot, list[str]] = {}
    said = ""
    for metric in TOPICS:
        found, _own, nothing = _compare(metric, asked)
        said = nothing if found is None else said
        for why in found.left_out if found else ():
            reasons.setdefault(why, []).append(metric)
    every, of = ([], Comparison()) if said else _asked_of(asked)
    items = [html.Li(_item(why, metrics, every, of)) for why, metrics in reasons.items()]
    return [
        *([html.P(said)] if said else []),
        *([html.Ul(items)] if items else []),
        html.P(_("Never compared: totals over all services, because cities do not have the same ones; overall rates, because each city promises something else; places in a ranking; fiscal years, which begin in different months; and anything of services about homes and persons.")),
    ]  # fmt: skip


def _item(why: WhyNot, metrics: Sequence[str], every: Sequence[Side], of: Comparison) -> str:
    told = why_said(why, every, of, language.spoken().code)
    if not why.service:
        return told
    about = topics_said(metrics, len(TOPICS))
    return f"{why.service}: {told}" + (f" ({about})" if about else "")


__all__ = ["COMPARISON", "TITLE", "build"]
