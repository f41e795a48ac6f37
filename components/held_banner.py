"""What every page of the staff says while a load waits for a person, or was rejected and comes again."""

from __future__ import annotations

from components import gate, words
from data_access.store import held


def banner() -> str | None:
    """What every page of the staff says of a load that is not in service; None where nothing waits."""
    desk = gate.desk()
    if desk.is_public:
        return None
    store = desk.store()
    waiting = held.open_one(store)
    if waiting is not None and waiting.state == held.APPROVED:
        return "A load that was held is approved and will be in service within some minutes."
    if waiting is not None:
        return "A load is held: it differs too much from the data shown, and waits for an administrator to decide."
    rejected = held.still_rejected(store, [source.name for source in desk.city.sources])
    return (
        None
        if rejected is None
        else f"The source still delivers what {rejected.decided_by_name} rejected: {words.sentence(rejected.because or '')}"
    )
