"""What is told of a programme in totals, as sentences: how many came in, how often in time, how long it took and how it stands."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pandas as pd
from dash import html

from components import gate, promise_words, words
from components.language import _
from components.resident_words import paragraph
from data_access.due import programme_promise
from metrics.programme_totals import Totals
from metrics.tenths import FEWER_THAN_ONE, MORE_THAN_NINE, in_tenths

LEAST_FOR_PERCENT = 20
"""Fewer cases than this have no change in percent."""


def period_said(period: str) -> str:
    """2025, or the third quarter of 2025."""
    return period if len(period) == len("2025") else _("Quarter {n} of {year}", n=period[-1], year=period[:4])


def of(found: Totals) -> list[Any]:
    """The whole answer."""
    cases = gate.desk().called(str(found.programme.extra["cases_word"]))
    parts = [[opened(found, cases), closed(found)], [promised(found), in_time(found)], [quick(found)], [left(found), extended(found)]]
    lead = _("In {period}", period=period_said(found.period)) if len(found.period) == len("2025") else period_said(found.period)
    return [html.H2(lead), *[paragraph(*part) for part in parts if any(part)]]


def nothing() -> list[Any]:
    return [html.P(_("Nothing has been released yet."))]


def opened(found: Totals, cases: str) -> str:
    n = found.n("opened")
    if n is None:
        return _("Too few {cases} came in to publish how many.", cases=cases)
    return _("**{n}** {cases} came in.", n=words.count(n), cases=cases) if n else _("No {cases} came in.", cases=cases)


def closed(found: Totals) -> str:
    n = found.n("closed")
    if n is None:
        return _("How many were closed is not published.")
    return _("**{n}** were closed.", n=words.count(n)) if n else _("None was closed.")


def promised(found: Totals) -> str:
    """What the city promised on the last day of the period."""
    end = pd.Timestamp(found.rows["ends_on"].iloc[0]).date() - timedelta(days=1)
    rule = programme_promise(gate.desk().city, found.programme.slug, end)
    if rule is None:
        return _("No time is promised for the whole way.")
    time = promise_words.time_said(rule)
    if rule.basis:
        return _("Promised: **{time}** ({law}).", time=time, law=gate.desk().called(rule.basis))
    return _("Promised: **{time}**.", time=time)


def in_time(found: Totals) -> str:
    due, share = found.n("due"), found.share_kept
    if due == 0:
        return ""
    if due is None:
        return _("How many were due is not published.")
    if share is None:
        return _("{due} were due; how many in time is not published, because one of the numbers is too small.", due=words.count(due))
    said = {"percent": words.share(share), "due": words.count(due)}
    if share in (0, 1):
        return (
            _("**All** of the {due} that were due were closed in time.", **said)
            if share
            else _("**None** of the {due} that were due was closed in time.", **said)
        )
    told = in_tenths(share)
    if told == MORE_THAN_NINE:
        return _("**More than 9 of 10** that were due were closed in time ({percent} of {due}).", **said)
    if told == FEWER_THAN_ONE:
        return _("**Fewer than 1 of 10** that were due were closed in time ({percent} of {due}).", **said)
    return _("**{tenths} of 10** that were due were closed in time ({percent} of {due}).", tenths=round(10 * told), **said)


def quick(found: Totals) -> str:
    half, nine = found.days("median"), found.days("p90")
    if half is None:
        return _("How long it took is not told: too few came in, or fewer than half of them were closed when this was counted.")
    if nine is None:
        return _("Half were closed within **{days} days**; of the slowest tenth it is not known yet.", days=words.count(half))
    return _("Half were closed within **{days} days**, 9 of 10 within **{more} days**.", days=words.count(half), more=words.count(nine))


def left(found: Totals) -> str:
    n = found.n("open")
    if n is None or "open" not in set(found.rows["measure"]):
        return ""
    overdue = found.n("open", "state", "overdue")
    said = _("**{n}** were open at the end.", n=words.count(n))
    late = _("Of these **{n}** were late.", n=words.count(overdue)) if overdue else ""
    return f"{said} {late}".strip()


def extended(found: Totals) -> str:
    n = found.n("closed", "state", "extended")
    return _("**{n}** of those closed had been given more time.", n=words.count(n)) if n else ""


def change_said(years: pd.DataFrame) -> str:
    """The last year beside the one before."""
    shown = years.dropna(subset=["opened"])
    if shown.empty:
        return _("No whole year has been released yet.") if years.empty else _("Too few came in to publish how many.")
    last = shown.iloc[-1]
    said = {"year": last["period"], "n": words.count(last["opened"])}
    before = years[years["period"] == str(int(last["period"]) - 1)]["opened"]
    if before.empty or pd.isna(before.iloc[0]) or before.iloc[0] < LEAST_FOR_PERCENT:
        return _("{n} came in in {year}.", **said)
    change = last["opened"] / before.iloc[0] - 1
    if not change:
        return _("{n} came in in {year}, as many as the year before.", **said)
    if change > 0:
        return _("{n} came in in {year}, {percent} more than the year before.", percent=words.percent_of(change), **said)
    return _("{n} came in in {year}, {percent} fewer than the year before.", percent=words.percent_of(-change), **said)
