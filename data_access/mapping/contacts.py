"""Contacts of the contact centre as canonical rows: one for each hour, queue and language, from intervals or from single calls.

Of a call its times, queue, language and end are read, and nothing of who called.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from data_access import canonical
from data_access.city import City
from data_access.mapping.cases import Mapped
from data_access.mapping.changed_names import rename_always
from data_access.mapping.contact_words import COUNTS, SECONDS
from data_access.mapping.findings import Findings
from data_access.mapping.spec import LINE_FAULT, MappingFile
from data_access.mapping.times import to_instants
from data_access.slugs import slug

NO_QUEUE, NO_TIME, NO_COUNT, TOO_MANY, AHEAD = (
    "The row names no queue.", "The row's time cannot be read.", "The row does not say how many contacts came in or were answered.",
    "More contacts are answered and given up than came in.", "The row's time lies in the future.",
)  # fmt: skip
KEYS = ["department", "queue", "language", "starts_at"]


def map_contacts(raw: pd.DataFrame, mapping: MappingFile, city: City, *, now: datetime) -> tuple[pd.DataFrame, Mapped]:
    """(hours, `canonical.CONTACT_COLUMNS`, to be added up with those of other batches; what was refused).

    A mapping that names `offered_at` has one row for each call; another one for each interval, which counts for the hour it begins in.

    Args:
        now: the machine's time (naive UTC): an interval that begins after it is refused.
    """
    findings = Findings()
    text = raw.apply(lambda column: column.astype("str").str.strip().replace("", None))
    is_calls = "offered_at" in mapping.columns
    when = "offered_at" if is_calls else "starts_at"
    ids = _column(text, "queue").fillna("?") + " / " + text[when].fillna("?")
    at = to_instants(raw[when], mapping.time, city.zone, when, ids, findings)
    counted = _calls(raw, text, mapping, city, at, ids, findings) if is_calls else _intervals(text, ids, findings)
    reason = _column(text, LINE_FAULT)
    late = at > pd.Timestamp(now) + pd.Timedelta(days=1)
    known = counted["answered"].fillna(0) + counted["abandoned"].fillna(0)
    for bad, why in (
        (text["queue"].isna(), NO_QUEUE), (at.isna(), NO_TIME), (late, AHEAD), (counted["offered"].isna() | counted["answered"].isna(), NO_COUNT),
        (known > counted["offered"], TOO_MANY),
    ):  # fmt: skip
        reason = reason.mask(reason.isna() & bad.fillna(False).astype(bool), why)
    kept = reason.isna()
    hours = _by_hour(text[kept], at[kept], counted[kept], mapping, city)
    quarantine = pd.DataFrame({"source_id": ids[~kept], "reason": reason[~kept], "original": None})
    return hours, Mapped(pd.DataFrame(), canonical.conform(quarantine, canonical.QUARANTINE_COLUMNS), findings.frame())


def _column(text: pd.DataFrame, name: str) -> pd.Series:
    return text[name] if name in text else pd.Series(None, index=text.index, dtype="str")


def _numbers(text: pd.DataFrame, name: str, ids: pd.Series, findings: Findings) -> pd.Series:
    """A column as numbers of at least 0; anything else is null and counted."""
    raw = _column(text, name)
    made = pd.to_numeric(raw.str.replace(",", "", regex=False), errors="coerce").astype("float64")
    made = made.where((made >= 0) & np.isfinite(made))
    findings.add("not_a_number", name, raw.notna() & made.isna(), ids, raw)
    return made


def _intervals(text: pd.DataFrame, ids: pd.Series, findings: Findings) -> pd.DataFrame:
    """The figures of each interval; a mean is made the sum that it is the mean of."""
    made = {name: _numbers(text, name, ids, findings) for name in (*COUNTS, *SECONDS)}
    for name in ("wait", "handle"):
        mean = _numbers(text, f"mean_{name}_seconds", ids, findings)
        # Of no answered contact there is no wait: nothing is added, and nothing is missing.
        total = (mean * made["answered"]).mask((made["answered"] == 0) & mean.isna() & (f"mean_{name}_seconds" in text), 0.0)
        made[f"{name}_seconds"] = made[f"{name}_seconds"].fillna(total)
    return pd.DataFrame(made, index=text.index)


def _calls(
    raw: pd.DataFrame, text: pd.DataFrame, mapping: MappingFile, city: City, offered: pd.Series, ids: pd.Series, findings: Findings
) -> pd.DataFrame:
    """Each call as the figures of one: how long it waited, whether it was answered, given up, and settled."""

    def instant(name: str) -> pd.Series:
        if name not in raw:
            return pd.Series(pd.NaT, index=raw.index, dtype="datetime64[us]")
        return to_instants(raw[name], mapping.time, city.zone, name, ids, findings)

    limits = mapping.contacts
    answered_at, ended_at = instant("answered_at"), instant("ended_at")
    wait = (answered_at - offered).dt.total_seconds()
    findings.add("answered_before_it_came_in", "answered_at", wait < 0, ids)
    wait = wait.where(wait >= 0)
    said = _outcomes(text, mapping, ids, findings)
    answered = said.eq("answered").where(said.notna(), wait.notna()).fillna(False).astype(bool)
    gone = said.eq("abandoned").where(said.notna(), ~answered & ended_at.notna()).fillna(False).astype(bool)
    patience = (ended_at - offered).dt.total_seconds().where(gone)
    handle = (ended_at - answered_at).dt.total_seconds()
    resolved = (
        _column(text, "resolved")
        .str.lower()
        .map({"true": 1.0, "1": 1.0, "yes": 1.0, "y": 1.0, "false": 0.0, "0": 0.0, "no": 0.0, "n": 0.0})
        .astype("float64")
    )
    made = {
        "offered": 1.0, "answered": answered.astype("float64"), "abandoned": gone.astype("float64"),
        "abandoned_short": (gone & (patience <= (limits.short_seconds or 0))).astype("float64") if limits.short_seconds else np.nan,
        "answered_in_time": (answered & (wait <= (limits.threshold_seconds or 0))).astype("float64") if limits.threshold_seconds else np.nan,
        "wait_seconds": wait.where(answered, 0.0), "handle_seconds": handle.where(answered & (handle >= 0), np.where(answered, np.nan, 0.0)),
        "staffed_seconds": np.nan, "resolved_first": resolved, "resolution_known": resolved.notna().astype("float64") if "resolved" in text else np.nan,
    }  # fmt: skip
    return pd.DataFrame(made, index=raw.index)


def _outcomes(text: pd.DataFrame, mapping: MappingFile, ids: pd.Series, findings: Findings) -> pd.Series:
    if not mapping.contacts.outcomes or "call_outcome" not in text:
        return pd.Series(None, index=text.index, dtype="str")
    known = {slug(word): meaning for word, meaning in mapping.contacts.outcomes.items()}
    made = text["call_outcome"].map(lambda word: known.get(slug(word)) if isinstance(word, str) else None).astype("str")
    findings.add("unmapped_call_outcome", "call_outcome", made.isna() & text["call_outcome"].notna(), ids, text["call_outcome"])
    return made


def _by_hour(text: pd.DataFrame, at: pd.Series, counted: pd.DataFrame, mapping: MappingFile, city: City) -> pd.DataFrame:
    """Rows added up by the city's hour they lie in. A figure that some rows of an hour lack is missing for the hour."""
    local = at.dt.tz_localize("UTC").dt.tz_convert(ZoneInfo(city.zone))
    past = pd.to_timedelta(local.dt.minute * 60 + local.dt.second, unit="s") + pd.to_timedelta(local.dt.microsecond, unit="us")
    frame = counted.assign(
        department=rename_always(_column(text, "department"), city), queue=text["queue"], language=_column(text, "language"), starts_at=at - past,
        starts_on=local.dt.tz_localize(None).dt.normalize(), weekday=local.dt.day_of_week, hour=local.dt.hour, lines=1,
    )  # fmt: skip
    figures = [*COUNTS, *SECONDS]
    if frame.empty:
        return canonical.conform(frame, canonical.CONTACT_COLUMNS)
    groups = frame.groupby([*KEYS, "starts_on", "weekday", "hour"], dropna=False, as_index=False)
    made = groups[[*figures, "lines"]].sum(min_count=1)
    whole = groups[figures].count()
    # What is known of a part only would be set beside contacts it says nothing of; whether each was settled has its own count.
    for name in (name for name in figures if name not in ("resolved_first", "resolution_known")):
        made[name] = made[name].where(whole[name] == made["lines"])
    made = made.assign(threshold_seconds=mapping.contacts.threshold_seconds, short_seconds=mapping.contacts.short_seconds)
    return canonical.conform(made, canonical.CONTACT_COLUMNS)
