"""What maps and rankings of areas say: findings, notes, and how far a figure may be trusted."""

from __future__ import annotations

from typing import Any

import pandas as pd

from components import gate, words
from components.on_time import TIER_WORDS
from metrics.areas import COUNTS, FEW, NONE, UNSURE, UNSURE_N, WITHHELD, AreaFigures
from metrics.definitions import METRICS, ONTIME_DEFINITIONS
from metrics.kinds import Metric
from metrics.measure import measure
from metrics.ranking import LEAST_N
from metrics.select import Asked
from metrics.targets import target_of

HATCHED = "▨"
"""What stands in tables for the hatching of a map."""
REPORTS_NOTE = "Counts of reports are not counts of problems: a loud area is not a worse area."


def unique_label(metric: Metric) -> str:
    """A metric's label in a list of all: two that share one are told apart."""
    twins = [other for other in METRICS if other.label == metric.label]
    return metric.label if len(twins) == 1 else f"{metric.label} ({words.UNIT_WORDS[metric.unit]})"


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
    by = f" by {asked.mart.dimensions.area_layers.by_slug[layer].name.lower()}" if layer else ""
    if metric.date_field == "as_of":
        return f"{metric.label}{by}, on {words.instant(asked.question.as_of, asked.calendar)}"
    return f"{metric.label}{by}, {words.asked_period(asked.question)}"


def trust_words(row: dict[str, Any]) -> str:
    """How far the figure of a row of `AreaFigures` may be trusted; empty where there is nothing to mind."""
    return {
        FEW: f"{HATCHED} too few: under {LEAST_N} cases", UNSURE: f"{HATCHED} unsure: under {UNSURE_N} cases", WITHHELD: "withheld", NONE: "no figure",
    }.get(row["state"], "")  # fmt: skip


def hover(metric: Metric, row: dict[str, Any], tier_said: str) -> str:
    """What is said of one area under the pointer."""
    head = f"<b>{words.plain(row['label'])}</b><br>"
    if row["state"] == WITHHELD:
        return head + "withheld: too few cases to be shown<br>without pointing at people"
    if row["state"] in (NONE, FEW):
        counted = f"<br>{words.cases(row['n'])}" if row["n"] else "<br>no case"
        return head + f"{metric.label}: no figure{counted}" + (f"<br>{trust_words(row)}" if row["state"] == FEW else "")
    lines = [f"{metric.label}: {words.value(row['value'], metric.unit)}"]
    if metric.unit == "share":
        lines.append(f"{words.count(row['numerator'])} of {words.cases(row['n'])}")
    elif metric.unit == "of_expected":
        lines.append(f"{words.count(row['numerator'])} of {words.cases(row['n'])} on time, {words.decimal(row['denominator'])} expected")
    elif metric.unit not in COUNTS:
        lines.append(words.cases(row["n"]))
    return head + "<br>".join([*lines, *(text for text in (tier_said, trust_words(row)) if text)])


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
            return words.sentence(f"{metric.label}: none in any of the {plural}")
        return words.sentence(f"{_most(ranked, metric, total)} of the {words.count(total)} counted in the {plural}")
    if len(ranked) == 1:
        return words.sentence(f"{first['label']}: {words.label(metric)} {words.value(first['value'], metric.unit)}")
    whole = measure(metric.id, asked).value
    ends = f"{words.value(first['value'], metric.unit)} in {first['label']} to {words.value(last['value'], metric.unit)} in {last['label']}"
    return words.sentence(f"{metric.label}: from {ends}" + ("" if whole is None else f"; the whole city {words.value(whole, metric.unit)}"))


def _most(ranked: pd.DataFrame, metric: Metric, total: float) -> str:
    """Who has most of a count, every one of those that share the place, and what part of `total` that is."""
    highest = float(ranked["value"].max())
    names = list(ranked.loc[ranked["value"] == highest, "label"])
    said, part = words.value(highest, metric.unit), words.percent_of(highest / total)
    if len(names) == 1:
        return f"{names[0]} has most: {said}, {part}"
    return f"{words.joined(names)} have most: {said} each, {part}"


def _against_target(figures: AreaFigures, target: float, plural: str) -> str:
    tiers, judged = figures.tiers(target), figures.judged
    far_below, far_above = (judged.loc[tiers == name] for name in ("far_below", "far_above"))
    said = f"the target of {words.share(target)}"
    if far_below.empty:
        below = int((tiers == "below").sum())
        lowest = figures.ranked().iloc[0]
        few = f"; {below} {'is' if below == 1 else 'are'} below it" if below else ""
        return words.sentence(
            f"None of the {len(judged)} {plural} is far below {said}{few}. Lowest: {lowest['label']} with {words.share(lowest['value'])} "
            f"of {words.cases(lowest['n'])}"
        )
    # The one least explained by chance, not the one with the lowest share of a few cases.
    worst = far_below.loc[((target - far_below["value"]) * far_below["n"] ** 0.5).idxmax()]
    are = "is" if len(far_below) == 1 else "are"
    more = f"; {len(far_above)} far above" if len(far_above) else ""
    return words.sentence(
        f"{len(far_below)} of {len(judged)} {plural} {are} far below {said}, {worst['label']} most clearly with {words.share(worst['value'])} "
        f"of {words.cases(worst['n'])}{more}"
    )


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
        return words.sentence(f"{figures.metric.label}: nobody reported a case in any of the {plural}")
    if figures.metric.unit == "per_1000":
        return f"There are too few cases to compare the {plural}: no rate rests on {LEAST_N} or more."
    return f"None of the {plural} has enough cases to be compared: each has fewer than {LEAST_N}."


def areas_of_all(n: int, plural: str) -> str:
    """ "1 of the districts", "3 districts"."""
    return f"1 of the {plural}" if n == 1 else f"{n:,} {plural}"


def nothing(figures: AreaFigures, plural: str) -> str:
    """Why there is no figure for any area."""
    metric = figures.metric
    if (figures.frame["state"] == WITHHELD).any():
        return f"The figures of all {plural} are withheld: each counts too few cases."
    if (figures.frame["state"] == FEW).any():
        return f"None of the {plural} has enough cases for a figure: each has fewer than {LEAST_N}."
    if metric.id in ONTIME_DEFINITIONS:
        return "No case with a deadline falls into this question, so nothing can be on time or late; choose another figure."
    if metric.unit == "per_1000":
        return f"It is not known how many people live in the {plural}, so reports cannot be put in proportion."
    return f"{metric.label}: no figure for any of the {plural} in this question."


def note_of(figures: AreaFigures, plural: str, drawn: set[str] | None) -> str:
    """What to mind, as far as it occurs. `drawn`: the areas that have an outline; None if there is no map."""
    metric, frame = figures.metric, figures.frame
    count = frame["state"].value_counts().to_dict() if drawn is not None else {}
    parts = []
    if count.get(WITHHELD):
        parts.append(
            f"Grey and hatched, 'withheld': too few cases to be shown without pointing at people ({areas_of_all(count[WITHHELD], plural)})."
        )
    if count.get(FEW):
        parts.append(f"Grey and hatched, 'too few': under {LEAST_N} cases ({areas_of_all(count[FEW], plural)}).")
    if count.get(NONE):
        why = "too few people live there, or it is not known how many" if metric.unit == "per_1000" else "no case to judge"
        parts.append(f"Grey and hatched, 'no figure': {why} ({areas_of_all(count[NONE], plural)}).")
    if count.get(UNSURE):
        parts.append(f"Hatched colour: unsure, under {UNSURE_N} cases ({areas_of_all(count[UNSURE], plural)}).")
    undrawn = 0 if drawn is None else sum(key not in drawn for key in frame["key"])
    if undrawn:
        parts.append(f"{areas_of_all(undrawn, plural)} without an outline: in the table only.")
    if figures.elsewhere and metric.id != "net_flow":
        parts.append(f"{words.cases(figures.elsewhere)} {'lies' if figures.elsewhere == 1 else 'lie'} in none of the {plural}.")
    if metric.unit == "of_expected":
        parts.append("1 is what the whole city reaches with the same mix of request types; it takes nothing else out.")
    if metric.id == "reporting_delay":
        parts.append(
            "Types are noticed at different speeds: choose one request type to compare areas. No figure: fewer than 5 further reports."
        )
    if metric.id in ("per_1000", "opened", "reports", "resident_opened"):
        parts.append(REPORTS_NOTE)
    return " ".join(parts)


def tier_words(figures: AreaFigures, target: float | None) -> dict[Any, str]:
    """Row of the frame -> "far below target" and so on; empty without anything to judge by."""
    if not is_judged(figures.metric, target):
        return {}
    said = {at: TIER_WORDS[tier] for at, tier in figures.tiers(target).items() if tier is not None}
    return {at: text.replace("target", "expected") for at, text in said.items()} if figures.metric.unit == "of_expected" else said
