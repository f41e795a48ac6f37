"""Code enforcement: inspection, notice, hearing, judgement, resolution; and the resets that move a hearing and with it the target."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from data_access.demo.dirt import CENTURY
from data_access.demo.names import person_name, phone, street_name
from data_access.demo.places import Places, address
from data_access.demo.programmes import stories
from data_access.demo.programmes.course import (
    CLOSES,
    after,
    filed,
    known_at,
    median_days,
    office_time,
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

VIOLATIONS = (
    ("Overgrown Lot", .27), ("Blighted Building", .24), ("Rubbish on a Private Lot", .20), ("Unsecured Vacant Building", .14),
    ("Dangerous Porch or Stairs", .15),
)  # fmt: skip
ORIGINS = (("Resident", .64), ("Inspector", .28), ("Police or fire", .08))  # fmt: skip
CLEAN, COMPLIED, COMPLIED_LATE, ABATED, DEMOLISHED, DISMISSED = range(6)
REASONS = (
    "No violation found",
    "Complied before hearing",
    "Complied after judgement",
    "Abated by the city",
    "Demolished",
    "Dismissed at hearing",
)
WHY_RESET = ("Owner not served", "Continuance granted", "Inspector absent")
TARGET_DAYS = 120
MOST_RESETS = 3
TIMES = ("inspected", "notified", "held", "judged", "resolved", "closed", *(f"reset_{n}" for n in range(MOST_RESETS)))
NEXT_CENTURY_SHARE = 0.004
"""Share of cases received in the next century: the dirt of this system."""


class Code:
    """All cases of the city, whole."""

    def __init__(self, dates: Dates, count: int, places: Places, rng: np.random.Generator) -> None:
        self.story, self.people, self.places = stories.story_dates(dates), people_of(count), places
        received = openings(dates, count, rng)
        n = len(received)
        hood, place = points(places, "Illegal Dumping", n, rng)
        frame = pd.DataFrame({
            "id": np.arange(1, n + 1), "received": received, "violation": one_of([share for _, share in VIOLATIONS], n, rng),
            "origin": one_of([share for _, share in ORIGINS], n, rng), "owner": rng.integers(1, self.people + 1, n), "hood": hood, "place": place,
            "next_century": rng.random(n) < NEXT_CENTURY_SHARE, "why": rng.integers(0, len(WHY_RESET), n),
        })  # fmt: skip
        frame.loc[7, "next_century"] = True
        frame["target"] = (received // DAY + TARGET_DAYS) * DAY + CLOSES
        self._work(frame, rng)
        self.cases = frame

    def _work(self, frame: pd.DataFrame, rng: np.random.Generator) -> None:
        """Adds every milestone, every reset, and how the case ends."""
        n = len(frame)
        frame["inspected"] = after(frame["received"], skewed(7.5, 0.5, n, rng), rng)
        clean = rng.random(n) < 0.12
        frame["notified"] = only(~clean, after(frame["inspected"], skewed(5.0, 0.5, n, rng), rng))
        complies = ~clean & (rng.random(n) < 0.3)
        frame["hearing_0"] = only(~clean & ~complies, after(frame["notified"], rng.uniform(32, 48, n), rng))
        share = np.where(frame["hearing_0"] >= midnight(self.story.resets), stories.RESET_SHARES[1], stories.RESET_SHARES[0])
        again = (frame["hearing_0"] != NEVER).to_numpy()
        for number in range(MOST_RESETS):
            hearing = frame[f"hearing_{number}"].to_numpy()
            again = again & (rng.random(n) < share)
            # A reset is entered on the day of the hearing, before it.
            frame[f"reset_{number}"] = only(again, hearing // DAY * DAY + rng.integers(7 * HOUR, 8 * HOUR, n))
            later = hearing + rng.integers(26, 40, n) * DAY
            frame[f"hearing_{number + 1}"] = np.where(again, office_time(later, rng), hearing)
        frame["held"] = frame[f"hearing_{MOST_RESETS}"]
        frame["judged"] = after(frame["held"], skewed(1.5, 0.8, n, rng), rng)
        dismissed = (frame["judged"] != NEVER) & (rng.random(n) < 0.1)
        frame["dismissed"] = dismissed
        after_judgement = only(~dismissed & (rng.random(n) < 0.85), after(frame["judged"], skewed(24.0, 0.7, n, rng), rng))
        frame["resolved"] = np.where(complies, after(frame["notified"], skewed(18.0, 0.6, n, rng), rng), after_judgement)
        frame["closed"] = np.where(clean, frame["inspected"], np.where(dismissed, frame["judged"], frame["resolved"]))
        ends = np.array([COMPLIED_LATE, ABATED, DEMOLISHED])[one_of((.68, .25, .07), n, rng)]  # fmt: skip
        frame["reason"] = np.where(clean, CLEAN, np.where(complies, COMPLIED, np.where(dismissed, DISMISSED, ends)))

    def rows(self, now: int) -> dict[str, list[Row]]:
        """The system's tables as they stand at `now`."""
        known = known_at(self.cases, TIMES, now, since="received")
        owners = person_rows(self.people, lambda n: f"{n % 90 + 1} {street_name(n % 700)}")
        return {"code_owners": owners, "code_cases": self._case_rows(known), "code_resets": _reset_rows(known)}

    def truth(self, now: int) -> dict[str, Any]:
        """The planted story, with the figures of what was drawn."""
        known = known_at(self.cases, TIMES, now, since="received")
        heard = known[(known["hearing_0"] != NEVER) & (known["hearing_0"] < now)]
        since = heard["hearing_0"] >= midnight(self.story.resets)
        reset = heard["reset_0"] != NEVER
        return {
            "id": "hearings_reset", "programme": "code", "stage": "Hearing", "on": self.story.resets,
            "sentence": "Since a known day three times as many hearings are reset, and every reset moves the target date with it.",
            "hearings_before": int((~since).sum()), "hearings_since": int(since.sum()),
            "reset_before": round(float(reset[~since].mean()), 4), "reset_since": round(float(reset[since].mean()), 4),
            "median_days_to_judgement_before": median_days(heard["notified"][~since], heard["judged"][~since]),
            "median_days_to_judgement_since": median_days(heard["notified"][since], heard["judged"][since]),
            "resets": int((known[[f"reset_{n}" for n in range(MOST_RESETS)]] != NEVER).to_numpy().sum()), "cases": len(known),
            "in_the_next_century": int(known["next_century"].sum()),
        }  # fmt: skip

    def _case_rows(self, known: pd.DataFrame) -> list[Row]:
        hood, place, ids = known["hood"].to_numpy(), known["place"].to_numpy(), known["id"].tolist()
        closed, judged = known["closed"] != NEVER, known["judged"] != NEVER
        scheduled, moved = _hearing(known)
        scheduled = only(known["notified"] != NEVER, scheduled)
        set_down = (scheduled != NEVER) & (known["held"] == NEVER)
        status = np.where(closed, "Closed", np.where(judged, "Judgement", np.where(set_down, "Hearing set", "Open"))).astype(object)
        return filed(
            ids, [f"CE-{n:06d}" for n in ids], known["owner"], words([name for name, _ in VIOLATIONS], known["violation"]),
            [address(h, p) for h, p in zip(hood.tolist(), place.tolist(), strict=True)], self.places.latitude[hood, place],
            self.places.longitude[hood, place], [person_name(3 + n % 9) for n in ids], words([name for name, _ in ORIGINS], known["origin"]), status,
            np.where(judged, np.where(known["dismissed"], "Dismissed", "Guilty"), None).astype(object), np.where(closed, words(REASONS, known["reason"]), None),
            stamped(np.where(known["next_century"], known["received"] + CENTURY, known["received"])), stamped(known["target"] + moved),
            stamped(known["inspected"]), stamped(known["notified"]), stamped(scheduled), stamped(known["held"]), stamped(known["judged"]),
            stamped(known["resolved"]), stamped(known["closed"]), stamped(known["updated"]),
        )  # fmt: skip


def _hearing(known: pd.DataFrame, resets: int = MOST_RESETS) -> tuple[np.ndarray, np.ndarray]:
    """(hearing as it stood after the first so many resets, seconds by which these moved it in whole days)."""
    hearing = known["hearing_0"].to_numpy()
    for number in range(resets):
        hearing = np.where(known[f"reset_{number}"] != NEVER, known[f"hearing_{number + 1}"], hearing)
    return hearing, (hearing // DAY - known["hearing_0"].to_numpy() // DAY) * DAY


def _reset_rows(known: pd.DataFrame) -> list[Row]:
    made: list[Row] = []
    for number in range(MOST_RESETS):
        been = known[known[f"reset_{number}"] != NEVER]
        ids = been["id"]
        (old, before), (new, since) = _hearing(been, number), _hearing(been, number + 1)
        made += filed(
            ids * MOST_RESETS + number, ids, stamped(been[f"reset_{number}"]), stamped(old), stamped(new), stamped(been["target"] + before),
            stamped(been["target"] + since), words(WHY_RESET, (been["why"] + number) % len(WHY_RESET)),
            [f"{person_name(n)}, {phone(n)}" for n in been["owner"].tolist()],
        )  # fmt: skip
    return made
