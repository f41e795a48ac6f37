"""A source's words as the canonical ones. What nobody mapped is `unknown`, counted and listed, never guessed."""

from __future__ import annotations

from typing import Iterable, Mapping

import numpy as np
import pandas as pd

from data_access.mapping.findings import Findings
from data_access.mapping.spec import MappingFile, Words
from data_access.slugs import slug

WORD_FIELDS = ("status", "outcome", "channel", "initiated_by", "case_class")


def apply_words(field: str, raw: pd.Series, table: Mapping[str, Words], ids: pd.Series, findings: Findings) -> pd.DataFrame:
    """What each raw word means: a frame of `WORD_FIELDS`, null where it says nothing of one."""
    known = {slug(source_word): meaning for source_word, meaning in table.items()}
    codes, values = pd.factorize(raw)
    rows = []
    unmapped = []
    for position, value in enumerate(values):
        meaning = known.get(slug(str(value)))
        if meaning is None:
            unmapped.append(position)
            meaning = Words(**{field: "unknown"})
        rows.append([getattr(meaning, name) for name in WORD_FIELDS])
    lookup = pd.DataFrame(rows, columns=list(WORD_FIELDS), dtype="str")
    made = lookup.reindex(codes).set_axis(raw.index)
    findings.add(f"unmapped_{field}", field, pd.Series(codes, index=raw.index).isin(unmapped), ids, raw)
    return made


def is_one_of(column: pd.Series, words: Iterable[str]) -> pd.Series:
    """Where `column` says one of `words`, by normalised key."""
    keys = {slug(word) for word in words}
    codes, values = pd.factorize(column)
    fits = [position for position, value in enumerate(values) if slug(str(value)) in keys]
    return pd.Series(np.isin(codes, fits), index=column.index)


def outcomes_from_text(raw: pd.Series, mapping: MappingFile) -> tuple[pd.Series, pd.Series, pd.Series]:
    """(outcome, label, case_class) by how a free text begins; the text itself is not kept."""
    patterns = mapping.outcome_pattern
    chosen = np.full(len(raw), -1)
    text = raw.astype("str").reset_index(drop=True)
    left = text[text.notna()]
    for position, pattern in enumerate(patterns):
        fits = left.str.match(pattern.pattern).astype(bool)
        chosen[left.index[fits]] = position
        left = left[~fits]
    meanings = pd.DataFrame([(p.outcome, p.label, p.case_class) for p in patterns], columns=["outcome", "label", "case_class"], dtype="str")
    made = meanings.reindex(chosen).set_axis(raw.index)
    return made["outcome"], made["label"], made["case_class"]
