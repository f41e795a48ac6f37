"""A case whose events changed is a changed case, however the source orders them."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from data_access.mart import generations
from data_access.mart.staging import Stage
from data_access.mart.writing import publish_cases
from tests.support.marts import small_city

CASE = {"programme": "requests", "source_id": "1", "source_name": "frames", "request_type": "tree", "opened_at": datetime(2026, 3, 2)}
ASSIGNED = {"programme": "requests", "source_id": "1", "event_at": datetime(2026, 3, 3), "event_kind": "assigned", "to_value": "Parks"}
CLOSED = {"programme": "requests", "source_id": "1", "event_at": datetime(2026, 3, 4), "event_kind": "closed", "reason": "Done"}


@pytest.mark.parametrize(("events", "changed"), [
    ([ASSIGNED, CLOSED], 0), ([CLOSED, ASSIGNED], 0), ([ASSIGNED], 1), ([], 1), ([ASSIGNED, CLOSED, CLOSED], 1),
    ([{**ASSIGNED, "to_value": "Roads"}, CLOSED], 1), ([{**ASSIGNED, "event_at": datetime(2026, 3, 3, 0, 0, 1)}, CLOSED], 1),
    ([{**ASSIGNED, "to_value": None, "from_value": "Parks"}, CLOSED], 1), ([{**ASSIGNED, "reason": "Done"}, {**CLOSED, "reason": None}], 1),
])  # fmt: skip
def test_a_case_is_changed_when_what_happened_to_it_is(tmp_path: Path, events: list[dict[str, Any]], changed: int) -> None:
    publish_cases(tmp_path, small_city(), pd.DataFrame([CASE]), pd.DataFrame([ASSIGNED, CLOSED]), datetime(2026, 3, 31))
    with generations.building(tmp_path, 2) as folder, Stage(folder, generations.current(tmp_path)) as stage:
        stage.add_cases(pd.DataFrame([CASE]))
        stage.add_events(pd.DataFrame(events, columns=list({**ASSIGNED, **CLOSED})))
        found = stage.settle(rebuild=False)["frames"]
    assert (found.new, found.changed, found.unchanged) == (0, changed, 1 - changed)
