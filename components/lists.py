"""Lists of cases in words: what a list holds, when, and how many; and in which order it is read best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import quote, urlencode

from components import filters, words
from metrics.ageing import Ages, ages_of, band_names
from metrics.clock import BINS, Late, late_of
from metrics.definitions import LISTS
from metrics.kinds import Metric, Unit
from metrics.question import to_query
from metrics.select import Asked

Which = Literal["all", "true", "false"]
CLOSINGS = ("reopen_rate", "reported_again", "closed_without_work", "deadline_bunching")
"""Shares of closings."""
HITS: dict[str, bool | None] = {"all": None, "true": True, "false": False}
"""Value of the page option `hits`, as the API writes it -> which rows of a share."""
AGES = {"all": "Any age", **{band: words.age_band(band) for band in band_names()}}
LATE = {"all": "Any time", **{name: words.lateness(*days) for name, days in BINS.items()}}

OF_A_STAY = "Of a stay, opened is when the case came to the stage, closed when it left it, and due what the stage promises."
STAYS = "yes"
"""Value of the page option `stays` that lists stays in stages."""
AGED = {
    "as_of": ", {age} old", "spell_opened_at": ", {age} old when opened again", "closed_at": ", {age} old when closed", "grown": ", to {age}",
}  # fmt: skip
"""What a list says of the age its cases had, by when they had it (`Metric.aged_at`)."""
ORDERS = {
    "opened_at": ("opened_at", True),
    "spell_opened_at": ("opened_at", True),
    "closed_at": ("closed_at", True),
    "due_at": ("due_at", False),
}
"""Date a metric counts by -> the order in which its cases are read best, and whether that is downwards."""
STOCK_ORDERS = {"overdue_now": ("days_overdue", True), "days_overdue": ("days_overdue", True), "due_next_7_days": ("due_at", False)}


@dataclass(frozen=True)
class Listing:
    """One list: which rows, and in which order."""

    of: str
    which: Which = "all"
    sort: str = "opened_at"
    descending: bool = True
    search: str = ""
    age: str = "all"
    late: str = "all"
    stays: bool = False
    """Stays in stages are listed instead of cases."""

    @property
    def metric(self) -> Metric:
        return LISTS[self.of]

    @property
    def defined(self) -> str:
        """The metric whose definition says what is listed."""
        return self.metric.explains or self.of

    @property
    def hits(self) -> bool | None:
        return HITS[self.which]

    @property
    def ages(self) -> Ages | None:
        return None if self.age == "all" else ages_of(self.age)

    @property
    def days_late(self) -> Late | None:
        return None if self.late == "all" else late_of(self.late)

    def chosen(self) -> dict[str, Any]:
        """As `metrics.cases` takes it, without an order."""
        return {"hits": self.hits, "search": self.search, "ages": self.ages, "late": self.days_late}


def asked_about(listing: Listing, asked: Asked) -> Asked:
    """The question that a list is the answer of: about stays where it lists those."""
    return asked.about(asked.question.about(visits=True)) if listing.stays else asked


def listing_of(of: str, which: str = "all", *, search: str = "", age: str = "all", late: str = "all", stays: bool = False) -> Listing:
    """The list behind a metric, in the order it is read best."""
    metric = LISTS[of]
    sort, descending = STOCK_ORDERS.get(of) or ORDERS.get(metric.date_field, ("opened_at", False))
    # Only a share can be met or missed, only open cases and their moves have an age, and only closings are so far from their deadline.
    kept: Which = which if metric.hits is not None else "all"  # type: ignore[assignment]
    return Listing(
        of, kept, sort, descending, search, age if metric.aged_at else "all", late if metric.date_field == "closed_at" else "all", stays
    )


def said(listing: Listing, total: int, asked: Asked) -> str:
    """ "1,234 cases that fell due from 16 to 22 Nov 2026 and were not closed on time: Inspections."."""
    counted = f"{words.count(total)} {_unit(listing, total)}" if total else f"No {_unit(listing, 1)}"
    found = f", with the id {listing.search}" if listing.search else ""
    return f"{counted} {_what(listing, total, asked)}{found}."


def named(listing: Listing, asked: Asked) -> str:
    """ "Cases that fell due from 16 to 22 Nov 2026 and were not closed on time: Inspections"."""
    return f"{_unit(listing, 2).capitalize()} {_what(listing, 2, asked)}"


def unit_of(listing: Listing) -> Unit:
    """What is listed: cases, or closings, of which a case may have several."""
    return "closures" if listing.metric.unit == "closures" or listing.of in CLOSINGS else "cases"


def _unit(listing: Listing, n: int) -> str:
    return ("stay in a stage" if n == 1 else "stays in stages") if listing.stays else words.unit_word(n, unit_of(listing))


def _what(listing: Listing, n: int, asked: Asked) -> str:
    question = asked.question
    phrase = listing.metric.listed[tuple(HITS).index(listing.which)]
    when, now = words.during(question.start, question.end), f"on {words.instant(question.as_of, asked.calendar)}"
    if n == 1 or not n:
        phrase = phrase.replace(" were ", " was ").replace(" are ", " is ")
    age = "" if listing.age == "all" else AGED[listing.metric.aged_at].format(age=words.age_band(listing.age).lower())
    if listing.late != "all":
        age += f", {words.lateness(*BINS[listing.late]).lower()}"
    about = ", ".join(part for part in (filters.said(asked), _classes(asked)) if part)
    return f"{phrase.format(when=when, now=now)}{age}{': ' + about if about else ''}"


def _classes(asked: Asked) -> str:
    """Which classes are listed, where it is not the service cases alone."""
    classes = asked.question.case_class
    if classes == ("service",):
        return ""
    return words.joined([filters.CLASS_LABELS[name].lower() for name in classes]) if classes else "all classes"


def address(listing: Listing, asked: Asked, **instead: Any) -> str:
    """The page that lists exactly these cases; `instead` changes filters or, as None, takes them away."""
    own = {
        "of": listing.of,
        "hits": listing.which,
        "age": listing.age,
        "late": listing.late,
        "search": listing.search,
        "stays": STAYS if listing.stays else "",
    }
    kept = {name: value for name, value in own.items() if value not in ("", "all")}
    return filters.link("/cases", asked, **{**kept, **instead})


def file_address(listing: Listing, asked: Asked, form: str) -> str:
    """The whole list as a file, in the order of the page."""
    query = {
        **to_query(asked.question, asked.mart), "as_of": asked.question.as_of.isoformat() + "Z", "of": listing.of, "hits": "" if listing.which == "all" else listing.which,
        "search": listing.search, "age": "" if listing.age == "all" else listing.age, "late": "" if listing.late == "all" else listing.late, "sort": listing.sort,
        "order": "desc" if listing.descending else "asc", "stays": "true" if listing.stays else "",
    }  # fmt: skip
    return f"/api/v1/cases.{form}?{urlencode({name: value for name, value in query.items() if value})}"


def case_address(programme: str, source_id: str) -> str:
    """The page of one case. Ids may hold any sign."""
    return f"/cases/{quote(programme, safe='')}/{quote(source_id, safe='')}"
