"""What becomes of a load that a gate held back: it waits, a person decides, and whoever loads carries that out.

People decide in Statroom's own database, from any machine; the mart is written only under the writer's lock, by `flask clock`,
`flask sync` and `flask held`. Where a crash left the two at odds, the mart's folder says what waits and the database what was decided.
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine

from data_access.mart import gates, generations, holding, servers
from data_access.mart.gate_rules import Remark
from data_access.mart.generations import Generation
from data_access.mart.holding import Held, Order
from data_access.released import files
from data_access.store import held
from data_access.store.held import HeldLoad
from settings import Settings, utc_now

LoadInProgress = generations.LoadInProgress
SET_ASIDE = "set aside"
"""State of a load that did not pass while what waited before it was approved."""


def is_due(settings: Settings, store: Engine) -> bool:
    """Whether there is a decision to carry out. To look is cheap; no lock is needed."""
    waiting, known = holding.waiting(settings.mart), held.open_one(store)
    if waiting is None:
        return known is not None
    return known is None or known.edition != waiting.edition or known.state != held.WAITING


def decided(settings: Settings, store: Engine) -> HeldLoad | None:
    """Carry out what was decided, as the only writer; answers the load that went into service by it.

    Raises:
        LoadInProgress: another process loads; it carries this out, or the next one does.
        NotBrought: it is in service in the files, and not yet on the PostgreSQL server.
    """
    with generations.writing(settings.mart):
        made = carry_out(settings, store)
        if made and settings.mart_server:
            servers.bring(settings.mart_server, settings.mart)
        return made


def carry_out(settings: Settings, store: Engine) -> HeldLoad | None:
    """As `decided`, by who is the only writer already and brings what is in service to the server itself."""
    root = settings.mart
    waiting, known = holding.waiting(root), held.open_one(store)
    if waiting is None and known is not None and known.state == held.APPROVED and (halfway := holding.place(root, known.edition)):
        return _publish(settings, store, halfway, known)
    if waiting is None:
        held.replace_all(store)
        return None
    held.note(store, waiting)
    known = held.of_edition(store, waiting.edition)
    assert known is not None
    current = generations.current(root)
    if known.state in (held.WAITING, held.APPROVED) and (current is None or current.name != waiting.in_service):
        # Somebody went back to an older generation: what waits was compared with another one.
        held.replace_all(store)
        holding.drop(root)
    elif known.state == held.APPROVED:
        return _publish(settings, store, root / waiting.folder_name, known)
    elif known.state != held.WAITING:
        holding.drop(root)
    return None


def _publish(settings: Settings, store: Engine, folder: Path, known: HeldLoad) -> HeldLoad:
    files.take(folder, settings.released)
    holding.publish(folder)
    held.settle(store, known.edition, held.PUBLISHED)
    return known


def hold(
    settings: Settings, store: Engine, built: Path, beside: Generation, order: Order, remarks: list[Remark]
) -> tuple[str, list[str]]:  # fmt: skip
    """What becomes of the generation in folder `built`, which its gates did not let pass: a state of `load_run`, and why.

    It waits in place of what waited before, unless that was approved while this one was built, or the same cases were rejected.
    """
    fingerprint = gates.fingerprint(built)
    rejected = held.rejection(store, fingerprint)
    if rejected is not None:
        holding.drop(settings.mart)
        held.replace_all(store)
        return held.REJECTED, [f"These are the cases that {said(rejected)}; they are not held again."]
    if carry_out(settings, store):
        return SET_ASIDE, ["The load that waited was approved meanwhile and is in service; the next load is compared with it."]
    edition, as_of = holding.edition_of(built)
    now = utc_now().replace(tzinfo=None)
    number = int(built.name.removesuffix(".tmp").removeprefix("gen-"))
    made = Held(number, edition, now, as_of, beside.name, fingerprint, order, tuple(remarks))
    holding.hold(built, made)
    held.note(store, made)
    return held.WAITING, [remark.sentence for remark in remarks]


def said(rejected: HeldLoad) -> str:
    """Who rejected a load, when and why."""
    return f"{rejected.decided_by_name} rejected on {rejected.decided_at:%Y-%m-%d %H:%M} UTC (“{rejected.because}”)"


def overtaken(settings: Settings, store: Engine) -> None:
    """A newer load passed, or found everything as it is in service: what waited is of no use any more."""
    holding.drop(settings.mart)
    held.replace_all(store)


def in_service(root: Path, base: Generation | None) -> Generation | None:
    """The generation to compare with: the one in service, or `base` where that cannot be read."""
    from data_access.mart import checks

    try:
        current = generations.current(root)
    except generations.NoGeneration:
        return base
    return current if current is not None and checks.damage(current) is None else base


def joined(order: Order, waiting: Held | None, known: list[str]) -> Order:
    """`order`, together with that of the load that waits where both are about a source: people decide on the newest, and all of it."""
    if waiting is None or not set(order.sources) & set(waiting.order.sources):
        return order
    earlier = waiting.order
    return Order(
        tuple(name for name in known if name in {*order.sources, *earlier.sources}),
        order.full or earlier.full,
        tuple(sorted({*order.whole, *earlier.whole})),
        tuple(sorted({*order.compared, *earlier.compared})),
        order.new_deadlines or earlier.new_deadlines,
        order.recount or earlier.recount,
    )
