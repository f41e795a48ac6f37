"""The other programmes of the demo city as the product shows them: every word understood, every story found, nobody told of."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import func, select

from access import scope_of
from data_access import vocabulary
from data_access.mart.reading import Mart, open_mart
from metrics.measure import ask, measure
from metrics.periods import Calendar
from metrics.question import BadQuestion, Question, parse_question
from settings import Settings
from tests.support.demo import AS_OF, demo_city, demo_url
from tests.support.marts import MAYOR, calendar_of
from tests.test_demo_build import tables

PROGRAMMES = ("records", "complaints", "lots", "ideas", "code")
FIRST = AS_OF - timedelta(days=1461)


@pytest.fixture(scope="module")
def mart(demo_settings: Settings) -> Mart:
    return open_mart(demo_settings)


@pytest.fixture(scope="module")
def calendar(demo_settings: Settings) -> Calendar:
    return calendar_of(demo_city(demo_settings.data))


@pytest.fixture(scope="module")
def planted(demo_settings: Settings) -> dict[str, dict[str, Any]]:
    told = json.loads((demo_settings.data / "demo_truths.json").read_text("utf-8"))["truths"]
    return {truth["programme"]: truth for truth in told if "programme" in truth}


@pytest.fixture(scope="module")
def crm(demo_settings: Settings) -> dict[str, pd.DataFrame]:
    return tables(demo_url(demo_settings.data))


def figure(mart: Mart, calendar: Calendar, metric: str, start: date, end: date, **filters: Any) -> float:
    question = Question(start=start, end=end, as_of=mart.as_of, **filters)
    return float(measure(metric, ask(mart, calendar, question, MAYOR)).frame["value"].iloc[0])


def test_every_row_is_loaded_but_the_spoilt_ones_and_no_word_is_unknown(mart: Mart, planted: dict[str, dict[str, Any]]) -> None:
    scope = scope_of(MAYOR)
    issues = mart.read(select(mart.quality_issues(scope)), scope)
    unknown = issues[issues["source_name"].isin(PROGRAMMES) & issues["kind"].str.startswith("unmapped")]
    assert unknown["value"].tolist() == []
    refused = mart.read(select(mart.quarantine(scope)), scope)["source_name"].value_counts().reindex(PROGRAMMES, fill_value=0)
    assert refused.to_dict() == {
        "records": planted["records"]["without_a_date"], "code": planted["code"]["in_the_next_century"], "complaints": 0, "lots": 0, "ideas": 0,
    }  # fmt: skip
    records = mart.case_records(scope)
    kept = mart.read(select(records.c.programme_id, func.count().label("n")).group_by(records.c.programme_id), scope)
    found = {member.slug: int(kept.set_index("programme_id")["n"].get(member.id, 0)) for member in mart.dimensions.programmes}
    assert found["records"] == planted["records"]["requests"] - planted["records"]["without_a_date"]
    assert (found["lots"], found["ideas"]) == (planted["lots"]["applications"], planted["ideas"]["ideas"])
    assert found["code"] == planted["code"]["cases"] - planted["code"]["in_the_next_century"]


def test_the_headline_figures_are_about_service_requests_as_before(mart: Mart, calendar: Calendar, crm: dict[str, pd.DataFrame]) -> None:
    reports = figure(mart, calendar, "reports", FIRST, AS_OF, case_class=())
    sound = crm["requests"]["opened_at"].between(pd.Timestamp(FIRST), pd.Timestamp(AS_OF), inclusive="left")
    assert reports == sound.sum()


def test_legal_review_is_where_records_requests_of_one_department_are_stuck(
    mart: Mart, calendar: Calendar, planted: dict[str, dict[str, Any]]
) -> None:
    truth, on = planted["records"], date.fromisoformat(planted["records"]["on"])
    review = {"programme": ("records",), "visits": True, "stage": ("records.legal-review",)}
    before = figure(mart, calendar, "ontime_due", FIRST, on, department=("police",), **review)
    since = figure(mart, calendar, "ontime_due", on, AS_OF, department=("police",), **review)
    others = figure(mart, calendar, "ontime_due", on, AS_OF, department=("finance", "city-clerk", "inspections", "public-works"), **review)
    assert before > 0.8 and others > 0.8 and since < before - 0.3
    assert truth["department"] == mart.dimensions.departments.by_slug["police"].name


def test_the_letter_takes_longer_and_the_first_answer_is_sooner(mart: Mart, calendar: Calendar, planted: dict[str, dict[str, Any]]) -> None:
    slow, quick = date.fromisoformat(planted["lots"]["on"]), date.fromisoformat(planted["ideas"]["on"])
    letter = {"programme": ("lots",), "visits": True, "stage": ("lots.letter",)}
    assert figure(mart, calendar, "ontime_due", FIRST, slow, **letter) > 0.8
    assert figure(mart, calendar, "ontime_due", slow + timedelta(days=60), AS_OF, **letter) < 0.5
    answer = {"programme": ("ideas",), "visits": True, "stage": ("ideas.submitted",)}
    before = figure(mart, calendar, "ontime_due", FIRST, quick, **answer)
    assert figure(mart, calendar, "ontime_due", quick + timedelta(days=14), AS_OF, **answer) > before + 0.3


def test_deadlines_say_where_they_come_from(mart: Mart) -> None:
    scope = scope_of(MAYOR)
    records = mart.case_records(scope)
    found = mart.read(select(records.c.programme_id, records.c.due_source_id).distinct(), scope)
    names = {member.id: member.slug for member in mart.dimensions.programmes}
    said = {(names[row.programme_id], vocabulary.DUE_SOURCES[row.due_source_id]) for row in found.itertuples()}
    assert {("records", "statute"), ("lots", "sla_rule"), ("ideas", "none"), ("code", "source")} <= said
    assert len([programme for programme, _ in said if programme != "requests"]) == 4, "one source of deadlines each"


def test_an_extension_moves_the_deadline_that_the_ordinance_sets(mart: Mart, crm: dict[str, pd.DataFrame]) -> None:
    """Where nobody waited for the requester, the mart's deadline is the source's own: ten working days, and fourteen days more if extended."""
    scope = scope_of(MAYOR)
    records = mart.case_records(scope)
    programme = mart.dimensions.programmes.by_slug["records"].id
    found = mart.read(select(records.c.source_id, records.c.due_at).where(records.c.programme_id == programme), scope).set_index(
        "source_id"
    )
    history = crm["records_history"]
    waited = history.loc[history["to_value"] == "With requester", "request_id"]
    requests = crm["records_requests"]
    requests = requests[~requests["id"].isin(waited) & requests["date_received"].notna()].set_index("request_number")
    due = found["due_at"].reindex(requests.index).dt.tz_localize("UTC").dt.tz_convert("America/New_York").dt.tz_localize(None)
    assert requests["extended"].sum() > 10
    assert (due.to_numpy() == requests["due_date"].to_numpy()).mean() == 1


def test_of_complaints_there_are_totals_only(mart: Mart, calendar: Calendar) -> None:
    with pytest.raises(BadQuestion, match="totals only"):
        parse_question({"programme": "complaints"}, MAYOR, mart, calendar)
    assert figure(mart, calendar, "opened", FIRST, AS_OF, programme=("complaints",)) == 0


def test_the_share_of_who_reported_before_does_not_grow_by_itself(crm: dict[str, pd.DataFrame]) -> None:
    reported = crm["requests"].sort_values("id").dropna(subset=["constituent_id"])
    again = reported["constituent_id"].duplicated().astype(float)
    # The newest three fifths of the cases, in three parts.
    n = len(again) // 5
    shares = [again.iloc[(at * n) : (at + 1) * n].mean() for at in (2, 3, 4)]
    assert min(shares) > 0.3 and max(shares) - min(shares) < 0.05, shares


def test_ideas_have_their_votes_and_repeat_reporters_no_identity(mart: Mart, crm: dict[str, pd.DataFrame]) -> None:
    scope = scope_of(MAYOR)
    records = mart.case_records(scope)
    ideas = mart.dimensions.programmes.by_slug["ideas"].id
    votes = mart.read(select(records.c.source_id, records.c.votes, records.c.comments).where(records.c.programme_id == ideas), scope)
    theirs = crm["ideas"].set_index("slug").reindex(votes["source_id"])
    assert (votes["votes"].to_numpy() == theirs["votes"].to_numpy()).all() and (
        votes["comments"].to_numpy() == theirs["comments"].to_numpy()
    ).all()
    spells = mart.spells(scope)
    requests = mart.dimensions.programmes.by_slug["requests"].id
    said = select(spells.c.is_returning, func.count().label("n")).where(spells.c.spell_no == 1, spells.c.programme_id == requests)
    found = mart.read(said.group_by(spells.c.is_returning), scope)
    reported = crm["requests"].sort_values("id")
    again = reported["constituent_id"].dropna().duplicated()
    loaded = reported["opened_at"].between("2000-01-01", "2099-12-31").reindex(again.index)
    told = found.dropna().astype(int).set_index("is_returning")["n"].to_dict()
    assert told == {1: int((again & loaded).sum()), 0: int((~again & loaded).sum())}
