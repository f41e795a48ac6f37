"""The demo city's other programmes: each is consistent in itself, and what was planted in it can be counted in its tables."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import holidays
import numpy as np
import pandas as pd
import pytest

from data_access.demo.build import advance_demo, build_demo
from settings import Settings
from tests.support.demo import AS_OF, demo_url
from tests.test_demo_build import SPOILT_CENTURY, tables

DAY = pd.Timedelta(days=1)
Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def crm(demo_settings: Settings) -> Tables:
    return tables(demo_url(demo_settings.data))


@pytest.fixture(scope="module")
def planted(demo_settings: Settings) -> dict[str, dict[str, Any]]:
    told = json.loads((demo_settings.data / "demo_truths.json").read_text("utf-8"))["truths"]
    return {truth["id"]: truth for truth in told}


def _days(begun: pd.Series, ended: pd.Series) -> pd.Series:
    return (ended - begun) / DAY


def _entered(history: pd.DataFrame, case: str, word: str, at: str, name: str) -> pd.Series:
    """When each case came into a stage."""
    return history[history[word] == name].set_index(case)[at]


def test_records_requests_to_one_department_get_stuck_in_legal_review(crm: Tables, planted: dict[str, dict[str, Any]]) -> None:
    truth, requests = planted["records_stuck"], crm["records_requests"].set_index("id")
    mine = requests[requests["department"] == truth["department"]]
    review = _entered(crm["records_history"], "request_id", "to_value", "happened_at", truth["stage"]).reindex(mine.index).dropna()
    days = _days(review, mine["date_closed"].reindex(review.index))
    since = review >= pd.Timestamp(truth["on"])
    assert (len(days[~since]), len(days[since])) == (truth["cases_before"], truth["cases_since"])
    assert days[~since].median() == pytest.approx(truth["median_days_before"], abs=0.01)
    assert days[since].median() == pytest.approx(truth["median_days_since"], abs=0.01)
    assert days[since].median() > 3 * days[~since].median()
    others = requests[requests["department"] != truth["department"]]
    review = _entered(crm["records_history"], "request_id", "to_value", "happened_at", truth["stage"]).reindex(others.index).dropna()
    days = _days(review, others["date_closed"].reindex(review.index))
    assert days[review >= pd.Timestamp(truth["on"])].median() < 5, "nobody else's do"


def test_for_two_quarters_complaints_are_not_classified_in_time(crm: Tables, planted: dict[str, dict[str, Any]]) -> None:
    truth, complaints = planted["complaints_unclassified"], crm["opa_complaints"]
    ripe = complaints[complaints["received_at"] < pd.Timestamp(AS_OF) - 30 * DAY]
    in_time = ripe["classified_at"] <= ripe["received_at"] + 30 * DAY
    slow = ripe["received_at"].between(truth["from"], truth["to"], inclusive="left")
    assert (slow.sum(), (~slow).sum()) == (truth["cases"], truth["cases_otherwise"])
    assert in_time[slow].mean() == pytest.approx(truth["classified_in_time"], abs=1e-4)
    assert in_time[~slow].mean() == pytest.approx(truth["classified_in_time_otherwise"], abs=1e-4)
    assert in_time[slow].mean() < 0.4 and in_time[~slow].mean() > 0.85
    assert (date.fromisoformat(truth["from"]).month - 1) % 3 == 0 and (
        date.fromisoformat(truth["to"]) - date.fromisoformat(truth["from"])
    ).days > 180


def test_an_alderman_s_letter_takes_twice_as_long(crm: Tables, planted: dict[str, dict[str, Any]]) -> None:
    truth, reviews = planted["letters_slow"], crm["lot_reviews"]
    asked = _entered(reviews, "application_id", "next_step", "created_at", truth["stage"])
    done = reviews[(reviews["step_completed"] == truth["stage"]) & reviews["next_step"].notna()].set_index("application_id")["created_at"]
    days = _days(asked, done.reindex(asked.index)).dropna()
    since = asked.reindex(days.index) >= pd.Timestamp(truth["on"])
    assert (len(days[~since]), len(days[since])) == (truth["cases_before"], truth["cases_since"])
    assert days[~since].median() == pytest.approx(truth["median_days_before"], abs=0.01)
    assert days[since].median() == pytest.approx(truth["median_days_since"], abs=0.01)
    assert 1.6 < days[since].median() / days[~since].median() < 2.4


def test_ideas_get_their_first_answer_sooner_since_a_moderator_began(crm: Tables, planted: dict[str, dict[str, Any]]) -> None:
    truth, ideas = planted["first_answers"], crm["ideas"]
    days, since = _days(ideas["submitted_at"], ideas["first_answer_at"]), ideas["submitted_at"] >= pd.Timestamp(truth["on"])
    assert (since.sum(), (~since).sum()) == (truth["cases_since"], truth["cases_before"])
    assert (days[since].count(), days[~since].count()) == (truth["answered_since"], truth["answered_before"])
    assert days[~since].median() == pytest.approx(truth["median_days_before"], abs=0.01)
    assert days[since].median() == pytest.approx(truth["median_days_since"], abs=0.01)
    assert days[since].median() < 0.5 * days[~since].median()


def test_more_hearings_are_reset_and_every_reset_moves_the_target(crm: Tables, planted: dict[str, dict[str, Any]]) -> None:
    truth, cases, resets = planted["hearings_reset"], crm["code_cases"].set_index("id"), crm["code_resets"]
    first = resets.groupby("case_id")["old_hearing"].min()
    hearing = first.reindex(cases.index).fillna(cases["hearing_scheduled_for"])
    heard = hearing[hearing < pd.Timestamp(AS_OF)]
    since, reset = heard >= pd.Timestamp(truth["on"]), heard.index.isin(first.index)
    assert (since.sum(), (~since).sum()) == (truth["hearings_since"], truth["hearings_before"])
    assert reset[since].mean() == pytest.approx(truth["reset_since"], abs=1e-4)
    assert reset[~since].mean() == pytest.approx(truth["reset_before"], abs=1e-4)
    assert reset[since].mean() > 2 * reset[~since].mean()
    last = resets.sort_values("reset_at").groupby("case_id").last()
    assert (cases["target_date"].reindex(last.index) == last["new_target"]).all()
    assert (last["new_hearing"] == cases["hearing_scheduled_for"].reindex(last.index)).all()
    assert (resets["new_target"] - resets["old_target"] >= 26 * DAY).all()


def test_a_records_request_is_due_after_ten_working_days_and_an_extension_names_its_basis(crm: Tables) -> None:
    """Received on Monday, 2 March 2026: due on Monday the 16th, 17:00; received on a Saturday: as if on the Friday before."""
    requests, history = crm["records_requests"].set_index("id"), crm["records_history"]
    extended = history[history["action"] == "extended"].set_index("request_id")
    assert set(extended.index) == set(requests.index[requests["extended"] == 1]) and len(extended) > 10
    assert extended["reason"].nunique() == 4
    moved = pd.to_datetime(extended["to_value"]) - pd.to_datetime(extended["from_value"])
    assert (moved == 14 * DAY).all()
    first = requests["due_date"].mask(requests["extended"] == 1, requests["due_date"] - 14 * DAY)
    free = [np.datetime64(day) for day in holidays.country_holidays("US", years=range(2021, 2028))]
    received = requests["date_received"].dropna()
    day = np.busday_offset(received.to_numpy().astype("datetime64[D]"), 0, "backward", holidays=free)
    due = np.busday_offset(day, 10, "forward", holidays=free).astype("datetime64[s]") + np.timedelta64(17, "h")
    assert (first.reindex(received.index).to_numpy() == due).all()
    late = requests["date_closed"].isna() & (requests["due_date"] < pd.Timestamp(AS_OF)) | (requests["date_closed"] > requests["due_date"])
    assert 0.02 < late.mean() < 0.35


def test_where_a_records_request_is_follows_from_its_history(crm: Tables) -> None:
    requests, history = crm["records_requests"].set_index("id"), crm["records_history"].sort_values(["happened_at", "id"])
    last = history[history["action"] == "stage"].groupby("request_id")["to_value"].last()
    assert (last.reindex(requests.index).fillna("Received") == requests["current_stage"]).all()
    owner = history[history["action"].isin(["assigned", "rerouted"])].groupby("request_id")["to_value"].last()
    assert (owner == requests["department"].reindex(owner.index)).all()
    moves = history[history["action"] == "rerouted"]
    assert len(moves) > 5 and (moves["from_value"] != moves["to_value"]).all()
    closed = history[history["action"] == "closed"].set_index("request_id").sort_index()
    assert (closed["happened_at"] == requests["date_closed"].dropna()).all() and (
        closed["reason"] == requests["closing_reason"].dropna()
    ).all()
    after = history.merge(requests["date_closed"], left_on="request_id", right_index=True)
    assert (after["happened_at"] <= after["date_closed"].fillna(pd.Timestamp(AS_OF))).all(), "nothing happens after the end"
    assert (requests["date_created"] >= requests["date_received"].fillna(requests["date_created"])).all()


def test_a_complaint_goes_from_intake_to_a_finding(crm: Tables) -> None:
    complaints, changes = crm["opa_complaints"].set_index("id"), crm["opa_status_changes"].sort_values("changed_at")
    turns = changes.groupby("complaint_id").agg({"old_status": "first", "new_status": list})
    allowed = [["Closed"], ["Investigation"], ["Investigation", "Review"], ["Investigation", "Review", "Closed"]]
    assert (turns["old_status"] == "Intake").all() and all(turn in allowed for turn in turns["new_status"])
    last = turns["new_status"].str[-1].reindex(complaints.index).fillna("Intake")
    assert (last == complaints["status"]).all()
    assert complaints["finding"].notna().equals(complaints["status"] == "Closed")
    assert {"Sustained", "Not sustained", "Unfounded", "Exonerated", "Mediated"} <= set(complaints["finding"])
    assert not {"address", "latitude", "longitude"} & set(complaints.columns), "nobody is told where"


def test_a_lot_is_sold_once_and_lost_only_by_those_who_were_not_alone(crm: Tables) -> None:
    lots = crm["lot_applications"].set_index("id")
    assert (lots[lots["status"] == "Sold"].groupby("parcel_id").size() == 1).all()
    lost = lots[lots["closing_reason"] == "Not selected in the lottery"]
    assert len(lost) > 10 and (lots.groupby("parcel_id").size().reindex(lost["parcel_id"]) > 1).all()
    assert (lost["current_step"] == "Lottery").all()
    reviews = crm["lot_reviews"].sort_values("id")
    reached = reviews.dropna(subset="next_step").groupby("application_id")["next_step"].last()
    assert (reached.reindex(lots.index).fillna("Deed check") == lots["current_step"]).all()
    assert reviews.groupby("application_id")["created_at"].is_monotonic_increasing.all()
    rounds = crm["lot_parcels"].merge(crm["lot_rounds"], left_on="round_id", right_on="id", suffixes=("", "_round")).set_index("id")
    asked = lots.merge(rounds[["start_date", "end_date"]], left_on="parcel_id", right_index=True)
    assert (asked["received_at"].between(pd.to_datetime(asked["start_date"]), pd.to_datetime(asked["end_date"]))).all()


def test_an_idea_s_status_is_the_last_one_that_was_posted(crm: Tables) -> None:
    ideas, updates = crm["ideas"].set_index("id"), crm["idea_updates"].sort_values(["posted_at", "id"])
    last = updates.groupby("idea_id")["new_status"].last()
    assert (last.reindex(ideas.index).fillna("Submitted") == ideas["status"]).all()
    assert ideas["ended_at"].notna().equals(ideas["status"].isin(["Done", "Not planned", "Merged"]))
    merged = ideas[ideas["status"] == "Merged"]
    assert len(merged) > 2 and (ideas["topic"].reindex(merged["merged_into"]).to_numpy() == merged["topic"].to_numpy()).all()
    assert ideas["votes"].between(0, 2_000).all() and ideas["votes"].sum() > ideas["comments"].sum() > 100


def test_the_milestones_of_code_enforcement_are_in_their_order(crm: Tables) -> None:
    cases = crm["code_cases"][crm["code_cases"]["received_at"] < SPOILT_CENTURY]
    milestones = ("received_at", "inspection_date", "notification_date", "hearing_date", "judgement_date", "resolution_date")
    for earlier, later in zip(milestones, milestones[1:], strict=False):
        there = cases[cases[later].notna() & cases[earlier].notna()]
        assert len(there) > 20 and (there[earlier] < there[later]).all(), (earlier, later)
    assert cases["closed_date"].notna().equals(cases["status"] == "Closed")


def test_what_is_spoilt_is_written_down(crm: Tables, planted: dict[str, dict[str, Any]]) -> None:
    assert crm["records_requests"]["date_received"].isna().sum() == planted["records_stuck"]["without_a_date"] > 0
    assert (crm["code_cases"]["received_at"] > SPOILT_CENTURY).sum() == planted["hearings_reset"]["in_the_next_century"] > 0


def test_every_system_knows_people(crm: Tables) -> None:
    """Invented ones, to prove that they go nowhere."""
    for table in ("records_requesters", "opa_people", "lot_applicants", "idea_authors", "code_owners"):
        people = crm[table]
        assert people["email"].str.endswith("@mail.example").all() and people["phone"].str.match(r"555-\d{4}$").all(), table
    assert crm["lot_applicants"]["ssn"].str.startswith("000-").all(), "no such number is ever given out"
    for table, column in (
        ("records_requests", "request_text"),
        ("opa_complaints", "summary"),
        ("ideas", "body"),
        ("code_resets", "requested_by"),
    ):
        assert crm[table][column].str.contains("555-").sum() > 10, table


def test_what_moves_on_in_a_programme_says_so_by_updated_at(tmp_path: Path) -> None:
    url, later = f"sqlite:///{tmp_path / 'crm.sqlite'}", datetime(2026, 4, 10, 12)
    build_demo(url, 1_000, as_of=AS_OF)
    before = tables(url)
    advance_demo(url, later)
    after = tables(url)
    for table in ("records_requests", "opa_complaints", "lot_applications", "ideas", "code_cases"):
        then, now = before[table].set_index("id"), after[table].set_index("id")
        same = ((then == now.reindex(then.index)) | (then.isna() & now.reindex(then.index).isna())).all(axis=1)
        changed = now.reindex(then.index)[~same]
        assert len(changed) and (changed["updated_at"] >= pd.Timestamp(AS_OF)).all(), table
        assert (now["updated_at"] < pd.Timestamp(later)).all(), table
    assert len(after["ideas"]) > len(before["ideas"]) and len(after["records_history"]) > len(before["records_history"])
