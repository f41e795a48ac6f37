"""The canonical frames that mappings produce and the mart is built from: columns, types, meaning.

`conform(frame, CASE_COLUMNS)` gives a frame exactly these columns: absent ones are null.
Text is `str` or null, instants are naive UTC `datetime64[us]`.
"""

from __future__ import annotations

from typing import Mapping

import pandas as pd

CASE_COLUMNS: dict[str, str] = {
    "programme": "text",
    "source_id": "text",
    "source_name": "text",
    "parent_source_id": "text",
    "request_type": "text",
    "request_group": "text",
    "department": "text",
    "queue": "text",
    "channel": "text",
    "channel_raw": "text",
    "initiated_by": "text",
    "case_class": "text",
    "status": "text",
    "status_raw": "text",
    "outcome": "text",
    "outcome_raw": "text",
    "priority": "text",
    "opened_at": "instant",
    "acknowledged_at": "instant",
    "inspected_at": "instant",
    "due_at": "instant",
    "due_source": "text",
    "closed_at": "instant",
    "has_valid_interval": "flag",
    "source_updated_at": "instant",
    "latitude": "number",
    "longitude": "number",
    "address": "text",
    "location_key": "integer",
    "title": "text",
    "description": "text",
    "resolution_text": "text",
    "satisfaction": "integer",
    "source_url": "text",
    "stage": "text",
    "stage_at": "instant",
    "votes": "integer",
    "comments": "integer",
    "is_returning": "flag",
    "area_1": "text",
    "area_2": "text",
    "area_3": "text",
    "area_4": "text",
}
"""`area_n` is the area the source itself names, for layer slot n; `stage` the source's word for where the case stands, since `stage_at`;
`is_returning` whether whoever reported it had reported before: who that is is never read."""

EVENT_COLUMNS: dict[str, str] = {
    "programme": "text",
    "source_id": "text",
    "event_at": "instant",
    "event_kind": "text",
    "from_value": "text",
    "to_value": "text",
    "reason": "text",
}
"""`from_value` and `to_value`: department labels of transfers, ISO instants in UTC of due changes."""

QUARANTINE_COLUMNS: dict[str, str] = {"source_id": "text", "reason": "text", "original": "text"}

ISSUE_COLUMNS: dict[str, str] = {
    "kind": "text",
    "field": "text",
    "value": "text",
    "case_count": "integer",
    "example_source_id": "text",
}

MEASURE_COLUMNS: dict[str, str] = {
    "source_name": "text",
    "line": "integer",
    "line_is": "text",
    "department": "text",
    "activity": "text",
    "measure": "text",
    "measure_kind": "text",
    "unit": "text",
    "unit_label": "text",
    "direction": "text",
    "year_is": "text",
    "definition": "text",
    "fiscal_year": "integer",
    "quarter": "integer",
    "grain": "text",
    "starts_on": "instant",
    "value": "number",
    "target": "number",
    "value_raw": "text",
    "rating": "text",
    "rating_raw": "text",
    "note": "text",
}
"""`line`: which row of its batch the value is from; `line_is`: whether such a row says a whole year or one period.
`activity`: the budget programme or service a department's measure belongs to. `starts_on`: the period's first day, at midnight."""

CONTACT_COLUMNS: dict[str, str] = {
    "source_name": "text",
    "department": "text",
    "queue": "text",
    "language": "text",
    "starts_at": "instant",
    "starts_on": "instant",
    "weekday": "integer",
    "hour": "integer",
    "offered": "number",
    "answered": "number",
    "abandoned": "number",
    "abandoned_short": "number",
    "short_seconds": "integer",
    "answered_in_time": "number",
    "threshold_seconds": "integer",
    "wait_seconds": "number",
    "handle_seconds": "number",
    "staffed_seconds": "number",
    "resolved_first": "number",
    "resolution_known": "number",
    "lines": "integer",
}
"""One row for each hour, queue and language; `lines`: how many rows of the source it was made of. `starts_on`: the city's day, at midnight."""

DTYPES = {
    "text": "str",
    "instant": "datetime64[us]",
    "flag": "boolean",
    "number": "float64",
    "integer": "Int64",
}

SQL_TYPES = {"text": "VARCHAR", "instant": "TIMESTAMP", "flag": "BOOLEAN", "number": "DOUBLE", "integer": "BIGINT"}


def conform(frame: pd.DataFrame, columns: Mapping[str, str]) -> pd.DataFrame:
    """`frame` with exactly `columns`, in their order and types; what it lacks is null."""
    made, nulls = {}, {}
    for name, kind in columns.items():
        if name not in frame.columns:
            # One empty column of each kind: of a small batch, to make one for each took longer than all else.
            if kind not in nulls:
                nulls[kind] = pd.Series(pd.NaT if kind == "instant" else None, index=frame.index, dtype=DTYPES[kind])
            made[name] = nulls[kind]
        else:
            column = frame[name]
            made[name] = column if column.dtype == DTYPES[kind] else column.astype(DTYPES[kind])
    return pd.DataFrame(made, index=frame.index).reset_index(drop=True)
