"""Applications for the city's vacant lots: rounds, ten steps, a lottery where several want the same lot."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd

from data_access.demo.places import Places, address
from data_access.demo.programmes import stories
from data_access.demo.programmes.course import (
    after,
    days_between,
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
from data_access.demo.wall_clock import DAY, HOUR, NEVER, midnight

STEPS = (
    ("Deed check", 14.0), ("Location check", 11.0), ("Multiple applicant check", 9.0), ("Alderman letter", 38.0), ("Lottery", 0.0),
    ("Economic disclosure", 32.0), ("Disclosure approval", 22.0), ("Plan commission and council", 75.0), ("Free of debts", 26.0), ("Sold", 0.0),
)  # fmt: skip
"""Step, median days. A lottery takes as long as the slowest of its applicants; who alone wants a lot skips it."""
LETTER, LOTTERY, DISCLOSURE, SOLD = 3, 4, 5, 9
DENIALS = {
    0: (.06, "Denied: deed names somebody else"), 1: (.08, "Denied: no property on the block"), 3: (.05, "Denied: no alderman's letter"),
    5: (.09, "Denied: disclosure not returned"), 8: (.08, "Denied: debts to the city"),
}  # fmt: skip
"""Step -> share denied in it, reason."""
LOST, WITHDRAWN = "Not selected in the lottery", "Withdrawn by applicant"
WITHDRAWN_SHARE = 0.05
USES = (("Side Yard", .46), ("Garden", .22), ("New Home", .21), ("Parking for a Home", .11))  # fmt: skip
HEARD = ("Alderman's office", "Letter from the city", "Neighbour", "Newspaper", "Website")
ROUND_EVERY, ROUND_LASTS = 182, 56
"""Days from one round's beginning to the next, and how long applications are taken."""
APPLICATIONS_PER_LOT = 1.4
MOST_REVIEWS = 16


class Lots:
    """All rounds, lots and applications of the city, whole."""

    def __init__(self, dates: Dates, count: int, places: Places, rng: np.random.Generator) -> None:
        self.story, self.people, self.places = stories.story_dates(dates), people_of(count), places
        self.rounds = [dates.start + timedelta(days=20 + n) for n in range(0, len(days_between(dates)) - ROUND_LASTS, ROUND_EVERY)]
        open_days = np.array([any(0 <= (day - first).days < ROUND_LASTS for first in self.rounds) for day in days_between(dates)])
        received = openings(dates, count, rng, open_days + 0.0)
        n = len(received)
        starts = np.array([midnight(first) for first in self.rounds])
        frame = pd.DataFrame({
            "id": np.arange(1, n + 1), "received": received, "round": np.searchsorted(starts, received, side="right") - 1,
            "applicant": rng.integers(1, self.people + 1, n), "use": one_of([share for _, share in USES], n, rng),
            "heard": rng.integers(0, len(HEARD), n), "luck": rng.random(n),
        })  # fmt: skip
        self.lots = self._lots(frame, rng)
        self._work(frame, rng)
        self.cases = frame

    def _lots(self, frame: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
        """The lots of every round; some are wanted by many."""
        per_round = np.bincount(frame["round"], minlength=len(self.rounds))
        offered = np.maximum((per_round / APPLICATIONS_PER_LOT).astype(int), 1)
        first = np.cumsum(offered) - offered
        frame["lot"] = first[frame["round"]] + (rng.random(len(frame)) ** 1.5 * offered[frame["round"]]).astype(int) + 1
        hood, place = points(self.places, "Unsafe Living Conditions", int(offered.sum()), rng)
        return pd.DataFrame(
            {"id": np.arange(1, len(hood) + 1), "round": np.repeat(np.arange(len(offered)), offered), "hood": hood, "place": place}
        )

    def _work(self, frame: pd.DataFrame, rng: np.random.Generator) -> None:
        """Adds when each step begins (`step_0` ..), when the last one ended, and why."""
        n = len(frame)
        ends_in, reason = np.full(n, SOLD), np.full(n, "Sold", dtype=object)
        for step in sorted(DENIALS, reverse=True):
            denied = rng.random(n) < DENIALS[step][0]
            ends_in, reason = np.where(denied, step, ends_in), np.where(denied, DENIALS[step][1], reason)
        leaves = np.where(rng.random(n) < WITHDRAWN_SHARE, rng.integers(0, SOLD, n), SOLD)
        leaves = np.where(leaves == LOTTERY, DISCLOSURE, leaves)
        reason, ends_in = np.where(leaves < ends_in, WITHDRAWN, reason), np.minimum(leaves, ends_in)
        begun, closed = frame["received"].to_numpy(), np.full(n, NEVER)
        for step, (_, days) in enumerate(STEPS):
            if step == LOTTERY:
                begun, lost = self._lottery(frame, begun, rng)
                closed, reason = np.where(lost != NEVER, lost, closed), np.where(lost != NEVER, LOST, reason)
                continue
            frame[f"step_{step}"] = begun
            if step == SOLD:
                closed = np.where(begun != NEVER, begun, closed)
                break
            factor = np.where((step == LETTER) & (begun >= midnight(self.story.letters_slow)), stories.LETTER_FACTOR, 1.0)
            done = after(begun, skewed(days * factor, 0.4, n, rng), rng)
            closed = np.where((ends_in == step) & (done != NEVER), done, closed)
            begun = only(ends_in > step, done)
        frame["closed"], frame["reason"] = closed, reason

    def _lottery(self, frame: pd.DataFrame, begun: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """(when those go on who alone want a lot or won it, when the others lost)."""
        standing = pd.DataFrame({"lot": frame["lot"], "begun": begun, "luck": frame["luck"]})[begun != NEVER]
        of_lot = standing.groupby("lot")
        several = (of_lot["begun"].transform("size") > 1).reindex(frame.index, fill_value=False).to_numpy()
        # Drawn in the morning three weeks after the last of them came so far, or on the Monday after that.
        last = of_lot["begun"].transform("max").reindex(frame.index, fill_value=0).to_numpy() // DAY + 21
        day = np.busday_offset(last.astype("datetime64[D]"), 0, roll="forward").astype("int64")
        drawn = day * DAY + 10 * HOUR
        wins = (of_lot["luck"].transform("max") == standing["luck"]).reindex(frame.index, fill_value=False).to_numpy()
        frame[f"step_{LOTTERY}"] = only(several, begun)
        goes_on = np.where(several, only(wins, after(drawn, rng.uniform(0.1, 0.3, len(frame)), rng)), begun)
        return goes_on, only(several & ~wins, drawn)

    def rows(self, now: int) -> dict[str, list[Row]]:
        """The system's tables as they stand at `now`."""
        known = self._known(now)
        offered = [(n, f"Round {n}", str(first), str(first + timedelta(days=ROUND_LASTS))) for n, first in enumerate(self.rounds, start=1)]
        offered = [row for row, first in zip(offered, self.rounds, strict=True) if midnight(first) < now]
        return {
            "lot_applicants": person_rows(self.people, lambda n: f"000-00-{n % 10_000:04d}", lambda n: f"D{n:08d}", _born),
            "lot_rounds": offered, "lot_parcels": self._lot_rows(len(offered)), "lot_applications": _application_rows(known),
            "lot_reviews": _review_rows(known),
        }  # fmt: skip

    def truth(self, now: int) -> dict[str, Any]:
        """The planted story, with the figures of what was drawn."""
        known = self._known(now)
        begun = known[f"step_{LETTER}"]
        done = (
            known[[f"step_{LOTTERY}", f"step_{DISCLOSURE}"]]
            .replace(NEVER, np.iinfo("int64").max)
            .min(axis=1)
            .replace(np.iinfo("int64").max, NEVER)
        )
        since = begun >= midnight(self.story.letters_slow)
        through = (begun != NEVER) & (done != NEVER)
        return {
            "id": "letters_slow", "programme": "lots", "stage": STEPS[LETTER][0], "on": self.story.letters_slow,
            "sentence": "Since a known day an alderman's letter for a vacant lot takes twice as long.", "factor_on_days": stories.LETTER_FACTOR,
            "cases_before": int((through & ~since).sum()), "cases_since": int((through & since).sum()),
            "median_days_before": median_days(begun[~since], done[~since]), "median_days_since": median_days(begun[since], done[since]),
            "applications": len(known), "lost_in_the_lottery": int(((known["closed"] != NEVER) & (known["reason"] == LOST)).sum()),
        }  # fmt: skip

    def _known(self, now: int) -> pd.DataFrame:
        return known_at(self.cases, [*(f"step_{step}" for step in range(len(STEPS))), "closed"], now, since="received")

    def _lot_rows(self, rounds: int) -> list[Row]:
        mine = self.lots[self.lots["round"] < rounds]
        hood, place = mine["hood"].to_numpy(), mine["place"].to_numpy()
        return filed(
            mine["id"], [f"20-{9 + h:02d}-{n // 100:03d}-{n % 100:03d}-0000" for h, n in zip(hood.tolist(), mine["id"].tolist(), strict=True)],
            mine["round"] + 1, [address(h, p) for h, p in zip(hood.tolist(), place.tolist(), strict=True)],
            self.places.latitude[hood, place], self.places.longitude[hood, place],
        )  # fmt: skip


def _born(number: int) -> str:
    return str(date(1945, 1, 1) + timedelta(days=number * 41 % 20_000))


def _application_rows(known: pd.DataFrame) -> list[Row]:
    closed, sold = known["closed"] != NEVER, known[f"step_{SOLD}"] != NEVER
    step = np.zeros(len(known), dtype=int)
    for number in range(len(STEPS)):
        step = np.where(known[f"step_{number}"] != NEVER, number, step)
    ended = np.where(sold, "Sold", np.where(known["reason"] == WITHDRAWN, "Withdrawn", "Denied"))
    return filed(
        known["id"], [f"LL-{n:06d}" for n in known["id"].tolist()], known["applicant"], known["lot"], words([use for use, _ in USES], known["use"]),
        words(HEARD, known["heard"]), np.where(closed, ended, "Active").astype(object), words([name for name, _ in STEPS], step),
        np.where(closed, known["reason"], None), stamped(known["received"]), stamped(known["closed"]), stamped(known["updated"]),
    )  # fmt: skip


def _review_rows(known: pd.DataFrame) -> list[Row]:
    """One row for each step that was completed: with the next one, or with the reason why there is none."""
    made: list[Row] = []
    names = [name for name, _ in STEPS]
    for step in range(SOLD):
        begun, following, after_it = (known[f"step_{number}"].to_numpy() for number in (step, step + 1, min(step + 2, SOLD)))
        skips = (step == LETTER) & (following == NEVER)
        following, next_step = np.where(skips, after_it, following), step + 1 + skips
        ended = ((begun != NEVER) & (following == NEVER) & (known["closed"] != NEVER)).to_numpy()
        at = np.where(ended, known["closed"], following)
        been = np.flatnonzero((begun != NEVER) & (at != NEVER))
        ids = known["id"].to_numpy()[been]
        made += filed(
            ids * MOST_REVIEWS + step, ids, [names[step]] * len(been), np.where(ended, None, words(names, next_step))[been],
            np.where(ended, known["reason"], None)[been], [1] * len(been), [f"reviewer{n % 6}@land.port-alder.example" for n in ids.tolist()],
            stamped(at[been]),
        )  # fmt: skip
    return made
