"""The targets that people agreed on, for whoever judges a figure by one."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from access import Viewer, scope_of
from data_access.mart.reading import Mart
from data_access.store.targets import APPROVED, Target
from metrics.question import visible_departments


@dataclass(frozen=True)
class Agreed:
    """Targets in every state; only an approved one counts, on its days."""

    targets: Sequence[Target] = ()

    def value(self, metric: str, day: date, department: str = "", request_type: str = "") -> float | None:
        """The target of exactly this department (empty: the city) and request type (empty: all) on `day`; None where none is in force.

        Of several in force at once the one that began last counts, and of those the one decided last.
        """
        mine = [one for one in self.in_force(day) if (one.metric, one.department, one.request_type) == (metric, department, request_type)]
        return max(mine, key=_newest).value if mine else None

    def in_force(self, day: date) -> list[Target]:
        """Those that hold on `day`, in the order of their numbers; one that a newer one replaces is among them."""
        return sorted((one for one in self.targets if one.holds_on(day)), key=lambda one: one.id)

    def latest(self, day: date) -> list[Target]:
        """Those that hold on `day` and that no newer one replaces."""
        newest: dict[tuple[str, str, str], Target] = {}
        for one in self.in_force(day):
            key = (one.metric, one.department, one.request_type)
            if key not in newest or _newest(one) > _newest(newest[key]):
                newest[key] = one
        return list(newest.values())


def departments_open_to(viewer: Viewer, mart: Mart) -> frozenset[str] | None:
    """Ids of the departments and divisions whose own texts and targets `viewer` may read; None: all."""
    return None if scope_of(viewer).departments is None else frozenset(visible_departments(viewer, mart))


def concerned(viewer: Viewer, mart: Mart) -> frozenset[str] | None:
    """Ids of the departments whose meetings and targets are about what `viewer` sees: own ones, and those they are divisions of; None: all."""
    if scope_of(viewer).departments is None:
        return None
    return frozenset().union(*(with_above(mart, slug) for slug in visible_departments(viewer, mart)))


def with_above(mart: Mart, slug: str) -> frozenset[str]:
    """A department and those it is a division of."""
    members = mart.dimensions.departments
    made, parent = [slug], members.by_slug[slug].extra.get("parent_id")
    while parent is not None and parent == parent:
        member = members.by_id[int(parent)]
        made.append(member.slug)
        parent = member.extra.get("parent_id")
    return frozenset(made)


def _newest(one: Target) -> tuple[date, object, int]:
    return one.valid_from, one.decided_at or one.proposed_at, one.id


NOTHING_AGREED = Agreed()


def told(mart: Mart) -> Agreed:
    """The targets as residents are told them: value and days, of the city and of whole departments, as of the load."""
    made = []
    for at, one in enumerate(json.loads(mart.meta.get("targets", "[]"))):
        first, last = (None if one[name] is None else date.fromisoformat(one[name]) for name in ("valid_from", "valid_until"))
        # They come in the order in which they were decided.
        made.append(
            Target(
                at,
                one["metric"],
                one["department"],
                "",
                one["value"],
                first or date.min,
                last,
                "",
                "",
                APPROVED,
                "",
                "",
                "",
                datetime.min,
                None,
                None,
                "",
            )
        )
    return Agreed(made)
