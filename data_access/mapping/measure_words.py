"""What a mapping file may say of figures that are not cases: their fields, and the meaning of a source's units, directions and verdicts."""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import Field

from data_access.model_base import Model

MeasureUnit = Literal["percent", "share", "ratio", "number", "currency", "seconds", "minutes", "hours", "days", "unknown"]
MeasureDirection = Literal["higher", "lower", "neither"]
Rating = Literal["met", "partly", "missed", "not_rated"]
YearIs = Literal["sum", "none"]
MeasureGrain = Literal["week", "month", "quarter", "fiscal_year"]
UNITS: tuple[MeasureUnit, ...] = get_args(MeasureUnit)
NEVER_ADDED: tuple[MeasureUnit, ...] = ("percent", "share", "ratio", "unknown")
"""Units whose periods do not make a year by being added up, whatever a source says."""

QUARTERS = tuple(f"q{n}_value" for n in range(1, 5))
QUARTER_TARGETS = tuple(f"q{n}_target" for n in range(1, 5))
WIDE_FIELDS = ("department", "measure", "unit", "direction", "fiscal_year", *QUARTERS, "year_value", "year_target")
"""What a source with one line for each measure and fiscal year must have."""
LONG_FIELDS = ("department", "measure", "period", "value")
"""What a source with one line for each measure and period must have."""
MEASURE_ONLY = frozenset({
    "activity", "measure", "measure_kind", "unit", "direction", "year_is", "definition", "fiscal_year", "rating_raw", "note",
    *QUARTERS, *QUARTER_TARGETS, "year_value", "year_target", "period", "period_grain", "value", "target",
})  # fmt: skip
"""Fields of a line of figures, beside its department."""


class UnitWord(Model):
    """A source's word for a unit; `label` is what stands on an axis, by default the source's own word."""

    unit: MeasureUnit
    label: str | None = Field(default=None, min_length=1, max_length=40)


class MeasureWords(Model):
    """The tables `[unit]`, `[direction]`, `[rating]`, `[year_is]` and `[period_grain]` of a mapping of measures: source word -> meaning.

    The canonical words themselves are understood without being listed.
    """

    unit: dict[str, UnitWord] = {}
    direction: dict[str, MeasureDirection] = {}
    rating: dict[str, Rating] = {}
    year_is: dict[str, YearIs] = {}
    period_grain: dict[str, MeasureGrain] = {}


def with_plain_units(value: Any) -> Any:
    """`[unit]` with plain words as the meaning they are short for."""
    if not isinstance(value, dict):
        return value
    return {source: {"unit": meaning} if isinstance(meaning, str) else meaning for source, meaning in value.items()}
