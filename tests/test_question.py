"""The gate: whatever a browser sends becomes a question that can be answered, or is refused in a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from access import PUBLIC_VIEWER, Viewer
from data_access import vocabulary
from data_access.mart.reading import open_mart
from metrics.measure import ask, measure
from metrics.periods import GRAINS
from metrics.question import BadQuestion, Question, default_question, parse_question, require_dimension, require_metric, to_query
from tests.support import worlds
from tests.support.marts import MAYOR, calendar_of, make_mart, settings_in

NEW_YORK = "America/New_York"
HEAD = Viewer("h", "Head of parks", "department", ("parks",))
MANY = settings(max_examples=200, deadline=None, derandomize=True)
AS_OF = worlds.AS_OF
"""20 April 2026, 12:34:56 in New York."""


class Gate:
    """One mart, its calendar and its gate."""

    def __init__(self, folder: Path) -> None:
        city = worlds.city(folder, NEW_YORK)
        self.calendar = calendar_of(city)
        self.mart = worlds.mart_of(folder, worlds.world(1, "w0", NEW_YORK), city)

    def __repr__(self) -> str:
        return "<the gate>"

    def parse(self, query: Any, viewer: Viewer = MAYOR) -> Question:
        return parse_question(query, viewer, self.mart, self.calendar)

    def answer(self, query: Any) -> Question | str:
        """The question, or the sentence that refuses it; any other error fails the test."""
        try:
            return self.parse(query)
        except BadQuestion as refused:
            return str(refused)

    def refusal(self, query: Any, viewer: Viewer = MAYOR) -> str:
        with pytest.raises(BadQuestion) as refused:
            self.parse(query, viewer)
        return str(refused.value)


@pytest.fixture(scope="module")
def gate(tmp_path_factory: pytest.TempPathFactory) -> Gate:
    return Gate(tmp_path_factory.mktemp("gate"))


def test_nothing_asked_is_the_last_thirteen_complete_weeks(gate: Gate) -> None:
    """Monday 20 April has begun; the last week that has ended begins on the 13th."""
    assert gate.parse({}) == Question(date(2026, 1, 19), date(2026, 4, 20), AS_OF)


def test_a_url_says_what_is_asked(gate: Gate) -> None:
    question = gate.parse({
        "from": "2026-01-01", "to": "2026-04-01", "grain": "month", "department": "parks, roads", "request_type": "leak", "request_group": "pipes",
        "channel": "phone,web", "programme": "w0", "case_class": "service,information", "district": "north,south", "quarter": "new",
        "as_of": "2026-04-01T04:00:00Z", "outcome": "not_found,referred", "utm_source": "newsletter",
    })  # fmt: skip
    assert question == Question(
        date(2026, 1, 1), date(2026, 4, 1), datetime(2026, 4, 1, 4), "month", ("w0",), ("parks", "roads"), ("leak",), ("pipes",),
        ("phone", "web"), ("service", "information"), (("district", "north"), ("district", "south"), ("quarter", "new")),
        ("not_found", "referred"),
    )  # fmt: skip


@pytest.mark.parametrize(("written", "instant"), [
    ("2026-04-01T00:00:00-04:00", datetime(2026, 4, 1, 4)), ("2026-04-01T04:00:00", datetime(2026, 4, 1, 4)),
    ("2026-04-01T04:00:00.25Z", datetime(2026, 4, 1, 4, 0, 0, 250_000)),
    # A day means all that was known when it ended in the city; today, all that is known.
    ("2026-03-31", datetime(2026, 4, 1, 4)), ("2026-04-20", AS_OF),
])  # fmt: skip
def test_an_instant_may_be_written_in_several_ways(gate: Gate, written: str, instant: datetime) -> None:
    assert gate.parse({"as_of": written}).as_of == instant


def test_asked_as_of_an_earlier_day_the_weeks_end_before_it(gate: Gate) -> None:
    question = gate.parse({"as_of": "2026-02-03"})
    assert (question.start, question.end) == (date(2025, 11, 3), date(2026, 2, 2))


@pytest.mark.parametrize("value", ["", " ", "all", None, [], ["parks"], ("parks", "roads"), "parks,parks", ",parks,,"], ids=repr)
def test_ways_to_say_all_or_some_departments(gate: Gate, value: Any) -> None:
    expected = {"('parks', 'roads')": ("parks", "roads")}.get(repr(value), ("parks",) if "parks" in str(value) else ())
    assert gate.parse({"department": value}).department == expected


SQL = "parks' OR 1=1; DROP TABLE spell; --"
NESTED: Any = "parks"
for _ in range(200):
    NESTED = [NESTED]
HOSTILE: tuple[Any, ...] = (
    1, 1.5, True, False, 10**400, float("nan"), float("inf"), b"parks", {}, {"a": 1}, {"department": "parks"}, [1], [None], [["parks"]], NESTED,
    object(), date(2026, 1, 1), SQL, f"{SQL},parks", "parks\x00", "\x00", "par\nks", "PARKS", "pa rks", "%", "_", "*", "../../etc/passwd",
    "<script>alert(1)</script>", "\u202eskrap", "\ud800", "parks\u200b", "ｐarks", "Ⅷ", "²", "٣", "🚮" * 300, "x" * 2001, "x" * 10_000_000,
    ",".join(f"x{i}" for i in range(100)), ["x"] * 100_000, "null", "undefined", "NaN", "-1", "0", "1e999",
)  # fmt: skip
PARAMETERS = ("from", "to", "as_of", "grain", "programme", "department", "request_type", "request_group", "channel", "outcome", "case_class", "district", "quarter", "weeks")  # fmt: skip


@pytest.mark.parametrize("value", HOSTILE, ids=lambda value: repr(value).partition(" object at ")[0][:30])
@pytest.mark.parametrize("name", PARAMETERS)
def test_hostile_values_are_refused_in_a_short_sentence(gate: Gate, name: str, value: Any) -> None:
    sentence = gate.refusal({name: value})
    assert sentence[0].isupper() or sentence.startswith(name)
    assert sentence.endswith(".")
    assert len(sentence) < 300
    assert sentence.isprintable()
    assert sentence.encode()


@pytest.mark.parametrize(("query", "said"), [
    ({"from": "2026-04-02", "to": "2026-04-01"}, "The period ends on 2026-04-01 before it begins on 2026-04-02"),
    ({"from": "2026-04-01", "to": "2026-04-01"}, "choose a later end"), ({"from": "2000-01-01", "to": "2026-04-01"}, "days long; choose at most"),
    ({"from": "2026-13-01"}, "write a date such as"), ({"from": "31.03.2026"}, "write a date such as"), ({"from": "0001-01-01"}, "between 1901 and 2199"),
    ({"to": "9999-12-31"}, "between 1901 and 2199"), ({"as_of": "2026-04-21T00:00:00Z"}, "the data reaches only to 2026-04-20T16:34Z"),
    ({"as_of": "2026-04-21"}, "the data reaches only to 2026-04-20"), ({"as_of": "0001-01-01T00:00:00+14:00"}, "between 1901 and 2199"),
    ({"as_of": "9999-12-31T23:59:59-14:00"}, "between 1901 and 2199"), ({"as_of": "0001-01-01"}, "between 1901 and 2199"),
    ({"as_of": "yesterday"}, "write an instant such as"), ({"as_of": "20260401T04"}, ""), ({"grain": "fortnight"}, "choose day, week, month"),
    ({"department": "nowhere"}, "There is no department called 'nowhere'."), ({"district": "atlantis"}, "There is no district called 'atlantis'."),
    ({"weeks": "0"}, "whole number from 1 to"), ({"weeks": "9999"}, "whole number from 1 to"), ({"weeks": "1.5"}, "whole number from 1 to"),
])  # fmt: skip
def test_a_refusal_says_what_is_wrong_and_what_would_do(gate: Gate, query: dict[str, str], said: str) -> None:
    if said:
        assert said in gate.refusal(query)
    else:
        gate.parse(query)


@pytest.mark.parametrize("query", [None, [], "department=parks", 3, ("department", "parks")], ids=repr)
def test_what_is_no_set_of_filters_is_refused(gate: Gate, query: Any) -> None:
    assert gate.refusal(query) == "A question is a set of named filters."


def test_a_department_that_is_withheld_is_refused_like_one_that_does_not_exist(gate: Gate) -> None:
    """The head of parks may name parks and its divisions; roads exists, boats does not, and the answers differ in nothing else."""
    assert gate.parse({"department": "parks,trees"}, HEAD).department == ("parks", "trees")
    assert gate.refusal({"department": "roads"}, HEAD).replace("roads", "boats") == gate.refusal({"department": "boats"}, HEAD)
    assert "roads" not in gate.refusal({"department": "boats"}, HEAD)


def test_a_type_withheld_from_residents_is_refused_like_one_that_does_not_exist(tmp_path: Path) -> None:
    city = worlds.city(tmp_path, NEW_YORK)
    city = type(city)(city.folder, city.file.model_copy(update={"release": type(city.file.release)(A=("litter",))}))
    cases = [
        {"source_id": kind, "programme": "w0", "request_type": kind, "opened_at": pd.Timestamp("2026-03-02")}
        for kind in ("litter", "abuse")
    ]
    make_mart(tmp_path, cases, as_of=AS_OF, city=city)
    public = open_mart(settings_in(tmp_path, "public"))

    def refused(kind: str) -> str:
        with pytest.raises(BadQuestion) as told:
            parse_question({"request_type": kind}, PUBLIC_VIEWER, public, calendar_of(city))
        return str(told.value)

    assert parse_question({"request_type": "litter"}, PUBLIC_VIEWER, public, calendar_of(city)).request_type == ("litter",)
    assert refused("abuse").replace("abuse", "ghost") == refused("ghost")


@pytest.mark.parametrize("name", [None, 1, "", "opened ", "OPENED", "no_such", ["opened"], {"opened": 1}, "__class__", "x" * 10**6], ids=lambda n: repr(n)[:20])  # fmt: skip
def test_only_known_metrics_and_dimensions_can_be_named(gate: Gate, name: Any) -> None:
    for require in (require_metric, lambda value: require_dimension(value, gate.mart)):
        with pytest.raises(BadQuestion, match=r"\.$") as refused:
            require(name)
        assert len(str(refused.value)) < 300
    assert require_metric("opened") == "opened"
    assert require_dimension("quarter", gate.mart) == "quarter"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30), lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4), max_leaves=12
)  # fmt: skip
WORDS = st.sampled_from([*worlds.DEPARTMENTS, *worlds.TYPES, *vocabulary.CHANNELS, *GRAINS, "north", "new", "w0", "service", "all", "2026-02-01", "2026-03-01", "2026-03-01T05:00:00Z", "4"])  # fmt: skip


@MANY
@given(st.dictionaries(st.sampled_from(PARAMETERS) | st.text(max_size=10), JSON | WORDS | st.lists(WORDS, max_size=3), max_size=6))
def test_any_json_is_a_question_that_can_be_answered_or_is_refused(gate: Gate, query: dict[str, Any]) -> None:
    question = gate.answer(query)
    if isinstance(question, str):
        assert question.endswith(".") and len(question) < 300
        return
    assert gate.parse(to_query(question, gate.mart)) == question
    assert measure("opened", ask(gate.mart, gate.calendar, question, MAYOR)).value is not None


@MANY
@given(st.data())
def test_a_question_s_url_asks_the_same_question(gate: Gate, data: st.DataObject) -> None:
    def some(values: Mapping[str, Any] | tuple[str, ...] | list[str]) -> tuple[str, ...]:
        return tuple(data.draw(st.lists(st.sampled_from(list(values)), max_size=3, unique=True)))

    start = data.draw(st.dates(date(1901, 1, 1), date(2187, 12, 31)))
    areas = [(layer.slug, area) for layer in gate.mart.dimensions.area_layers for area in some(list(worlds.LAYERS[layer.slug]))]
    question = Question(
        start, start + timedelta(days=data.draw(st.integers(1, 366 * 12))), data.draw(st.just(AS_OF) | st.datetimes(datetime(1902, 1, 1), AS_OF)),
        data.draw(st.sampled_from(GRAINS)), some(["w0"]), some(list(worlds.DEPARTMENTS)), some(list(worlds.TYPES)), some(["streets", "pipes", "green"]),
        some(vocabulary.CHANNELS), some(vocabulary.CASE_CLASSES), tuple(areas),
    )  # fmt: skip
    assert gate.parse(to_query(question, gate.mart)) == question


def test_the_plainest_question_has_the_shortest_url(gate: Gate) -> None:
    assert to_query(default_question(gate.mart, gate.calendar), gate.mart) == {"from": "2026-01-19", "to": "2026-04-20"}
    assert to_query(replace(gate.parse({}), case_class=()), gate.mart)["case_class"] == "all"


def test_a_question_can_be_shifted_by_days(gate: Gate) -> None:
    assert gate.parse({}).shifted(364).start == date(2025, 1, 20)


def test_parameters_are_json_and_tell_questions_apart(gate: Gate) -> None:
    one, other = gate.parse({}), gate.parse({"department": "parks"})
    assert one.parameters()["start"] == "2026-01-19"
    assert one.parameters() != other.parameters()
