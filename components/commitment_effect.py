"""The figure of one commitment before and after the promise: its chart, its table and its verdict."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

import numpy as np
import pandas as pd

from components import commitment_words, filters, gate, theme, words
from components.chart import Chart, Drawn
from components.commitments import about_of, scope_said
from components.figures.control import Mark, Segment, control, mark
from components.signal_words import week_cases
from components.table import Column, Twin
from data_access.store import commitments
from data_access.store.commitments import DROPPED, Commitment
from metrics import promised, xmr
from metrics.commitment_effect import Effect
from metrics.definitions import LISTS, REGISTRY
from metrics.question import BadQuestion
from metrics.select import Asked

WHICH = filters.Option("commitment", "Commitment", None, lambda: "", longest=10)
PART_WORDS = {"before": "baseline", "between": "week of the promise", "after": "after", "beyond": "not compared"}


def number_of(text: str) -> int:
    """A commitment's number as an address has it.

    Raises:
        BadQuestion: it is none.
    """
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise BadQuestion(commitments.NO_COMMITMENT)
    return int(text)


def asked_about(asked: Asked, text: str) -> Commitment:
    """The commitment that an address names. One that does not exist and one that may not be seen are answered alike.

    Raises:
        BadQuestion: there is none for this viewer.
    """
    desk = gate.desk()
    found = commitments.one(desk.store(), desk.viewer(), promised.open_to(desk.viewer(), asked), number_of(text))
    if found is None:
        raise BadQuestion(commitments.NO_COMMITMENT)
    return found


def draw_effect(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """The weeks before and after, with the usual range before, the day of the promise and the day it is due."""
    if not view[WHICH.name]:
        return Drawn(
            "Choose a commitment in the register.", None, Twin(pd.DataFrame({"period": []}), (Column("period", "Week from", "day"),))
        )
    promise = asked_about(asked, view[WHICH.name])
    of = promised.effects_of(gate.desk(), [promise], asked)[promise.id]
    said = commitment_words.sentence(of)
    frame = of.frame.assign(
        words=[PART_WORDS[part] for part in of.frame["part"]], side=[{1: "above", -1: "below"}.get(side, "") for side in of.frame["signal"]]
    )
    known = frame["judged"].astype("float64")
    if promise.metric not in REGISTRY or not np.isfinite(known).any():
        return Drawn(
            said,
            None,
            Twin(frame, (Column("period", "Week from", "day"), Column("words", "Counts as"))),
            title=commitment_words.hoped(promise),
        )
    metric, about = REGISTRY[promise.metric], about_of(promise, asked)
    if about is not None and promise.metric in LISTS:
        frame = frame.assign(href=[week_cases(promise.metric, about, day.date()) for day in frame["period"]])
    is_difference = of.method != "value"
    columns = [Column("period", "Week from", "day"), Column("value", metric.label, metric.unit, href="href")]
    if is_difference:
        columns.append(Column("judged", words.sentence(commitment_words.METHOD_WORDS[of.method]).removesuffix("."), metric.unit))
    columns += [Column("n", "Counted", "cases", href="href"), Column("words", "Counts as"), Column("side", "Out of the ordinary")]
    title = f"{metric.label}: {scope_said(promise, asked)}, by week"
    twin = Twin(frame.iloc[::-1], tuple(columns), title)
    return Drawn(
        said, _figure(of, frame, is_difference), twin, _note(of), title=title, metric=promise.metric, about=about_of(promise, asked)
    )


def _figure(of: Effect, frame: pd.DataFrame, is_difference: bool) -> dict:  # type: ignore[type-arg]
    metric, promise = REGISTRY[of.commitment.metric], of.commitment
    marked = [at for at, side in enumerate(frame["signal"]) if side]
    axis = f"{words.AXIS_TITLES[metric.unit]}{', difference' if is_difference else ''}"
    target = None if is_difference else promise.expected_value
    figure = control(
        frame, metric.unit, metric.label, _segments(of, is_difference), marked, axis=axis, target=target, is_difference=is_difference
    )
    if not is_difference and "href" in frame.columns:
        # A difference is no count, so no list has as many cases.
        figure["data"][0]["customdata"] = list(frame["href"])
    for note in figure["layout"]["annotations"]:
        note["text"] = note["text"].replace("target ", "hoped for: ")
    weeks = [day.date() for day in frame["period"]]
    days = [(promise.due_on, "Due", theme.SECOND)]
    if promise.state == DROPPED:
        # The others stand on every chart of their figure, and so on this one.
        days = [(promise.made_on, "Promised", theme.PRIMARY), *days]
    last = max(weeks[-1] + timedelta(weeks=1), promise.made_on)
    mark(figure, [Mark(day, day, text, colour) for day, text, colour in days if weeks[0] <= day <= last])
    return figure


def _segments(of: Effect, is_difference: bool) -> list[Segment]:
    """The usual range, over the weeks it is made of and those it is held against."""
    inside = [day.date() for day, part in zip(of.frame["period"], of.frame["part"], strict=True) if part != "beyond"]
    if of.limits is None or not inside:
        return []
    kind = "share" if REGISTRY[of.commitment.metric].unit == "share" else "count"
    return [Segment(inside[0], inside[-1] + timedelta(weeks=1), of.limits if is_difference else xmr.shown(of.limits, kind))]


def _note(of: Effect) -> str:
    parts = []
    if of.limits is not None:
        before = int(((of.frame["part"] == "before") & of.frame["judged"].notna()).sum())
        parts.append(
            f"Grey: the usual range by the {before} weeks before the promise{' (trial limits, of fewer than 12)' if of.limits.trial else ''}."
        )
    if of.method != "value":
        parts.append(f"Shown: {commitment_words.METHOD_WORDS[of.method]}.")
    parts.append("Diamonds break a rule after the promise. The week of the promise is neither before nor after.")
    if of.new_baseline is not None:
        parts.append(
            f"A note gave the figure a new baseline on {words.day(of.new_baseline)}; the weeks from there on are not laid at the promise's door."
        )
    return " ".join(parts)


EFFECT = Chart("commitment-effect", "Its figure before and after the promise", draw_effect, has_period=False)
