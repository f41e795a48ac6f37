"""Whether closings hold: how cases ended, and the dials of each department's clock side by side."""

from __future__ import annotations

from math import sqrt
from statistics import median

import pandas as pd

from data_access import vocabulary
from metrics.definitions import REGISTRY
from metrics.intervals import Z_ALARM
from metrics.measure import measure
from metrics.question import NONE
from metrics.ranking import LEAST_N
from metrics.select import Asked

ENDINGS: dict[str, tuple[str, ...]] = {
    "done": ("resolved",),
    "without_work": vocabulary.WITHOUT_WORK_OUTCOMES,
    "otherwise": ("denied", "withdrawn", "auto_closed"),
    "unknown": ("unknown",),
}
"""How a case ended -> the outcomes that say so. What counts in no figure (duplicates, ...) ended in none of these."""
DIALS = ("closed_without_work", "reopen_rate", "reported_again", "due_extended_rate", "hold_rate", "moves_per_case", "deadline_bunching")
"""What can make a share on time look better than the work behind it."""
MOVES = ("due_extended_rate", "due_extended_days", "hold_rate", "hold_days", "transfer_rate", "moves_per_case")
"""How clocks are stopped or set back, and cases passed on."""
ROBUST = 1.4826
"""Median absolute deviation -> standard deviation, of a normal distribution."""
LEAST_APART = 0.2
"""A difference of less than a fifth is no matter to ask about, however sure it is."""
LEAST_DEPARTMENTS = 3
"""Of two that differ nobody can say which one is unusual."""


def endings(asked: Asked, by: str | None = None) -> pd.DataFrame:
    """Closed cases by how they ended: by dimension `by` (`key`, `label`, most cases first), else by the question's steps (`period`).

    Columns: one for each of `ENDINGS`, and `total`.
    """
    keys = ["key", "label"] if by else ["period"]
    split = (by, "outcome") if by else "outcome"
    frame = measure("closed_cases", asked, by=split, period=by is None).frame
    outcome = frame["key_2" if by else "key"]
    ends = {word: ending for ending, words in ENDINGS.items() for word in words}
    frame = frame[keys].assign(ending=outcome.map(ends), n=frame["n"])
    wide = frame.pivot_table(index=keys, columns="ending", values="n", aggfunc="sum", fill_value=0).reindex(
        columns=list(ENDINGS), fill_value=0
    )
    if by is None:
        starts = asked.calendar.starts(asked.question.start, asked.question.end, asked.question.grain)
        wide = wide.reindex(pd.to_datetime(starts).rename("period"), fill_value=0)
    wide = wide.astype("float64").assign(total=wide.sum(axis=1).astype("float64"))
    made = wide.rename_axis(columns=None).reset_index()
    return made.sort_values(["total", "label"], ascending=[False, True], ignore_index=True) if by else made


def clock_health(asked: Asked) -> pd.DataFrame:
    """One row for each department with a closing or a deadline in the period, in alphabetical order.

    Columns: `key`, `label`, and for the share on time and each of `DIALS` its value under its id, `<id>_n` (what it is a figure of),
    `<id>_hits` and, of dials, `<id>_mark`: higher, lower or none.
    """
    made, _ = _beside(asked, ("ontime_due", *DIALS))
    for name in DIALS:
        groups = list(zip(made[f"{name}_hits"], made[f"{name}_n"], strict=True))
        made[f"{name}_mark"] = marks(groups, counts_events=REGISTRY[name].unit == "per_case")
    return made


def clock_moves(asked: Asked) -> pd.DataFrame:
    """What was done to deadlines, clocks and owners, one row for each department with a case in the period, in alphabetical order.

    Columns: `key`, `label`, and for each of `MOVES` its value under its id (shares of fewer than `LEAST_N` cases are null), `<id>_n`,
    `<id>_hits` and, of days, `<id>_p90`.
    """
    made, frames = _beside(asked, MOVES)
    for name, frame in frames.items():
        if REGISTRY[name].unit == "share":
            made[name] = made[name].where(made[f"{name}_n"] >= LEAST_N)
        if "p90" in frame.columns:
            made[f"{name}_p90"] = frame["p90"].reindex(made["key"]).to_numpy("float64")
    return made


def _beside(asked: Asked, names: tuple[str, ...]) -> tuple[pd.DataFrame, dict[str, pd.DataFrame]]:
    """Figures by department side by side (value, `_n` and `_hits` of each), and each one's own frame."""
    asked = asked.remembering()
    frames = {name: measure(name, asked, by="department").frame.set_index("key") for name in names}
    labels: dict[str, str] = {}
    for frame in frames.values():
        labels |= frame["label"][frame["n"] > 0].to_dict()
    keys = sorted(labels, key=lambda key: (key == NONE, labels[key].casefold()))
    made = pd.DataFrame({"key": keys, "label": [labels[key] for key in keys]})
    for name, frame in frames.items():
        rows = frame.reindex(keys)
        made[name] = rows["value"].to_numpy("float64")
        made[f"{name}_n"], made[f"{name}_hits"] = (rows[column].fillna(0.0).to_numpy("float64") for column in ("n", "numerator"))
    return made, frames


def marks(groups: list[tuple[float, float]], *, counts_events: bool = False) -> list[str]:
    """Which of (hits, n) differ clearly from the others: higher, lower or none.

    The funnel's z of each group (Spiegelhalter 2005) against the share of the middle group, in units of how far groups lie apart
    anyway: departments do different work, so chance alone would mark nearly every large one. Marked beyond 3.09 (99.8 %), if
    it also is `LEAST_APART` of the middle share away; groups under `LEAST_N` are neither marked nor compared with.

    Args:
        counts_events: `hits` are events of which a case may have several (Poisson), not cases.
    """
    fair = [(hits, n) for hits, n in groups if n >= LEAST_N]
    if len(fair) < LEAST_DEPARTMENTS:
        return ["none"] * len(groups)
    centre = median(hits / n for hits, n in fair)
    if centre <= 0 or (centre >= 1 and not counts_events):
        # Where most have none of it (or nothing else), the share of all together says how much chance would bring.
        centre = sum(hits for hits, _ in fair) / sum(n for _, n in fair)
    variance = centre if counts_events else centre * (1 - centre)
    if variance <= 0:
        return ["none"] * len(groups)
    scores = [(hits / n - centre) / sqrt(variance / n) if n >= LEAST_N else None for hits, n in groups]
    known = [score for score in scores if score is not None]
    middle = median(known)
    spread = max(1.0, ROBUST * median(abs(score - middle) for score in known))
    far = [score is not None and abs(score - middle) >= Z_ALARM * spread for score in scores]
    return [
        "none" if not is_far or abs(hits / n - centre) < LEAST_APART * centre else "higher" if hits / n > centre else "lower"
        for is_far, (hits, n) in zip(far, groups, strict=True)
    ]
