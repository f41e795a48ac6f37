"""What a department says of a figure, as a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from components import words
from metrics.periods import Calendar

STANCE_WORDS = {"explain": "Explained", "dispute": "Disputed"}


def head(stance: str, department: str) -> str:
    """ "Disputed by Parks and Trees"."""
    return f"{STANCE_WORDS[stance]} by {department}"


def found(answer: str, by: str | None) -> str:
    """What was found, and by whom; empty until somebody says."""
    return f"Found by {by}: {words.sentence(answer)}" if answer else ""


def sentence(stance: str, department: str, week: date, text: str, answer: str, by: str | None) -> str:
    """All of it: for tables, files and packets."""
    return f"{head(stance, department)} (week of {words.day(week)}): {words.sentence(text)} {found(answer, by)}".strip()


def frozen(of: Mapping[str, Any], _calendar: Calendar) -> str:
    """The same of a packet's numbers."""
    return " ".join(
        sentence(one["stance"], one["department"], date.fromisoformat(one["week"]), one["text"], one["answer"], one["answered_by"])
        for one in of["remarks"]
    )
