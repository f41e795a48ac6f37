"""What a reader who has every published total of programmes can work out: all tables at once, solved as one linear programme.

It knows that zeros are shown, that splits add up to their totals, quarters to years, that what was open and came in is what was closed and
is open, and how cases go from stage to stage. It is given published rows and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linprog
from scipy.sparse import csr_matrix

MOST = 100_000
Key = tuple[str, str, str, str, str]
"""programme, period, measure, split, key."""
SUMS = ("opened", "closed", "due", "reached", "stage_due", "stage_kept", "stage_missed")


def bounds(rows: pd.DataFrame, steps: dict[str, Sequence[str]]) -> dict[Key, tuple[int, int]]:
    """Of every hidden number the least and the most that it can be.

    Args:
        rows: of `programme_total`.
        steps: programme -> its stages that cases go through one after the other.
    """
    counts = rows[~rows["measure"].str.endswith(("median", "p90"))]
    known: dict[Key, int | None] = {
        (r["programme"], r["period"], r["measure"], r["split"], r["key"]): None if r["is_hidden"] else int(r["n"])
        for r in counts.to_dict("records")
        if r["key"] or not r["split"]
    }  # fmt: skip
    withheld = {(r["programme"], r["period"], r["measure"], r["split"]) for r in counts.to_dict("records") if r["split"] and not r["key"]}
    sums = [*_splits(known), *_years(known, withheld)]
    for programme, names in steps.items():
        sums += _flows(known, programme, list(names))
    return _solved(known, sums)


def _splits(known: dict[Key, Any]) -> list[dict[Key, int]]:
    tables: dict[tuple[str, ...], list[Key]] = {}
    for cell in known:
        if cell[3] and cell[2] in ("opened", "closed", "due", "open"):
            tables.setdefault(cell[:4], []).append(cell)
    made = [dict.fromkeys(cells, 1) | {(*table[:3], "", ""): -1} for table, cells in tables.items()]
    triples = [cell for cell in known if cell[2] == "stage_due"]
    parts = ("stage_kept", "stage_missed")
    return made + [{cell: -1} | {(*cell[:2], part, *cell[3:]): 1 for part in parts} for cell in triples]


def _years(known: dict[Key, Any], withheld: set[tuple[str, ...]]) -> list[dict[Key, int]]:
    made = []
    for cell in known:
        programme, period, measure, split, key = cell
        quarters = [f"{period}-Q{n}" for n in range(1, 5)]
        told = {k[1] for k in known if k[0] == programme}
        is_sum = len(period) == 4 and measure in SUMS and split != "area" and set(quarters) <= told
        if is_sum and not any((programme, q, measure, split) in withheld for q in quarters):
            made.append({cell: -1} | {(programme, q, measure, split, key): 1 for q in quarters})
    return made


def _flows(known: dict[Key, Any], programme: str, steps: list[str]) -> list[dict[Key, int]]:
    made = []
    for period in sorted({k[1] for k in known if k[0] == programme}):

        def at(measure: str, stage: str = "", when: str = period) -> Key:
            return programme, when, measure, "stage" if stage else "", stage

        before = _before(period)
        if {at("open"), at("open", when=before)} <= known.keys():
            made.append({at("open", when=before): 1, at("opened"): 1, at("open"): -1, at("closed"): -1})
        if at("reached", steps[0]) in known:
            made.append({at("reached", steps[0]): 1, at("opened"): -1})
        for step, following in zip(steps, steps[1:], strict=False):
            if {at("open", step), at("open", step, before)} <= known.keys():
                made.append({at("open", step, before): 1, at("reached", step): 1, at("open", step): -1, at("reached", following): -1})
    return made


def _before(period: str) -> str:
    year, n = int(period[:4]), int(period[-1])
    return str(year - 1) if len(period) == 4 else f"{year}-Q{n - 1}" if n > 1 else f"{year - 1}-Q4"


def _solved(known: dict[Key, int | None], sums: list[dict[Key, int]]) -> dict[Key, tuple[int, int]]:
    cells = [cell for cell, n in known.items() if n is None]
    place = {cell: at for at, cell in enumerate(cells)}
    rows, columns, signs, values = [], [], [], []
    for number, terms in enumerate(sums):
        # What is not there is zero.
        values.append(-sum(sign * (known.get(cell) or 0) for cell, sign in terms.items()))
        for cell, sign in terms.items():
            if cell in place:
                rows.append(number)
                columns.append(place[cell])
                signs.append(sign)
    matrix = csr_matrix((signs, (rows, columns)), shape=(len(sums), len(cells)), dtype=float)
    made = {}
    for cell, at in place.items():
        weights = np.zeros(len(cells))
        weights[at] = 1
        ends = [linprog(sign * weights, A_eq=matrix, b_eq=values, bounds=(1, MOST), method="highs").x[at] for sign in (1, -1)]
        made[cell] = int(np.ceil(ends[0] - 1e-6)), int(np.floor(ends[1] + 1e-6))
    return made
