"""The demo CRM is what a CRM of a city looks like: consistent, in local time, and the same for the same seed."""

from __future__ import annotations

import hashlib
from datetime import date, datetime
from pathlib import Path

import holidays
import numpy as np
import pandas as pd
import pytest
from sqlalchemy import create_engine, text

from data_access.demo import truths
from data_access.demo.arrivals import day_counts
from data_access.demo.build import DemoError, build_demo, demo_known_until
from data_access.demo.crm_schema import metadata
from data_access.demo.dirt import FAULTS

AS_OF = date(2026, 3, 31)
CASES = 6_000
TIMES = {
    "requests": ["opened_at", "due_at", "closed_at", "updated_at"], "activities": ["happened_at"], "satisfaction_answers": ["answered_at"],
    "records_requests": ["date_received", "date_created", "due_date", "date_closed", "updated_at"], "records_history": ["happened_at"],
    "opa_complaints": ["received_at", "classified_at", "closed_at", "updated_at"], "opa_status_changes": ["changed_at"],
    "lot_applications": ["received_at", "closed_at", "updated_at"], "lot_reviews": ["created_at"],
    "ideas": ["submitted_at", "first_answer_at", "ended_at", "updated_at"], "idea_updates": ["posted_at"],
    "code_cases": [
        "received_at", "target_date", "inspection_date", "notification_date", "hearing_scheduled_for", "hearing_date", "judgement_date",
        "resolution_date", "closed_date", "updated_at",
    ],
    "code_resets": ["reset_at", "old_hearing", "new_hearing", "old_target", "new_target"],
}  # fmt: skip
AHEAD = ("due_at", "due_date", "target_date", "hearing_scheduled_for", "new_hearing", "old_target", "new_target")
"""What is known of days to come."""
SPOILT_CENTURY = pd.Timestamp("2100-01-01")


def tables(url: str) -> dict[str, pd.DataFrame]:
    """All tables of the CRM, ordered by id, times as times."""
    engine = create_engine(url)
    with engine.connect() as connection:
        made = {
            table.name: pd.read_sql(text(f"SELECT * FROM {table.name} ORDER BY 1"), connection, parse_dates=TIMES.get(table.name))
            for table in metadata.sorted_tables
        }
    engine.dispose()
    return made


def content(url: str) -> str:
    """A fingerprint of every row of every table."""
    return hashlib.sha256("".join(frame.to_csv() for frame in tables(url).values()).encode()).hexdigest()


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = f"sqlite:///{tmp_path_factory.mktemp('demo') / 'crm.sqlite'}"
    build_demo(made, CASES, as_of=AS_OF)
    return made


@pytest.fixture(scope="module")
def crm(url: str) -> dict[str, pd.DataFrame]:
    return tables(url)


@pytest.fixture(scope="module")
def requests(crm: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Requests with the names of their type, department and queue, without the spoilt rows."""
    frame = crm["requests"]
    for name in ("request_type", "department", "queue"):
        names = crm[f"{name}s"].set_index("id")["name"]
        frame = frame.assign(**{name: frame[f"{name}_id"].map(names)})
    sound = frame["opened_at"].lt(SPOILT_CENTURY) & ~frame["closed_at"].lt(frame["opened_at"]) & ~frame["due_at"].lt(frame["opened_at"])
    return frame[sound & frame["address"].fillna("-").str.strip().ne("")]


def test_the_same_seed_and_day_give_the_same_database_and_another_seed_does_not(url: str, tmp_path: Path) -> None:
    same, other = f"sqlite:///{tmp_path / 'same.sqlite'}", f"sqlite:///{tmp_path / 'other.sqlite'}"
    build_demo(same, CASES, as_of=AS_OF)
    build_demo(other, CASES, seed=312, as_of=AS_OF)
    assert content(same) == content(url)
    assert content(other) != content(url)


def test_about_as_many_cases_are_built_as_were_asked_for(crm: dict[str, pd.DataFrame]) -> None:
    assert len(crm["requests"]) == pytest.approx(CASES, rel=0.03)
    assert not crm["requests"]["number"].duplicated().any()


def test_nothing_from_as_of_on_is_known_but_spoilt_rows_and_deadlines_ahead(crm: dict[str, pd.DataFrame]) -> None:
    now = pd.Timestamp(AS_OF)
    for table, columns in TIMES.items():
        for column in columns:
            at = crm[table][column].dropna()
            if column in ("opened_at", "received_at"):
                at = at[at < SPOILT_CENTURY]
            if column not in AHEAD:
                assert at.max() < now, (table, column)
    assert crm["requests"]["updated_at"].max() > now - pd.Timedelta(days=1)


def test_updated_at_is_the_last_thing_that_happened_to_a_request(crm: dict[str, pd.DataFrame], requests: pd.DataFrame) -> None:
    events = pd.concat([
        crm["activities"][["request_id", "happened_at"]],
        crm["satisfaction_answers"].rename(columns={"answered_at": "happened_at"})[["request_id", "happened_at"]],
    ])  # fmt: skip
    last = events.groupby("request_id")["happened_at"].max()
    assert (requests.set_index("id")["updated_at"] == last.reindex(requests["id"])).all()


def test_every_closing_and_reopening_of_a_request_is_told_by_its_activities(crm: dict[str, pd.DataFrame], requests: pd.DataFrame) -> None:
    told = crm["activities"][crm["activities"]["kind"].isin(["closed", "reopened"])].sort_values(["request_id", "happened_at"])
    turns = told.groupby("request_id")["kind"].agg(list).reindex(requests["id"])
    state = requests.set_index("id")["closed_at"].notna()
    allowed = {True: [["closed"], ["closed", "reopened", "closed"]], False: [["closed", "reopened"]]}
    for number, is_closed in state.items():
        happened = turns[number]
        assert happened in allowed[is_closed] or (not is_closed and not isinstance(happened, list))
    again = turns.map(lambda kinds: isinstance(kinds, list) and "reopened" in kinds)
    assert 0.02 < again.mean() < 0.07


def test_a_duplicate_points_to_an_earlier_request_of_its_type_and_place_that_is_no_duplicate(requests: pd.DataFrame) -> None:
    duplicates = requests[requests["parent_id"].notna()]
    parents = requests.set_index("id").reindex(duplicates["parent_id"])
    both = parents["number"].notna().to_numpy()
    mine, theirs = duplicates[both].reset_index(drop=True), parents[both].reset_index(drop=True)
    assert 0.025 < len(duplicates) / len(requests) < 0.055
    assert (mine["request_type"] == theirs["request_type"]).all()
    assert (mine["latitude"] == theirs["latitude"]).all() and (mine["longitude"] == theirs["longitude"]).all()
    assert (mine["opened_at"] >= theirs["opened_at"]).all()
    assert theirs["parent_id"].isna().all()


def test_a_transfer_ends_in_the_department_the_request_belongs_to(crm: dict[str, pd.DataFrame]) -> None:
    names = crm["departments"].set_index("id")["name"]
    owner = crm["requests"].set_index("id")["department_id"].map(names)
    moves = crm["activities"][crm["activities"]["kind"] == "transferred"]
    assert len(moves) > 50
    assert (moves["to_value"].to_numpy() == owner.reindex(moves["request_id"]).to_numpy()).all()
    assert (moves["from_value"] != moves["to_value"]).all()


def test_a_missed_collection_is_due_at_the_close_of_the_second_working_day(crm: dict[str, pd.DataFrame], requests: pd.DataFrame) -> None:
    """Opened on a Tuesday: due Thursday 17:00. Opened on a Saturday: due Tuesday 17:00."""
    moved = crm["activities"].loc[crm["activities"]["kind"] == "due_changed", "request_id"]
    mine = requests[(requests["request_type"] == "Missed Trash") & ~requests["id"].isin(moved)]
    free = [np.datetime64(day) for day in holidays.country_holidays("US", years=range(2021, 2028))]
    day = mine["opened_at"].to_numpy().astype("datetime64[D]")
    due = np.busday_offset(np.busday_offset(day, 0, "backward", holidays=free), 2, "forward", holidays=free)
    assert len(mine) > 200
    assert (mine["due_at"].to_numpy() == due.astype("datetime64[s]") + np.timedelta64(17, "h")).all()


def test_street_lights_are_due_sooner_since_the_rule_changed(crm: dict[str, pd.DataFrame], requests: pd.DataFrame) -> None:
    rules = crm["sla_rules"].merge(crm["request_types"], left_on="request_type_id", right_on="id")
    mine = rules[rules["name"] == "Street Light Outage"].sort_values("amount")
    changed = truths.dates_of(AS_OF).rule_change
    assert mine["amount"].tolist() == [7, 10]
    assert mine["valid_from"].iloc[0] == mine["valid_to"].iloc[1] == str(changed)
    assert pd.isna(mine["valid_to"].iloc[0]) and pd.isna(mine["valid_from"].iloc[1])
    lights = requests[requests["request_type"] == "Street Light Outage"]
    allowed = (lights["due_at"] - lights["opened_at"]).dt.days
    is_new = lights["opened_at"] >= pd.Timestamp(changed)
    assert allowed[~is_new].median() >= 13 and allowed[is_new].median() <= 11


def test_the_hour_that_the_clock_skips_in_spring_never_appears(crm: dict[str, pd.DataFrame]) -> None:
    """Clocks went from 02:00 to 03:00 on 12 March 2023, 10 March 2024, 9 March 2025 and 8 March 2026."""
    for table, columns in TIMES.items():
        for column in columns:
            at = crm[table][column].dropna()
            for day in ("2023-03-12", "2024-03-10", "2025-03-09", "2026-03-08"):
                assert not at.between(f"{day} 02:00:00", f"{day} 02:59:59").any()


def test_crews_report_without_a_resident_and_everybody_else_with_one(crm: dict[str, pd.DataFrame]) -> None:
    crew = crm["requests"]["entered_by_staff"] == 1
    assert crm["requests"].loc[crew, "constituent_id"].isna().all()
    assert crm["requests"].loc[~crew, "constituent_id"].isin(crm["constituents"]["id"]).all()


def test_there_is_personal_data_to_prove_that_it_goes_nowhere(crm: dict[str, pd.DataFrame]) -> None:
    people = crm["constituents"]
    assert people[["full_name", "email", "phone"]].notna().all().all()
    assert people["email"].str.endswith("@mail.example").all() and people["phone"].str.match(r"555-\d{4}$").all()
    assert crm["requests"]["description"].str.contains(r"call .+ at 555-").sum() > 100
    assert crm["requests"]["closure_note"].str.contains("Spoke with").sum() > 100


def test_closings_happen_when_people_work(requests: pd.DataFrame) -> None:
    closed = requests["closed_at"].dropna()
    assert (closed.dt.day_of_week >= 5).mean() < 0.09
    assert closed.dt.hour.between(7, 17).mean() > 0.8
    assert requests["opened_at"].dt.day_of_week.ge(5).mean() == pytest.approx(0.10, abs=0.03)


def test_a_year_of_a_quarter_million_cases_has_weekends_holidays_bad_days_and_one_silent_day() -> None:
    dates = truths.dates_of(AS_OF)
    counts = pd.Series(day_counts(dates, 250_000, 0, seed=311), index=pd.date_range(dates.start, periods=(AS_OF - dates.start).days))
    assert counts.sum() == pytest.approx(250_000, rel=0.005)
    weekday = counts[counts.index.day_of_week < 5]
    free = weekday.index.isin(pd.to_datetime(list(holidays.country_holidays("US", years=range(2022, 2027)))))
    assert weekday[free].mean() < 0.4 * weekday[~free].mean()
    assert counts[counts.index.day_of_week == 5].mean() == pytest.approx(0.27 * weekday.mean(), rel=0.15)
    assert counts[counts == 0].index.tolist() == [pd.Timestamp(dates.outage)]
    assert weekday[~free].var() / weekday[~free].mean() > 5, "more uneven than chance alone"
    assert counts[pd.Timestamp(dates.storm)] > 2 * counts.mean()


def test_about_one_row_in_a_thousand_is_spoilt_in_every_way_that_real_exports_are(tmp_path: Path) -> None:
    spoilt = f"sqlite:///{tmp_path / 'crm.sqlite'}"
    build_demo(spoilt, 30_000, as_of=AS_OF)
    frame = tables(spoilt)["requests"]
    ways = {
        "closed before opened": frame["closed_at"].lt(frame["opened_at"]) & frame["closed_at"].gt("1990-01-01"),
        "closed in 1970": frame["closed_at"] == "1970-01-01", "due before opened": frame["due_at"] < frame["opened_at"],
        "opened in the next century": frame["opened_at"] > SPOILT_CENTURY, "opened without a time": frame["opened_at"].isna(),
        "blank texts": frame["priority"] == "",
    }  # fmt: skip
    assert set(ways) == set(FAULTS)
    assert all(rows.sum() >= 1 for rows in ways.values())
    assert 0.0005 < sum(rows.sum() for rows in ways.values()) / len(frame) < 0.0015
    assert (frame["status"] == "Pending Vendor").any() and (frame["channel"] == "Kiosk").any()


def test_a_demo_is_replaced_but_never_somebodys_own_tables(tmp_path: Path) -> None:
    mine = f"sqlite:///{tmp_path / 'mine.sqlite'}"
    engine = create_engine(mine)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE permits (id INTEGER)"))
    with pytest.raises(DemoError, match=r"already has tables \(permits\).*name an empty database"):
        build_demo(mine, 1_000, as_of=AS_OF)
    with engine.begin() as connection:
        connection.execute(text("DROP TABLE permits"))
    assert demo_known_until(mine) is None
    build_demo(mine, 1_000, as_of=AS_OF)
    first = content(mine)
    build_demo(mine, 1_000, as_of=AS_OF)
    assert content(mine) == first
    assert demo_known_until(mine) == datetime(2026, 3, 31)
    engine.dispose()


@pytest.mark.parametrize(("url", "cases", "said"), [
    ("sqlite:///crm.sqlite", 10, "10 cases are too few"),
    ("nonsense", 1_000, "'nonsense' is no database address"),
    ("oracle://x/y", 1_000, "can be in sqlite, postgresql, mysql, mariadb"),
    ("postgresql+psycopg://nobody@127.0.0.1:1/none", 1_000, "cannot be written"),
])  # fmt: skip
def test_what_cannot_be_built_is_refused_in_one_line(url: str, cases: int, said: str) -> None:
    with pytest.raises(DemoError, match=said) as refused:
        build_demo(url, cases, as_of=AS_OF)
    assert "\n" not in str(refused.value)


def test_without_a_day_the_demo_ends_today_in_the_city(tmp_path: Path) -> None:
    now = f"sqlite:///{tmp_path / 'crm.sqlite'}"
    build_demo(now, 1_000)
    today = pd.Timestamp.now("America/New_York").normalize().tz_localize(None)
    assert demo_known_until(now) in (today, today - pd.Timedelta(days=1))
