"""What programmes call things: their cases, how these end, and what is promised of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from components import words
from components.chart import Drawn
from components.promise_words import time_said
from data_access.city import City
from data_access.mart.dimensions import Member
from data_access.sla import SlaRule
from metrics.only import NO_WORDS
from metrics.outcomes import OPEN
from metrics.select import Asked
from metrics.stages import programme_of, stages_of


@dataclass(frozen=True)
class Kind:
    """The words of one kind of programme."""

    name: str
    opened: str = "Opened"
    """What happens to a case when it comes."""
    answered: str = "taken up"
    """What a case is once it has left the first stage."""
    queue: str = "Queue"
    outcomes: Mapping[str, str] = None  # type: ignore[assignment]
    """Outcome -> what it is called here, where that is another word than everywhere."""

    def outcome(self, word: str) -> str:
        return (self.outcomes or {}).get(word) or word.replace("_", " ").capitalize()


KINDS = {
    "service_request": Kind("Service requests", answered="taken up"),
    "idea": Kind("Ideas", "Submitted", "answered", outcomes={"resolved": "Done", "denied": "Not planned", "duplicate": "Merged", OPEN: "No decision yet"}),
    "application": Kind("Applications", "Received", "past the first check", "Round", {"resolved": "Granted", OPEN: "Under way"}),
    "records_request": Kind("Records requests", "Received", outcomes={"resolved": "Released", "not_found": "No such records", OPEN: "Not answered yet"}),
    "complaint": Kind("Complaints", "Received"),
    "code_case": Kind("Code cases", "Reported", "inspected", outcomes={"not_found": "No violation", OPEN: "Open"}),
}  # fmt: skip
NO_REASON = "No reason given"


def kind_of(programme: Member) -> Kind:
    return KINDS[programme.extra["kind"]]


def own(asked: Asked) -> tuple[str, str]:
    """What one case of the question's programme is called, and several."""
    programme = programme_of(asked)
    return programme.extra["case_word"], programme.extra["cases_word"]


def counted(n: Any, asked: Asked) -> str:
    """ "1 idea", "1,234 ideas"."""
    one, many = own(asked)
    return words.MISSING if words.is_missing(n) else f"{int(n):,} {one if n == 1 else many}"


def a(word: str) -> str:
    """ "An idea", "A request"."""
    return f"{'An' if word[:1].lower() in 'aeio' else 'A'} {word}"


def were(n: Any) -> str:
    return "was" if n == 1 else "were"


def reason(text: str) -> str:
    """A source's reason, and what stands where it gives none."""
    return NO_REASON if text == NO_WORDS else text


def outcome(word: str, asked: Asked) -> str:
    """What an outcome is called: where one stage alone ends cases, that is what a success is."""
    ends = [stage.name for stage in stages_of(asked) if stage.extra["ends"]]
    return ends[0] if word == "resolved" and len(ends) == 1 else kind_of(programme_of(asked)).outcome(word)


def stage_promise(amount: Any, unit: str) -> str:
    """The longest stay a stage promises, in words; empty where it promises none."""
    return "" if words.is_missing(amount) else time_said(SlaRule((), unit, float(amount)))  # type: ignore[arg-type]


def promise(city: City, programme: str) -> str:
    """What the city's file promises of a whole case: one time with its legal basis, or that there are several; empty without any."""
    rules = [rule for rule in city.sla_rules if rule.programme == programme]
    if not rules:
        return ""
    if len(rules) > 1:
        return f"{len(rules)} promises, by type"
    rule = rules[0]
    said = time_said(SlaRule((), rule.unit, rule.amount))
    return f"{said} ({rule.basis})" if rule.basis else said


def in_own_words(title: str, draw: Callable[[Asked, Mapping[str, str]], Drawn]) -> Callable[[Asked, Mapping[str, str]], Drawn]:
    """A chart called `title` that is drawn for all cases, in the words of the question's programme."""

    def drawn(asked: Asked, view: Mapping[str, str]) -> Drawn:
        one, many = own(asked)
        made = draw(asked, view)

        def put(text: str) -> str:
            text = re.sub(r"\bA case\b", a(one), text)
            text = re.sub(r"\bcases\b", many, re.sub(r"\bcase\b", one, text))
            return re.sub(r"\bCases\b", many.capitalize(), text)

        twin = replace(
            made.twin,
            caption=put(made.twin.caption),
            columns=tuple(replace(column, label=put(column.label)) for column in made.twin.columns),
        )
        for axis in ("xaxis", "yaxis"):
            named = (made.figure or {}).get("layout", {}).get(axis, {}).get("title")
            if named and "text" in named:
                named["text"] = put(named["text"])
        return replace(
            made, finding=put(made.finding), note=put(made.note), twin=twin, title=f"{put(title)}, {words.asked_period(asked.question)}",
            leads={put(number): target for number, target in made.leads.items()},
        )  # fmt: skip

    return drawn
