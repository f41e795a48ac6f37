"""Raw rows as canonical cases: refused rows go to quarantine with their reason, the rest loads whole."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np
import pandas as pd

from data_access import canonical
from data_access.city import City
from data_access.mapping.changed_names import rename_cases
from data_access.mapping.findings import Findings
from data_access.mapping.ids import case_ids, plain_ids
from data_access.mapping.numbers import YES_OR_NO, count, satisfaction, yes_or_no
from data_access.mapping.otherwise import filled
from data_access.mapping.spec import LINE_FAULT, MappingFile
from data_access.mapping.times import on_opening_clock, shifted_rows, to_instants
from data_access.mapping.words import WORD_FIELDS, apply_words, is_one_of, outcomes_from_text
from data_access.slugs import slug

TEXT_FIELDS = (
    "stage", "parent_source_id", "request_type", "request_group", "department", "queue", "priority", "address",
    "title", "description", "resolution_text", "source_url",
)  # fmt: skip
TIME_FIELDS = ("opened_at", "acknowledged_at", "inspected_at", "due_at", "closed_at", "source_updated_at", "status_at")
WITHOUT_PLACE = (
    "address",
    "location",
    "latitude",
    "longitude",
    "title",
    "description",
    "resolution_text",
    "queue",
    "source_url",
    "parent_source_id",
)
"""Fields that are not even read of a programme of which everybody sees totals only."""
PRIVATE = frozenset({"address", "location", "title", "description", "resolution_text"})
"""Fields that may say where or who somebody is: not kept of refused rows, which more people see than case texts."""
SAME_POINT_DEGREES = 5e-5
INSTANT = timedelta(seconds=60)
MOJIBAKE = r"â€|â[\x80-\x9f]|[ÃÂ][\x80-\xbf]"
"""UTF-8 read as Latin-1 or Windows-1252 and written again: "â€™" for an apostrophe, "Ã©" for "é"."""


@dataclass(frozen=True)
class Mapped:
    """One batch: canonical cases, refused rows, and what was noticed in the kept ones."""

    cases: pd.DataFrame
    quarantine: pd.DataFrame
    issues: pd.DataFrame


def map_cases(raw: pd.DataFrame, mapping: MappingFile, city: City, *, programme: str, source_name: str, now: datetime) -> Mapped:
    """`raw` (columns named by canonical field, areas as `area:<layer>`) as canonical cases.

    Args:
        now: the machine's time (naive UTC): an opening after it is refused.

    Every row of `raw` comes back exactly once, as a case or in quarantine.
    """
    findings = Findings()
    raw = filled(raw)
    if city.programme(programme).privacy == "aggregate":
        raw = raw.drop(columns=[name for name in raw.columns if name in WITHOUT_PLACE or name.startswith("area:")])
    ids = case_ids(raw, mapping)
    text = _blanks_to_null(raw, ids, findings)
    made: dict[str, pd.Series] = {name: _column(text, name) for name in TEXT_FIELDS}
    made["parent_source_id"] = plain_ids(made["parent_source_id"])
    times = _times(text, mapping, city.zone, ids, findings)
    words = _words(text, mapping, ids, findings)
    closed, valid = _closing(times, words["status"], ids, findings)
    made |= {k: v for k, v in times.items() if k != "status_at"} | {"closed_at": closed, "has_valid_interval": valid}
    findings.add("closed_in_future", "closed_at", closed > pd.Timestamp(now) + pd.Timedelta(days=1), ids)
    made |= _places(text, mapping, ids, findings)
    made |= {name: words[name] for name in (*WORD_FIELDS, "channel_raw", "status_raw", "outcome_raw")}
    made["request_type"] = made["request_type"].fillna("(no type given)")
    made["case_class"] = _classes(made, mapping, closed - times["opened_at"])
    made["satisfaction"] = satisfaction(text, ids, findings)
    made["stage_at"] = times["status_at"].fillna(times["source_updated_at"]).where(made["stage"].notna())
    made |= {name: count(text, name, ids, findings) for name in ("votes", "comments")}
    made["is_returning"] = yes_or_no(text, "is_returning", ids, findings)
    made["due_source"] = pd.Series("source", index=raw.index, dtype="str").where(times["due_at"].notna())
    for slot, layer in enumerate(city.area_layers, start=1):
        if f"area:{layer.id}" in text:
            made[f"area_{slot}"] = text[f"area:{layer.id}"].astype("str").str.replace(r"\.0$", "", regex=True)
    rename_cases(made, city, ids, findings)
    made |= {"source_id": ids, "programme": pd.Series(programme, index=raw.index), "source_name": pd.Series(source_name, index=raw.index)}
    _text_findings(made, ids, findings)
    refused = _refusals(ids, times["opened_at"], text, mapping, now)
    due_first = times["due_at"] < times["opened_at"]
    findings.add("due_before_opened", "due_at", due_first & refused.isna(), ids)
    cases = canonical.conform(pd.DataFrame(made), canonical.CASE_COLUMNS)
    keep = refused.isna().to_numpy()
    private = PRIVATE | ({"outcome"} if mapping.outcome_pattern else set())
    return Mapped(
        cases[keep].reset_index(drop=True), _quarantine(raw.drop(columns=[*private], errors="ignore"), ids, refused), findings.frame()
    )


def _blanks_to_null(raw: pd.DataFrame, ids: pd.Series, findings: Findings) -> pd.DataFrame:
    made = {}
    for name in raw.columns:
        column = raw[name]
        if name == LINE_FAULT:
            made[name] = column
        elif column.dtype == object or isinstance(column.dtype, pd.StringDtype):
            stripped = column.astype("str").str.strip()
            empty = stripped == ""
            findings.add("blank", name, (empty & (column.astype("str") != "")).fillna(False).astype(bool), ids)
            made[name] = stripped.mask(empty.fillna(False).astype(bool))
        else:
            made[name] = column
    return pd.DataFrame(made, index=raw.index)


def _column(text: pd.DataFrame, name: str) -> pd.Series:
    return text[name].astype("str") if name in text else pd.Series(None, index=text.index, dtype="str")


def _empty_instants(index: pd.Index) -> pd.Series:
    return pd.Series(pd.NaT, index=index, dtype="datetime64[us]")


def _times(text: pd.DataFrame, mapping: MappingFile, zone: str, ids: pd.Series, findings: Findings) -> dict[str, pd.Series]:
    spec = mapping.time
    shifted = shifted_rows(text["opened_at"], spec)
    times = {
        name: to_instants(text[name], spec, zone, name, ids, findings, shifted=shifted) if name in text else _empty_instants(text.index)
        for name in TIME_FIELDS
    }
    if spec.due_on_opening_clock and "due_at" in text:
        due = on_opening_clock(times["due_at"], text["due_at"], times["opened_at"], text["opened_at"], spec, zone)
        return times | {"due_at": due}
    return times


def _words(text: pd.DataFrame, mapping: MappingFile, ids: pd.Series, findings: Findings) -> dict[str, pd.Series]:
    """Status, outcome, channel, who began it, and class, from all the source words that say something of them."""
    said: dict[str, list[pd.Series]] = {name: [] for name in WORD_FIELDS}
    raws = {}
    for field, table in (("status", mapping.status), ("outcome", mapping.outcome), ("channel", mapping.channel)):
        raws[f"{field}_raw"] = _column(text, field)
        if field not in text or (field == "outcome" and not table):
            continue
        # Where patterns read a free text, it is listed nowhere: it may say anything of anybody.
        free_text = field == "outcome" and bool(mapping.outcome_pattern)
        meaning = apply_words(field, text[field], table, ids, Findings() if free_text else findings)
        for name in WORD_FIELDS:
            said[name].append(meaning[name])
    if mapping.outcome_pattern and "outcome" in text:
        outcome, label, case_class = outcomes_from_text(text["outcome"], mapping)
        said["outcome"].append(outcome)
        said["case_class"].append(case_class)
        raws["outcome_raw"] = label
    if "is_duplicate" in text:
        flagged = text["is_duplicate"].astype("str").str.lower().isin([word for word, meaning in YES_OR_NO.items() if meaning])
        said["outcome"].insert(0, pd.Series("duplicate", index=text.index, dtype="str").where(flagged))
    if "initiated_by" in text:
        said["initiated_by"].insert(0, text["initiated_by"].astype("str"))
    if "case_class" in text:
        said["case_class"].insert(0, text["case_class"].astype("str"))
    made = {name: _first_said(series, text.index) for name, series in said.items()}
    made["initiated_by"] = _initiator(made["initiated_by"], made["channel"])
    return made | raws


def _first_said(series: list[pd.Series], index: pd.Index) -> pd.Series:
    """The first of `series` that says something; "unknown" only where nothing better is said."""
    result = pd.Series(None, index=index, dtype="str")
    for candidate in series:
        better = candidate.notna() & (result.isna() | (result == "unknown"))
        result = result.mask(better, candidate)
    return result


def _initiator(said: pd.Series, channel: pd.Series) -> pd.Series:
    implied = channel.map({"staff": "staff", "unknown": "unknown"}).astype("str")
    implied = implied.mask(channel.notna() & implied.isna(), "resident")
    return said.mask(said.isna() | (said == "unknown"), implied)


def _closing(times: dict[str, pd.Series], status: pd.Series, ids: pd.Series, findings: Findings) -> tuple[pd.Series, pd.Series]:
    """(closed_at, whether the interval can be trusted). One rule: a case is closed when it has a closing date.

    A closed case without a date ended when its status was set, as well as that is known; a
    case closed before it opened ended when it opened. Neither interval is used for durations.
    """
    opened, closed = times["opened_at"], times["closed_at"]
    says_closed = status.isin(["closed", "cancelled"])
    findings.add(
        "closing_date_but_not_closed", "status", closed.notna() & status.notna() & ~says_closed & (status != "unknown"), ids, status
    )
    undated = closed.isna() & says_closed
    findings.add("closed_without_date", "closed_at", undated, ids)
    guess = times["status_at"].fillna(times["source_updated_at"]).fillna(opened)
    closed = closed.mask(undated, guess)
    early = closed < opened
    findings.add("closed_before_opened", "closed_at", early, ids)
    return closed.mask(early, opened), ~(early | undated)


def _places(text: pd.DataFrame, mapping: MappingFile, ids: pd.Series, findings: Findings) -> dict[str, pd.Series]:
    numbers = {}
    for name in ("latitude", "longitude"):
        column = _column(text, name).str.replace(",", "", regex=False) if name in text and text[name].dtype != "float64" else text.get(name)
        numbers[name] = pd.Series(np.nan, index=text.index) if column is None else pd.to_numeric(column, errors="coerce")
    lat, lon = numbers["latitude"], numbers["longitude"]
    nowhere = ((lat == 0) & (lon == 0)) | (lat.abs() > 90) | (lon.abs() > 180)
    findings.add("impossible_point", "latitude, longitude", nowhere, ids)
    stand_in = pd.Series(False, index=text.index)
    for latitude, longitude in mapping.place.placeholders:
        stand_in |= ((lat - latitude).abs() < SAME_POINT_DEGREES) & ((lon - longitude).abs() < SAME_POINT_DEGREES)
    findings.add("placeholder_point", "latitude, longitude", stand_in, ids)
    unknown = nowhere | stand_in | lat.isna() | lon.isna()
    made = {"latitude": lat.mask(unknown), "longitude": lon.mask(unknown)}
    if "location" in text:
        codes, values = pd.factorize(text["location"].astype("str"))
        # As a list first: an Arrow column is slow to walk through.
        lookup = pd.Series([_place_key(str(value)) for value in values.tolist()], dtype="Int64")
        made["location_key"] = lookup.reindex(codes).set_axis(text.index)
    return made


@lru_cache(maxsize=200_000)
def _place_key(text: str) -> int:
    """A number for a place's text, whatever its case and accents; addresses come back in batch after batch."""
    return int.from_bytes(hashlib.blake2b(slug(text).encode(), digest_size=8).digest(), "big") >> 1


def _classes(made: dict[str, pd.Series], mapping: MappingFile, lasted: pd.Series) -> pd.Series:
    """The class of each case: by the mapping's rules in order, else by what its words imply."""
    result = made["case_class"].copy()
    for rule in mapping.class_:
        fits = is_one_of(made[rule.field], rule.values)
        if rule.instant_only:
            fits &= lasted <= INSTANT
        result = result.mask(result.isna() & fits, rule.is_)
    implied = (
        made["outcome"]
        .map({"duplicate": "duplicate", "withdrawn": "withdrawn", "cancelled": "withdrawn", "test": "withdrawn"})
        .astype("str")
    )
    implied = implied.mask(implied.isna() & (made["status"] == "cancelled"), "withdrawn")
    return result.fillna(implied).fillna("service")


def _text_findings(made: dict[str, pd.Series], ids: pd.Series, findings: Findings) -> None:
    for name in ("request_type", "department", "queue", "outcome_raw", "title", "description", "resolution_text"):
        column = made[name]
        if column.notna().any():
            damaged = column.str.contains(MOJIBAKE, regex=True).fillna(False).astype(bool)
            findings.add("damaged_text", name, damaged, ids)


def _refusals(ids: pd.Series, opened: pd.Series, text: pd.DataFrame, mapping: MappingFile, now: datetime) -> pd.Series:
    """Why a row cannot be loaded; null for the rows that can."""
    reason = _column(text, LINE_FAULT)
    rules = (
        (ids.isna(), "The row has no id."),
        (text["opened_at"].isna(), "The opening time is empty."),
        (opened.isna(), "The opening time cannot be read."),
        (opened > pd.Timestamp(now) + pd.Timedelta(days=1), "The case opens in the future."),
        (
            opened < pd.Timestamp(mapping.time.not_before),
            f"The case opens before {mapping.time.not_before}, when the system did not exist.",
        ),
    )
    for fits, sentence in rules:
        reason = reason.mask(reason.isna() & fits.fillna(False).astype(bool), sentence)
    return reason


def _quarantine(raw: pd.DataFrame, ids: pd.Series, reason: pd.Series) -> pd.DataFrame:
    rows = raw[reason.notna()]
    original = [
        json.dumps({k: str(v)[:300] for k, v in row.items() if v is not None and v == v}, ensure_ascii=False)
        for row in rows.to_dict("records")
    ]
    made = {"source_id": ids[rows.index], "reason": reason[rows.index], "original": pd.Series(original, index=rows.index, dtype="str")}
    return canonical.conform(pd.DataFrame(made), canonical.QUARANTINE_COLUMNS)
