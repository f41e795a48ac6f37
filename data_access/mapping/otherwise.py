"""A second column for a field, for rows in which the first is empty."""

from __future__ import annotations

import pandas as pd

PREFIX = "otherwise:"
"""Before the field's name in a raw batch."""


def filled(raw: pd.DataFrame) -> pd.DataFrame:
    """`raw` with its empty values filled from the columns that stand in for them, and without those columns."""
    stand_ins = [str(name) for name in raw.columns if str(name).startswith(PREFIX)]
    if not stand_ins:
        return raw
    made = raw.drop(columns=stand_ins)
    for name in stand_ins:
        field = name.removeprefix(PREFIX)
        said = made[field].notna() & (made[field].astype("str").str.strip() != "").fillna(False)
        made[field] = made[field].astype(object).where(said, raw[name])
    return made.infer_objects()
