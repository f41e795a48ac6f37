"""What residents are told in sentences: how many, how often on time, how quick, and compared with what.

A sentence is one text, so that languages can order it their way; what stands between two pairs of asterisks is set in bold.
"""

from __future__ import annotations

from typing import Any

from dash import html

from components import words
from components.language import _, plural
from metrics.resident import Answers
from metrics.resident_tables import against
from metrics.tenths import FEWER_THAN_ONE, MORE_THAN_NINE, in_tenths

LEAST_FOR_PERCENT = 20
"""Fewer cases than this have no change in percent."""
ALIKE = 0.005
"""A difference of shares that would be told as none."""


def paragraph(*sentences: str) -> html.P:
    """The sentences after one another, `**bold**` parts set so."""
    parts = " ".join(text for text in sentences if text).split("**")
    return html.P([html.Strong(part) if at % 2 else part for at, part in enumerate(parts) if part])


def answer(found: Answers, city: Answers | None = None) -> list[html.P]:
    """The whole answer; with `city`, of a place compared with the whole city."""
    return [paragraph(*part) for part in parts(found, city)]


def parts(found: Answers, city: Answers | None = None) -> list[list[str]]:
    """The sentences of `answer`, by paragraph."""
    on_time = [on_time_said(found), on_time_before(found), *([] if city is None else [on_time_against(found, city)])]
    quick = [quick_said(found), *([] if city is None else [quick_against(found, city)])]
    return [part for part in ([reported(found), reported_before(found)], on_time, quick, [open_now(found)]) if any(part)]


def reported(found: Answers) -> str:
    if found.opened is None:
        return _("How many cases were reported is not published.")
    if not found.opened:
        return _("**No** case was reported.")
    return plural("**{count}** case was reported.", "**{count}** cases were reported.", found.opened, count=words.count(found.opened))


def reported_before(found: Answers) -> str:
    if found.opened is None or found.opened_before is None or found.opened_before < LEAST_FOR_PERCENT:
        return ""
    change = found.opened / found.opened_before - 1
    if not change:
        return _("That is as many as in the same months a year earlier.")
    if change > 0:
        return _("That is {percent} more than in the same months a year earlier.", percent=words.percent_of(change))
    return _("That is {percent} fewer than in the same months a year earlier.", percent=words.percent_of(-change))


def on_time_said(found: Answers) -> str:
    """How often the deadline was kept, in tenths and exactly."""
    if found.due is None or found.met is None:
        return _("How many cases were closed on time is not published.")
    if not found.due:
        return _("No case with a deadline fell due.")
    share = found.met / found.due
    said = {"percent": words.share(share), "due": words.count(found.due)}
    if share in (0, 1):
        return (
            _("**All** {due} cases that were due were closed on time.", **said)
            if share
            else _("**None** of the {due} cases that were due were closed on time.", **said)
        )
    told = in_tenths(share)
    if told == MORE_THAN_NINE:
        return _("**More than 9 of 10** cases that were due were closed on time ({percent} of {due}).", **said)
    if told == FEWER_THAN_ONE:
        return _("**Fewer than 1 of 10** cases that were due were closed on time ({percent} of {due}).", **said)
    return _("**{tenths} of 10** cases that were due were closed on time ({percent} of {due}).", tenths=round(10 * told), **said)


def on_time_before(found: Answers) -> str:
    if not found.due or found.met is None or found.share_before is None:
        return ""
    gap = found.met / found.due - found.share_before
    if abs(gap) < ALIKE:
        return _("That is as often as in the same months a year earlier.")
    if gap > 0:
        return _("That is {points} better than in the same months a year earlier.", points=words.points(gap))
    return _("That is {points} worse than in the same months a year earlier.", points=words.points(gap))


def on_time_against(found: Answers, city: Answers) -> str:
    """A place beside the whole city; what chance alone may explain is no difference."""
    if not found.due or found.met is None or not city.due or city.met is None:
        return ""
    percent = words.share(city.met / city.due)
    found_to_be = against(found.met, found.due, city.met / city.due)
    if found_to_be == "above":
        return _("In the whole city it was {percent}: here deadlines are kept more often.", percent=percent)
    if found_to_be == "below":
        return _("In the whole city it was {percent}: here deadlines are kept less often.", percent=percent)
    return _("In the whole city it was {percent}, which is no clear difference.", percent=percent)


def quick_said(found: Answers) -> str:
    if not found.old_enough or found.within_week is None:
        return ""
    share = found.within_week / found.old_enough
    if share in (0, 1):
        return (
            _("**All** cases were closed within a week of the report.")
            if share
            else _("**No** case was closed within a week of the report.")
        )
    told = in_tenths(share)
    if told == MORE_THAN_NINE:
        return _("**More than 9 of 10** cases were closed within a week of the report.")
    if told == FEWER_THAN_ONE:
        return _("**Fewer than 1 of 10** cases were closed within a week of the report.")
    return _("**{tenths} of 10** cases were closed within a week of the report.", tenths=round(10 * told))


def quick_against(found: Answers, city: Answers) -> str:
    if not found.old_enough or found.within_week is None or not city.old_enough or city.within_week is None:
        return ""
    percent, here = words.share(city.within_week / city.old_enough), words.share(found.within_week / found.old_enough)
    return _("Here it was {here}, in the whole city {percent}.", here=here, percent=percent)


def open_now(found: Answers) -> str:
    if found.open is None:
        return _("How many cases are open now is not published.")
    if not found.open:
        return _("**No** case is open now.")
    count = words.count(found.open)
    if found.overdue is None:
        return plural("**{count}** case is open now.", "**{count}** cases are open now.", found.open, count=count)
    if not found.overdue:
        return plural(
            "**{count}** case is open now, and not past its deadline.",
            "**{count}** cases are open now, none of them past its deadline.",
            found.open, count=count,
        )  # fmt: skip
    return plural(
        "**{count}** cases are open now, {late} of them past its deadline.",
        "**{count}** cases are open now, {late} of them past their deadline.",
        found.overdue, count=count, late=words.count(found.overdue),
    )  # fmt: skip


def closed_within(share: float, day: int) -> str:
    """ "8 of 10 are closed within 7 days", of a share in tenths."""
    days = plural("{count} day", "{count} days", day, count=day)
    if share == 1:
        return _("**All** are closed within {days}.", days=days)
    if share == 0:
        return _("**None** is closed within {days}.", days=days)
    told = in_tenths(share)
    if told == MORE_THAN_NINE:
        return _("**More than 9 of 10** are closed within {days}.", days=days)
    if told == FEWER_THAN_ONE:
        return _("**Fewer than 1 of 10** are closed within {days}.", days=days)
    return _("**{tenths} of 10** are closed within {days}.", tenths=round(10 * told), days=days)


def of_ten(share: float) -> str:
    """ "8 of 10", of a share in tenths, for a label."""
    if share in (0, 1):
        return _("all of them") if share else _("none of them")
    told = in_tenths(share)
    if told == MORE_THAN_NINE:
        return _("more than 9 of 10")
    if told == FEWER_THAN_ONE:
        return _("fewer than 1 of 10")
    return _("{tenths} of 10", tenths=round(10 * told))


def plain(text: str) -> str:
    """A sentence without the marks of what is bold."""
    return text.replace("**", "")


def children(*sentences: str) -> Any:
    """The parts of `paragraph`, for another element."""
    return paragraph(*sentences).children


def reported_short(opened: object) -> str:
    """How many were reported, for a row of a list."""
    if words.is_missing(opened):
        return _("How many were reported is not published.")
    return plural("{count} was reported.", "{count} were reported.", float(str(opened)), count=words.count(opened))


def percent(share: float) -> str:
    return words.share(share)
