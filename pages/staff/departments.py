"""`/departments`: the departments side by side, each against its own target, as far as chance lets anybody rank them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import Input, Output, html

from components import filters, gate, on_time, theme, tiles, words
from components.chart import Chart, Drawn, block
from components.figures.ranked import intervals, stack
from components.on_time import CHANGE_WORDS, REASON_WORDS, TIER_WORDS
from components.page import Query, heading, page
from components.ranks import draw_naive, draw_past
from components.split import city_words
from components.table import Column, Twin
from metrics.leaderboard import board
from metrics.measure import measure
from metrics.ranking import LEAST_N
from metrics.select import Asked

WHY = (
    "Departments do different work, so each is set against its own target, not against the others: a tier says whether its share lies beyond "
    f"what chance explains at 95 % (far: 99.8 %). One tier is one rank, in alphabetical order; fewer than {LEAST_N} cases are not ranked."
)


def build(query: Query) -> list[Any]:
    return [
        heading("Departments", "Who keeps the promise, measured by each one's own target, and what else to look at before judging."),
        filters.bar(query, without=("department", "grain")),
        html.P(id="city-rate", className="subtitle"),
        html.Div(
            [
                block(BOARD, "span-12", with_table=True),
                html.Details(
                    [html.Summary("Show the ranking by raw percentages, and why it misleads"), block(NAIVE, "plain")],
                    className="card formulas span-12",
                ),
                block(PAST, "span-12", with_table=True), block(OPEN, "span-12"),
            ],
            className="grid",
        ),
    ]  # fmt: skip


@gate.answers(Output("city-rate", "children"), question=Input("question", "data"), refused=lambda _message: "")
def say_city(asked: Asked) -> str:
    """The rate of all that is asked about, case by case and with an earlier mix of types."""
    said = city_words(asked)
    if not asked.question.department and asked.scope.departments is None:
        return said and f"All departments together. {said}"
    several = len(measure("ontime_due", asked, by="department").frame) > 1
    return f"The departments shown together. {said}" if said and several else said


def draw_board(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Tiers against each one's own target, with intervals; beside the share what it can hide."""
    frame = board(asked, on_time.city_target())
    rows = _worded(asked, frame)
    twin = Twin(rows, _COLUMNS, f"Departments, {words.asked_period(asked.question)}; open, overdue and weeks of work: now", _file(frame))
    if not frame["n"].any():
        return Drawn("No case with a deadline fell due in this period, so no department can be ranked.", None, twin, WHY)
    known = rows.dropna(subset=["value"])
    labels = [f"{row['label']}, {TIER_WORDS.get(row['tier'], 'not ranked')}" for row in known.to_dict("records")]
    target = "target" if known["target"].notna().any() else None
    figure = intervals(known.assign(label=labels, href=known["late"]), target=target) if len(known) else None
    note = f"{WHY} Lines: 95 % intervals. Change: against its own usual range, see below."
    return Drawn(_finding(frame), figure, twin, note)


def _worded(asked: Asked, frame: pd.DataFrame) -> pd.DataFrame:
    """`frame` with the words and the addresses of its table."""
    keys = frame["key"]
    enough = frame["n"] >= LEAST_N

    def listed(of: str, **more: Any) -> list[str]:
        return [tiles.cases_link(asked, of, department=key, **more) for key in keys]

    return frame.assign(
        **{name: frame[name].where(enough) for name in ("value", "low", "high")},
        **{name: frame[name].where(frame[f"{name}_n"] >= LEAST_N) for name in ("closed_without_work", "reopen_rate")},
        rank_said=[words.MISSING if words.is_missing(rank) else str(int(rank)) for rank in frame["rank"]],
        tier_said=[TIER_WORDS[tier] if tier in TIER_WORDS else REASON_WORDS[reason] for tier, reason in zip(frame["tier"], frame["reason"], strict=True)],
        change_said=[CHANGE_WORDS[change] for change in frame["change"]], page=[on_time.department_page(asked, key) for key in keys],
        late=[on_time.late_link(asked, n, met, department=key) if n else None for key, n, met in zip(keys, frame["n"], frame["numerator"], strict=True)],
        due=listed("ontime_due"), open=listed("backlog"), overdue=[filters.link("/backlog", asked, department=key, list="overdue_now") for key in keys],
        unworked=listed("closed_without_work", hits="true"), again=listed("reopen_rate", hits="true"),
    )  # fmt: skip


_COLUMNS = (
    Column("label", "Department", href="page"), Column("rank_said", "Rank"), Column("tier_said", "Tier"), Column("value", "On time", "share", href="late"),
    Column("low", "95 % from", "share"), Column("high", "to", "share"), Column("n", "Fell due", "cases", href="due"), Column("target", "Own target", "share"),
    Column("change_said", "Change"), Column("backlog", "Open", "cases", href="open"), Column("overdue_now", "Overdue", "cases", href="overdue"),
    Column("weeks_of_work", "Weeks of work", "weeks", href="open"), Column("closed_without_work", "Closed without work", "share", href="unworked"),
    Column("reopen_rate", "Reopened in 14 days", "share", href="again"),
)  # fmt: skip


def _file(frame: pd.DataFrame) -> pd.DataFrame:
    """The board for a download: numbers as they are, tiers by their short names."""
    return frame.rename(columns={"numerator": "met", "n": "fell_due", "value": "on_time"})


def _finding(frame: pd.DataFrame) -> str:
    ranked = frame.dropna(subset=["rank"])
    if ranked.empty:
        no_target = (frame["reason"] == "no_target").any()
        why = (
            "none with enough cases has a target, and the city has none (on_time_target in city.toml, or agreed)"
            if no_target
            else f"each has fewer than {LEAST_N} cases that fell due"
        )
        return words.sentence(f"No department is ranked: {why}")
    said = []
    for tier, where in (("far_below", "far below"), ("below", "below"), ("far_above", "far above"), ("above", "above")):
        names = ranked["label"][ranked["tier"] == tier].tolist()
        if names:
            said.append(f"{words.joined(names)} {'is' if len(names) == 1 else 'are'} {where}")
    if not said:
        one = f"{ranked['label'].iloc[0]} does not differ" if len(ranked) == 1 else f"No department of {len(ranked)} differs"
        return f"{one} from its own target by more than chance."
    return words.sentence(f"Against {'its own target' if len(ranked) == 1 else 'their own targets'}, {'; '.join(said)}")


def draw_open(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Open cases by department, and how many of them are overdue, most overdue first."""
    backlog, overdue = (measure(name, asked, by="department").frame.set_index("key") for name in ("backlog", "overdue_now"))
    frame = backlog[backlog["value"] > 0][["label", "value"]].rename(columns={"value": "open"})
    frame = frame.assign(overdue=overdue["value"].reindex(frame.index).fillna(0.0)).rename_axis("key").reset_index()
    frame = frame.assign(rest=frame["open"] - frame["overdue"]).sort_values(["overdue", "open"], ascending=False, ignore_index=True)
    frame = frame.assign(
        open_href=[tiles.cases_link(asked, "backlog", department=key) for key in frame["key"]], page=[on_time.department_page(asked, key) for key in frame["key"]],
        href=[filters.link("/backlog", asked, department=key, list="overdue_now") for key in frame["key"]],
    )  # fmt: skip
    twin = Twin(frame, (
        Column("label", "Department", href="page"), Column("open", "Open", "cases", href="open_href"), Column("overdue", "Overdue", "cases", href="href"),
    ), "Open and overdue cases by department")  # fmt: skip
    if frame.empty:
        return Drawn("No case is open.", None, twin)
    wide = pd.DataFrame({"Overdue": frame["overdue"], "Open, not overdue": frame["rest"]})
    figure = stack(wide, frame["label"].tolist(), "cases", (theme.BAD, theme.QUIET), href={"Overdue": frame["href"].tolist()})
    total, late = frame["open"].sum(), frame["overdue"].sum()
    if not late:
        finding = f"None of the {words.cases(total)} that are open is overdue."
    else:
        most = f"; {frame['label'].iloc[0]} has {words.percent_of(frame['overdue'].iloc[0] / late)} of them" if len(frame) > 1 else ""
        finding = words.sentence(f"{words.count(late)} of {words.cases(total)} that are open {'is' if late == 1 else 'are'} overdue{most}")
    leads = {words.count(late): tiles.cases_link(asked, "overdue_now")} if late else {}
    leads |= {words.cases(total): tiles.cases_link(asked, "backlog")}
    return Drawn(finding, figure, twin, "Larger departments have more of everything: see weeks of work in the table above.",
                 cases=tiles.cases_link(asked, "backlog"), leads=leads)  # fmt: skip


BOARD = Chart("leaderboard", "Share on time by department, against its own target", draw_board, metric="ontime_due")
NAIVE = Chart("naive-ranking", "Departments by raw share on time", draw_naive, metric="ontime_due")
PAST = Chart("own-past", "Each department's share on time against its own past", draw_past, metric="ontime_due")
OPEN = Chart("open-by-department", "Open and overdue cases by department", draw_open, metric="backlog", has_period=False)

layout = page(__name__, "/departments", "Departments", build, nav="Departments", order=4)
