"""One figure that is not cases: its chart with targets and signals, its years, and its department's cases beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from components import filters, on_time, signal_words, theme, words
from components import measured_words as said
from components.chart import Drawn
from components.figures.measured import by_year, over_time
from components.figures.series import Line, lines
from components.measured_list import rating
from components.table import Column, Twin
from metrics import measured, measured_signals, xmr
from metrics.measured_beside import beside
from metrics.measured_series import Series, assurance, series
from metrics.select import Asked

GRAIN = "by_period"
MEASURE = "measure"
FINEST = "finest"


def chosen(asked: Asked, view: Mapping[str, str]) -> Series:
    """The measure of the page's address, in the grain its reader chose."""
    department = asked.question.department[0] if len(asked.question.department) == 1 else ""
    grain = "" if view[GRAIN] == FINEST else view[GRAIN]
    return series(asked, department, view[MEASURE], grain)


def draw_series(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """Every period beside its target, with what it usually lies within."""
    of = chosen(asked, view)
    unit, label, frame = str(of.about["unit"]), str(of.about["unit_label"]), of.frame
    broken = of.judgement.broken
    frame = frame.assign(
        period=frame["starts_on"], named=[said.period(day, of.grain, asked.calendar) for day in frame["starts_on"]],
        value_said=[said.amount(value, unit, label) for value in frame["value"]], target_said=[said.amount(value, unit, label) for value in frame["target"]],
        gap_said=[said.gap(value, unit, label) for value in frame["gap"]], state_said=[said.STATES[state] for state in frame["state"]],
        rating_said=[rating(row) for row in frame.to_dict("records")], why_said=[_why(row) for row in frame.to_dict("records")],
        signal=[words.joined([signal_words.RULE_WORDS[rule] for rule, hit in zip(xmr.RULES, broken[:, at], strict=True) if hit]) for at in range(len(frame))],
    )  # fmt: skip
    columns = (
        Column("named", "Period"), Column("value_said", "Value", "number"), Column("target_said", "Target", "number"), Column("gap_said", "Gap", "number"),
        Column("state_said", "Against its target"), Column("rating_said", "The source's verdict"), Column("signal", "Signal"),
        *([Column("why_said", "Remark")] if any(frame["why_said"]) else []),
    )  # fmt: skip
    file = frame[["starts_on", "grain", "value", "target", "target_is", "gap", "state", "rating", "rating_raw", "why", "because", "signal"]]
    title = f"{said.label_of(of.about)}, {said.GRAINS[of.grain]}"
    twin = Twin(frame.iloc[::-1], columns, title, file)
    if frame["value"].isna().all():
        return Drawn(f"No period of this figure has a value: {_why(frame.iloc[-1].to_dict())}.", None, twin, title=title)
    limits = None if of.judgement.is_seasonal or of.judgement.limits is None else xmr.shown(of.judgement.limits, "count")
    if of.judgement.limits is not None and limits is not None and (frame["value"] < 0).any():
        limits = of.judgement.limits
    marked = np.flatnonzero(broken.any(axis=0)).tolist()
    figure = over_time(
        frame, said.label_of(of.about), said.axis(unit, label), list(frame["named"]), is_share=unit == "share", is_percent=unit == "percent", limits=limits, marked=marked,
    )  # fmt: skip
    return Drawn(_finding(of, asked), figure, twin, _note(of), title=title)


def _why(row: dict[str, Any]) -> str:
    """Why a value is missing, and what the source says of it."""
    because = "" if words.is_missing(row["because"]) else str(row["because"])
    if not row["why"]:
        return because
    told = said.WHY[row["why"]]
    return f"{told}: {because}" if because else told


def _finding(of: Series, asked: Asked) -> str:
    """The last period with a value, its target, and whether it is a signal."""
    unit, label = str(of.about["unit"]), str(of.about["unit_label"])
    last = of.frame[of.frame["value"].notna()].iloc[-1]
    when = said.period(last["starts_on"], of.grain, asked.calendar)
    told = f"{said.amount(last['value'], unit, label)} in {when}"
    if last["state"] in (measured.MET, measured.MISSED):
        far = "" if last["gap"] == 0 else f", {said.gap(last['gap'], unit, label)} than the target"
        told += f"{far}: it {said.STATES[last['state']]}"
    else:
        told += f" ({said.STATES[last['state']]})"
    return words.sentence(f"{told}; {change(of)}")


def change(of: Series) -> str:
    """Whether the last period says that something changed, in words."""
    one = of.judgement
    if one.state == measured_signals.TOO_SHORT:
        return f"too short for a signal: {words.plural(one.points, 'figure')} of the {xmr.LEAST_POINTS} that limits need"
    if one.state == measured_signals.QUIET:
        return "no signal: within its ordinary ups and downs"
    way = "higher" if one.sign > 0 else "lower"
    better = said.verdict(one.sign, str(of.about["direction"]))
    return f"a signal: {way} than before{', which is ' + better if better else ''}"


def _note(of: Series) -> str:
    limits, parts = of.judgement.limits, []
    if of.judgement.is_seasonal:
        parts.append("It has a season, so each period is judged by its difference to the same one a year before; no range is drawn.")
    elif limits is not None:
        parts.append(
            f"Grey: {'trial limits, from fewer than 12 figures' if limits.trial else 'limits from the first 12 figures'}; diamonds break a rule."
        )
    kept = assurance(of)
    if kept is not None:
        parts.append(on_time.ASSURANCE_WORDS[kept])
    missing = int(of.frame["value"].isna().sum())
    if missing:
        parts.append(f"{words.plural(missing, 'period')} without a value; the table says why.")
    if (of.frame["target_is"] == measured.OF_YEAR).any():
        parts.append("Where a period has no target of its own, that of its fiscal year stands for it.")
    return " ".join(parts)


def draw_years(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """Fiscal years: as the source gives them, or added up where that makes sense."""
    of = chosen(asked, view)
    unit, label, years = str(of.about["unit"]), str(of.about["unit_label"]), of.years
    rows = years.assign(
        year_said=[f"FY {year}" for year in years["fiscal_year"]], value_said=[said.amount(value, unit, label) for value in years["value"]],
        target_said=[said.amount(value, unit, label) for value in years["target"]], state_said=[said.STATES[state] for state in years["state"]],
        made_said=[_made(row) for row in years.to_dict("records")],
    )  # fmt: skip
    columns = (
        Column("year_said", "Fiscal year"), Column("value_said", "Value", "number"), Column("target_said", "Target", "number"), Column("state_said", "Against its target"),
        Column("made_said", "Where it is from"),
    )  # fmt: skip
    twin = Twin(rows.iloc[::-1], columns, "Fiscal years", years)
    known = years.dropna(subset=["value"])
    if known.empty:
        why = said.MADE[str(years["made"].iloc[-1])] if len(years) else "no year is known"
        return Drawn(words.sentence(f"No year has a figure of its own: {why}"), None, twin)
    last = known.iloc[-1]
    told = f"{said.amount(last['value'], unit, label)} in FY {int(last['fiscal_year'])}"
    if last["state"] in (measured.MET, measured.MISSED):
        told += f": it {said.STATES[last['state']]} of {said.amount(last['target'], unit, label)}"
    part = 100 if unit == "share" else 1
    figure = by_year(
        list(rows["year_said"]), list(years["value"] * part), list(years["target"] * part), said.label_of(of.about), said.axis(unit, label),
        is_percent=unit in ("percent", "share"),
    )  # fmt: skip
    return Drawn(
        words.sentence(told),
        figure,
        twin,
        ""
        if (years["made"] == "source").all()
        else "A year is added up only where its source says that it may be, and only of all its periods.",
    )


def _made(row: dict[str, Any]) -> str:
    told = said.MADE[row["made"]]
    return f"{told} ({int(row['periods'])} of {int(row['of'])})" if row["made"] == "incomplete" else told


def _cases(asked: Asked, view: Mapping[str, str]) -> tuple[Series, pd.DataFrame]:
    of = chosen(asked, view)
    starts, ends = of.frame["starts_on"].iloc[0].date(), of.frame["ends_on"].dropna()
    return of, beside(asked, str(of.about["department"]), of.grain, starts, ends.iloc[-1].date() if len(ends) else starts)


def draw_on_time(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """The department's share on time in the same periods."""
    of, frame = _cases(asked, view)
    known = frame[frame["due"] > 0] if len(frame) else frame
    twin = Twin(
        frame.iloc[::-1],
        (Column("period", "From", "day"), Column("on_time", "On time", "share"), Column("due", "Fell due", "cases")),
        "On time in the same periods",
    )
    name = str(of.about["department_label"])
    if known.empty:
        return Drawn(f"No case of {name} with a deadline fell due in these periods.", None, twin)
    figure = lines(frame, [Line("on_time", "On time")], "share")
    last = known.iloc[-1]
    return Drawn(f"{name}: {words.share(last['on_time'])} on time in the last of these periods, of {words.cases(last['due'])} that fell due.", figure, twin,
                 "Beside each other, not one because of the other.")  # fmt: skip


def draw_backlog(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """The department's open cases at the end of the same periods."""
    of, frame = _cases(asked, view)
    twin = Twin(
        frame.iloc[::-1], (Column("period", "From", "day"), Column("backlog", "Open at the end", "cases")), "Open cases in the same periods"
    )
    name = str(of.about["department_label"])
    if frame.empty or frame["backlog"].isna().all():
        return Drawn(f"No open cases of {name} are known in these periods.", None, twin)
    figure = lines(frame, [Line("backlog", "Open at the end", theme.SECOND)], "cases")
    return Drawn(f"{name}: {words.cases(frame['backlog'].iloc[-1])} open at the end of the last of these periods.", figure, twin)


filters.Option(MEASURE, "Figure", None, lambda: "", longest=300)
filters.Option(GRAIN, "Periods", lambda _asked: {FINEST: "The finest there are", **{grain: text[:1].upper() + text[1:] for grain, text in said.GRAINS.items()}}, lambda: FINEST)  # fmt: skip
