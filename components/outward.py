"""What the residents' portal offers to others: its charts on their sites."""

from __future__ import annotations

from components import embed_code
from components.chart import EMBEDDED


def start() -> None:
    """Offer every chart to other sites."""
    if embed_code.of_chart not in EMBEDDED:
        EMBEDDED.append(embed_code.of_chart)
