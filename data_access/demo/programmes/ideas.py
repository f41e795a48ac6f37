"""Ideas and proposals: what residents suggest, how many agree, and how long they wait for an answer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from data_access.demo.names import person_name, phone, street_name
from data_access.demo.places import Places
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
    points,
    skewed,
    stamped,
    words,
)
from data_access.demo.rows import Row
from data_access.demo.truths import Dates
from data_access.demo.wall_clock import DAY, NEVER, midnight

TOPICS = (
    ("Parks and Play", "Parks and Trees", .19, "A playground on {}"), ("Walking and Cycling", "Transportation", .21, "A protected cycle lane along {}"),
    ("Buses and Ferries", "Transportation", .12, "A bus stop with a roof on {}"), ("Clean Streets", "Public Works", .15, "More litter bins on {}"),
    ("Trees and Climate", "Parks and Trees", .12, "Shade trees along {}"), ("Homes and Neighbourhoods", "Planning and Land", .12, "A meeting room for {}"),
    ("Open Government", "City Clerk", .09, "Council evenings near {}"),
)  # fmt: skip
"""Topic, responding department, share, what a title looks like."""
WAYS = (("Website", .86), ("Town hall meeting", .09), ("E-mail", .05))  # fmt: skip
STATUSES = ("Submitted", "Acknowledged", "Under review", "Planned", "Done", "Not planned", "Merged")
STAGE_TIMES = ("answered", "reviewed", "planned", "done", "refused", "merged")
"""When an idea gets each status after the first."""
TIMES = (*STAGE_TIMES, "ended")
LOCATED_SHARE = 0.35
VOTING_DAYS, TALKING_DAYS = 40.0, 12.0
"""How long votes and comments keep coming: after so many days two thirds of them are there."""
MOST_UPDATES = 8


class Ideas:
    """All ideas of the city, whole."""

    def __init__(self, dates: Dates, count: int, places: Places, rng: np.random.Generator) -> None:
        self.story, self.people, self.places = stories.story_dates(dates), people_of(count), places
        submitted = openings(dates, count, rng)
        n = len(submitted)
        hood, place = points(places, "Park Maintenance", n, rng)
        frame = pd.DataFrame({
            "id": np.arange(1, n + 1), "submitted": submitted, "topic": one_of([share for _, _, share, _ in TOPICS], n, rng),
            "way": one_of([share for _, share in WAYS], n, rng), "author": rng.integers(1, self.people + 1, n), "hood": hood, "place": place,
            "located": rng.random(n) < LOCATED_SHARE, "street": rng.integers(0, 600, n), "named": rng.random(n) < 0.25,
            "all_votes": skewed(9.0, 1.2, n, rng).astype(int).clip(0, 2_000), "all_comments": skewed(2.0, 1.0, n, rng).astype(int).clip(0, 300),
        })  # fmt: skip
        self._answers(frame, rng)
        self.cases = frame

    def _answers(self, frame: pd.DataFrame, rng: np.random.Generator) -> None:
        """Adds what the city answers and decides, and when."""
        n = len(frame)
        moderated = (frame["submitted"] >= midnight(self.story.moderator)).to_numpy()
        days = skewed(np.where(moderated, 8.0 * stories.MODERATOR_FACTOR, 8.0), 0.75, n, rng)
        answered = rng.random(n) < np.where(moderated, 0.98, 0.86)
        frame["answered"] = only(answered, after(frame["submitted"], days, rng))
        frame["merged_into"] = frame.groupby("topic")["id"].shift(1).fillna(0).astype(int)
        merged = answered & (frame["merged_into"] > 0) & (rng.random(n) < 0.04)
        frame["merged"] = only(merged, frame["answered"])
        reviewed = ~merged & (rng.random(n) < 0.78)
        frame["reviewed"] = only(reviewed, after(frame["answered"], skewed(11.0, 0.7, n, rng), rng))
        decided = after(frame["reviewed"], skewed(42.0, 0.7, n, rng), rng)
        decision = rng.random(n)
        frame["planned"], frame["refused"] = only(decision < 0.37, decided), only((decision >= 0.37) & (decision < 0.86), decided)
        frame["done"] = only(rng.random(n) < 0.7, after(frame["planned"], skewed(150.0, 0.6, n, rng), rng))
        frame["ended"] = frame[["done", "refused", "merged"]].max(axis=1)

    def rows(self, now: int) -> dict[str, list[Row]]:
        """The system's tables as they stand at `now`."""
        known = known_at(self.cases, TIMES, now, since="submitted")
        return {
            "idea_authors": person_rows(self.people, lambda n: f"0{4_000 + n % 60}"), "ideas": self._idea_rows(known, now),
            "idea_updates": _update_rows(known),
        }  # fmt: skip

    def truth(self, now: int) -> dict[str, Any]:
        """The planted story, with the figures of what was drawn."""
        known = known_at(self.cases, TIMES, now, since="submitted")
        since = known["submitted"] >= midnight(self.story.moderator)
        answered = known["answered"] != NEVER
        return {
            "id": "first_answers", "programme": "ideas", "stage": STATUSES[0], "on": self.story.moderator, "factor_on_days": stories.MODERATOR_FACTOR,
            "sentence": "Since a new moderator began, ideas get their first answer much sooner.",
            "cases_before": int((~since).sum()), "cases_since": int(since.sum()),
            "median_days_before": median_days(known["submitted"][~since], known["answered"][~since]),
            "median_days_since": median_days(known["submitted"][since], known["answered"][since]),
            "answered_before": int(answered[~since].sum()), "answered_since": int(answered[since].sum()),
            "ideas": len(known), "merged": int((known["merged"] != NEVER).sum()),
        }  # fmt: skip

    def _idea_rows(self, known: pd.DataFrame, now: int) -> list[Row]:
        votes, last_vote = _so_far(known["submitted"], known["all_votes"], VOTING_DAYS, now)
        comments, last_comment = _so_far(known["submitted"], known["all_comments"], TALKING_DAYS, now)
        ids, topics, located = known["id"].tolist(), known["topic"].tolist(), known["located"].to_numpy()
        hood, place = known["hood"].to_numpy(), known["place"].to_numpy()
        titles = [TOPICS[topic][3].format(street_name(street)) for topic, street in zip(topics, known["street"].tolist(), strict=True)]
        bodies = [
            f"I have lived here for years. {person_name(who)}, {phone(who)}" if named else None
            for who, named in zip(known["author"].tolist(), known["named"].tolist(), strict=True)
        ]
        merged = known["merged"] != NEVER
        return filed(
            ids, [f"idea-{n}" for n in ids], known["author"], np.where(merged, known["merged_into"].astype(object), None), titles, bodies,
            words([t for t, *_ in TOPICS], topics), words([d for _, d, *_ in TOPICS], topics), words([w for w, _ in WAYS], known["way"]),
            _statuses(known), votes, comments, np.where(located, self.places.latitude[hood, place].astype(object), None),
            np.where(located, self.places.longitude[hood, place].astype(object), None), stamped(known["submitted"]), stamped(known["answered"]),
            stamped(known["ended"]), stamped(np.max([known["updated"], last_vote, last_comment], axis=0)),
        )  # fmt: skip


def _so_far(since: pd.Series, total: pd.Series, days: float, now: int) -> tuple[np.ndarray, np.ndarray]:
    """(how many of `total` came before `now`, when the last of them came): many at first, fewer and fewer later."""
    begun, every = since.to_numpy(), total.to_numpy()

    def when(count: np.ndarray) -> np.ndarray:
        return np.where(count > 0, np.ceil(begun - days * DAY * np.log1p(-count / (every + 1))).astype("int64"), NEVER)

    count = np.floor((every + 1) * -np.expm1(-(now - begun) / (days * DAY))).astype("int64").clip(0, every)
    count = np.where((count > 0) & (when(count) >= now), count - 1, count)
    return count, when(count)


def _statuses(known: pd.DataFrame) -> np.ndarray:
    status = np.full(len(known), STATUSES[0], dtype=object)
    for column, name in zip(STAGE_TIMES, STATUSES[1:], strict=True):
        status = np.where(known[column] != NEVER, name, status)
    return status


def _update_rows(known: pd.DataFrame) -> list[Row]:
    made: list[Row] = []
    answered = np.where(known["merged"] != NEVER, NEVER, known["answered"])
    for place, (column, status) in enumerate(zip(STAGE_TIMES, STATUSES[1:], strict=True)):
        at = answered if column == "answered" else known[column].to_numpy()
        been = np.flatnonzero(at != NEVER)
        ids = known["id"].to_numpy()[been]
        names = [person_name(11 + n % 2) for n in ids.tolist()]
        made += filed(ids * MOST_UPDATES + place, ids, stamped(at[been]), [status] * len(been), names)
    return made
