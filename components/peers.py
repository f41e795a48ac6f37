"""Peers in words and figures: who differs from the others by more than chance, and who still does when the mix of work is allowed for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from components import filters, gate, tiles, words
from components.chart import Drawn
from components.figures.funnel import MOST_NAMES, funnel, ratios
from components.table import Column, Twin
from metrics.areas import FEW, UNSURE, UNSURE_N
from metrics.intervals import Tier
from metrics.peers import DIVISIONS, ENOUGH_PEERS, Peers, peer_groups, peers
from metrics.ranking import LEAST_N
from metrics.select import Asked

NOBODY = "none"
MOST_ROWS = 20
PEER_WORDS: dict[Tier, str] = {
    "far_above": "far above the others", "above": "above the others", "as_expected": "within chance", "below": "below the others", "far_below": "far below the others",
}  # fmt: skip
OUTSIDE = ("far_below", "below", "above", "far_above")


def _first() -> str:
    return next((layer.id for layer in gate.desk().city.area_layers if not layer.context), NOBODY)


filters.Option("peers", "Peers", lambda asked: peer_groups(asked) or {NOBODY: "No peers known"}, _first)


def draw_funnel(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """Each peer's raw share against how many cases it is of, with what chance alone would do."""
    found = _found(asked, view["peers"])
    if isinstance(found, Drawn):
        return found
    plural = peer_groups(asked)[found.by].lower()
    rows = _rows(found, asked, "tier")
    columns = [
        Column("label", "Peer", href="page"), Column("n", "Fell due", "cases", href="all"), Column("shown", "On time", "share", href="href"), Column("low_shown", "95 % from", "share"),
        Column("high_shown", "to", "share"), Column("tier_said", "Against the common share"),
    ]  # fmt: skip
    note = (
        "Lines: where chance alone puts 95 % and 99.8 % of peers that all keep the common share; few cases scatter widely. "
        f"Hollow: fewer than {UNSURE_N} cases; crosses: fewer than {LEAST_N}, no verdict. Named: those outside."
    )
    if found.frame["shrunk"].notna().any():
        columns.append(Column("shrunk", "Drawn to the others", "share"))
        note += f" In the table: each share drawn towards the common one, the fewer its cases the more (empirical Bayes; from {ENOUGH_PEERS} peers)."
    note += _more(found, plural, asked)
    twin = Twin(rows, tuple(columns), f"Share on time by {plural}, {words.asked_period(asked.question)}", found.frame)
    return Drawn(
        _funnel_words(found, plural),
        funnel(rows, found.common),
        twin,
        note,
        cases=tiles.cases_link(asked, "ontime_due"),
        title=_title("Share on time", plural, asked),
    )


def draw_ratios(asked: Asked, view: Mapping[str, str]) -> Drawn:
    """Each peer's cases on time beside what the city's common shares by type would give for its mix of types."""
    found = _found(asked, view["peers"])
    if isinstance(found, Drawn):
        return found
    plural = peer_groups(asked)[found.by].lower()
    rows = _rows(found, asked, "adjusted_tier")
    rows = rows.assign(away=(rows["ratio"] - 1).abs(), met=[_listed(found, asked, key, hits="true") for key in rows["key"]])
    twin = Twin(rows.sort_values("ratio"), (
        Column("label", "Peer", href="page"), Column("shown", "Raw share", "share", href="href"), Column("numerator", "On time", "cases", href="met"),
        Column("expected", "Expected", "number"), Column("ratio", "Observed / expected", "ratio"), Column("ratio_low", "95 % from", "ratio"), Column("ratio_high", "to", "ratio"),
        Column("standard", "Share allowing for mix", "share"), Column("tier_said", "Verdict"),
    ), f"Observed and expected on time by {plural}, {words.asked_period(asked.question)}", found.frame)  # fmt: skip
    shown = rows[rows["state"] != FEW].sort_values(["away", "label"], ascending=[False, True]).head(MOST_ROWS).sort_values("ratio")
    title = _title("On time, observed / expected for its mix of types", plural, asked)
    if shown.empty:
        return Drawn(f"None of the {plural} has the {LEAST_N} cases that a comparison takes.", None, twin, title=title)
    note = (
        "Expected: every case of a peer counts with the share on time that its request type has in the whole city. Lines: 95 % intervals. "
        "Hollow diamonds: the raw share divided by the common one; the way from there to the point is what the mix of types explains."
    )
    if len(found.judged) > MOST_ROWS:
        note = f"The {MOST_ROWS} furthest from 1, of {len(found.judged)}; the table has all. {note}"
    return Drawn(_ratio_words(found, plural), ratios(shown), twin, note, cases=tiles.cases_link(asked, "ontime_due"), title=title)


def _found(asked: Asked, by: str) -> Peers | Drawn:
    nothing = Twin(pd.DataFrame(columns=["label"]), (Column("label", "Peer"),))
    if by == NOBODY:
        return Drawn(
            "This city's data names no areas, and no department with divisions is chosen: there are no peers to compare.", None, nothing
        )
    found = peers(asked, by)
    if found.frame.empty:
        return Drawn("No case with a deadline fell due in this period, so there is nothing to compare.", None, nothing)
    return found


def _title(what: str, plural: str, asked: Asked) -> str:
    return f"{what}, {plural}, {words.asked_period(asked.question)}"


def _rows(found: Peers, asked: Asked, tier: str) -> pd.DataFrame:
    """The peers with the words and addresses of a table and a figure."""
    frame, enough = found.frame, found.frame["state"] != FEW
    keys = frame["key"].tolist()
    rows = frame.assign(
        **{f"{name}_shown": frame[name].where(enough) for name in ("low", "high")}, shown=frame["value"].where(enough), standard=frame["standardised"].where(enough),
        raw_ratio=frame["value"] / found.common if found.common else float("nan"),
        tier_said=[PEER_WORDS[verdict] if verdict in PEER_WORDS else f"too few (under {LEAST_N} cases)" for verdict in frame[tier]],
        page=[None if _filter_of(found, asked, key) is None else filters.link("/sla", asked, **_filter_of(found, asked, key)) for key in keys],
        all=[_listed(found, asked, key) for key in keys],
        href=[_listed(found, asked, key, hits="false" if n > met else None) for key, n, met in zip(keys, frame["n"], frame["numerator"], strict=True)],
    )  # fmt: skip
    return rows.assign(said=[_hover(row) for row in rows.to_dict("records")])


def _filter_of(found: Peers, asked: Asked, key: str) -> dict[str, str] | None:
    """The filter that means exactly this peer; None for what a department does itself beside its divisions."""
    if found.by != DIVISIONS:
        return {found.by: key}
    return None if len(asked.mart.dimensions.department_ids((key,))) > 1 else {"department": key}


def _listed(found: Peers, asked: Asked, key: str, **more: Any) -> str:
    chosen = _filter_of(found, asked, key)
    return "" if chosen is None else tiles.cases_link(asked, "ontime_due", **chosen, **more)


def _hover(row: dict[str, Any]) -> str:
    lines = [
        f"<b>{words.plain(row['label'])}</b>",
        f"{words.share(row['value'])} of {words.cases(row['n'])}, {words.share(row['expected'] / row['n'])} expected for its types",
    ]
    trust = {FEW: f"too few: under {LEAST_N} cases", UNSURE: f"unsure: under {UNSURE_N} cases"}.get(row["state"])
    return "<br>".join([*lines, row["tier_said"] if trust is None else trust])


def _sides(judged: pd.DataFrame, tier: str) -> list[str]:
    said = []
    for where, verdicts in (("below", ("far_below", "below")), ("above", ("far_above", "above"))):
        names = judged[judged[tier].isin(list(verdicts))]["label"].tolist()
        if names:
            said.append(f"{where}: {words.joined(names)}")
    return said


def _funnel_words(found: Peers, plural: str) -> str:
    judged = found.judged
    if judged.empty:
        none = "The only one" if len(found.frame) == 1 else f"None of the {len(found.frame)} {plural}"
        return f"{none} has {'fewer than ' if len(found.frame) == 1 else ''}the {LEAST_N} cases that a comparison takes."
    sides, outside = _sides(judged, "tier"), judged["tier"].isin(list(OUTSIDE)).sum()
    if not sides:
        return f"Chance explains all differences among {len(judged)} {plural}; together {words.share(found.common)} on time."
    return words.sentence(
        f"{outside} of {len(judged)} {plural} lie{'s' if outside == 1 else ''} beyond chance around {words.share(found.common)}; {'; '.join(sides)}"
    )


def _ratio_words(found: Peers, plural: str) -> str:
    judged = found.judged
    only_mix = judged[judged["tier"].isin(list(OUTSIDE)) & (judged["adjusted_tier"] == "as_expected")]["label"].tolist()
    sides = _sides(judged, "adjusted_tier")
    none = f"{judged['label'].iloc[0]} does not differ" if len(judged) == 1 else f"none of {len(judged)} {plural} differs"
    their = "its" if len(judged) == 1 else "their"
    said = f"allowing for {their} mix of types, {'; '.join(sides) if sides else f'{none} by more than chance'}"
    if only_mix:
        said += f"; {words.joined(only_mix)} only looked different: {'its' if len(only_mix) == 1 else 'their'} types explain it"
    return words.sentence(said)


def _more(found: Peers, plural: str, asked: Asked) -> str:
    said = ""
    judged = found.judged
    outside = int(judged["tier"].isin(list(OUTSIDE)).sum())
    if outside > MOST_NAMES:
        said += f" Of those outside the {MOST_NAMES} with most cases are named, where there is room."
    if len(judged) >= ENOUGH_PEERS and outside * 2 > len(judged):
        said += (
            f" More than half of the {plural} lie outside: they differ by more than chance all round, so being outside alone says little."
        )
    if found.elsewhere:
        said += f" Left out: {words.cases(found.elsewhere)} that belong to none of the {plural}."
    return said
