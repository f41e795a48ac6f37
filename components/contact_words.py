"""The contact centre's figures in words: values with their unit, and what each is made of."""

from __future__ import annotations

from typing import Any

import pandas as pd

from components import words
from metrics.contact_dictionary import BY_ID, ContactFigure

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
TILES = ("offered", "abandonment", "speed_of_answer", "service_level", "first_contact_resolution")


def seconds(value: Any) -> str:
    """34.2 -> "34 s", 150 -> "2 min 30 s"."""
    if words.is_missing(value):
        return words.MISSING
    whole = round(float(value))
    return f"{whole} s" if whole < 60 else f"{whole // 60} min {whole % 60:02d} s"


def said(value: Any, figure: ContactFigure) -> str:
    """A value as people read it."""
    if figure.unit == "seconds":
        return seconds(value)
    return words.share(value) if figure.unit == "share" else words.count(value)


def made_of(row: pd.Series, figure: ContactFigure) -> str:
    """The count that a share or a mean is of: "of 1,204 calls"."""
    if not figure.of or words.is_missing(row[figure.of]) or figure.unit not in ("share", "seconds"):
        return ""
    return f"of {words.count(row[figure.of])} {'answered calls' if figure.of.startswith('answered') else 'seconds signed in' if figure.of == 'staffed_seconds' else 'calls'}"


def limits(row: pd.Series) -> str:
    """The limits that figures are counted by."""
    parts = []
    if not words.is_missing(row["threshold_seconds"]):
        least, most = int(row["threshold_least"]), int(row["threshold_seconds"])
        parts.append(
            f"Answered in time: within {most} s."
            if least == most
            else f"Answered in time: within {least} to {most} s, as each source counts."
        )
    if not words.is_missing(row["short_seconds"]):
        parts.append(f"Given up at once: within {int(row['short_seconds'])} s.")
    return " ".join(parts)


def label(name: str) -> str:
    """A figure's label within a sentence."""
    text = BY_ID[name].label
    return text[0].lower() + text[1:]
