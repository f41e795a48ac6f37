"""Signals in plain words: what changed, by which rule, for how many cases, and how much was looked at."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pandas as pd

from components import filters, gate, words
from metrics.definitions import REGISTRY
from metrics.false_alarms import Rates
from metrics.question import BadQuestion, visible_departments
from metrics.select import Asked
from metrics.signal_list import SILENT_DAY, SignalList, narrowed
from metrics.weekly import METRICS, WHOLE, layers

RULE_WORDS = {
    "outside": "outside its limits", "shift": "7 or more in a row on one side of its mean", "trend": "7 in a row rising or falling",
    "two_of_three": "2 of 3 close to a limit",
}  # fmt: skip
COUNTED = {"opened": "opened", "closed": "closed", "backlog": "open", "overdue_now": "overdue", "ontime_due": "on time"}
"""What the cases of a signal are."""
MOST_ALSO = 3


def named(row: dict[str, Any]) -> str:
    """ "Pothole: on time"."""
    label = "All cases" if row["dimension"] == WHOLE else row["label"]
    return f"{label}: {words.label(REGISTRY[row['metric']])}"


def rule(row: dict[str, Any]) -> str:
    """Which rules its weeks broke."""
    if SILENT_DAY in row["rules"]:
        return f"Nothing was recorded on {words.weekday(row['since'])}"
    # Weeks that break a stronger rule come close to a limit as well.
    parts = [RULE_WORDS[name] for name in row["rules"] if name != "two_of_three" or len(row["rules"]) == 1]
    return words.sentence(f"{words.plural(row['weeks'], 'week')}: {words.joined(parts)}").removesuffix(".")


def more(row: dict[str, Any]) -> str:
    """ "165 more on time"."""
    return f"{words.count(row['cases'])} {'more' if row['sign'] > 0 else 'fewer'} {COUNTED[row['metric']]}"


def also(row: dict[str, Any]) -> str:
    """What else the line stands for."""
    return words.joined([named(part) for part in sorted(row["also"], key=lambda part: -part["cases"])], MOST_ALSO) or words.MISSING


def series_id(row: dict[str, Any]) -> str:
    """A series as an address names it."""
    return f"{row['metric']}.{row['dimension']}.{row['key']}"


def series_of(text: str, asked: Asked) -> tuple[str, str, str]:
    """(metric, dimension, key) of `series_id`; all opened cases where nothing is named.

    Raises:
        BadQuestion: there is no such series, or the viewer may not see it.
    """
    metric, _, rest = (text or f"opened.{WHOLE}.{WHOLE}").partition(".")
    dimension, _, key = rest.partition(".")
    if dimension == WHOLE:
        known: Any = (WHOLE,)
    elif dimension == "department":
        known = visible_departments(gate.desk().viewer(), asked.mart)
    else:
        known = asked.members(dimension).by_slug if dimension in ("request_type", *layers(asked)) else ()
    if metric not in METRICS or key not in known:
        raise BadQuestion("There is no such series; choose one in the list.")
    return metric, dimension, key


def week_cases(metric: str, asked: Asked, week: date) -> str:
    """Address of the cases that a figure of one week counts."""
    end = week + timedelta(days=7)
    span = {"from": week.isoformat(), "to": end.isoformat()}
    if REGISTRY[metric].kind == "stock":
        span["as_of"] = min(asked.calendar.last_instant(end), asked.question.as_of).isoformat() + "Z"
    return filters.link("/cases", asked, of=metric, **span)


def cases_of(row: dict[str, Any], asked: Asked) -> str | None:
    """Address of the cases counted in the last week of a line; none where none was."""
    if not row["n"]:
        return None
    return week_cases(row["metric"], narrowed(asked, row["dimension"], row["key"]), asked.calendar.start_of(row["until"], "week"))


def finding(of: SignalList, is_now: bool) -> str:
    """The list in one sentence."""
    if of.lines.empty:
        if not of.series:
            return "No series has enough data to be judged."
        when = "in the last complete week" if is_now else "in these weeks"
        if of.faint:
            return f"No signal that counts: {when} {of.quiet:,} of {words.plural(of.series, 'series', 'series')} stayed within their ordinary ups and downs."
        return f"No signal: {when} all of {words.plural(of.series, 'series', 'series')} stayed within their ordinary ups and downs."
    first = of.lines.iloc[0].to_dict()
    return f"{words.plural(len(of.lines), 'signal')}; most cases: {named(first)}, {more(first)} than its baseline leads to expect."


def accounts(of: SignalList, chance: Rates) -> str:
    """How much was looked at, what is quiet, what is not told, and how often chance alone makes a line."""
    total = words.plural(of.series, "series", "series")
    parts = [f"{of.quiet:,} of {total}: no signal."]
    if of.faint:
        parts.append(f"{of.faint:,} more break a rule faintly, as some of so many do by chance; they are not listed.")
    few = [text for n, text in ((of.few_cases, "fewer than 10 cases a week"), (of.few_weeks, "fewer than 6 weeks of data")) if n]
    if few:
        parts.append(f"Not judged: {words.plural(of.few_cases + of.few_weeks, 'series', 'series')} with {' or '.join(few)}.")
    if of.seasonal:
        parts.append(f"{of.seasonal:,} have a season and are compared with the same week of the year before.")
    parts.append(
        "A week that was out of the ordinary (a storm, a strike) stays in the baselines until a note at the time axis gives them a new start."
    )
    parts.append(f"Where nothing changes, about {chance.listed:.1f} of 100 series are listed in a week by chance (simulated).")
    return " ".join(parts)


def table_rows(lines: pd.DataFrame, asked: Asked, own: dict[str, str]) -> pd.DataFrame:
    """The list with its words and addresses; `own`: the page's options that links keep."""
    rows = lines.to_dict("records")
    return lines.assign(
        what=[named(row) for row in rows], rule=[rule(row) for row in rows], more=[more(row) for row in rows],
        ask=[row["owner"] or words.MISSING for row in rows], also_in=[also(row) for row in rows],
        open=[filters.link("/signals", asked, **{**own, "series": series_id(row)}) for row in rows], href=[cases_of(row, asked) for row in rows],
        week=[asked.calendar.start_of(row["since"], "week") for row in rows],
    )  # fmt: skip
