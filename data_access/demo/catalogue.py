"""What the demo city's departments do: request types with their volume, clock, speed and habits.

Shares, deadlines, medians and never-closed shares follow Boston's published 2011 cases; the rest
(reopenings, transfers, satisfaction) has no published figures and is an assumption of this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DEPARTMENTS = (
    ("PW", "Public Works"), ("INS", "Inspections"), ("PRK", "Parks and Trees"), ("TRN", "Transportation"),
    ("PRP", "Property and Graffiti"), ("MOH", "Mayor's Hotline"), ("WTR", "Water and Sewer"),
)  # fmt: skip
QUEUES = (
    ("PW", "Sanitation"), ("PW", "Street Lights"), ("PW", "Road Repair"), ("INS", "Housing"), ("INS", "Building"), ("PRK", "Tree Crew"),
    ("PRK", "Park Maintenance"), ("TRN", "Signals and Signs"), ("TRN", "Parking"), ("PRP", "Graffiti Crew"), ("MOH", "Call Takers"), ("WTR", "Water Crew"),
)  # fmt: skip

NEGLECTS, CLOSES_EARLY, HIT_BY_STORM = "Inspections", "Property and Graffiti", "Parks and Trees"
IMPROVED, RULE_CHANGED = "Pothole", "Street Light Outage"
STORM_TYPE = "Tree Emergency"
HARD_CASES = ("Unsafe Living Conditions", "Rodent Activity", "Building Inspection Request", "Illegal Construction")
"""What the neglecting department lets lie, and one neighbourhood reports more than others."""
CLEANED_UP = ("Sidewalk Repair", "Sidewalk Make Safe", "Street Light Outage")

Season = Literal["flat", "winter", "summer", "autumn", "dark"]
SEASONS: dict[str, tuple[float, ...]] = {
    "flat": (1.0, .94, 1.04, 1.01, 1.06, 1.08, 1.06, 1.05, .97, 1.0, .92, .87),
    "winter": (1.5, 1.55, 1.5, 1.15, .85, .7, .65, .65, .7, .95, 1.05, 1.25),
    "summer": (.61, .61, .73, .88, 1.15, 1.26, 1.31, 1.46, 1.32, 1.17, .81, .68),
    "autumn": (.75, .7, .8, .95, 1.05, 1.1, 1.05, 1.0, 1.1, 1.5, 1.25, .75),
    "dark": (1.3, 1.15, 1.0, .85, .7, .6, .61, .7, 1.0, 1.5, 1.25, 1.3),
}  # fmt: skip
"""Volume by month, January first; means are close to 1."""

Mix = tuple[float, float, float, float]
MIXES: dict[str, Mix] = {
    "usual": (.54, .20, .18, .08), "app": (.25, .55, .12, .08), "call": (.90, .03, .05, .02), "crew": (.05, .02, .03, .90),
    "web": (.33, .12, .35, .20),
}  # fmt: skip
"""Share of phone, app, web and crew at the end of the period; before, the app had less and the phone more."""


@dataclass(frozen=True)
class Kind:
    """One request type. Days are elapsed; `crew_sd` is the standard deviation of the crew's time on a log scale."""

    name: str
    category: str
    queue: int
    share: float
    unit: Literal["business_days", "calendar_days", "business_hours", "elapsed_hours", "none"]
    amount: int
    median_days: float
    crew_sd: float = 1.1
    instant: float = 0.02
    """Share entered when the work was already done."""
    forgotten: float = 0.04
    """Share that lies for months and is closed in a batch."""
    never: float = 0.0
    season: Season = "flat"
    mix: str = "usual"
    due_share: float = 1.0
    """Share of cases to which the CRM gives its deadline."""
    outcomes: tuple[float, float, float] = (0.93, 0.04, 0.03)
    """Done, nothing to do, referred."""
    setting: Literal["anywhere", "crowded", "green", "central"] = "anywhere"
    """Where it is reported more often."""
    information: bool = False
    day_and_night: bool = False
    """Done at any hour, not only when crews work."""

    @property
    def by_crew(self) -> bool:
        """Entered by the city's own people, for themselves."""
        return self.mix == "crew"


KINDS = (
    Kind("Bulk Item Pickup", "Sanitation", 0, 17.0, "business_days", 2, .55, 1.2, .45, .02, due_share=.75, mix="web"),
    Kind("Missed Trash", "Sanitation", 0, 6.5, "business_days", 2, .55, .75, .02, .004),
    Kind("Recycling Cart", "Sanitation", 0, 3.0, "business_days", 20, 7.5, .65, .0, .02, mix="web"),
    Kind("Dead Animal Pickup", "Sanitation", 0, 2.6, "business_days", 1, .12, 1.0, .05, .004, season="summer", mix="call", setting="green"),
    Kind("Illegal Dumping", "Sanitation", 0, 4.0, "business_days", 5, 1.6, .95, .03, .03, season="summer", mix="app", setting="crowded"),
    Kind("Street Light Outage", "Street Lights", 1, 7.5, "business_days", 10, 4.0, 1.0, .02, .09, .005, "dark"),
    Kind("Pothole", "Road Repair", 2, 6.0, "business_days", 2, 1.15, .95, .02, .04, .01, "winter", "app"),
    Kind("Pothole, Crew Found", "Road Repair", 2, 6.0, "none", 0, .0, .3, 1.0, .0, .0, "winter", "crew"),
    Kind("Sidewalk Repair", "Road Repair", 2, 2.2, "calendar_days", 365, 140, .95, .01, .08, .08, setting="central"),
    Kind("Sidewalk Make Safe", "Road Repair", 2, 2.4, "business_days", 2, .95, 1.0, .02, .10, .02, setting="central"),
    Kind("Snow on Sidewalk", "Road Repair", 2, 2.0, "business_days", 1, .6, .8, .01, .02, .0, "winter", "app", setting="central"),
    # Inspections' hard cases: those that are done are done in time, the others lie.
    Kind("Unsafe Living Conditions", "Housing", 3, 3.2, "calendar_days", 60, 20, .7, .02, .02, .38, "flat", "call", outcomes=(.80, .15, .05), setting="crowded"),
    Kind("No Heat", "Housing", 3, 2.2, "elapsed_hours", 72, .9, .7, .02, .02, .01, "winter", "call", outcomes=(.82, .14, .04), setting="crowded", day_and_night=True),
    Kind("Rodent Activity", "Housing", 3, 2.3, "calendar_days", 30, 9.5, .65, .01, .02, .25, "summer", "call", setting="crowded"),
    Kind("Building Inspection Request", "Building", 4, 1.6, "business_days", 10, 3.5, .7, .03, .02, .35, outcomes=(.75, .2, .05)),
    Kind("Illegal Construction", "Building", 4, 1.4, "business_days", 5, 2.2, .7, .02, .02, .50, outcomes=(.65, .3, .05)),
    Kind("Permit Question", "Building", 4, 3.2, "business_days", 5, .15, .9, .40, .0, .0, "flat", "call", outcomes=(.97, .02, .01)),
    Kind("Tree Emergency", "Trees", 5, 2.6, "business_days", 2, .75, .85, .01, .03, .005, "summer", "call", setting="green", day_and_night=True),
    Kind("Tree Maintenance", "Trees", 5, 2.8, "calendar_days", 365, 120, .8, .0, .03, .02, "autumn", setting="green"),
    Kind("Park Maintenance", "Parks", 6, 2.4, "business_days", 10, 4.0, .9, .02, .03, .005, "summer", "app", setting="green"),
    Kind("Traffic Signal Fault", "Signals", 7, 2.4, "business_hours", 9, .28, .9, .03, .03, .01, "flat", "call", setting="central"),
    Kind("Sign Repair", "Signals", 7, 1.8, "business_days", 10, 6.0, .8, .01, .06, .02),
    Kind("Abandoned Vehicle", "Parking", 8, 3.2, "business_days", 20, 8.5, .7, .01, .02, .005, "flat", "app", outcomes=(.62, .36, .02), setting="crowded"),
    Kind("Parking Enforcement", "Parking", 8, 3.4, "business_days", 1, .12, 1.1, .05, .0, .0, "flat", "app", outcomes=(.60, .38, .02), setting="central"),
    Kind("Graffiti Removal", "Graffiti", 9, 3.6, "business_days", 15, 5.5, .9, .02, .03, .01, "summer", "app", outcomes=(.88, .10, .02), setting="central"),
    Kind("Public Building Repair", "Property", 9, 1.4, "business_days", 10, 4.5, .9, .02, .03, .01, setting="central"),
    Kind("Information Request", "Information", 10, 6.0, "none", 0, .0, .3, .97, .0, .0, "flat", "call", information=True),
    Kind("Compliment or Complaint", "Information", 10, 1.2, "business_days", 10, 5.0, .8, .02, .03, .02, "flat", "call", outcomes=(.7, .1, .2)),
    Kind("Water Main Leak", "Water", 11, 1.6, "elapsed_hours", 24, .35, .8, .02, .02, .0, "winter", "call", day_and_night=True),
    Kind("Sewer Backup", "Water", 11, 1.2, "business_days", 2, .8, .9, .02, .03, .01, "flat", "call", setting="crowded"),
)  # fmt: skip

CHANNELS = ("Phone", "Mobile App", "Web Form", "Crew")
CREW = CHANNELS.index("Crew")
HOURS: dict[str, tuple[float, ...]] = {
    "Phone": (.6, .5, .4, .3, .2, .6, 1.2, 2.5, 6.4, 9.6, 10.5, 10.3, 8.2, 8.0, 8.8, 9.1, 6.9, 4.6, 2.7, 2.3, 2.0, 1.8, 1.6, 1.0),
    "Crew": (.1, .05, .02, .02, .02, .1, .7, 5.5, 8.9, 16.1, 15.7, 11.3, 10.5, 9.7, 10.4, 6.3, 1.0, .8, .5, .4, .3, .4, .6, .3),
    "Web Form": (.9, .4, .1, .1, .3, .5, 1.1, 3.1, 5.0, 8.5, 8.9, 8.9, 7.6, 6.9, 6.8, 6.9, 6.7, 5.2, 5.0, 4.8, 4.4, 4.0, 3.4, 2.0),
    "Mobile App": (.5, .3, .1, .1, .3, .5, 1.0, 3.8, 9.8, 12.8, 11.1, 5.8, 9.4, 8.1, 7.2, 3.9, 3.3, 5.1, 5.3, 4.2, 3.1, 2.6, 2.2, 1.2),
}  # fmt: skip
"""Openings by hour of the day, in percent (Boston 2011)."""
WEEKEND_SHARE = {"Phone": 0.12, "Crew": 0.03, "Web Form": 0.17, "Mobile App": 0.20}


def kind_number(name: str) -> int:
    """Position of a request type in `KINDS`."""
    return next(number for number, kind in enumerate(KINDS) if kind.name == name)


def department_number(name: str) -> int:
    """Position of a department in `DEPARTMENTS`."""
    return next(number for number, (_, label) in enumerate(DEPARTMENTS) if label == name)


def department_of_queue(queue: int) -> int:
    """Position of the department that a queue belongs to."""
    return next(number for number, (code, _) in enumerate(DEPARTMENTS) if code == QUEUES[queue][0])
