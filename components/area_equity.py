"""Who is left out: how readily an area reports beside how long it waits once it has, and how long until anybody reports."""

from __future__ import annotations

from typing import Any

import pandas as pd

from components import tiles, words
from components.area_map import twin_of, worded
from components.area_ranking import MOST_BARS, population_words, short
from components.area_words import areas_of_all, counted_where, note_of
from components.chart import Drawn
from components.figures.spreads import dots, ranges
from components.table import Column, Twin
from metrics.areas import area_figures, layers
from metrics.select import Asked

MOST_NAMES = 4
"""Names written into the figure; more would lie upon each other."""
METHOD = "Estimated from further reports of the same incident until it was inspected or closed (Liu, Bhandaram and Garg 2022). The line is the 95 % interval. "


def left_out(asked: Asked, layer: str) -> Drawn:
    """Reporting rate against median days to close given a report, by area.

    Raises:
        BadQuestion: no such layer.
    """
    asked = asked.remembering()
    plural = layers(asked)[layer].lower()
    rate, wait = (area_figures(asked, name, layer).frame.set_index("key") for name in ("per_1000", "ttc_km"))
    members = asked.mart.dimensions.areas(layer).by_slug
    rows = pd.DataFrame({
        "label": rate["label"], "rate": rate["value"], "n": rate["n"], "days": wait["value"].reindex(rate.index), "of": wait["n"].reindex(rate.index),
        "population": rate["population"], "income": [members[key].extra.get("median_income") for key in rate.index],
    })  # fmt: skip
    rows = rows.assign(
        rate_href=[tiles.cases_link(asked, "resident_opened", **{layer: key}) for key in rows.index],
        href=[tiles.cases_link(asked, "ttc_km", **{layer: key}) for key in rows.index],
    )
    columns = [
        Column("label", plural.capitalize()), Column("rate", "Reporting rate per 1,000", "per_1000", href="rate_href"), Column("n", "Reported by residents", "cases", href="rate_href"),
        Column("days", "Days to close (median)", "days", href="href"), Column("of", "Of cases", "number"), Column("population", "Residents", "number"),
    ]  # fmt: skip
    if rows["income"].notna().any():
        columns.append(Column("income", "Median income", "number"))
    twin = Twin(rows.sort_values(["rate", "label"]).reset_index(drop=True), tuple(columns), f"Reporting rate and days to close by {plural}")
    about: dict[str, Any] = {
        "title": f"Reporting rate and days to close by {plural}, {words.asked_period(asked.question)}",
        "metric": "per_1000",
    }
    both = rows.dropna(subset=["rate", "days"])
    if len(both) < 3:
        why = "it is not known how many people live there" if rows["rate"].isna().all() else "too few of them have enough cases"
        return Drawn(words.sentence(f"Who is left out cannot be said of the {plural}: {why}"), None, twin, **about)
    typical = float(both["rate"].median()), float(both["days"].median())
    out = both[(both["rate"] < typical[0]) & (both["days"] > typical[1])]
    share = f"{len(out)} of {len(both)} {plural} report less than is typical and wait longer"
    named = list(out.sort_values("days", ascending=False)["label"])
    finding = (
        f"{share}: {words.joined(named)}" if named else f"None of {len(both)} {plural} both reports less than is typical and waits longer"
    )
    note = (
        f"Dashed: the middle {plural[:-1] if plural.endswith('s') else plural} (median). Time counts from the report: who does not report waits unseen. "
        f"A reporting rate, never a measure of need. {population_words(layer)}"
    )
    names = {label: label for label in named[:MOST_NAMES]}
    marked = both.assign(name=[names.get(label, "") for label in both["label"]], is_out=both.index.isin(out.index))
    return Drawn(words.sentence(finding), dots(marked, "rate", "days", typical, ("per_1000", "days")), twin, note, **about)


def delays(asked: Asked, layer: str) -> Drawn:
    """How long problems wait for their first report, by area, with intervals.

    Raises:
        BadQuestion: no such layer.
    """
    figures, plural = area_figures(asked, "reporting_delay", layer), layers(asked)[layer].lower()
    rows = worded(figures, asked, layer).assign(again=figures.frame["denominator"])
    plain = twin_of(figures, rows, plural)
    columns = (*plain.columns[:2], Column("low", "95 % from", "days"), Column("high", "to", "days"), Column("n", "Incidents", "cases", href="href"), Column("again", "Further reports", "number"), *plain.columns[3:])  # fmt: skip
    twin = Twin(plain.frame, columns, plain.caption)
    about: dict[str, Any] = {
        "title": counted_where(figures.metric, layer, asked),
        "metric": "reporting_delay",
        "cases": tiles.cases_link(asked, "opened"),
    }
    # Each has its interval, so few incidents mislead nobody here.
    ranked = rows.loc[figures.judged.sort_values(["value", "label"], ascending=[False, True]).index]
    mixed = (
        "" if len(asked.question.request_type) == 1 else "Types are noticed at different speeds: choose one request type to compare areas. "
    )
    if ranked.empty:
        why = "no duplicates are linked to the report they repeat" if not rows["again"].sum() else "each has fewer than 5 further reports"
        return Drawn(
            words.sentence(f"How long problems wait for a report cannot be estimated for the {plural}: {why}"),
            None,
            twin,
            mixed + METHOD,
            **about,
        )
    first, last = ranked.iloc[0], ranked.iloc[-1]
    apart = first["low"] > last["high"]
    said = (
        ""
        if len(ranked) == 1
        else f", {words.value(last['value'], 'days')} in {last['label']}" + ("" if apart else "; chance may explain it")
    )
    finding = f"Estimated wait until somebody reports: {words.value(first['value'], 'days')} in {first['label']}{said}"
    shown = ranked.head(MOST_BARS).assign(
        label=[
            f"{short(label)} ({words.count(n)})"
            for label, n in zip(ranked["label"].head(MOST_BARS), ranked["n"].head(MOST_BARS), strict=True)
        ]
    )
    without = len(rows) - len(ranked)
    have = "has" if without == 1 else "have"
    few = f" {areas_of_all(without, plural)} {have} too few incidents or further reports for a figure." if without else ""
    note = f"{mixed}{METHOD}In brackets: incidents. {note_of(figures, plural, None) if figures.elsewhere and not mixed else ''}{few}"
    return Drawn(words.sentence(finding), ranges(shown, "days"), twin, note.strip(), **about)
