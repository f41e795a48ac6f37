"""What the columns of the table of programmes in totals mean, and what to know before using it."""

from __future__ import annotations

from components.language import _

TOTALS = "programme-totals"


def note(table_id: str) -> str:
    """What is counted and hidden in the table, for its card; empty for any other."""
    return _("Of other programmes than services totals are published: counted once for each quarter and year that has ended, and never again. A small number is hidden, or one that would give a small one away; no row means no case.") if table_id == TOTALS else ""  # fmt: skip


def meanings(table_id: str) -> dict[str, tuple[str, str, str]]:
    """Column -> its meaning, its unit, and what it means where it is empty."""
    none = _("never empty")
    return {} if table_id != TOTALS else {
        "programme": (_("The programme, as addresses of the portal and the API name it."), _("text"), none),
        "period": (_("The year or quarter that is counted."), _("for example 2026-Q3"), none),
        "grain": (_("How long the period is: year or quarter."), _("text"), none),
        "measure": (_("What is counted: 'opened', 'closed', 'open' at the end, 'due', 'reached' a stage and others; 'median' and 'p90' are days, not cases."), _("text"), none),
        "split": (_("By what the number is split: kind of case, outcome, stage, area, state."), _("text"), _("the whole programme")),
        "key": (_("Which part of the split."), _("text"), _("the whole programme; or the split is told of as a whole only")),
        "label": (_("Its name."), _("text"), _("it has no name of the city's own")),
        "n": (_("The number."), _("as 'unit' says"), _("hidden: it is small, or would give a small number away")),
        "unit": (_("What the number counts: cases or days."), _("text"), none),
        "hidden": (_("Whether the number is hidden. Which of the two reasons it is, is not told."), _("true or false"), none),
        "fewest_shown": (_("The fewest cases that are told of this programme."), _("cases"), none),
        "vintage": (_("1; one more for each time the year was counted anew."), _("number"), none),
        "counted_as_of": (_("The instant up to which the cases were known when they were counted."), _("instant in UTC"), none),
    }  # fmt: skip
