"""Writes docs/metrics.md from the registry: `make docs`. A test keeps the two equal."""

from __future__ import annotations

from metrics import describe_beside
from metrics.definitions import HEADLINE, METRICS, REGISTRY
from metrics.dictionary.rules import AGE_BOUNDS
from metrics.dictionary.stages import FIGURES, Figure
from metrics.kinds import Metric
from metrics.wording import N_
from settings import ROOT

PATH = ROOT / "docs" / "metrics.md"
KINDS = {
    "flow": N_("counted on the date of an event"),
    "stock": N_("counted at an instant"),
    "share": N_("hits of n; carries its n"),
    "duration": N_("elapsed time; median and 90th percentile, never added up"),
    "composite": N_("made of other figures"),
}
UNITS = {
    "cases": N_("cases"), "closures": N_("closings"), "share": N_("share, shown in percent"), "days": N_("days"), "weeks": N_("weeks"),
    "per_1000": N_("per 1,000 residents"), "ratio": N_("ratio"), "per_case": N_("moves per case"), "times": N_("ratio"), "of_expected": N_("times what is expected"), "reports": N_("reports"),
}  # fmt: skip
DIRECTIONS = {"higher": N_("higher is better"), "lower": N_("lower is better"), "neither": N_("neither high nor low is better")}

RULES = (
    N_(
        "Times are instants in UTC; days, weeks, months, quarters and fiscal years are the city's own. A period begins at local midnight and ends just before the next one begins."
    ),
    N_(
        "Nothing is counted after `as_of`, the instant up to which the data is known. Any figure can be asked for as of an earlier instant and then knows nothing of what came later."
    ),
    N_("A case that was reopened has been open in several stretches; a closing ends a stretch, and one case can close more than once."),
    N_(
        "Duplicates, cancelled and test cases do not count, except in Reports. Headline figures count service cases only; information requests, cases entered by staff after the work, and withdrawn ones are a filter away."
    ),
    N_("A share travels with its n. A figure that cannot be given is empty and says why, never zero."),
    N_("A case counts for the department that owns it; a closing for the department that owned the case then."),
)
"""What holds for every figure."""

INTRODUCTION = """# What the figures mean

Written from `metrics/dictionary/` by `make docs`; do not edit.

These rules hold for every figure:
"""


OF_STAGES = """# Figures of programmes and their stages

A stay of a case in a stage is counted as a case is: every figure above can be one of stays, too. These are beside them, on the pages of programmes.
"""


def document() -> str:
    """The whole document."""
    headline = ", ".join(REGISTRY[name].label for name in HEADLINE)
    bands = ", ".join(str(bound) for bound in AGE_BOUNDS)
    rules = "".join(f"- {rule}\n" for rule in RULES)
    intro = f"{INTRODUCTION}\n{rules}\nThe six headline figures: {headline}. Ages of open cases are shown in bands that begin at {bands} days.\n"
    return "\n".join(
        [
            intro,
            *(section(metric) for metric in METRICS),
            OF_STAGES,
            *(figure_section(figure) for figure in FIGURES),
            *describe_beside.sections(),
        ]
    )


def figure_section(figure: Figure) -> str:
    """The part of the document about one figure of stages."""
    rows = [("Id", f"`{figure.id}`"), ("Formula", figure.formula), ("Mind", figure.caveat), ("Source", figure.source)]
    table = "\n".join(f"| {name} | {text} |" for name, text in rows if text)
    return f"## {figure.label}\n\n{figure.meaning}\n\n| | |\n|---|---|\n{table}\n"


def section(metric: Metric) -> str:
    """One metric's part of the document."""
    rows = [
        ("Id", f"`{metric.id}`, definition {metric.version}"),
        ("Kind", f"{metric.kind}: {KINDS[metric.kind]}"),
        ("Unit", f"{UNITS[metric.unit]}; {DIRECTIONS[metric.direction]}"),
        ("Formula", metric.formula),
        ("Date", f"`{metric.date_field}`" if metric.date_field.isidentifier() else metric.date_field),
        ("Counts for", "the department at the closing" if metric.owner == "closing" else "the department that owns the case"),
        ("Mind", metric.caveat),
        ("Source", metric.source),
    ]
    table = "\n".join(f"| {name} | {text} |" for name, text in rows if text)
    return f"## {metric.label}\n\n{metric.meaning}\n\n| | |\n|---|---|\n{table}\n"


def main() -> None:
    """Write the document."""
    PATH.write_text(document(), "utf-8")


if __name__ == "__main__":
    main()
