"""Raw events as canonical rows."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from data_access import canonical
from data_access.city import City
from data_access.mapping.changed_names import rename_transfers
from data_access.mapping.findings import Findings
from data_access.mapping.ids import plain_ids
from data_access.mapping.spec import MappingFile
from data_access.mapping.times import to_instants
from data_access.slugs import slug


def map_events(raw: pd.DataFrame, mapping: MappingFile, city: City, *, programme: str, now: datetime) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(canonical events, issues). Kinds the mapping does not name are left out and counted."""
    assert mapping.events is not None
    findings = Findings()
    ids = plain_ids(raw["source_id"])
    kinds = {slug(source): kind for source, kind in mapping.events.kinds.items()}
    kind = raw["event_kind"].map({value: kinds.get(slug(str(value))) for value in raw["event_kind"].unique()}).astype("str")
    findings.add("unmapped_event", "event_kind", kind.isna(), ids, raw["event_kind"])
    at = to_instants(raw["event_at"], mapping.time, city.zone, "event_at", ids, findings)
    late = at > pd.Timestamp(now) + pd.Timedelta(days=1)
    findings.add("event_in_future", "event_at", late, ids)
    made = {"programme": programme, "source_id": ids, "event_at": at, "event_kind": kind}
    for name in ("from_value", "to_value", "reason"):
        made[name] = raw[name].astype("str") if name in raw else None
    is_transfer = (kind == "transferred").fillna(False).astype(bool)
    for name in ("from_value", "to_value"):
        if name in raw:
            made[name] = rename_transfers(made[name], is_transfer, at, city)
    moved = kind == "due_changed"
    if moved.any():
        for name in ("from_value", "to_value"):
            due = to_instants(made[name].where(moved), mapping.time, city.zone, name, ids, findings)
            made[name] = made[name].mask(moved, due.dt.strftime("%Y-%m-%dT%H:%M:%S"))
    frame = canonical.conform(pd.DataFrame(made, index=raw.index), canonical.EVENT_COLUMNS)
    keep = (kind.notna() & at.notna() & ~late).to_numpy()
    return frame[keep].reset_index(drop=True), findings.frame()
