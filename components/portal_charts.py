"""Charts of the residents' pages: on time over time, by service, by area; how long closing takes."""

from __future__ import annotations

import pandas as pd
from dash import html

from components import gate, portal_links, resident_words, theme, words
from components.area_map import district_map, on_time_target
from components.area_words import trust_words
from components.chart import Drawn
from components.figures.ranked import bars
from components.figures.series import Line, lines
from components.language import N_, _, plural
from components.table import Column, Twin
from metrics.areas import layers
from metrics.measure import measure
from metrics.resident import services
from metrics.resident_tables import areas_of_service
from metrics.select import Asked
from metrics.targets import city_target
from metrics.tenths import Step, closed_by

SHOWN = 12
YEARS_SHOWN = 2


def on_time_by_period(asked: Asked) -> Drawn:
    """On time, up to the quarter asked for: of the whole city by month, of a service or an area by quarter."""
    question = asked.question
    is_part = bool(question.request_type or question.areas)
    asked = asked.about(
        question.about(start=question.end.replace(year=question.end.year - YEARS_SHOWN), grain="quarter" if is_part else "month")
    )
    frame = measure("ontime_due", asked, period=True).frame
    known = frame.dropna(subset=["value"])
    by = _("Quarter from") if is_part else _("Month from")
    columns = (Column("period", by, "day"), Column("value", _("On time"), "share"), Column("n", _("Were due"), "cases"))
    when = words.asked_period(asked.question)
    if is_part:
        title = _("Cases closed on time, by the quarter they fell due, {when}", when=when)
    else:
        title = _("Cases closed on time, by the month they fell due, {when}", when=when)
    twin = Twin(frame.iloc[::-1], columns, _("On time by quarter") if is_part else _("On time by month"))
    if known.empty:
        return Drawn(_("There is no published share on time here."), None, twin, title=title)
    target = city_target(asked, gate.desk().city.facts.on_time_target)
    figure = lines(known, [Line("value", _("On time"))], "share", target=target)
    return Drawn(_over_time(known, target, is_part), figure, twin, title=title)


def _over_time(known: pd.DataFrame, target: float | None, is_part: bool) -> str:
    """The last value beside the city's aim; of a part of the city, whose quarters are few, also the one a year earlier."""
    last = known.iloc[-1]
    percent = words.share(last["value"])
    before = known[known["period"] == last["period"] - pd.DateOffset(years=1)]
    aim = "" if target is None else _("The city's aim is {percent}.", percent=words.share(target))
    if is_part and len(before):
        text = _("{percent} were on time in the last quarter shown, {before} in the same quarter a year earlier.", percent=percent, before=words.share(before["value"].iloc[0]))  # fmt: skip
    elif is_part:
        text = _("{percent} were on time in the last quarter shown.", percent=percent)
    else:
        text = _("{percent} were on time in the last month shown.", percent=percent)
    return f"{text} {aim}".strip()


SERVICES = (
    Column("label", N_("Service"), href="href"), Column("opened", N_("Reported"), "cases"), Column("value", N_("On time"), "share"), Column("n", N_("Were due"), "cases"),
    Column("median", N_("Half closed within (days)"), "days"), Column("p90", N_("9 of 10 closed within (days)"), "days"), Column("open", N_("Open now"), "cases"),
)  # fmt: skip


def told(frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` of services with words where a number is withheld: "not published", and "not yet" where so many are not closed yet."""
    withheld, yet = _("not published"), _("not yet")
    words_for = {
        "opened": [(frame["opened"].isna(), withheld)], "open": [(frame["open"].isna(), withheld)], **{name: [(frame["n"].isna(), withheld)] for name in ("value", "n")},
        **{name: [(frame["seen"].isna(), withheld), (frame[name].isna() & frame["seen"].notna(), yet)] for name in ("median", "p90")},
    }  # fmt: skip
    if "before" in frame.columns:
        words_for["before"] = [(frame["before_withheld"], withheld)]
    made = frame.copy()
    for name, rules in words_for.items():
        column = frame[name].astype(object)
        for holds, text in rules:
            column = column.mask(holds, text)
        made = made.assign(**{name: column})
    return made


def on_time_by_service(asked: Asked) -> Drawn:
    """On time by service, the most reported ones drawn, all in the table; each leads to its page."""
    frame = services(asked)
    frame = frame.assign(href=[portal_links.in_quarter(portal_links.service(key), asked) for key in frame["key"]])
    drawn = frame.dropna(subset=["value"]).head(SHOWN).sort_values("value", ascending=False)
    twin = Twin(told(frame), SERVICES, _("Services, most reported first"), frame[[column.key for column in SERVICES]])
    if drawn.empty:
        return Drawn(_("There is no published share on time of any service here."), None, twin)
    finding = words.most_and_least(list(zip(drawn["label"], drawn["value"], strict=True)))
    note = _("Services with most reports and at least ten due cases; services differ in how hard they are.")  # fmt: skip
    return Drawn(finding, bars(drawn, "share", colours=theme.PRIMARY), twin, note)


def reported_by_service(asked: Asked) -> Drawn:
    """What is reported most in an area, with how often it is on time there; each leads to its page, which is about the whole city."""
    frame = services(asked)
    frame = frame.assign(href=[portal_links.in_quarter(portal_links.service(key), asked) for key in frame["key"]])
    twin = Twin(told(frame), SERVICES, _("Services, most reported first"), frame[[column.key for column in SERVICES]])
    drawn = frame.dropna(subset=["opened"]).head(SHOWN)
    if drawn.empty:
        return Drawn(_("There is no published number of cases of any service here."), None, twin)
    most = words.joined(list(drawn["label"].head(3)))
    note = _("A service leads to its page, which is about the whole city.")
    return Drawn(_("Most reported here: {services}.", services=most), bars(drawn, "cases", value="opened"), twin, note)


def on_time_by_area(asked: Asked, layer: str | None = None) -> Drawn:
    """On time in each area of a layer, by default the city's first; an area leads to its page."""
    known = list(layers(asked))
    if not known:
        return Drawn(_("The data of this city names no areas."), None, Twin(pd.DataFrame({"label": []}), (Column("label", _("Area")),)))
    # The map compares the areas, also when one of them or a part of one is asked about.
    asked = asked.about(asked.question.about(areas=()))
    chosen = layer or known[0]

    def page_of(key: str) -> str:
        return portal_links.in_quarter(portal_links.area(chosen, key), asked)

    return district_map(asked, "ontime_due", chosen, target=on_time_target(asked), href=page_of)


def closing(asked: Asked) -> Drawn:
    """How many of ten cases of one service are closed after so many days, in the whole city."""
    steps = closed_by(asked.about(asked.question.about(areas=())))
    said = [resident_words.plain(resident_words.closed_within(step.share, step.day)) for step in steps]
    labels = [plural("{count} day", "{count} days", step.day, count=step.day) for step in steps]
    frame = pd.DataFrame({"day": [step.day for step in steps], "label": labels, "value": [step.share for step in steps], "said": said})
    twin = Twin(
        frame, (Column("day", _("Days since the report"), "number"), Column("said", _("Closed by then"))), _("Closed after so many days")
    )
    if not steps:
        return Drawn(_("There is no published figure here of how long this takes."), None, twin)
    figure = bars(frame.assign(short=[resident_words.of_ten(step.share) for step in steps]), "share", href=None, text="short")
    note = _("Rounded to tenths. Cases that are still open are taken into account until the age they have reached.")
    return Drawn(resident_words.plain(resident_words.closed_within(*_telling(steps))), figure, twin, note)


def _telling(steps: list[Step]) -> tuple[float, int]:
    """The step that says most in one sentence: the first by which 8 of 10 are closed, else the last."""
    step = next((step for step in steps if step.share >= 0.8), steps[-1])
    return step.share, step.day


def ten(asked: Asked) -> html.Div | None:
    """Ten marks, as many of them filled as of ten cases are closed within the days of the sentence beside them."""
    steps = closed_by(asked.about(asked.question.about(areas=())))
    if not steps:
        return None
    share, day = _telling(steps)
    marks = [html.Span(className="dot is-closed" if at < round(10 * share) else "dot") for at in range(10)]
    said = resident_words.closed_within(share, day)
    return html.Div([html.Div(marks, className="dots", **{"aria-hidden": "true"}), resident_words.paragraph(said)], className="ten")


def pace_by_area(asked: Asked) -> Drawn:
    """How many cases of a service are closed within a week in each area, and where that differs from the whole city by more than chance."""
    known = layers(asked)
    columns = (
        Column("label", _("Area"), href="href"), Column("value", _("Closed within 7 days"), "share"), Column("n", _("Cases"), "cases"),
        Column("median", _("Half closed within (days)"), "days"), Column("pace_said", _("Compared")),
    )  # fmt: skip
    if not known:
        return Drawn(_("The data of this city names no areas."), None, Twin(pd.DataFrame(columns=[c.key for c in columns]), columns))
    layer = next(iter(known))
    paces = {"quicker": _("quicker than the whole city"), "slower": _("slower than the whole city"), "alike": _("no clear difference")}  # fmt: skip
    frame = areas_of_service(asked.about(asked.question.about(areas=())), layer)
    frame = frame.assign(
        href=[portal_links.in_quarter(portal_links.area(layer, key), asked) for key in frame["key"]],
        pace_said=[paces.get(pace) or trust_words(row) for pace, row in zip(frame["pace"], frame.to_dict("records"), strict=True)],
    )  # fmt: skip
    shown = frame[frame["pace"] != ""].sort_values(["value", "label"], ascending=[False, True])
    twin = Twin(pd.concat([shown, frame[frame["pace"] == ""]]), columns, _("Closed within 7 days, by area"))
    if shown.empty:
        return Drawn(_("There is no published figure of any area here."), None, twin)
    quick, slow = (words.joined(list(shown.loc[shown["pace"] == pace, "label"]), most=6) for pace in ("quicker", "slower"))
    colours = [{"quicker": theme.SECOND, "slower": theme.BAD, "alike": theme.PRIMARY}[pace] for pace in shown["pace"]]
    return Drawn(_paces_said(quick, slow), bars(shown, "share", colours=colours), twin, _("A difference that chance alone may explain (95 %) is called none."))  # fmt: skip


def _paces_said(quick: str, slow: str) -> str:
    if quick and slow:
        return _("More are closed within a week than in the whole city in {quick}; fewer in {slow}.", quick=quick, slow=slow)
    if quick:
        return _("More are closed within a week than in the whole city in {quick}.", quick=quick)
    if slow:
        return _("Fewer are closed within a week than in the whole city in {slow}.", slow=slow)
    return _("No area is clearly quicker or slower than the whole city.")
