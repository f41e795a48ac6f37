"""How people take part: over which channel, who comes back, what their reports and ideas led to, and which areas are heard."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from components import on_time, theme, tiles, words
from components.area_ranking import population_words
from components.chart import Chart, Drawn
from components.figures.ranked import bars
from components.figures.series import Line, bars_over_time, lines
from components.table import Column, Twin
from metrics import participation
from metrics.areas import layers
from metrics.measure import measure
from metrics.select import Asked

MOST_CHANNELS = 4
COLOURS = (theme.PRIMARY, theme.SECOND, theme.THIRD, theme.FOURTH, theme.QUIET)
REST = "Other"


def _quarters(frame: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    return frame.assign(quarter=[words.period(start, "quarter", asked.calendar) for start in frame["period"]])


def _span(asked: Asked) -> str:
    question = asked.question
    return words.during(question.start, question.end)


def _ends(values: pd.Series) -> tuple[Any, Any, int, int]:
    """The first and the last known value, and where they stand."""
    known = values.dropna()
    return known.iloc[0], known.iloc[-1], known.index[0], known.index[-1]


def draw_channels(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Shares of the channels by quarter, as far back as the data go."""
    about = participation.over_quarters(asked)
    frame = participation.channels(about)
    hrefs = [
        tiles.cases_link(about, "resident_opened", channel=key, **on_time.span_of(first, about))
        for key, first in zip(frame["key"], frame["period"], strict=True)
    ]
    frame = frame.assign(href=hrefs)
    twin = Twin(_quarters(frame, asked).sort_values(["period", "n"], ascending=[False, False]), (
        Column("quarter", "Quarter"), Column("label", "Channel"), Column("n", "Reports", "cases", href="href"), Column("share", "Share of the quarter's", "share"),
    ), "Residents' reports by channel")  # fmt: skip
    title = f"Residents' reports by channel, {_span(about)}"
    if frame.empty or not frame["n"].sum():
        return Drawn("It is not known over which channel residents reported.", None, twin, title=title, about=about)
    large = list(frame.groupby("label")["n"].sum().sort_values(ascending=False).index[:MOST_CHANNELS])
    named = frame.assign(name=frame["label"].where(frame["label"].isin(large), REST))
    table = named.pivot_table(index="period", columns="name", values="share", aggfunc="sum", fill_value=0.0).reset_index()
    order = [*large, *([REST] if REST in table else [])]
    series = [Line(name, name, colour) for name, colour in zip(order, COLOURS, strict=False)]
    figure = bars_over_time(table, series, "share", stacked=True)
    figure["layout"]["yaxis"] |= {"range": [0, 1], "autorange": False, "title": {"text": "Share of reports", "font": {"size": 12}}}
    digital = _quarters(measure("digital_share", about, period=True).frame, asked)
    finding = _shift_words(digital)
    note = "Of residents' reports with a known channel. Digital: web, app, e-mail, chat, text message, social network."
    return Drawn(finding, figure, twin, note, tiles.cases_link(about, "digital_share"), title=title, about=about)


def _shift_words(digital: pd.DataFrame) -> str:
    known = digital.dropna(subset=["value"])
    if known.empty:
        return "The share of digital reports is not known."
    first, last = known.iloc[0], known.iloc[-1]
    if len(known) == 1:
        return f"{words.share(last['value'])} of residents' reports came digitally in {last['quarter']}."
    return f"{words.share(last['value'])} of residents' reports came digitally in {last['quarter']}; in {first['quarter']} it was {words.share(first['value'])}."


def _parted(metric: str, about: Asked) -> pd.DataFrame:
    """A share by quarter: its columns, `quarter`, and the reports it is the share of (`numerator`) and the `other` ones, each with its list."""
    frame = _quarters(measure(metric, about, period=True).frame, about)
    spans = [on_time.span_of(first, about) for first in frame["period"]]
    lists = {
        name: [tiles.cases_link(about, metric, hits=hits, **span) for span in spans]
        for name, hits in (("href", "true"), ("other_href", "false"))
    }
    return frame.assign(other=frame["n"] - frame["numerator"], **lists)


def draw_returning(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """The share of reports from people who had reported before, by quarter."""
    about = participation.over_quarters(asked)
    frame = _parted("returning_share", about)
    twin = Twin(frame.iloc[::-1], (
        Column("quarter", "Quarter"), Column("other", "From new reporters", "cases", href="other_href"),
        Column("numerator", "From people who had reported before", "cases", href="href"), Column("value", "Their share", "share"),
    ), "New and returning reporters")  # fmt: skip
    title = f"New and returning reporters, {_span(about)}"
    if frame["value"].isna().all():
        why = "It is not known who had reported before: the source does not say it of its cases."
        return Drawn(
            why,
            None,
            twin,
            "Name a column of the source as is_returning in its mapping; who reported is never read.",
            title=title,
            about=about,
        )
    first, last, at, now = _ends(frame["value"])
    finding = f"{words.share(last)} of residents' reports in {frame['quarter'][now]} came from people who had reported before; in {frame['quarter'][at]} {words.share(first)}."
    figure = lines(frame, [Line("value", "Had reported before")], "share", title="Share of residents' reports")
    note = "In the first quarters everybody is new to the data: the share grows by itself until they are a few years old."
    return Drawn(finding, figure, twin, note, tiles.cases_link(about, "returning_share"), title=title, about=about)


def draw_came_of(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """What share of residents' reports led to work, by quarter."""
    about = participation.over_quarters(asked)
    frame = _parted("led_to_work", about)
    twin = Twin(frame.iloc[::-1], (
        Column("quarter", "Quarter closed"), Column("numerator", "Resolved", "cases", href="href"), Column("other", "Ended otherwise", "cases", href="other_href"),
        Column("value", "Share resolved", "share"),
    ), "What came of residents' reports")  # fmt: skip
    title = f"What came of residents' reports, closed {_span(about)}"
    if frame["value"].isna().all():
        return Drawn("It is not known how residents' reports ended.", None, twin, title=title, about=about)
    _first, last, _at, now = _ends(frame["value"])
    row = frame.loc[now]
    finding = f"{words.count(row['numerator'])} of {words.cases(row['n'])} that residents reported and that were closed in {row['quarter']} led to the problem being resolved ({words.share(last)})."
    figure = lines(frame, [Line("value", "Resolved")], "share", title="Share of closed reports", share_range=(0, 1))
    return Drawn(finding, figure, twin, "As the departments say. Cases without a known outcome are left out.", tiles.cases_link(about, "led_to_work"), title=title, about=about,
                 leads={words.count(row["numerator"]): row["href"]})  # fmt: skip


def draw_satisfaction(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """How satisfied those are who answer, beside how many do."""
    about = participation.over_quarters(asked)
    frame = _quarters(participation.satisfaction(about), asked)
    frame = frame.assign(href=[tiles.cases_link(about, "survey_response", **on_time.span_of(first, about)) for first in frame["period"]])
    twin = Twin(frame.iloc[::-1], (
        Column("quarter", "Quarter closed"), Column("satisfied", "Satisfied (4 or 5 of 5)", "share"), Column("answers", "Answers", "number"),
        Column("response", "Response rate", "share"), Column("closed", "Residents' closed cases", "cases", href="href"),
    ), "Satisfaction and response rate")  # fmt: skip
    title = f"Satisfaction and response rate, cases closed {_span(about)}"
    if frame["satisfied"].isna().all():
        few = f"In no quarter {participation.LEAST_ANSWERS} residents answered how satisfied they are."
        return Drawn(few, None, twin, title=title, about=about)
    _first, last, _at, now = _ends(frame["satisfied"])
    row = frame.loc[now]
    said = f"{words.share(last)} of the {words.count(row['answers'])} residents who answered in {row['quarter']} were satisfied; they answered about {words.share(row['response'])} of the closed cases."
    series = [Line("satisfied", "Satisfied"), Line("response", "Response rate", theme.SECOND, "dash")]
    note = f"Not given below {participation.LEAST_ANSWERS} answers. Who answers is not who reports: a low response rate says little of the others."
    return Drawn(
        said,
        lines(frame, series, "share", title="Share"),
        twin,
        note,
        tiles.cases_link(about, "satisfaction_top2"),
        title=title,
        about=about,
    )


def draw_ideas(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """How many ideas were answered and what became of them, by the quarter they were made in."""
    about = participation.over_quarters(participation.ideas(asked))
    title = f"Ideas: answered, and what became of them, made {_span(about)}"
    if not participation.idea_programmes(asked):
        empty = Twin(pd.DataFrame({"quarter": [], "n": []}), (Column("quarter", "Quarter"), Column("n", "Ideas", "number")))
        return Drawn(
            "This city has no programme of ideas.", None, empty, "A programme of kind idea in city.toml is shown here.", title=title
        )
    frame = _quarters(participation.what_became(about), asked).merge(
        participation.first_answers(about)[["period", "median"]], on="period", how="left"
    )
    later = [name for name in frame.columns if name not in ("period", "quarter", "n", "answered", "median")]
    shares = frame.assign(**{name: frame[name] / frame["n"].where(frame["n"] > 0) for name in ("answered", *later)})
    columns = (
        Column("quarter", "Made in"), Column("n", "Ideas", "number"), Column("answered", "Answered", "number"), Column("median", "Half answered within (days)", "days"),
        *(Column(name, name, "number") for name in later),
    )  # fmt: skip
    twin = Twin(frame.iloc[::-1], columns, "Ideas and what became of them")
    total, answered = frame["n"].sum(), frame["answered"].sum()
    if not total:
        return Drawn("No idea was made in this time.", None, twin, title=title, about=about)
    ended = ", ".join(f"{words.count(frame[name].sum())} came to {name.lower()}" for name in later[-3:])
    finding = f"{words.count(answered)} of {words.count(total)} ideas were answered ({words.share(answered / total)}); {ended}."
    shown = later[-3:]
    series = [Line("answered", "Answered"), *(Line(name, name, colour) for name, colour in zip(shown, COLOURS[1:], strict=False))]
    note = "Of the ideas made in each quarter; late quarters have had less time. Answered: it left the first stage, whatever came then."
    return Drawn(
        finding,
        lines(shares, series, "share", title="Share of the quarter's ideas"),
        twin,
        note,
        tiles.cases_link(about, "opened"),
        title=title,
        about=about,
    )


def draw_heard(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """Reports against people, by area."""
    layer = view["layer"]
    if layer not in layers(asked):
        return Drawn(
            "The city's map has no areas.",
            None,
            Twin(pd.DataFrame({"label": []}), (Column("label", "Area"),)),
            "An [[area_layer]] in city.toml is shown here.",
        )
    plural = layers(asked)[layer].lower()
    frame = participation.heard_from(asked, layer)
    frame = frame.assign(href=[tiles.cases_link(asked, "resident_opened", **{layer: key}) for key in frame["key"]]).sort_values(
        "rate", na_position="last"
    )
    twin = Twin(frame.reset_index(drop=True), (
        Column("label", plural.capitalize()), Column("n", "Reported by residents", "cases", href="href"), Column("population", "Residents", "number"),
        Column("rate", "Reports per 1,000", "per_1000"), Column("report_share", "Share of reports", "share"), Column("people_share", "Share of residents", "share"),
        Column("points", "Difference (points)", "number"), Column("digital", "Digital share", "share"),
    ), f"Reports and residents by {plural}")  # fmt: skip
    title = f"Reports per 1,000 residents by {plural}, {words.asked_period(asked.question)}"
    known = frame.dropna(subset=["rate"])
    if known.empty:
        return Drawn(
            "It is not known how many people live in each area.",
            None,
            twin,
            "Give the layer a population_property in city.toml.",
            title=title,
        )
    low, high = known.iloc[0], known.iloc[-1]
    finding = f"{low['label']} is heard least: {words.share(low['people_share'])} of the residents make {words.share(low['report_share'])} of the reports; in {high['label']} it is {words.share(high['people_share'])} and {words.share(high['report_share'])}."
    note = f"Participation, never a measure of need: who does not report is not heard. {population_words(layer)}"
    return Drawn(finding, bars(known, "per_1000", value="rate"), twin, note, tiles.cases_link(asked, "resident_opened"), title=title)


CHANNELS = Chart("channel-shift", "Residents' reports by channel", draw_channels, metric="digital_share")
RETURNING = Chart("returning-reporters", "New and returning reporters", draw_returning, metric="returning_share")
CAME_OF = Chart("came-of-reports", "What came of residents' reports", draw_came_of, metric="led_to_work")
SATISFACTION = Chart("satisfaction-response", "Satisfaction and response rate", draw_satisfaction, metric="satisfaction_top2")
IDEAS = Chart("ideas-answered", "Ideas: answered, and what became of them", draw_ideas)
HEARD = Chart("heard-from", "Reports and residents by area", draw_heard, metric="per_1000")
