"""Charts of the stages of one programme: how far cases came, how long each stage takes, whether it keeps its promise, what is stuck."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from components import lists, programme_words, theme, words
from components.chart import Chart, Drawn
from components.figures.ranked import bars, height_of, stack
from components.lists import Listing
from components.programme_words import counted, own
from components.table import Column, Twin
from metrics.select import Asked
from metrics.stages import MOST_STUCK, cohort, funnel, programme_of, stuck, times, whole

DROPPED = "denied,withdrawn"
NO_STAGES = "This programme has no stages."


def draw_funnel(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """How far the cases opened in the period came, and where they stand."""
    about = whole(asked)
    frame, n = funnel(asked), cohort(about)
    opened = Listing("opened")

    def listed(**more: str) -> list[str]:
        return [lists.address(opened, about, **{name: value.format(key=key) for name, value in more.items()}) for key in frame["key"]]

    dropped = listed(ended_in="{key}", outcome=DROPPED, now="closed")
    rows = frame.assign(
        part=[came / n if n else None for came in frame["came"]], finished=frame["ended"] - frame["dropped"], came_href=listed(reached="{key}"),
        here_href=listed(stage="{key}"), ended_href=listed(ended_in="{key}"), dropped_href=dropped,
    )  # fmt: skip
    columns = (
        Column("label", "Stage"), Column("came", "Came to it", "cases", href="came_href"), Column("part", "Of all", "share"),
        Column("here", "In it now", "cases", href="here_href"), Column("ended", "Ended in it", "cases", href="ended_href"),
        Column("dropped", "Of these denied or withdrawn", "cases", href="dropped_href"),
    )  # fmt: skip
    twin = Twin(rows, columns, "How far they came, stage by stage", frame)
    if not n:
        return Drawn(f"No {own(asked)[0]} was opened in this period." if len(frame) else NO_STAGES, None, twin)
    parts = {"Went on": "went_on", "In it now": "here", "Ended there": "finished", "Denied or withdrawn there": "dropped"}
    wide = rows[list(parts.values())].set_axis(list(parts), axis=1)
    hrefs = {"In it now": rows["here_href"].tolist(), "Ended there": rows["ended_href"].tolist(), "Denied or withdrawn there": dropped}
    figure = stack(wide, rows["label"].tolist(), "cases", (theme.PRIMARY, theme.FOURTH, theme.THIRD, theme.SECOND), href=hrefs)
    figure["layout"]["xaxis"]["title"]["text"] = f"{own(asked)[1].capitalize()} that came to the stage"
    every = lists.address(opened, about)
    note = f"{programme_words.a(own(asked)[0])} can skip a stage or come to it twice; it counts once. Withdrawn ones are among them."
    return Drawn(_funnel_words(rows, n, asked), figure, twin, note, cases=every, leads={counted(n, asked): every})


def _funnel_words(rows: pd.DataFrame, n: int, asked: Asked) -> str:
    kind = programme_words.kind_of(programme_of(asked))
    first = rows.iloc[0]
    left = n - int(first["here"]) - int(first["dropped"])
    ends = rows[rows["ends"] & (rows["came"] > 0)]
    here = rows[rows["here"] > 0].sort_values("here", ascending=False, kind="stable")
    parts = [f"Of {counted(n, asked)} in all, {words.count(left)} {programme_words.were(left)} {kind.answered}"]
    parts += [words.joined([f"{words.count(row['came'])} came to {row['label']}" for row in ends.to_dict("records")])] if len(ends) else []
    if len(here):
        parts.append(f"of those under way the largest number, {words.count(here['here'].iloc[0])}, stands at {here['label'].iloc[0]}")
    return words.sentence("; ".join(parts))


def draw_times(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """How long stays in each stage take, those that last still taken into account."""
    frame = times(asked)
    stays = Listing("opened", stays=True)
    rows = frame.assign(
        median_said=_days(frame, "median"), p90_said=_days(frame, "p90"), whose=["somebody outside" if waits else "the city" for waits in frame["waits"]],
        promise=[programme_words.stage_promise(*row) or None for row in frame[["amount", "unit"]].itertuples(index=False)],
        n_href=[lists.address(stays, asked, stage=key) for key in frame["key"]],
        open_href=[lists.address(Listing("backlog", stays=True), asked, stage=key) for key in frame["key"]],
    )  # fmt: skip
    columns = (
        Column("label", "Stage"), Column("whose", "Whose time"), Column("n", "Stays begun", "cases", href="n_href"), Column("left", "Over", "cases"),
        Column("median_said", "Half within (days)", "days"), Column("p90_said", "9 of 10 within (days)", "days"), Column("promise", "Promised"),
        Column("open", "In it now", "cases", href="open_href"),
    )  # fmt: skip
    twin = Twin(rows, columns, "Days in each stage", frame)
    if frame.empty or not frame["n"].any():
        return Drawn("No stay in a stage began in this period." if len(frame) else NO_STAGES, None, twin)
    note = (
        "Kaplan-Meier: stays that last still count as long as they are known to last, so no mean of finished ones flatters. "
        "Grey: somebody outside has to act, which is not the city's time. “More than”: not reached yet."
    )
    return Drawn(_times_words(frame), _times_figure(rows), twin, note, cases=lists.address(stays, asked))


def _days(frame: pd.DataFrame, name: str) -> list[Any]:
    """Days, or that they are more than the longest seen; None where there is no stay."""
    return [
        None if not n else words.decimal(days) if not words.is_missing(days) else f"more than {words.decimal(bound)}"
        for days, bound, n in zip(frame[name], frame["lower_bound"], frame["n"], strict=True)
    ]


def _times_figure(rows: pd.DataFrame) -> dict[str, Any]:
    shown = rows[rows["n"] > 0]
    shown = shown.assign(
        value=shown["median"].fillna(shown["lower_bound"]),
        text=[f"{a} · {b}" for a, b in zip(shown["median_said"], shown["p90_said"], strict=True)],
        href=shown["n_href"],
    )
    colours = [theme.QUIET if waits else theme.PRIMARY for waits in shown["waits"]]
    longest = max(len(text) for text in shown["text"])
    figure = bars(shown, "days", colours=colours, text="text", room=0.04 * longest)
    figure["data"][0]["textposition"] = "outside"
    figure["layout"]["xaxis"]["title"]["text"] = "Days within which half were over (beside: half · 9 of 10)"
    return figure


def _times_words(frame: pd.DataFrame) -> str:
    ours = frame[~frame["waits"] & (frame["n"] > 0)]
    known = ours.dropna(subset=["median"]).sort_values("median", ascending=False, kind="stable")
    if known.empty:
        return "In no stage half of the stays are over yet."
    slow = known.iloc[0]
    ninth = (
        f", nine of ten within {words.decimal(slow['p90'])}" if not words.is_missing(slow["p90"]) else ", and nine of ten are not over yet"
    )
    waits = frame[frame["waits"] & frame["median"].notna()]
    outside = (
        f"; apart from that, half wait {words.decimal(waits['median'].iloc[0])} days or more at {waits['label'].iloc[0]}"
        if len(waits)
        else ""
    )
    return f"{slow['label']} takes longest: half of its stays are over within {words.decimal(slow['median'])} days{ninth}{outside}."


def draw_on_time(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Which stages keep what they promise."""
    frame = times(asked)
    frame = frame[frame["amount"].notna()].reset_index(drop=True)
    listing = Listing("ontime_due", stays=True)
    rows = frame.assign(
        value=frame["on_time"], late=frame["due"] - frame["met"], promise=[programme_words.stage_promise(*row) for row in frame[["amount", "unit"]].itertuples(index=False)],
        href=[lists.address(listing, asked, stage=key) for key in frame["key"]],
        late_href=[lists.address(Listing("ontime_due", "false", stays=True), asked, stage=key) for key in frame["key"]],
    )  # fmt: skip
    columns = (
        Column("label", "Stage"), Column("promise", "Promised"), Column("on_time", "On time", "share"),
        Column("due", "Stays whose promise fell due", "cases", href="href"), Column("late", "Late", "cases", href="late_href"),
    )  # fmt: skip
    twin = Twin(rows, columns, "On time in each stage", frame)
    known = rows[rows["due"] > 0]
    if known.empty:
        return Drawn("No stage promises a time." if frame.empty else "No promise of a stage fell due in this period.", None, twin)
    worst = known.sort_values("on_time", kind="stable").iloc[0]
    late = counted(worst["late"], asked).split()[0]
    finding = f"{worst['label']} keeps its promise of {worst['promise']} least often: {words.share(worst['on_time'])} of {words.count(worst['due'])} stays; {late} late."
    shown = known.assign(
        label=[f"{label}: {promise}" for label, promise in zip(known["label"], known["promise"], strict=True)],
        text=[f"{words.share(v)} of {words.count(n)}" for v, n in zip(known["on_time"], known["due"], strict=True)], href=known["late_href"],
    )  # fmt: skip
    figure = bars(shown, "share", text="text")
    figure["layout"]["xaxis"] |= {
        "range": [0, 1],
        "autorange": False,
        "title": {"text": "Share of stays that were over in time", "font": {"size": 12}},
    }
    every, late_ones = lists.address(listing, asked), {f"{late} late": worst["late_href"]}
    return Drawn(finding, figure, twin, "A bar leads to the late ones.", cases=every, leads=late_ones)


def draw_stuck(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """What has been in its stage longer than promised or usual, longest over first."""
    frame = stuck(asked)
    rows = frame.assign(
        href=[lists.case_address(*row) for row in frame[["programme", "source_id"]].itertuples(index=False)],
        basis=["promised" if is_promised else "usual (9 of 10)" for is_promised in frame["is_promised"]],
    )  # fmt: skip
    one, many = own(asked)
    columns = (
        Column("source_id", one.capitalize(), href="href"), Column("stage", "Stage"), Column("request_type", "Type"), Column("department", "Department"),
        Column("opened_at", "There since", "instant"), Column("days", "Days there", "days"), Column("limit", "Days allowed", "days"),
        Column("basis", "Allowed is"), Column("over", "Days over", "days"),
    )  # fmt: skip
    twin = Twin(rows, columns, "Stuck in a stage, longest over first", frame)
    if frame.empty:
        return Drawn(f"No {one} is in its stage longer than promised or usual.", None, twin)
    counts = frame.groupby("stage", sort=False).size().sort_values(ascending=False, kind="stable")
    figure = bars(pd.DataFrame({"label": counts.index, "value": counts.to_numpy()}), "cases", colours=theme.BAD)
    figure["layout"]["xaxis"]["title"]["text"] = f"{many.capitalize()} that are stuck"
    figure["layout"]["height"] = height_of(len(counts))
    first, n = frame.iloc[0], len(frame)
    more = "At least " if n == MOST_STUCK else ""
    finding = f"{more}{counted(n, asked)} {'is' if n == 1 else 'are'} stuck, most at {counts.index[0]} ({words.count(counts.iloc[0])}); the longest has been at {first['stage']} for {words.length(first['days'])}."
    note = "Longer in a stage than it promises; where it promises nothing, longer than nine of ten stays of the last two years. Stages in which somebody outside has to act are left out."
    return Drawn(
        finding, figure, twin, note, cases=lists.address(Listing("overdue_now", stays=True), asked) if frame["is_promised"].all() else ""
    )


FUNNEL = Chart("stage-funnel", "How far they came", draw_funnel, defined="stage_funnel")
TIMES = Chart("stage-times", "Time in each stage", draw_times, defined="stage_time")
ON_TIME = Chart("stage-on-time", "On time in each stage", draw_on_time, defined="stage_on_time")
STUCK = Chart("stage-stuck", "Stuck in a stage", draw_stuck, defined="stage_stuck", has_period=False)
