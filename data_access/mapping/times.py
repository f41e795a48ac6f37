"""A source's times as instants: formats, zones, wrong offsets, stand-ins for "no date"."""

from __future__ import annotations

import numpy as np
import pandas as pd

from data_access.mapping.findings import Findings
from data_access.mapping.spec import EPOCHS, Time

FIRST, LAST = np.datetime64("1000-01-01"), np.datetime64("9000-01-01")
"""Times outside are stand-ins (0001-01-01, 9999-12-31) or typing errors: no calendar can place them."""
OFFSET = r":[0-9][0-9][.0-9]* ?[Z+-]"
"""An offset follows a time of day: the "-01" of a bare date is none. No group, so that Arrow can search it."""


def to_instants(
    raw: pd.Series, spec: Time, zone: str, field: str, ids: pd.Series, findings: Findings, *, shifted: pd.Series | None = None
) -> pd.Series:
    """`raw` (texts or datetimes) as naive UTC `datetime64[us]`; unusable values are NaT and counted.

    Args:
        zone: the city's, for sources that name none.
        shifted: rows whose times carry the zone's offset twice; None: as `spec` says for all.
    """
    here = spec.zone or zone
    parsed, aware = parse_times(raw, spec)
    unread = parsed.isna() & raw.notna()
    findings.add("unreadable_time", field, unread, ids, raw)
    if spec.sentinels:
        stand_in = parsed.dt.normalize().isin(pd.to_datetime(list(spec.sentinels)))
        if stand_in.any():
            findings.add("sentinel_date", field, stand_in, ids, parsed.dt.strftime("%Y-%m-%d"))
            parsed = parsed.mask(stand_in)
    if aware.all():
        return parsed
    instants = _localised(parsed, here)
    if spec.offset_applied == 2:
        again = _localised(instants, here)
        instants = again if shifted is None else instants.where(~shifted, again)
    return instants.where(~aware, parsed) if aware.any() else instants


def shifted_rows(opened: pd.Series, spec: Time) -> pd.Series | None:
    """Which rows carry the zone's offset twice, by the day they were opened as written; None: no row differs from the others."""
    if spec.offset_applied_until is None:
        return None
    written, _ = parse_times(opened, spec)
    return (written < pd.Timestamp(spec.offset_applied_until)).astype(bool)


def parse_times(raw: pd.Series, spec: Time) -> tuple[pd.Series, pd.Series]:
    """(naive datetimes as written, or in UTC where the text says its offset; whether it does)."""
    if pd.api.types.is_datetime64_any_dtype(raw):
        return _from_datetimes(raw, spec)
    text = raw.astype("str")
    # pandas would read these two words as the machine's own time.
    text = text.mask(text.isin(["now", "today"]), "?")
    aware = text.str.contains(OFFSET, regex=True).fillna(False).astype(bool)
    if spec.ignore_offset and aware.any():
        text = text.mask(aware, text.str.replace(r"\s?(?:Z|[+-]\d\d(?::?\d\d)?)$", "", regex=True))
        aware = pd.Series(False, index=raw.index)
    parsed = np.full(len(raw), np.datetime64("NaT"), "datetime64[us]")
    for form in spec.formats:
        missing = np.isnat(parsed) & text.notna().to_numpy()
        if not missing.any():
            break
        if form in EPOCHS:
            made = pd.to_datetime(pd.to_numeric(text[missing], errors="coerce"), unit=EPOCHS[form], errors="coerce", utc=True)
            aware = aware | made.notna().reindex(aware.index, fill_value=False)
        else:
            made = pd.to_datetime(text[missing], format=form, errors="coerce", utc=True)
        parsed[missing] = made.dt.tz_localize(None).to_numpy().astype("datetime64[us]")
    parsed[(parsed < FIRST) | (parsed >= LAST)] = np.datetime64("NaT")
    return pd.Series(parsed, index=raw.index), aware


def _from_datetimes(raw: pd.Series, spec: Time) -> tuple[pd.Series, pd.Series]:
    in_utc = raw if raw.dt.tz is None else raw.dt.tz_convert("UTC").dt.tz_localize(None)
    raw = raw.mask((in_utc < pd.Timestamp(FIRST)) | (in_utc >= pd.Timestamp(LAST)))
    if raw.dt.tz is None:
        return raw.astype("datetime64[us]"), pd.Series(False, index=raw.index)
    if spec.ignore_offset:
        return raw.dt.tz_localize(None).astype("datetime64[us]"), pd.Series(False, index=raw.index)
    return raw.dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[us]"), pd.Series(True, index=raw.index)


def _localised(local: pd.Series, zone: str) -> pd.Series:
    """Local times as naive UTC; of a repeated hour the first, a skipped time an hour later."""
    first = np.ones(len(local), dtype=bool)
    aware = pd.DatetimeIndex(local).tz_localize(zone, ambiguous=first, nonexistent=pd.Timedelta(hours=1))
    return pd.Series(aware.tz_convert("UTC").tz_localize(None), index=local.index).astype("datetime64[us]")


def on_opening_clock(due: pd.Series, due_raw: pd.Series, opened: pd.Series, opened_raw: pd.Series, spec: Time, zone: str) -> pd.Series:
    """Deadlines as far after the opening on the city's clock as they are written after it.

    Args:
        due, opened: instants, naive UTC.
        due_raw, opened_raw: the same as the source writes them.
    """
    here = spec.zone or zone
    distance = parse_times(due_raw, spec)[0] - parse_times(opened_raw, spec)[0]
    wall = opened.dt.tz_localize("UTC").dt.tz_convert(here).dt.tz_localize(None)
    return _localised(wall + distance, here).where(due.notna())
