"""How far a load may differ from what is in service before a person decides: `[source.gate]` of `city.toml`."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from data_access.model_base import Model, Share


class Gate(Model):
    """`[source.gate]`: limits of one source; what lies beyond one of them is held."""

    fewer: Share = 0.02
    """Share of the rows held that may be missing."""
    more: Annotated[float, Field(ge=0)] = 0.2
    """Share of the rows held that may come on top."""
    replaced: Share = 0.2
    """Share of the cases held that others may replace, as they do when cases get new numbers."""
    department: Share = 0.5
    """Share of its cases that a department may lose."""
    nulls: Share = 0.2
    """By how much the share of cases without a type, department, channel, place, deadline or closing may change."""
    new_values: Share = 0.2
    """Share of the cases that may have a type, department or channel that was not there before."""
    refused: Share = 0.05
    """By how much the share of refused rows may rise."""
    newest_back_hours: Annotated[float, Field(ge=0)] = 24
    """By how many hours the newest case may have been opened before the newest one held."""
    least: Annotated[int, Field(ge=1)] = 200
    """Differences of fewer rows are noise and hold nothing; a source of which fewer are in service is not compared."""
