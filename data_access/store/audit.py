"""What was done, by whom and when: sign-ins, exports, changes of rights, looks at protected cases. Only ever added to."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import pandas as pd
from sqlalchemy import Engine, insert, select

from access import Viewer, permit
from data_access.store.models import audit_entry

Done = Literal[
    "signed in", "sign-in refused", "signed out", "signed out everywhere", "password changed", "account made", "account changed",
    "account disabled", "account enabled", "password reset", "exported", "protected case viewed", "target decided", "subscribed", "mapping saved", "mapping undone", "load approved", "load rejected",
]  # fmt: skip
LONGEST = 400


def note(store: Engine, viewer: Viewer, action: Done, detail: str, now: datetime) -> None:
    """Remember what `viewer` did."""
    values = {"at": now, "viewer_id": viewer.id[:80], "viewer_name": viewer.name[:120], "action": action, "detail": detail[:LONGEST]}
    with store.begin() as connection:
        connection.execute(insert(audit_entry).values(**values))


def entries(store: Engine, viewer: Viewer, limit: int = 200) -> pd.DataFrame:
    """The latest entries, newest first: `at` (UTC), `viewer_name`, `action`, `detail`.

    Raises:
        AccessDenied: to anybody but an administrator.
    """
    permit(viewer, "administer")
    columns = [audit_entry.c[name] for name in ("at", "viewer_name", "action", "detail")]
    with store.connect() as connection:
        result = connection.execute(select(*columns).order_by(audit_entry.c.id.desc()).limit(limit))
        return pd.DataFrame(result.fetchall(), columns=list(result.keys()))
