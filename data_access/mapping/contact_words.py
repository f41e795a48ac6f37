"""What a mapping file may say of contacts: the fields of an interval or of a single call, and the limits they are counted by."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from data_access.model_base import Model

Answered = Literal["answered", "abandoned", "other"]
INTERVAL_FIELDS = ("queue", "starts_at", "offered", "answered")
"""What a source with a row for each interval must have."""
CALL_FIELDS = ("queue", "offered_at")
"""What a source with a row for each call must have."""
COUNTS = ("offered", "answered", "abandoned", "abandoned_short", "answered_in_time", "resolved_first", "resolution_known")
SECONDS = ("wait_seconds", "handle_seconds", "staffed_seconds")
CONTACT_ONLY = frozenset({
    "queue", "starts_at", "language", *COUNTS, *SECONDS, "mean_wait_seconds", "mean_handle_seconds", "offered_at", "answered_at", "ended_at", "call_outcome", "resolved",
})  # fmt: skip
"""Fields of contacts, beside their department. A telephone number is none of them, so it is never read."""


class ContactLimits(Model):
    """`[contacts]`: the limits that a source's figures were counted by, or that its calls are to be counted by."""

    threshold_seconds: Annotated[int, Field(ge=1, le=3600)] | None = None
    """The service level's seconds: an answer within them is one in time. None: a source has no such figure."""
    short_seconds: Annotated[int, Field(ge=1, le=600)] | None = None
    """A contact given up within so many seconds is a short one: a misdialled number and no lack of patience."""
    outcomes: dict[str, Answered] = {}
    """Of single calls: the source's word for how one ended -> answered, abandoned or other. Without it the times decide."""
