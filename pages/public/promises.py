"""`/promises`: what the city promised for each service, and whether it was kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import Input, Output, html

from components import gate, portal, portal_charts, portal_links, promise_words, resident_words, words
from components.chart import Chart, Drawn, block
from components.figures.ranked import bars
from components.language import N_, _
from components.page import Query, heading, page
from components.table import Column, Twin
from metrics.meetings_kept import meetings_kept
from metrics.resident_tables import promises_kept
from metrics.select import Asked
from metrics.targets import city_target


def build(query: Query) -> list[Any]:
    return [
        heading(_("What the city promised"), _("How quickly each service should be done, how often that was kept, and how long it took.")),
        portal.quarter(query),
        portal.said(name="promises-words"),
        html.Div([block(KEPT, "span-12", with_table=True)], className="grid grid-after"),
        portal.before_you_compare(),
    ]


@gate.answers(Output("promises-words", "children"), question=Input("question", "data"), refused=lambda message: html.P(message))
def say(asked: Asked) -> list[Any]:
    """How many promises were kept as often as the city aims for, and which services have none."""
    frame, target = _frame(asked), city_target(asked, gate.desk().city.facts.on_time_target)
    judged = frame.dropna(subset=["value"])
    said = []
    if judged.empty:
        said.append(_("There is no published figure here of how often a promise was kept."))
    elif target is not None:
        n, aim = int((judged["value"] >= target).sum()), words.share(target)
        said.append(_("Services that kept their promise in {aim} of cases or more, which is what the city aims for: **{n} of {all}**.", aim=aim, n=n, all=len(judged)))  # fmt: skip
    better = judged.dropna(subset=["before"])
    if len(better):
        n = int((better["value"] > better["before"]).sum())
        said.append(_("Services that did better than a year earlier: **{n} of {all}**.", n=n, all=len(better)))
    without = list(frame.loc[frame["kind"] == "none", "label"])
    if without:
        said.append(_("Nothing is promised for {names}.", names=words.joined(without, most=6)))  # fmt: skip
    said += _meetings(asked)
    when = _("From {period}", period=words.asked_period(asked.question))
    return [html.H2(when), *[resident_words.paragraph(text) for text in said]]


def _meetings(asked: Asked) -> list[str]:
    """How often the city met about its figures, and how often it did not."""
    kept = meetings_kept(asked)
    if not kept:
        return []
    held, cancelled = (sorted(day for one in kept for day in getattr(one, name)) for name in ("held", "cancelled"))
    until = words.day(asked.calendar.day_of(asked.mart.as_of))
    line = _("Meetings of the city about these figures in the 12 months to {day}: **{held}** held, **{cancelled}** cancelled.", day=until, held=len(held), cancelled=len(cancelled))  # fmt: skip
    return [line + (" " + _("The last one was held on {day}.", day=words.day(held[-1])) if held else "")]


def _frame(asked: Asked) -> pd.DataFrame:
    # Of the city as a whole: a filter that came with the address is not this page's.
    return promises_kept(asked.about(asked.question.about(request_type=(), areas=())), promise_words.rules_of(asked))


def draw_kept(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """How often each promise was kept, the least kept first; the table has the promise, the year before and the times."""
    rules = promise_words.rules_of(asked)
    frame = _frame(asked)
    promised = [promise_words.promise_short(rules.get(key), kind) for key, kind in zip(frame["key"], frame["kind"], strict=True)]
    frame = frame.assign(href=[portal_links.in_quarter(portal_links.service(key), asked) for key in frame["key"]], promised=promised)
    columns = (
        Column("label", _("Service"), href="href"), Column("promised", _("Promised")), Column("value", _("Kept"), "share"), Column("before", _("A year earlier"), "share"),
        Column("n", _("Were due"), "cases"), Column("median", _("Half closed within (days)"), "days"), Column("p90", _("9 of 10 closed within (days)"), "days"),
    )  # fmt: skip
    twin = Twin(portal_charts.told(frame), columns, _("Promises, the least kept first"), frame[[column.key for column in columns]])
    drawn = frame.dropna(subset=["value"])
    if drawn.empty:
        return Drawn(_("There is no published figure here of how often a promise was kept."), None, twin)
    worst, best = drawn.iloc[0], drawn.iloc[-1]
    finding = _("{worst} kept its promise least often ({low}), {best} most often ({high}).",
                worst=worst["label"], low=words.share(worst["value"]), best=best["label"], high=words.share(best["value"]))  # fmt: skip
    if len(drawn) == 1:
        finding = _("{service} kept its promise in {percent} of cases.", service=worst["label"], percent=words.share(worst["value"]))
    target = city_target(asked, gate.desk().city.facts.on_time_target)
    marked = {} if target is None else {"target": "aim"}
    note = _("Promises differ in how hard they are to keep. Days are whole days and parts of them since the report, weekends included.")  # fmt: skip
    if target is not None:
        note = _("The stroke is the city's aim, {percent}.", percent=words.share(target)) + " " + note
    return Drawn(finding, bars(drawn.assign(aim=target), "share", **marked), twin, note)


KEPT = Chart("promises-kept", "Promises kept, of the cases that fell due", draw_kept, metric="ontime_due")

layout = page(__name__, portal_links.PROMISES, N_("What the city promised"), build, nav=N_("Promises"), order=4)
