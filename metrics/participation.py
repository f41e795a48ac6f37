"""How people take part over the years: channels, ideas and what became of them, and whose voices are heard, by area."""

from __future__ import annotations

from datetime import date

import pandas as pd
from sqlalchemy import and_, select

from metrics.areas import area_figures
from metrics.beginning import first_day
from metrics.definitions import REGISTRY
from metrics.measure import measure
from metrics.parameters import LONGEST_DAYS
from metrics.question import open_programmes
from metrics.select import Asked

IDEAS = "idea"
"""The kind of programme whose cases are ideas."""
LEAST_ANSWERS = 10
"""Fewer answers than this say nothing of how satisfied people are."""


def over_quarters(asked: Asked) -> Asked:
    """The same question about every complete quarter that the data know of up to its `as_of`, by quarter; at most twelve years."""
    calendar, question = asked.calendar, asked.question
    _, end = calendar.last_complete(question.as_of, "quarter")
    begins = first_day(asked) or question.start
    first = calendar.start_of(begins, "quarter")
    start = first if first == begins else calendar.next_start(first, "quarter")
    earliest = date.fromordinal(max(start.toordinal(), end.toordinal() - LONGEST_DAYS))
    start = calendar.start_of(earliest, "quarter")
    if start >= end:
        start = calendar.start_of(date.fromordinal(end.toordinal() - 1), "quarter")
    return asked.about(question.about(start=start, end=end, grain="quarter"))


def channels(asked: Asked) -> pd.DataFrame:
    """Residents' reports by quarter and channel: `period`, `key`, `label`, `n`, `total` and `share` of the reports with a known channel."""
    frame = measure("resident_opened", asked, by="channel", period=True).frame
    known = frame[~frame["key"].isin(["unknown", "none", "staff"])]
    totals = known.groupby("period")["n"].transform("sum")
    made = known[["period", "key", "label", "n"]].assign(total=totals)
    return made.assign(share=made["n"] / made["total"].where(made["total"] > 0)).reset_index(drop=True)


def satisfaction(asked: Asked) -> pd.DataFrame:
    """By quarter: `satisfied` share, `answers`, `response` share and `closed` residents' cases; satisfied is null below `LEAST_ANSWERS`."""
    together = asked.remembering()
    satisfied, response = (measure(name, together, period=True).frame for name in ("satisfaction_top2", "survey_response"))
    made = satisfied[["period"]].assign(satisfied=satisfied["value"].where(satisfied["n"] >= LEAST_ANSWERS), answers=satisfied["n"])
    return made.merge(response[["period", "value", "n"]].rename(columns={"value": "response", "n": "closed"}), on="period", how="left")


def idea_programmes(asked: Asked) -> tuple[str, ...]:
    """The programmes of ideas whose cases may be asked about."""
    return tuple(slug for slug, one in open_programmes(asked.scope, asked.mart).items() if one.extra["kind"] == IDEAS)


def ideas(asked: Asked) -> Asked:
    """The question about ideas: filters that only service requests have are left out."""
    about = asked.question.about(programme=idea_programmes(asked), request_type=(), request_group=(), stage=())
    return asked.about(about)


def what_became(asked: Asked) -> pd.DataFrame:
    """Ideas by the quarter they were made in: `period`, `n`, `answered` and, by name of each later stage, how many ever came to it.

    Answered is who left the first stage, however it went on. Columns of stages are in the order of the programme.
    """
    about = ideas(asked)
    stays = about.about(about.question.about(visits=True))
    facts = stays.facts()
    came = and_(
        facts.column("case_opened_at") >= facts.start, facts.column("case_opened_at") < facts.end, facts.column("opened_at") <= facts.as_of
    )
    names = ["case_id", "stage_id", "case_opened_at", "opened_at", "closed_at"]
    rows = stays.mart.read(
        select(*(facts.column(name) for name in names)).where(stays.population(facts, REGISTRY["opened"]), came), stays.scope
    )
    known = stays.mart.dimensions.stages.by_id
    rows = rows[rows["stage_id"].isin(list(known))]
    period = [asked.calendar.start_of(asked.calendar.day_of(at), "quarter") for at in pd.to_datetime(rows["case_opened_at"])]
    rows = rows.assign(
        period=pd.to_datetime(period),
        stage=[known[at].name for at in rows["stage_id"]],
        position=[int(known[at].extra["position"]) for at in rows["stage_id"]],
    )
    left_first = (rows["position"] == 1) & (pd.to_datetime(rows["closed_at"]) <= asked.question.as_of)
    starts = pd.to_datetime(asked.calendar.starts(asked.question.start, asked.question.end, "quarter"))
    made = pd.DataFrame(
        {"n": rows.groupby("period")["case_id"].nunique(), "answered": rows[left_first].groupby("period")["case_id"].nunique()}
    )
    later = sorted({(int(member.extra["position"]), member.name) for member in known.values() if _is_later(member, about)})
    for _position, name in later:
        made[name] = rows[rows["stage"] == name].groupby("period")["case_id"].nunique()
    return made.reindex(starts).fillna(0).rename_axis("period").reset_index()


def _is_later(stage, about: Asked) -> bool:  # type: ignore[no-untyped-def]
    programmes = about.mart.dimensions.programmes.by_slug
    numbers = {programmes[slug].id for slug in about.question.programme}
    return stage.extra["programme_id"] in numbers and int(stage.extra["position"]) > 1


def first_answers(asked: Asked) -> pd.DataFrame:
    """Days until ideas had their first answer, unanswered ones taken into account: `period`, `median` (null: not yet half), `n`."""
    about = ideas(asked)
    first = tuple(
        s.slug for s in about.mart.dimensions.stages if int(s.extra["position"]) == 1 and s.slug.split(".")[0] in about.question.programme
    )
    stays = about.about(about.question.about(visits=True, stage=first))
    return measure("ttc_km", stays, period=True).frame[["period", "median", "n"]]


def heard_from(asked: Asked, layer: str) -> pd.DataFrame:
    """Whose reports reach the city, by area: `key`, `label`, `n`, `population`, `rate` per 1,000, shares of the reports and of the people
    of all areas with a known population, `points` between them (percentage points), and the `digital` share with its `digital_n`.

    Raises:
        BadQuestion: no such layer.
    """
    rates, digital = area_figures(asked, "per_1000", layer).frame, measure("digital_share", asked, by=layer).frame
    made = rates[["key", "label", "n", "population", "value"]].rename(columns={"value": "rate"})
    counted = made["population"] > 0
    reports, people = made["n"].where(counted), made["population"].where(counted)
    made = made.assign(report_share=reports / reports.sum(), people_share=people / people.sum())
    made = made.assign(points=(made["report_share"] - made["people_share"]) * 100)
    found = digital.set_index("key")
    return made.assign(digital=made["key"].map(found["value"]), digital_n=made["key"].map(found["n"]))
