"""`/before/<department>`: what a department's head will be asked in the next meeting, with a box to explain or dispute each figure."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import dash
from dash import MATCH, Input, Output, State, dcc, html

from access import MAY
from components import annotations, filters, gate, meetings, remark_forms, remark_marks, signal_words, tiles, words
from components.before_work import WORK
from components.chart import block
from components.commitments import promised_block
from components.page import Query, page
from components.remark_forms import Flag, flag_of, part_id
from data_access.store import meetings as kept
from data_access.store import remarks
from data_access.store.acting import Acting
from data_access.store.meetings import PLANNED, Meeting
from data_access.store.remarks import LONGEST, STANCES, Remark
from metrics.agreed import with_above
from metrics.definitions import HEADLINE
from metrics.headline import Headline, headlines
from metrics.question import BadQuestion
from metrics.remarks import concerns, open_to, own_filters
from metrics.select import Asked
from metrics.signal_list import narrowed, signal_list
from metrics.weekly import WHOLE

HERE = State("question", "data")
WEEKS = 52
"""In which signals are sought, as on their page."""


def build(_query: Query) -> list[Any]:
    return [
        html.Div(html.H1("Before the meeting"), id="before-head", className="page-head"),
        html.Div(
            [
                promised_block(),
                html.Section(
                    [html.H2("What will be shown, and what there is to say", className="finding"), html.P(id="before-week", className="note"), html.Ul(id="before-flags", className="flags")],
                    className="card before-flags",
                ),
                html.Section([html.H2("Said of other figures and weeks", className="finding"), html.Ul(id="before-others", className="flags")], id="before-rest", className="card before-flags", hidden=True),
                html.Div([block(WORK, "span-12", with_table=True)], className="grid"),
            ],
            id="before-body",
        ),
    ]  # fmt: skip


def _department(asked: Asked) -> str:
    """The one department this page is about.

    Raises:
        BadQuestion: the address names none or several.
    """
    chosen = asked.question.department
    if len(chosen) != 1:
        raise BadQuestion("This page is about one department; the address names none or several.")
    return chosen[0]


def next_meeting(asked: Asked, department: str) -> Meeting | None:
    """The next planned meeting about a department or one that it is a division of."""
    store, day, about = gate.desk().store(), meetings.today(asked), with_above(asked.mart, department)
    kept.materialise(store, day)
    found = kept.schedule(store, meetings.only(asked), day, day + timedelta(weeks=kept.WEEKS_AHEAD))
    return next((met for met in found if met.state == PLANNED and not about.isdisjoint(met.series.departments)), None)


@gate.answers(
    {
        "head": Output("before-head", "children"), "is_refused": Output("before-body", "hidden"), "week": Output("before-week", "children"),
        "flags": Output("before-flags", "children"), "others": Output("before-others", "children"), "is_all": Output("before-rest", "hidden"),
    },
    question=Input("question", "data"),
    refused=lambda message: {"head": [html.H1("Not shown"), html.P([message, " ", dcc.Link("All departments", href="/departments")])], "is_refused": True, "week": "", "flags": [], "others": [], "is_all": True},
)  # fmt: skip
def fill(asked: Asked) -> dict[str, Any]:
    """The meeting, and every figure that will be talked about."""
    department = _department(asked)
    name, met = asked.name_of("department", department), next_meeting(asked, department)
    if met is None:
        lead: list[Any] = ["No meeting about it is planned. ", dcc.Link("All meetings", href="/meetings")]
    else:
        lead = [
            "The next meeting: ",
            dcc.Link(f"{met.series.name}, {meetings.when(met)}", href=meetings.address(met)),
            f", {met.series.minutes} minutes.",
        ]
    links = [
        dcc.Link("Its whole page", href=filters.link(f"/departments/{department}", asked, department=None)),
        dcc.Link("What departments said", href="/remarks"),
    ]
    week = f"The week of {words.days_between(*asked.last_week())}. What is written here stands with the figure wherever it is shown, under the department's name."
    flags, every = list(_flags(asked)), _every(asked)
    others = _others(every, [flag for flag, *_ in flags], department, asked)
    return {
        "head": [html.H1(f"Before the meeting: {name}"), html.P(lead, className="lead"), html.P(links, className="work-lists")], "is_refused": False, "week": week,
        "flags": [_flag(flag, *shown, every, asked) for flag, *shown in flags], "others": others, "is_all": not others,
    }  # fmt: skip


def _flags(asked: Asked) -> Iterator[tuple[Flag, str, list[Any], date]]:
    """The signals, most cases first, then the headline figures, none twice: each with its name, what it shows, and the week it is so since."""
    week, seen = asked.last_week()[0], set[tuple[str, str]]()
    for line in signal_list(asked, annotations.rebasing()).lines.to_dict("records"):
        flag = Flag(line["metric"], line["dimension"], line["key"], week)
        tone = {"worse": "tag tag-bad", "better": "tag tag-good"}.get(line["verdict"], "tag")
        shown = filters.link("/signals", asked, series=signal_words.series_id(line)) + "#chart-signal-series"
        told = [
            html.Span(line["verdict"] if line["verdict"] != "neither" else "signal", className=tone),
            f" {signal_words.more(line)} than expected. {signal_words.rule(line)}. ",
        ]
        if (flag.metric, flag.filters(asked)) not in seen:
            yield flag, signal_words.named(line), [*told, dcc.Link("Its chart", href=shown)], asked.calendar.start_of(line["since"], "week")
        seen.add((flag.metric, flag.filters(asked)))
    for of in headlines(HEADLINE, asked):
        flag = Flag(of.metric.id, WHOLE, WHOLE, week)
        if (flag.metric, flag.filters(asked)) not in seen:
            yield flag, of.metric.label, _headline(of, asked), week


def _headline(of: Headline, asked: Asked) -> list[Any]:
    behind = tiles.cases_of(of.metric.id, asked)
    value = words.value(of.value, of.metric.unit)
    value = f"{value} of {words.cases(of.n)}" if of.metric.unit == "share" and not words.is_missing(of.value) else value
    return [f"{value} in the last complete week. ", *([dcc.Link("The cases", href=behind)] if behind else [])]


def _flag(flag: Flag, what: str, told: list[Any], since: date, every: list[Remark], asked: Asked) -> html.Li:
    own = own_filters(narrowed(asked, flag.dimension, flag.key))
    wider = [
        one for one in every if one.stands and not _is_exactly(one, flag, asked) and concerns(one, flag.metric, own, since, flag.week)
    ]  # fmt: skip
    return html.Li(
        [
            html.H3(what), html.P(told), *[remark_marks.mark(one) for one in wider],
            html.Ul(_said(flag, every, asked), id=part_id("said", flag.name), className="flag-said"),
            *([remark_forms.box(flag, what)] if _may_write(asked) else []), html.P(id=part_id("told", flag.name), className="note", role="status"),
        ],
        className="flag",
    )  # fmt: skip


def _may_write(asked: Asked) -> bool:
    """Whether the present viewer may speak for this page's department."""
    viewer = gate.desk().viewer()
    only = open_to(viewer, asked.mart)
    return viewer.role in MAY["remark"] and (only is None or _department(asked) in only)


def _others(every: list[Remark], flags: list[Flag], department: str, asked: Asked) -> list[html.Li]:
    """What the department says of figures that are no flag of the last week, disputes without an answer first."""
    found = [
        one for one in every if one.department == department and one.stands and not any(_is_exactly(one, flag, asked) for flag in flags)
    ]
    found.sort(key=lambda one: (not one.is_dispute or bool(one.answer), -one.week.toordinal(), one.id))
    return [
        html.Li([html.H3(remark_marks.figure_said(one)), html.Ul(remark_forms.item(one, _events(one.id, asked), asked), className="flag-said")], className="flag")
        for one in found
    ]  # fmt: skip


def _every(asked: Asked) -> list[Remark]:
    """All remarks that the viewer may see, withdrawn ones too: who withdrew one finds it here again."""
    desk = gate.desk()
    return remarks.register(desk.store(), desk.viewer(), open_to(desk.viewer(), asked.mart))


def _is_exactly(one: Remark, flag: Flag, asked: Asked) -> bool:
    """Whether it was said of this figure itself; what was said of a wider one, or in an earlier week of the signal, is changed there."""
    return (one.metric, one.week, one.filters) == (flag.metric, flag.week, flag.filters(asked))


def _said(flag: Flag, every: list[Remark], asked: Asked) -> list[html.Li]:
    """What is said of a flag: what stands, and what the viewer can bring back."""
    viewer = gate.desk().viewer()
    found = [
        one for one in every
        if _is_exactly(one, flag, asked) and (one.stands or (viewer.role in MAY["remark"] and remarks.is_own(viewer, one)))
    ]  # fmt: skip
    return [remark_forms.item(one, _events(one.id, asked), asked) for one in found]


def _events(number: int, asked: Asked) -> list[remarks.Event]:
    desk = gate.desk()
    return remarks.history(desk.store(), desk.viewer(), open_to(desk.viewer(), asked.mart), number)


@gate.changes(
    {"said": Output(part_id("said", MATCH), "children"), "text": Output(part_id("text", MATCH), "value"), "told": Output(part_id("told", MATCH), "children")},
    action="remark", trigger=Input(part_id("do", MATCH), "n_clicks"), question=HERE,
    values={
        "name": (State(part_id("do", MATCH), "id"), remark_forms.name_of), "stance": (State(part_id("stance", MATCH), "value"), gate.one_of(STANCES, "way to speak of a figure")),
        "text": (State(part_id("text", MATCH), "value"), gate.short_text(LONGEST, "What you say")),
    },
)  # fmt: skip
def write(acting: Acting, asked: Asked, name: str, stance: str, text: str) -> dict[str, Any]:
    """Keep what a department says of a figure."""
    department, flag = _department(asked), flag_of(name, asked)
    try:
        remarks.write(
            acting, department=department, metric=flag.metric, filters=flag.filters(asked), week=flag.week, stance=stance, text=text,
            open_to=open_to(acting.viewer, asked.mart),
        )  # fmt: skip
    except remarks.NotSaid as error:
        raise BadQuestion(str(error)) from None
    dash.set_props("notice", {"hidden": True})
    return {"said": _said(flag, _every(asked), asked), "text": "", "told": "Kept. It stands with the figure from now on."}


NUMBER = (State(part_id("one", MATCH), "id"), remark_forms.number_of)
SEEN = (State(part_id("seen", MATCH), "data"), remark_forms.revision_of)


@gate.changes(
    Output(part_id("turned", MATCH), "children"), action="remark", trigger=Input(part_id("turn", MATCH), "n_clicks"), question=HERE,
    values={"number": NUMBER, "seen": SEEN},
)  # fmt: skip
def turn(acting: Acting, asked: Asked, number: int, seen: int) -> str:
    """Withdraw a remark, or bring a withdrawn one back."""
    only = open_to(acting.viewer, asked.mart)
    one = next((one for one in _every(asked) if one.id == number), None)
    try:
        change = remarks.withdraw if one is None or one.stands else remarks.restore
        now = change(acting, number, seen=seen, open_to=only)
    except remarks.NotSaid as error:
        raise BadQuestion(str(error)) from None
    _show(now, asked)
    return "" if now.stands else "Withdrawn; it is no longer shown with the figure."


@gate.changes(
    Output(part_id("answered", MATCH), "children"), action="answer_remark", trigger=Input(part_id("reply", MATCH), "n_clicks"), question=HERE,
    values={"number": NUMBER, "seen": SEEN, "text": (State(part_id("found", MATCH), "value"), gate.short_text(LONGEST, "What was found"))},
)  # fmt: skip
def reply(acting: Acting, asked: Asked, number: int, seen: int, text: str) -> str:
    """Say what was found of a remark."""
    try:
        now = remarks.answer(acting, number, text, seen=seen, open_to=open_to(acting.viewer, asked.mart))
    except remarks.NotSaid as error:
        raise BadQuestion(str(error)) from None
    _show(now, asked)
    return "The answer is kept."


def _show(one: Remark, asked: Asked) -> None:
    """The remark follows what was changed."""
    dash.set_props(part_id("one", one.id), {"children": remark_forms.content(one, _events(one.id, asked), asked)})
    dash.set_props("notice", {"hidden": True})


layout = page(
    __name__, remark_marks.PAGE, "Before the meeting", build, template=f"{remark_marks.PAGE}/<department>", weeks=WEEKS
)  # fmt: skip
