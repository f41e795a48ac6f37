"""What is counted beside cases, for docs/metrics.md: how figures with targets are judged, and the contact centre's formulas."""

from __future__ import annotations

from metrics import xmr
from metrics.contact_dictionary import DICTIONARY, ContactFigure
from metrics.measured import RATES

FIGURES = f"""## Figures that are not cases

Figures with targets that a department reports beside its cases (`/figures`, `/api/v1/measures`). One definition judges them all:

- **Meets or misses.** A value meets its target if it is as high or higher where higher is better, as low or lower where lower is better; else it misses it. Nothing is rounded before that is decided, nothing lies between, and a period that is not over is not judged. Where neither high nor low is better there is no verdict.
- **Gap.** Value less target, in the figure's own unit; of percentages in points. The list is in the order of the gap in parts of the target, which is an order and no score.
- **Target.** A period's own; where it has none, that of its fiscal year for what is measured alike in any part of a year ({", ".join(RATES)}), and none for amounts.
- **Years.** As the source gives them. They are added up only where the source says that its periods add up and all of them are known; a percentage, a share or a ratio never is.
- **How many.** Figures that meet their target, of those with a value, a target and a direction. There is no mean of ratios.
- **The source's verdict** (for Washington: Fully, Partially, Not Achieved) stands beside ours and is never counted.
- **Signals.** The rules of the control charts ([signals.md](signals.md)) over its months, quarters, weeks or years; under {xmr.LEAST_POINTS} of them it is too short for a signal. With a season each period is judged by its difference to the year before.
- **No longer reported.** A figure whose last value is older than the fiscal year before the latest of any is listed and not counted.
"""
_BETTER = {"higher": "higher is better", "lower": "lower is better", "neither": "neither high nor low is better"}
CONTACTS = """## The contact centre

Contacts, not cases (`/contact-centre`). Every figure adds up counts first and divides once, over the hours in which its source counts both.
"""


def sections() -> list[str]:
    """The parts of the document."""
    return [FIGURES, CONTACTS, *(_section(figure) for figure in DICTIONARY)]


def _section(figure: ContactFigure) -> str:
    rows = [
        ("Id", f"`{figure.id}`"),
        ("Unit", f"{figure.unit}; {_BETTER[figure.direction]}"),
        ("Formula", figure.formula),
        ("Mind", figure.caveat),
        ("Source", figure.source),
    ]
    table = "\n".join(f"| {name} | {text} |" for name, text in rows if text)
    return f"### {figure.label}\n\n{figure.meaning}\n\n| | |\n|---|---|\n{table}\n"
