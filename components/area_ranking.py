"""Areas in order and side by side: what stands beside the map."""

from __future__ import annotations

import textwrap
from typing import Any

import pandas as pd

from components import filters, gate, theme, tiles, words
from components.area_map import twin_of, worded
from components.area_words import counted_where, finding_of, has_target, is_judged, nothing, on_time_target, unranked
from components.chart import Drawn
from components.figures.ranked import bars
from components.table import Column, Twin
from metrics.areas import COUNTS, UNSURE_N, AreaFigures, area_figures, counted_as, layers
from metrics.boundaries import earlier
from metrics.ranking import LEAST_N
from metrics.select import Asked

MOST_BARS = 12
LONGEST_NAME = 26
COMPARED = {
    "opened": "Opened", "per_1000": "Reporting rate per 1,000", "ontime_due": "On time", "ontime_given_types": "On time given types", "overdue_now": "Overdue", "ttc_km": "Days to close (median)",
}  # fmt: skip
COLOURS = {f"{way} {of}": colour for way, colour in (("far below", theme.BAD), ("below", theme.BAD), ("far above", theme.GOOD), ("above", theme.GOOD))
           for of in ("target", "expected")}  # fmt: skip


def ranking(asked: Asked, metric_id: str, layer: str, target: float | None) -> Drawn:
    """The areas by a figure, worst first, with how many cases each has.

    Raises:
        BadQuestion: no such metric or layer.
    """
    figures, plural = area_figures(asked, metric_id, layer), layers(asked)[layer].lower()
    metric, ranked = figures.metric, figures.ranked()
    rows = worded(figures, asked, layer, target)
    twin, about = twin_of(figures, rows, plural), _about(figures, layer, asked)
    if ranked.empty:
        has_rates = metric.unit == "per_1000" and figures.frame["value"].notna().any()
        why = unranked(figures, plural) if has_rates else f"None of the {plural} has enough cases to be ranked."
        return Drawn(why, None, twin, **about)
    shown = rows.loc[ranked.index[:MOST_BARS]]
    labels = [
        short(label) if metric.unit in COUNTS else f"{short(label)} ({words.count(n)}{_after(tier)})"
        for label, n, tier in zip(shown["label"], shown["n"], shown["tier"], strict=True)
    ]
    colours = [COLOURS.get(tier, theme.QUIET) for tier in shown["tier"]] if is_judged(metric, target) else theme.PRIMARY
    figure = bars(shown.assign(label=labels), metric.unit, colours=colours)
    return Drawn(_order_words(figures, plural), figure, twin, _note(figures, target, len(ranked), plural), **about)


def per_1000(asked: Asked, layer: str) -> Drawn:
    """Reports by residents for every 1,000 who live there: who reports, not who needs.

    Raises:
        BadQuestion: no such layer.
    """
    figures, plural = area_figures(asked, "per_1000", layer), layers(asked)[layer].lower()
    rows, ranked = worded(figures, asked, layer), figures.ranked()
    twin, about = twin_of(figures, rows, plural), _about(figures, layer, asked)
    if ranked.empty:
        why = unranked(figures, plural) if figures.frame["value"].notna().any() else nothing(figures, plural)
        return Drawn(why, None, twin, **about)
    shown = rows.loc[ranked.index[:MOST_BARS]]
    shown = shown.assign(label=[f"{short(label)} ({words.count(n)})" for label, n in zip(shown["label"], shown["n"], strict=True)])
    note = f"{_left_out(len(ranked), plural)}In brackets: how many cases. {_too_few(figures, len(ranked))}A reporting rate, never a measure of need: it says how readily people report. {population_words(layer)}"
    return Drawn(_readiness(ranked), bars(shown, "per_1000"), twin, note, cases=tiles.cases_link(asked, "resident_opened"), **about)


def _readiness(ranked: pd.DataFrame) -> str:
    """Whose residents report most readily, and how much more so than those who do least; all who share the first place."""
    first, last = ranked.iloc[0], ranked.iloc[-1]
    said = words.value(first["value"], "per_1000")
    if len(ranked) == 1:
        return words.sentence(f"Only {first['label']} has enough cases to be compared: {said}")
    if first["value"] == last["value"]:
        return words.sentence(f"Residents of {words.joined(list(ranked['label']))} report equally readily: {said}")
    names = list(ranked.loc[ranked["value"] == first["value"], "label"])
    times = f"{first['value'] / last['value']:.1f} times as often as those of {last['label']}"
    return words.sentence(f"Residents of {words.joined(names)} report most readily: {said}, {times}")


def side_by_side(asked: Asked, layer: str, metric_id: str) -> Drawn:
    """Several figures of every area in one table, without those no area has. A name leads to the map of the area, a number to its cases.

    Raises:
        BadQuestion: no such layer.
    """
    asked = asked.remembering()
    plural = layers(asked)[layer]
    finer = _finer(asked, layer)
    rows = area_figures(asked, "opened", layer).frame[["key", "label"]]
    rows = rows.assign(map=[filters.link("/map", asked, **{layer: key}, layer=finer, metric=metric_id) for key in rows["key"]])
    columns = [Column("label", plural, href="map")]
    figures = {}
    for name, label in COMPARED.items():
        figures[name] = found = area_figures(asked, name, layer)
        of = found.frame.set_index("key")
        values = of["value"].reindex(rows["key"]).to_numpy()
        if not any(not words.is_missing(value) for value in values):
            continue
        lists = [
            None if words.is_missing(value) else tiles.cases_link(asked, counted_as(found.metric), **{layer: key})
            for key, value in zip(rows["key"], values, strict=True)
        ]
        rows = rows.assign(**{name: values, f"{name}_cases": lists})
        columns.append(Column(name, label, found.metric.unit, href=f"{name}_cases"))
    compared = next((figures[name] for name in ("ontime_given_types", "ontime_due", "opened") if len(figures[name].ranked()) > 1), None)
    few = f"There are too few cases to compare the {plural.lower()}."
    finding = few if compared is None else finding_of(compared, asked, on_time_target(asked), plural.lower())
    return Drawn(finding, None, Twin(rows, tuple(columns), f"{plural} side by side, {words.asked_period(asked.question)}"))


def population_words(layer: str) -> str:
    """Whose count of the people of a layer it is."""
    source = next((known.population_source for known in gate.desk().city.area_layers if known.id == layer), None)
    return f"People: {source}." if source else "Whose count of people it is, and of when, the city does not say."


def short(name: str) -> str:
    """A name that leaves room for its bar; the table has the whole."""
    return textwrap.shorten(name, LONGEST_NAME, placeholder="…") if len(name) > LONGEST_NAME else name


def _about(figures: AreaFigures, layer: str, asked: Asked) -> dict[str, Any]:
    return {"title": counted_where(figures.metric, layer, asked), "metric": figures.metric.id}


def _after(tier: str) -> str:
    return f", {tier.removesuffix(' target').removesuffix(' expected')}" if tier in COLOURS else ""


def _order_words(figures: AreaFigures, plural: str) -> str:
    ranked = figures.ranked()
    if len(ranked) <= 3:
        names = words.joined(list(ranked["label"]))
        if len(ranked) == 1:
            return words.sentence(f"Only {names} can be ranked")
        if ranked["value"].nunique() == 1:
            return words.sentence(f"{names} have the same figure")
        return words.sentence(f"{names}, in this order" + ("" if ranked["value"].is_unique else ", equal ones by name"))
    if ranked["value"].nunique() == 1:
        return f"All {len(ranked)} {plural} have the same figure."
    how = "lowest" if figures.metric.direction == "higher" else "highest"
    # All who share the third place are among the first three.
    first = ranked.loc[ranked["value"].rank(method="min", ascending=how == "lowest") <= 3, "label"]
    return words.sentence(f"{words.joined(list(first))} have the {how} figures of {len(ranked)} {plural}")


def _left_out(count: int, plural: str) -> str:
    return f"The first {MOST_BARS} of {count} {plural}; the table has all. " if count > MOST_BARS else ""


def _too_few(figures: AreaFigures, count: int) -> str:
    left = len(figures.judged) - count
    least = LEAST_N if figures.metric.unit == "per_1000" else UNSURE_N
    return f"Not ranked: {words.plural(left, 'area')} with fewer than {least}. " if left > 0 else ""


def _note(figures: AreaFigures, target: float | None, count: int, plural: str) -> str:
    is_count = figures.metric.unit in COUNTS
    parts = [_left_out(count, plural).strip(), "" if is_count else "In brackets: how many cases."]
    parts.append(_too_few(figures, count).strip())
    if has_target(figures.metric, target):
        parts.append(
            f"Below, above: further from the target of {words.share(target)} than chance explains at 95 % (far: 99.8 %). Grey: no clear difference."
        )
    elif figures.metric.unit == "of_expected":
        parts.append("Below, above: further from 1 than chance explains at 95 % (far: 99.8 %). Grey: no clear difference.")
    elif is_count:
        parts.append("Larger areas have more of everything; see the figure per 1,000 residents.")
    return " ".join(part for part in parts if part)


def _finer(asked: Asked, layer: str) -> str:
    """The layer after this one, which an area is best looked at in; the last has none after it."""
    known = [name for name in layers(asked) if name == layer or name not in earlier(asked)]
    return known[min(known.index(layer) + 1, len(known) - 1)]
