"""Public records requests: ten working days by ordinance, fourteen more with a reason that the ordinance names."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from data_access.demo.names import person_name, phone
from data_access.demo.programmes import stories
from data_access.demo.programmes.course import (
    after,
    business_days_later,
    filed,
    known_at,
    median_days,
    office_time,
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
from data_access.demo.wall_clock import DAY, HOUR, NEVER, midnight

POLICE = "Police Department"
TOPICS = (
    ("Police Incident Reports", POLICE, .24), ("Video and Audio Recordings", POLICE, .10), ("Building and Permit Files", "Inspections", .20),
    ("Contracts and Purchasing", "Finance", .13), ("E-mails and Letters", "City Clerk", .11), ("Pay and Personnel", "Finance", .07),
    ("Council Papers", "City Clerk", .08), ("Streets and Utilities Files", "Public Works", .07),
)  # fmt: skip
"""Topic, department, share."""
DEPARTMENTS = tuple(dict.fromkeys(department for _, department, _ in TOPICS))
WAYS = (("Web portal", .70), ("E-mail", .13), ("Phone", .06), ("Walk-in", .06), ("Mail", .05))  # fmt: skip
BASES = ("Voluminous records", "Records are kept elsewhere", "Consultation with another agency", "Data must be compiled")
"""The reasons for which the ordinance allows an extension."""
DAYS_ALLOWED, DAYS_MORE = 10, 14
RELEASED, PARTLY, NOTHING, PRIVACY, ONGOING, ATTORNEY, ELSEWHERE, TWICE, WITHDRAWN = range(9)
REASONS = (
    "Records released", "Released in part", "No responsive records", "Denied: personal privacy", "Denied: ongoing investigation",
    "Denied: attorney-client privilege", "Referred to another agency", "Duplicate request", "Withdrawn by requester",
)  # fmt: skip
SHARES = (.52, .17, .12, .05, .04, .02, .03, .02, .03)  # fmt: skip
TIMES = ("assigned", "rerouted", "answered", "asked", "asked_until", "gathering", "review", "extended", "closed")
NO_DATE_SHARE = 0.004
"""Share of requests whose day of receipt nobody entered: the dirt of this system."""
MOST_ACTIONS = 16


class Records:
    """All requests of the city, whole."""

    def __init__(self, dates: Dates, count: int, rng: np.random.Generator) -> None:
        self.dates, self.story, self.people = dates, stories.story_dates(dates), people_of(count)
        self.cases = self._drawn(count, rng)

    def rows(self, now: int) -> dict[str, list[Row]]:
        """The system's tables as they stand at `now`."""
        known = known_at(self.cases, TIMES, now, since="created")
        return {
            "records_requesters": person_rows(self.people, lambda n: "Alder Courier" if n % 17 == 0 else None),
            "records_requests": _request_rows(known), "records_history": _history_rows(known),
        }  # fmt: skip

    def truth(self, now: int) -> dict[str, Any]:
        """The planted story, with the figures of what was drawn."""
        known = known_at(self.cases, TIMES, now, since="created")
        mine = known[(known["department"] == DEPARTMENTS.index(POLICE)) & (known["review"] != NEVER)]
        since = mine["review"] >= midnight(self.story.review_stuck)
        return {
            "id": "records_stuck", "programme": "records", "department": POLICE, "stage": "Legal review", "on": self.story.review_stuck,
            "sentence": f"Records requests to the {POLICE} get stuck in legal review since a known day.", "factor_on_days": stories.STUCK_FACTOR,
            "cases_before": int((~since).sum()), "cases_since": int(since.sum()),
            "median_days_before": median_days(mine["review"][~since], mine["closed"][~since]),
            "median_days_since": median_days(mine["review"][since], mine["closed"][since]),
            "in_review_at_the_end": int((mine["closed"] == NEVER).sum()), "requests": len(known), "without_a_date": int(known["no_date"].sum()),
        }  # fmt: skip

    def _drawn(self, count: int, rng: np.random.Generator) -> pd.DataFrame:
        received = openings(self.dates, count, rng)
        n = len(received)
        way = one_of([share for _, share in WAYS], n, rng)
        online = way <= 1
        received = np.where(online, received, office_time(received, rng))
        # What comes on paper is entered some days after it was received, and the clock runs already.
        created = np.where(way == 4, after(received, rng.uniform(0.2, 3, n), rng), np.where(online, received, received + 600))
        topic = one_of([share for _, _, share in TOPICS], n, rng)
        owner = np.array([DEPARTMENTS.index(department) for _, department, _ in TOPICS])[topic]
        frame = pd.DataFrame({
            "received": received, "created": created, "way": way, "topic": topic, "department": owner,
            "came_from": (owner + rng.integers(1, len(DEPARTMENTS), n)) % len(DEPARTMENTS), "requester": rng.integers(1, self.people + 1, n),
            "named": rng.random(n) < 0.3, "no_date": rng.random(n) < NO_DATE_SHARE, "basis": rng.integers(0, len(BASES), n),
        })  # fmt: skip
        frame.loc[9, "no_date"] = True
        self._work(frame, rng)
        frame = frame.sort_values("created", kind="stable", ignore_index=True)
        frame.insert(0, "id", np.arange(1, n + 1))
        return frame

    def _work(self, frame: pd.DataFrame, rng: np.random.Generator) -> None:
        """Adds when each stage of each request begins, and how it ends."""
        n = len(frame)
        frame["assigned"] = after(frame["created"], skewed(0.6, 0.7, n, rng), rng)
        frame["rerouted"] = only(rng.random(n) < 0.08, after(frame["assigned"], skewed(1.0, 0.6, n, rng), rng))
        begun = np.maximum(frame["assigned"], frame["rerouted"])
        asked = rng.random(n) < 0.16
        frame["to_reroute"] = frame["rerouted"] != NEVER
        frame["asked"] = only(asked, after(begun, skewed(0.5, 0.5, n, rng), rng))
        frame["asked_until"] = only(asked, after(frame["asked"], skewed(6.0, 0.8, n, rng), rng))
        withdrawn = asked & (rng.random(n) < 0.15)
        frame["gathering"] = only(~withdrawn, np.where(asked, frame["asked_until"], after(begun, skewed(0.1, 0.5, n, rng), rng)))
        gathered = after(frame["gathering"], skewed(np.where(frame["topic"] == 1, 5.0, 3.4), 0.85, n, rng), rng)
        police = (frame["department"] == DEPARTMENTS.index(POLICE)).to_numpy()
        reviewed = ~withdrawn & (rng.random(n) < np.where(police, 0.8, 0.35))
        frame["review"] = only(reviewed, gathered)
        stuck = police & (gathered >= midnight(self.story.review_stuck))
        decided = after(gathered, skewed(np.where(stuck, 1.8 * stories.STUCK_FACTOR, 1.8), 0.6, n, rng), rng)
        closed = np.where(withdrawn, frame["asked_until"], np.where(reviewed, decided, gathered))
        frame["closed"] = only(rng.random(n) > 0.01, closed)
        frame["reason"] = np.where(withdrawn, WITHDRAWN, one_of(SHARES, n, rng))
        answered = after(frame["assigned"], skewed(0.4, 0.6, n, rng), rng)
        frame["answered"] = only((answered < frame["closed"]) | (frame["closed"] == NEVER), answered)
        years = self.dates.start.year, self.dates.as_of.year + 2
        frame["promised"] = business_days_later(frame["received"].to_numpy(), DAYS_ALLOWED, *years)
        at = frame["promised"] - rng.integers(HOUR, 8 * HOUR, n)
        late = (frame["closed"] == NEVER) | (frame["closed"] > frame["promised"])
        wanted = (
            (rng.random(n) < np.where(late, 0.55, 0.04)) & ((frame["closed"] == NEVER) | (frame["closed"] > at)) & (at > frame["created"])
        )
        frame["extended"] = only(wanted, at)


def _request_rows(known: pd.DataFrame) -> list[Row]:
    closed, ids = known["closed"] != NEVER, known["id"].tolist()
    years = (pd.to_datetime(known["created"], unit="s").dt.year % 100).tolist()
    asking = [
        f"All records about {words(['my case', 'this address', 'the contract', 'the meeting'], [n % 4])[0]}. {person_name(who)}, {phone(who)}" if named else None
        for n, who, named in zip(ids, known["requester"].tolist(), known["named"].tolist(), strict=True)
    ]  # fmt: skip
    return filed(
        ids, [f"{year:02d}-{n}" for year, n in zip(years, ids, strict=True)], known["requester"], words([t for t, _, _ in TOPICS], known["topic"]),
        words(DEPARTMENTS, np.where(known["rerouted"] != NEVER, known["department"], _first_owner(known))), [person_name(n * 7) for n in ids],
        words([way for way, _ in WAYS], known["way"]), asking, _statuses(known), _stages(known),
        np.where(closed, words(REASONS, known["reason"]), None), stamped(np.where(known["no_date"], NEVER, known["received"])),
        stamped(known["created"]), stamped(known["promised"] + DAYS_MORE * DAY * (known["extended"] != NEVER)),
        (known["extended"] != NEVER).astype(int), stamped(known["closed"]), stamped(known["updated"]),
    )  # fmt: skip


def _first_owner(known: pd.DataFrame) -> np.ndarray:
    """The department a request goes to first; one that will be rerouted goes to another than its own."""
    return np.where(known["to_reroute"], known["came_from"], known["department"])


def _statuses(known: pd.DataFrame) -> np.ndarray:
    waiting = (known["asked"] != NEVER) & (known["asked_until"] == NEVER)
    moved = (known["rerouted"] != NEVER) & (known["gathering"] == NEVER)
    open_words = np.where(moved, "Rerouted", np.where(known["answered"] != NEVER, "A response has been added.", "Open"))
    return np.where(known["closed"] != NEVER, "Closed", np.where(waiting, "Pending", open_words)).astype(object)


def _stages(known: pd.DataFrame) -> np.ndarray:
    stage = np.full(len(known), "Received", dtype=object)
    for column, name in (
        ("assigned", "Assigned"),
        ("asked", "With requester"),
        ("gathering", "Gathering records"),
        ("review", "Legal review"),
    ):
        stage = np.where(known[column] != NEVER, name, stage)
    return np.where(known["closed"] != NEVER, _end(known), stage)


def _end(known: pd.DataFrame) -> np.ndarray:
    return np.where(known["reason"] <= PARTLY, "Released", "Closed without release").astype(object)


def _history_rows(known: pd.DataFrame) -> list[Row]:
    nothing = np.full(len(known), None, dtype=object)
    first, owner = words(DEPARTMENTS, _first_owner(known)), words(DEPARTMENTS, known["department"])
    due = np.array(stamped(known["promised"]), dtype=object)
    later = np.array(stamped(known["promised"] + DAYS_MORE * DAY), dtype=object)

    def stage(name: str) -> np.ndarray:
        return np.full(len(known), name, dtype=object)

    actions = (
        ("assigned", "assigned", nothing, first, nothing), ("stage", "assigned", nothing, stage("Assigned"), nothing),
        ("answered", "answered", nothing, nothing, nothing), ("rerouted", "rerouted", first, owner, nothing),
        ("stage", "asked", nothing, stage("With requester"), nothing), ("stage", "gathering", nothing, stage("Gathering records"), nothing),
        ("stage", "review", nothing, stage("Legal review"), nothing), ("extended", "extended", due, later, words(BASES, known["basis"])),
        ("stage", "closed", nothing, _end(known), nothing), ("closed", "closed", nothing, nothing, words(REASONS, known["reason"])),
    )  # fmt: skip
    made: list[Row] = []
    for place, (action, column, before, then, reason) in enumerate(actions):
        been = np.flatnonzero(known[column] != NEVER)
        ids = known["id"].to_numpy()[been]
        made += filed(
            ids * MOST_ACTIONS + place, ids, stamped(known[column].to_numpy()[been]), [action] * len(been), before[been], then[been], reason[been],
            [person_name(n * 7) for n in ids.tolist()],
        )  # fmt: skip
    return made
