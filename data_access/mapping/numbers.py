"""Numbers and yes-or-no of raw rows, with what cannot be one counted among the findings."""

from __future__ import annotations

import pandas as pd

from data_access.mapping.findings import Findings

YES_OR_NO = dict.fromkeys(("true", "1", "1.0", "y", "yes", "t"), True) | dict.fromkeys(("false", "0", "0.0", "n", "no", "f"), False)


def satisfaction(text: pd.DataFrame, ids: pd.Series, findings: Findings) -> pd.Series:
    """Residents' answers from 1 to 5; anything else is null and counted."""
    if "satisfaction" not in text:
        return pd.Series(pd.NA, index=text.index, dtype="Int64")
    score = pd.to_numeric(text["satisfaction"], errors="coerce")
    fits = score.isin([1, 2, 3, 4, 5])
    findings.add("impossible_answer", "satisfaction", text["satisfaction"].notna() & ~fits, ids, text["satisfaction"])
    return score.where(fits).astype("Int64")


def count(text: pd.DataFrame, name: str, ids: pd.Series, findings: Findings) -> pd.Series:
    """Whole numbers from 0, such as votes; anything else is null and counted."""
    if name not in text:
        return pd.Series(pd.NA, index=text.index, dtype="Int64")
    number = pd.to_numeric(text[name], errors="coerce")
    fits = (number >= 0) & (number == number.round())
    findings.add("impossible_count", name, text[name].notna() & ~fits, ids, text[name])
    return number.where(fits).astype("Int64")


def yes_or_no(text: pd.DataFrame, name: str, ids: pd.Series, findings: Findings) -> pd.Series:
    """Words for yes and no as flags; any other word is null and counted."""
    if name not in text:
        return pd.Series(pd.NA, index=text.index, dtype="boolean")
    said = text[name].astype("str").str.lower().map(YES_OR_NO).astype("boolean")
    findings.add("neither_yes_nor_no", name, text[name].notna() & said.isna(), ids, text[name])
    return said
