"""One series with its limits: its figure, its table and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import pandas as pd

from components import filters, on_time, signal_words, words
from components.chart import Drawn
from components.figures.control import Segment, control
from components.table import Column, Twin
from metrics import signals, xmr
from metrics.definitions import REGISTRY
from metrics.kinds import Metric
from metrics.select import Asked
from metrics.signals import Board
from metrics.targets import target_of


@dataclass(frozen=True)
class OneSignal:
    """A board with one series."""

    board: Board
    asked: Asked

    @property
    def metric(self) -> Metric:
        return REGISTRY[self.board.rows["metric"].iloc[0]]

    @property
    def is_difference(self) -> bool:
        return bool(self.board.is_change[0] or self.board.is_seasonal[0])

    @property
    def method(self) -> str:
        """What of the series is judged, after its name; empty for its value."""
        change = "change from week to week" if self.board.is_change[0] else ""
        season = "less the same week a year before" if self.board.is_seasonal[0] else ""
        return ", ".join(part for part in (change, season) if part)

    def frame(self) -> pd.DataFrame:
        """One row a week: `period`, `value`, `n`, `judged`, `signal` (the rules it breaks) and `href` of its cases."""
        of = self.board
        broken = of.result.broken[:, 0] & of.enough[0]
        return pd.DataFrame({
            "period": pd.to_datetime(list(of.weeks)), "value": of.value[0], "n": of.weekly.n[0, -len(of.weeks) :], "judged": of.judged[0],
            "signal": [words.joined([signal_words.RULE_WORDS[rule] for rule, hit in zip(xmr.RULES, broken[:, at], strict=True) if hit]) for at in range(len(of.weeks))],
            "href": [signal_words.week_cases(self.metric.id, self.asked, week) for week in of.weeks],
        })  # fmt: skip

    def limits(self) -> xmr.Limits | None:
        return self.board.result.limits(0)

    def finding(self) -> str:
        """What the last week says."""
        of, name = self.board, words.label(self.metric)
        about = filters.said(self.asked) or "All cases"
        if not of.enough[0]:
            return f"{about}: {name} has too little data to be judged: it takes 10 cases a week and 6 weeks."
        found = signals.episodes(of)
        last = len(of.weeks) - 1
        now = found[found["end"] == last]
        value = words.value(of.value[0, last], self.metric.unit)
        if now.empty:
            return f"{about}: {value} {'' if self.metric.unit == 'share' else signal_words.COUNTED[self.metric.id] + ' '}in the last week; no signal."
        one = now.iloc[0]
        since = words.day(of.weeks[int(one["start"])])
        faint = "" if one["clear"] else " (faint: no more than chance makes among hundreds of series)"
        row = {"cases": one["cases"], "sign": one["sign"], "metric": self.metric.id}
        return f"{about}: {signal_words.more(row)} than expected since the week of {since}: a signal{faint}."

    def note(self) -> str:
        """Which series, which limits, and what they mean for its target."""
        limits, parts = self.limits(), []
        if limits is None:
            return "Limits need 6 weeks."
        parts.append(f"Shown: {self.method or 'the weekly value'}. Grey: {'trial limits, from fewer than 12 weeks' if limits.trial else 'limits from the first 12 weeks'}"
                     f"{' after the new baseline' if self.board.first[0] else ''}; diamonds break a rule.")  # fmt: skip
        target = self.target()
        if target is not None:
            parts.append(on_time.ASSURANCE_WORDS[xmr.assurance(limits, target, self.metric.direction)])
        return " ".join(parts)

    def target(self) -> float | None:
        """The target of a share that is judged as it is."""
        if self.metric.id != "ontime_due" or self.is_difference:
            return None
        return target_of(self.asked, on_time.city_target())

    def earlier(self) -> list[Segment]:
        """The baseline before a new one: the weeks that the board passes over."""
        of, first = self.board, int(self.board.first[0])
        if not first:
            return []
        before = signals.judge(of.weekly, len(of.weeks))
        limits = xmr.judged(before.judged[:, :first]).limits(0)
        return [] if limits is None else [self._segment(0, first, limits)]

    def segments(self) -> list[Segment]:
        """The stretches of weeks with their limits."""
        limits, first = self.limits(), int(self.board.first[0])
        now = [] if limits is None else [self._segment(first, len(self.board.weeks), limits)]
        return [*self.earlier(), *now]

    def _segment(self, start: int, end: int, limits: xmr.Limits) -> Segment:
        weeks: list[date] = [*self.board.weeks, self.board.weeks[-1] + timedelta(weeks=1)]
        kind = "share" if self.metric.unit == "share" else "count"
        return Segment(weeks[start], weeks[end], limits if self.is_difference else xmr.shown(limits, kind))

    def drawn(self) -> Drawn:
        """The block of the chosen series."""
        frame, unit = self.frame(), self.metric.unit
        if int(self.board.first[0]):
            whole = signals.judge(self.board.weekly, len(self.board.weeks))
            frame = frame.assign(judged=whole.judged[0])
        columns = [Column("period", "Week from", "day"), Column("value", self.metric.label, unit, href="href")]
        if self.is_difference:
            columns.append(Column("judged", words.sentence(self.method).removesuffix("."), unit))
        columns += [Column("n", "Counted", "cases", href="href"), Column("signal", "Signal")]
        said = filters.said(self.asked)
        title = f"{self.metric.label}{': ' + said if said else ''}, by week{' (' + self.method + ')' if self.method else ''}"
        figure = None
        if np.isfinite(frame["judged"].astype("float64")).any():
            marked = [at for at, text in enumerate(frame["signal"]) if text]
            axis = f"{words.AXIS_TITLES[unit]}{', difference' if self.is_difference else ''}"
            figure = control(
                frame, unit, self.metric.label, self.segments(), marked, axis=axis, target=self.target(), is_difference=self.is_difference
            )
            if not self.is_difference:
                # A difference is no count, so no list has as many cases.
                figure["data"][0]["customdata"] = list(frame["href"])
        return Drawn(
            self.finding(),
            figure,
            Twin(frame.iloc[::-1], tuple(columns), title),
            self.note(),
            about=self.asked,
            cases=frame["href"].iloc[-1],
            title=title,
            metric=self.metric.id,
        )
