"""The pages of mail: who may subscribe, to what, and the way out that needs nobody signed in and no program that looks through mail presses."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from components import gate, subscriptions, viewing
from data_access.store import accounts, passwords
from data_access.store import subscriptions as kept
from data_access.store.subscriptions import Subscription
from metrics.desk import Desk
from settings import ROOT, SettingsError
from tests.support.posting import look_as
from tests.test_subscriptions import EXECUTIVE, GOOD, settings_of, store, town

assert store and town
BEFORE = datetime(2026, 3, 1)
FORM = {"kind": "digest", "email": "ada@city.example", "filters": "department=parks"}
ELSEWHERE = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


def served(town: Path, store: Any, **other: Any) -> Flask:
    """The forms alone, without the pages of Dash."""
    settings = settings_of(town, store, secret_key="k" * 40, **other)
    server = Flask("forms", root_path=str(ROOT), template_folder="components/templates")
    server.secret_key = settings.secret_key
    desk = Desk(settings, lambda: None)
    gate.start(server, desk)
    viewing.start(server, desk)
    viewing.add_menu(server, desk) if settings.sign_in != "demo" else subscriptions.web.add_viewer_choice(server)
    subscriptions.add_routes(server, desk)
    return server


@pytest.fixture
def demo(town: Path, store: Any) -> FlaskClient:
    server = served(town, store)
    server.extensions["statroom-limits"].enabled = False
    return server.test_client()


@pytest.fixture
def ada(town: Path, store: Any, monkeypatch: pytest.MonkeyPatch) -> FlaskClient:
    """Signed in with an account whose login is an e-mail address."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    accounts.add(store, login="ada@city.example", name="Ada", role="viewer", password=GOOD, now=BEFORE)
    client = served(town, store, sign_in="accounts").test_client()
    assert client.post("/sign-in", data={"login": "ada@city.example", "password": GOOD}).status_code == 303
    return client


def all_of(store: Any) -> list[Subscription]:
    return kept.going_on(store)


def alert(answer: Any) -> str:
    return (re.findall(r'role="alert">([^<]*)', answer.text) or [""])[0]


def test_a_demo_viewer_subscribes_ends_and_takes_it_up_again(demo: FlaskClient, store: Any) -> None:
    assert "You have no subscriptions" in demo.get("/subscriptions").text
    answer = demo.post("/subscriptions", data=FORM)
    assert answer.status_code == 303
    shown = demo.get(answer.headers["Location"]).text
    assert "Subscribed: The week in figures: Parks." in shown and "To ada@city.example." in shown and "No letter yet." in shown
    assert "No mail is sent from here yet" in shown
    assert demo.post("/subscriptions/1/end").status_code == 303 and all_of(store) == []
    assert 'action="/subscriptions/1/restore"' in demo.get("/subscriptions").text
    assert demo.post("/subscriptions/1/restore").status_code == 303 and len(all_of(store)) == 1


@pytest.mark.parametrize("change", ["end", "restore"])
def test_a_number_that_none_has_is_said_to_be_none(demo: FlaskClient, change: str) -> None:
    for number in (7, 10**30):
        answer = demo.post(f"/subscriptions/{number}/{change}")
        assert (answer.status_code, alert(answer)) == (400, "You have no such subscription; look at the list again.")


def test_the_form_is_about_what_the_page_showed(demo: FlaskClient) -> None:
    shown = demo.get("/subscriptions/new?figure=backlog&department=parks&from=2026-01-05&to=2026-02-02&place=12&weeks=4").text
    assert "About: <strong>Parks</strong>" in shown
    assert 'value="department=parks"' in shown and 'value="backlog" selected' in shown and 'value="signal" checked' in shown
    refused = demo.get("/subscriptions/new?department=made-up")
    assert refused.status_code == 200 and "no department called" in alert(refused)


def test_a_threshold_is_kept_in_the_unit_of_its_figure(demo: FlaskClient, store: Any) -> None:
    assert (
        demo.post(
            "/subscriptions", data={**FORM, "kind": "threshold", "figure": "ontime_due", "bound": "85 %", "beyond": "lower"}
        ).status_code
        == 303
    )
    (one,) = all_of(store)
    assert (one.title, one.metric, one.bound, one.beyond, one.filters) == (
        "On time under 85.0 %: Parks",
        "ontime_due",
        0.85,
        "lower",
        "department=parks",
    )


@pytest.mark.parametrize(
    ("wrong", "why"),
    [({"email": "ada"}, "no e-mail address"), ({"email": "a@b.cc\r\nBcc: x@y.zz"}, "no e-mail address"), ({"email": "a@b.cc,c@d.ee"}, "no e-mail address"),
     ({"kind": "everything"}, "no mail called"), ({"kind": ""}, "no mail called"), ({"kind": "threshold"}, "Choose the figure"),
     ({"kind": "threshold", "figure": "opened"}, "A threshold needs"), ({"kind": "threshold", "figure": "opened", "bound": "nan", "beyond": "higher"}, "A threshold needs"),
     ({"kind": "threshold", "figure": "ontime_due", "bound": "850", "beyond": "lower"}, "0 to 100"), ({"kind": "signal", "figure": "nothing"}, "no figure called"),
     ({"filters": "department=made-up"}, "no department called"), ({"email": "x" * 201}, "at most 200")],
)  # fmt: skip
def test_what_cannot_be_is_said_and_nothing_kept(demo: FlaskClient, store: Any, wrong: dict[str, str], why: str) -> None:
    answer = demo.post("/subscriptions", data={**FORM, "bound": "", "beyond": "higher", **wrong})
    assert answer.status_code == 400 and why in alert(answer)
    assert all_of(store) == []


def test_a_head_subscribes_to_no_other_department(demo: FlaskClient, store: Any) -> None:
    look_as(demo, "head-of-parks")
    answer = demo.post("/subscriptions", data={**FORM, "filters": "department=roads"})
    assert answer.status_code == 400 and "no department called &#39;roads&#39;" in alert(answer)
    assert all_of(store) == []


def test_nobody_sees_previews_or_ends_what_is_another_s(demo: FlaskClient, store: Any) -> None:
    demo.post("/subscriptions", data=FORM)
    look_as(demo, "head-of-roads")
    assert "The week in figures" not in demo.get("/subscriptions").text
    assert demo.get("/subscriptions/1/preview").status_code == 404
    assert demo.post("/subscriptions/1/end").status_code == 400
    assert len(all_of(store)) == 1


def test_the_preview_is_the_letter_of_now(demo: FlaskClient) -> None:
    demo.post("/subscriptions", data=FORM)
    shown = demo.get("/subscriptions/1/preview").text
    assert "Opened: 62 cases" in shown and "Open cases: 2 cases" in shown and "Elm" not in shown
    demo.post("/subscriptions", data={**FORM, "kind": "signal", "figure": "opened", "filters": "department=roads"})
    assert "There is nothing to tell now" in demo.get("/subscriptions/2/preview").text


@pytest.mark.parametrize("path", ["/subscriptions", "/subscriptions/1/end", "/subscriptions/1/restore"])
def test_another_site_makes_a_browser_send_nothing(demo: FlaskClient, store: Any, path: str) -> None:
    demo.post("/subscriptions", data=FORM)
    assert demo.post(path, data={**FORM, "filters": ""}, headers=ELSEWHERE).status_code == 403
    assert len(all_of(store)) == 1


# With accounts


def test_with_an_account_mail_goes_to_the_address_one_signs_in_with(ada: FlaskClient, store: Any) -> None:
    shown = ada.get("/subscriptions/new").text
    assert "To ada@city.example, the address you sign in with." in shown and 'name="email"' not in shown
    ada.post("/subscriptions", data={**FORM, "email": "somebody@else.example"})
    assert [one.email for one in all_of(store)] == ["ada@city.example"]


def test_nobody_unknown_sees_or_changes_anything(town: Path, store: Any) -> None:
    client = served(town, store, sign_in="accounts").test_client()
    for path in ("/subscriptions", "/subscriptions/new", "/subscriptions/1/preview"):
        assert client.get(path, headers={"Accept": "text/html"}).headers["Location"].startswith("/sign-in")
    for path in ("/subscriptions", "/subscriptions/1/end"):
        assert client.post(path, data=FORM).status_code == 401
    assert all_of(store) == []


def test_the_way_out_needs_no_sign_in_and_a_scanner_that_opens_it_ends_nothing(town: Path, store: Any, ada: FlaskClient) -> None:
    ada.post("/subscriptions", data=FORM)
    token = kept.new_token(store, 1, BEFORE)
    stranger = served(town, store, sign_in="accounts").test_client()
    for method in ("get", "head", "options"):
        answer = getattr(stranger, method)(f"/unsubscribe/{token}")
        assert answer.status_code == 200
    assert "The week in figures: Parks" in stranger.get(f"/unsubscribe/{token}").text
    assert len(all_of(store)) == 1, "looking ends nothing"
    # As a mail program sends it (RFC 8058): from nowhere, without a cookie.
    answer = stranger.post(f"/unsubscribe/{token}", data={"List-Unsubscribe": "One-Click"}, headers=ELSEWHERE)
    assert answer.status_code == 200 and "Ended:" in answer.text and all_of(store) == []
    assert stranger.post(f"/unsubscribe/{token}").status_code == 200
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path",
    ["/unsubscribe/", "/unsubscribe/a/b", "/unsubscribe/a/", "/unsubscribe/a%2fb", "/unsubscribe/../subscriptions", "/unsubscribe/é"],
)
def test_nothing_else_below_that_address_is_open(town: Path, store: Any, path: str) -> None:
    client = served(town, store, sign_in="accounts").test_client()
    assert client.get(path, headers={"Accept": "application/json"}).status_code == 401


def test_guessing_a_token_tells_nothing_and_is_slowed(town: Path, store: Any) -> None:
    client = served(town, store, sign_in="accounts").test_client()
    kept.add(kept.Acting(EXECUTIVE, store, BEFORE), email="a@b.cc", kind="digest", title="Secret name", filters="")
    codes = []
    for at in range(35):
        answer = client.post(f"/unsubscribe/{at}")
        codes.append(answer.status_code)
        assert "Secret name" not in answer.text
    assert codes == [404] * 30 + [429] * 5
    assert len(all_of(store)) == 1


def test_the_application_does_not_start_with_mail_settings_that_cannot_be_used(town: Path, store: Any) -> None:
    with pytest.raises(SettingsError, match="STATROOM_MAIL_FROM"):
        served(town, store, smtp_url="smtp://mail.city.example")
