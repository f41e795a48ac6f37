"""Questions that a briefing suggests for the room: rules over the numbers of one issue. A suggestion, never a finding."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from metrics.ranking import LEAST_N

HALF = 0.5
ONE_AREA = 0.3
"""Share of a series' cases in a single area from which the area is asked about."""
LOOPS = 0.2
"""Share of moved cases that moved again."""
OLD = 0.25
"""Share of open cases that are 90 days old and more."""
SLOWER = 0.05
"""By how much less is closed within 30 days than a year earlier."""
WITHIN = 30
MOST = 4
Numbers = dict[str, Any]


def questions(told: Iterable[tuple[str, Numbers, Mapping[str, str]]]) -> list[tuple[str, Numbers]]:
    """The suggested questions of an issue: (rule, what it says). At least one: how it comes back to usual, and who sees to it."""
    made: list[tuple[str, Numbers]] = []
    signal: Numbers = {}
    for of, numbers, query in told:
        if of == "signal":
            signal = numbers
        made += RULES[of](numbers, query) if of in RULES else []
    return [
        *made[: MOST - 1],
        ("back", {"metric": signal.get("metric", ""), "owner": signal.get("owner", ""), "verdict": signal.get("verdict", "")}),
    ]


def _signal(of: Numbers, _query: Mapping[str, str]) -> list[tuple[str, Numbers]]:
    if of["metric"] not in ("backlog", "overdue_now") or of["sign"] < 0:
        return []
    if "opened" in of["also_metrics"]:
        return [("more_work", {})]
    return [("fewer_closed", {})] if "closed" in of["also_metrics"] else []


def _split(of: Numbers, query: Mapping[str, str]) -> list[tuple[str, Numbers]]:
    if not of["total"] or of["groups"] < 2 or of["total"] < LEAST_N:
        return []
    share = of["n"][0] / of["total"]
    if query["by"] == "channel":
        # Most come by the same channel everywhere; that asks nothing.
        return []
    name = "one_type" if query["by"] == "request_type" else "one_area"
    return [(name, {"label": of["labels"][0], "share": share})] if share >= (ONE_AREA if name == "one_area" else HALF) else []


def _mix(of: Numbers, _query: Mapping[str, str]) -> list[tuple[str, Numbers]]:
    return [("mix", {"type": of["type"]})] if of["is_known"] and of["is_said"] else []


def _moves(of: Numbers, _query: Mapping[str, str]) -> list[tuple[str, Numbers]]:
    return (
        [("loops", {"again": of["again"], "cases": of["cases"]})] if of["again"] >= LEAST_N and of["again"] >= LOOPS * of["cases"] else []
    )


def _ages(of: Numbers, _query: Mapping[str, str]) -> list[tuple[str, Numbers]]:
    return [("old", {"old": of["old"], "days": of["old_days"]})] if of["old"] >= LEAST_N and of["old"] >= OLD * of["total"] else []


def _curve(of: Numbers, _query: Mapping[str, str]) -> list[tuple[str, Numbers]]:
    now, before = (_within(of["days"], of[name]) for name in ("now", "before"))
    return [("slower", {"now": now, "before": before})] if now is not None and before is not None and before - now >= SLOWER else []


def _within(days: Sequence[int], closed: Sequence[float | None]) -> float | None:
    """The share closed within `WITHIN` days."""
    return dict(zip(days, closed, strict=False)).get(WITHIN)


RULES = {"signal": _signal, "split": _split, "mix": _mix, "moves": _moves, "ages": _ages, "curve": _curve}
