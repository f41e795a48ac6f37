"""What a mapping notices in rows it keeps: counted by kind, field and value, with one example each."""

from __future__ import annotations

import pandas as pd

from data_access.canonical import ISSUE_COLUMNS

MOST_VALUES = 200
"""Distinct values listed per kind and field and batch; the rest is counted as one."""


class Findings:
    """Collects quality issues of one batch."""

    def __init__(self) -> None:
        self._rows: list[tuple[str, str, str | None, int, str | None]] = []

    def add(self, kind: str, field: str, where: pd.Series, ids: pd.Series, values: pd.Series | None = None) -> None:
        """Count the rows `where` is true, by their `values` (None: all as one)."""
        if not where.any():
            return
        if values is None:
            self._rows.append((kind, field, None, int(where.sum()), _first(ids[where])))
            return
        chosen = values[where].astype("str").fillna("(empty)")
        counts = chosen.value_counts()
        for value, count in counts.head(MOST_VALUES).items():
            self._rows.append((kind, field, str(value)[:120], int(count), _first(ids[chosen.index[chosen == value]])))
        rest = int(counts.iloc[MOST_VALUES:].sum())
        if rest:
            self._rows.append((kind, field, "(other values)", rest, None))

    def frame(self) -> pd.DataFrame:
        """`canonical.ISSUE_COLUMNS`."""
        return pd.DataFrame(self._rows, columns=list(ISSUE_COLUMNS))


def _first(ids: pd.Series) -> str | None:
    known = ids.dropna()
    return None if known.empty else str(known.iloc[0])
