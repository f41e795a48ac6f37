"""What units, periods and axes are called."""

from __future__ import annotations

from components.language import N_, NN_
from metrics.kinds import Unit
from metrics.periods import Grain

COUNTED: tuple[Unit, ...] = ("cases", "closures", "days", "weeks", "reports")
"""Units with a form for one."""
UNIT_WORDS: dict[Unit, str] = {
    "cases": N_("cases"), "closures": N_("closings"), "share": N_("%"), "days": N_("days"), "weeks": N_("weeks"), "per_1000": N_("per 1,000 residents"),
    "ratio": N_("closed per opened"), "per_case": N_("moves per case"), "times": N_("times as many"), "of_expected": N_("times expected"), "reports": N_("reports"),
}  # fmt: skip
VALUES: dict[Unit, tuple[str, str]] = {
    "cases": NN_("{amount} case", "{amount} cases"), "closures": NN_("{amount} closing", "{amount} closings"), "days": NN_("{amount} day", "{amount} days"),
    "weeks": NN_("{amount} week", "{amount} weeks"), "reports": NN_("{amount} report", "{amount} reports"),
    "per_1000": NN_("{amount} per 1,000 residents", "{amount} per 1,000 residents"), "ratio": NN_("{amount} closed per opened", "{amount} closed per opened"),
    "per_case": NN_("{amount} moves per case", "{amount} moves per case"), "times": NN_("{amount} times as many", "{amount} times as many"),
    "of_expected": NN_("{amount} times expected", "{amount} times expected"),
}  # fmt: skip
"""A value with its unit, for one and for several."""
GRAIN_WORDS: dict[Grain, str] = {
    "day": N_("day"),
    "week": N_("week"),
    "month": N_("month"),
    "quarter": N_("quarter"),
    "fiscal_year": N_("fiscal year"),
}
AXIS_TITLES: dict[Unit, str] = {
    "cases": N_("Cases"), "closures": N_("Closings"), "share": N_("Share of cases (%)"), "days": N_("Days"), "weeks": N_("Weeks"),
    "per_1000": N_("Per 1,000 residents"), "ratio": N_("Closed per case opened"), "per_case": N_("Moves per case"), "times": N_("Before, for each after"), "of_expected": N_("Times what is expected"), "reports": N_("Reports"),
}  # fmt: skip
