"""What a load tells: how far it has come, what it did, or in one line why it failed."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol


class SyncError(RuntimeError):
    """The load failed; one line says why. The last good data stays in service.

    Args:
        may_pass: whether a later load may succeed although nobody does anything.
    """

    def __init__(self, line: str, *, may_pass: bool = False) -> None:
        super().__init__(line)
        self.may_pass = may_pass


class Progress(Protocol):
    """Told how far a load has come."""

    def begin(self, source_name: str, total: int | None) -> None: ...
    def advance(self, rows: int) -> None: ...
    def say(self, text: str) -> None: ...


@dataclass
class LoadReport:
    """What one load of one source did. rows_read = new + changed + unchanged + quarantined."""

    source_name: str
    mode: str
    started_at: datetime
    rows_read: int = 0
    rows_new: int = 0
    rows_changed: int = 0
    rows_unchanged: int = 0
    rows_quarantined: int = 0
    rows_deleted: int = 0
    seconds: float = 0.0
    watermark: str | None = None
    as_of: datetime | None = None
    generation: int | None = None
    unmapped_status: int = 0
    ids_compared: int | None = None
    """Ids that were compared with the held ones, of a load that read only changes; None if they were not."""
    rows_restated: int = 0
    """Cases opened before what was known before that came only now or were changed: figures of the past move by them."""
    drift: list[str] = field(default_factory=list)
    state: str = "unchanged"
    """What became of it: loaded, unchanged, held, rejected (as a person rejected the same data) or set aside."""
    remarks: list[str] = field(default_factory=list)
    """Why it is held or was not, as sentences."""

    def row(self) -> dict[str, object]:
        """As columns of the mart's table `load`, without its number."""
        names = (
            "source_name", "mode", "started_at", "seconds", "rows_read", "rows_new", "rows_changed", "rows_unchanged",
            "rows_quarantined", "rows_deleted", "watermark", "as_of",
        )  # fmt: skip
        return {name: getattr(self, name) for name in names}
