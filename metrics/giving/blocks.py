"""Facts read piece by piece: so many cases at once that a large city's export needs no more memory than a small one's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd
from sqlalchemy import func, select

from metrics.select import Asked

BLOCK = 50_000
"""Cases that are read at once."""


def count(asked: Asked, source: Any) -> int:
    """The rows of `source`, which the mart issued for this scope."""
    return int(asked.mart.read(select(func.count().label("n")).select_from(source), asked.scope)["n"].iloc[0])


def blocks(asked: Asked) -> Iterator[tuple[int, int]]:
    """Ranges `[low, high)` of the numbers of cases."""
    records = asked.mart.case_records(asked.scope)
    found = asked.mart.read(
        select(func.min(records.c.case_id).label("first"), func.max(records.c.case_id).label("last")), asked.scope
    ).iloc[0]
    if pd.isna(found["first"]):
        return
    for low in range(int(found["first"]), int(found["last"]) + 1, BLOCK):
        yield low, low + BLOCK
