"""What maps and rankings of areas say: findings, notes, and how far a figure may be trusted."""

from __future__ import annotations

from typing import Any

import pandas as pd

from components import gate, words
from components.language import N_, _
from components.language import plural as counted
from components.on_time import TIER_WORDS
from metrics.areas import COUNTS, FEW, NONE, UNSURE, UNSURE_N, WITHHELD, AreaFigures
from metrics.definitions import METRICS, ONTIME_DEFINITIONS
from metrics.intervals import Tier
from metrics.kinds import Metric
from metrics.measure import measure
from metrics.ranking import LEAST_N
from metrics.select import Asked
from metrics.targets import target_of

HATCHED = "▨"
"""What stands in tables for the hatching of a map."""
EXPECTED_WORDS: dict[Tier, str] = {
    "far_above": N_("far above expected"), "above": N_("above expected"), "as_expected": N_("as expected"),
    "below": N_("below expected"), "far_below": N_("far below expected"),
}  # fmt: skip
REPORTS_NOTE = N_("Counts of reports are not counts of problems: a loud area is not a worse area.")


def unique_label(metric: Metric) -> str:
    """A metric's label in a list of all: two that share one are told apart."""
    twins = [other for other in METRICS if other.label == metric.label]
    return _(metric.label) if len(twins) == 1 else f"{_(metric.label)} ({_(words.UNIT_WORDS[metric.unit])})"


def on_time_target(asked: Asked) -> float | None:
    """The on-time target of all that is asked about; a share."""
    return target_of(asked, gate.desk().city.facts.on_time_target)


def has_target(metric: Metric, target: float | None) -> bool:
    """Whether the figure is judged against the on-time target."""
    return target is not None and metric.unit == "share" and metric.id in ONTIME_DEFINITIONS


def is_judged(metric: Metric, target: float | None) -> bool:
    """Whether areas are judged by the figure: against the target, or against what is expected of them."""
    return metric.unit == "of_expected" or has_target(metric, target)


def counted_where(metric: Metric, layer: str, asked: Asked) -> str:
    """What is counted, where and when: "On time by neighbourhood, 31 Aug to 22 Nov 2026"; `layer` may be empty."""
    what = _(metric.label)
    if layer:
        what = _("{what} by {layer}", what=what, layer=asked.mart.dimensions.area_layers.by_slug[layer].name.lower())
    if metric.date_field == "as_of":
        return _("{what}, on {instant}", what=what, instant=words.instant(asked.question.as_of, asked.calendar))
    return _("{what}, {period}", what=what, period=words.asked_period(asked.question))


def trust_words(row: dict[str, Any]) -> str:
    """How far the figure of a row of `AreaFigures` may be trusted; empty where there is nothing to mind."""
    return {
        FEW: f"{HATCHED} {_('too few: under {n} cases', n=LEAST_N)}", UNSURE: f"{HATCHED} {_('unsure: under {n} cases', n=UNSURE_N)}",
        WITHHELD: _("not published"), NONE: _("no figure"),
    }.get(row["state"], "")  # fmt: skip


def hover(metric: Metric, row: dict[str, Any], tier_said: str) -> str:
    """What is said of one area under the pointer."""
    head = f"<b>{words.plain(row['label'])}</b><br>"
    if row["state"] == WITHHELD:
        return head + _("not published: the number is small,<br>or a small one would follow from it")
    if row["state"] in (NONE, FEW):
        behind = words.cases(row["n"]) if row["n"] else _("no case")
        return (
            head
            + _("{what}: no figure", what=_(metric.label))
            + f"<br>{behind}"
            + (f"<br>{trust_words(row)}" if row["state"] == FEW else "")
        )
    lines = [f"{_(metric.label)}: {words.value(row['value'], metric.unit)}"]
    if metric.unit == "share":
        lines.append(part_of(row["numerator"], row["n"]))
    elif metric.unit == "of_expected":
        lines.append(
            _("{part} on time, {expected} expected", part=part_of(row["numerator"], row["n"]), expected=words.decimal(row["denominator"]))
        )
    elif metric.unit not in COUNTS:
        lines.append(words.cases(row["n"]))
    return head + "<br>".join([*lines, *(text for text in (tier_said, trust_words(row)) if text)])


def part_of(hits: Any, n: Any) -> str:
    """ "12 of 340 cases"."""
    return _("{hits} of {cases}", hits=words.count(hits), cases=words.cases(n))


def finding_of(figures: AreaFigures, asked: Asked, target: float | None, plural: str) -> str:
    """What a reader should see, made from the figures that are drawn."""
    metric, ranked = figures.metric, figures.ranked()
    if figures.frame["value"].notna().sum() == 0:
        return nothing(figures, plural)
    if ranked.empty:
        return unranked(figures, plural)
    first, last = ranked.iloc[0], ranked.iloc[-1]
    if metric.unit == "of_expected":
        return _against_expected(figures, plural)
    if target is not None and has_target(metric, target):
        return _against_target(figures, target, plural)
    if metric.unit in COUNTS and metric.id != "net_flow":
        total = figures.frame["value"].sum()
        if not total:
            return words.sentence(_("{what}: none in any of the {areas}", what=_(metric.label), areas=plural))
        return words.sentence(_most(ranked, metric, total, plural))
    if len(ranked) == 1:
        return words.sentence(f"{first['label']}: {words.label(metric)} {words.value(first['value'], metric.unit)}")
    whole = measure(metric.id, asked).value
    ends = {
        "what": _(metric.label), "high": words.value(first["value"], metric.unit), "first": first["label"],
        "low": words.value(last["value"], metric.unit), "last": last["label"],
    }  # fmt: skip
    if whole is None:
        return words.sentence(_("{what}: from {high} in {first} to {low} in {last}", **ends))
    city = words.value(whole, metric.unit)
    return words.sentence(_("{what}: from {high} in {first} to {low} in {last}; the whole city {city}", **ends, city=city))


def _most(ranked: pd.DataFrame, metric: Metric, total: float, plural: str) -> str:
    """Who has most of a count, every one of those that share the place, and what part of `total` that is."""
    highest = float(ranked["value"].max())
    names = list(ranked.loc[ranked["value"] == highest, "label"])
    told = {
        "names": words.joined(names), "value": words.value(highest, metric.unit), "part": words.percent_of(highest / total),
        "total": words.count(total), "areas": plural,
    }  # fmt: skip
    if len(names) == 1:
        return _("{names} has most: {value}, {part} of the {total} counted in the {areas}", **told)
    return _("{names} have most: {value} each, {part} of the {total} counted in the {areas}", **told)


def _against_target(figures: AreaFigures, target: float, plural: str) -> str:
    tiers, judged = figures.tiers(target), figures.judged
    far_below, far_above = (judged.loc[tiers == name] for name in ("far_below", "far_above"))
    told = {"n": len(judged), "areas": plural, "target": words.share(target)}
    if len(judged) == 1:
        only = judged.iloc[0]
        return _(
            "Only {name} has enough cases to be judged: {share} of {cases}; the target of the {areas} is {target}.",
            name=only["label"], share=words.share(only["value"]), cases=words.cases(only["n"]), **told,
        )  # fmt: skip
    if far_below.empty:
        below = int((tiers == "below").sum())
        lowest = figures.ranked().iloc[0]
        few = counted("; {n} is below it", "; {n} are below it", below) if below else ""
        return _(
            "None of the {n} {areas} is far below the target of {target}{few}. Lowest: {name} with {share} of {cases}.",
            few=few, name=lowest["label"], share=words.share(lowest["value"]), cases=words.cases(lowest["n"]), **told,
        )  # fmt: skip
    # The one least explained by chance, not the one with the lowest share of a few cases.
    worst = far_below.loc[((target - far_below["value"]) * far_below["n"] ** 0.5).idxmax()]
    more = _("; {n} far above", n=len(far_above)) if len(far_above) else ""
    return counted(
        "{n} of {all} {areas} is far below the target of {target}, {name} most clearly with {share} of {cases}{more}.",
        "{n} of {all} {areas} are far below the target of {target}, {name} most clearly with {share} of {cases}{more}.",
        len(far_below), all=len(judged), areas=plural, target=words.share(target), name=worst["label"], share=words.share(worst["value"]),
        cases=words.cases(worst["n"]), more=more,
    )  # fmt: skip


def _against_expected(figures: AreaFigures, plural: str) -> str:
    """Which areas differ from what their mix of types leads to expect, beyond chance."""
    tiers, judged = figures.tiers(None), figures.judged.sort_values("value")
    names = {tier: [str(judged.loc[at, "label"]) for at in judged.index if tiers[at] == tier] for tier in TIER_WORDS}
    clear = [f"{words.joined(names[tier])} {way}" for tier, way in (("far_below", "below"), ("far_above", "above")) if names[tier]]
    maybe = len(names["below"]) + len(names["above"])
    if not clear:
        rest = f"; {maybe} perhaps (beyond 95 %)" if maybe else ""
        return words.sentence(f"With the same mix of types none of {len(judged)} {plural} clearly differs from the city (99.8 %){rest}")
    rest = f"; {maybe} more perhaps (95 %)" if maybe else ""
    return words.sentence(f"With the same mix of types {words.joined(clear)} what is expected, clearly (99.8 %){rest}")


def unranked(figures: AreaFigures, plural: str) -> str:
    """Why none of the areas can be put in order though some have a figure."""
    if (figures.frame["n"] == 0).all():
        return words.sentence(_("{what}: nobody reported a case in any of the {areas}", what=_(figures.metric.label), areas=plural))
    if figures.metric.unit == "per_1000":
        return _("There are too few cases to compare the {areas}: no rate rests on {n} or more.", areas=plural, n=LEAST_N)
    return _("None of the {areas} has enough cases to be compared: each has fewer than {n}.", areas=plural, n=LEAST_N)


def areas_of_all(n: int, plural: str) -> str:
    """ "1 of the districts", "3 districts"."""
    return _("1 of the {areas}", areas=plural) if n == 1 else _("{n} {areas}", n=words.count(n), areas=plural)


def nothing(figures: AreaFigures, plural: str) -> str:
    """Why there is no figure for any area."""
    metric = figures.metric
    if (figures.frame["state"] == WITHHELD).any():
        return _("The figures of all {areas} are not published: they are small, or small ones would follow from them.", areas=plural)
    if (figures.frame["state"] == FEW).any():
        return _("None of the {areas} has enough cases for a figure: each has fewer than {n}.", areas=plural, n=LEAST_N)
    if metric.id in ONTIME_DEFINITIONS:
        return _("No case with a deadline falls into this question, so nothing can be on time or late; choose another figure.")
    if metric.unit == "per_1000":
        return _("It is not known how many people live in the {areas}, so reports cannot be put in proportion.", areas=plural)
    return _("{what}: no figure for any of the {areas} in this question.", what=_(metric.label), areas=plural)


def note_of(figures: AreaFigures, plural: str, drawn: set[str] | None) -> str:
    """What to mind, as far as it occurs. `drawn`: the areas that have an outline; None if there is no map."""
    metric, frame = figures.metric, figures.frame
    count = frame["state"].value_counts().to_dict() if drawn is not None else {}
    parts = []
    if count.get(WITHHELD):
        parts.append(
            _(
                "Grey and hatched, 'not published': the number is small, or a small one would follow from it ({areas}).",
                areas=areas_of_all(count[WITHHELD], plural),
            )
        )
    if count.get(FEW):
        parts.append(_("Grey and hatched, 'too few': under {n} cases ({areas}).", n=LEAST_N, areas=areas_of_all(count[FEW], plural)))
    if count.get(NONE):
        why = _("too few people live there, or it is not known how many") if metric.unit == "per_1000" else _("no case to judge")
        parts.append(_("Grey and hatched, 'no figure': {why} ({areas}).", why=why, areas=areas_of_all(count[NONE], plural)))
    if count.get(UNSURE):
        parts.append(_("Hatched colour: unsure, under {n} cases ({areas}).", n=UNSURE_N, areas=areas_of_all(count[UNSURE], plural)))
    undrawn = 0 if drawn is None else sum(key not in drawn for key in frame["key"])
    if undrawn:
        parts.append(_("{areas} without an outline: in the table only.", areas=areas_of_all(undrawn, plural)))
    if figures.elsewhere and metric.id != "net_flow":
        parts.append(
            counted("{n} case lies in none of the {areas}.", "{n} cases lie in none of the {areas}.", figures.elsewhere, areas=plural)
        )
    if metric.unit == "of_expected":
        parts.append(_("1 is what the whole city reaches with the same mix of request types; it takes nothing else out."))
    if metric.id == "reporting_delay":
        parts.append(
            _("Types are noticed at different speeds: choose one request type to compare areas. No figure: fewer than 5 further reports.")
        )
    if metric.id in ("per_1000", "opened", "reports", "resident_opened"):
        parts.append(_(REPORTS_NOTE))
    return " ".join(parts)


def tier_words(figures: AreaFigures, target: float | None) -> dict[Any, str]:
    """Row of the frame -> "far below target" and so on; empty without anything to judge by."""
    if not is_judged(figures.metric, target):
        return {}
    named = EXPECTED_WORDS if figures.metric.unit == "of_expected" else TIER_WORDS
    return {at: _(named[tier]) for at, tier in figures.tiers(target).items() if tier is not None}
