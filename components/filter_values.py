"""What the browser says of the filter bar's controls, checked."""

from __future__ import annotations

from typing import Any

from components import gate
from metrics.question import BadQuestion

LONGEST = 2_000


def names(value: Any) -> list[str]:
    """The names of the page's controls.

    Raises:
        BadQuestion: it is nothing a page of ours sends.
    """
    if not isinstance(value, list) or len(value) > gate.MOST_FILTERS:
        raise BadQuestion("The filters of this page cannot be read; open the page again.")
    found = [entry.get("name") if isinstance(entry, dict) else None for entry in value]
    if not all(isinstance(name, str) and len(name) <= 60 for name in found):
        raise BadQuestion("The filters of this page cannot be read; open the page again.")
    return found  # type: ignore[return-value]


def values(value: Any) -> list[str]:
    """What they are set to; raises as `names`."""
    if not isinstance(value, list) or not all(isinstance(entry, (str, type(None))) and len(entry or "") <= LONGEST for entry in value):
        raise BadQuestion("The filters of this page cannot be read; open the page again.")
    return [entry or "" for entry in value]
