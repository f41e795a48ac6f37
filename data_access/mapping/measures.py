"""Figures that are not cases, as canonical rows: one line of a source for each measure and fiscal year, or one for each measure and period."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np
import pandas as pd

from data_access import canonical
from data_access.city import City
from data_access.mapping.cases import Mapped
from data_access.mapping.changed_names import rename_always
from data_access.mapping.findings import Findings
from data_access.mapping.measure_periods import Period, fiscal_period, read_period
from data_access.mapping.measure_words import NEVER_ADDED, UNITS, UnitWord
from data_access.mapping.spec import LINE_FAULT, MappingFile
from data_access.slugs import slug

NO_NAME = "The row names no measure or no department."
NO_YEAR = "The row names no fiscal year."
NO_PERIOD = "The row's period cannot be read."
SHARED = ("department", "activity", "measure", "measure_kind", "unit", "unit_label", "direction", "year_is", "definition")


def map_measures(raw: pd.DataFrame, mapping: MappingFile, city: City, *, now: datetime) -> tuple[pd.DataFrame, Mapped]:
    """Figures with targets: (canonical values, one line each and period; what was refused).

    A mapping that names a `period` has one line for each `value` and its `target`; another has one for each fiscal year, with
    `q1_value` .. `q4_value`, `year_value` and `year_target`. One measure of a department may come once for each `activity`.

    Args:
        now: the machine's time (naive UTC): a figure of a period that begins after it is noticed.
    """
    findings = Findings()
    text = raw.apply(lambda column: column.astype("str").str.strip().replace("", None))
    text = text.assign(department=rename_always(text["department"], city))
    is_long = "period" in mapping.columns
    ids = _ids(text, "period" if is_long else "fiscal_year")
    reason = _column(text, LINE_FAULT)
    reason = reason.mask(reason.isna() & (text["measure"].isna() | text["department"].isna()), NO_NAME)
    first = city.facts.fiscal_year_start
    if is_long:
        periods = _periods(text, mapping, first, ids, findings)
        reason = reason.mask(reason.isna() & periods.isna(), NO_PERIOD)
    else:
        year = pd.to_numeric(text["fiscal_year"].str.extract(r"(\d{4})")[0], errors="coerce")
        reason = reason.mask(reason.isna() & year.isna(), NO_YEAR)
    kept, kept_ids = text[reason.isna()], ids[reason.isna()]
    about = _about(kept, mapping, kept_ids, findings)
    line = pd.Series(range(len(text)), index=text.index)[kept.index]
    about = {"line": line, "line_is": "period" if is_long else "year", **about}
    if is_long:
        values = _row_of(kept, about, periods[kept.index], mapping, kept_ids, findings, ("value", "target"))
    else:
        values = _rows_of_years(kept, about, year[kept.index].astype(int), mapping, kept_ids, findings, first)
    ahead = values["value"].notna() & (values["starts_on"] > pd.Timestamp(now) + pd.Timedelta(days=1))
    findings.add("figure_in_future", "period", ahead, values["measure"], values["starts_on"].dt.strftime("%Y-%m-%d"))
    refused = reason.notna()
    quarantine = pd.DataFrame({"source_id": ids[refused], "reason": reason[refused], "original": None})
    return values, Mapped(pd.DataFrame(), canonical.conform(quarantine, canonical.QUARANTINE_COLUMNS), findings.frame())


def _ids(text: pd.DataFrame, when: str) -> pd.Series:
    """What a line is called among findings: department / activity / measure / period."""
    activity = _column(text, "activity")
    named = text["department"].fillna("?") + " / " + (activity + " / ").fillna("") + text["measure"].fillna("?")
    return named + " / " + text[when].fillna("?")


def _column(text: pd.DataFrame, name: str) -> pd.Series:
    return text[name] if name in text else pd.Series(None, index=text.index, dtype="str")


def _periods(text: pd.DataFrame, mapping: MappingFile, first_month: int, ids: pd.Series, findings: Findings) -> pd.Series:
    """Each line's `Period`, or None."""
    grain = _word(text, "period_grain", mapping.period_grain, ("week", "month", "quarter", "fiscal_year"), ids, findings)
    grain = grain.fillna(mapping.read.period_grain) if mapping.read.period_grain else grain
    pairs = pd.Series(list(zip(text["period"], grain.astype(object).where(grain.notna(), None), strict=True)), index=text.index)
    known = {pair: read_period(pair[0], pair[1], first_month) if isinstance(pair[0], str) else None for pair in dict.fromkeys(pairs)}
    periods = pairs.map(known).astype(object)
    periods = periods.where(periods.notna(), None)
    findings.add("unreadable_period", "period", periods.isna() & text["period"].notna(), ids, text["period"])
    return periods


def _word(
    text: pd.DataFrame, field: str, table: Mapping[str, str], canonical_words: tuple[str, ...], ids: pd.Series, findings: Findings
) -> pd.Series:
    """What a source's word of `field` means, null where it says nothing or nobody mapped it; the latter is counted."""
    if field not in text:
        return pd.Series(None, index=text.index, dtype="str")
    known = {_key(word): word for word in canonical_words} | {_key(source): meaning for source, meaning in table.items()}
    meant = text[field].map(lambda word: known.get(_key(word)) if isinstance(word, str) else None).astype("str")
    findings.add(f"unmapped_{field}", field, meant.isna() & text[field].notna(), ids, text[field])
    return meant


def _key(word: str) -> str:
    """A source's word as it is looked up: however it is spelled, but "%" is not "#"."""
    made = slug(word)
    return word.strip() if made == "unnamed" else made


def _about(kept: pd.DataFrame, mapping: MappingFile, ids: pd.Series, findings: Findings) -> dict[str, pd.Series]:
    """What each line says its measure is."""
    words = {_key(word): UnitWord(unit=word) for word in UNITS} | {_key(source): meaning for source, meaning in mapping.unit.items()}
    said = _column(kept, "unit")
    found = said.map(lambda word: words.get(_key(word)) if isinstance(word, str) else None).astype(object)
    findings.add("unmapped_unit", "unit", found.isna() & said.notna(), ids, said)
    unit = pd.Series([word.unit if isinstance(word, UnitWord) else "unknown" for word in found], index=kept.index, dtype="str")
    label = [(word.label if isinstance(word, UnitWord) else None) or given for word, given in zip(found, said, strict=True)]
    year_is = _word(kept, "year_is", mapping.year_is, ("sum", "none"), ids, findings)
    wrong = year_is.eq("sum").fillna(False).astype(bool) & unit.isin(NEVER_ADDED)
    findings.add("added_up_though_no_amount", "year_is", wrong & (unit != "unknown"), ids, unit)
    return {
        "department": kept["department"], "activity": _column(kept, "activity"), "measure": kept["measure"], "measure_kind": _column(kept, "measure_kind"),
        "unit": unit, "unit_label": pd.Series(label, index=kept.index, dtype="str"),
        "direction": _word(kept, "direction", mapping.direction, ("higher", "lower", "neither"), ids, findings).fillna("neither"),
        "year_is": year_is.fillna("none").mask(wrong, "none"), "definition": _column(kept, "definition"),
    }  # fmt: skip


def _rows_of_years(
    kept: pd.DataFrame,
    about: dict[str, object],
    year: pd.Series,
    mapping: MappingFile,
    ids: pd.Series,
    findings: Findings,
    first_month: int,
) -> pd.DataFrame:
    """A line of a fiscal year as its quarters and its year."""
    parts = []
    for quarter in (1, 2, 3, 4, 0):
        known = {number: fiscal_period(number, quarter, first_month) for number in set(year)}
        periods = year.map(known).astype(object)
        columns = ("year_value", "year_target") if quarter == 0 else (f"q{quarter}_value", f"q{quarter}_target")
        part = _row_of(kept, about, periods, mapping, ids, findings, columns, is_year=quarter == 0)
        # The year stays also without a figure or a target: the line says that there is such a measure.
        parts.append(part if quarter == 0 else part[part["value_raw"].notna() | part["target"].notna()])
    return pd.concat(parts, ignore_index=True)


def _row_of(
    kept: pd.DataFrame, about: dict[str, object], periods: pd.Series, mapping: MappingFile, ids: pd.Series, findings: Findings,
    columns: tuple[str, str], *, is_year: bool = True,
) -> pd.DataFrame:  # fmt: skip
    """One row for each line: the value and the target of one period. The source's verdict and note are those of its line."""
    value_raw, target_raw = (_column(kept, name) for name in columns)
    value, target = _number(value_raw), _number(target_raw)
    for name, raw, number in ((columns[0], value_raw, value), (columns[1], target_raw, target)):
        findings.add("not_a_number", name, raw.notna() & number.isna(), ids, raw)
    made = {
        **about, "value": value, "target": target, "value_raw": value_raw,
        **{name: [getattr(period, name) for period in periods] for name in ("fiscal_year", "quarter", "grain")},
        "starts_on": pd.to_datetime([_midnight(period) for period in periods]).as_unit("us"),
    }  # fmt: skip
    if is_year:
        rating = _word(kept, "rating_raw", mapping.rating, ("met", "partly", "missed", "not_rated"), ids, findings)
        made |= {"rating": rating, "rating_raw": _column(kept, "rating_raw"), "note": _column(kept, "note")}
    return canonical.conform(pd.DataFrame(made, index=kept.index), canonical.MEASURE_COLUMNS)


def _midnight(period: Period) -> np.datetime64:
    return np.datetime64(period.starts_on, "us")


def _number(text: pd.Series) -> pd.Series:
    """ "1,234", "$5.00", "12 %" as numbers; percentages stay in percent. What has no end is no number."""
    plain = text.astype("str").str.replace(r"[,$%\s]", "", regex=True)
    return pd.to_numeric(plain, errors="coerce").replace([np.inf, -np.inf], np.nan).astype("float64")
