"""The state of the data behind the figures: loads, refused rows, words nobody mapped, oddities in the rows that were kept."""

from __future__ import annotations

import pandas as pd
from sqlalchemy import func, select

from metrics.select import Asked

UNMAPPED = "unmapped_"
"""How the kinds of findings begin that name a word of the source nobody mapped."""


def loads(asked: Asked) -> pd.DataFrame:
    """The loads behind the mart in service, newest first (columns of `schema.load`)."""
    return asked.mart.loads(asked.scope)


def refused(asked: Asked) -> pd.DataFrame:
    """Rows in quarantine by reason: `source_name`, `reason`, `n` (null of sources told of in totals only), `examples` (ids), most first.

    Raises:
        AccessDenied: the viewer is limited to some departments.
    """
    rows = asked.mart.quarantine(asked.scope)
    kept = rows.c.load_id >= _since(asked)
    statement = select(
        rows.c.source_name,
        rows.c.reason,
        func.count().label("n"),
        func.min(rows.c.source_id).label("first"),
        func.max(rows.c.source_id).label("last"),
    )
    frame = asked.mart.read(statement.where(kept).group_by(rows.c.source_name, rows.c.reason), asked.scope)
    examples = [
        ", ".join(dict.fromkeys(v for v in (first, last) if isinstance(v, str)))
        for first, last in zip(frame["first"], frame["last"], strict=True)
    ]
    made = frame.drop(columns=["first", "last"]).assign(
        examples=pd.Series(examples, dtype="str", index=frame.index),
        n=frame["n"].astype("float64").mask(frame["source_name"].isin(asked.mart.silent_sources)),
    )
    return made.sort_values(["n", "reason"], ascending=[False, True], ignore_index=True)


def findings(asked: Asked) -> pd.DataFrame:
    """What was odd in the rows that were kept: `source_name`, `kind`, `field`, `value`, `n` (null of sources told of in totals only), `example`, most first.

    Raises:
        AccessDenied: the viewer is limited to some departments.
    """
    rows = asked.mart.quality_issues(asked.scope)
    keys = [rows.c.source_name, rows.c.kind, rows.c.field, rows.c.value]
    counted = select(*keys, func.sum(rows.c.case_count).label("n"), func.min(rows.c.example_source_id).label("example"))
    frame = asked.mart.read(counted.where(rows.c.load_id >= _since(asked)).group_by(*keys), asked.scope)
    return frame.assign(n=frame["n"].astype("float64")).sort_values(
        ["n", "kind", "value"], ascending=[False, True, True], ignore_index=True
    )


def rows_read(asked: Asked) -> int:
    """Rows that the loads brought whose findings count."""
    frame = loads(asked)
    return int(frame.loc[frame["id"] >= _since(asked), "rows_read"].sum())


def unmapped(asked: Asked) -> pd.DataFrame:
    """Words of the source that nobody mapped, as `findings`."""
    frame = findings(asked)
    return frame[frame["kind"].str.startswith(UNMAPPED)].reset_index(drop=True)


def _since(asked: Asked) -> int:
    """The first load that counts: an older one's findings were read again by the latest full load of every source."""
    frame = loads(asked)
    full = frame[frame["mode"] == "full"].groupby("source_name")["id"].max()
    return int(full.min()) if len(full) else 0
