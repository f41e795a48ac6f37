"""What a city writes in `city.toml` about a source on the web."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field


class Web(BaseModel, extra="forbid", frozen=True):
    """`[source.web]`: how the address of a source is asked."""

    key: Annotated[str | None, Field(repr=False)] = None
    """An application token or key, out of the environment: "${SOCRATA_APP_TOKEN:-}". Sent to the source's own host only."""
    jurisdiction_id: str | None = None
    """Open311: which city is meant, where one endpoint serves several."""
    since: date | None = None
    """First day to read, of sources that are read by windows of days (Open311, SeeClickFix)."""
    reread_days: Annotated[int, Field(ge=1)] = 90
    """Sources that cannot say what changed: how many days of openings each later load reads again."""
    where: str | None = None
    """Only the rows that fit, in the source's own language: SoQL, or SQL of ArcGIS."""
    page_rows: Annotated[int | None, Field(ge=1, le=50_000)] = None
    """Rows of one answer; what the source allows at most if not said."""
    requests_per_second: Annotated[float, Field(gt=0, le=20)] = 2
    answer_seconds: Annotated[float, Field(gt=0, le=600)] = 120
    """How long the source may be silent before it is asked again."""
    hours: Annotated[float, Field(gt=0, le=72)] = 12
    """A load that reads longer than this ends; what it fetched is kept, and the next one goes on there."""


class WebRows(BaseModel, extra="forbid", frozen=True):
    """`[web]` of a mapping: how the rows of a source on the web tell what changed, and what it offers beyond its standard."""

    watermark: str | None = None
    """Column with the row's last change; without it every load reads everything."""
    overlap_minutes: Annotated[float, Field(ge=0)] = 60
    """How far before the watermark an incremental load begins, for changes that arrive late."""
    updated_after: str | None = None
    """Open311: the parameter by which the endpoint answers what changed since an instant; without it openings are read again."""
    extensions: bool = False
    """Open311: ask for the extended attributes and notes of a request."""
    updates: bool = False
    """Open311: read the feed `servicerequestupdates` for the history of states."""
