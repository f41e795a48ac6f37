"""Figures that are not cases come in other shapes too: a line for each period, targets of quarters, words of the source's own."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from data_access.mapping.measure_periods import end_of, read_period
from tests.support.towns import Town

LONG = ("department", "measure", "period", "value", "target", "unit", "better", "adds", "verdict", "about", "note")
HEADER = ",".join(LONG)
MAPPING = """[read]
entity = "measures"
period_grain = "month"
optional = ["target", "note"]
[columns]
department = "department"
measure = "measure"
period = "period"
value = "value"
target = "target"
unit = "unit"
direction = "better"
year_is = "adds"
rating_raw = "verdict"
definition = "about"
note = "note"
[unit]
"Std." = { unit = "hours", label = "hours" }
"%" = "percent"
"#" = { unit = "number", label = "visits" }
[direction]
"less" = "lower"
"more" = "higher"
[year_is]
"yes" = "sum"
[rating]
"green" = "met"
"amber" = "partly"
"red" = "missed"
"""


def row(period: str, value: object = "", target: object = "", *, measure: str = "Overtime", department: str = "Fire", unit: str = "Std.",
        better: str = "less", adds: str = "yes", verdict: str = "", about: str = "", note: str = "") -> str:  # fmt: skip
    return ",".join(map(str, (department, measure, period, value, target, unit, better, adds, verdict, about, note)))


def town_of(folder: Path, *rows: str, mapping: str = MAPPING, **tables: Any) -> Town:
    town = Town(folder, **tables).files("figures.csv", mapping, "figures")
    town.write("figures.csv", *rows, header=HEADER)
    return town


def counts(town: Town, **options: Any) -> tuple[int, int, int, int]:
    report = town.load(**options)
    return report.rows_new, report.rows_changed, report.rows_unchanged, report.rows_deleted


VALUES = "SELECT grain, starts_on, fiscal_year, quarter, value, target, rating, note FROM measure_value ORDER BY starts_on, grain"


def test_a_long_table_gives_each_period_its_value_and_its_target(tmp_path: Path) -> None:
    town = town_of(tmp_path, row("2025-07-01", '"1,200"', 1000, verdict="red"), row("2025-08-31", 900, 1000, verdict="green"), row("2025-09", "", 1000, note="Payroll was moved"),
                   city={"fiscal_year_start": 7})  # fmt: skip
    assert counts(town) == (3, 0, 0, 0)
    assert town.ask(VALUES) == [
        ("month", date(2025, 7, 1), 2026, 1, 1200, 1000, "missed", None), ("month", date(2025, 8, 1), 2026, 1, 900, 1000, "met", None),
        ("month", date(2025, 9, 1), 2026, 1, None, 1000, None, "Payroll was moved"),
    ]  # fmt: skip
    assert town.ask("SELECT unit, unit_label, direction, year_is, line_is FROM measure") == [("hours", "hours", "lower", "sum", "period")]
    assert town.ask("SELECT as_of FROM load") == [(datetime(2025, 9, 1, 4),)], "known to the end of August, in New York"


def test_a_month_that_comes_later_is_one_new_row_and_a_corrected_one_has_changed(tmp_path: Path) -> None:
    town = town_of(tmp_path, row("2025-07", 1), row("2025-08", 2))
    assert counts(town) == (2, 0, 0, 0)
    town.write("figures.csv", row("2025-07", 1), row("2025-08", 3), row("2025-09", 4), header=HEADER)
    assert counts(town) == (1, 1, 1, 0)
    town.write("figures.csv", row("2025-08", 3), row("2025-09", 4), header=HEADER)
    assert counts(town) == (0, 0, 2, 1)
    assert town.findings() == set()


def test_the_same_month_twice_with_two_values_contradicts_itself(tmp_path: Path) -> None:
    town = town_of(tmp_path, row("2025-07", 1), row("2025-07-15", 2))
    assert counts(town) == (1, 1, 0, 0)
    assert town.ask("SELECT value FROM measure_value") == [(2,)]
    assert town.findings() == {("contradicting_lines", "measure", None, 1)}


def test_a_row_without_a_readable_period_is_refused_with_the_reason_and_bad_words_are_counted(tmp_path: Path) -> None:
    town = town_of(
        tmp_path, row("2025-13", 5), row("soon", 5), row("2025-07", "N/A"), row("2025-08", 7, "ten", unit="furlongs", better="sideways", verdict="puce"),
        row("2025-09", 4, measure=""), row("2025-10", "1,200"), *(row(f"2024-{month:02d}", month) for month in range(1, 13)),
    )  # fmt: skip
    report = town.load()
    assert report.rows_quarantined == 4
    assert sorted(town.ask("SELECT reason, count(*) FROM quarantine GROUP BY 1")) == [
        ("A line has 12 columns instead of 11.", 1), ("The row names no measure or no department.", 1), ("The row's period cannot be read.", 2),
    ]  # fmt: skip
    assert town.findings() == {
        ("not_a_number", "target", "ten", 1), ("not_a_number", "value", "N/A", 1), ("unmapped_direction", "direction", "sideways", 1),
        ("unmapped_rating_raw", "rating_raw", "puce", 1), ("unmapped_unit", "unit", "furlongs", 1),
        ("unreadable_period", "period", "2025-13", 1), ("unreadable_period", "period", "soon", 1),
    }  # fmt: skip


def test_a_percentage_is_never_added_up_whatever_the_source_says(tmp_path: Path) -> None:
    town = town_of(tmp_path, row("2025-07", 80, unit="%"), row("2025-07", 80, unit="#", measure="Visits"))
    town.load()
    assert town.ask("SELECT unit, unit_label, year_is FROM measure ORDER BY 1") == [("number", "visits", "sum"), ("percent", "%", "none")]
    assert town.findings() == {("added_up_though_no_amount", "year_is", "percent", 1)}


def test_targets_of_quarters_are_read_beside_that_of_the_year(tmp_path: Path) -> None:
    columns = [
        "department",
        "measure",
        "unit",
        "direction",
        "fiscal_year",
        *(f"q{n}_{what}" for n in range(1, 5) for what in ("value", "target")),
        "year_value",
        "year_target",
    ]
    mapping = '[read]\nentity = "measures"\n[columns]\n' + "".join(f'{name} = "{name}"\n' for name in columns)
    town = Town(tmp_path).files("wide.csv", mapping, "wide")
    town.write("wide.csv", "Fire,Drills,number,higher,2025,3,4,,5,,,,,3,20", header=",".join(columns))
    town.load()
    assert town.ask("SELECT quarter, value, target FROM measure_value ORDER BY 1") == [(0, 3, 20), (1, 3, 4), (2, None, 5)]


@pytest.mark.parametrize(("text", "grain", "starts", "fiscal_year", "quarter"), [
    ("2026-03-31", "month", date(2026, 3, 1), 2026, 3), ("2026-03-31", "week", date(2026, 3, 30), 2026, 3), ("2026-03", None, date(2026, 3, 1), 2026, 3),
    ("2026-W53", None, date(2026, 12, 28), 2027, 2), ("2026-Q3", None, date(2026, 7, 1), 2027, 1), ("FY2026-Q3", None, date(2026, 1, 1), 2026, 3),
    ("fy 2026", None, date(2025, 7, 1), 2026, 0), ("2026", None, date(2025, 7, 1), 2026, 0), ("2026-05-02 00:00:00", "quarter", date(2026, 4, 1), 2026, 4),
])  # fmt: skip
def test_periods_as_sources_write_them_in_a_city_whose_year_begins_in_july(
    text: str, grain: Any, starts: date, fiscal_year: int, quarter: int
) -> None:
    found = read_period(text, grain, 7)
    assert found is not None and (found.starts_on, found.fiscal_year, found.quarter) == (starts, fiscal_year, quarter)


@pytest.mark.parametrize(("text", "grain"), [
    ("2026-03-31", None), ("2026-02-30", "month"), ("2026-Q5", None), ("2025-W53", None), ("March", "month"), ("2026-W10", "month"), ("", "month"),
])  # fmt: skip
def test_what_says_no_period_or_another_one_is_none(text: str, grain: Any) -> None:
    assert read_period(text, grain, 7) is None


def test_a_quarter_of_the_calendar_is_none_where_fiscal_quarters_cut_it() -> None:
    assert read_period("2026-Q1", None, 2) is None and read_period("FY2026-Q1", None, 2) is not None


def test_where_periods_end() -> None:
    assert end_of(date(2026, 12, 28), "week") == date(2027, 1, 4)
    assert end_of(date(2026, 11, 1), "quarter") == date(2027, 2, 1)
    assert end_of(date(2025, 7, 1), "fiscal_year") == date(2026, 7, 1)
