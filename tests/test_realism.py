"""Whether promises can be kept: small types counted by hand, and the estimate against the one in the database.

All cases open on Monday, 2 March 2026, 09:00 UTC; the office works Monday to Friday, 08:00 to 17:00. Known until 30 March.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from flask import Flask
from playwright.sync_api import Browser, expect

from components import filters, gate
from data_access.due import calendars_of, promises
from metrics import survival
from metrics.measure import ask
from metrics.question import Question
from metrics.realism import estimate, realism
from metrics.select import Asked
from tests.support.looking import PHONE, watched
from tests.support.marts import MAYOR, calendar_of, make_mart, small_city

OPENED = datetime(2026, 3, 2, 9)
AS_OF = datetime(2026, 3, 30)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday")
BUSINESS = {"unit": "business_days", "calendar": "office"}
CITY = small_city(
    "UTC", calendar=[{"id": "office", "weekly": {day: [["08:00", "17:00"]] for day in WEEKDAYS}}],
    sla_rule=[
        {"request_type": "Slow", "amount": 2, **BUSINESS}, {"request_type": "Quick", "amount": 5, **BUSINESS}, {"request_type": "Fine", "amount": 2, **BUSINESS},
        {"request_type": "Long", "unit": "calendar_days", "amount": 365}, {"request_type": "Rare", "amount": 1, **BUSINESS},
        {"request_type": "Fine", "amount": 9, "valid_to": "2026-01-01", **BUSINESS}, {"request_type": "Free", "amount": 1, "department": "d", **BUSINESS},
    ],
)  # fmt: skip
TUESDAY, WEDNESDAY, FRIDAY = (timedelta(days=days, hours=1) for days in (1, 2, 4))
TYPES: dict[str, tuple[tuple[int, timedelta | None], ...]] = {
    "Slow": ((10, WEDNESDAY), (10, FRIDAY)), "Quick": ((20, TUESDAY),), "Fine": ((19, WEDNESDAY), (1, FRIDAY)), "Long": ((12, None),),
    "Rare": ((3, TUESDAY),), "Free": ((9, TUESDAY), (3, FRIDAY)), "By the CRM": ((8, TUESDAY), (4, None)),
}  # fmt: skip


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Asked:
    rows: list[dict[str, Any]] = []
    for kind, parts in TYPES.items():
        for n, lasted in parts:
            closed = None if lasted is None else OPENED + lasted
            due = OPENED + timedelta(days=3) if kind == "By the CRM" else None
            for _ in range(n):
                rows.append({"source_id": str(len(rows)), "request_type": kind, "department": "other", "case_class": "service", "opened_at": OPENED,
                             "closed_at": closed, "due_at": due})  # fmt: skip
    mart = make_mart(tmp_path_factory.mktemp("realism"), rows, as_of=AS_OF, city=CITY)
    return ask(mart, calendar_of(CITY), Question(date(2026, 3, 2), date(2026, 3, 9), AS_OF), MAYOR)


def told(asked: Asked, goal: float = 0.85) -> dict[str, dict[str, Any]]:
    frame = realism(asked, promises(CITY, date(2026, 3, 8)), calendars_of(CITY), goal)
    return {row["label"]: row for row in frame.to_dict("records")}


def test_each_type_is_judged_by_the_stated_rule(asked: Asked) -> None:
    assert {label: row["verdict"] for label, row in told(asked).items()} == {
        "Slow": "too_tight", "Quick": "slack", "Fine": "realistic", "Long": "early", "Rare": "few", "Free": "none", "By the CRM": "realistic",
    }  # fmt: skip


def test_times_are_in_the_unit_of_the_promise(asked: Asked) -> None:
    """Half of Slow are closed on Wednesday, business day 2; the others on Friday, day 4: a promise for 85 % would be 4 days, and 7 of 20 miss it now."""
    slow = told(asked)["Slow"]
    assert [slow[name] for name in ("n", "amount", "unit", "median", "p90", "needed", "kept")] == [20, 2, "business_days", 2, 4, 4, 0.5]
    assert slow["short"] == pytest.approx(7)
    assert (slow["low"], slow["high"]) == pytest.approx((0.3081, 0.7287), abs=1e-3)
    assert [slow[name] for name in ("on_time", "due")] == [0.5, 20]


def test_what_nothing_is_promised_for_gets_a_suggestion(asked: Asked) -> None:
    """Nine of twelve on Tuesday, the rest on Friday; a rule of one department alone is not the type's."""
    free = told(asked)["Free"]
    assert (free["unit"], free["median"], free["needed"]) == ("business_days", 1, 4)
    assert free["amount"] != free["amount"]
    assert told(asked, goal=0.7)["Free"]["needed"] == 1


def test_without_a_rule_the_deadlines_themselves_say_what_is_promised(asked: Asked) -> None:
    """Three days by the CRM; 8 of 12 closed after 25 hours, four are open: too few to tell 67 % from 85 %."""
    crm = told(asked)["By the CRM"]
    assert (crm["amount"], crm["unit"], bool(crm["is_rule"])) == (3, "calendar_days", False)
    assert crm["kept"] == pytest.approx(8 / 12)
    assert crm["needed"] is None or crm["needed"] != crm["needed"]


def test_the_types_that_miss_most_cases_come_first(asked: Asked) -> None:
    assert list(told(asked))[:2] == ["Slow", "By the CRM"]


def test_the_estimate_is_that_of_the_database(asked: Asked) -> None:
    points = survival.curve(asked, "request_type")
    for kind in ("Slow", "By the CRM"):
        parts = TYPES[kind]
        used = np.array([(lasted or AS_OF - OPENED) / timedelta(days=1) for n, lasted in parts for _ in range(n)])
        closed = np.array([lasted is not None for n, lasted in parts for _ in range(n)])
        at, stays, variance = estimate(used, closed)
        number = asked.mart.dimensions.request_types.by_slug[kind.lower().replace(" ", "-")].id
        mine = points[points["grp"] == number]
        closings = np.isin(at, mine["days"])
        assert at[closings] == pytest.approx(mine["days"].to_numpy())
        assert stays[closings] == pytest.approx(mine["survival"].to_numpy(), abs=1e-9)
        unfinished = stays[closings] > 0
        assert variance[closings][unfinished] == pytest.approx(mine["variance"].to_numpy()[unfinished])


@pytest.fixture
def page(staff_app: Flask) -> Iterator[Any]:
    from pages.staff import sla_realism

    with staff_app.test_request_context("/"):
        yield sla_realism


def test_the_demo_city_has_promises_of_every_kind(page: Any) -> None:
    asked = gate.desk().ask({"weeks": "52"})
    view = filters.view_of({}, asked)
    drawn = page.draw_promised(asked, view)
    assert {"too tight", "realistic", "slack"} <= set(drawn.twin.frame["verdict_said"])
    assert "5 business days" in set(drawn.twin.frame["promise"])
    assert "too tight to hold for 85 % of cases; most by cases" in drawn.finding
    assert "no promise" in page.draw_unpromised(asked, view).finding


@pytest.mark.parametrize(
    ("amount", "unit", "said"),
    [(5.0, "business_days", "5 business days"), (1, "business_days", "1 business day"), (0.0, "calendar_days", "the same day"), (None, "elapsed_hours", "–"),
     (8.54, "elapsed_hours", "8.5 hours"), (9, "business_hours", "9 business hours")],
)  # fmt: skip
def test_a_promise_in_words(page: Any, amount: Any, unit: str, said: str) -> None:
    assert page.amount_said(amount, unit) == said


def test_nothing_in_the_period_is_said(page: Any) -> None:
    asked = gate.desk().ask({"from": "1990-01-01", "to": "1990-02-01"})
    view = filters.view_of({}, asked)
    assert page.draw_promised(asked, view).figure is None
    assert page.draw_unpromised(asked, view).finding == "No case was opened in this period."


@pytest.mark.browser
def test_everybody_can_use_it(browser: Browser, staff_url: str) -> None:
    with watched(browser, size=PHONE) as seen:
        seen.page.goto(staff_url + "/sla/realism")
        seen.settle()
        expect(seen.page.locator("#chart-promises-kept-by-type .finding")).to_contain_text("too tight")
        for _dark in seen.on_both():
            assert (seen.violations(), seen.errors, seen.outside) == ([], [], [])
            assert seen.overflow() <= 0
