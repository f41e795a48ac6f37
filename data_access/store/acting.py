"""Somebody who is allowed to write one thing into Statroom's own database, at one instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from access import Viewer


@dataclass(frozen=True)
class Acting:
    """Who writes, where to, and when. Made by `metrics.desk.Desk.acting`, which checks the right."""

    viewer: Viewer
    store: Engine
    now: datetime
    """Naive UTC."""
