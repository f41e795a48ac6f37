"""What only a person can tell about a source, as few questions as can be, each with a default; and what the answers change."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd
from sqlalchemy.engine import make_url

from data_access import vocabulary
from data_access.mapping.findings import Findings
from data_access.mapping.spec import MappingFile, Words, load_mapping, preset_path
from data_access.mapping.words import apply_words
from data_access.proposing.facts import Facts
from data_access.proposing.fields import chosen
from data_access.proposing.look import Look
from data_access.proposing.words import Word, words_of

USUAL_ZONE = "America/New_York"
MOST_WORDS_ASKED = 5
LEAST_SHARE_ASKED = 0.005
NONE = "none"


@dataclass(frozen=True)
class Question:
    """One question. `check` answers the value as it is kept, or raises `ValueError` with a sentence."""

    key: str
    text: str
    default: str
    choices: tuple[str, ...] = ()
    check: Callable[[str], str] = str


@dataclass
class Plan:
    """Everything that will be written."""

    look: Look
    name: str = ""
    zone: str = USUAL_ZONE
    words: dict[str, list[Word]] = field(default_factory=dict)
    """status, channel, outcome -> the source's words with their meaning."""


Ask = Callable[[Question], str]


def settled(look: Look, ask: Ask) -> Plan:
    """The plan for what was seen, after everything that had to be asked was answered."""
    plan = Plan(look, words=_words(look))
    plan.name = ask(Question("name", "What is the city called?", _name(look), check=_not_empty))
    if look.zone is None:
        known = _zone_of_preset(look)
        plan.zone = known or ask(Question("zone", "In which time zone are its days (IANA name)?", USUAL_ZONE, check=_zone))
    else:
        plan.zone = look.zone
    for question, use in _about_columns(look):
        use(ask(question))
    status = plan.words.get("status", [])
    unknown = [word.value for word in status if word.meaning is None]
    plan.words["status"] = [word if word.meaning else _asked_word(word, look, ask, unknown.index(word.value)) for word in status]
    return plan


def _about_columns(look: Look) -> Iterator[tuple[Question, Callable[[str], None]]]:
    if look.preset is not None or look.proposed.entity != "cases":
        return
    fields = look.proposed.fields
    opened = fields.get("opened_at")
    if opened is None or "by what it holds" in opened.reason:
        times = tuple(name for name, one in look.facts.items() if one.times is not None)
        if times:
            question = Question("opened_at", "In which column is the time a case was opened?", opened.column if opened else times[0], times)
            yield question, lambda column: chosen(look.proposed, "opened_at", column)
    due = fields.get("due_at")
    if due is not None and due.others:
        names = (due.column, *due.others, NONE)
        question = Question(
            "due_at", f"Several columns can be the deadline: {', '.join(names[:-1])}. Which one was promised?", due.column, names
        )
        yield question, lambda column: chosen(look.proposed, "due_at", None if column == NONE else column)
    elif due is None and look.proposed.not_deadlines:
        return
    readings = [one for name in fields if (one := look.facts.get(fields[name].column)) and one.times and one.times.two_readings]
    if readings:
        value = readings[0].samples[0]
        question = Question(
            "dates", f"No date tells days from months: is {value!r} written month first or day first?", "month", ("month", "day")
        )
        yield question, lambda answer: _day_first(look) if answer == "day" else None


def _day_first(look: Look) -> None:
    """Read the dates in which nothing tells, as day first."""
    for name, one in list(look.facts.items()):
        if one.times is not None and one.times.two_readings:
            swapped = tuple(re.sub(r"%m/%d", "%d/%m", form) for form in one.times.formats)
            look.facts[name] = replace(one, times=replace(one.times, formats=swapped))


def _words(look: Look) -> dict[str, list[Word]]:
    """The words of the source; with a preset those that it does not know."""
    made = {}
    known = load_mapping(preset_path(look.preset)) if look.preset else None
    for name in ("status", "channel", "outcome"):
        if known is not None and known.outcome_pattern and name == "outcome":
            continue
        column = _word_column(look, name, known)
        if column is None or column.personal:
            continue
        found = words_of(name, column.top)
        if known is not None:
            found = [word for word in found if not _is_mapped(word, getattr(known, name))]
        made[name] = found
    return made


def _word_column(look: Look, name: str, known: MappingFile | None) -> Facts | None:
    if known is None:
        return look.facts.get(look.proposed.fields[name].column) if name in look.proposed.fields else None
    names = known.aliases(name) if name in known.columns else ()
    return next((look.facts[column] for column in names if column in look.facts), None)


def _is_mapped(word: Word, table: Mapping[str, Words]) -> bool:
    findings = Findings()
    one = pd.Series([word.value], dtype="str")
    apply_words(word.field, one, table, one, findings)
    return findings.frame().empty


def _asked_word(word: Word, look: Look, ask: Ask, position: int) -> Word:
    share = word.count / max(len(look.sample.frame), 1)
    if share < LEAST_SHARE_ASKED or position >= MOST_WORDS_ASKED:
        return word
    question = Question(f"status.{word.value}", f"Status {word.value!r} ({share:.1%} of cases) means?", "unknown", vocabulary.STATUSES)
    answer = ask(question)
    if answer == "unknown":
        return word
    return Word(word.field, word.value, word.count, {"status": answer}, "as answered")


def _name(look: Look) -> str:
    """A name told from where the data is: "boston_311_2011.csv.gz" is of Boston."""
    if look.kind not in ("files", "sql") and look.preset is None:
        # "data.port-alder.gov" may be of anybody.
        return "My City"
    stem = Path(str(make_url(look.address).database or "") if look.kind == "sql" else look.address).name
    stem = look.preset or re.split(r"[._*]", stem)[0]
    word = re.split(r"_|\d|(?<=[a-z])(?=[A-Z])", re.sub(r"\.(csv|gz|parquet|sqlite|db).*$", "", stem))[0]
    known = {"nyc": "New York City", "losangeles": "Los Angeles", "dc": "Washington, DC"}
    return known.get(word.lower()) or (
        word.replace("-", " ").title() if re.fullmatch(r"[A-Za-z-]{3,}", word) and word.lower() not in GENERIC else "My City"
    )


GENERIC = {"crm", "data", "demo", "requests", "cases", "export", "exports", "postgres", "mysql", "tickets", "statroom", "test", "main"}
"""Names of files and databases that say nothing of a city."""


def _zone_of_preset(look: Look) -> str | None:
    return load_mapping(preset_path(look.preset)).time.zone if look.preset else None


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text.strip()).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{text!r} is no time zone; use an IANA name such as 'America/New_York'.") from None


def _not_empty(text: str) -> str:
    if not text.strip():
        raise ValueError("a city has a name.")
    return text.strip()
