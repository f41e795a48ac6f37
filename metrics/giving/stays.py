"""The stages of programmes and the stays of cases in them, as tables for other tools."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd
from sqlalchemy import select

from data_access.giving.tables import Column, Given, Kind
from data_access.mart import schema
from data_access.mart.dimensions import Member
from metrics.giving.blocks import blocks, count
from metrics.giving.labels import Labelled, departments_above, labelled
from metrics.giving.names import of_mart, once, sentence
from metrics.question import open_programmes
from metrics.select import Asked

SECONDS_A_DAY = 86_400.0
OF_CASES: dict[str, tuple[str, str]] = {
    "opened_at": ("entered_at", "When the case came to the stage."), "closed_at": ("left_at", "When it left it, or ended; empty while it is there."),
    "due_at": ("due_at", "When it should have left it, by what is promised of the stage; empty where nothing is."),
    "opened_on": ("entered_on", "The day of entered_at, in the city."), "closed_on": ("left_on", "The day of left_at, in the city."),
    "due_on": ("due_on", "The day of due_at, in the city."),
}  # fmt: skip
"""Column of the mart -> what it is called here, and its meaning: a stay has the columns of a case that was open."""


def stages(asked: Asked) -> Given:
    """One row for each stage of the programmes the viewer may see cases of."""
    known = asked.mart.dimensions.programmes.by_id
    columns = (
        Column("stage_id", "text", "Id of the stage: programme and stage."), Column("stage", "text", "Its name."),
        Column("programme_id", "text", "Id of its programme."), Column("programme", "text", "Its name."),
        of_mart(schema.stage, "position", "whole"),
        Column("promised", "number", sentence(schema.stage.c.amount.comment or ""), "as promised_unit says"),
        Column("promised_unit", "text", "What promised is counted in."),
        of_mart(schema.stage, "waits", "yes_no"), of_mart(schema.stage, "ends", "yes_no"),
    )  # fmt: skip
    rows = []
    for one in sorted(_visible(asked), key=lambda one: (one.extra["programme_id"], one.extra["position"])):
        programme, amount = known[int(one.extra["programme_id"])], one.extra["amount"]
        rows.append({
            "stage_id": one.slug, "stage": one.name, "programme_id": programme.slug, "programme": programme.name, "position": one.extra["position"],
            "promised": amount, "promised_unit": None if amount is None or pd.isna(amount) else one.extra["unit"],
            "waits": bool(one.extra["waits"]), "ends": bool(one.extra["ends"]),
        })  # fmt: skip
    return once("stages", "Stages of programmes, in their usual order.", columns, rows, ("stage_id",))


def stage_visits(asked: Asked) -> Given:
    """One row for each stay of a case in a stage of its programme."""
    dimensions, every = asked.mart.dimensions, asked.mart.dimensions.departments.by_id
    known = {one.id: one for one in _visible(asked)}
    labels = [
        Labelled("programme_id", "programme", "The programme it belongs to.", dimensions.programmes.by_id, "programme_id"),
        Labelled("stage_id", "stage", "The stage.", known, "stage_id"),
        Labelled("next_stage_id", "next_stage", "The stage it went to; empty while it is here, or where it ended here.", known, "next_stage_id"),
        Labelled("department_id", "department", "The department that owns the case now; of a division, the department above it.", departments_above(asked), "department_id"),
        Labelled("department_id", "division", "The division, or the department itself, that owns the case now.", every, "division_id"),
        Labelled("request_type_id", "request_type", "What was asked for.", dimensions.request_types.by_id, "request_type_id"),
    ]  # fmt: skip
    kinds: dict[str, Kind] = {name: "instant" if name.endswith("_at") else "day" for name in OF_CASES}
    columns = (
        of_mart(schema.stage_visit, "case_id", "whole"), of_mart(schema.stage_visit, "visit_no", "whole"),
        *(column for label in labels for column in label.columns),
        *(Column(called, kinds[name], meaning) for name, (called, meaning) in OF_CASES.items()),
        Column("is_counted", "yes_no", "False for duplicates, cancelled and test cases, which no figure but 'Reports' counts."),
        Column("days_in_stage", "number", "Elapsed days of the stay; empty while it lasts, or where the times cannot be trusted.", "days"),
    )  # fmt: skip

    def rows() -> Iterator[pd.DataFrame]:
        names = (
            "case_id",
            "visit_no",
            "programme_id",
            "stage_id",
            "next_stage_id",
            "department_id",
            "request_type_id",
            *OF_CASES,
            "is_counted",
            "seconds_to_close",
        )
        for low, high in blocks(asked):
            stays = asked.mart.stage_visits(asked.scope)
            within = (stays.c.case_id >= low, stays.c.case_id < high)
            statement = select(*(stays.c[name] for name in names)).where(*within).order_by(stays.c.case_id, stays.c.visit_no)
            frame = asked.mart.read(statement, asked.scope)
            made = labelled(frame.assign(days_in_stage=frame["seconds_to_close"] / SECONDS_A_DAY), labels)
            yield made.rename(columns={name: called for name, (called, _) in OF_CASES.items()})

    total = count(asked, asked.mart.stage_visits(asked.scope))
    said = "One row for each stay of a case in a stage of its programme: a case that came back to a stage has several."
    return Given("stage_visits", said, columns, rows, total, ("case_id", "visit_no"), ("stage_id", "entered_on"))


def _visible(asked: Asked) -> list[Member]:
    """The stages of programmes whose cases may be asked for; of those that are told of in totals there are no stays to join them to."""
    numbers = {one.id for one in asked.mart.dimensions.programmes if one.slug in open_programmes(asked.scope, asked.mart)}
    return [one for one in asked.mart.dimensions.stages if one.extra["programme_id"] in numbers]
