"""Published exports that nobody here wrote: every row is accounted for, and the figures are those pandas finds in the raw files."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pandas as pd
import pytest
from sqlalchemy import select

from access import scope_of
from metrics.measure import measure
from tests.support.marts import MAYOR
from tests.support.real import (
    ALL,
    BALTIMORE,
    BOSTON,
    BOSTON_ANIMAL,
    CHICAGO,
    DC_MEASURES,
    LOS_ANGELES,
    NYC_2018,
    NYC_2023,
    Loaded,
    RealCity,
)  # fmt: skip
from tests.support.real_raw import BOSTON_STAFF, by_area, rows, tally, truth

Load = Callable[[RealCity], Loaded]
DC_LINE = ["Agency_Full_Name_", "Budget_Program", "Measure_Name", "Fiscal_Year"]
DC_SAID = ["Measure_Type", "Data_Type_Formula", "Directionality", "Q1_Actual", "Q2_Actual", "Q3_Actual", "Q4_Actual", "YE_Actual",
           "YE_Target", "Rating"]  # fmt: skip
CASES = tuple(city for city in ALL if city is not DC_MEASURES)


@pytest.mark.parametrize("real", ALL, ids=lambda real: real.name)
def test_every_row_that_was_read_is_new_changed_unchanged_or_in_quarantine(real: RealCity, load_real: Load) -> None:
    city, frame = load_real(real), rows(real)
    (row,) = city.mart.loads(scope_of(MAYOR)).to_dict("records")
    assert row["rows_read"] == len(frame)
    assert row["rows_read"] == row["rows_new"] + row["rows_changed"] + row["rows_unchanged"] + row["rows_quarantined"]
    assert len(city.staff("quarantine")) == row["rows_quarantined"]
    if real is DC_MEASURES:
        padding = (frame["Measure_Name"].str.strip() == "") | (frame["Agency_Full_Name_"].str.strip() == "")
        lines = frame.loc[~padding, [*DC_LINE, *DC_SAID]].apply(lambda column: column.str.strip())
        measures, same = lines.groupby(DC_LINE).ngroups, int(lines.duplicated().sum())
        assert (row["rows_quarantined"], row["rows_new"]) == (int(padding.sum()), measures) == (2_385, 6_188)
        assert (row["rows_unchanged"], row["rows_changed"]) == (same, len(lines) - measures - same) == (11, 10)
    else:
        assert len(city.records()) == row["rows_new"] == len(frame)


@pytest.mark.parametrize("real", CASES, ids=lambda real: real.name)
def test_reports_by_month_are_those_of_the_file(real: RealCity, load_real: Load) -> None:
    expected = tally(truth(real).opened.dt.strftime("%Y-%m-01"))
    assert sum(expected.values()) == len(rows(real))
    assert load_real(real).counts("reports", "month") == expected


@pytest.mark.parametrize(
    ("real", "column", "channels"),
    [
        (BOSTON, "source", {"Phone": ["Constituent Call"], "App": ["Citizens Connect App"], "Web": ["Self Service"], "Social": ["Twitter"],
                            "Staff": ["Employee Generated"], "Other": ["Maximo Integration"]}),
        (BOSTON_ANIMAL, "source", {"Phone": ["Constituent Call"], "App": ["Citizens Connect App"], "Web": ["Self Service"],
                                   "Social": ["Twitter"], "Staff": [*BOSTON_STAFF], "Other": ["Maximo Integration"]}),
        (BALTIMORE, "MethodReceived", {"Phone": ["Phone"], "App": ["API"], "Staff": ["Internal"], "Mail": ["Mail"],
                                       "Other": ["System", "Other"], "Email": ["Email"], "Web": ["Web"]}),
        (NYC_2018, "Open Data Channel Type", {"Phone": ["PHONE"], "Web": ["ONLINE"], "App": ["MOBILE"], "Unknown": ["UNKNOWN"],
                                              "Other": ["OTHER"]}),
        (NYC_2023, "Open Data Channel Type", {"Phone": ["PHONE"], "Web": ["ONLINE"], "App": ["MOBILE"], "Unknown": ["UNKNOWN"]}),
        (LOS_ANGELES, "RequestSource", {"Phone": ["Call", "Voicemail"], "App": ["Mobile App"], "Web": ["Self Service"], "Email": ["Email"],
                                        "Walk in": ["Walk-in"], "Staff": ["Driver Self Report"], "Other": ["Council's Office"]}),
        (CHICAGO, "origin", {"Phone": ["Phone Call"], "Web": ["Internet"], "Staff": ["Mass Entry"], "Other": ["Alderman's Office"],
                             "App": ["Mobile Device", "Salesforce Mobile App", "spot-open311-Chicago+Works", "spot-open311-SeeClickFix"]}),
    ],
    ids=[city.name for city in CASES],
)  # fmt: skip
def test_reports_by_channel_are_those_of_the_file(real: RealCity, column: str, channels: dict[str, list[str]], load_real: Load) -> None:
    words = rows(real)[column]
    expected = {channel: int(words.isin(said).sum()) for channel, said in channels.items()}
    assert sum(expected.values()) == len(words), "the words of the file are all in the table above"
    assert load_real(real).counts("reports", "channel") == expected


@pytest.mark.parametrize(
    ("real", "layer", "columns", "unplaced"),
    [
        (BOSTON, "neighborhood", ("latitude", "longitude"), 4_790),
        (BOSTON_ANIMAL, "neighborhood", ("latitude", "longitude"), 141),
        (BALTIMORE, "neighborhood", ("Latitude", "Longitude"), 1_669),
        (NYC_2018, "community_district", ("Latitude", "Longitude"), 126),
        (NYC_2023, "community_district", ("Latitude", "Longitude"), 104),
        (LOS_ANGELES, "neighborhood_council", ("Latitude", "Longitude"), 3_099),
        (LOS_ANGELES, "council_district", ("Latitude", "Longitude"), 2_867),
        (CHICAGO, "ward", ("latitude", "longitude"), 3_530),
    ],
    ids=lambda value: value.name if isinstance(value, RealCity) else value if isinstance(value, str) else "",
)
def test_reports_by_area_are_those_of_points_in_polygons(
    real: RealCity, layer: str, columns: tuple[str, str], unplaced: int, load_real: Load
) -> None:
    found = load_real(real).counts("reports", layer)
    assert found == by_area(real, layer, *columns)
    assert found["Not on the map"] == unplaced


@pytest.mark.parametrize(("real", "classes"), [
    (BOSTON, {"Service": 46_311, "Staff entered": 9_360, "Duplicate": 2_580}),
    (BOSTON_ANIMAL, {"Service": 45_322, "Staff entered": 894, "Duplicate": 422}),
    (BALTIMORE, {"Service": 7_614, "Staff entered": 2_182, "Duplicate": 204}),
    (NYC_2018, {"Service": 6_765}),
    (NYC_2023, {"Service": 4_999}),
    (LOS_ANGELES, {"Service": 16_065, "Staff entered": 3_409, "Withdrawn": 525}),
    (CHICAGO, {"Service": 1_216, "Information": 3_570, "Duplicate": 175, "Withdrawn": 39}),
], ids=lambda value: value.name if isinstance(value, RealCity) else "")  # fmt: skip
def test_cases_fall_into_their_classes(real: RealCity, classes: dict[str, int], load_real: Load) -> None:
    assert tally(truth(real).classes) == classes
    assert load_real(real).counts("reports", "case_class") == classes


@pytest.mark.parametrize("real", CASES, ids=lambda real: real.name)
def test_closed_open_and_overdue_are_those_of_the_file(real: RealCity, load_real: Load) -> None:
    city, of = load_real(real), truth(real)
    as_of = city.asked().calendar.local(city.mart.as_of).replace(tzinfo=None)
    assert city.figure("closed").value == (of.counted & of.closed.notna()).sum()
    assert city.figure("backlog").value == (of.counted & of.closed.isna()).sum()
    assert city.figure("overdue_now").value == (of.has_due & of.closed.isna() & (of.due < as_of)).sum()


@pytest.mark.parametrize("real", CASES, ids=lambda real: real.name)
def test_on_time_is_that_of_the_file_by_each_definition(real: RealCity, load_real: Load) -> None:
    """Of all classes; a city without deadlines has no rate at all, not one of 0 %."""
    city, of = load_real(real), truth(real)
    is_due = of.due <= city.asked().calendar.local(city.mart.as_of).replace(tzinfo=None)
    populations = {
        "ontime_due": of.has_due & is_due, "ontime_closed": of.has_due & of.closed.notna(), "ontime_opened_all": of.has_due,
        "ontime_closed_plus_overdue": of.has_due & (of.closed.notna() | is_due),
    }  # fmt: skip
    for metric, cases in populations.items():
        found = city.figure(metric)
        met = of.on_time & cases
        assert (found.numerator, found.denominator) == (met.sum(), cases.sum())
        assert found.value == (pytest.approx(met.sum() / cases.sum()) if cases.any() else None)


@pytest.mark.parametrize("real", CASES, ids=lambda real: real.name)
def test_days_to_close_are_those_of_the_file(real: RealCity, load_real: Load) -> None:
    days, found = truth(real).days_to_close, load_real(real).figure("ttc_closed").frame.iloc[0]
    assert found["n"] == len(days)
    # Ours are counted in whole seconds.
    assert (found["median"], found["p90"]) == pytest.approx(tuple(days.quantile([0.5, 0.9])), abs=1 / 86400)


@pytest.mark.parametrize(("real", "column"), [(BOSTON, "department"), (BALTIMORE, "Agency")], ids=["boston", "baltimore"])
def test_late_rates_by_department_are_those_of_the_file(real: RealCity, column: str, load_real: Load) -> None:
    of = truth(real)
    judged = pd.DataFrame({"department": rows(real)[column].str.strip(), "late": ~of.on_time})[of.has_due & of.closed.notna()]
    expected = judged.groupby("department")["late"].agg(["sum", "size"])
    found = measure("ontime_closed", load_real(real).asked(), by="department").frame.set_index("label")
    assert (found["denominator"] - found["numerator"]).to_dict() == expected["sum"].to_dict()
    assert found["denominator"].to_dict() == expected["size"].to_dict()


@pytest.mark.parametrize(
    ("real", "kind", "field", "count"),
    [
        (BOSTON, "placeholder_point", "latitude, longitude", 4_775),
        (BOSTON, "due_before_opened", "due_at", 3),
        (BOSTON, "blank", "area:neighborhood", 2_829),
        (BOSTON_ANIMAL, "closed_before_opened", "closed_at", 10),
        (BALTIMORE, "placeholder_point", "latitude, longitude", 885),
        (NYC_2018, "damaged_text", "resolution_text", 36),
        (NYC_2018, "closed_without_date", "closed_at", 2),
        (NYC_2018, "closing_date_but_not_closed", "status", 117),
        (NYC_2023, "damaged_text", "resolution_text", 183 + 15),
        (NYC_2023, "closed_before_opened", "closed_at", 2),
        (NYC_2023, "closing_date_but_not_closed", "status", 35),
        (LOS_ANGELES, "closed_before_opened", "closed_at", 25),
        (CHICAGO, "placeholder_point", "latitude, longitude", 2_837 + 688),
        (DC_MEASURES, "not_a_number", "year_value", 501),
        (DC_MEASURES, "contradicting_lines", "measure", 10),
    ],
    ids=lambda value: value.name if isinstance(value, RealCity) else str(value),
)
def test_what_is_known_to_be_wrong_with_a_file_was_noticed(real: RealCity, kind: str, field: str, count: int, load_real: Load) -> None:
    found = load_real(real).staff("quality_issues")
    assert found.loc[(found["kind"] == kind) & (found["field"] == field), "case_count"].sum() == count


def test_no_word_of_these_files_is_unknown_to_its_preset(load_real: Load) -> None:
    for real in CASES:
        kinds = load_real(real).staff("quality_issues")["kind"]
        assert not kinds.str.startswith("unmapped").any(), real.name


def test_boston_s_later_files_close_cases_at_the_time_their_own_text_says(load_real: Load) -> None:
    """The closing text quotes the time; the column is four or five hours early, and the preset undoes that."""
    quoted = rows(BOSTON_ANIMAL).set_index("case_enquiry_id")["closure_reason"].str.extract(r"Closed date : ([-0-9]+ [0-9:]+)")[0].dropna()
    closed = load_real(BOSTON_ANIMAL).records("closed_at")["closed_at"].reindex(quoted.index).dropna()
    local = closed.dt.tz_localize("UTC").dt.tz_convert(BOSTON_ANIMAL.zone).dt.strftime("%Y-%m-%d %H:%M:%S")
    # Ten say that they were closed seconds before they were opened.
    local = local[truth(BOSTON_ANIMAL).trusted.set_axis(rows(BOSTON_ANIMAL)["case_enquiry_id"])[local.index]]
    assert len(local) == 23_733 - 10
    assert (local == quoted[local.index]).all()


def test_what_staff_wrote_when_closing_is_not_kept(load_real: Load) -> None:
    """Of Boston's closing texts only the category stays; they can name a resident."""
    for real in (BOSTON, BOSTON_ANIMAL):
        kept = load_real(real).records("outcome_raw", "title", "description", "resolution_text")
        assert kept[["title", "description", "resolution_text"]].isna().all(axis=None)
        assert kept["outcome_raw"].nunique() <= 16
        assert kept["outcome_raw"].str.len().max() <= 35


def test_washington_s_measures_have_their_targets_and_values(load_real: Load) -> None:
    """6,188 measures of agencies' budget programmes and years, with a target each; 496 have no figure for the year."""
    frame = rows(DC_MEASURES).apply(lambda column: column.str.strip())
    frame = frame[(frame["Measure_Name"] != "") & (frame["Agency_Full_Name_"] != "")]
    # Of lines for the same measure and year the last with a figure counts.
    frame = frame.assign(reported=frame["YE_Actual"] != "N/A").sort_values("reported", kind="stable").drop_duplicates(DC_LINE, keep="last")
    raw_lines = {
        (agency, programme or None, name, int(float(year))): (float(target), None if actual == "N/A" else float(actual))
        for agency, programme, name, year, target, actual in frame[[*DC_LINE, "YE_Target", "YE_Actual"]].itertuples(index=False)
    }
    city = load_real(DC_MEASURES)
    scope = city.asked().scope
    measures, values = city.mart.measures(scope), city.mart.measure_values(scope)
    joined = select(
        measures.c.department_id, measures.c.activity, measures.c.name, values.c.fiscal_year, values.c.target, values.c.value
    ).join(values, values.c.measure_id == measures.c.id)
    found = city.mart.read(joined.where(values.c.quarter == 0), scope)
    agencies = city.mart.dimensions.departments.by_id
    ours = {
        (agencies[int(agency)].name, None if pd.isna(programme) else programme, name, int(year)): (
            float(target),
            None if pd.isna(value) else float(value),
        )
        for agency, programme, name, year, target, value in found.itertuples(index=False)
    }
    assert len(found) == len(ours) == 6_188
    assert ours == raw_lines
    assert sum(value is None for _, value in ours.values()) == 496


def test_washington_s_measures_are_known_to_the_end_of_their_last_year(load_real: Load) -> None:
    """The file ends with 2013 and was read years later."""
    assert int(float(rows(DC_MEASURES)["Fiscal_Year"].max())) == 2013
    assert load_real(DC_MEASURES).mart.as_of == datetime(2014, 1, 1, 5)


def test_boston_judges_itself_on_time_exactly_where_we_do(load_real: Load) -> None:
    """Every closed case with a due date and the city's own flag."""
    city, frame = load_real(BOSTON), rows(BOSTON).set_index("case_enquiry_id")
    asked = city.asked()
    facts, records = asked.facts(), city.mart.case_records(asked.scope)
    chosen = select(records.c.source_id, facts.is_met.label("met")).join(facts.spell, facts.column("case_id") == records.c.case_id)
    ours = city.mart.read(chosen.where(facts.is_closed, facts.column("due_at").is_not(None)), asked.scope).set_index("source_id")["met"]
    both = frame[(frame["closed_dt"] != "") & (frame["target_dt"] != "") & (frame["ontime"] != "")]
    theirs = both["ontime"] == "ONTIME"
    assert len(both) > 43_000
    assert (ours.reindex(both.index).astype(bool) == theirs).all()
