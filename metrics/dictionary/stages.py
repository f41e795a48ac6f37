"""Figures of stages that are no metric of cases: what each counts, in words; `metrics.stages` and `metrics.outcomes` count them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One figure, declared once."""

    id: str
    label: str
    meaning: str
    formula: str
    source: str
    caveat: str = ""


OWN_STAGES = "the city's own stages"

FIGURES: tuple[Figure, ...] = (
    Figure(
        "stage_funnel", "How far cases came",
        "Of the cases opened in the period, how many came to each stage, how many are in it now, ended in it or dropped out of it.",
        "came: cases with a stay in the stage begun by as_of; in it, ended: by the last stay of each case; dropped: ended with outcome denied or withdrawn",
        OWN_STAGES, "A case can skip a stage or come to it twice; it counts once. Withdrawn cases are among them.",
    ),
    Figure(
        "stage_time", "Time in each stage",
        "Within how many days half, and nine of ten, of the stays in a stage were over, stays that last still taken into account.",
        "Kaplan-Meier median and P90 of stays begun in the period: left_at - came_at, censored at as_of", "Kaplan and Meier 1958; the city's own stages",
        "A mean of finished stays would forget those that last longest. Of a stage in which somebody outside has to act, it is not the city's time.",
    ),
    Figure(
        "stage_on_time", "On time in each stage",
        "Of the stays whose promised end lay in the period, how many were over by then.",
        "stays with left_at <= due_at / stays with due_at in the period, due_at as the stage promises", OWN_STAGES,
        "A stage that promises nothing has no share.",
    ),
    Figure(
        "stage_stuck", "Stuck in a stage",
        "Cases that have been in a stage longer than it promises; where it promises nothing, longer than nine of ten stays in it.",
        "open stays with as_of > due_at, or without a promise as_of - came_at > P90 (Kaplan-Meier) of the stays begun in the last 730 days", OWN_STAGES,
        "Stages in which somebody outside has to act are left out.",
    ),
    Figure(
        "stage_first", "First answer",
        "How long cases stay in the first stage: until somebody takes them up. A case that is opened again begins there again.",
        "time in the first stage (Kaplan-Meier), and on time there", OWN_STAGES,
    ),
    Figure(
        "closing_reasons", "Closings by reason",
        "The closings of the period by the reason the source gives, in its own words.",
        "closings counted by closure reason (a category, no free text)", "the city's own words",
        "A case that was closed more than once counts each time, with its last reason.",
    ),
    Figure(
        "became", "What became of them",
        "The cases opened in each month, by whether they are open and how they ended.",
        "cases by month of opening and, if closed by as_of, outcome", OWN_STAGES, "Young months have more open cases: that is their age, no failure.",
    ),
    Figure(
        "extension_basis", "Deadlines extended, by legal basis",
        "Of the cases that fell due in the period and had their deadline moved later by an extension, how many name each reason for it.",
        "cases due in the period with a due_changed event to a later date, by its reason; a case with two reasons counts for both", "the law the city names",
    ),
    Figure(
        "inspected", "Inspected",
        "Of the cases opened in the period, how many were inspected, and within how many days half of those were.",
        "inspected_at by as_of / opened; median of inspected_at - opened_at", "the source's inspection date",
        "The median is of inspected cases alone: it says nothing of those that wait.",
    ),
    Figure(
        "votes", "Most wanted", "Those opened in the period that most people support, and where each stands.",
        "cases by votes, most first", "the source's count of votes", "Votes are not a sample of residents: who votes chooses to.",
    ),
)  # fmt: skip
BY_ID = {figure.id: figure for figure in FIGURES}
