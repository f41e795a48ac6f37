"""What a gate holds back and what it lets pass: the state of a source before and after a load, counted by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data_access.city import CityError, load_city
from data_access.gate_models import Gate
from data_access.mart.gate_rules import Seen, judged
from tests.test_cli import CITY, MAPPING

NOON = datetime(2026, 3, 16, 12)
BEFORE = Seen(
    10_000, NOON, {"parks": 4_000, "streets": 5_900, "library": 100}, 10_000, {"channel": 500, "place": 0},
    {"type": {"tree": 4_000, "pothole": 6_000}}, read=10_000, refused=100, names={"department": {"parks": "Parks"}},
)  # fmt: skip


def spoken(new: int = 0, gate: Gate | None = None, before: Seen = BEFORE, **changes: Any) -> dict[str, str]:
    """Gate -> its sentence, for a load after which the source is as `before` but for `changes`."""
    return {remark.gate: remark.sentence for remark in judged("crm", before, replace(before, **changes), gate or Gate(), new=new)}


@pytest.mark.parametrize(("changes", "gate"), [
    ({"rows": 9_799}, "fewer"), ({"rows": 12_001}, "more"), ({"new": 2_001}, "replaced"),
    ({"departments": {"parks": 1_999, "streets": 5_900, "library": 100}}, "department"),
    ({"newest": NOON - timedelta(hours=25)}, "newest_back_hours"),
    ({"empty": {"channel": 2_501, "place": 0}}, "nulls"), ({"values": {"type": {"tree": 7_999, "77": 2_001}}}, "new_values"), ({"refused": 601}, "refused"),
])  # fmt: skip
def test_what_lies_beyond_one_limit_is_held_for_that_and_no_other_reason(changes: dict[str, Any], gate: str) -> None:
    assert set(spoken(**changes)) == {gate}


@pytest.mark.parametrize("changes", [
    {}, {"rows": 9_800}, {"rows": 12_000}, {"new": 2_000}, {"departments": {"parks": 2_000, "streets": 5_900}}, {"newest": NOON - timedelta(hours=24)},
    {"empty": {"channel": 2_500, "place": 0}}, {"values": {"type": {"tree": 8_000, "77": 2_000}}}, {"refused": 600},
])  # fmt: skip
def test_what_reaches_a_limit_passes_and_a_department_of_few_cases_may_vanish(changes: dict[str, Any]) -> None:
    assert spoken(**changes) == {}


def test_every_sentence_says_what_was_found_what_was_held_and_the_limit() -> None:
    assert spoken(rows=1_000)["fewer"] == "crm: 1,000 rows instead of 10,000, 90.0% fewer; at most 2.0% fewer pass."
    lost = spoken(departments={"streets": 5_900, "library": 100})["department"]
    assert lost.startswith("crm: Parks has 0 cases instead of 4,000, 100.0% fewer; at most 50.0% fewer pass.")


def test_nothing_is_compared_before_the_first_load_and_a_small_town_is_not_held_for_noise() -> None:
    assert judged("crm", Seen(0), BEFORE, Gate(), new=10_000) == []
    village = Seen(199, NOON, {"parks": 199}, 199, {"channel": 0}, {"type": {"tree": 199}}, read=199)
    gone = Seen(1, NOON - timedelta(days=900), {}, 1, {"channel": 1}, {"type": {"oak": 1}}, read=1, refused=0)
    assert judged("crm", village, gone, Gate()) == judged("crm", village, BEFORE, Gate()) == []
    assert {remark.gate for remark in judged("crm", village, gone, Gate(least=100))} == {"fewer", "department", "newest_back_hours"}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_load_within_every_limit_is_never_held(data: st.DataObject) -> None:
    """Whatever a city looks like, and whatever its limits are: moves by less than each of them pass."""
    share = st.floats(0, 1)
    gate = Gate(**{name: data.draw(share) for name in ("fewer", "more", "replaced", "department", "nulls", "new_values", "refused")}, least=data.draw(st.integers(1, 500)))  # fmt: skip
    sizes = data.draw(st.lists(st.integers(0, 10**6), min_size=1, max_size=4))
    none = data.draw(st.integers(0, 10_000))
    before = Seen(sum(sizes), NOON, {str(n): size for n, size in enumerate(sizes)}, 10_000, {"channel": none}, read=10_000)

    def within(held: int, down: float, up: float) -> int:
        least = gate.least - 1
        return data.draw(st.integers(max(0, held - max(int(held * down), least)), held + max(int(held * up), least)))

    def at_most(share: float) -> int:
        return data.draw(st.integers(0, int(10_000 * share)))

    now = Seen(
        within(before.rows, gate.fewer, gate.more), NOON - timedelta(hours=data.draw(st.floats(0, 24))),
        {name: within(n, gate.department, 1) for name, n in before.departments.items()},
        10_000, {"channel": min(10_000, max(0, none + at_most(gate.nulls * 0.999) * data.draw(st.sampled_from((-1, 1)))))},
        {"type": {"new": at_most(gate.new_values)}}, read=10_000, refused=at_most(gate.refused),
    )  # fmt: skip
    assert judged("crm", before, now, gate, new=data.draw(st.integers(0, int(before.rows * gate.replaced)))) == []


@pytest.mark.parametrize(("line", "said"), [
    ("fewr = 0.1", "key 'source[1].gate.fewr' is not known; did you mean 'fewer'?"), ("fewer = 2", "key 'source[1].gate.fewer' is 2: Input should be less than or equal to 1."),
    ("least = 0", "key 'source[1].gate.least' is 0: Input should be greater than or equal to 1."),
])  # fmt: skip
def test_a_limit_that_cannot_be_is_named_with_its_file(tmp_path: Path, line: str, said: str) -> None:
    (tmp_path / "crm.toml").write_text(MAPPING)
    (tmp_path / "city.toml").write_text(f"{CITY}[source.gate]\n{line}\n")
    with pytest.raises(CityError) as refused:
        load_city(tmp_path)
    assert str(refused.value) == f"{tmp_path / 'city.toml'}: {said}"


def test_limits_are_those_of_their_source(tmp_path: Path) -> None:
    (tmp_path / "crm.toml").write_text(MAPPING)
    (tmp_path / "city.toml").write_text(f"{CITY}[source.gate]\nfewer = 0.5\n")
    assert load_city(tmp_path).sources[0].gate == Gate(fewer=0.5)
