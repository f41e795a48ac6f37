"""What administrators are told of loads by mail: that they fail, that data grow old, that a load waits, and that all is well again. Each once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from components import words
from components.letter import Letter, Line
from data_access.city import City
from data_access.store import failures
from data_access.store.engine import Store
from data_access.store.failures import Spell
from metrics.periods import Calendar

PAGE = "/data-health"
WELL = "well"

Told = Callable[[str], list[str]]
"""What was told already: the ends of the keys of its letters that begin so."""


def news(store: Store, city: City, calendar: Calendar, as_of: datetime | None, now: datetime, told: Told) -> Iterator[tuple[str, Letter]]:
    """(what a letter is about, the letter) of all that is to be told now, also if it was told already.

    Args:
        as_of: what the data in service are known up to (naive UTC); None before the first load.
        now: naive UTC.
        told: of a subscription.
    """
    for source in city.sources:
        yield from _of_source(store, source.name, city.facts.tell_after_failures, calendar, told)
    if as_of is not None:
        yield from _of_age(as_of, now, timedelta(hours=city.facts.stale_after_hours), calendar, told)


def _of_source(store: Store, name: str, least: int, calendar: Calendar, told: Told) -> Iterator[tuple[str, Letter]]:
    beginning = f"failing:{name}:"
    spell = failures.going_on(store, name)
    if spell is not None:
        if spell.times >= least:
            yield f"{beginning}{spell.first}", _fails(spell, calendar)
        return
    # The last one that was told; a spell that ended before anybody heard of it is no news.
    first = max((int(one) for one in told(beginning) if one.isdigit()), default=None)
    since = None if first is None else failures.well_since(store, name, first)
    if since is not None:
        yield f"{beginning}{first}:{WELL}", _works(name, since, calendar)


def _of_age(as_of: datetime, now: datetime, limit: timedelta, calendar: Calendar, told: Told) -> Iterator[tuple[str, Letter]]:
    beginning = "stale:"
    if now - as_of > limit:
        yield f"{beginning}{as_of:%Y%m%d%H%M%S}", _is_old(as_of, now, limit, calendar)
        return
    last = max((one for one in told(beginning) if one.isdigit()), default=None)
    if last is not None and f"{as_of:%Y%m%d%H%M%S}" > last:
        yield f"{beginning}{last}:{WELL}", _is_fresh(as_of, calendar)


def _fails(spell: Spell, calendar: Calendar) -> Letter:
    many = words.plural(spell.times, "time")
    return Letter(
        f"Loads of {spell.source_name} fail",
        [
            Line(f"The load of the source {spell.source_name} failed {many} in a row, first on {words.instant(spell.since, calendar)}."),
            Line(f"The last one says: {spell.error}"),
            Line("The last good data stay in service. What may pass by itself is tried again, ever more seldom, what somebody has to mend at the schedule."),
            Line("State of the data", path=PAGE),
            Line("You are told once, and again when it works."),
        ],
    )  # fmt: skip


def _works(name: str, since: datetime, calendar: Calendar) -> Letter:
    said = f"The source {name} was loaded again on {words.instant(since, calendar)}."
    return Letter(f"Loads of {name} work again", [Line(said), Line("State of the data", path=PAGE)])


def _is_old(as_of: datetime, now: datetime, limit: timedelta, calendar: Calendar) -> Letter:
    age = words.age((now - as_of).total_seconds() / 3600)
    return Letter(
        "The data are old",
        [
            Line(f"The data in service are complete to {words.instant(as_of, calendar)}, {age} ago. Older than {words.age(limit.total_seconds() / 3600)} is too old."),
            Line("Either no load brings anything newer, or loads fail or wait for a person."),
            Line("State of the data", path=PAGE),
            Line("You are told once, and again when newer data are in service."),
        ],
    )  # fmt: skip


def _is_fresh(as_of: datetime, calendar: Calendar) -> Letter:
    said = f"The data in service are complete to {words.instant(as_of, calendar)}."
    return Letter("The data are up to date again", [Line(said), Line("State of the data", path=PAGE)])
