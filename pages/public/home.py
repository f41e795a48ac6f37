"""`/` of the portal: how is the city doing? In plain words, from released cases only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import Input, Output, dcc, html

from components import filters, gate, theme, words
from components.area_map import district_map, map_block, on_time_target
from components.chart import Chart, Drawn, block
from components.figures.ranked import bars
from components.figures.series import Line, lines
from components.page import Query, heading, page
from components.table import Column, Twin
from metrics.areas import layers
from metrics.measure import measure
from metrics.resident import Answers, answers, services
from metrics.select import Asked

SHOWN = 12
SERVICES = (
    Column("label", "Service"), Column("opened", "Reported", "cases"), Column("value", "On time", "share"), Column("n", "Were due", "cases"),
    Column("median", "Half closed within (days)", "days"), Column("p90", "9 of 10 closed within (days)", "days"), Column("open", "Open now", "cases"),
)  # fmt: skip
YEARS_SHOWN = 2
HIDDEN_FILTERS = ("weeks", "from", "to", "department", "request_group", "grain", "channel", "case_class", "programme", "outcome", "as_of")


def build(query: Query) -> list[Any]:
    return [
        heading("How is the city doing?", "What residents reported in streets, parks and public places, and how well the city answered."),
        filters.bar(query, without=HIDDEN_FILTERS),
        html.Div(
            [html.Section(html.P("…"), id="in-words", className="card in-words span-5", **{"aria-live": "polite"}), map_block(BY_AREA, "span-7")],
            className="grid",
        ),
        html.Div([block(ON_TIME, "span-6"), block(BY_SERVICE, "span-6")], className="grid"),
        html.Section(
            [
                html.H2("Before you compare"),
                html.Ul([
                    html.Li("Reports are not problems: where people report more, there is more to count, not more that is wrong."),
                    html.Li("Closed is not always fixed: some cases are closed because nothing could be found or done."),
                    html.Li("Only cases of public places are published here. Cases about a home or a person are not."),
                    html.Li(["Few cases say little: where fewer than ten were due, no share is given, and no count below five. ", dcc.Link("What the figures mean", href="/definitions")]),
                ]),
            ],
            className="card prose",
        ),
    ]  # fmt: skip


@gate.answers(Output("in-words", "children"), question=Input("question", "data"), refused=lambda message: html.P(message))
def say(asked: Asked) -> list[Any]:
    """The answer in sentences."""
    found = answers(asked)
    what = filters.said(asked)
    lead = f"From {words.asked_period(asked.question)}"
    made: list[Any] = [html.H2(f"{lead}: {what}" if what else lead)]
    if found.opened is None:
        made.append(html.P("Too few cases were reported to publish how many."))
    else:
        made.append(html.P([html.Strong(words.count(found.opened)), f" {_cases(found.opened)} reported{_than(found)}."]))
    if found.due is None or found.met is None:
        made.append(html.P("Too few cases with a deadline fell due to say how many were closed on time."))
    elif not found.due:
        made.append(html.P("No case with a deadline fell due."))
    else:
        share = found.met / found.due
        made.append(html.P([html.Strong(_begun(words.of_ten(share))), " cases that were due were closed on time ",
                            f"({words.share(share)} of {words.count(found.due)}){_than_on_time(found, share)}."]))  # fmt: skip
    if found.old_enough and found.within_week is not None:
        quick = _begun(words.of_ten(found.within_week / found.old_enough))
        made.append(html.P([html.Strong(quick), " cases were closed within a week of the report."]))
    if found.open is None:
        made.append(html.P("Too few cases are open now to publish how many."))
    else:
        made.append(
            html.P([html.Strong(words.count(found.open)), f" {'case is' if found.open == 1 else 'cases are'} open now{_overdue(found)}."])
        )
    return made


def _begun(text: str) -> str:
    return text[0].upper() + text[1:]


def _cases(n: float) -> str:
    return "case was" if n == 1 else "cases were"


def _than(found: Answers) -> str:
    if found.opened is None or found.opened_before is None or found.opened_before < 20:
        return ""
    change = found.opened / found.opened_before - 1
    if not change:
        return ", as many as in the same months a year earlier"
    return f", {words.percent_of(abs(change))} {'more' if change > 0 else 'fewer'} than in the same months a year earlier"


def _than_on_time(found: Answers, share: float) -> str:
    if found.share_before is None:
        return ""
    gap = share - found.share_before
    if abs(gap) < 0.005:
        return ", as in the same months a year earlier"
    return f", {words.points(gap)} {'better' if gap > 0 else 'worse'} than in the same months a year earlier"


def _overdue(found: Answers) -> str:
    if found.overdue is None:
        return ""
    if not found.overdue:
        return ", none of them past its deadline"
    return f", {words.count(found.overdue)} of them past {'its' if found.overdue == 1 else 'their'} deadline"


def draw_on_time(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """On time, up to the quarter asked for: of the whole city by month, of a service or an area by quarter."""
    question = asked.question
    is_part = bool(question.request_type or question.areas)
    start = question.end.replace(year=question.end.year - YEARS_SHOWN)
    question = question.about(start=start, grain="quarter" if is_part else "month")
    frame = measure("ontime_due", asked.about(question), period=True).frame
    known = frame.dropna(subset=["value"])
    columns = (
        Column("period", f"{question.grain.capitalize()} from", "day"),
        Column("value", "On time", "share"),
        Column("n", "Were due", "cases"),
    )
    title = f"Cases closed on time, by the {question.grain} they fell due, {words.asked_period(question)}"
    twin = Twin(frame.iloc[::-1], columns, f"On time by {question.grain}")
    if known.empty:
        return Drawn(f"No {question.grain} had enough cases with a deadline.", None, twin, title=title)
    share = known["numerator"].sum() / known["denominator"].sum()
    target = gate.desk().city.facts.on_time_target
    aim = "" if target is None else f"; the city's aim is {words.share(target)}"
    return Drawn(
        words.sentence(f"{words.of_ten(share)} cases that were due were closed on time{aim}"),
        lines(known, [Line("value", "On time")], "share", target=target), twin, title=title,
    )  # fmt: skip


def draw_services(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """On time by service, the most reported ones drawn, all in the table."""
    frame = services(asked)
    drawn = frame.dropna(subset=["value"]).head(SHOWN).sort_values("value", ascending=False)
    twin = Twin(frame, SERVICES, "Services, most reported first")
    if drawn.empty:
        return Drawn("Too few cases were due to say how services did.", None, twin)
    finding = words.most_and_least(list(zip(drawn["label"], drawn["value"], strict=True)))
    asked_for = f"The {words.plural(len(drawn), 'service')} with most reports" if len(drawn) > 1 else "The services with"
    note = f"{asked_for} and at least ten due cases; services differ in how hard they are. What too few cases stand behind is left empty."
    return Drawn(finding, bars(drawn, "share", colours=theme.PRIMARY, href=None), twin, note)


def draw_areas(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """On time in each area of the city's first layer; an area leads to the portal's own answer about it."""
    known = list(layers(asked))
    if not known:
        return Drawn("The data of this city names no areas.", None, Twin(pd.DataFrame({"label": []}), (Column("label", "Area"),)))
    layer = known[0]
    # The map compares the areas, also when one of them or a part of one is asked about.
    asked = asked.about(asked.question.about(areas=()))
    return district_map(asked, "ontime_due", layer, target=on_time_target(asked), href=lambda key: filters.link("/", asked, **{layer: key}))


BY_AREA = Chart("public-map", "Closed on time, by area", draw_areas, metric="ontime_due", is_map=True, height=420)
ON_TIME = Chart("public-on-time", "Cases closed on time, by when they fell due", draw_on_time, metric="ontime_due")
BY_SERVICE = Chart("public-services", "Closed on time, by service", draw_services, metric="ontime_due")

layout = page(__name__, "/", "How is the city doing?", build, nav="The city", order=1)
