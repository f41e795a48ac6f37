"""What became of frozen figures: the same question about the same week, asked today."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from data_access.store.freezes import CITY, Figure, Freeze
from metrics.definitions import REGISTRY
from metrics.freeze import FROZEN, figures
from metrics.kinds import Metric
from metrics.select import Asked

LEAST = {"cases": 0.5, "closures": 0.5, "share": 0.0005}
LEAST_OTHER = 0.05
"""Figures that differ by less are the same, by their unit: counts are whole, a share is shown in tenths of a percent, all else in tenths."""


@dataclass(frozen=True)
class Restated:
    """One figure that is another one now than when it was frozen."""

    frozen: Figure
    now: Figure
    late: float | None
    """By how much the records that came or were mended later changed what was known at the freeze; None where it cannot be told apart."""
    redefined: bool
    """Whether the figure was defined otherwise when it was frozen: then the two are not comparable."""

    @property
    def metric(self) -> Metric:
        return REGISTRY[self.frozen.metric]

    @property
    def difference(self) -> float | None:
        """Now less then, in the metric's unit; None where one of them has no value."""
        if self.frozen.value is None or self.now.value is None:
            return None
        return self.now.value - self.frozen.value

    @property
    def share(self) -> float | None:
        """The difference as a share of the frozen value, of a figure that is no share itself."""
        if self.difference is None or not self.frozen.value or self.metric.unit == "share":
            return None
        return self.difference / self.frozen.value


def restated(of: Freeze, frozen: Sequence[Figure], asked: Asked) -> list[Restated]:
    """The figures of `frozen` that have another value today, in their order.

    Args:
        frozen: figures of the freeze `of` that the viewer may see.
        asked: a question of the viewer without filters; it is asked about the week of the freeze.
    """
    open_to = {figure.department for figure in frozen}
    if not open_to:
        return []
    asked_for = [metric for metric in FROZEN if metric in {figure.metric for figure in frozen}]
    today, then = (_known(of, asked, as_of, asked_for) for as_of in (asked.mart.as_of, min(of.as_of, asked.mart.as_of)))
    made = []
    for figure in frozen:
        key = figure.metric, figure.department
        if figure.metric not in REGISTRY:
            continue
        now = today.get(key, _nothing(figure))
        redefined = figure.definition_version != now.definition_version
        if _is_same(figure, now) and not redefined:
            continue
        replayed = then.get(key, _nothing(figure)).value
        known = figure.value is not None and replayed is not None and not redefined
        made.append(Restated(figure, now, replayed - figure.value if known else None, redefined))  # type: ignore[operator]
    return made


def _known(of: Freeze, asked: Asked, as_of: object, metrics: Sequence[str]) -> dict[tuple[str, str], Figure]:
    """The figures of the week of `of`, as known at `as_of`."""
    end = of.week + timedelta(weeks=1)
    about = asked.question.about(start=of.week, end=end, grain="week", as_of=as_of)
    return {(figure.metric, figure.department): figure for figure in figures(replace(asked, question=about), metrics)}


def _nothing(figure: Figure) -> Figure:
    """What is there where no case is: no case."""
    counts = REGISTRY[figure.metric].kind in ("flow", "stock")
    zero = 0.0 if counts else None
    return Figure(figure.metric, figure.department, zero, zero, None, 0.0, REGISTRY[figure.metric].version)


def _is_same(one: Figure, other: Figure) -> bool:
    if one.value is None or other.value is None:
        return one.value == other.value
    return abs(one.value - other.value) < LEAST.get(REGISTRY[one.metric].unit, LEAST_OTHER)


def of_city(found: Sequence[Restated]) -> list[Restated]:
    """Those of the whole city."""
    return [one for one in found if one.frozen.department == CITY]
