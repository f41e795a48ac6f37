"""The columns of what is counted beside cases: figures with targets, and contacts of the contact centre. Part of `data_access.mart.schema`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Date, DateTime, Double, Integer, SmallInteger, String

MEASURE = (
    ("id", Integer, "1, 2, ...; stable over generations"),
    ("slug", String, "in URLs, unique in its department"),
    ("name", String, "label"),
    ("activity", String, "budget programme or service it belongs to, shown beside the name; null = none named"),
    ("source_name", String, "which [[source]] delivered it"),
    ("department_id", SmallInteger, "department.id"),
    ("measure_kind", String, "outcome, output, efficiency, quality, demand, ... as the source says"),
    ("unit", String, "percent, share, ratio, number, currency, seconds, minutes, hours, days, unknown"),
    ("unit_label", String, "the unit as people read it; null = as unit"),
    ("direction", String, "higher, lower or neither is better"),
    ("year_is", String, "sum: a year is its periods added up; none: it is not, or nobody said"),
    ("definition", String, "what it counts, in the source's words; null = not said"),
    ("line_is", String, "year or period: what one row of its source says"),
)

MEASURE_VALUE = (
    ("measure_id", Integer, "measure.id"),
    ("department_id", SmallInteger, "as in measure, so that a scope can cut it"),
    ("grain", String, "fiscal_year, quarter (of a fiscal year), month, week"),
    ("starts_on", Date, "the period's first day in the city"),
    ("fiscal_year", SmallInteger, "the fiscal year the period begins in, named after the year it ends in"),
    ("quarter", SmallInteger, "1-4: of the fiscal year, in which the period begins; 0 = the whole year"),
    ("value", Double, "in the measure's unit; null = not reported"),
    ("target", Double, "of this period, in the measure's unit; null = none set"),
    ("value_raw", String, "as the source says it"),
    ("rating", String, "the source's own verdict: met, partly, missed, not_rated; null = none, or a word nobody mapped"),
    ("rating_raw", String, "that verdict as the source says it"),
    ("note", String, "what the source says about the figure"),
)

CONTACT_INTERVAL = (
    ("source_name", String, "which [[source]] delivered it"),
    ("department_id", SmallInteger, "department.id of who answers the queue; 0 = none named"),
    ("queue", String, "line or queue, as the source names it"),
    ("language", String, "of the contacts, as the source names it; null = not said"),
    ("starts_at", DateTime, "beginning of the hour, UTC"),
    ("starts_on", Date, "that hour's day in the city"),
    ("weekday", SmallInteger, "of that day, 0 = Monday"),
    ("hour", SmallInteger, "of that day, 0-23, on the city's clock"),
    ("offered", BigInteger, "contacts that came in"),
    ("answered", BigInteger, "of them answered by a person"),
    ("abandoned", BigInteger, "of them given up before an answer"),
    ("abandoned_short", BigInteger, "of those given up within the short-abandon limit; null = not told apart"),
    ("short_seconds", Integer, "that limit in seconds; null = not told apart"),
    ("answered_in_time", BigInteger, "of the answered those within the service level's seconds; null = not counted"),
    ("threshold_seconds", Integer, "the service level's seconds; null = not counted"),
    ("wait_seconds", Double, "seconds waited by the answered, added up; null = not counted"),
    ("handle_seconds", Double, "seconds spent on the answered, added up; null = not counted"),
    ("staffed_seconds", Double, "seconds people were signed in for the queue, added up; null = not counted"),
    ("resolved_first", BigInteger, "contacts settled at once, inquiries included; null = not counted"),
    ("resolution_known", BigInteger, "contacts of which it is known whether they were; null = not counted"),
)
"""One row for each hour, queue and language. No telephone number and no person is in it."""
