"""What everybody may know of a programme, for pages of residents and of staff: sentences and charts of its published totals.

A page puts `blocks()` where its question has the programme under the name `totals_of`. Nothing is computed for the reader who asks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import Input, Output, State, dcc, html

from components import filters, gate, portal, programme_sentences, promise_words, theme, words
from components.chart import Chart, Drawn, block
from components.figures.ranked import bars
from components.language import N_, _
from components.page import Query
from components.table import Column, Twin
from metrics import programme_totals
from metrics.programme_totals import Totals
from metrics.select import Asked

LATEST = "latest"


def _programmes(asked: Asked) -> dict[str, str]:
    return {"": "", **{one.slug: gate.desk().called(one.name) for one in programme_totals.programmes(asked.mart, asked.scope)}}


def _periods(asked: Asked) -> dict[str, str]:
    known = {
        period
        for one in programme_totals.programmes(asked.mart, asked.scope)
        for period in programme_totals.periods(programme_totals.rows_of(asked, one.slug))
    }
    ordered = sorted(known, key=lambda period: (len(period) == len("2025"), period), reverse=True)
    return {LATEST: _("Latest year")} | {period: programme_sentences.period_said(period) for period in ordered}


PROGRAMME = filters.Option("totals_of", N_("Programme"), _programmes, lambda: "")
PERIOD = filters.Option("counted", N_("Counted in"), _periods, lambda: LATEST)


def told(asked: Asked, view: Mapping[str, str]) -> Totals | None:
    """The totals that `view` is about; None where nothing is published yet."""
    period = "" if view[PERIOD.name] == LATEST else view[PERIOD.name]
    return programme_totals.totals(asked, view[PROGRAMME.name], period)


def choice(query: Query) -> html.Form:
    """The choice of the period, alone."""
    return html.Form(
        filters.control(PERIOD.name, query), className="filters filters-alone", id="filters", role="search", **{"aria-label": _("Period")}
    )


def charts(*, with_areas: bool) -> html.Div:
    """The places of all charts, each with its table; of programmes told of in totals only there are no areas."""
    wide, half = (STAGES, PERIODS), (KINDS, ENDINGS, *([AREAS] if with_areas else []))
    return html.Div(
        [*[block(chart, "span-12", with_table=True) for chart in wide], *[block(chart, "span-6", with_table=True) for chart in half]], className="grid grid-after"
    )  # fmt: skip


def blocks(query: Query, *, with_areas: bool) -> list[Any]:
    """The whole content: the choice of a period, the answer in sentences, the charts, and how it is counted."""
    return [choice(query), portal.said(name="programme-words"), charts(with_areas=with_areas), definition()]


@gate.answers(
    Output("programme-words", "children"), question=Input("question", "data"), values={"query": (State("question", "data"), gate.query_of)},
    refused=lambda message: html.P(message),
)  # fmt: skip
def say(asked: Asked, query: dict[str, str]) -> list[Any]:
    """What happened, in sentences, and what was promised."""
    found = told(asked, filters.view_of(query, asked))
    return programme_sentences.nothing() if found is None else programme_sentences.of(found)


def draw_stages(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """How many came to each stage; the table says what was promised of it, how often that was kept and how long it took."""
    found = told(asked, view)
    frame = pd.DataFrame() if found is None else programme_totals.stages(found, asked.mart)
    columns = (
        Column("label", N_("Step")), Column("reached_said", N_("Came to it"), "cases"), Column("open_said", N_("In it at the end"), "cases"),
        Column("promised", N_("Promised")), Column("share_said", N_("Kept"), "share"), Column("median", N_("Half left it within (days)"), "number"),
        Column("p90", N_("9 of 10 left it within (days)"), "number"),
    )  # fmt: skip
    if found is None or frame.empty:
        return _nothing(columns)
    called = gate.desk().called
    frame = frame.assign(
        label=frame["label"].map(called), reached_said=_said(frame["reached"], frame["reached_hidden"]),
        open_said=[float("nan") if ends else _("too few") if hidden else n for n, hidden, ends in zip(frame["open"], frame["open_hidden"], frame["ends"], strict=True)],
        promised=[_("nothing") if pd.isna(n) else promise_words.span_said(n, unit) for n, unit in zip(frame["amount"], frame["unit"], strict=True)],
        share_said=[_("too few") if (due or kept) and n != 0 else value for value, n, due, kept in zip(frame["share"], frame["due"], frame["due_hidden"], frame["kept_hidden"], strict=True)],
    )  # fmt: skip
    steps = frame[~frame["ends"]].dropna(subset=["median"])
    finding = _("No step has enough cases here to say how long it takes.")
    if len(steps):
        slow = steps.loc[steps["median"].idxmax()]
        finding = _("The longest step is {step}: half left it within {days} days.", step=slow["label"], days=words.count(slow["median"]))
    return Drawn(
        finding, _bars(frame, "reached"), _twin(found, frame, columns, STAGES.title), _hidden_note(found), title=_titled(STAGES, found)
    )


def draw_periods(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """How many were opened and closed in each year and quarter, and how often the promise was kept."""
    columns = (
        Column("label", N_("Period")), Column("opened_said", N_("Came in"), "cases"), Column("closed_said", N_("Closed"), "cases"),
        Column("share_said", N_("In time, of those due"), "share"), Column("median", N_("Half closed within (days)"), "number"),
    )  # fmt: skip
    found = told(asked, view)
    if found is None:
        return _nothing(columns)
    frame = programme_totals.over_time(programme_totals.rows_of(asked, found.programme.slug))
    frame = frame.assign(
        label=[programme_sentences.period_said(period) for period in frame["period"]], **{f"{name}_said": _said(frame[name], frame[name].isna()) for name in ("opened", "closed")}
    )  # fmt: skip
    frame["share_said"] = _said(frame["share"], frame["share"].isna() & (frame["due"] != 0))
    years = frame[frame["grain"] == "year"]
    drawn = (years if len(years) else frame).dropna(subset=["opened"])
    table = frame.iloc[::-1]
    finding = programme_sentences.change_said(years)
    twin = Twin(
        table,
        columns,
        N_("By year and quarter"),
        file=table.drop(columns=["label", "opened_said", "closed_said", "share_said"]).assign(programme=found.programme.slug),
    )
    return Drawn(finding, _bars(drawn, "opened"), twin, _hidden_note(found), title=_("Came in, by year"))  # fmt: skip


def draw_kinds(asked: Asked, view: Mapping[str, str]) -> Drawn:
    return _split(asked, view, KINDS, "opened", "request_type", _("Most came in about {name} ({n})."))


def draw_endings(asked: Asked, view: Mapping[str, str]) -> Drawn:
    return _split(asked, view, ENDINGS, "closed", "outcome", _("Most ended as {name} ({n})."))


def draw_areas(asked: Asked, view: Mapping[str, str]) -> Drawn:
    return _split(asked, view, AREAS, "opened", "area", _("Most came from {name} ({n})."))


def _split(asked: Asked, view: Mapping[str, str], chart: Chart, measure: str, split: str, most: str) -> Drawn:
    found = told(asked, view)
    columns = (Column("label", N_("What")), Column("said", N_("Cases"), "cases"))
    if found is None:
        return _nothing(columns)
    frame = found.parts(measure, split)
    frame = frame.assign(
        label=[_called(label, key) for label, key in zip(frame["label"], frame["key"], strict=True)],
        said=_said(frame["n"], frame["is_hidden"]),
    )
    twin, title = _twin(found, frame, columns, chart.title), _titled(chart, found)
    shown = frame.dropna(subset=["n"])
    if shown.empty:
        told_whole = found.is_withheld(measure, split)
        return Drawn(
            _("There are too few cases to say this for the period.")
            if told_whole or len(frame)
            else _("This is not told of this programme."),
            None,
            twin,
            title=title,
        )
    first = shown.iloc[0]
    return Drawn(most.format(name=first["label"], n=words.count(first["n"])), _bars(shown, "n"), twin, _hidden_note(found), title=title)  # fmt: skip


def _called(label: Any, key: str) -> str:
    ours = {"other": _("Everything else"), "none": _("Place not known")}
    return ours.get(key, key) if pd.isna(label) or label is None else gate.desk().called(str(label))


def _said(values: pd.Series, hidden: pd.Series) -> list[Any]:
    return [_("too few") if is_hidden else value for value, is_hidden in zip(values, hidden, strict=True)]


def _bars(frame: pd.DataFrame, value: str) -> dict[str, Any] | None:
    shown = frame.dropna(subset=[value])
    return None if shown.empty else bars(shown, "cases", value=value, colours=theme.PRIMARY, href=None)


def _twin(found: Totals, frame: pd.DataFrame, columns: tuple[Column, ...], caption: str) -> Twin:
    kept = [name for name in frame.columns if not name.endswith("_said") and name not in ("said", "promised")]
    return Twin(frame, columns, caption, file=frame[kept].assign(programme=found.programme.slug, period=found.period))


def _titled(chart: Chart, found: Totals) -> str:
    return _("{what}, {period}", what=_(chart.title), period=programme_sentences.period_said(found.period))


def _hidden_note(found: Totals) -> str:
    return _("'Too few' stands for fewer than {n} cases, and for a number from which so few would follow.", n=found.least)


def _nothing(columns: tuple[Column, ...]) -> Drawn:
    return Drawn(_("Nothing has been released yet."), None, Twin(pd.DataFrame(columns=[column.key for column in columns]), columns))


STAGES = Chart("programme-steps", N_("How many came to each step"), draw_stages, has_period=False)
PERIODS = Chart("programme-periods", N_("Came in and closed, by period"), draw_periods, has_period=False)
KINDS = Chart("programme-kinds", N_("What it was about"), draw_kinds, has_period=False)
ENDINGS = Chart("programme-endings", N_("How it ended"), draw_endings, has_period=False)
AREAS = Chart("programme-areas", N_("Where it came from"), draw_areas, has_period=False)


def definition() -> html.Section:
    """What the numbers count, and why some are not told."""
    return html.Section(
        [
            html.H2(_("How this is counted")),
            html.Ul([
                html.Li(_("Each quarter is counted once, one quarter after its end, and each year with its last quarter. These numbers never change, so that nobody can subtract one day's from another's.")),
                html.Li(_("'In time' is told of the cases whose time was up in the period, whenever they came in.")),
                html.Li(_("Days are counted from the day something came in, weekends included. Cases that are still open count as lasting on.")),
                html.Li(_("Duplicates, tests and what was cancelled are left out.")),
                html.Li([_("Small numbers could tell of a person, so they are not published, nor what would give them away."), " ", dcc.Link(_("What the figures mean"), href="/definitions")]),
            ]),
        ],
        className="card prose",
    )  # fmt: skip
