"""Commitments in plain words: what was promised, how it stands, and whether its figure moved."""

from __future__ import annotations

from datetime import date
from urllib.parse import parse_qsl

from components import words
from data_access.store.commitments import Commitment
from metrics.commitment_effect import LEAST_AFTER, Because, Effect, Verdict
from metrics.definitions import REGISTRY

STATE_WORDS = {"open": "Open", "in_review": "Waits for review", "kept": "Kept", "dropped": "Dropped"}
VERDICT_WORDS: dict[Verdict, str] = {
    "as_hoped": "As hoped", "worse": "Worse", "none_yet": "No effect yet", "too_early": "Too early to tell", "not_measurable": "Cannot be measured",
}  # fmt: skip
EXPECTED_WORDS = {"higher": "go up", "lower": "go down"}
BECAUSE_WORDS: dict[Because, str] = {
    "few_cases": "it has fewer than 10 cases a week.", "rare": "in the weeks before, fewer than 10 cases met it or fewer than 10 missed it.", "few_weeks": "fewer than 6 weeks are known before the promise.",
    "no_series": "there is no such figure by week.", "not_open": "its filters name something that is gone or not open to you.",
}  # fmt: skip
METHOD_WORDS = {
    "value": "the weekly value", "change": "change from week to week", "season": "less the same week a year before",
    "change_season": "change from week to week, less the same week a year before",
}  # fmt: skip


def figure(of: Commitment) -> str:
    """ "On time"; the metric's id where there is no such metric any more."""
    return REGISTRY[of.metric].label if of.metric in REGISTRY else of.metric


def hoped(of: Commitment) -> str:
    """What is hoped for: "Backlog should go down to 120 cases"."""
    to = "" if of.expected_value is None or of.metric not in REGISTRY else f" to {words.value(of.expected_value, REGISTRY[of.metric].unit)}"
    return f"{figure(of)} should {EXPECTED_WORDS[of.expected]}{to}"


def scope(of: Commitment) -> str:
    """The filters in words: "department: parks-and-trees"."""
    parts = [f"{name.replace('_', ' ')}: {value.replace(',', ', ')}" for name, value in parse_qsl(of.filters)]
    return "; ".join(parts) or "all cases"


def when(of: Commitment, day: date) -> str:
    """How it stands to its date on `day`: "12 days late", "due in 3 days"."""
    if of.state != "open":
        return STATE_WORDS[of.state].lower()
    days = (of.due_on - day).days
    if days == 0:
        return "due today"
    return f"{words.plural(-days, 'day')} late" if days < 0 else f"due in {words.plural(days, 'day')}"


def sentence(of: Effect) -> str:
    """The verdict with its numbers."""
    name, promise = figure(of.commitment), of.commitment
    if of.verdict == "not_measurable":
        return f"{name} cannot be measured: {BECAUSE_WORDS[of.because]}"
    unit = REGISTRY[promise.metric].unit
    usual, since = (words.value(value, unit) for value in (of.usual, of.since))
    compared = f"{name}: {usual} in the weeks before" + (f", {since} in the {words.plural(of.weeks, 'week')} since" if of.weeks else "")
    if of.verdict == "too_early":
        return f"{compared}; too early to tell, {_tells(of)}.{_single(of)}{_reached(of)}"
    if of.verdict == "none_yet":
        return f"{compared}; no effect yet.{_single(of)}{_reached(of)}"
    way = "up" if (of.verdict == "as_hoped") == (promise.expected == "higher") else "down"
    judged = (
        ""
        if of.method == "value"
        else f", judged by its {METHOD_WORDS[of.method]}"
        if of.method != "season"
        else ", compared with the year before"
    )
    said = f"it went {way}, as hoped" if of.verdict == "as_hoped" else f"it went {way}, the wrong way"
    return f"{compared}; {said}, by more than its ordinary ups and downs{judged}.{_reached(of)}"


def _tells(of: Effect) -> str:
    return f"“no effect” can be said from {words.day(of.tells_from)} on, when {LEAST_AFTER} weeks are over"


def _single(of: Effect) -> str:
    return " Single weeks were out of the ordinary, but all weeks together are not." if of.told.is_single else ""


def _reached(of: Effect) -> str:
    if of.reached is None or of.commitment.expected_value is None:
        return ""
    unit, last = REGISTRY[of.commitment.metric].unit, of.after["value"].dropna()
    value, wanted = words.value(float(last.iloc[-1]), unit), words.value(of.commitment.expected_value, unit)
    return f" The last week has {value}: the {wanted} hoped for {'is' if of.reached else 'is not'} reached."
