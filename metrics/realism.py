"""Whether promises can be kept: what was promised for each request type, how long it takes in the same unit, and what could be promised."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any, Literal

import numpy as np
import pandas as pd
from sqlalchemy import and_, case, literal, select

from data_access.calendars import Calendar
from data_access.sla import SlaRule, time_used
from data_access.slugs import slug
from metrics.curves import band
from metrics.definitions import REGISTRY
from metrics.measure import measure
from metrics.ranking import LEAST_N
from metrics.select import Asked
from metrics.survival import EPSILON

Verdict = Literal["too_tight", "realistic", "slack", "early", "few", "none"]
"""too_tight: the share closed in the promised time is below the goal by more than chance (95 %). slack: the goal is reached in half the
promised time or less. realistic: neither. early: under `LEAST_N` cases were
watched for the promised time, and the goal is not reached before. few: under `LEAST_N` cases. none: nothing is promised."""
WHOLE = ("business_days", "calendar_days")


def realism(asked: Asked, rules: Mapping[str, SlaRule], calendars: Mapping[str, Calendar], goal: float) -> pd.DataFrame:
    """One row for each request type with cases opened in the period, those where most cases miss the goal first.

    Args:
        rules: slug of a type -> its rule now (`data_access.due.promises`).
        goal: the share of cases that a promise should hold for.

    Columns: `key`, `label`, `n`, `unit`, `amount` (promised, in the unit), `is_rule` (else read off the deadlines: their median, in elapsed
    days), `median` and `p90` (Kaplan-Meier, in the unit; null where not reached), `kept` (share closed in the promised time; Kaplan-Meier)
    with `low` and `high` (95 %), `on_time` and `due` (its n: what fell due in the period), `needed` (whole units in which the goal is
    reached; null where it is not), `short` (cases by which the promise misses the goal; below 0: to spare), `verdict`.
    """
    cases = _cases(asked)
    due = measure("ontime_due", asked, by="request_type").frame.set_index("key")
    made = []
    for (key, label), rows in cases.groupby(["key", "label"], sort=False):
        rule, promised = rules.get(slug(str(label))), rows["promised"].median()
        is_rule = rule is not None and bool(rows["promised"].notna().any() or str(key) not in due.index)
        clock = rule if is_rule and rule is not None else _clock_without(calendars, promised)
        amount = rule.amount if is_rule and rule is not None else promised
        made.append({"key": key, "label": label, "n": len(rows), "unit": clock.unit, "amount": amount, "is_rule": is_rule,
                     **_told(rows, clock, calendars, asked, amount, goal)})  # fmt: skip
    names = ["key", "label", "n", "unit", "amount", "is_rule", "median", "p90", "kept", "low", "high", "needed", "verdict"]
    frame = pd.DataFrame(made, columns=names)
    on_time = due.reindex(frame["key"])
    frame = frame.assign(
        on_time=on_time["value"].to_numpy("float64"), due=on_time["n"].fillna(0.0).to_numpy("float64"), short=frame["n"] * (goal - frame["kept"].astype("float64"))
    )  # fmt: skip
    return frame.sort_values(["short", "n", "label"], ascending=[False, False, True], na_position="last", ignore_index=True)


def _clock_without(calendars: Mapping[str, Calendar], promised: float) -> SlaRule:
    """The unit of a type without a rule: elapsed days as its deadlines give them; without any, business days of the city's first calendar."""
    if promised == promised or not calendars:
        return SlaRule(("any",), "calendar_days", 1, clock="elapsed")
    return SlaRule(("any",), "business_days", 1, calendar=next(iter(calendars)))


def _cases(asked: Asked) -> pd.DataFrame:
    """The cases opened in the period: `key` and `label` of the type, `opened_at`, `ended_at` (closing, or as_of), `is_closed`, `promised` (days)."""
    metric, facts = REGISTRY["opened"], asked.facts()
    ended = case((facts.is_closed, facts.column("closed_at")), else_=literal(asked.question.as_of))
    due = case((facts.column("has_valid_due"), facts.column("first_due_at")))
    wanted = and_(asked.population(facts, metric), facts.state, facts.during("opened_at"), facts.column("has_valid_interval"))
    columns = [facts.column("opened_at"), ended.label("ended_at"), facts.is_closed.label("is_closed"), due.label("due_at")]
    frame = asked.named(
        asked.mart.read(select(*asked.groups(facts, metric, "request_type"), *columns).where(wanted), asked.scope), "request_type"
    )
    times = {name: pd.to_datetime(frame[name]) for name in ("opened_at", "ended_at", "due_at")}
    promised = (times["due_at"] - times["opened_at"]).dt.total_seconds() / 86_400
    return frame.assign(**times, promised=promised, is_closed=frame["is_closed"].astype("bool"))


def _told(
    rows: pd.DataFrame, clock: SlaRule, calendars: Mapping[str, Calendar], asked: Asked, amount: float, goal: float
) -> dict[str, Any]:
    as_of, zone = asked.question.as_of, asked.calendar.zone
    begun, ended = (rows[name].to_numpy().astype("datetime64[us]").astype("int64") for name in ("opened_at", "ended_at"))
    used = time_used(clock, begun, ended, calendars, zone)
    at, stays, variance = estimate(used, rows["is_closed"].to_numpy())
    needed = _reached(at, stays, goal)
    told: dict[str, Any] = {
        "median": _reached(at, stays, 0.5),
        "p90": _reached(at, stays, 0.9),
        "needed": None if needed is None else max(ceil(needed - EPSILON), 1),
    }
    if len(rows) < LEAST_N:
        return {"median": None, "p90": None, "needed": None, "kept": None, "low": None, "high": None, "verdict": "few"}
    if amount != amount:
        return {**told, "kept": None, "low": None, "high": None, "verdict": "none"}
    watched = time_used(clock, begun, np.full(len(begun), np.datetime64(as_of, "us").astype("int64")), calendars, zone)
    if np.count_nonzero(watched >= amount - EPSILON) < LEAST_N and stays[-1] > 1 - goal + EPSILON:
        return {**told, "kept": None, "low": None, "high": None, "verdict": "early"}
    place = int(np.searchsorted(at, amount + EPSILON, side="right")) - 1
    kept = 0.0 if place < 0 else 1 - float(stays[place])
    low, high = (kept, kept) if place < 0 else (float(edge[0]) for edge in band(stays[place : place + 1], variance[place : place + 1]))
    verdict: Verdict = "realistic"
    if kept < goal and not high >= goal:
        verdict = "too_tight"
    elif needed is not None and needed <= amount / 2 + EPSILON:
        verdict = "slack"
    return {**told, "kept": kept, "low": low if low == low else None, "high": high if high == high else None, "verdict": verdict}


def estimate(used: np.ndarray, closed: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(times, share still open after each, variance of its logarithm) by Kaplan and Meier; at equal times closings come before open cases leave."""
    at, place = np.unique(used, return_inverse=True)
    ended = np.bincount(place, weights=closed.astype("float64"), minlength=len(at))
    left = np.bincount(place, minlength=len(at)).astype("float64")
    exposed = len(used) - np.concatenate([[0.0], np.cumsum(left)[:-1]]) if len(used) else np.zeros(0)
    stays = np.cumprod(1 - ended / exposed)
    spread = np.divide(ended, exposed * (exposed - ended), out=np.zeros(len(at)), where=exposed > ended)
    return at, stays, np.cumsum(spread)


def _reached(at: np.ndarray, stays: np.ndarray, share: float) -> float | None:
    reached = np.flatnonzero(stays <= 1 - share + EPSILON)
    return float(at[reached[0]]) if len(reached) else None
