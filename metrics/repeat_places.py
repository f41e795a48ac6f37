"""Places whose problem keeps coming back: the same type at the same place, again within 90 days."""

from __future__ import annotations

from datetime import timedelta

import pandas as pd
from sqlalchemy import Integer, and_, cast, func, or_, select

from metrics.cases import worded
from metrics.definitions import REGISTRY
from metrics.dictionary.volume import REPEAT_DAYS
from metrics.select import Asked

MOST_PLACES = 50


def repeat_places(asked: Asked, most: int = MOST_PLACES) -> pd.DataFrame:
    """Types at places with the most repeat cases of the period, most first.

    `place` (text of its key), `request_type` (slug), `label` (the type's name), `cases` opened in the period, `again` (those with an earlier counted
    case of the same type and place in the 90 days before), `open` (now, whenever opened), and of the last case `last_at`, `programme`,
    `source_id`, the first area layer under `area`, and `address` if the viewer may read case text.
    """
    facts = asked.facts()
    column = facts.column
    kind, key, opened = column("request_type_id"), column("location_key"), column("opened_at")
    before = func.lag(opened).over(partition_by=[kind, key], order_by=[opened, column("case_id")])
    known = select(column("case_id"), before.label("before_at")).where(
        facts.first, column("is_counted"), key.is_not(None), opened >= facts.start - timedelta(days=REPEAT_DAYS), opened < facts.end
    ).subquery("known")  # fmt: skip
    now = asked.facts()
    mine = and_(now.during("opened_at"), now.first)
    again = func.coalesce(known.c.before_at >= now.column("opened_at") - timedelta(days=REPEAT_DAYS), False)
    counted = (
        select(
            now.column("request_type_id").label("kind"), now.column("location_key").label("place"), cast(func.count(), Integer).label("cases"),
            cast(func.count_if(again), Integer).label("again"), func.max(now.column("opened_at")).label("last_at"), func.arg_max(now.column("case_id"), now.column("opened_at")).label("case_id"),
        )
        .select_from(now.spell.join(known, known.c.case_id == now.column("case_id")))
        .where(asked.population(now, REGISTRY["opened"]), mine)
        .group_by(now.column("request_type_id"), now.column("location_key"))
    )  # fmt: skip
    rows = counted.subquery("places")
    top = (
        select(*rows.c)
        .where(rows.c.again > 0)
        .order_by(rows.c.again.desc(), rows.c.cases.desc(), rows.c.kind, rows.c.last_at.desc(), rows.c.case_id)
        .limit(most)
    )
    frame = asked.mart.read(top, asked.scope)
    return _told(asked, frame) if len(frame) else _told(asked, frame.assign(open=0))


def _told(asked: Asked, frame: pd.DataFrame) -> pd.DataFrame:
    """The places with their open cases and their last case."""
    frame = frame.merge(_open(asked, frame), on=["kind", "place"], how="left") if "open" not in frame.columns else frame
    records = asked.mart.case_records(asked.scope)
    shown = [name for name in ("case_id", "programme_id", "source_id", "area_1_id", "address") if name in records.c]
    found = asked.mart.read(
        select(*(records.c[name] for name in shown)).where(records.c.case_id.in_(frame["case_id"].tolist() or [-1])), asked.scope
    )
    layer = next((m.slug for m in sorted(asked.mart.dimensions.area_layers, key=lambda m: m.id) if not m.extra["is_context"]), None)
    words = worded(asked, found).assign(case_id=found["case_id"])
    words = words.assign(area=words[layer] if layer in words.columns else None, address=words.get("address"))
    kinds = asked.mart.dimensions.request_types.by_id
    made = frame.assign(
        request_type=[kinds[int(number)].slug if int(number) in kinds else "none" for number in frame["kind"]],
        label=[kinds[int(number)].name if int(number) in kinds else "No type" for number in frame["kind"]],
        place=[str(int(place)) for place in frame["place"]], open=frame["open"].fillna(0).astype("int64"),
    )  # fmt: skip
    return made.merge(words[["case_id", "programme", "source_id", "area", "address"]], on="case_id", how="left").drop(
        columns=["kind", "case_id"]
    )


def _open(asked: Asked, frame: pd.DataFrame) -> pd.DataFrame:
    """How many cases of these types are open at these places."""
    metric = REGISTRY["backlog"]
    facts = asked.facts(metric)
    assert metric.rows is not None
    kind, place = facts.column("request_type_id"), facts.column("location_key")
    chosen = or_(*(and_(kind == int(k), place == int(p)) for k, p in zip(frame["kind"], frame["place"], strict=True)))
    statement = select(kind.label("kind"), place.label("place"), cast(func.count(), Integer).label("open"))
    return asked.mart.read(statement.where(asked.population(facts, metric), metric.rows(facts), chosen).group_by(kind, place), asked.scope)
