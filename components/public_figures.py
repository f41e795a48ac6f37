"""What the portal says of figures that are not cases: each in a sentence with the city's aim, and one of them over time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import html

from components import gate, words
from components import measured_words as said
from components.chart import Drawn
from components.figures.measured import over_time
from components.language import N_, _
from components.table import Column, Twin
from metrics import contacts, measured
from metrics.measured_series import Series, series
from metrics.select import Asked

FIRST = "all"
"""No single one chosen: the first of all of them is shown."""
MISSING = {
    "no_row": N_("not reported"), "no_figure": N_("not reported"), "no_number": N_("not reported"), "not_over": N_("the period is not over"), "": "",
}  # fmt: skip


def key_of(row: dict[str, Any]) -> str:
    """How an address names a measure."""
    return f"{row['department']}.{row['slug']}"


def choices(asked: Asked) -> dict[str, str]:
    """The figures there are, for the choice of one."""
    rows = _rows(asked)
    return {FIRST: _("The first in the list"), **{key_of(row): _name(row) for row in rows}}


def _rows(asked: Asked) -> list[dict[str, Any]]:
    frame = measured.standing(_whole(asked)).sort_values(["department_label", "name"], kind="stable")
    return frame.to_dict("records")


def _whole(asked: Asked) -> Asked:
    # Of the city as a whole: a filter that came with the address is not this page's.
    return asked.about(asked.question.about(department=(), request_type=(), areas=()))


def _name(row: dict[str, Any]) -> str:
    return gate.desk().called(str(row["name"]))


def _unit(row: dict[str, Any]) -> str:
    return gate.desk().called(str(row["unit_label"]))


def in_words(asked: Asked) -> list[Any]:
    """Every released figure by department: its latest value, the aim, and whether it was reached."""
    rows = _rows(asked)
    calls = calls_in_words(asked)
    if not rows:
        return calls or [html.P(_("The city publishes no figure beside its reports."))]
    met, judged = measured.kept(pd.DataFrame(rows))
    made: list[Any] = (
        [html.P(_("Figures that reached what the city aims for: {n} of {all} that have an aim.", n=met, all=judged))] if judged else []
    )
    for name in dict.fromkeys(row["department_label"] for row in rows):
        mine = [row for row in rows if row["department_label"] == name]
        made += [html.H2(name), html.Ul([_item(row, asked) for row in mine], className="choices figures-said")]
    return [*made, *calls]


def calls_in_words(asked: Asked) -> list[Any]:
    """How many calls came in during the quarter, were answered and were given up; nothing where the city does not say."""
    row = contacts.contacts(_whole(asked)).iloc[0]
    if words.is_missing(row["offered"]) or row["offered"] < contacts.LEAST:
        return []
    period = words.asked_period(asked.question)
    told = [
        _(
            "From {period}, {n} calls reached the city; {answered} of them were answered.",
            period=period,
            n=words.count(row["offered"]),
            answered=words.share(row["answered"] / row["offered"]),
        )
    ]
    if not words.is_missing(row["abandonment"]):
        told.append(_("In {share} of them the caller gave up before somebody answered.", share=words.share(row["abandonment"])))
    if not words.is_missing(row["speed_of_answer"]):
        told.append(_("Calls that were answered waited {n} seconds on average.", n=words.count(row["speed_of_answer"])))
    if not words.is_missing(row["first_contact_resolution"]):
        told.append(
            _("{share} of the calls of which that is known were settled at once.", share=words.share(row["first_contact_resolution"]))
        )
    return [html.H2(_("Calls to the city")), html.P(" ".join(told))]


def _item(row: dict[str, Any], asked: Asked) -> html.Li:
    about = html.P(gate.desk().called(str(row["definition"])), className="note") if not words.is_missing(row["definition"]) else None
    parts = [html.A(_name(row), href=f"?show_figure={key_of(row)}#chart-public-figure"), html.P(sentence(row, asked)), about]
    return html.Li([part for part in parts if part is not None])


def sentence(row: dict[str, Any], asked: Asked) -> str:
    """ "9,645 visits in Oct 2026. The city aims for 9,000 visits or more: reached." """
    unit, label = str(row["unit"]), _unit(row)
    if words.is_missing(row["value"]):
        return _("No figure has been reported yet.")
    told = _(
        "{amount} in {period}.",
        amount=said.amount(row["value"], unit, label),
        period=said.period(row["starts_on"], str(row["grain"]), asked.calendar),
    )
    if row["state"] not in (measured.MET, measured.MISSED):
        return told
    aim = said.amount(row["target"], unit, label)
    reached = row["state"] == measured.MET
    if row["direction"] == "higher":
        goal = (
            _("The city aims for {amount} or more: reached.", amount=aim)
            if reached
            else _("The city aims for {amount} or more: not reached.", amount=aim)
        )
    else:
        goal = (
            _("The city aims for {amount} or less: reached.", amount=aim)
            if reached
            else _("The city aims for {amount} or less: not reached.", amount=aim)
        )
    return f"{told} {goal}"


def _series(asked: Asked, view: Mapping[str, str], option: str) -> Series | None:
    rows = _rows(asked)
    if not rows:
        return None
    chosen = key_of(rows[0]) if view[option] == FIRST else view[option]
    department, _dot, slug = chosen.partition(".")
    return series(_whole(asked), department, slug)


def draw(asked: Asked, view: Mapping[str, str], option: str) -> Drawn:
    """The chosen figure over its periods, with the aim of each."""
    of = _series(asked, view, option)
    empty = Twin(pd.DataFrame({"named": [], "value_said": []}), (Column("named", N_("Period")), Column("value_said", N_("Value"))))
    if of is None:
        return Drawn(_("The city publishes no figure beside its reports."), None, empty)
    about = {**of.about, "unit_label": _unit(of.about)}
    unit, label = str(about["unit"]), str(about["unit_label"])
    frame = of.frame.assign(
        period=of.frame["starts_on"], named=[said.period(day, of.grain, asked.calendar) for day in of.frame["starts_on"]],
        value_said=[said.amount(value, unit, label) for value in of.frame["value"]], target_said=[said.amount(value, unit, label) for value in of.frame["target"]],
        why_said=[_(MISSING[why]) if why else "" for why in of.frame["why"]],
    )  # fmt: skip
    columns = (
        Column("named", N_("Period")), Column("value_said", N_("Value"), "number"), Column("target_said", N_("The city's aim"), "number"), Column("why_said", N_("Remark")),
    )  # fmt: skip
    name = _name(about)
    twin = Twin(frame.iloc[::-1], columns, name, frame[["starts_on", "grain", "value", "target", "gap", "state"]])
    if frame["value"].isna().all():
        return Drawn(_("No figure has been reported yet."), None, twin, title=name)
    figure = over_time(frame, name, said.axis(unit, label), list(frame["named"]), is_share=unit == "share", is_percent=unit == "percent")
    row = next(row for row in _rows(asked) if row["department"] == about["department"] and row["slug"] == about["slug"])
    return Drawn(f"{name}: {sentence(row, asked)}", figure, twin, title=name)
