"""A town with divisions, transfers, reopenings, and cases without a department, a type or an area: where lists go astray.

The cases are those of a random world (`tests/support/worlds.py`), some of them made nameless.
"""

from __future__ import annotations

from pathlib import Path

from access import Viewer
from tests.support import worlds
from tests.support.marts import MAYOR, make_mart

CASES = 320
VIEWERS = {
    "mayor": MAYOR, "a reader without case text": Viewer("r", "Reader", "viewer"),
    "head of parks": Viewer("p", "Head of Parks", "department", ("parks",)),
    "head of the trees division": Viewer("t", "Head of Trees", "department", ("trees",)),
    "head of lawns and roads": Viewer("l", "Head of Lawns", "department", ("lawns", "roads")),
}  # fmt: skip


def make_town(folder: Path) -> Path:
    """Publish the town's mart below `folder`."""
    cases = worlds.world(311, "w0", "UTC", CASES)
    rows = []
    for number, case in enumerate(cases):
        row = worlds.row_of(case)
        if number % 11 == 0 and len(case.owners) == 1:
            row["department"] = None
        if number % 13 == 0:
            row |= {"request_type": None, "request_group": None}
        # Two crowded corners, and cases that nobody placed.
        at = (number % 3, number % 5)
        row |= {"longitude": None, "latitude": None} if at[0] == 2 else {"longitude": 10 + at[0] / 100, "latitude": 50 + at[1] / 1000}
        rows.append(row)
    events = [event for case in cases for event in worlds.events_of(case)]
    make_mart(folder, rows, events, as_of=worlds.AS_OF, city=worlds.city(folder / "maps", "UTC"))
    return folder
