"""`/time-to-close`: how long closing takes, with the open cases taken into account, for groups side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
from dash import html

from components import filters, theme, tiles, words
from components.chart import Chart, Drawn, block
from components.closing_curves import closing, days_said
from components.figures.series import axis_of
from components.page import Query, heading, page
from components.table import Column, Twin
from metrics.areas import layers
from metrics.curves import BEFORE, MOST_GROUPS
from metrics.dictionary.closing import WITHIN_DAYS
from metrics.ranking import LEAST_N
from metrics.select import Asked
from metrics.speeds import speeds, within

ALL = "all"
COHORT, PACE = "cohort", "pace"


def _groups(asked: Asked) -> dict[str, str]:
    return {
        ALL: "All cases together",
        "department": "Departments",
        "request_type": "Request types",
        BEFORE: "With a year earlier",
        **layers(asked),
    }


filters.Option("compare", "Compare", _groups, lambda: "department")
filters.Option("cases_of", "Cases", lambda _asked: {COHORT: "Opened in the period", PACE: "Open in the period (its pace)"}, lambda: COHORT)


def build(query: Query) -> list[Any]:
    return [
        heading(
            "Time to close",
            "How long it takes until cases are closed: the open ones count too, so leaving them open cannot make it look quick.",
        ),
        filters.bar(query, without=("grain",), own=("compare", "cases_of")),
        html.Div([block(CURVES, "span-12"), block(WITHIN, "span-12"), block(SPEEDS, "span-12", with_table=True)], className="grid"),
    ]


def _by(view: Mapping[str, str]) -> str | None:
    return None if view["compare"] == ALL else view["compare"]


def draw_curves(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """The share closed by days since opening, with its band."""
    drawn = closing(asked, _by(view), pace=view["cases_of"] == PACE)
    opened = "of the cases opened" if view["cases_of"] == COHORT else "at the pace"
    return Drawn(
        drawn.finding, drawn.figure, drawn.twin, drawn.note, drawn.cases, title=f"Share closed by days since opening, {opened} {words.during(asked.question.start, asked.question.end)}",
        metric="ttc_km" if view["cases_of"] == COHORT else "ttc_km_period",
    )  # fmt: skip


def draw_within(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """How many were closed within 1, 3, 7, ... days, of those old enough to tell."""
    by = _by(view)
    frame = within(asked, by)
    frame = frame.assign(label=[_label(label, asked) for label in frame["label"]], **_listed(asked, by, frame))
    columns = (
        Column("label", "Group"), Column("days", "Within (days)", "number"), Column("value", "Share closed", "share"),
        Column("closed", "Closed by then", "cases", href="closed_href"), Column("n", "Of, old enough", "cases", href="all_href"),
    )  # fmt: skip
    twin = Twin(frame, columns, "Share closed within so many days of opening")
    known = frame[frame["n"] >= LEAST_N]
    if known.empty:
        return Drawn(f"Fewer than {LEAST_N} cases are old enough to tell.", None, twin)
    names = list(dict.fromkeys(known["label"]))[:MOST_GROUPS]
    ages = [f"{days} day{'s' if days > 1 else ''}" for days in WITHIN_DAYS]
    traces = []
    for place, name in enumerate(names):
        rows = known[known["label"] == name].set_index("days").reindex(WITHIN_DAYS)
        traces.append({
            "type": "bar", "name": words.plain(name), "x": ages, "y": [None if words.is_missing(v) else round(float(v), 5) for v in rows["value"]],
            "marker": {"color": theme.SERIES[place]}, "text": ["" if words.is_missing(v) else f"{100 * v:.0f}" for v in rows["value"]], "textposition": "auto",
            "textangle": 0, "insidetextfont": {"color": theme.ink_on(theme.SERIES[place])}, "hovertemplate": f"%{{y:.1%}}<extra>{words.plain(name)}</extra>",
            "customdata": [None if words.is_missing(href) else href for href in rows["closed_href"]],
        })  # fmt: skip
    layout = theme.layout(
        xaxis={"type": "category", "showgrid": False, "title": {"text": "Within", "font": {"size": 12}}}, yaxis={**axis_of("share"), "range": [0, 1.02]},
        barmode="group", showlegend=len(names) > 1,
    )  # fmt: skip
    note = f"Only cases at least so many days old are judged; groups under {LEAST_N} of them are in the table alone."
    return Drawn(_within_words(known, names), {"data": traces, "layout": layout}, twin, note)


def _listed(asked: Asked, by: str | None, frame: pd.DataFrame) -> dict[str, list[str]]:
    """Addresses of the cases old enough and of those closed in time."""
    made: dict[str, list[str]] = {"all_href": [], "closed_href": []}
    for key, days in zip(frame["key"], frame["days"], strict=True):
        more = _only(asked, by, key)
        for name, hits in (("all_href", None), ("closed_href", "true")):
            made[name].append(tiles.cases_link(asked, f"closed_within_{days}_days", **more, hits=hits))
    return made


def _only(asked: Asked, by: str | None, key: str) -> dict[str, str]:
    """The filters that choose one group."""
    if by is None or key == "now":
        return {}
    if key == BEFORE:
        earlier = asked.question.shifted(364)
        return {"from": earlier.start.isoformat(), "to": earlier.end.isoformat()}
    return {by: key}


def _label(label: str, asked: Asked) -> str:
    return {"now": words.asked_period(asked.question), BEFORE: "A year earlier"}.get(label, label)


def _within_words(known: pd.DataFrame, names: list[str]) -> str:
    days = 7 if (known["days"] == 7).any() else int(known["days"].iloc[0])
    rows = known[(known["days"] == days) & known["label"].isin(names)].sort_values(["value", "label"], ascending=[False, True])
    if len(rows) <= 1:
        row = known[known["days"] == days].iloc[0]
        return f"{words.share(row['value'])} of {words.cases(row['n'])} were closed within {words.plural(days, 'day')}."
    said = [f"{row['label']} {words.share(row['value'])}" for row in (rows.iloc[0].to_dict(), rows.iloc[-1].to_dict())]
    return f"Closed within {words.plural(days, 'day')}: {said[0]}, {said[1]}."


def draw_speeds(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """Every group with what its days to close rest on, as a table."""
    by = _by(view)
    frame = speeds(asked, by)
    only = [_only(asked, by, key) for key in frame["key"]]

    def listed(of: str, hits: str | None = None) -> list[str]:
        return [tiles.cases_link(asked, of, **more, hits=hits) for more in only]

    rows = frame.assign(
        label=[_label(label, asked) for label in frame["label"]],
        median_said=[days_said(*pair) for pair in zip(frame["median"], frame["more_than"], strict=True)],
        p90_said=[days_said(*pair) for pair in zip(frame["p90"], frame["more_than"], strict=True)],
        n_href=listed("closed_so_far"), closed_href=listed("closed_so_far", "true"), open_href=listed("closed_so_far", "false"), closed_n_href=listed("ttc_closed"),
    )  # fmt: skip
    twin = Twin(rows, (
        Column("label", "Group"), Column("n", "Opened", "cases", href="n_href"), Column("closed", "Closed since", "cases", href="closed_href"),
        Column("open", "Still open", "cases", href="open_href"), Column("median_said", "Half closed after (days)", "days"), Column("p90_said", "90 % after (days)", "days"),
        Column("pace", "Half, at the period's pace", "days"), Column("closed_n", "Closed in the period", "cases", href="closed_n_href"),
        Column("closed_median", "Their median", "days"), Column("closed_p90", "Their 90th percentile", "days"),
    ), "Days to close", frame)  # fmt: skip
    note = (
        f"Half and 90 %: of all opened in the period, open ones taken into account (Kaplan-Meier); {words.MISSING}: fewer than {LEAST_N} cases. Pace: as all cases "
        f"open in the period were closed in it; {words.MISSING}: fewer than {LEAST_N} at risk. The last three columns know the closed cases alone: "
        "clearing old ones makes them look slower, leaving cases open makes them look quicker."
    )
    every = tiles.cases_link(asked, "closed_so_far")
    leads = {words.count(frame["open"].sum()): tiles.cases_link(asked, "closed_so_far", hits="false"), words.cases(frame["n"].sum()): every}
    return Drawn(_speed_words(frame, rows), None, twin, note, cases=every, leads=leads)


def _speed_words(frame: pd.DataFrame, rows: pd.DataFrame) -> str:
    if frame.empty:
        return "No case was opened in this period."
    gap = (frame["median"] - frame["closed_median"]).where((frame["n"] >= LEAST_N) & (frame["closed_n"] >= LEAST_N))
    still = frame["open"].sum()
    total = f"{words.count(still)} of {words.cases(frame['n'].sum())} opened in the period {'is' if still == 1 else 'are'} still open"
    if gap.notna().any() and gap.max() >= 1:
        at = int(gap.to_numpy().argmax() if gap.notna().all() else gap.fillna(-1e9).to_numpy().argmax())
        return words.sentence(
            f"{total}; in {rows['label'].iloc[at]} half take {words.decimal(frame['median'].iloc[at])} days, of the closed ones alone it would look like {words.decimal(frame['closed_median'].iloc[at])}"
        )
    return words.sentence(total)


CURVES = Chart("closing-curves", "Share closed by days since opening", draw_curves, metric="ttc_km")
WITHIN = Chart("closed-within", "Share closed within so many days of opening", draw_within, metric="closed_within_7_days")
SPEEDS = Chart("days-to-close", "Days to close, group by group", draw_speeds, metric="ttc_km")

layout = page(__name__, "/time-to-close", "Time to close", build, nav="Time to close", order=3)
