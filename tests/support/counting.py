"""Many lists counted at once: one pass over a table for all lists of its rows, by the conditions of `metrics.cases`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import func, select

from access import Scope
from components.lists import Listing
from data_access.mart.reading import Mart
from metrics.cases import _condition, _Listed
from metrics.select import Asked

AT_ONCE = 60
"""Counts of one statement."""


class _OneTable:
    """A mart that gives out the same FROM each time, so that conditions of several questions fit into one statement."""

    def __init__(self, mart: Mart) -> None:
        self._mart, self._issued = mart, {}

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._mart, name)
        return (lambda scope: self._once(name, found, scope)) if name in ("spells", "open_spells", "closed_spells", "due_spells") else found

    def _once(self, name: str, issue: Any, scope: Scope) -> Any:
        if name not in self._issued:
            self._issued[name] = issue(scope)
        return self._issued[name]


def counts(of: Mapping[Hashable, tuple[Asked, Listing]]) -> dict[Hashable, int]:
    """How many rows each list has; all are one viewer's, of one mart."""
    if not of:
        return {}
    first = next(iter(of.values()))[0]
    shared: Any = _OneTable(first.mart)
    by_table: dict[Any, list[tuple[Hashable, Any]]] = defaultdict(list)
    for key, (asked, listing) in of.items():
        chosen = listing.chosen()
        listed = _Listed(listing.of, chosen["hits"], chosen["search"], chosen["ages"], chosen["late"])
        asked = replace(asked, mart=shared)
        facts = asked.facts(listed.metric)
        by_table[facts.spell].append((key, _condition(asked, facts, listed)))
    made: dict[Hashable, int] = {}
    for table, conditions in by_table.items():
        for at in range(0, len(conditions), AT_ONCE):
            part = conditions[at : at + AT_ONCE]
            columns = [func.count().filter(condition).label(f"n{number}") for number, (_, condition) in enumerate(part)]
            row = first.mart.read(select(*columns).select_from(table), first.scope).iloc[0]
            made |= {key: int(n) for (key, _), n in zip(part, row, strict=True)}
    return made
