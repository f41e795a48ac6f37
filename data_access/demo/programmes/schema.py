"""The tables of the demo city's other programmes, one little system each, in the shapes such systems have.

All of them know people: requesters, complainants and officers, applicants, authors, owners, staff.
These are invented, and here so that it can be shown that they never reach the mart.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Date, DateTime, Float, Index, Integer, SmallInteger, String, Table, Text

from data_access.demo.crm_schema import metadata


def _table(name: str, *columns: Column[Any], changes: bool = False) -> Table:
    """A table with a number of its own for each row; `changes`: it says when a row was last changed."""
    id = Column("id", Integer, primary_key=True, autoincrement=False)
    updated = (Column("updated_at", DateTime), Index(f"{name}_updated_at", "updated_at")) if changes else ()
    return Table(name, metadata, id, *columns, *updated)


def _people(name: str, *more: Column[Any]) -> Table:
    return _table(name, Column("full_name", String(80)), Column("email", String(120)), Column("phone", String(30)), *more)


# Public records: a request, the person who asked, and everything that was done about it.
records_requesters = _people("records_requesters", Column("organisation", String(80)))
records_requests = _table(
    "records_requests",
    Column("request_number", String(20)), Column("requester_id", Integer), Column("topic", String(60)), Column("department", String(60)),
    Column("point_person", String(80)), Column("submission_type", String(20)), Column("request_text", Text), Column("status", String(40)),
    Column("current_stage", String(40)), Column("closing_reason", String(60)), Column("date_received", DateTime), Column("date_created", DateTime),
    Column("due_date", DateTime), Column("extended", SmallInteger), Column("date_closed", DateTime), changes=True,
)  # fmt: skip
records_history = _table(
    "records_history",
    Column("request_id", Integer), Column("happened_at", DateTime), Column("action", String(20)), Column("from_value", String(60)),
    Column("to_value", String(60)), Column("reason", String(80)), Column("staff_name", String(80)), Index("records_history_request", "request_id"),
)  # fmt: skip

# Complaints about the police: who complains and about whom is the business of the office alone.
opa_people = _people("opa_people", Column("birth_date", Date), Column("badge_number", String(12)))
opa_complaints = _table(
    "opa_complaints",
    Column("file_number", String(20)), Column("complainant_id", Integer), Column("named_officer_id", Integer), Column("allegation", String(60)),
    Column("precinct", String(20)), Column("intake_method", String(20)), Column("summary", Text), Column("status", String(20)),
    Column("finding", String(60)), Column("received_at", DateTime), Column("classified_at", DateTime), Column("closed_at", DateTime), changes=True,
)  # fmt: skip
opa_status_changes = _table(
    "opa_status_changes",
    Column("complaint_id", Integer), Column("changed_at", DateTime), Column("old_status", String(20)), Column("new_status", String(20)),
    Column("investigator_name", String(80)), Index("opa_status_changes_complaint", "complaint_id"),
)  # fmt: skip

# Vacant lots: rounds, the parcels of each, applications for them, and the review of every step.
lot_rounds = _table("lot_rounds", Column("name", String(40)), Column("start_date", Date), Column("end_date", Date))
lot_parcels = _table(
    "lot_parcels",
    Column("pin", String(24)), Column("round_id", Integer), Column("address", String(120)), Column("latitude", Float(53)),
    Column("longitude", Float(53)),
)  # fmt: skip
lot_applicants = _people("lot_applicants", Column("ssn", String(12)), Column("driver_license", String(20)), Column("birth_date", Date))
lot_applications = _table(
    "lot_applications",
    Column("tracking_number", String(20)), Column("applicant_id", Integer), Column("parcel_id", Integer), Column("planned_use", String(60)),
    Column("how_heard", String(40)), Column("status", String(20)), Column("current_step", String(40)), Column("closing_reason", String(60)),
    Column("received_at", DateTime), Column("closed_at", DateTime), changes=True,
)  # fmt: skip
lot_reviews = _table(
    "lot_reviews",
    Column("application_id", Integer), Column("step_completed", String(40)), Column("next_step", String(40)), Column("denial_reason", String(60)),
    Column("email_sent", SmallInteger), Column("reviewer_email", String(120)), Column("created_at", DateTime), Index("lot_reviews_application", "application_id"),
)  # fmt: skip

# Ideas: what somebody proposed, how many agreed, and what the city answered.
idea_authors = _people("idea_authors", Column("zip_code", String(10)))
ideas = _table(
    "ideas",
    Column("slug", String(20)), Column("author_id", Integer), Column("merged_into", Integer), Column("title", String(160)), Column("body", Text),
    Column("topic", String(60)), Column("department", String(60)), Column("came_by", String(30)), Column("status", String(20)),
    Column("votes", Integer), Column("comments", Integer), Column("latitude", Float(53)), Column("longitude", Float(53)),
    Column("submitted_at", DateTime), Column("first_answer_at", DateTime), Column("ended_at", DateTime), changes=True,
)  # fmt: skip
idea_updates = _table(
    "idea_updates",
    Column("idea_id", Integer), Column("posted_at", DateTime), Column("new_status", String(20)), Column("moderator_name", String(80)),
    Index("idea_updates_idea", "idea_id"),
)  # fmt: skip

# Code enforcement: a row per case with a date for every milestone, and the resets that move its hearing.
code_owners = _people("code_owners", Column("mailing_address", String(120)))
code_cases = _table(
    "code_cases",
    Column("case_number", String(20)), Column("owner_id", Integer), Column("violation", String(60)), Column("address", String(120)),
    Column("latitude", Float(53)), Column("longitude", Float(53)), Column("inspector_name", String(80)), Column("origin", String(20)),
    Column("status", String(20)), Column("judgement", String(20)), Column("closing_reason", String(60)), Column("received_at", DateTime),
    Column("target_date", DateTime), Column("inspection_date", DateTime), Column("notification_date", DateTime),
    Column("hearing_scheduled_for", DateTime), Column("hearing_date", DateTime), Column("judgement_date", DateTime),
    Column("resolution_date", DateTime), Column("closed_date", DateTime), changes=True,
)  # fmt: skip
code_resets = _table(
    "code_resets",
    Column("case_id", Integer), Column("reset_at", DateTime), Column("old_hearing", DateTime), Column("new_hearing", DateTime),
    Column("old_target", DateTime), Column("new_target", DateTime), Column("reason", String(60)), Column("requested_by", String(80)),
    Index("code_resets_case", "case_id"),
)  # fmt: skip
