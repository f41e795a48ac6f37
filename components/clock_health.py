"""The dials of each department's clock on screen: side by side, and what was done to deadlines in detail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from components import lists, theme, words
from components.chart import Drawn
from components.figures.ranked import stack
from components.lists import Listing
from components.table import Column, Twin
from metrics.closure import DIALS, LEAST_DEPARTMENTS, clock_health, clock_moves
from metrics.definitions import REGISTRY
from metrics.measure import measure
from metrics.ranking import LEAST_N
from metrics.select import Asked

SHORT = {
    "closed_without_work": "Without work", "reopen_rate": "Opened again", "reported_again": "Reported again", "due_extended_rate": "Deadline moved",
    "hold_rate": "On hold", "moves_per_case": "Moves per case", "deadline_bunching": "Closed 24 h before : after due",
}  # fmt: skip
MARKS = {"higher": " ▲", "lower": " ▼", "none": ""}
WHY = (
    f"▲ and ▼ mark what lies further from the middle department than chance (99.8 %) and the usual spread between departments explain, by at least a "
    f"fifth; it is a reason to ask, not a verdict. Alphabetical, not ranked; a figure of fewer than {LEAST_N} is left out."
)


def draw_health(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """One row for each department: the share on time, and beside it what can make it look better than the work."""
    frame = clock_health(asked)
    made = frame.assign(
        on_time=[_share(value, n) for value, n in zip(frame["ontime_due"], frame["ontime_due_n"], strict=True)],
        on_time_href=_listed(asked, frame, "ontime_due", "all"), ask=[_asked_about(row) for row in frame.to_dict("records")],
    )  # fmt: skip
    for name in DIALS:
        made[f"{name}_said"] = [_said(name, row) for row in frame.to_dict("records")]
        made[f"{name}_href"] = _listed(asked, frame, *_list_of(name))
    columns = (
        Column("label", "Department"), Column("on_time", "On time", href="on_time_href"),
        *[Column(f"{name}_said", SHORT[name], href=f"{name}_href") for name in DIALS], Column("ask", "Ask about"),
    )  # fmt: skip
    twin = Twin(made, columns, f"Clock health by department, {words.asked_period(asked.question)}", frame.drop(columns="key"))
    if frame.empty:
        return Drawn("Nothing was closed or fell due in this period.", None, twin)
    return Drawn(_finding(frame), None, twin, WHY)


def _finding(frame: pd.DataFrame) -> str:
    marked = [(row["label"], _asked_about(row)) for row in frame.to_dict("records") if _asked_about(row)]
    if not marked:
        few = len(frame) < LEAST_DEPARTMENTS
        return (
            "There are too few departments to say which one is unusual."
            if few
            else "No department's dials differ clearly from the others'."
        )
    said = "; ".join(f"{name}: {what}" for name, what in marked[:3])
    more = f"; {len(marked) - 3} more below" if len(marked) > 3 else ""
    return f"Clearly different from the other departments: {said}{more}."


def _asked_about(row: Mapping[str, Any]) -> str:
    """ "opened again (higher), on hold (lower)"; empty where nothing is marked."""
    named = [(SHORT[name].lower(), row[f"{name}_mark"]) for name in DIALS if row[f"{name}_mark"] != "none"]
    return ", ".join(f"{name} ({mark})" for name, mark in named)


def _share(value: Any, n: float) -> str:
    return words.MISSING if n < LEAST_N else _together(f"{words.share(value)} of {words.count(n)}")


def _said(name: str, row: Mapping[str, Any]) -> str:
    """A dial with what it is a figure of, and its mark."""
    value, n, hits = row[name], row[f"{name}_n"], row[f"{name}_hits"]
    if n < LEAST_N:
        return words.MISSING
    mark = MARKS[row[f"{name}_mark"]]
    if name == "deadline_bunching":
        return _together(f"{words.count(hits)} : {words.count(n - hits)}{mark}")
    return _together(
        f"{words.amount(value, 'per_case')} of {words.count(n)}{mark}" if name == "moves_per_case" else f"{_share(value, n)}{mark}"
    )


def _together(text: str) -> str:
    """Text that is not broken over two lines."""
    return text.replace(" ", "\u00a0")


def _list_of(name: str) -> tuple[str, str]:
    """The list behind a dial: the cases that make it high."""
    if name == "moves_per_case":
        return "transfer_rate", "true"
    return name, "true"


def _listed(asked: Asked, frame: pd.DataFrame, of: str, which: Any) -> list[str | None]:
    if REGISTRY[of].rows is None:
        return [None] * len(frame)
    return [lists.address(Listing(of, which), asked, department=key) for key in frame["key"]]


def draw_moved(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Deadlines moved later and by how long, holds and how long, and moves between departments, by department."""
    made = clock_moves(asked)
    for name in ("due_extended_rate", "hold_rate", "transfer_rate"):
        made[f"{name}_href"] = _listed(asked, made, name, "true")
        made[f"{name}_all"] = _listed(asked, made, name, "all")
    twin = Twin(made, _MOVED, f"Deadlines, holds and moves by department, {words.asked_period(asked.question)}", made.drop(columns=[c for c in made if c.endswith(("_href", "_all"))]))  # fmt: skip
    if not made[["due_extended_rate_n", "transfer_rate_n"]].to_numpy().sum():
        return Drawn("No case was opened or fell due in this period.", None, twin)
    shown = made[made[["due_extended_rate", "hold_rate", "transfer_rate"]].notna().any(axis=1)]
    wide = shown[["due_extended_rate", "hold_rate", "transfer_rate"]].set_axis(list(SERIES), axis=1)
    href = {said: shown[f"{name}_href"].tolist() for said, name in SERIES.items()}
    figure = (
        stack(wide, shown["label"].tolist(), "share", (theme.PRIMARY, theme.SECOND, theme.FOURTH), href=href, side_by_side=True)
        if len(shown)
        else None
    )
    fell_due = measure("due_extended_rate", asked)
    leads = (
        {}
        if fell_due.value is None
        else {f"{words.count(fell_due.n)} cases that fell due": lists.address(Listing("due_extended_rate"), asked)}
    )
    return Drawn(_moved_words(asked), figure, twin, leads=leads, note="Deadlines and holds: of the cases that fell due; moves: of the cases opened. Days: the middle case, and the one that nine of ten stay below.")  # fmt: skip


SERIES = {"Deadline moved later": "due_extended_rate", "Put on hold": "hold_rate", "Moved to another department": "transfer_rate"}
_MOVED = (
    Column("label", "Department"), Column("due_extended_rate_n", "Fell due", "cases", href="due_extended_rate_all"),
    Column("due_extended_rate_hits", "Deadline moved later", "cases", href="due_extended_rate_href"), Column("due_extended_rate", "Share", "share"),
    Column("due_extended_days", "Later by (days)", "days"), Column("due_extended_days_p90", "9 of 10 under", "days"),
    Column("hold_rate_hits", "Put on hold", "cases", href="hold_rate_href"), Column("hold_rate", "Share", "share"),
    Column("hold_days", "On hold (days)", "days"), Column("hold_days_p90", "9 of 10 under", "days"),
    Column("transfer_rate_n", "Opened", "cases", href="transfer_rate_all"), Column("transfer_rate_hits", "Moved", "cases", href="transfer_rate_href"),
    Column("transfer_rate", "Share", "share"), Column("moves_per_case", "Moves per case", "per_case"),
)  # fmt: skip


def _moved_words(asked: Asked) -> str:
    """The city in one sentence; what the data does not tell of is said to be unknown, not zero."""
    moved, held, moves = (measure(name, asked) for name in ("due_extended_rate", "hold_rate", "moves_per_case"))
    later, days = measure("due_extended_days", asked), measure("hold_days", asked)
    if moved.value is None:
        said = ["no case with a deadline fell due"]
    else:
        by = f", half of them by more than {words.length(later.value)}" if later.value is not None else ""
        said = [f"{words.share(moved.value)} of {words.count(moved.n)} cases that fell due had their deadline moved later{by}"]
        if held.value is None:
            said.append("the data tells of no hold")
        else:
            lasted = f", half of them for more than {words.length(days.value)}" if days.value is not None else ""
            said.append(f"{words.share(held.value)} had been on hold{lasted}")
    said.append(
        "the data tells of no move between departments"
        if moves.value is None
        else f"a case moved {words.decimal(moves.value, 2)} times on average"
    )
    return words.sentence("; ".join(said))
