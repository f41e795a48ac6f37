"""What the filters and their choices are called."""

from __future__ import annotations

from components.language import N_

ALL_OF_THEM = "all"
WEEKS = {
    **{f"{weeks}": f"Last {weeks} weeks" for weeks in (4, 13, 26, 52)},
    **{f"{52 * years}": f"Last {years} years" for years in (2, 4)},
}
GRAIN_LABELS = {
    "day": N_("By day"), "week": N_("By week"), "month": N_("By month"), "quarter": N_("By quarter"), "fiscal_year": N_("By fiscal year"),
}  # fmt: skip
CLASS_LABELS = {
    "service": "Service cases", ALL_OF_THEM: "All classes", "information": "Information requests", "staff_entered": "Entered by staff after the work",
    "duplicate": "Duplicates", "withdrawn": "Withdrawn",
}  # fmt: skip
MAIN = "main"
"""What the filter of programmes says of those that headline figures count; addresses leave it out."""
OF_RESIDENTS = {"request_type": (N_("What was reported"), N_("Everything"))}
"""What residents are told instead of a filter's name, and of its choice of all."""
LABELS = {
    "weeks": "Period", "during": N_("Quarter"), "department": N_("Department"), "request_group": "Group of types", "request_type": N_("Request type"),
    "channel": "Channel", "grain": N_("Steps"), "outcome": "Outcome", "case_class": "Cases", "programme": "Programme", "stage": "In stage", "from": "From",
    "to": "To (not included)", "as_of": "As known on",
}  # fmt: skip
