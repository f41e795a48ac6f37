"""Complaints about the police: classified within 30 days, decided within 180, and nothing told of anybody."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from data_access.demo.names import person_name, phone
from data_access.demo.programmes import stories
from data_access.demo.programmes.course import (
    after,
    filed,
    known_at,
    median_days,
    one_of,
    only,
    openings,
    people_of,
    person_rows,
    skewed,
    stamped,
    words,
)
from data_access.demo.rows import Row
from data_access.demo.truths import Dates
from data_access.demo.wall_clock import DAY, NEVER, midnight

ALLEGATIONS = (
    ("Lack of Professionalism", .31), ("Use of Force", .17), ("Failure to Act", .15), ("Stop, Search and Seizure", .13), ("Biased Policing", .11),
    ("Camera Not Activated", .08), ("Vehicle Operation", .05),
)  # fmt: skip
WAYS = (("Website", .46), ("Phone", .27), ("E-mail", .12), ("In person", .09), ("Letter", .06))  # fmt: skip
PRECINCTS = ("Harbour", "Mills", "Hill", "South Shore")
AT_INTAKE = (("Contact log", .58), ("Referred to supervisor", .20), ("Mediated", .12), ("Withdrawn by complainant", .10))  # fmt: skip
FINDINGS = (("Unfounded", .31), ("Not sustained", .26), ("Exonerated", .20), ("Sustained", .17), ("Mediated", .06))  # fmt: skip
INTAKE_DAYS = 30
INVESTIGATED_SHARE, LENGTHY_SHARE, LENGTHY_FACTOR = 0.62, 0.07, 3.0
STATUSES = ("Intake", "Investigation", "Review", "Closed")
TIMES = ("classified", "reviewing", "closed")
MOST_CHANGES = 4


class Complaints:
    """All complaints of the city, whole."""

    def __init__(self, dates: Dates, count: int, rng: np.random.Generator) -> None:
        self.story, self.people = stories.story_dates(dates), people_of(count)
        received = openings(dates, count, rng)
        n = len(received)
        frame = pd.DataFrame({
            "id": np.arange(1, n + 1), "received": received, "allegation": one_of([s for _, s in ALLEGATIONS], n, rng),
            "way": one_of([s for _, s in WAYS], n, rng), "precinct": rng.integers(0, len(PRECINCTS), n),
            "complainant": rng.integers(1, self.people + 1, n), "officer": rng.integers(1, self.people // 4 + 2, n), "named": rng.random(n) < 0.4,
        })  # fmt: skip
        slow = (received >= midnight(self.story.intake_slow_from)) & (received < midnight(self.story.intake_slow_to))
        intake = skewed(np.where(slow, 17.0 * stories.SLOW_INTAKE_FACTOR, 17.0), 0.33, n, rng)
        frame["classified"] = after(received, intake, rng)
        investigated = rng.random(n) < INVESTIGATED_SHARE
        lengthy = np.where(rng.random(n) < LENGTHY_SHARE, LENGTHY_FACTOR, 1.0)
        frame["investigated"] = investigated
        frame["reviewing"] = only(investigated, after(frame["classified"], skewed(78.0 * lengthy, 0.45, n, rng), rng))
        frame["closed"] = np.where(investigated, after(frame["reviewing"], skewed(17.0, 0.5, n, rng), rng), frame["classified"])
        found = words([name for name, _ in FINDINGS], one_of([s for _, s in FINDINGS], n, rng))
        frame["finding"] = np.where(investigated, found, words([name for name, _ in AT_INTAKE], one_of([s for _, s in AT_INTAKE], n, rng)))
        self.cases = frame

    def rows(self, now: int) -> dict[str, list[Row]]:
        """The system's tables as they stand at `now`."""
        known = known_at(self.cases, TIMES, now, since="received")
        return {
            "opa_people": person_rows(self.people, _born, lambda n: f"B{n:05d}" if n % 4 == 0 else None),
            "opa_complaints": _complaint_rows(known), "opa_status_changes": _change_rows(known),
        }  # fmt: skip

    def truth(self, now: int) -> dict[str, Any]:
        """The planted story, with the figures of what was drawn."""
        known = known_at(self.cases, TIMES, now, since="received")
        ripe = known[known["received"] < now - INTAKE_DAYS * DAY]
        in_time = (ripe["classified"] != NEVER) & (ripe["classified"] <= ripe["received"] + INTAKE_DAYS * DAY)
        start, end = midnight(self.story.intake_slow_from), midnight(self.story.intake_slow_to)
        slow = (ripe["received"] >= start) & (ripe["received"] < end)
        return {
            "id": "complaints_unclassified", "programme": "complaints", "stage": "Intake", "from": self.story.intake_slow_from,
            "to": self.story.intake_slow_to, "factor_on_days": stories.SLOW_INTAKE_FACTOR,
            "sentence": f"For two quarters most complaints are not classified within {INTAKE_DAYS} days.",
            "classified_in_time": round(float(in_time[slow].mean()), 4), "cases": int(slow.sum()),
            "classified_in_time_otherwise": round(float(in_time[~slow].mean()), 4), "cases_otherwise": int((~slow).sum()),
            "median_days": median_days(known["received"], known["closed"]), "complaints": len(known),
        }  # fmt: skip


def _born(number: int) -> str:
    return str(date(1950, 1, 1) + timedelta(days=number * 37 % 18_000))


def _complaint_rows(known: pd.DataFrame) -> list[Row]:
    ids, closed = known["id"].tolist(), known["closed"] != NEVER
    years = pd.to_datetime(known["received"], unit="s").dt.year.tolist()
    told = [
        f"The officer would not listen. {person_name(who)}, {phone(who)}" if named else None
        for who, named in zip(known["complainant"].tolist(), known["named"].tolist(), strict=True)
    ]
    return filed(
        ids, [f"{year}OPA-{n:05d}" for year, n in zip(years, ids, strict=True)], known["complainant"], known["officer"] * 4,
        words([name for name, _ in ALLEGATIONS], known["allegation"]), words(PRECINCTS, known["precinct"]), words([w for w, _ in WAYS], known["way"]),
        told, _statuses(known), np.where(closed, known["finding"], None), stamped(known["received"]), stamped(known["classified"]),
        stamped(known["closed"]), stamped(known["updated"]),
    )  # fmt: skip


def _statuses(known: pd.DataFrame) -> np.ndarray:
    status = np.where(known["classified"] != NEVER, STATUSES[1], STATUSES[0])
    status = np.where(known["reviewing"] != NEVER, STATUSES[2], status)
    return np.where(known["closed"] != NEVER, STATUSES[3], status).astype(object)


def _change_rows(known: pd.DataFrame) -> list[Row]:
    last = np.where(known["investigated"], STATUSES[2], STATUSES[0]).astype(object)
    taken_up = only(known["investigated"], known["classified"])
    changes = (
        (taken_up, np.full(len(known), STATUSES[0], dtype=object), STATUSES[1]),
        (known["reviewing"].to_numpy(), np.full(len(known), STATUSES[1], dtype=object), STATUSES[2]),
        (known["closed"].to_numpy(), last, STATUSES[3]),
    )
    made: list[Row] = []
    for place, (at, before, status) in enumerate(changes):
        been = np.flatnonzero(at != NEVER)
        ids = known["id"].to_numpy()[been]
        names = [person_name(n * 3) for n in ids.tolist()]
        made += filed(ids * MOST_CHANGES + place, ids, stamped(at[been]), before[been], [status] * len(been), names)
    return made
