"""Stages of cases from columns that hold when each began, as events."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from data_access import canonical
from data_access.city import City
from data_access.mapping.findings import Findings
from data_access.mapping.ids import case_ids
from data_access.mapping.spec import MappingFile
from data_access.mapping.times import to_instants

COLUMN = "stage:"
"""How a raw batch names the column with the beginning of a stage: this and the stage."""


def map_stage_dates(
    raw: pd.DataFrame, mapping: MappingFile, city: City, *, programme: str, now: datetime
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(canonical events of kind `stage`, issues) of the columns that `[stages]` names; a date in the future is none."""
    findings, parts, ids = Findings(), [], case_ids(raw, mapping)
    for name in (name for name in raw.columns if name.startswith(COLUMN)):
        text = raw[name].astype("str").str.strip()
        at = to_instants(text.mask(text == ""), mapping.time, city.zone, name, ids, findings)
        late = at > pd.Timestamp(now) + pd.Timedelta(days=1)
        findings.add("event_in_future", name, late, ids)
        made = pd.DataFrame({"source_id": ids, "event_at": at.mask(late), "to_value": name.removeprefix(COLUMN)})
        parts.append(made.dropna(subset=["source_id", "event_at"]))
    events = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return canonical.conform(events.assign(programme=programme, event_kind="stage"), canonical.EVENT_COLUMNS), findings.frame()
