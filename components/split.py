"""Why the share on time changed: how much is other work, how much the same work done better or worse, type by type."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from components import filters, on_time, theme, tiles, words
from components.chart import Drawn
from components.figures.parts import parts
from components.table import Column, Twin
from metrics.mix import Split, on_time_split
from metrics.periods import SAME_WEEK_LAST_YEAR
from metrics.ranking import LEAST_N
from metrics.select import Asked

BEFORE, YEAR = "before", "year"
AGAINST = {BEFORE: "The period before", YEAR: "A year earlier"}
MOST_TYPES = 12

filters.Option("against", "Change since", lambda _asked: AGAINST, lambda: BEFORE)


def draw_split(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """The change of the share on time, split by request type into mix and performance."""
    days, then = _span(asked, view["against"])
    split = on_time_split(asked, days)
    title = f"Change of the share on time, {words.asked_period(asked.question)} against {then}"
    if split is None or min(split.n_before, split.n_after) < LEAST_N:
        few = f"Fewer than {LEAST_N} cases with a deadline fell due in this period or in {then}: there is no change to explain."
        return Drawn(few, None, Twin(pd.DataFrame(columns=[column.key for column in _COLUMNS]), _COLUMNS), title=title)
    twin = _twin(split, asked, days)
    shown = split.types.head(MOST_TYPES)
    figure = parts(
        shown["label"].tolist(),
        {"Mix of types": shown["mix"].tolist(), "Performance": shown["rate"].tolist()},
        (theme.QUIET, theme.PRIMARY),
    )
    note = (
        "Mix: the type became a larger or smaller part of the work. Performance: its own share on time changed. All parts add up to the "
        "change (Kitagawa's decomposition)."
    )
    if len(split.types) > MOST_TYPES:
        note = f"The {MOST_TYPES} types that move the share most, of {len(split.types)}; the table has all. {note}"
    return Drawn(_finding(split, then), figure, twin, note, cases=tiles.cases_link(asked, "ontime_due"), title=title)


def city_words(asked: Asked, against: str = YEAR) -> str:
    """The rate counted case by case beside the one with an earlier mix of types; empty where there is nothing to set beside."""
    days, then = _span(asked, against)
    split = on_time_split(asked, days)
    if split is None or min(split.n_before, split.n_after) < LEAST_N:
        return ""
    return (
        f"Each case one vote: {words.share(split.after)}. With the mix of request types of {then}: {words.share(split.at_former_mix)} "
        f"({words.share(split.before)} then)."
    )


def _span(asked: Asked, against: str) -> tuple[int, str]:
    """How many days back the other period lies, and what it is called. Periods of a year and more do not overlap with themselves."""
    days = (asked.question.end - asked.question.start).days
    if against == YEAR and days <= SAME_WEEK_LAST_YEAR.days:
        return SAME_WEEK_LAST_YEAR.days, "the same weeks a year earlier" if days % 7 == 0 else "the same days a year earlier"
    return days, f"the {on_time.length(asked)} before"


def _finding(split: Split, then: str) -> str:
    change = f"{words.share(split.after)} on time, {_moved(split.change)} {then}"
    if split.is_said:
        return words.sentence(
            f"{change}: a changed mix of request types made {_signed(split.mix)} of it, performance {_signed(split.rate)}"
        )
    return words.sentence(f"{change}: performance {_signed(split.rate)}, mix of request types {_signed(split.mix)}")


def _moved(change: float) -> str:
    if words.points(change) == words.points(0):
        return "as in"
    return f"{words.points(change)} {'more' if change > 0 else 'less'} than in"


def _signed(part: float) -> str:
    said = words.points(part)
    return said if said == words.points(0) else f"{'+' if part > 0 else '−'}{said}"


_COLUMNS = (
    Column("label", "Request type", href="page"), Column("n_before", "Fell due then", "cases", href="all_before"), Column("shown_before", "On time then", "share", href="late_before"),
    Column("n", "Fell due now", "cases", href="all"), Column("shown", "On time now", "share", href="late"), Column("mix_said", "By mix", "number"),
    Column("rate_said", "By performance", "number"), Column("total_said", "Together", "number"),
)  # fmt: skip


def _twin(split: Split, asked: Asked, days: int) -> Twin:
    before = asked.question.shifted(days)
    then = {"from": before.start.isoformat(), "to": before.end.isoformat()}
    types = split.types
    met_before, met = types["n_before"] * types["value_before"].fillna(0), types["n"] * types["value"].fillna(0)
    rows = types.assign(
        shown=types["value"].where(types["n"] >= LEAST_N), shown_before=types["value_before"].where(types["n_before"] >= LEAST_N),
        page=[filters.link("/sla", asked, request_type=key) for key in types["key"]],
        all=[tiles.cases_link(asked, "ontime_due", request_type=key) for key in types["key"]],
        all_before=[tiles.cases_link(asked, "ontime_due", request_type=key, **then) for key in types["key"]],
        late=[on_time.late_link(asked, n, m, request_type=key) for key, n, m in zip(types["key"], types["n"], met, strict=True)],
        late_before=[on_time.late_link(asked, n, m, request_type=key, **then) for key, n, m in zip(types["key"], types["n_before"], met_before, strict=True)],
        **{f"{name}_said": [_signed(part) for part in types[name]] for name in ("mix", "rate", "total")},
    )  # fmt: skip
    return Twin(rows, _COLUMNS, "What each request type contributes to the change, in points of the share on time", types)
