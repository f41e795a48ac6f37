"""One figure for every area of a layer: what a map is coloured by, and what it must not colour."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from metrics.composite import rate_per_1000
from metrics.definitions import REGISTRY
from metrics.intervals import Z_WARN, Tier, funnel_z, tier, wilson
from metrics.kinds import Metric, Unit
from metrics.measure import measure
from metrics.question import BadQuestion, require_metric
from metrics.ranking import LEAST_N
from metrics.select import Asked

UNSURE_N = 20
"""A share or a duration of fewer cases is drawn hatched: the next case may move it far."""
COUNTS: tuple[Unit, ...] = ("cases", "closures", "reports")
NEEDS_CASES: tuple[Unit, ...] = ("share", "days", "weeks", "ratio", "per_case", "times", "of_expected")
"""Units of figures that say nothing when they are made of a few cases only."""

FAIR, UNSURE, FEW, NONE, WITHHELD = "fair", "unsure", "few", "none", "withheld"


@dataclass(frozen=True)
class AreaFigures:
    """`frame`: one row per area of the question, by name: `key`, `label`, `value`, `numerator`, `n`, `population`, `low`, `high`, `state`.

    `state` says how far a value may be trusted: fair, unsure (fewer than `UNSURE_N` cases), few
    (fewer than `LEAST_N`: no value is given), none (no value), withheld (residents may not see
    it). `low` and `high` are the 95 % interval of a share, and of what is measured against an
    expectation the values that chance alone explains at 95 %; `denominator` and `spread` as in its answer.
    """

    metric: Metric
    frame: pd.DataFrame
    elsewhere: int | None
    """Cases of the question that lie in no area of the layer; None if residents may not know how many."""

    @property
    def judged(self) -> pd.DataFrame:
        """The areas whose figure says something: enough cases, and nothing withheld."""
        return self.frame.loc[self.frame["state"].isin([FAIR, UNSURE])]

    def ranked(self) -> pd.DataFrame:
        """The areas that may be put in order, worst first (highest first where neither end is better): the unsure ones only if all are.

        A rate per 1,000 stands for every area, but one of fewer than `LEAST_N` cases is put in no order.
        """
        fair = self.frame.loc[self.frame["state"] == FAIR]
        if self.metric.unit == "per_1000":
            return fair.loc[fair["n"] >= LEAST_N].sort_values(["value", "label"], ascending=[False, True])
        chosen = self.judged if fair.empty else fair
        return chosen.sort_values(["value", "label"], ascending=[self.metric.direction == "higher", True])

    def tiers(self, target: float | None) -> pd.Series:
        """Where each share of `judged` lies against `target`, and each figure against its expectation; null if it cannot be said.

        Chance is allowed for: a funnel at 95 % and 99.8 %.
        """
        rows = self.judged
        if self.metric.unit == "of_expected":
            found = [_beyond_chance(*row) for row in zip(rows["numerator"], rows["denominator"], rows["spread"], strict=True)]
        else:
            found = [None if target is None else _tier(hits, n, target) for hits, n in zip(rows["numerator"], rows["n"], strict=True)]
        return pd.Series(found, index=rows.index, dtype=object)


def area_figures(asked: Asked, metric_id: str, layer: str) -> AreaFigures:
    """`metric_id` for every area of `layer` that the question is about; an area without any case counts zero, and has no share.

    Raises:
        BadQuestion: no such metric or layer.
    """
    metric = REGISTRY[require_metric(metric_id)]
    require_layer(asked, layer)
    answer = measure(metric_id, asked, by=layer)
    found = answer.frame.set_index("key")
    nowhere = found["n"].get("none", 0.0)
    elsewhere = None if nowhere != nowhere else int(nowhere)
    members = pd.DataFrame(
        [(member.slug, member.name, member.extra.get("population")) for member in asked.mart.dimensions.areas(layer)],
        columns=["key", "label", "population"],
    )  # fmt: skip
    open_to = asked.open_areas(layer).by_slug
    shown = [slug in found.index or (slug in open_to and _is_asked(asked, layer, slug)) for slug in members["key"]]
    members = members[pd.Series(shown, index=members.index, dtype="bool")].reset_index(drop=True)
    given = [name for name in ("value", "numerator", "n", "suppressed", "denominator", "spread", "low", "high") if name in found]
    rows = found[given].reindex(members["key"]).reset_index(drop=True)
    frame = pd.concat([members.astype({"population": "float64"}), rows], axis=1)
    frame = frame.assign(suppressed=[value is True for value in frame["suppressed"]])
    absent = ~frame["key"].isin(found.index)
    frame.loc[absent, "n"] = 0.0
    if metric.unit in COUNTS:
        frame.loc[absent, ["value", "numerator"]] = 0.0
    if metric.unit == "per_1000":
        rates = [rate_per_1000(0, people) for people in frame.loc[absent, "population"]]
        # A city may know nobody's number: then there is no rate, and no float either.
        frame.loc[absent, "value"] = pd.Series(rates, index=frame.index[absent], dtype="float64")
        frame.loc[absent & frame["value"].notna(), "numerator"] = 0.0
    frame = frame.assign(state=[state_of(metric, row) for row in frame.to_dict("records")])
    few = frame["state"] == FEW
    frame = frame.assign(**{name: frame[name].mask(few) for name in given if name not in ("n", "suppressed")})
    return AreaFigures(metric, _with_intervals(frame, metric), elsewhere)


def require_layer(asked: Asked, layer: str) -> str:
    """`layer` if it is one of the city's layers that figures are split by.

    Raises:
        BadQuestion: it is none.
    """
    if layer not in layers(asked):
        raise BadQuestion("There is no layer of areas called '{value}'.", value=layer[:60])
    return layer


def layers(asked: Asked) -> dict[str, str]:
    """The layers figures are split by, in the city's order: id -> name of its areas in the plural."""
    known = sorted((m for m in asked.mart.dimensions.area_layers if not m.extra["is_context"]), key=lambda member: member.id)
    return {member.slug: str(member.extra["plural"]) for member in known}


def counted_as(metric: Metric) -> str:
    """The metric whose cases stand behind `metric`: itself, or the first part of one that is made of others."""
    return metric.id if metric.rows is not None else counted_as(REGISTRY[metric.parts[0]])


def _tier(hits: float, n: float, target: float) -> Tier | None:
    z = funnel_z(hits, n, target)
    return None if z is None else tier(z)


def _beyond_chance(observed: float, expected: float, spread: float) -> Tier | None:
    return tier((observed - expected) / spread) if spread > 0 else None


def _is_asked(asked: Asked, layer: str, slug: str) -> bool:
    """Whether the filters leave this area in: it is chosen or lies in a chosen one, or nothing is chosen."""
    chosen: dict[str, set[str]] = {}
    for of, area in asked.question.areas:
        chosen.setdefault(of, set()).add(area)
    member = asked.mart.dimensions.areas(layer).by_slug[slug]
    return all((slug if of == layer else member.extra.get("parent_slug")) in areas for of, areas in chosen.items())


def state_of(metric: Metric, row: dict) -> str:
    """How far the `value` of an area (with `n` and `suppressed`) may be trusted: the words of `AreaFigures.state`."""
    if row["suppressed"]:
        return WITHHELD
    if row["value"] is None or row["value"] != row["value"]:
        return NONE
    if metric.unit not in NEEDS_CASES:
        return FAIR
    return FEW if row["n"] < LEAST_N else UNSURE if row["n"] < UNSURE_N else FAIR


def _with_intervals(frame: pd.DataFrame, metric: Metric) -> pd.DataFrame:
    """`frame` with the ends that `AreaFigures` speaks of, where there are enough cases."""
    ends = [_ends(metric, row) if row["state"] in (FAIR, UNSURE) else None for row in frame.to_dict("records")]
    return frame.assign(low=[e[0] if e else None for e in ends], high=[e[1] if e else None for e in ends]).astype(
        {"low": "float64", "high": "float64"}
    )


def _ends(metric: Metric, row: dict) -> tuple[float, float] | None:
    if metric.unit == "share":
        return wilson(row["numerator"], row["n"])
    if metric.unit == "of_expected":
        chance = Z_WARN * row["spread"] / row["denominator"]
        return max(0.0, 1 - chance), 1 + chance
    return (row["low"], row["high"]) if "low" in row else None
