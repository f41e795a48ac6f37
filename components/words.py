"""All human formatting: numbers, shares, days, dates, changes. Nothing else turns a value into text for a person."""

from __future__ import annotations

import html
import textwrap
from datetime import date, datetime, timedelta
from math import floor
from typing import Any

import pandas as pd

from components.language import _, spoken
from components.language import plural as counted
from components.unit_words import AXIS_TITLES as AXIS_TITLES  # read as words.AXIS_TITLES and words.GRAIN_WORDS
from components.unit_words import COUNTED, UNIT_WORDS, VALUES
from components.unit_words import GRAIN_WORDS as GRAIN_WORDS
from metrics.compare import Change
from metrics.kinds import Metric, Unit
from metrics.periods import Calendar, Grain, quarter_name
from metrics.question import Question

MISSING = "–"
"""A value that cannot be given. Never 0, never 100 %."""
LABEL_LETTERS = 22
"""Of a line of a label beside a bar."""


def is_missing(value: Any) -> bool:
    """Whether there is no value to show."""
    return value is None or value is pd.NA or value is pd.NaT or value != value


def count(value: Any) -> str:
    """12345 -> "12,345"."""
    return MISSING if is_missing(value) else spoken().number(f"{round(float(value)):,}")


def decimal(value: Any, places: int = 1) -> str:
    """4.249 -> "4.2"."""
    return MISSING if is_missing(value) else spoken().number(f"{float(value):,.{places}f}")


def share(value: Any) -> str:
    """0.7934 -> "79.3 %"."""
    return MISSING if is_missing(value) else f"{spoken().number(f'{100 * float(value):.1f}')} %"


def percent_axis(value: float) -> str:
    """A share on an axis: 0.8 -> "80 %"."""
    return f"{100 * value:.0f} %"


def month_name(of: date) -> str:
    """ "Nov"."""
    return spoken().months[of.month - 1]


def points(value: Any) -> str:
    """A difference of shares: 0.031 -> "3.1 points"."""
    return MISSING if is_missing(value) else _("{n} points", n=decimal(abs(100 * float(value))))


def amount(value: Any, unit: Unit) -> str:
    """A value as it stands in a table or on a tile, without its unit word (shares keep their sign)."""
    if unit == "share":
        return share(value)
    if unit in ("cases", "closures", "reports"):
        return count(value)
    # Of a rate below one, a single decimal would leave next to nothing.
    is_small = unit == "per_1000" and not is_missing(value) and abs(value) < 1
    return decimal(value, 2 if is_small or unit in ("ratio", "per_case", "of_expected") else 1)


def value(of: Any, unit: Unit) -> str:
    """A value with its unit: "1 case", "12,345 cases", "79.3 %", "4.2 days"."""
    if is_missing(of) or unit == "share":
        return amount(of, unit)
    said = amount(of, unit)
    return counted(*VALUES[unit], 1 if said in ("1", "1.0") else 2, amount=said)


def unit_word(of: Any, unit: Unit) -> str:
    """The word of a unit for that many."""
    word = UNIT_WORDS[unit]
    return word[:-1] if word.endswith("s") and unit in COUNTED and amount(of, unit) in ("1", "1.0") else word


def cases(n: Any) -> str:
    """1 -> "1 case", 12345 -> "12,345 cases"."""
    return value(n, "cases")


def plural(n: int, one: str, many: str | None = None) -> str:
    """ "1 department", "3 departments"."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def day(of: date, *, year: bool = True) -> str:
    """ "16 Nov 2026"."""
    month = spoken().months[of.month - 1]
    return _("{day} {month} {year}", day=of.day, month=month, year=of.year) if year else _("{day} {month}", day=of.day, month=month)


def weekday(of: date) -> str:
    """ "Mon 16 Nov 2026"."""
    return f"{spoken().weekdays[of.weekday()]} {day(of)}"


def days_between(start: date, end: date) -> str:
    """The days of `[start, end)`: "16 to 22 Nov 2026"."""
    last = end - timedelta(days=1)
    if last <= start:
        return day(start)
    if (start.year, start.month) == (last.year, last.month):
        return _("{first} to {last}", first=start.day, last=day(last))
    return _("{first} to {last}", first=day(start, year=start.year != last.year), last=day(last))


def quarters(calendar: Calendar, as_of: datetime, n: int = 12) -> list[dict[str, str]]:
    """The last `n` complete quarters as options, the latest first."""
    made, end = [], calendar.last_complete(as_of, "quarter")[1]
    for at in range(n):
        start = calendar.start_of(end - timedelta(days=1), "quarter")
        said = days_between(start, end)
        made.append(
            {"value": quarter_name(start, end) or "", "label": said}
            if at
            else {"value": "latest", "label": _("Latest: {period}", period=said)}
        )
        end = start
    return made


def during(start: date, end: date) -> str:
    """When something happened: "from 16 to 22 Nov 2026", "on 16 Nov 2026"."""
    return f"{'from' if (end - start).days > 1 else 'on'} {days_between(start, end)}"


def age_band(band: str) -> str:
    """The ages of a band ("7-14", "365+"; days, lower bound included) in words."""
    low, _sign, high = band.partition("-")
    if not high:
        return f"{low.removesuffix('+')} days and more"
    return f"Under {high} days" if low == "0" else f"{low} to under {high} days"


def lateness(low: int | None, high: int | None) -> str:
    """Days from a deadline, above `low` up to and including `high`, in words: "1 to 2 days after the deadline"."""
    if low is None or high is None:
        edge = high if low is None else low
        return f"More than {plural(abs(edge or 0), 'day')} {'before' if low is None else 'after'} the deadline"
    near, far = sorted((abs(low), abs(high)))
    return f"{'Under ' + plural(far, 'day') if near == 0 else f'{near} to {far} days'} {'before' if low < 0 else 'after'} the deadline"


def instant(of: datetime, calendar: Calendar) -> str:
    """An instant (naive UTC) on the city's clock: "Mon 16 Nov 2026, 14:05"."""
    local = calendar.local(of)
    return f"{weekday(local.date())}, {local:%H:%M}"


def moment(of: Any, calendar: Calendar) -> str:
    """An instant of a list, or a missing one: "16 Nov 2026, 14:05"."""
    if is_missing(of):
        return MISSING
    if isinstance(of, date) and not isinstance(of, datetime):
        return day(of)
    local = calendar.local(pd.Timestamp(of).to_pydatetime())
    return f"{day(local.date())}, {local:%H:%M}"


def period(start: Any, grain: Grain, calendar: Calendar) -> str:
    """The name of one period: "16 Nov 2026" (a week by its first day), "Nov 2026", "Q4 2026", "FY 2027"."""
    first = pd.Timestamp(start).date()
    if grain == "month":
        return _("{month} {year}", month=spoken().months[first.month - 1], year=first.year)
    if grain == "quarter":
        return _("Q{quarter} {year}", quarter=(first.month + 2) // 3, year=first.year)
    if grain == "fiscal_year":
        # A fiscal year is named after the year it ends in.
        return _("FY {year}", year=first.year + (calendar.fiscal_year_start > 1))
    return day(first)


def asked_period(question: Question) -> str:
    """The period of a question, in words."""
    return days_between(question.start, question.end)


def changed(change: Change, unit: Unit, against: str) -> str:
    """ "up 120 (3.4 %) on last week, worse"; says when there is nothing to compare."""
    if change.difference is None:
        return f"nothing to compare {against}"
    if amount(abs(change.difference), unit) == amount(0, unit):
        return f"same as {against}"
    way = "up" if change.difference > 0 else "down"
    by = points(change.difference) if unit == "share" else amount(abs(change.difference), unit)
    part = "" if change.share is None or unit == "share" else f" ({percent_of(abs(change.share))})"
    verdict = f", {change.verdict}" if change.verdict in ("better", "worse") else ""
    return f"{way} {by}{part} on {against}{verdict}"


def of_ten(part: float) -> str:
    """A share of at least ten cases in words that never round to all or none: "8 of 10", "more than 9 of 10", "all"."""
    if part in (0, 1):
        return _("all") if part else _("none of the")
    whole = floor(part * 10 + 0.5)
    return _("more than 9 of 10") if whole == 10 else _("fewer than 1 of 10") if whole == 0 else _("{n} of 10", n=whole)


def most_and_least(shares: list[tuple[str, float]]) -> str:
    """Who was on time most and least often, of `shares` in that order; with one there is nobody to compare."""
    (best, most), (worst, least) = shares[0], shares[-1]
    if len(shares) == 1:
        return _("{name}: {of_ten} cases that were due were closed on time ({share}).", name=best, of_ten=of_ten(most), share=share(most))
    if most == least:
        return _("All {n} were on time equally often ({share}).", n=len(shares), share=share(most))
    return _(
        "{best} was on time most often ({most}), {worst} least ({least}).", best=best, most=share(most), worst=worst, least=share(least)
    )


def percent_of(part: float) -> str:
    """A relative size: 0.17 -> "17 %", 0.003 -> "under 1 %"."""
    return f"{100 * part:.0f} %" if part >= 0.005 else _("under 1 %")


def arrow(change: Change) -> str:
    """▲, ▼ or ■, beside words, never instead of them."""
    if not change.difference:
        return "■"
    return "▲" if change.difference > 0 else "▼"


def joined(names: list[str], most: int = 3) -> str:
    """ "Parks, Water and 2 more"."""
    if len(names) <= 1:
        return "".join(names)
    if len(names) <= most:
        return _("{names} and {last}", names=", ".join(names[:-1]), last=names[-1])
    return _("{names} and {n} more", names=", ".join(names[:most]), n=len(names) - most)


def age(hours: float) -> str:
    """How old something is: "40 minutes", "7 hours", "3 days"."""
    if hours < 1:
        return counted("{n} minute", "{n} minutes", max(round(hours * 60), 1))
    if hours < 48:
        return counted("{n} hour", "{n} hours", round(hours))
    return counted("{n} day", "{n} days", round(hours / 24))


def length(days: float) -> str:
    """How long something took: "40 minutes", "7 hours", "12.3 days"."""
    return value(days, "days") if days >= 2 else age(24 * days)


def file_size(size: int) -> str:
    """Bytes as people say them: "640 bytes", "12 kB", "1.4 MB"."""
    if size < 1_000:
        return plural(size, "byte")
    return f"{size / 1_000:.0f} kB" if size < 999_500 else f"{size / 1_000_000:.1f} MB"


def sentence(text: str) -> str:
    """`text` with a capital first letter and a full stop."""
    text = text.strip()
    return text if not text else text[0].upper() + text[1:] + ("" if text.endswith((".", "!", "?")) else ".")


def label(metric: Metric) -> str:
    """A metric's label within a sentence: "on time", "open cases"."""
    said = _(metric.label)
    return said[0].lower() + said[1:]


def wrapped(text: Any, width: int = LABEL_LETTERS) -> str:
    """A label for a figure, in lines of about `width` letters, safe as `plain` is."""
    return "<br>".join(plain(line) for line in textwrap.wrap(str(text), width)) or plain(text)


def plain(text: Any) -> str:
    """Text handed to a figure: plotly would turn `<a href>` in a label into a live link."""
    return html.escape(str(text), quote=False)
