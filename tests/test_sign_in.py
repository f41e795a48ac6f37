"""Signing in: only those who may, for as long as they may, and what they did is on record."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner
from sqlalchemy import create_engine, select

from access import AccessDenied, Viewer
from cli.users import user
from data_access.store import accounts, audit, passwords, sessions
from data_access.store.accounts import NoAccount
from data_access.store.engine import upgrade
from data_access.store.models import account, sign_in
from data_access.store.passwords import WeakPassword
from settings import Settings, SettingsError, read_settings
from tests.support.servers import served
from tests.support.stores import empty_store

NOW = datetime(2026, 3, 16, 9, 0)
GOOD = "lantern gravel otter parade"
OTHER = "sunday copper violin maple"
ADMIN = Viewer("a", "Admin", "admin")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    # What is tested here is not how long a guess takes.
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    engine = empty_store(f"sqlite:///{tmp_path / 'own.sqlite'}")
    yield engine
    engine.dispose()


def add(store: Any, login: str = "ada@city.example", role: str = "executive", **more: Any) -> accounts.Account:
    return accounts.add(store, **{"login": login, "name": "Ada L", "role": role, "password": GOOD, "now": NOW, **more})


def at(minutes: float) -> datetime:
    return NOW + timedelta(minutes=minutes)


# Passwords


@pytest.mark.parametrize(
    ("password", "why"),
    [("short", "use 15 to 128"), ("x" * 129, "use 15 to 128"), ("aaaaaaaaaaaaaaaaaa", "few unrelated words"), ("passwordpassword1", "few unrelated words"),
     ("qwertyuiopasdfgh", "few unrelated words"), ("ada@city.example1", "few unrelated words")],
)  # fmt: skip
def test_a_password_that_others_would_guess_is_refused_with_advice(password: str, why: str) -> None:
    with pytest.raises(WeakPassword, match=why):
        passwords.require_good(password, ("ada@city.example", "Ada"))


def test_kinds_of_characters_do_not_matter_and_neither_does_the_keyboard() -> None:
    passwords.require_good(GOOD, ())
    assert passwords.is_right(passwords.hashed("ﬁlter lantern gravel é"), "filter lantern gravel é")
    assert not passwords.is_right(passwords.hashed(GOOD), GOOD.upper())


def test_what_is_kept_is_argon2id_and_differs_for_equal_passwords() -> None:
    one, other = passwords.hashed(GOOD), passwords.hashed(GOOD)
    assert one.startswith("$argon2id$")
    assert one != other
    assert not passwords.is_right("rubbish", GOOD)


# Accounts


def test_the_right_password_signs_in_whatever_the_case_of_the_login(store: Any) -> None:
    add(store)
    found = accounts.authenticated(store, " ADA@city.example ", GOOD, NOW)
    assert found is not None
    assert (found.viewer.role, found.viewer.departments) == ("executive", ())


def test_five_wrong_passwords_lock_the_account_even_against_the_right_one_for_a_quarter_of_an_hour(store: Any) -> None:
    add(store)
    for minute in range(5):
        assert accounts.authenticated(store, "ada@city.example", "wrong", at(minute)) is None
    assert accounts.authenticated(store, "ada@city.example", GOOD, at(5)) is None
    assert accounts.authenticated(store, "ada@city.example", GOOD, at(18.9)) is None
    assert accounts.authenticated(store, "ada@city.example", GOOD, at(19.1)) is not None


def test_a_right_password_forgives_the_wrong_ones_before_it(store: Any) -> None:
    add(store)
    for _ in range(3):
        for _ in range(4):
            accounts.authenticated(store, "ada@city.example", "wrong", NOW)
        assert accounts.authenticated(store, "ada@city.example", GOOD, NOW) is not None


def test_a_department_account_needs_departments_and_no_other_has_any(store: Any) -> None:
    with pytest.raises(NoAccount, match="Name the departments"):
        add(store, role="department")
    with pytest.raises(NoAccount, match="of no other"):
        add(store, role="viewer", departments=("parks",))
    assert add(store, role="department", departments=("parks", "parks", "a")).viewer.departments == ("a", "parks")


@pytest.mark.parametrize(
    "change", [{"login": "x y"}, {"login": ""}, {"login": "<b>"}, {"name": " "}, {"role": "public"}, {"role": "king"}], ids=str
)
def test_what_is_no_account_is_refused(store: Any, change: dict[str, str]) -> None:
    with pytest.raises(NoAccount):
        add(store, **change)
    assert accounts.everybody(store) == []


def test_a_login_is_given_once(store: Any) -> None:
    add(store)
    with pytest.raises(NoAccount, match="already an account"):
        add(store, login="Ada@City.example")


def test_the_last_administrator_stays(store: Any) -> None:
    add(store, role="admin")
    for attempt in (
        lambda: accounts.disable(store, "ada@city.example", NOW),
        lambda: accounts.change_role(store, "ada@city.example", "viewer", ()),
    ):
        with pytest.raises(NoAccount, match="only administrator"):
            attempt()
    add(store, "bea", "admin")
    accounts.disable(store, "ada@city.example", NOW)
    assert accounts.authenticated(store, "ada@city.example", GOOD, NOW) is None


# Sessions


def test_a_password_that_was_tried_while_the_account_was_being_locked_does_not_unlock_it(
    store: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(store)
    check, tries = passwords.is_right, []

    def slow(kept: str | None, password: str) -> bool:
        if password == GOOD and not tries:
            tries.append(password)
            for _ in range(5):
                accounts.authenticated(store, "ada@city.example", "wrong", NOW)
        return check(kept, password)

    monkeypatch.setattr(passwords, "is_right", slow)
    assert accounts.authenticated(store, "ada@city.example", GOOD, NOW) is None
    assert accounts.authenticated(store, "ada@city.example", GOOD, at(14)) is None


def test_a_new_password_is_another_one(store: Any) -> None:
    add(store)
    with pytest.raises(WeakPassword, match="choose another one"):
        accounts.set_password(store, "ada@city.example", GOOD, NOW)


def test_a_session_ends_when_idle_when_old_and_when_told(store: Any) -> None:
    known = add(store)
    token = sessions.begin(store, known, NOW)
    assert sessions.signed_in(store, token, at(119)) is not None
    assert sessions.signed_in(store, token, at(119 + 119)) is not None
    assert sessions.signed_in(store, token, at(119 + 119 + 121)) is None
    busy = sessions.begin(store, known, NOW)
    assert [sessions.signed_in(store, busy, at(60 * hour)) is not None for hour in range(1, 14)] == [True] * 11 + [False] * 2
    out = sessions.begin(store, known, NOW)
    sessions.end(store, out, NOW)
    assert sessions.signed_in(store, out, NOW) is None


def test_a_page_that_asks_by_itself_keeps_nobody_signed_in(store: Any) -> None:
    token = sessions.begin(store, add(store), NOW)
    for minute in range(1, 120):
        assert sessions.signed_in(store, token, at(minute), seen=False) is not None
    assert sessions.signed_in(store, token, at(121), seen=False) is None


def test_signing_out_everywhere_and_a_new_password_end_every_session(store: Any) -> None:
    known = add(store)
    for end in (
        lambda: sessions.end_all(store, known, NOW),
        lambda: accounts.set_password(store, known.login, OTHER, NOW),
        lambda: accounts.disable(store, known.login, NOW),
    ):
        tokens = [sessions.begin(store, known, NOW) for _ in range(2)]
        end()
        assert [sessions.signed_in(store, token, NOW) for token in tokens] == [None, None]


def test_a_changed_role_holds_at_the_next_request(store: Any) -> None:
    known = add(store, role="executive")
    token = sessions.begin(store, known, NOW)
    accounts.change_role(store, known.login, "department", ("parks",))
    found = sessions.signed_in(store, token, NOW)
    assert found is not None
    assert (found.viewer.role, found.viewer.departments) == ("department", ("parks",))


def test_the_database_holds_no_token_and_no_password(store: Any) -> None:
    token = sessions.begin(store, add(store), NOW)
    with store.connect() as connection:
        everything = str([connection.execute(select(table)).fetchall() for table in (account, sign_in)])
    assert token not in everything
    assert GOOD not in everything


def test_the_audit_log_is_for_administrators_and_newest_first(store: Any) -> None:
    audit.note(store, ADMIN, "signed in", "first", NOW)
    audit.note(store, ADMIN, "exported", "second", at(1))
    assert list(audit.entries(store, ADMIN)["detail"]) == ["second", "first"]
    for role in ("viewer", "department", "analyst", "executive"):
        with pytest.raises(AccessDenied):
            audit.entries(store, Viewer("x", "X", role))  # type: ignore[arg-type]


# Settings and commands


def test_a_real_city_has_accounts_and_the_demo_has_none() -> None:
    assert read_settings({}).sign_in == "demo"
    assert read_settings({"STATROOM_CITY": "/somewhere"}).sign_in == "accounts"


@pytest.mark.parametrize(
    ("environ", "said"),
    [({"STATROOM_SIGN_IN": "open"}, "set it to 'demo', 'accounts', 'oidc' or 'proxy'"), ({"STATROOM_HOST": "0.0.0.0"}, "without passwords"),
     ({"STATROOM_HOST": "0.0.0.0", "STATROOM_SIGN_IN": "accounts"}, "STATROOM_SECRET_KEY is empty"),
     ({"STATROOM_TRUSTED_PROXIES": "-1"}, "STATROOM_TRUSTED_PROXIES")],
    ids=str,
)  # fmt: skip
def test_what_would_let_others_in_is_refused_before_anything_starts(environ: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        read_settings(environ)


def run(tmp_path: Path, *words: str, stdin: str = "") -> Any:
    return CliRunner().invoke(user, words, input=stdin, env={"STATROOM_DATA": str(tmp_path)})


def test_the_first_administrator_is_made_on_the_command_line(tmp_path: Path) -> None:
    assert "There are no accounts" in run(tmp_path, "list").output
    made = run(tmp_path, "add", "--login", "ada", "--name", "Ada", "--role", "admin", "--password-stdin", stdin=GOOD + "\n")
    assert made.output == "Made the account ada (admin).\n"
    assert "ada" in run(tmp_path, "list").output
    weak = run(tmp_path, "add", "--login", "bea", "--name", "Bea", "--role", "admin", "--password-stdin", stdin="short\n")
    assert (weak.exit_code, "use 15 to 128" in weak.stderr) == (1, True)
    again = run(tmp_path, "reset", "ada")
    password = again.output.split(": ")[1].strip()
    assert len(password) == 27
    assert run(tmp_path, "disable", "ada").exit_code == 1
    engine = create_engine(f"sqlite:///{tmp_path / 'statroom.sqlite'}")
    done = audit.entries(engine, ADMIN)
    engine.dispose()
    assert list(done["action"]) == ["password reset", "account made"]
    assert set(done["viewer_name"]) == {"Command line"}
    assert "no account 'eve'" in run(tmp_path, "reset", "eve").stderr


# Over the wire, with a browser's headers. A process of its own: there is one application in each.


@pytest.fixture(scope="module")
def own_settings(demo_settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("accounts")
    return dataclasses.replace(demo_settings, store_url=f"sqlite:///{folder / 'own.sqlite'}", sign_in="accounts", secret_key="k" * 40)


@pytest.fixture(scope="module")
def url(own_settings: Settings) -> Iterator[str]:
    engine = create_engine(own_settings.store_url)
    upgrade(engine)
    for login, role, departments in (
        ("boss", "admin", ()),
        ("mayor", "executive", ()),
        ("parks", "department", ("parks-and-trees",)),
        ("tmp", "viewer", ()),
    ):
        accounts.add(
            engine, login=login, name=login.title(), role=role, departments=departments, password=GOOD, now=NOW, must_change=login == "tmp"
        )
    engine.dispose()
    with served(own_settings, STATROOM_SIGN_IN_RATE="1000 per minute") as address:
        yield address


@pytest.fixture
def person(url: str) -> Iterator[Any]:
    import httpx

    with httpx.Client(base_url=url, headers={"Accept": "text/html"}, timeout=30) as made:
        yield made


def enter(person: Any, login: str, password: str = GOOD, **more: str) -> Any:
    return person.post("/sign-in", data={"login": login, "password": password, **more})


@pytest.mark.parametrize(
    "path",
    ["/", "/sla", "/cases", "/nowhere", "/api/v1/metrics", "/api/v1/cases.csv", "/charts/overdue-by-department.csv", "/_dash-layout", "/_dash-dependencies",
     "/_dash-component-suites/dash/dash-renderer/build/dash_renderer.min.js", "/account", "/admin", "/bootstrap/cases", "/bootstrap/", "/assets/"],
)  # fmt: skip
def test_nobody_is_told_anything(person: Any, path: str) -> None:
    answer = person.get(path)
    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/sign-in?next=")
    program = person.get(path, headers={"Accept": "application/json"})
    assert (program.status_code, program.json()["error"]["status"]) == (401, 401)


def test_nobodys_callbacks_are_refused(person: Any) -> None:
    for body in ({"output": "status.children"}, {}, []):
        assert person.post("/_dash-update-component", json=body).status_code == 401
    assert person.get("/healthz").status_code == 200


def test_after_signing_in_one_is_where_one_wanted_to_be(person: Any) -> None:
    answer = enter(person, "mayor", next="/sla?weeks=26")
    assert (answer.status_code, answer.headers["location"]) == (303, "/sla?weeks=26")
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert person.get("/api/v1/metrics/opened").status_code == 200


@pytest.mark.parametrize(
    "way", ["//evil.example", "https://evil.example", "/\\evil.example", "/\tevil", "javascript:alert(1)", "evil", "/sign-out"]
)
def test_the_way_on_stays_in_this_house(person: Any, way: str) -> None:
    assert enter(person, "mayor", next=way).headers["location"] == "/"


def test_a_wrong_name_and_a_wrong_password_get_the_same_answer(person: Any) -> None:
    wrong, unknown = enter(person, "mayor", "wrong"), enter(person, "nobody", "wrong")
    assert (wrong.status_code, unknown.status_code) == (403, 403)
    assert wrong.text.replace('value="mayor"', "") == unknown.text.replace('value="nobody"', "")
    assert person.get("/").status_code == 303


@pytest.mark.parametrize("path", ["/sign-in", "/sign-out", "/account"])
@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://["])
def test_another_site_cannot_make_a_browser_send_a_form(person: Any, path: str, origin: str) -> None:
    enter(person, "mayor")
    answer = person.post(path, data={"login": "mayor", "password": GOOD}, headers={"Origin": origin})
    assert answer.status_code == 403
    assert person.get("/api/v1/metrics").status_code == 200


def test_signing_in_makes_a_new_token_and_signing_out_ends_the_old_one(person: Any) -> None:
    enter(person, "mayor")
    first = dict(person.cookies)
    enter(person, "mayor")
    assert dict(person.cookies) != first
    last = dict(person.cookies)
    person.post("/sign-out")
    for old in (first, last):
        person.cookies.update(old)
        assert person.get("/").status_code == 303


def test_signing_out_everywhere_ends_every_browser_s_session(person: Any, url: str) -> None:
    import httpx

    enter(person, "mayor")
    with httpx.Client(base_url=url, headers={"Accept": "text/html"}, timeout=30) as other:
        enter(other, "mayor")
        assert other.get("/api/v1/metrics").status_code == 200
        person.post("/sign-out", data={"everywhere": "yes"})
        assert (other.get("/").status_code, person.get("/").status_code) == (303, 303)


def test_a_department_head_sees_the_department_alone(person: Any) -> None:
    enter(person, "parks")
    keys = [row["key"] for row in person.get("/api/v1/metrics/opened?by=department").json()["rows"]]
    assert keys == ["parks-and-trees"]


def test_a_one_time_password_is_changed_before_anything_is_shown(person: Any, own_settings: Settings) -> None:
    assert enter(person, "tmp").headers["location"] == "/account"
    assert person.get("/").headers["location"] == "/account"
    assert person.get("/api/v1/metrics", headers={"Accept": "application/json"}).status_code == 401
    for new, again, code in (("short", "short", 400), (OTHER, GOOD, 400)):
        assert person.post("/account", data={"password": GOOD, "new": new, "again": again}).status_code == code
    assert person.post("/account", data={"password": "no", "new": OTHER, "again": OTHER}).status_code == 403
    assert person.post("/account", data={"password": GOOD, "new": OTHER, "again": OTHER}).status_code == 303
    assert person.get("/api/v1/metrics").status_code == 200


def test_an_export_is_on_record(person: Any, own_settings: Settings) -> None:
    enter(person, "mayor")
    person.get("/api/v1/cases.csv?of=overdue_now&department=parks-and-trees")
    engine = create_engine(own_settings.store_url)
    latest = audit.entries(engine, ADMIN).iloc[0]
    engine.dispose()
    assert (latest["viewer_name"], latest["action"]) == ("Mayor", "exported")
    assert "overdue_now as csv" in latest["detail"]


def test_only_an_administrator_changes_accounts(person: Any, own_settings: Settings) -> None:
    def post(login: str) -> Any:
        enter(person, login)
        fields = {
            "what": ("admin-action", "add"),
            "login": ("admin-login", f"new-{login}"),
            "name": ("admin-name", "New"),
            "role": ("admin-role", "viewer"),
            "departments": ("admin-departments", ""),
            "districts": ("admin-districts", ""),
            "programmes": ("admin-programmes", ""),
        }
        state = [
            {"id": "question", "property": "data", "value": {}},
            *({"id": id_, "property": "value", "value": value} for id_, value in fields.values()),
        ]
        return person.post("/_dash-update-component", json={
            "output": "admin-said.children", "outputs": {"id": "admin-said", "property": "children"}, "changedPropIds": ["admin-do.n_clicks"],
            "inputs": [{"id": "admin-do", "property": "n_clicks", "value": 1}], "state": state,
        })  # fmt: skip

    assert "may look at this but not change it" in post("mayor").text
    person.post("/sign-out")
    made = post("boss")
    assert "One-time password, shown only now" in made.text
    password = made.json()["response"]["admin-said"]["children"].rsplit(" ", 1)[1]
    person.post("/sign-out")
    assert enter(person, "new-boss", password).headers["location"] == "/account"


def test_too_many_attempts_from_one_address_are_told_to_wait(own_settings: Settings) -> None:
    """Five a minute in each of two processes."""
    import httpx

    with served(own_settings, STATROOM_SIGN_IN_RATE="5 per minute") as address, httpx.Client(base_url=address, timeout=30) as person:
        codes = [enter(person, f"guess{n}", "x").status_code for n in range(12)]
    assert 429 in codes
    assert set(codes) == {403, 429}


def test_the_public_process_knows_no_way_to_sign_in(demo_public_settings: Settings) -> None:
    code = "import sys; from app import create_app; from settings import read_settings; c = create_app(read_settings()).test_client(); print(c.get('/sign-in').status_code, 'components.sign_in' in sys.modules)"
    import os

    from settings import ROOT

    environ = {
        **os.environ,
        "STATROOM_DATA": str(demo_public_settings.data),
        "STATROOM_CITY": str(demo_public_settings.city),
        "STATROOM_AUDIENCE": "public",
    }
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environ, capture_output=True, text=True)
    assert done.stdout.split()[1] == "False", done.stderr
