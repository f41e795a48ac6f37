"""`/sla`: which promises are kept, which are not, where, since when, and what other formulas would say of the same weeks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import Input, Output, dcc, html

from components import annotations, filters, gate, on_time, theme, tiles, words
from components.chart import Chart, Drawn, block
from components.figures.ranked import bars
from components.on_time_matrix import ROWS, matrix_of, wide_block
from components.page import Query, heading, page
from components.split import city_words, draw_split
from components.table import Column, Twin
from metrics.compare import change
from metrics.definitions import REGISTRY
from metrics.exclusions import EXCLUDED, sla_exclusions
from metrics.measure import measure
from metrics.on_time import HEADLINE, by_group, competing
from metrics.periods import SAME_WEEK_LAST_YEAR
from metrics.question import NONE
from metrics.ranking import LEAST_N
from metrics.select import Asked
from metrics.targets import target_of

LEFT_OUT = {
    "no_sla": "without a deadline",
    "invalid_due": "with a deadline that cannot be used",
    "duplicate_or_cancelled": "duplicates, cancelled or test",
}

filters.Option("rows", "Rows", lambda _asked: ROWS, lambda: "request_type")


def build(query: Query) -> list[Any]:
    return [
        heading("SLA compliance", "Of the cases that fell due, how many were closed by their deadline: what is promised, and what is kept."),
        html.P(dcc.Link("Are the promises realistic?", href="/sla/realism"), className="work-lists"),
        filters.bar(query, own=("rows", "against")),
        html.Div(
            [
                html.Section(id="rate", className="card rate span-3"), block(TREND, "span-9"), wide_block(MATRIX, "span-12"),
                block(SPLIT, "span-12"), block(DEPARTMENTS, "span-12"),
                html.Details(
                    [html.Summary("Other formulas for ‘on time’", id="formulas-said"), block(FORMULAS, "plain", with_table=True)],
                    className="card formulas span-12",
                ),
            ],
            className="grid",
        ),
    ]  # fmt: skip


@gate.answers(Output("rate", "children"), question=Input("question", "data"), refused=lambda message: html.H2(message))
def fill_rate(asked: Asked) -> list[Any]:
    """The rate of the whole period with its n and its target, and beside it how many cases it leaves out."""
    answer, target = measure("ontime_due", asked), target_of(asked, on_time.city_target())
    head = [html.H2("On time"), html.P(words.asked_period(asked.question), className="subtitle")]
    if answer.value is None:
        said: list[Any] = [html.P("No case with a deadline fell due.", className="rate-of")]
    else:
        late = answer.n - (answer.numerator or 0)
        said = [
            html.Div(words.share(answer.value), className="figure"),
            html.P(
                [
                    dcc.Link(words.cases(answer.n), href=tiles.cases_link(asked, "ontime_due")), " fell due, ",
                    dcc.Link(f"{words.count(late)} of them late", href=tiles.cases_link(asked, "ontime_due", hits="false")),
                ],
                className="rate-of",
            ),
            html.P(_against(answer.value, answer.n, target), className="rate-of"),
            *[html.P(said_, className="change") for said_ in (_changes(asked, answer.value) if answer.n >= LEAST_N else [])],
            html.P(city_words(asked), className="change"),
        ]  # fmt: skip
    left_out = [
        html.Li([dcc.Link(words.count(n), href=tiles.cases_link(asked, EXCLUDED[name])), f" {LEFT_OUT[name]}"])
        for name, n in sla_exclusions(asked).items()
    ]
    definition = dcc.Link("Definition", href="/definitions#ontime_due", title=REGISTRY["ontime_due"].meaning)
    return [*head, *said, html.H3("Left out of the rate"), html.Ul(left_out), html.Div(definition, className="chart-links")]


def _earlier(asked: Asked) -> list[tuple[int, str]]:
    """How many days back the periods lie that this one is compared with, and what they are called."""
    days = (asked.question.end - asked.question.start).days
    return [
        (days, f"the {on_time.length(asked)} before"),
        *([(SAME_WEEK_LAST_YEAR.days, "a year earlier")] if days < SAME_WEEK_LAST_YEAR.days else []),
    ]


def _changes(asked: Asked, value: float) -> list[str]:
    return [_compared(asked, value, days, against) for days, against in _earlier(asked)]


def _compared(asked: Asked, value: float, days: int, against: str) -> str:
    before = measure("ontime_due", asked.about(asked.question.shifted(days)))
    if before.n < LEAST_N:
        return f"too few cases fell due {against if against == 'a year earlier' else f'in {against}'} to compare"
    return words.changed(change(value, before.value, "higher"), "share", against)


def _against(value: float, n: float, target: float | None) -> str:
    if n < LEAST_N:
        return f"Fewer than {LEAST_N} cases: too few to judge."
    if target is None:
        return "No target is set; on_time_target in city.toml sets one."
    if value == target:
        return f"exactly the target of {words.share(target)}"
    return f"{words.points(value - target)} {'above' if value > target else 'below'} the target of {words.share(target)}"


def draw_trend(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """On time by period."""
    return on_time.trend(asked, annotations.rebasing())


def draw_matrix(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """On time by row and period, the largest rows on top."""
    return matrix_of(asked, view["rows"])


def draw_departments(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """On time by department beside each one's own target, furthest below first."""
    frame = by_group(asked, "department", on_time.city_target())
    frame = frame[frame["key"] != NONE]
    few = frame["verdict"] == "few"
    frame = frame.assign(gap=frame["value"] - frame["target"], few=few, value=frame["value"].where(~few))
    frame = frame.sort_values(["few", "gap", "value", "label"], ignore_index=True)
    frame = frame.assign(
        said=[_VERDICTS[verdict] for verdict in frame["verdict"]], page=[on_time.department_page(asked, key) for key in frame["key"]],
        href=[on_time.late_link(asked, n, met, department=key) for key, n, met in zip(frame["key"], frame["n"], frame["numerator"], strict=True)],
        all=[tiles.cases_link(asked, "ontime_due", department=key) for key in frame["key"]],
    )  # fmt: skip
    twin = Twin(frame, (
        Column("label", "Department", href="page"), Column("value", "On time", "share", href="href"), Column("n", "Fell due", "cases", href="all"),
        Column("target", "Target", "share"), Column("low", "95 % from", "share"), Column("high", "to", "share"), Column("said", "Against its target"),
    ), "On time by department")  # fmt: skip
    if frame.empty:
        return Drawn("No case with a deadline fell due in this period.", None, twin)
    rows = frame.assign(
        label=[f"{label} (too few)" if few else label for label, few in zip(frame["label"], frame["few"], strict=True)],
        text=[f"{words.share(v)} of {words.count(n)}{_IN_BAR[verdict]}" for v, n, verdict in zip(frame["value"], frame["n"], frame["verdict"], strict=True)],
    )  # fmt: skip
    colours = [{"below": theme.BAD, "above": theme.GOOD}.get(verdict, theme.QUIET) for verdict in frame["verdict"]]
    has_target = frame["target"].notna().any()
    figure = bars(rows, "share", colours=colours, target="target" if has_target else None, text="text")
    note = (
        "Stroke: its own target. Below or above: the target lies outside the share's 95 % interval. The leaderboard compares the departments fairly."
        if has_target else "Departments do different work; without targets of their own their shares are not to be ranked."
    )  # fmt: skip
    return Drawn(_department_words(frame), figure, twin, note)


_IN_BAR = {"below": ": below", "above": ": above", "unclear": "", "few": ": too few", "no_target": ""}
_VERDICTS = {"below": "below target", "above": "above target", "unclear": "no clear difference", "few": "too few", "no_target": "no target"}


def _department_words(frame: pd.DataFrame) -> str:
    below = frame[frame["verdict"] == "below"]
    if not frame["verdict"].isin(["below", "above", "unclear"]).any():
        known = frame.dropna(subset=["value"])
        if known.empty:
            return f"No department has the {LEAST_N} cases that a share needs."
        return words.sentence(
            f"{known['label'].iloc[0]} has the lowest share, {words.share(known['value'].iloc[0])} of {words.cases(known['n'].iloc[0])}; no target is set"
        )
    if below.empty:
        return "No department is clearly below its target."
    # Furthest of those that chance does not explain: a small department may lie further below, and mean nothing.
    worst = below.iloc[0]
    more = "" if len(below) == 1 else f"; clearly below too: {words.joined(list(below['label'].iloc[1:]))}"
    furthest = "clearly below its target" if len(below) == 1 else "furthest of those clearly below their targets"
    return words.sentence(f"{worst['label']} is {furthest}, {words.share(worst['value'])} against {words.share(worst['target'])}{more}")


def draw_formulas(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """The same cases by every formula in use, highest share first."""
    frame = competing(asked).sort_values("value", ascending=False, na_position="last", ignore_index=True)
    frame = frame.assign(
        definition=[f"/definitions#{name}" for name in frame["metric"]], href=[tiles.cases_link(asked, name, hits="false") for name in frame["metric"]],
        met=[tiles.cases_link(asked, name, hits="true") for name in frame["metric"]], all=[tiles.cases_link(asked, name) for name in frame["metric"]],
        points=["the headline" if name == HEADLINE else _signed(value) for name, value in zip(frame["metric"], frame["difference"], strict=True)],
    )  # fmt: skip
    twin = Twin(frame, (
        Column("label", "Formula", href="definition"), Column("value", "Share", "share", href="href"), Column("numerator", "On time", "cases", href="met"),
        Column("n", "Of", "cases", href="all"), Column("points", "Against the headline"), Column("meaning", "Meaning"),
        Column("caveat", "Mind"),
    ), "On time by seven formulas")  # fmt: skip
    known = frame.dropna(subset=["value"])
    if known.empty:
        return Drawn("No case with a deadline was opened, fell due or was closed in this period.", None, twin)
    if len(known) < 2:
        return Drawn("No case with a deadline fell due in this period: there are no formulas to compare.", None, twin)
    colours = [theme.PRIMARY if name == HEADLINE else theme.QUIET for name in known["metric"]]
    labels = [f"{label} (headline)" if name == HEADLINE else label for label, name in zip(known["label"], known["metric"], strict=True)]
    first, last = known.iloc[0], known.iloc[-1]
    finding = words.sentence(
        f"{_spread(asked, known)}: {words.share(last['value'])} by ‘{last['label']}’, {words.share(first['value'])} by ‘{first['label']}’"
    )
    return Drawn(finding, bars(known.assign(label=labels), "share", colours=colours), twin,
                 "The headline is the only one that is final when the period ends, counts open overdue cases as misses and cannot be raised by leaving cases open.")  # fmt: skip


def _signed(difference: Any) -> str:
    if words.is_missing(difference):
        return words.MISSING
    said = words.points(difference)
    return "the same" if said == words.points(0) else f"{said} {'higher' if difference > 0 else 'lower'}"


def _spread(asked: Asked, known: pd.DataFrame) -> str:
    low, high = known["value"].min(), known["value"].max()
    return f"The same {on_time.step(asked)}s give between {100 * low:.0f} and {100 * high:.0f} % on time"


@gate.answers(Output("formulas-said", "children"), question=Input("question", "data"), refused=lambda message: message)
def say_formulas(asked: Asked) -> str:
    """How far the formulas differ, to be read before they are opened."""
    known = competing(asked).dropna(subset=["value"])
    if len(known) < 2:
        return "Other formulas for ‘on time’"
    return f"By other formulas: {100 * known['value'].min():.0f} to {100 * known['value'].max():.0f} % on time in the same {on_time.step(asked)}s"


TREND = Chart("on-time-trend", "Share closed on time, by when they fell due", draw_trend, metric="ontime_due")
MATRIX = Chart("on-time-matrix", "Share on time by row and step", draw_matrix, metric="ontime_due")
SPLIT = Chart("on-time-split", "Why the share on time changed, by request type", draw_split, metric="ontime_due")
DEPARTMENTS = Chart("on-time-by-department", "Share on time by department", draw_departments, metric="ontime_due")
FORMULAS = Chart("on-time-formulas", "Share on time by formula", draw_formulas, metric="ontime_due")

layout = page(__name__, "/sla", "SLA compliance", build, nav="SLA", order=2)
