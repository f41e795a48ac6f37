"""Notes at the time axis: written by name and with a reason, drawn where they belong, withdrawn and never deleted."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from access import PUBLIC_VIEWER, AccessDenied, Viewer
from data_access.store import annotations
from data_access.store.acting import Acting
from data_access.store.engine import open_store
from data_access.store.models import annotation
from settings import Settings
from tests.support.marts import MAYOR
from tests.support.posting import body, callbacks, look_as, post
from tests.support.stores import empty_store

STORM = {
    "at": date(2026, 2, 7), "until": date(2026, 2, 9), "kind": "storm", "title": "Snowstorm", "reason": "Half a metre in two days.", "metric": "",
    "filters": "department=parks-and-trees", "rebases": False,
}  # fmt: skip


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Any]:
    engine = empty_store(f"sqlite:///{tmp_path / 'own.sqlite'}")
    yield engine
    engine.dispose()


def acting(store: Any, viewer: Viewer = MAYOR) -> Acting:
    return Acting(viewer, store, datetime(2026, 3, 16, 9))


def test_a_note_says_what_when_why_and_who(store: Any) -> None:
    number = annotations.add(acting(store), **STORM)
    (kept,) = annotations.standing(store, MAYOR)
    assert (kept.id, kept.at, kept.until, kept.title, kept.reason, kept.filters) == (
        number, date(2026, 2, 7), date(2026, 2, 9), "Snowstorm", "Half a metre in two days.", "department=parks-and-trees",
    )  # fmt: skip
    assert (kept.created_by_name, kept.created_at, kept.rebases) == ("Mayor's office", datetime(2026, 3, 16, 9), False)


def test_a_withdrawn_note_is_gone_from_charts_kept_in_the_store_and_can_come_back(store: Any) -> None:
    number = annotations.add(acting(store), **STORM)
    assert annotations.withdraw(acting(store, Viewer("a", "Analyst", "analyst")), number) == "Snowstorm"
    assert annotations.standing(store, MAYOR) == []
    with store.connect() as connection:
        row = connection.execute(select(annotation)).mappings().one()
    assert (row["title"], row["withdrawn_by_name"], row["withdrawn_at"]) == ("Snowstorm", "Analyst", datetime(2026, 3, 16, 9))
    annotations.restore(acting(store), number)
    assert [note.title for note in annotations.standing(store, MAYOR)] == ["Snowstorm"]
    assert annotations.withdraw(acting(store), 99) is None


@pytest.mark.parametrize(("wrong", "said"), [
    ({"title": "  "}, "title"), ({"title": "x" * 61}, "title"), ({"reason": " "}, "Say why"), ({"reason": "x" * 501}, "Say why"),
    ({"kind": "party"}, "kind"), ({"until": date(2026, 2, 6)}, "before it begins"), ({"filters": "x" * 2001}, "too many"),
])  # fmt: skip
def test_a_note_without_what_a_later_reader_needs_is_refused(store: Any, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(annotations.NotNoted, match=said):
        annotations.add(acting(store), **{**STORM, **wrong})
    assert annotations.standing(store, MAYOR) == []


def test_residents_read_no_notes(store: Any) -> None:
    with pytest.raises(AccessDenied):
        annotations.standing(store, PUBLIC_VIEWER)


# Over the wire


@pytest.fixture
def client(staff_app: Flask, demo_settings: Settings) -> Iterator[Any]:
    made = staff_app.test_client()
    made.get("/")
    yield made
    with open_store(demo_settings).begin() as connection:
        connection.execute(text("DELETE FROM annotation"))


def noting(**instead: Any) -> dict[str, Any]:
    values = {
        "note-keep.n_clicks": 1, "note-at.value": "2026-02-07", "note-until.value": None, "note-kind.value": "policy", "note-metric.value": "every",
        "note-title.value": "New crew", "note-reason.value": "A second crew began.", "note-rebases.value": True,
        "question.data": {"department": "parks-and-trees", "weeks": "52"}, **instead,
    }  # fmt: skip
    return body(next(found for found in callbacks() if "note-said" in found), values)


def drawn(client: Any, chart: str, **query: str) -> dict[str, Any]:
    callback = next(found for found in callbacks() if "chart-finding" in found)
    return post(client, body(callback, {"question.data": {"weeks": "52", **query}}, chart=chart)).get_json()["response"]


def standing(settings: Settings) -> list[annotations.Annotation]:
    return annotations.standing(open_store(settings), MAYOR)


def test_a_note_is_about_what_the_page_is_filtered_to_and_stands_on_its_charts(client: Any, demo_settings: Settings) -> None:
    answer = post(client, noting())
    assert answer.get_json()["response"]["note-said"]["children"].startswith("Noted “New crew” for Parks and Trees.")
    (note,) = standing(demo_settings)
    assert (note.filters, note.metric, note.rebases) == ("department=parks-and-trees", "", True)
    inside = str(drawn(client, "signal-series", department="parks-and-trees", series="opened.whole.whole"))
    assert "New crew" in inside and "A second crew began." in inside and "New baseline from here." in inside
    assert "New crew" not in str(drawn(client, "signal-series", department="inspections", series="opened.whole.whole"))


@pytest.mark.parametrize("wrong", [
    {"note-at.value": None}, {"note-at.value": "soon"}, {"note-at.value": 7}, {"note-kind.value": "party"}, {"note-metric.value": "nothing"},
    {"note-title.value": ""}, {"note-title.value": {"a": 1}}, {"note-reason.value": ""}, {"note-keep.n_clicks": 0}, {"question.data": {"department": "nowhere"}},
], ids=str)  # fmt: skip
def test_a_hostile_form_notes_nothing(client: Any, demo_settings: Settings, wrong: dict[str, Any]) -> None:
    answer = post(client, noting(**wrong))
    assert "Something went wrong" not in answer.get_data(as_text=True)
    assert standing(demo_settings) == []


def test_a_department_head_may_read_notes_but_not_write_them(staff_app: Flask, client: Any, demo_settings: Settings) -> None:
    head = look_as(staff_app.test_client(), "head-of-parks-and-trees")
    assert "may look at this but not change it" in post(head, noting(**{"question.data": {}})).get_data(as_text=True)
    assert standing(demo_settings) == []


def test_the_share_on_time_has_its_new_range_from_the_note_s_day_on_every_page(client: Any) -> None:
    post(client, noting(**{"note-at.value": "2025-12-01"}))
    for chart, query in (("on-time-by-week", {}), ("on-time-trend", {})):
        figure = drawn(client, chart, department="parks-and-trees", **query)
        said = str(figure)
        assert "after the new baseline" in said
        bands = [
            shape
            for part in figure.values()
            for shape in (part.get("figure") or {}).get("layout", {}).get("shapes", [])
            if shape.get("type") == "rect"
        ]
        assert bands[0]["x0"] == "2025-12-01"
        assert "after the new baseline" not in str(drawn(client, chart, department="inspections", **query))
