"""Departments in order: by raw shares, and why that order misleads; against their own past, and who has really become better."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from components import on_time, theme, tiles, words
from components.chart import Drawn
from components.figures.ranked import bars
from components.on_time import CHANGE_WORDS, REASON_WORDS, TIER_WORDS
from components.table import Column, Twin
from metrics.leaderboard import board
from metrics.naive import Doubts, by_raw_share, doubts
from metrics.own_past import improved, own_past
from metrics.ranking import LEAST_N
from metrics.select import Asked
from metrics.xmr import BASELINE_POINTS

ORDINALS = {1: "st", 2: "nd", 3: "rd"}


def draw_naive(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """All departments by their raw share, highest first, with the fair rank beside, and what is wrong with that order."""
    ranked = by_raw_share(board(asked, on_time.city_target()))
    keys = ranked["key"]
    rows = ranked.assign(
        raw_said=[str(int(rank)) for rank in ranked["naive_rank"]],
        fair_said=[words.MISSING if words.is_missing(rank) else str(int(rank)) for rank in ranked["rank"]],
        tier_said=[TIER_WORDS[tier] if tier in TIER_WORDS else REASON_WORDS[reason] for tier, reason in zip(ranked["tier"], ranked["reason"], strict=True)],
        page=[on_time.department_page(asked, key) for key in keys], due=[tiles.cases_link(asked, "ontime_due", department=key) for key in keys],
        href=[on_time.late_link(asked, n, met, department=key) for key, n, met in zip(keys, ranked["n"], ranked["numerator"], strict=True)],
    )  # fmt: skip
    twin = Twin(rows, (
        Column("label", "Department", href="page"), Column("raw_said", "Rank by raw share", "number"), Column("value", "Raw share", "share", href="href"),
        Column("n", "Fell due", "cases", href="due"), Column("target", "Own target", "share"), Column("fair_said", "Fair rank", "number"), Column("tier_said", "Tier"),
    ), f"Departments by raw share on time, {words.asked_period(asked.question)}", ranked)  # fmt: skip
    if ranked.empty:
        return Drawn("No case with a deadline fell due in this period, so there is no order.", None, twin)
    shown = rows.assign(
        label=[f"{raw}. {label}" for raw, label in zip(rows["raw_said"], rows["label"], strict=True)],
        text=[f"{words.share(v)}; {'no fair rank' if fair == words.MISSING else f'fair: {fair}'}" for v, fair in zip(rows["value"], rows["fair_said"], strict=True)],
    )  # fmt: skip
    figure = bars(shown, "share", colours=theme.QUIET, text="text", target="target" if rows["target"].notna().any() else None)
    note = "Sorted by percentage alone: no allowance for what each one promised, how many cases it had, or chance. The fair rank stands in the bar."
    return Drawn(_why_not(doubts(ranked)), figure, twin, note)


def _why_not(found: Doubts) -> str:
    if found.ranked < 2:
        return "Only one department: there is no order."
    said = []
    if found.low_but_kept:
        said.append(f"{found.low_but_kept[0]} is {_ordinal(found.low_but_kept[1])} by raw share but meets its own target")
    if found.high_but_missed:
        said.append(f"{found.high_but_missed[0]} is {_ordinal(found.high_but_missed[1])} but clearly below its own target")
    if found.few:
        said.append(
            f"{found.few} of {words.plural(found.ranked, 'rank')} {'rests' if found.few == 1 else 'rest'} on fewer than {LEAST_N} cases"
        )
    if found.alike:
        first, last = found.alike
        said.append(f"ranks {first} {'and' if last == first + 1 else 'to'} {last} cannot be told apart: chance alone explains their order")
    if not said:
        return "Here the raw order misleads little: every difference is larger than chance, and it agrees with the targets."
    return words.sentence("; ".join(said))


def _ordinal(n: int) -> str:
    return f"{n}{'th' if n % 100 in (11, 12, 13) else ORDINALS.get(n % 10, 'th')}"


def draw_past(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Each department against the usual range of its own 12 weeks before the period; who has really become better."""
    changes = own_past(asked).sort_values("label", ignore_index=True)
    records = changes.to_dict("records")

    def listed(of: str) -> list[str]:
        spans = [{"from": row[f"{of}_from"].isoformat(), "to": row[f"{of}_to"].isoformat()} for row in records]
        return [tiles.cases_link(asked, "ontime_due", department=row["key"], **span) for row, span in zip(records, spans, strict=True)]

    rows = changes.assign(
        page=[on_time.department_page(asked, key) for key in changes["key"]], said=[CHANGE_WORDS[verdict] for verdict in changes["verdict"]],
        since=[row["now_from"] if row["verdict"] in ("better", "worse") else None for row in records], past_all=listed("past"), now_all=listed("now"),
        **{name: changes[name].where(changes[f"{name}_n"] >= LEAST_N) for name in ("past", "now")},
    )  # fmt: skip
    twin = Twin(rows, (
        Column("label", "Department", href="page"), Column("said", "Change"), Column("since", "Since the week of", "day"), Column("past", "On time before", "share"),
        Column("past_n", "Fell due before", "cases", href="past_all"), Column("now", "On time since", "share"), Column("now_n", "Fell due since", "cases", href="now_all"),
    ), "Share on time against each department's own past", changes)  # fmt: skip
    note = (
        f"Before: the {BASELINE_POINTS} weeks before the period, which give each one's usual range (XmR chart). Better, worse: weeks of the period break a rule "
        "of that range, and all cases since then differ the same way by more than chance. Without a signal, since: the whole weeks of the period. "
        f"Fewer than {LEAST_N} cases before or since are not judged."
    )
    return Drawn(_improved_words(changes), None, twin, note)


def _improved_words(changes: pd.DataFrame) -> str:
    told = changes[changes["verdict"] != "too_few"]
    if told.empty:
        return f"It cannot be said whether a department improved: that takes six weeks with cases before the period, one within, and {LEAST_N} cases in each."
    better, worse = improved(changes), changes[changes["verdict"] == "worse"]["label"].tolist()
    said = "no department improved by more than noise"
    if len(better):
        first = better.iloc[0]
        said = f"most improved: {first['label']}, from {words.share(first['past'])} to {words.share(first['now'])} since the week of {words.day(first['now_from'])}"
        said += f"; improved too: {words.joined(better['label'].tolist()[1:])}" if len(better) > 1 else ""
    return words.sentence(said + (f"; worse than it was: {words.joined(worse)}" if worse else ""))
