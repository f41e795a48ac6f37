"""The held load in the browser and on the command line: who sees what, and who may decide."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import delete

from data_access.mart.gate_rules import Remark
from data_access.mart.holding import Held, Order
from data_access.store import audit, held
from data_access.store.engine import open_store
from data_access.store.models import held_load
from settings import Settings
from tests.support.posting import body, callbacks, look_as, post
from tests.test_cli import CITY, HEADER, Operator, operator
from tests.test_held_loads import ADMIN

__all__ = ["operator"]
SENTENCE = "crm: 1,200 rows instead of 12,000, 90.0% fewer; at most 2.0% fewer pass."


@pytest.fixture
def store(demo_settings: Settings) -> Iterator[Any]:
    """The demo city's database, in which a load waits."""
    made = open_store(demo_settings)
    remark = Remark("fewer", "crm", "", 0.9, 0.02, SENTENCE)
    held.note(made, Held(9, "abc", datetime(2026, 4, 1), datetime(2026, 4, 1), "gen-000001", "1.1", Order(("crm",)), (remark,)))
    yield made
    with made.begin() as connection:
        connection.execute(delete(held_load))
    made.dispose()


def answer(app: Flask, viewer: str, output: str, **given: Any) -> str:
    name = next(name for name in callbacks() if output in name)
    return post(look_as(app.test_client(), viewer), body(name, {"question.data": {}, **given})).get_data(as_text=True)


def press(app: Flask, viewer: str, button: str, **given: Any) -> str:
    output = "held-said.children" + ("@" if button == "reject" else "")
    usual = {"held-edition.data": "abc", "held-sure.value": True, "held-because.value": "Looked at it."}
    return answer(app, viewer, output, **{f"held-{button}.n_clicks": 1, **usual, **given})


def test_everybody_is_told_that_a_load_is_held_and_administrators_why(staff_app: Flask, store: Any) -> None:
    for viewer in ("executive", "council", "analyst", "head-of-inspections"):
        page = answer(staff_app, viewer, "data-health.children")
        assert SENTENCE not in page and "held-approve" not in page
        assert "A load is held: it differs too much" in answer(staff_app, viewer, "status")
    page = answer(staff_app, "administrator", "data-health.children")
    assert SENTENCE in page and "held-approve" in page and "held-reject" in page


@pytest.mark.parametrize("viewer", ["executive", "council", "analyst", "head-of-inspections"])
@pytest.mark.parametrize("button", ["approve", "reject"])
def test_who_may_not_decide_is_refused_whatever_is_posted(staff_app: Flask, store: Any, viewer: str, button: str) -> None:
    assert "may look at this but not change it" in press(staff_app, viewer, button)
    waiting = held.open_one(store)
    assert waiting is not None and waiting.state == held.WAITING


@pytest.mark.parametrize(("given", "said"), [
    ({"held-sure.value": False}, "Tick that you have looked"), ({"held-sure.value": "yes"}, "Tick that you have looked"),
    ({"held-because.value": " "}, "Say why"), ({"held-because.value": "x" * 401}, "at most 400"), ({"held-edition.data": "abd"}, "does not wait any more"),
    ({"held-edition.data": [1]}, "must be text"),
])  # fmt: skip
def test_a_decision_needs_the_tick_a_reason_and_the_load_that_waits(staff_app: Flask, store: Any, given: dict[str, Any], said: str) -> None:
    assert said in press(staff_app, "administrator", "approve", **given)
    waiting = held.open_one(store)
    assert waiting is not None and waiting.state == held.WAITING


@pytest.mark.parametrize(
    ("button", "state", "done"), [("approve", held.APPROVED, "load approved"), ("reject", held.REJECTED, "load rejected")]
)
def test_an_administrator_decides_and_is_on_record(staff_app: Flask, store: Any, button: str, state: str, done: str) -> None:
    assert "generation 9" in press(staff_app, "administrator", button)
    found = held.of_edition(store, "abc")
    assert found is not None and (found.state, found.because) == (state, "Looked at it.")
    last = audit.entries(store, ADMIN).iloc[0]
    assert (last["action"], last["detail"]) == (done, "generation 9 of crm: Looked at it.")
    page = answer(staff_app, "administrator", "data-health.children")
    assert "held-approve" not in page
    assert ("approved it: Looked at it." in page) == (button == "approve")


def rows(n: int) -> str:
    return HEADER + "".join(f"{i},Pothole,Streets,Phone,Open,2026-03-16 08:00:00,,\n" for i in range(n))


def test_an_operator_reads_what_is_held_and_decides(operator: Operator) -> None:
    operator.write("city.toml", f"{CITY}[source.gate]\nleast = 10\n")
    operator.write("cases.csv", rows(30))
    operator.types("sync")
    assert operator.types("held").stdout == "No load is held.\n"
    operator.write("cases.csv", rows(5))
    said = operator.types("sync")
    assert said.exit_code == 0 and "HELD, not in service" in said.stdout and "5 rows instead of 30" in said.stdout
    shown = json.loads(operator.types("held", "--json").stdout)
    assert shown == operator.status()["held"]
    assert (shown["generation"], shown["state"], [remark["gate"] for remark in shown["remarks"]]) == (2, "held", ["fewer", "department"])
    assert "5 rows instead of 30, 83.3% fewer; at most 2.0% fewer pass." in operator.types("status").stdout
    assert "thrown away" in operator.types("held", "reject", "--because", "Broken export.").stdout
    assert "the same data were rejected before" in operator.types("sync").stdout
    assert "still delivers the load that Command line rejected" in operator.types("status").stdout
    assert operator.status()["generation"] == 1
    operator.write("cases.csv", rows(12))
    operator.types("sync")
    assert "is in service as generation 2" in operator.types("held", "approve", "--because", "The contract ended.").stdout
    operator.write("cases.csv", rows(60))
    assert "in service as generation 3" in operator.types("sync", "--approve", "Old cases were added.").stdout
    assert (operator.status()["generation"], operator.status()["held"]) == (3, None)
    assert "no load is held" in operator.types("held", "approve", "--because", "x").stderr
