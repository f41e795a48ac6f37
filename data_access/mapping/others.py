"""Raw events, and figures that are not cases, as canonical rows."""

from __future__ import annotations

from datetime import datetime

import pandas as pd

from data_access import canonical
from data_access.city import City
from data_access.mapping.cases import Mapped
from data_access.mapping.findings import Findings
from data_access.mapping.ids import plain_ids
from data_access.mapping.spec import MappingFile
from data_access.mapping.times import to_instants
from data_access.slugs import slug

UNITS = {"percentage": "percent", "raw-number": "number", "ratio": "ratio", "dollar-amount": "currency"}
DIRECTIONS = {"up-is-better": "higher", "down-is-better": "lower", "neutral": "neither"}


def map_events(raw: pd.DataFrame, mapping: MappingFile, city: City, *, programme: str, now: datetime) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(canonical events, issues). Kinds the mapping does not name are left out and counted."""
    assert mapping.events is not None
    findings = Findings()
    ids = plain_ids(raw["source_id"])
    kinds = {slug(source): kind for source, kind in mapping.events.kinds.items()}
    kind = raw["event_kind"].map(lambda value: kinds.get(slug(str(value)))).astype("str")
    findings.add("unmapped_event", "event_kind", kind.isna(), ids, raw["event_kind"])
    at = to_instants(raw["event_at"], mapping.time, city.zone, "event_at", ids, findings)
    late = at > pd.Timestamp(now) + pd.Timedelta(days=1)
    findings.add("event_in_future", "event_at", late, ids)
    made = {"programme": programme, "source_id": ids, "event_at": at, "event_kind": kind}
    for name in ("from_value", "to_value", "reason"):
        made[name] = raw[name].astype("str") if name in raw else None
    moved = kind == "due_changed"
    if moved.any():
        for name in ("from_value", "to_value"):
            due = to_instants(made[name].where(moved), mapping.time, city.zone, name, ids, findings)
            made[name] = made[name].mask(moved, due.dt.strftime("%Y-%m-%dT%H:%M:%S"))
    frame = canonical.conform(pd.DataFrame(made, index=raw.index), canonical.EVENT_COLUMNS)
    keep = (kind.notna() & at.notna() & ~late).to_numpy()
    return frame[keep].reset_index(drop=True), findings.frame()


def map_measures(raw: pd.DataFrame) -> tuple[pd.DataFrame, Mapped]:
    """Figures with targets: (canonical values, one line each and period; what was refused).

    A row holds one measure of one year: `q1_value` .. `q4_value`, `year_value`, `year_target`. One measure of a department
    may come once for each `activity`.
    """
    findings = Findings()
    text = raw.apply(lambda column: column.astype("str").str.strip().replace("", None))
    activity = text["activity"] if "activity" in text else pd.Series(None, index=text.index, dtype="str")
    ids = text["department"].fillna("?") + " / " + (activity + " / ").fillna("") + text["measure"].fillna("?")
    ids = ids + " / " + text["fiscal_year"].fillna("?")
    year = pd.to_numeric(text["fiscal_year"].str.extract(r"(\d{4})")[0], errors="coerce")
    reason = pd.Series(None, index=raw.index, dtype="str")
    reason = reason.mask(text["measure"].isna() | text["department"].isna(), "The row names no measure or no department.")
    reason = reason.mask(reason.isna() & year.isna(), "The row names no fiscal year.")
    kept = text[reason.isna()]
    shared = {
        "line": pd.Series(range(len(text)), index=text.index)[kept.index], "department": kept["department"],
        "activity": activity[kept.index], "measure": kept["measure"], "measure_kind": kept.get("measure_kind"),
        "unit": kept["unit"].map(lambda v: UNITS.get(slug(str(v)), "unknown")),
        "direction": kept["direction"].map(lambda v: DIRECTIONS.get(slug(str(v)), "neither")), "fiscal_year": year[kept.index],
    }  # fmt: skip
    parts = []
    for quarter, column in [*((q, f"q{q}_value") for q in range(1, 5)), (0, "year_value")]:
        value = _number(kept[column])
        findings.add("not_a_number", column, kept[column].notna() & value.isna(), ids[kept.index], kept[column])
        own = {"quarter": quarter, "value": value, "value_raw": kept[column]}
        if quarter == 0:
            own |= {"target": _number(kept["year_target"]), "rating_raw": kept.get("rating_raw")}
        part = canonical.conform(pd.DataFrame(shared | own, index=kept.index), canonical.MEASURE_COLUMNS)
        # The year stays also without a figure or a target: the line says that there is such a measure.
        parts.append(part if quarter == 0 else part[part["value_raw"].notna()])
    refused = reason.notna()
    quarantine = pd.DataFrame({"source_id": ids[refused], "reason": reason[refused], "original": None})
    mapped = Mapped(pd.DataFrame(), canonical.conform(quarantine, canonical.QUARANTINE_COLUMNS), findings.frame())
    return pd.concat(parts, ignore_index=True), mapped


def _number(text: pd.Series) -> pd.Series:
    """ "> 100%", "1,234", "$5.00" as numbers; percentages stay in percent."""
    plain = text.astype("str").str.replace(r"[,$%\s]", "", regex=True)
    return pd.to_numeric(plain, errors="coerce")
