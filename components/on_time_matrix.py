"""The matrix of kept promises: request types, groups or departments by week, each cell beside its row's target."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pandas as pd
from dash import html

from components import filters, on_time, remark_marks, tiles, words
from components.chart import Chart, Drawn, block
from components.figures.matrix import Cell, Row, matrix
from components.table import Column, Twin
from data_access.store.remarks import Remark
from metrics.on_time import FAIR, FEW, Matrix, on_time_matrix
from metrics.ranking import LEAST_N
from metrics.remarks import own_filters
from metrics.select import Asked

MOST_ROWS, MOST_COLUMNS = 20, 53
ROWS = {"request_type": "Request types", "request_group": "Groups of types", "department": "Departments"}
SIGN = "†"
"""After the share of a cell that a department says something of."""
ALL = "all"
"""What the last column is known by: the whole period."""


def wide_block(chart: Chart, className: str = "") -> html.Section:
    """The place of a matrix on its page; on a phone it scrolls sideways in a frame that the keyboard reaches."""
    made = block(chart, className)
    assert isinstance(made.children, list)
    made.children[1] = html.Div(made.children[1], className="wide-frame", tabIndex=0, role="group", **{"aria-label": chart.title})
    return made


def matrix_of(asked: Asked, by: str) -> Drawn:
    """On time by the groups of `by` (one of `ROWS`) and by period, the largest on top; each cell leads to its late cases."""
    made, what = on_time_matrix(asked, by, on_time.city_target()), ROWS[by].lower()
    about = {"title": f"Share on time by {what} and {on_time.step(asked)}, {words.asked_period(asked.question)}"}
    if made.rows.empty:
        return Drawn("No case with a deadline fell due in this period.", None, Twin(made.rows, (Column("label", ROWS[by]),)), **about)
    shown = made.periods[-MOST_COLUMNS:]
    said = _said(made, asked, by)
    rows = _rows(made, asked, by, shown, said)
    figure = matrix(rows, _columns(made, asked, shown), apart=len(shown))
    twin = _twin(made, asked, by, shown, {row.key: row for row in rows}, said)
    return Drawn(
        _finding(made.rows, what),
        figure,
        twin,
        " ".join([_note(made, asked, what, shown), *_remarks(said, shown)]),
        cases=tiles.cases_link(asked, "ontime_due", hits="false"),
        **about,
    )


Said = dict[tuple[str, date], list[Remark]]
"""What departments say of the cells, by row and week."""


def _said(made: Matrix, asked: Asked, by: str) -> Said:
    """What is said of each cell; of other steps than weeks nothing is."""
    every = remark_marks.standing()
    if asked.question.grain != "week" or not every.every:
        return {}
    own = own_filters(asked)
    keys = ((key, day) for key in made.rows["key"] for day in made.periods)
    told = {(key, day): every.on("ontime_due", {**own, by: frozenset((key,))}, day) for key, day in keys}
    return {at: found for at, found in told.items() if found}


def _remarks(said: Said, shown: tuple[date, ...]) -> list[str]:
    """The words below the matrix: each remark once."""
    found = {one.id: one for (_, day), several in said.items() for one in several if day in shown}
    return [f"{SIGN} {remark_marks.sentence(one)}" for one in found.values()]


def _rows(made: Matrix, asked: Asked, by: str, shown: tuple[date, ...], said: Said) -> list[Row]:
    found = {(row["key"], row["period"].date()): row for row in made.cells.to_dict("records")}
    rows = []
    for record in made.rows.head(MOST_ROWS).to_dict("records"):
        key, label = record["key"], record["label"]
        cells = [
            _with_said(
                _cell(label, found[key, day], asked, {by: key}, on_time.named(day, asked), on_time.span_of(day, asked)),
                said.get((key, day), []),
            )
            for day in shown
        ]
        total = {**record, "state": FAIR if record["n"] >= LEAST_N else FEW}
        target = None if words.is_missing(record["target"]) else record["target"]
        rows.append(Row(key, _row_label(record), target, [*cells, _cell(label, total, asked, {by: key}, "the whole period", {})]))
    return rows


def _with_said(cell: Cell, found: list[Remark]) -> Cell:
    """A cell with its sign and words, where something is said of it."""
    return cell if not found else replace(cell, sign=SIGN, hover=f"{cell.hover}<br>{remark_marks.hover(found)}")


def _row_label(record: dict[str, Any]) -> str:
    name = record["label"] if len(record["label"]) <= 28 else record["label"][:27].rstrip() + "…"
    return name if words.is_missing(record["target"]) else f"{name} ({100 * record['target']:.0f} %)"


def _cell(label: str, record: dict[str, Any], asked: Asked, chosen: dict[str, str], when: str, span: dict[str, str]) -> Cell:
    head = f"<b>{words.plain(label)}</b>, {when}<br>"
    if not record["n"]:
        return Cell(None, head + "no case fell due", is_empty=True)
    href = on_time.late_link(asked, record["n"], record["numerator"], **chosen, **span)
    late = f"{words.count(record['n'] - record['numerator'])} late of {words.cases(record['n'])}"
    if record["state"] == FEW:
        return Cell(None, f"{head}{late}: too few to judge", href)
    return Cell(record["value"], f"{head}{words.share(record['value'])} on time<br>{late}", href)


def _columns(made: Matrix, asked: Asked, shown: tuple[date, ...]) -> list[tuple[str, str]]:
    grain, columns = asked.question.grain, []
    for at, day in enumerate(shown):
        name = words.day(day, year=False) if grain in ("day", "week") else words.period(day, grain, asked.calendar)
        if grain in ("day", "week") and (at == 0 or day.year != shown[at - 1].year):
            name += f"<br>{day.year}"
        columns.append((day.isoformat(), f"{name}*" if day in made.cut else name))
    return [*columns, (ALL, "All")]


def _finding(rows: pd.DataFrame, what: str) -> str:
    judged, below = rows[rows["verdict"].isin(["below", "above", "unclear"])], rows[rows["verdict"] == "below"]
    if judged.empty:
        enough = rows[rows["n"] >= LEAST_N].sort_values("value")
        worst = enough.head(1)
        if worst.empty:
            few = "The only row has fewer than" if len(rows) == 1 else f"None of the {len(rows)} {what} has"
            return words.sentence(f"{few} the {LEAST_N} cases that a share needs")
        return words.sentence(
            f"{worst['label'].iloc[0]} has {'the lowest share, ' if len(enough) > 1 else ''}{words.share(worst['value'].iloc[0])} of {words.cases(worst['n'].iloc[0])}; no target is set"
        )
    if below.empty:
        none = f"{judged['label'].iloc[0]} is not" if len(judged) == 1 else f"None of {len(judged)} {what} is"
        return words.sentence(f"{none} clearly below its target")
    late = below.assign(missing=(below["target"] - below["value"]) * below["n"]).sort_values("missing", ascending=False).iloc[0]
    are = "is" if len(below) == 1 else "are"
    return words.sentence(
        f"{len(below)} of {len(judged)} {what} {are} clearly below target; {late['label']} misses it by most cases: {words.share(late['value'])} "
        f"of {words.cases(late['n'])} on time, target {words.share(late['target'])}"
    )


def _note(made: Matrix, asked: Asked, what: str, shown: tuple[date, ...]) -> str:
    notes = []
    if len(made.rows) > MOST_ROWS:
        notes.append(f"The {MOST_ROWS} largest of {len(made.rows)} {what}; the table has all.")
    if len(shown) < len(made.periods):
        notes.append(f"The last {len(shown)} of {len(made.periods)} {on_time.step(asked)}s; choose longer steps to see all.")
    targets = made.rows["target"].head(MOST_ROWS)
    in_brackets = "" if targets.isna().all() else "; in brackets the target"
    notes.append(
        f"In each cell the share on time in %{in_brackets}. Slanted: fewer than {LEAST_N} cases, too few to judge; empty: none fell due."
    )
    if targets.isna().all():
        notes.append("No target is set, so the colour is the share itself.")
    elif targets.isna().any():
        notes.append("Grey: no target is set.")
    elif what != "departments":
        notes.append("A target is that of the departments that do the work, weighed by their cases.")
    if made.cut & set(shown):
        notes.append(f"* only partly in the period: not to be compared with whole {on_time.step(asked)}s.")
    return " ".join(notes)


def _twin(made: Matrix, asked: Asked, by: str, shown: tuple[date, ...], drawn: dict[str, Row], said: Said) -> Twin:
    """For people: rows by periods; for files: one row for each cell. Every row leads to its cases, cells where they are drawn."""
    value, state = made.of("value"), made.of("state")
    links = [({by: row["key"]}, row["n"], row["numerator"]) for row in made.rows.to_dict("records")]
    rows = made.rows.assign(
        value=made.rows["value"].where(made.rows["n"] >= LEAST_N), page=[_page_of(asked, by, row) for row, _, _ in links],
        late=[on_time.late_link(asked, n, met, **row) for row, n, met in links],
        all=[tiles.cases_link(asked, "ontime_due", **row) for row, _, _ in links],
    )  # fmt: skip
    columns = [
        Column("label", ROWS[by], href="page"), Column("target", "Target", "share"), Column("value", "All", "share", href="late"),
        Column("n", "Fell due", "cases", href="all"),
    ]  # fmt: skip
    for at, (name, label) in enumerate(_columns(made, asked, shown)[:-1]):
        of = pd.Timestamp(name)
        rows[name] = value[of].where(state[of] == FAIR).to_numpy()
        rows[f"{name}_href"] = [drawn[key].cells[at].href if key in drawn else None for key in rows["key"]]
        columns.append(Column(name, label.replace("<br>", " "), "share", href=f"{name}_href"))
    cells = made.cells.merge(made.rows[["key", "label", "target"]], on="key")
    file = cells.assign(period=cells["period"].dt.date)[["key", "label", "period", "value", "numerator", "n", "target", "state"]]
    if said:
        file = file.assign(
            remark=[remark_marks.together(said.get((key, day), [])) for key, day in zip(file["key"], file["period"], strict=True)]
        )
    texts = [remark_marks.together([one for day in made.periods for one in said.get((key, day), [])]) for key in rows["key"]]
    return remark_marks.with_column(
        Twin(rows, tuple(columns), f"On time by {ROWS[by].lower()} and {on_time.step(asked)}; – : fewer than {LEAST_N} cases", file), texts
    )


def _page_of(asked: Asked, by: str, chosen: dict[str, str]) -> str:
    """The same page about a row alone, or a department's own page."""
    return on_time.department_page(asked, chosen[by]) if by == "department" else filters.link("/sla", asked, **chosen)
