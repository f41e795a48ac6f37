"""Values as people read them: one form each, missing ones as a dash, and no number that is not there."""

from __future__ import annotations

from datetime import date, datetime

import pandas as pd
import pytest

from components import words
from components.table import Column, Twin, text_of
from components.tiles import spark
from metrics.compare import change
from metrics.periods import Calendar

NEW_YORK = Calendar("America/New_York", "monday", 7)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1, "cases", "1 case"), (12_345, "cases", "12,345 cases"), (0, "cases", "0 cases"), (0.79349, "share", "79.3 %"), (1.0, "days", "1.0 day"),
        (4.25, "days", "4.2 days"), (None, "days", "–"), (float("nan"), "share", "–"), (pd.NA, "cases", "–"), (12.0, "per_1000", "12.0 per 1,000 residents"), (0.031, "per_1000", "0.03 per 1,000 residents"),
        (0.987, "ratio", "0.99 closed per opened"),
    ],
)  # fmt: skip
def test_a_value_has_its_unit(value: float, unit: str, text: str) -> None:
    assert words.value(value, unit) == text  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        (date(2026, 11, 16), date(2026, 11, 23), "16 to 22 Nov 2026"), (date(2026, 10, 26), date(2026, 11, 2), "26 Oct to 1 Nov 2026"),
        (date(2025, 12, 29), date(2026, 1, 5), "29 Dec 2025 to 4 Jan 2026"), (date(2026, 1, 5), date(2026, 1, 6), "5 Jan 2026"),
    ],
)  # fmt: skip
def test_a_period_names_its_last_day_not_the_one_after(start: date, end: date, text: str) -> None:
    assert words.days_between(start, end) == text


def test_an_instant_is_told_on_the_citys_clock() -> None:
    assert words.instant(datetime(2026, 3, 8, 6, 59), NEW_YORK) == "Sun 8 Mar 2026, 01:59"
    assert words.instant(datetime(2026, 3, 8, 7, 0), NEW_YORK) == "Sun 8 Mar 2026, 03:00"


@pytest.mark.parametrize(
    ("grain", "start", "text"),
    [
        ("week", date(2026, 11, 16), "16 Nov 2026"), ("month", date(2026, 11, 1), "Nov 2026"), ("quarter", date(2026, 10, 1), "Q4 2026"),
        ("fiscal_year", date(2026, 7, 1), "FY 2027"),
    ],
)  # fmt: skip
def test_a_period_has_a_name(grain: str, start: date, text: str) -> None:
    assert words.period(start, grain, NEW_YORK) == text  # type: ignore[arg-type]


class TestChanges:
    def test_the_verdict_is_a_word(self) -> None:
        assert words.changed(change(120, 100, "lower"), "cases", "last week") == "up 20 (20 %) on last week, worse"
        assert words.changed(change(0.8, 0.75, "higher", 0.0), "share", "last week") == "up 5.0 points on last week, better"

    def test_a_figure_without_direction_gets_no_verdict(self) -> None:
        assert words.changed(change(120, 100, "neither"), "cases", "last week") == "up 20 (20 %) on last week"

    def test_a_small_base_gets_no_percentage(self) -> None:
        assert words.changed(change(6, 3, "lower"), "cases", "last week") == "up 3 on last week, worse"

    def test_nothing_to_compare_is_said(self) -> None:
        assert words.changed(change(6, None, "lower"), "cases", "last week") == "nothing to compare last week"

    def test_what_rounds_to_nothing_is_the_same(self) -> None:
        assert words.changed(change(0.80001, 0.8, "higher", 0.0), "share", "last week") == "same as last week"

    def test_a_share_that_was_nothing_has_a_difference_and_no_percentage(self) -> None:
        rise = change(0.5, 0.0, "higher", 0.0)
        assert (rise.difference, rise.share) == (0.5, None)
        assert words.changed(rise, "share", "last week") == "up 50.0 points on last week, better"

    def test_a_tiny_percentage_is_not_zero(self) -> None:
        assert "(under 1 %)" in words.changed(change(10_051, 10_000 + 30, "lower"), "cases", "last week")


def test_a_label_in_a_figure_cannot_be_a_link() -> None:
    """Plotly makes a live link of `<a href>` in any text it is given."""
    assert words.plain('<a href="https://evil.example">x</a> & y') == '&lt;a href="https://evil.example"&gt;x&lt;/a&gt; &amp; y'
    assert "<a" not in words.wrapped('<a href="https://evil.example">a long label of a request type</a>')
    assert words.wrapped("Unsafe Living Conditions: open cases").count("<br>") == 1


@pytest.mark.parametrize(("hours", "text"), [(0.2, "12 minutes"), (1, "1 hour"), (7.4, "7 hours"), (47, "47 hours"), (72, "3 days")])
def test_an_age_is_rounded_to_what_matters(hours: float, text: str) -> None:
    assert words.age(hours) == text


def test_a_list_of_names_ends() -> None:
    assert words.joined(["Parks"]) == "Parks"
    assert words.joined(["Parks", "Water"]) == "Parks and Water"
    assert words.joined(["A", "B", "C", "D", "E"]) == "A, B, C and 2 more"


def test_a_table_cell_keeps_what_is_missing_missing() -> None:
    assert text_of(None, "share") == text_of(pd.NaT, "day") == text_of(float("nan"), "number") == "–"


def test_a_file_has_the_shown_columns_with_their_own_values() -> None:
    frame = pd.DataFrame({"label": ["Parks"], "value": [0.79349], "href": ["/x"]})
    twin = Twin(frame, (Column("label", "Department", href="href"), Column("value", "On time", "share")))
    assert twin.for_file().to_dict("records") == [{"label": "Parks", "value": 0.79349}]


def test_a_small_line_leaves_gaps_open() -> None:
    drawn = spark(pd.DataFrame({"value": [1.0, 2.0, None, 3.0]}))
    assert drawn.count("M4.0") == 1 and drawn.count("M") - drawn.count("Mi") >= 2
    assert "path" not in spark(pd.DataFrame({"value": [None, 2.0]}))


@pytest.mark.parametrize(("share", "said"), [
    (0.0, "none of the"), (0.001, "fewer than 1 of 10"), (0.049, "fewer than 1 of 10"), (0.05, "1 of 10"), (0.25, "3 of 10"), (0.35, "4 of 10"),
    (0.45, "5 of 10"), (0.848, "8 of 10"), (0.949, "9 of 10"), (0.95, "more than 9 of 10"), (0.999, "more than 9 of 10"), (1.0, "all"),
])  # fmt: skip
def test_a_share_in_words_is_not_all_unless_it_is_all_and_not_none_unless_it_is_none(share: float, said: str) -> None:
    assert words.of_ten(share) == said


def test_one_service_is_not_compared_with_itself() -> None:
    assert words.most_and_least([("Pothole", 0.848)]) == "Pothole: 8 of 10 cases that were due were closed on time (84.8 %)."
    assert words.most_and_least([("Tree", 0.9), ("Pothole", 0.5)]) == "Tree was on time most often (90.0 %), Pothole least (50.0 %)."
    assert words.most_and_least([("Tree", 0.9), ("Pothole", 0.9)]) == "All 2 were on time equally often (90.0 %)."


def test_quarters_are_offered_by_name_once_they_have_ended() -> None:
    offered = words.quarters(Calendar("America/New_York"), datetime(2026, 4, 1, 3), 2)
    assert offered == [{"value": "latest", "label": "Latest: 1 Oct to 31 Dec 2025"}, {"value": "2025-Q3", "label": "1 Jul to 30 Sep 2025"}]
