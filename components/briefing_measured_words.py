"""What a briefing says of figures that are not cases and their targets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from components import measured_words, words
from metrics.periods import Calendar


def targets(of: Mapping[str, Any], _calendar: Calendar) -> str:
    """How many there are and miss it."""
    judged = words.plural(of["judged"], "figure that is not cases", "figures that are not cases")
    if not of["missed"]:
        return f"None of {judged} misses its target."
    most = " Furthest from it, as parts of it:" if of["missed"] > len(of["furthest"]) else ""
    return f"Of {judged} and can be judged, {of['missed']:,} {'misses its' if of['missed'] == 1 else 'miss their'} target.{most}"


def target(of: Mapping[str, Any], calendar: Calendar) -> str:
    """One of them."""

    def amount(name: str) -> str:
        return measured_words.amount(of[name], of["unit"], of["unit_label"])

    when = measured_words.period(of["starts_on"], of["grain"], calendar)
    off = measured_words.gap(of["gap"], of["unit"], of["unit_label"])
    said = f"{measured_words.label_of(dict(of))}, {of['department_label']}, {when}: {amount('value')}"
    return f"{said}." if of["target"] is None else f"{said}, where the target is {amount('target')}: {off}."
