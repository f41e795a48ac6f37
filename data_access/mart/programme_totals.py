"""Puts the released totals of programmes into the attached staff mart: the shown numbers and the marks, never a hidden number."""

from __future__ import annotations

import pandas as pd

from data_access.mart.staging import Stage
from data_access.released.files import Released
from data_access.released.programmes.linking import COMPLETING, KEPT, is_days, is_kept
from data_access.released.programmes.releasing import Totals
from data_access.released.publishing import bounds
from data_access.released.trees import period_depth
from data_access.slugs import slug


def write(stage: Stage, totals: list[Totals]) -> None:
    """Fill table `programme_total`."""
    labels = _labels(stage) if totals else {}
    rows = [row for one in totals for name in sorted(one.periods) for row in _rows(one, one.periods[name], labels)]
    if rows:
        stage.connection.register("incoming", pd.DataFrame(rows))
        stage.connection.execute("INSERT INTO staff.programme_total BY NAME SELECT * FROM incoming")
        stage.connection.unregister("incoming")


def _rows(totals: Totals, one: Released, labels: dict[tuple[str, str, str], str]) -> list[dict[str, object]]:
    starts, ends = bounds(one.period)
    about = {
        "programme": totals.programme, "period": one.period, "vintage": one.vintage, "grain": ("year", "quarter")[period_depth(one.period)],
        "starts_on": starts, "ends_on": ends, "counted_as_of": one.counted_as_of, "least": totals.least,
    }  # fmt: skip
    whole = {(cell[1].removeprefix(KEPT), cell[3].partition(":")[0]) for cell in one.cells if is_kept(cell)}
    # A split that is not told of at all is one row, so that nobody takes it for one without cases.
    made: list[dict[str, object]] = [
        {**about, "measure": measure, "split": split, "key": "", "label": None, "n": None, "is_hidden": True}
        for measure, split in sorted(whole)
        if measure not in COMPLETING and split
    ]
    for cell, n in sorted(one.cells.items()):
        if is_kept(cell) or cell[1] in COMPLETING:
            continue
        _period, measure, programme, member = cell
        split, _, key = member.partition(":")
        is_hidden = cell in one.hidden
        made.append({
            **about, "measure": measure, "split": split, "key": key, "label": labels.get((programme, split, key)) or labels.get(("", split, key)),
            "n": None if is_hidden and not is_days(cell) else n, "is_hidden": is_hidden,
        })  # fmt: skip
    return made


def _labels(stage: Stage) -> dict[tuple[str, str, str], str]:
    """(programme, split, key) -> label; the programme is empty where a label is the same in all."""
    run = stage.connection.execute
    made = {("", "request_type", key): name for key, name in run("SELECT slug, name FROM staff.request_type").fetchall()}
    made |= {
        ("", "area", key): name
        for key, name in run(
            "SELECT slug, name FROM staff.area WHERE layer_id IN (SELECT id FROM staff.area_layer WHERE slot = 1)"
        ).fetchall()
    }
    for programme, key, name in run(
        "SELECT p.slug, split_part(g.slug, '.', 2), g.name FROM staff.stage g JOIN staff.programme p ON p.id = g.programme_id"
    ).fetchall():
        made[programme, "stage", key] = name
    for programme, word in run(
        """SELECT DISTINCT p.slug, r.outcome_raw FROM staff.case_record r JOIN staff.programme p ON p.id = r.programme_id
        WHERE r.outcome_raw IS NOT NULL AND p.slug IN (SELECT slug FROM staff.programme WHERE privacy = 'aggregate' OR NOT is_main)"""
    ).fetchall():
        made.setdefault((programme, "outcome", slug(word)), word)
    return made
