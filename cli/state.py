"""Which data is in service, how old it is, and how the last loads went: as JSON values and as text."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from access import PUBLIC_VIEWER, Viewer, scope_of
from cli.city import configured_city
from cli.held import lines as held_lines
from cli.held import told
from data_access import deciding
from data_access.mart.reading import NothingLoaded, open_mart
from data_access.store import held, runs
from data_access.store.engine import open_store
from settings import Settings, utc_now

RUNS_SHOWN = 10


def state(settings: Settings) -> dict[str, Any]:
    """JSON values: `city`, `generation`, `as_of`, `age_hours`, `stale`, `last_failure`, `held`, `still_rejected`, `loads`, `runs`."""
    city = configured_city(settings)
    made: dict[str, Any] = {
        "city": city.name, "audience": settings.audience, "generation": None, "as_of": None, "age_hours": None, "stale": None, "loads": [],
    }  # fmt: skip
    with suppress(NothingLoaded):
        mart = open_mart(settings)
        # Whoever may run commands may open the file.
        viewer = PUBLIC_VIEWER if settings.audience == "public" else Viewer("operator", "Operator", "admin")
        age = (utc_now() - mart.as_of.replace(tzinfo=UTC)).total_seconds() / 3600
        made |= {
            "generation": mart.generation, "as_of": _instant(mart.as_of), "age_hours": round(age, 2),
            "stale": age > city.facts.stale_after_hours, "loads": _rows(mart.loads(scope_of(viewer)).head(RUNS_SHOWN)),
        }  # fmt: skip
    store = open_store(settings)
    try:
        names = [source.name for source in city.sources]
        rejected = held.still_rejected(store, names)
        made |= {
            "last_failure": runs.last_failure(store, names), "held": told(store), "still_rejected": rejected and deciding.said(rejected),
            "runs": _rows(runs.recent(store, RUNS_SHOWN)),
        }  # fmt: skip
    finally:
        store.dispose()
    return made


def state_text(found: dict[str, Any]) -> str:
    """`found` for a person."""
    lines = [f"{found['city']} ({found['audience']})"]
    if found["generation"] is None:
        lines.append("No data has been loaded yet; run `flask sync`.")
    else:
        note = "  STALE" if found["stale"] else ""
        lines.append(f"Generation {found['generation']}, data through {found['as_of']}, {found['age_hours']:,.1f} hours old{note}")
    if found["last_failure"]:
        lines.append(f"The last load failed: {found['last_failure']}")
    lines += held_lines(found["held"])
    if found["still_rejected"]:
        lines.append(f"The source still delivers the load that {found['still_rejected']}; it is not put into service.")
    if found["runs"]:
        lines.append(
            f"{'started':<20} {'source':<16} {'mode':<12} {'state':<10} {'read':>11} {'new':>11} {'changed':>9} {'refused':>8} {'seconds':>8}"
        )
    for run in found["runs"]:
        counts = [run[name] for name in ("rows_read", "rows_new", "rows_changed", "rows_quarantined")]
        read, new, changed, refused = ("-" if count is None else f"{count:,}" for count in counts)
        lines.append(
            f"{run['started_at'][:19]:<20} {run['source_name']:<16.16} {run['mode']:<12} {run['state']:<10} "
            f"{read:>11} {new:>11} {changed:>9} {refused:>8} {run['seconds']:>8.1f}"
        )
    return "\n".join(lines)


def _rows(frame: Any) -> list[dict[str, Any]]:
    return [{name: _plain(value) for name, value in row.items()} for row in frame.to_dict("records")]


def _plain(value: Any) -> Any:
    if value is None or value != value:
        return None
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        # A column of whole numbers becomes floats as soon as one is missing.
        return int(value)
    return getattr(value, "item", lambda: value)()


def _instant(value: datetime) -> str:
    return value.isoformat(timespec="seconds") + "Z"
