"""Figures that are not cases in a list: which miss their target, furthest first, and how each moved."""

from __future__ import annotations

import textwrap
from typing import Any

import pandas as pd

from components import measured_words as said
from components import on_time, theme, words
from components.figures.ranked import stack
from components.table import Column, Twin
from metrics import measured, measured_signals
from metrics.select import Asked

MOST_BARS = 15
MOST_TICKS = 12
NARROW = "\u00a0"
"""The name of a period stays on one line."""
ORDER = (
    "Missed come first, the furthest from its target, in parts of the target, on top; that order is no score. A value meets its target or misses it: "
    "nothing is rounded before that is decided, and nothing lies between. The source's own verdict is beside ours."
)
COLUMNS = (
    Column("department_label", "Department", href="page"), Column("named", "Figure", href="href"), Column("when", "Period"), Column("value_said", "Value", "number"),
    Column("target_said", "Target", "number"), Column("gap_said", "Gap", "number"), Column("state_said", "Target is"), Column("rating_said", "Source says"),
    Column("signal_said", "Change"),
)  # fmt: skip
OF_DEPARTMENT = COLUMNS[1:]
FILE = (
    "department", "slug", "name", "activity", "measure_kind", "unit", "unit_label", "direction", "grain", "starts_on", "value", "target", "target_is", "gap", "state", "rating",
    "rating_raw", "signal",
)  # fmt: skip


def with_signals(frame: pd.DataFrame, asked: Asked) -> pd.DataFrame:
    """`measured.standing` with what the last period of each says of a change: `signal`, `sign`, `points`."""
    return frame.merge(measured_signals.standing(asked), left_on="id", right_on="measure_id", how="left").drop(columns="measure_id")


def table(frame: pd.DataFrame, asked: Asked, caption: str, columns: tuple[Column, ...] = COLUMNS) -> Twin:
    """The list as a table; its file has the bare figures of all rows."""
    shown = frame.head(MOST_SHOWN)
    records = shown.to_dict("records")
    rows = shown.assign(
        named=[said.label_of(row) for row in records], when=[said.period(row["starts_on"], row["grain"], asked.calendar).replace(" ", NARROW) for row in records],
        value_said=[said.amount(row["value"], row["unit"], row["unit_label"]) for row in records],
        target_said=[_target(row) for row in records],
        gap_said=[said.gap(row["gap"], row["unit"], row["unit_label"]) for row in records],
        state_said=[said.IN_LISTS[row["state"]] for row in records], rating_said=[rating(row) for row in records], signal_said=[_signal(row) for row in records],
        href=[said.address(row["department"], row["slug"], asked) for row in records], page=[on_time.department_page(asked, row["department"]) for row in records],
    )  # fmt: skip
    # The words of rows that no page shows are not made; how many there are a table says of its frame.
    whole = pd.concat([rows, frame.iloc[MOST_SHOWN:]]) if len(frame) > MOST_SHOWN else rows
    return Twin(whole, columns, caption, frame[list(FILE)])


MOST_SHOWN = 200


def _target(row: dict[str, Any]) -> str:
    told = said.amount(row["target"], row["unit"], row["unit_label"])
    return f"{told} (the year's)" if row["target_is"] == measured.OF_YEAR else told


def rating(row: dict[str, Any]) -> str:
    """The source's own verdict in words; as it writes it where nobody mapped that."""
    if words.is_missing(row["rating"]):
        return words.MISSING if words.is_missing(row["rating_raw"]) else str(row["rating_raw"])
    return said.RATINGS[row["rating"]]


def _signal(row: dict[str, Any]) -> str:
    told = said.signal(row["signal"], row["sign"], row["points"])
    better = said.verdict(row["sign"], row["direction"]) if row["signal"] == measured_signals.SIGNAL else ""
    return f"{told}, {better}" if better else told


def finding(frame: pd.DataFrame, *, named: bool = True) -> str:
    """How many meet their target, of how many that have one, and which misses by most. `named`: each with its department."""
    met, judged = measured.kept(frame)
    if frame.empty:
        return "There is no such figure."
    if not judged:
        return f"None of {words.plural(len(frame), 'figure')} has a value and a target to set beside each other."
    start = f"{words.count(met)} of {words.count(judged)} figures with a target {'meets' if met == 1 else 'meet'} it ({words.share(met / judged)})"
    missed = frame[frame["state"] == measured.MISSED].head(2).to_dict("records")
    if not missed:
        return words.sentence(start)
    names = [textwrap.shorten(f"{row['department_label']}, {row['name']}" if named else row["name"], 70, placeholder="…") for row in missed]
    return words.sentence(f"{start}; furthest from it: {'; '.join(names)}")


def note(frame: pd.DataFrame) -> str:
    """What is not judged and why, and where the source judged otherwise."""
    parts = [f"{words.count(n)} {said.STATES[state]}" for state in measured.STATES[2:] if (n := int((frame["state"] == state).sum()))]
    told = [f"Not judged: {', '.join(parts)}." if parts else ""]
    both = frame[frame["state"].isin([measured.MET, measured.MISSED]) & frame["rating"].isin(["met", "partly", "missed"])]
    other = int(((both["state"] == measured.MET) != (both["rating"] == "met")).sum())
    if len(both):
        told.append(
            f"The source gives a verdict of its own on {words.count(len(both))} of them and differs from ours on {words.count(other)}."
        )
    return " ".join([*filter(None, told), ORDER])


def bars(frame: pd.DataFrame, address: Any) -> dict[str, Any]:
    """Of each department how many figures are missed, met and not judged, most misses first; a bar leads to `address(department)`."""
    counted = measured.by_department(frame).head(MOST_BARS)
    wide = counted[["missed", "met", "not_judged"]].set_axis(["Missed", "Met", "Not judged"], axis="columns")
    labels = [textwrap.shorten(label, 2 * words.LABEL_LETTERS - 6, placeholder="…") for label in counted["department_label"]]
    lead = [address(key) for key in counted["department"]]
    figure = stack(wide, labels, "cases", (theme.BAD, theme.GOOD, theme.QUIET), href=dict.fromkeys(wide.columns, lead))
    longest = int(counted[["missed", "met", "not_judged"]].sum(axis=1).max())
    figure["layout"]["xaxis"] |= {"title": {"text": "Figures", "font": {"size": 12}}, **({"dtick": 1} if longest <= MOST_TICKS else {})}
    return figure


COUNT_COLUMNS = (
    Column("department_label", "Department", href="page"), Column("missed", "Missed", "cases"), Column("met", "Met", "cases"), Column("not_judged", "Not judged", "cases"),
)  # fmt: skip
BARS_NOTE = (
    f"How many figures, not how much they matter; the {MOST_BARS} departments with most misses. A bar leads to the department's figures."
)


def counts(counted: pd.DataFrame, columns: tuple[Column, ...] = COUNT_COLUMNS) -> Twin:
    """`measured.by_department` as a table."""
    return Twin(counted, columns, "Figures that are not cases, by department")


def departments_finding(counted: pd.DataFrame) -> str:
    """Who misses most."""
    missing = counted[counted["missed"] > 0]
    if missing.empty:
        return "No department misses a target of these figures."
    first = missing.iloc[0]
    judged = int(first["missed"] + first["met"])
    of = "1 department misses" if len(missing) == 1 else f"{len(missing)} of {len(counted)} departments miss"
    return f"{of} a target; {first['department_label']} most: {int(first['missed'])} of {judged} with a target."
