"""One generation opened from its files and from a server: every statement put to the one is put to the other too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Select

from access import Scope
from data_access.mart import generations, servers
from data_access.mart.reading import Mart


@dataclass
class Twins:
    """What was asked of both, and where they differed."""

    files: Mart
    server: Mart
    asked: int = 0
    faults: list[str] = field(default_factory=list)

    def compare(self, statement: Select, scope: Scope, frame: pd.DataFrame) -> None:
        self.asked += 1
        other = self.server.read(statement, scope)
        try:
            # Without an order of its own a statement promises none; a list's has no ties.
            one, two = (frame, other) if statement._order_by_clauses else (in_order(frame), in_order(other))
            pd.testing.assert_frame_equal(one, two, rtol=1e-9, atol=1e-12)
        except AssertionError as error:
            self.faults.append(f"{statement}\n{error}")


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values(list(frame.columns), key=lambda column: column.map(repr), ignore_index=True) if len(frame.columns) else frame


def open_both(folder: Path, url: str, audience: str = "staff") -> Twins:
    """The generation in service in `folder`, brought to the server at `url` too."""
    servers.bring(url, folder / "mart")
    held, served = generations.current(folder / "mart"), servers.current(url)
    assert held is not None and served is not None
    return Twins(Mart(held, audience), Mart(served, audience))  # type: ignore[arg-type]


@contextmanager
def side_by_side(twins: Twins, patch: pytest.MonkeyPatch) -> Iterator[Twins]:
    """Within it, whatever is read from files is read from the server too, and compared."""
    read = Mart.read

    def both(mart: Mart, statement: Select, scope: Scope, **how: Any) -> pd.DataFrame:
        frame = read(mart, statement, scope, **how)
        if mart is not twins.server:
            with patch.context() as plain:
                plain.setattr(Mart, "read", read)
                # In rows, which have one type on both sides: how they are brought is the engine's own.
                twins.compare(statement, scope, read(mart, statement, scope) if how else frame)
        return frame

    patch.setattr(Mart, "read", both)
    yield twins
    patch.setattr(Mart, "read", read)
