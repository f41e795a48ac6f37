"""What a column holds, told from its values: kind, formats of times, how often it is empty, how many different values."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pandas as pd

from data_access.mapping.spec import EPOCHS
from data_access.proposing.names import plain_name
from data_access.proposing.personal import REACHED, personal

ENOUGH = 0.95
"""Of the values of a column, so many must fit for it to be of a kind."""
SHOWN = 3
MOST_WORDS = 120
FORMATS = (
    "ISO8601", "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M", "%m/%d/%Y %I:%M %p", "%m/%d/%Y", "%m/%d/%y %H:%M", "%m/%d/%y %I:%M %p",
    "%m/%d/%y", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%d/%m/%Y", "%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M", "%d.%m.%Y", "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M", "%Y/%m/%d", "%b %d %Y %I:%M%p", "%d-%b-%Y %H:%M:%S", "%d-%b-%Y", "%d-%b-%y", "%B %d, %Y", "%Y%m%d%H%M%S", "%Y%m%d",
)  # fmt: skip
"""Tried in this order; where days and months can be told apart by no value, the American reading comes first."""
NUMBERED = (("epoch_seconds", 5e8, 4.1e9), ("epoch_milliseconds", 5e11, 4.1e12))
"""(format, lowest, highest): from 1985 to 2099."""
CLOSER = 2
"""So many times as long a span tells the wrong order of day and month."""
SENTINEL_YEARS = (1899, 1900, 1901, 1970, 2099, 9999)
SENTINEL_LEAST = 3
STAND_INS = ("1899-12-30", "1899-12-31", "1900-01-01", "1970-01-01", "9999-12-31")
"""Days with which systems begin or end: once is enough."""


@dataclass(frozen=True)
class Times:
    """Of a column of times."""

    formats: tuple[str, ...]
    with_offset: bool
    first: pd.Timestamp
    last: pd.Timestamp
    midnight_share: float
    """Of the values: no time of day."""
    hours: tuple[int, ...]
    """How many in each hour, as written."""
    sentinels: tuple[str, ...]
    """Days that stand for "no date"."""
    two_readings: bool = False
    """No value tells days from months."""


@dataclass(frozen=True)
class Facts:
    """Of one column. Shares are of the rows looked at."""

    name: str
    rows: int
    filled: int
    distinct: int
    kind: str
    """empty, time, number, word, text or point."""
    top: tuple[tuple[str, int], ...] = ()
    samples: tuple[str, ...] = ()
    times: Times | None = None
    low: float | None = None
    high: float | None = None
    whole: bool = False
    with_commas: bool = False
    personal: str | None = None
    values: pd.Series = field(default_factory=lambda: pd.Series(dtype="str"), repr=False, compare=False)

    @property
    def null_share(self) -> float:
        """Rows without a value."""
        return 1 - self.filled / self.rows if self.rows else 1.0

    @property
    def unique_share(self) -> float:
        """Different values of those there are."""
        return self.distinct / self.filled if self.filled else 0.0


def facts_of(frame: pd.DataFrame) -> dict[str, Facts]:
    """The facts of every column of raw rows."""
    return {str(name): _facts(str(name), frame[name]) for name in frame.columns}


def _facts(name: str, column: pd.Series) -> Facts:
    text = as_text(column)
    there = text.dropna()
    if there.empty:
        return Facts(name, len(column), 0, 0, "empty", personal=personal(name, there))
    counts = there.value_counts()
    unique = pd.Series(counts.index, dtype="str")
    common = {
        "name": name, "rows": len(column), "filled": len(there), "distinct": len(counts), "values": text,
        "top": tuple((str(value), int(count)) for value, count in counts.head(MOST_WORDS).items()), "samples": _samples(unique),
    }  # fmt: skip
    times = _times(name, there, unique, column)
    if times is not None:
        return Facts(**common, kind="time", times=times, personal=personal(name, pd.Series(dtype="str")))
    numbers = pd.to_numeric(unique.str.replace(r"(?<=\d),(?=\d{3}\b)", "", regex=True), errors="coerce")
    said = personal(name, unique)
    if numbers.notna().mean() >= ENOUGH:
        whole = bool((numbers.dropna() % 1 == 0).all())
        with_commas = bool(unique.str.contains(r"\d,\d{3}\b", regex=True).any())
        return Facts(
            **common,
            kind="number",
            low=float(numbers.min()),
            high=float(numbers.max()),
            whole=whole,
            with_commas=with_commas,
            personal=said,
        )
    if unique.head(200).str.match(r"^\s*(\(-?\d+\.\d+, ?-?\d+\.\d+\)|POINT ?\(|\{'latitude)").mean() > 0.8:
        return Facts(**common, kind="point", personal=said)
    return Facts(**common, kind="word" if _is_words(len(there), len(counts), unique) else "text", personal=said)


def as_text(column: pd.Series) -> pd.Series:
    """Values as stripped text, as a mapping sees them; blank is null. Datetimes as ISO text."""
    if pd.api.types.is_datetime64_any_dtype(column):
        return column.dt.strftime("%Y-%m-%d %H:%M:%S%z").astype("str")
    text = column.astype("str").str.strip()
    return text.mask(text == "")


def _samples(unique: pd.Series) -> tuple[str, ...]:
    """The most frequent value and others from further down."""
    places = sorted({0, len(unique) // 2, len(unique) - 1})
    return tuple(text[:60] for at in places[:SHOWN] if not REACHED.search(text := str(unique.iloc[at])))


def _is_words(filled: int, distinct: int, unique: pd.Series) -> bool:
    return distinct <= max(20, min(400, filled // 5)) and float(unique.str.len().mean()) <= 60


def _times(name: str, there: pd.Series, unique: pd.Series, column: pd.Series) -> Times | None:
    is_time = pd.api.types.is_datetime64_any_dtype(column)
    tried = unique.sample(400, random_state=0) if len(unique) > 400 else unique
    if not is_time and tried.str.match(r"^\d{9,13}(\.0+)?$").mean() >= ENOUGH:
        return _epoch(name, there)
    if (
        not is_time
        and not tried.str.contains(r"\d{1,4}[-/. ]\w{1,3}[-/. ]\d|^\d{8}(?:\d{6})?$|[A-Z][a-z]+ \d{1,2}, \d{4}", regex=True).mean()
        >= ENOUGH
    ):
        return None
    formats = _formats(tried)
    if not formats:
        return None
    parsed = _parsed(there, formats)
    if parsed.notna().mean() < ENOUGH:
        return None
    formats, two_readings = _read_days(formats, there, parsed.dropna())
    known = _parsed(there, formats).dropna()
    with_offset = bool(tried.str.contains(r":\d\d[.\d]* ?(?:Z|[+-]\d\d(?::?\d\d)?)$", regex=True).mean() > 0.5)
    days = known.dt.normalize()
    piled = days[days.dt.year.isin(SENTINEL_YEARS)].value_counts()
    stand_ins = tuple(str(day.date()) for day, count in piled.items() if count >= SENTINEL_LEAST or str(day.date()) in STAND_INS)
    real = known[~days.isin(pd.to_datetime(list(stand_ins)))] if stand_ins else known
    real = known if real.empty else real
    return Times(
        tuple(formats), with_offset, real.min(), real.max(), float((real == real.dt.normalize()).mean()),
        tuple(int(n) for n in real.dt.hour.value_counts().reindex(range(24), fill_value=0)), stand_ins, two_readings,
    )  # fmt: skip


def _formats(tried: pd.Series) -> list[str]:
    """The formats that together read the values, most telling first."""
    chosen: list[str] = []
    left = tried
    for form in sorted(FORMATS, key=lambda form: -_fits(tried, form)):
        if left.empty:
            break
        fits = _reads(left, form)
        if fits.mean() >= 0.02 and fits.sum() >= 1:
            chosen.append(form)
            left = left[~fits]
        if len(chosen) == 3:
            break
    return chosen if len(left) <= (1 - ENOUGH) * len(tried) else []


def _fits(tried: pd.Series, form: str) -> float:
    return float(_reads(tried, form).mean())


def _reads(values: pd.Series, form: str) -> pd.Series:
    if form == "ISO8601" and not values.str.match(r"^\d{4}-\d\d?-\d\d?").any():
        return pd.Series(False, index=values.index)
    if form in ("%Y%m%d", "%Y%m%d%H%M%S") and not values.str.match(r"^(19|20)\d{6}(\d{6})?$").all():
        return pd.Series(False, index=values.index)
    return pd.to_datetime(values, format=form, errors="coerce", utc=True).notna()


def _parsed(values: pd.Series, formats: list[str] | tuple[str, ...]) -> pd.Series:
    made = pd.Series(pd.NaT, index=values.index, dtype="datetime64[us]")
    for form in formats:
        left = made.isna()
        if form in EPOCHS:
            read = pd.to_datetime(pd.to_numeric(values[left], errors="coerce"), unit=EPOCHS[form], errors="coerce").astype("datetime64[us]")
        else:
            read = pd.to_datetime(values[left], format=form, errors="coerce", utc=True).dt.tz_localize(None).astype("datetime64[us]")
        made = made.mask(left, read.reindex(values.index))
    return made


def parsed(facts: Facts) -> pd.Series:
    """The times of a column as written, for comparing columns with each other; NaT where there is none."""
    if facts.times is None:
        return pd.Series(pd.NaT, index=facts.values.index, dtype="datetime64[us]")
    return _parsed(facts.values, facts.times.formats)


def mixes_orders(formats: tuple[str, ...]) -> bool:
    """Whether a column is written with the month first in some rows and the day first in others."""
    return any("%m/%d" in form for form in formats) and any("%d/%m" in form for form in formats)


def _read_days(formats: list[str], there: pd.Series, known: pd.Series) -> tuple[list[str], bool]:
    """(the formats with day and month in the likelier order, whether nothing tells which that is).

    Where no day is above 12 both orders can be read: records lie close together in the one and are strewn over years in the other.
    """
    if (
        not re.match(r"%[md]/%[md]", formats[0])
        or known.empty
        or max(known.dt.day.max(), known.dt.month.max()) > 12
        or known.dt.normalize().nunique() < 2
    ):
        return formats, False
    other = [re.sub(r"%([md])/%([md])", r"%\2/%\1", form) for form in formats]
    turned = _parsed(there, other).dropna()
    here, there_ = known.max() - known.min(), turned.max() - turned.min()
    if here > CLOSER * there_:
        return other, False
    return formats, there_ <= CLOSER * here


def _epoch(name: str, there: pd.Series) -> Times | None:
    """Numbers that are times, where the column's name says that it has times: any id could be one."""
    if not re.search(r"\b(date|time|at|on|dt|ts|timestamp|created|updated|closed|opened|due)\b", plain_name(name)):
        return None
    numbers = pd.to_numeric(there, errors="coerce").dropna()
    for form, low, high in NUMBERED:
        if numbers.between(low, high).mean() >= ENOUGH:
            at = pd.to_datetime(numbers, unit=EPOCHS[form])
            hours = tuple(int(n) for n in at.dt.hour.value_counts().reindex(range(24), fill_value=0))
            return Times((form,), True, at.min(), at.max(), 0.0, hours, ())
    return None
