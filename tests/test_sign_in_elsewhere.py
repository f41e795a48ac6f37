"""Signing in elsewhere: a provider or a proxy says who somebody is, the city what the person may see, and nothing else lets anybody in.

The provider runs on this machine and is reached by real redirects; where a test needs it to lie, it lies.
"""

from __future__ import annotations

import dataclasses
import html
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from flask import Flask
from joserfc.jwk import RSAKey
from sqlalchemy import create_engine, select, update
from werkzeug.serving import make_server

from access import PUBLIC_VIEWER, Viewer
from components import gate, provider, proxy, sign_in, web
from data_access.city import CityError, load_city
from data_access.city_models import Group
from data_access.store import accounts, audit, elsewhere, models
from data_access.store.elsewhere import Rights, rights_of
from data_access.store.engine import prepared, upgrade
from metrics.desk import Desk
from settings import ROOT, Provider, ProxyHeaders, Settings, SettingsError, read_settings
from tests.support.desks import CITY_TOML
from tests.support.marts import settings_in
from tests.support.provider import LocalProvider, local_provider
from tests.support.servers import served

GROUPS = """
[[sign_in.group]]
group = "City Hall"
role = "executive"
[[sign_in.group]]
group = "Parks"
role = "department"
departments = ["parks"]
[[sign_in.group]]
group = "Parks North"
role = "department"
departments = ["parks"]
districts = ["north"]
[[sign_in.group]]
group = "Roads"
role = "department"
departments = ["roads"]
"""
ADMIN = Viewer("a", "Admin", "admin")
GOOD = "lantern gravel otter parade"
PROXY = ProxyHeaders(("127.0.0.1",))


def known_groups() -> list[Group]:
    return [
        Group(group="City Hall", role="executive"), Group(group="Parks", role="department", departments=("parks",)),
        Group(group="Parks North", role="department", departments=("parks",), districts=("north",)),
        Group(group="Roads", role="department", departments=("roads",)),
    ]  # fmt: skip


# What groups give


@pytest.mark.parametrize(
    ("groups", "rights"),
    [
        ([], None), (["Choir"], None), (["parks"], None),
        (["Parks"], Rights("department", ("parks",))),
        (["Roads", "Parks"], Rights("department", ("parks", "roads"))),
        (["Parks North"], Rights("department", ("parks",), ("north",))),
        # Roads everywhere and parks in the north are not roads and parks in either.
        (["Parks North", "Roads"], Rights("department", ("parks",), ("north",))),
        (["Roads", "City Hall"], Rights("executive")),
    ],
    ids=str,
)  # fmt: skip
def test_the_first_group_of_the_city_s_list_decides(groups: list[str], rights: Rights | None) -> None:
    assert rights_of(groups, known_groups()) == rights


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ('group = "x"\nrole = "king"', "role"), ('role = "viewer"', "group"), ('group = "x"\nrole = "department"', "name the departments"),
        ('group = "x"\nrole = "viewer"\ndepartments = ["parks"]', "and of no other"),
        ('group = "x"\nrole = "viewer"\ndistricts = ["north"]', "limited to districts"), ('group = "x"\nrole = "viewer"\nrank = 1', "not known"),
    ],
)  # fmt: skip
def test_a_group_that_cannot_be_meant_is_refused_with_the_file(tmp_path: Path, entry: str, said: str) -> None:
    (tmp_path / "city.toml").write_text(CITY_TOML.format(more="") + "[[sign_in.group]]\n" + entry)
    with pytest.raises(CityError, match=said):
        load_city(tmp_path)


# Settings

OIDC = {
    "STATROOM_SIGN_IN": "oidc",
    "STATROOM_OIDC_ISSUER": "https://id.city.example",
    "STATROOM_OIDC_CLIENT_ID": "statroom",
    "STATROOM_OIDC_CLIENT_SECRET": "s" * 20,
}
BY_PROXY = {"STATROOM_SIGN_IN": "proxy", "STATROOM_PROXY_ADDRESSES": "10.0.0.5, 10.1.0.0/24", "STATROOM_TRUSTED_PROXIES": "1"}


@pytest.mark.parametrize(
    ("environ", "said"),
    [
        ({**OIDC, "STATROOM_OIDC_ISSUER": ""}, "STATROOM_OIDC_ISSUER is empty"),
        ({**OIDC, "STATROOM_OIDC_CLIENT_SECRET": ""}, "STATROOM_OIDC_CLIENT_SECRET is empty"),
        ({**OIDC, "STATROOM_OIDC_ISSUER": "http://id.city.example"}, "https address"),
        ({**OIDC, "STATROOM_OIDC_ISSUER": "https://id.city.example?x=1"}, "https address"),
        ({**OIDC, "STATROOM_OIDC_SCOPES": "profile"}, "must be 'openid'"),
        ({**OIDC, "STATROOM_OIDC_RECHECK": "often"}, "minutes from 0 to 720"),
        ({**OIDC, "STATROOM_OIDC_LONGEST": "0"}, "minutes from 1 to 720"),
        ({**OIDC, "STATROOM_OIDC_LONGEST": "1000"}, "minutes from 1 to 720"),
        ({**OIDC, "STATROOM_SIGN_IN": "demo"}, "'accounts' or 'oidc'"),
        ({"STATROOM_SIGN_IN": "proxy"}, "STATROOM_PROXY_ADDRESSES is empty"),
        ({**BY_PROXY, "STATROOM_TRUSTED_PROXIES": "0"}, "STATROOM_TRUSTED_PROXIES is 0"),
        ({**BY_PROXY, "STATROOM_PROXY_ADDRESSES": "proxy.example"}, "write addresses such as"),
        ({**BY_PROXY, "STATROOM_PROXY_ADDRESSES": "0.0.0.0/0"}, "every address"),
        ({**BY_PROXY, "STATROOM_PROXY_USER": "X User"}, "name of a header"),
        ({**BY_PROXY, "STATROOM_SIGN_IN": "accounts"}, "set it to 'proxy'"),
    ],
)  # fmt: skip
def test_settings_that_would_let_the_wrong_people_in_are_refused_at_start(environ: dict[str, str], said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        read_settings(environ)


def test_the_client_secret_is_not_in_what_is_printed_of_settings() -> None:
    settings = read_settings(OIDC)
    assert settings.provider is not None
    assert settings.provider.client_secret == "s" * 20
    assert "ssss" not in repr(settings)


# At the provider


class House:
    """The sign-in of a staff application, served on this machine, and a browser before it."""

    def __init__(self, settings: Settings, url: str) -> None:
        self.settings, self.url = settings, url
        self.browser = httpx.Client(headers={"Accept": "text/html"}, follow_redirects=True, timeout=20)

    def who(self) -> str:
        """Who is signed in, with what rights; empty for nobody."""
        answer = self.browser.get(f"{self.url}/who", headers={"Accept": "application/json"})
        return answer.text if answer.status_code == 200 else ""

    def enter(self, sub: str, *, way: str = "/who", **form: str) -> httpx.Response:
        """Go to the provider, sign in as `sub` there, come back."""
        there = self.browser.get(f"{self.url}/sign-in/provider", params={"next": way})
        assert "/oauth2/authorize" in str(there.url), there.text
        return self.browser.post(str(there.url), data={"sub": sub, **form})

    def done(self) -> list[tuple[str, str]]:
        """The audit log, newest first."""
        return list(audit.entries(prepared(self.settings.store_url), ADMIN)[["action", "detail"]].itertuples(index=False, name=None))


@contextmanager
def house(folder: Path, **changes: Any) -> Iterator[House]:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "city.toml").write_text(CITY_TOML.format(more="") + GROUPS)
    # All tests come from one address.
    settings = dataclasses.replace(settings_in(folder), city=folder, **{"sign_in_rate": "1000 per minute", **changes})
    server = Flask("house", root_path=str(ROOT), template_folder="components/templates")
    server.secret_key = "k" * 40
    web.behind_proxies(server, settings.trusted_proxies)
    desk = Desk(settings, lambda: PUBLIC_VIEWER)
    gate.start(server, desk)
    if settings.proxy is not None:
        desk.look_as(proxy.present_viewer)
        proxy.require(server, settings.proxy)
    else:
        desk.look_as(sign_in.present_viewer)
        sign_in.require(server)
        sign_in.add_routes(server, settings)
        if settings.provider is not None:
            provider.add_routes(server, settings, settings.provider)

    @server.get("/who")
    def who() -> Any:
        viewer = desk.viewer()
        return f"{viewer.name}: {viewer.role} of {','.join(viewer.departments)} in {','.join(viewer.districts)}"

    listening = make_server("localhost", 0, server, threaded=True)
    thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    made = House(settings, f"http://localhost:{listening.server_port}")
    try:
        yield made
    finally:
        made.browser.close()
        listening.shutdown()
        thread.join()
        listening.server_close()


@pytest.fixture(scope="module")
def known_provider() -> Iterator[LocalProvider]:
    with local_provider() as made:
        for sub, name, *groups in (
            ("u-1", "Ada", "Parks"),
            ("u-2", "Bea", "Choir"),
            ("u-3", "Cyd", "City Hall"),
            ("u-4", "Dan", "Parks North", "Roads"),
        ):
            made.knows(sub, name=name, email=f"{name.lower()}@city.example", groups=groups)
        yield made


@pytest.fixture
def at_provider(known_provider: LocalProvider) -> Iterator[LocalProvider]:
    known_provider.straighten()
    yield known_provider
    known_provider.straighten()


@pytest.fixture(scope="module")
def staff(known_provider: LocalProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("house"), sign_in="oidc", provider=Provider(known_provider.issuer, "statroom", "secret")) as made:
        yield made


@pytest.fixture
def person(staff: House) -> House:
    staff.browser.cookies.clear()
    return staff


def test_there_and_back_one_is_signed_in_with_the_rights_of_one_s_groups(person: House, at_provider: LocalProvider) -> None:
    answer = person.enter("u-4", way="/who?x=1")
    assert str(answer.url) == f"{person.url}/who?x=1"
    assert person.who() == "Dan: department of parks in north"
    asked = at_provider.asked
    assert (asked["response_type"], asked["code_challenge_method"]) == ("code", "S256")
    assert min(len(asked[name]) for name in ("state", "nonce", "code_challenge")) >= 20
    assert at_provider.verifiers[-1]
    assert ("account made", "dan@city.example: department of parks in north, by groups") in person.done()
    assert person.done()[0][0] == "signed in"
    assert person.done()[0][1].startswith("by provider from")


def test_groups_are_read_anew_at_every_sign_in(person: House, at_provider: LocalProvider) -> None:
    at_provider.knows("u-5", name="Eve", email="eve@city.example", groups=["City Hall"])
    person.enter("u-5")
    assert person.who() == "Eve: executive of  in "
    at_provider.knows("u-5", name="Eve", email="eve@city.example", groups=["Roads"])
    person.browser.cookies.clear()
    person.enter("u-5")
    assert person.who() == "Eve: department of roads in "
    old = dict(person.browser.cookies)
    at_provider.knows("u-5", name="Eve", email="eve@city.example", groups=[])
    person.browser.cookies.clear()
    assert "none of your groups may use Statroom" in person.enter("u-5").text
    assert person.who() == ""
    person.browser.cookies.update(old)
    assert person.who() == "", "whoever lost every group is out everywhere"


def test_who_somebody_is_does_not_depend_on_an_e_mail_address(person: House, at_provider: LocalProvider) -> None:
    """A local administrator's address, claimed by somebody else at the provider, opens nothing of the administrator's."""
    store = prepared(person.settings.store_url)
    accounts.add(store, login="boss@city.example", name="Boss", role="admin", password=GOOD, now=sign_in.present_instant())
    at_provider.knows("u-6", name="Boss", email="boss@city.example", groups=["Roads"])
    person.enter("u-6")
    assert person.who() == "Boss: department of roads in "
    logins = {one.login: one.role for one in accounts.everybody(store)}
    assert logins["boss@city.example"] == "admin"
    assert [login.startswith("elsewhere-") for login, role in logins.items() if role == "department" and "boss" not in login].count(
        True
    ) == 1


def test_a_password_is_no_way_into_an_account_of_the_provider(person: House, at_provider: LocalProvider) -> None:
    person.enter("u-3")
    store, now = prepared(person.settings.store_url), sign_in.present_instant()
    for guess in ("", GOOD, "None"):
        assert accounts.authenticated(store, "cyd@city.example", guess, now) is None
    for change in (
        lambda: accounts.reset(store, "cyd@city.example", now),
        lambda: accounts.change_role(store, "cyd@city.example", "admin", ()),
    ):
        with pytest.raises(accounts.NoAccount, match="comes from where the person signs in"):
            change()
    answer = person.browser.post(f"{person.url}/sign-in", data={"login": "cyd@city.example", "password": GOOD})
    assert (answer.status_code, "Passwords are not used here" in answer.text) == (403, True)
    page = person.browser.get(f"{person.url}/account").text
    assert "You sign in with" in page
    assert "Present password" not in page


def test_a_disabled_account_is_refused_and_signed_in_nowhere(person: House, at_provider: LocalProvider) -> None:
    person.enter("u-1")
    assert person.who() == "Ada: department of parks in "
    accounts.disable(prepared(person.settings.store_url), "ada@city.example", sign_in.present_instant())
    assert person.who() == ""
    answer = person.enter("u-1")
    assert (answer.status_code, "cannot be used now" in answer.text, person.who()) == (403, True, "")


def test_who_is_in_no_group_of_the_city_s_is_refused_in_plain_words(person: House, at_provider: LocalProvider) -> None:
    answer = person.enter("u-2")
    assert (answer.status_code, "none of your groups may use Statroom" in answer.text, person.who()) == (403, True, "")
    assert person.done()[0] == ("sign-in refused", "bea@city.example: in no group that may look")


def test_who_says_no_at_the_provider_is_back_at_the_sign_in_page(person: House, at_provider: LocalProvider) -> None:
    answer = person.enter("u-3", action="deny")
    assert (answer.status_code, "refused or broken off" in answer.text, person.who()) == (403, True, "")


LIES = {
    "another nonce": lambda claims: claims.update(nonce="another"),
    "no nonce": lambda claims: claims.pop("nonce"),
    "another issuer": lambda claims: claims.update(iss="https://evil.example"),
    "no issuer": lambda claims: claims.pop("iss"),
    "for another application": lambda claims: claims.update(aud="another"),
    "for several, given to another": lambda claims: claims.update(aud=["statroom", "another"], azp="another"),
    "of yesterday": lambda claims: claims.update(iat=int(time.time()) - 90_000, exp=int(time.time()) - 86_400),
    "of tomorrow": lambda claims: claims.update(nbf=int(time.time()) + 86_400),
    "without an end": lambda claims: claims.pop("exp"),
    "about nobody": lambda claims: claims.pop("sub"),
    "about a number": lambda claims: claims.update(sub=7),
    "about somebody without end": lambda claims: claims.update(sub="u" * 256),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES.keys())
def test_an_identity_that_does_not_fit_signs_nobody_in(person: House, at_provider: LocalProvider, lie: Any) -> None:
    at_provider.bend = lie
    answer = person.enter("u-3")
    assert (answer.status_code, person.who()) == (403, "")
    assert "sign in again" in answer.text
    assert "Traceback" not in answer.text


def test_an_identity_signed_by_somebody_else_signs_nobody_in(person: House, at_provider: LocalProvider) -> None:
    at_provider.key = RSAKey.generate_key(2048)
    answer = person.enter("u-3")
    assert (answer.status_code, person.who()) == (403, "")


@pytest.mark.parametrize(
    "query", ["", "?code=x&state=y", "?code=x", "?state=y", "?error=access_denied&state=y", "?error=%3Cscript%3E", "?code=x&state=y&iss=https://evil.example"]
)  # fmt: skip
def test_a_way_back_that_nobody_went_there_by_signs_nobody_in(person: House, query: str) -> None:
    answer = person.browser.get(f"{person.url}/sign-in/back{query}")
    assert (answer.status_code, person.who()) == (403, "")
    assert "<script>" not in answer.text.replace('<script src="/assets/early/theme.js"></script>', "")


def test_somebody_else_s_way_back_signs_nobody_in(person: House, at_provider: LocalProvider) -> None:
    """Whoever makes another person's browser follow their own way back must not have it signed in as themselves."""
    with httpx.Client(follow_redirects=False) as attacker:
        went = attacker.get(f"{person.url}/sign-in/provider")
        back = attacker.post(went.headers["location"], data={"sub": "u-3"}).headers["location"]
    answer = person.browser.get(back)
    assert (answer.status_code, person.who()) == (403, "")


def test_a_way_back_is_good_once(person: House, at_provider: LocalProvider) -> None:
    answer = person.enter("u-3")
    back = next(str(step.url) for step in answer.history if "/sign-in/back" in str(step.url))
    assert person.browser.get(back).status_code == 403


@pytest.mark.parametrize("way", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:alert(1)", "/sign-out"])
def test_the_way_on_from_the_provider_stays_in_this_house(person: House, at_provider: LocalProvider, way: str) -> None:
    assert str(person.enter("u-3", way=way).url) == f"{person.url}/"


def test_signing_in_makes_a_new_session(person: House, at_provider: LocalProvider) -> None:
    """A session that was put into the browser beforehand is not the one that is signed in."""
    planted = httpx.get(f"{person.url}/sign-in/provider").cookies
    person.browser.cookies.update(planted)
    person.enter("u-3")
    assert person.who() == "Cyd: executive of  in "
    with httpx.Client(cookies=planted, follow_redirects=False) as old:
        assert old.get(f"{person.url}/who", headers={"Accept": "text/html"}).status_code == 303


def test_a_provider_that_is_out_of_order_gives_a_plain_page(person: House, at_provider: LocalProvider, tmp_path: Path) -> None:
    at_provider.down = True
    answer = person.enter("u-3")
    assert (answer.status_code in (403, 503), person.who()) == (True, "")
    assert "again" in answer.text
    with house(tmp_path, sign_in="oidc", provider=Provider("http://localhost:9", "statroom", "secret")) as lonely:
        answer = lonely.browser.get(f"{lonely.url}/sign-in/provider")
        assert (answer.status_code, "does not answer at the moment" in answer.text) == (503, True)


def test_whoever_asks_without_end_does_not_keep_the_provider_s_answers_from_others(at_provider: LocalProvider, tmp_path: Path) -> None:
    settings = {"sign_in": "oidc", "provider": Provider(at_provider.issuer, "statroom", "secret"), "sign_in_rate": "2 per minute"}
    with house(tmp_path, **settings) as careful:
        for way in ("/sign-in/provider", "/sign-in/back"):
            codes = [httpx.get(careful.url + way).status_code for _ in range(3)]
            assert 429 not in codes[:2] and codes[2] == 429


def test_an_address_that_somebody_made_up_writes_one_line_into_the_log(person: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("WARNING", "components.provider")
    httpx.get(f"{person.url}/sign-in/back", params={"error": "x", "error_description": "y\nERROR everybody is an administrator"})
    told = [record.getMessage() for record in caplog.records if record.name == "components.provider"]
    assert len(told) == 1 and "y ERROR everybody" in told[0] and "\n" not in told[0]


def test_a_provider_that_says_it_is_another_one_is_not_believed(at_provider: LocalProvider, tmp_path: Path) -> None:
    alias = at_provider.issuer.replace("localhost", "127.0.0.1") + "/"
    with house(tmp_path, sign_in="oidc", provider=Provider(alias, "statroom", "secret")) as confused:
        answer = confused.browser.get(f"{confused.url}/sign-in/provider")
        assert (answer.status_code, "is not the one this city uses" in answer.text) == (403, True)


def test_the_sign_in_page_offers_what_the_city_uses(person: House, at_provider: LocalProvider, tmp_path: Path) -> None:
    page = person.browser.get(f"{person.url}/sign-in").text
    assert ("Sign in with" in page, 'name="password"' in page) == (True, False)
    with house(tmp_path, sign_in="accounts", provider=Provider(at_provider.issuer, "statroom", "secret", label="City ID")) as both:
        page = both.browser.get(f"{both.url}/sign-in?next=/sla").text
    assert "Sign in with City ID" in page
    assert 'name="password"' in page
    assert "/sign-in/provider?next=/sla" in page


def test_the_finished_application_signs_in_at_the_provider(demo_settings: Settings, at_provider: LocalProvider, tmp_path: Path) -> None:
    city = tmp_path / "city"
    city.mkdir()
    for entry in demo_settings.city.iterdir():
        (city / entry.name).symlink_to(entry)
    (city / "city.toml").unlink()
    (city / "city.toml").write_text(
        (demo_settings.city / "city.toml").read_text("utf-8") + GROUPS.replace('["parks"]', '["parks-and-trees"]')
    )
    settings = dataclasses.replace(
        demo_settings, city=city, sign_in="oidc", secret_key="k" * 40, store_url=f"sqlite:///{tmp_path / 'own.sqlite'}"
    )
    engine = create_engine(settings.store_url)
    upgrade(engine)
    engine.dispose()
    environ = {"STATROOM_OIDC_ISSUER": at_provider.issuer, "STATROOM_OIDC_CLIENT_ID": "statroom", "STATROOM_OIDC_CLIENT_SECRET": "secret"}
    at_provider.knows("u-9", name="Ivy", email="ivy@city.example", groups=["Parks"])
    with served(settings, **environ) as url:
        outside = House(settings, url.replace("127.0.0.1", "localhost"))
        page = outside.enter("u-9", way="/sla")
        assert str(page.url) == f"{outside.url}/sla"
        rows = outside.browser.get(f"{outside.url}/api/v1/metrics/opened?by=department").json()["rows"]
        assert [row["key"] for row in rows] == ["parks-and-trees"]
        outside.browser.close()


# While somebody is signed in, and when they leave


def later(person: House, minutes: int) -> None:
    """Let the provider have vouched for everybody `minutes` longer ago than it did."""
    with prepared(person.settings.store_url).begin() as connection:
        for token, checked, tried in connection.execute(select(models.sign_in.c["token_hash", "checked_at", "tried_at"])).fetchall():
            moved = {"checked_at": checked - timedelta(minutes=minutes), "tried_at": tried and tried - timedelta(minutes=minutes)}
            connection.execute(update(models.sign_in).where(models.sign_in.c.token_hash == token).values(**moved))


def test_rights_follow_the_groups_while_somebody_is_signed_in(person: House, at_provider: LocalProvider) -> None:
    at_provider.knows("u-10", name="Fay", email="fay@city.example", groups=["City Hall"])
    person.enter("u-10")
    at_provider.knows("u-10", name="Fay", email="fay@city.example", groups=["Roads"])
    later(person, 14)
    assert (person.who(), at_provider.renewals) == ("Fay: executive of  in ", 0)
    later(person, 1)
    assert (person.who(), at_provider.renewals) == ("Fay: department of roads in ", 1)
    assert (person.who(), at_provider.renewals) == ("Fay: department of roads in ", 1)
    assert ("account changed", "fay@city.example: department of roads, by groups") in person.done()
    # Once more, with what the provider gave the last time.
    later(person, 15)
    assert (person.who(), at_provider.renewals) == ("Fay: department of roads in ", 2)


@pytest.mark.parametrize("groups", [[], ["Choir"]])
def test_who_lost_every_group_is_out_at_the_next_look(person: House, at_provider: LocalProvider, groups: list[str]) -> None:
    at_provider.knows("u-11", name="Gus", email="gus@city.example", groups=["Roads"])
    person.enter("u-11")
    at_provider.knows("u-11", name="Gus", email="gus@city.example", groups=groups)
    later(person, 15)
    assert person.who() == ""
    at_provider.knows("u-11", name="Gus", email="gus@city.example", groups=["Roads"])
    assert person.who() == "", "a sign-in that ended does not come back with the group"


def test_whom_the_provider_has_shut_out_is_out_at_the_next_look(person: House, at_provider: LocalProvider) -> None:
    person.enter("u-3")
    at_provider.forgets = True
    later(person, 15)
    assert person.who() == ""
    at_provider.forgets = False
    assert person.who() == ""
    assert person.done()[0] == ("signed out", "the sign-in provider did not confirm the person")


def test_a_provider_that_does_not_answer_is_believed_twice_as_long_and_no_longer(person: House, at_provider: LocalProvider) -> None:
    person.enter("u-3")
    at_provider.down = True
    later(person, 29)
    assert person.who() == "Cyd: executive of  in "
    later(person, 1)
    assert person.who() == ""
    assert person.who() == "", "also while it is left alone for a minute"
    at_provider.down = False
    later(person, 1)
    assert person.who() == "Cyd: executive of  in ", "once it answers, the person goes on"


@pytest.mark.parametrize(
    "claims", [{"sub": "u-4"}, {"iss": "https://evil.example"}, {"aud": "another"}, {"exp": 1}, {"sub": None}], ids=lambda claims: next(iter(claims))
)  # fmt: skip
def test_a_renewed_identity_that_does_not_fit_ends_the_sign_in(person: House, at_provider: LocalProvider, claims: dict[str, Any]) -> None:
    person.enter("u-4")
    person.browser.cookies.clear()
    person.enter("u-3")
    now = int(time.time())
    right = {"iss": at_provider.issuer, "aud": "statroom", "sub": "u-3", "iat": now, "exp": now + 60, "groups": ["Roads"]}
    at_provider.again = right
    later(person, 15)
    assert person.who() == "u-3: department of roads in "
    at_provider.again = {**right, **claims}
    later(person, 15)
    assert person.who() == ""


def test_where_the_provider_cannot_be_asked_again_a_sign_in_is_short(tmp_path: Path) -> None:
    with local_provider(renews=False) as provider_without:
        provider_without.knows("u-3", name="Cyd", email="cyd@city.example", groups=["City Hall"])
        with house(tmp_path, sign_in="oidc", provider=Provider(provider_without.issuer, "statroom", "secret", longest=60)) as short:
            short.enter("u-3")
            later(short, 59)
            assert short.who() == "Cyd: executive of  in "
            later(short, 1)
            assert (short.who(), provider_without.renewals) == ("", 0)
            short.enter("u-3")
            assert short.who() == "Cyd: executive of  in "


def test_what_the_provider_gave_is_kept_unreadable(person: House, at_provider: LocalProvider) -> None:
    person.enter("u-3")
    with prepared(person.settings.store_url).connect() as connection:
        kept = connection.execute(select(models.sign_in.c.kept).order_by(models.sign_in.c.began_at.desc())).scalars().first()
    assert kept and "refresh" not in kept and "ey" + "J" not in kept
    assert all("refresh" not in str(value) for value in person.browser.cookies.values())


def test_signing_out_goes_on_to_sign_out_at_the_provider_and_comes_back(person: House, at_provider: LocalProvider) -> None:
    person.enter("u-3")
    old = dict(person.browser.cookies)
    page = person.browser.post(f"{person.url}/sign-out")
    way = re.search(r'http-equiv="refresh" content="0; url=([^"]+)"', page.text)
    assert page.status_code == 200 and way is not None and "You are signed out of Statroom" in page.text
    there = urlsplit(html.unescape(way[1]))
    said = dict(parse_qsl(there.query))
    assert f"{there.scheme}://{there.netloc}" == at_provider.issuer
    assert (said["client_id"], said["post_logout_redirect_uri"]) == ("statroom", f"{person.url}/sign-in")
    assert said["id_token_hint"].count(".") == 2
    assert person.who() == ""
    person.browser.cookies.update(old)
    assert person.who() == "", "the sign-in here ended before the way there began"
    asked = person.browser.get(there.geturl()).text
    back = re.search(r'name="redirect_uri" value="([^"]+)"', asked)
    assert back is not None and html.unescape(back[1]) == f"{person.url}/sign-in"


def test_signing_out_ends_here_where_the_provider_offers_nothing(tmp_path: Path, at_provider: LocalProvider) -> None:
    with house(tmp_path, sign_in="accounts", provider=Provider(at_provider.issuer, "statroom", "secret")) as both:
        store = prepared(both.settings.store_url)
        accounts.add(store, login="boss@city.example", name="Boss", role="admin", password=GOOD, now=sign_in.present_instant())
        both.browser.post(f"{both.url}/sign-in", data={"login": "boss@city.example", "password": GOOD, "next": "/who"})
        assert both.who() == "Boss: admin of  in "
        later(both, 10_000)
        assert both.who() == "Boss: admin of  in ", "who has a password here is nobody of the provider's"
        answer = both.browser.post(f"{both.url}/sign-out")
        assert (str(answer.url), both.who()) == (f"{both.url}/sign-in", "")


# By a proxy


def through(there: House, user: str | None, groups: str = "", **more: str) -> httpx.Response:
    said = {
        "X-Forwarded-For": "203.0.113.9",
        "X-Forwarded-Groups": groups,
        "Accept": "text/html",
        **({"X-Forwarded-User": user} if user else {}),
        **more,
    }
    return httpx.get(f"{there.url}/who", headers=said)


@pytest.fixture(scope="module")
def behind(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with house(tmp_path_factory.mktemp("behind"), sign_in="proxy", proxy=ProxyHeaders(("127.0.0.1", "::1")), trusted_proxies=1) as made:
        yield made


def test_the_proxy_says_who_it_is_and_the_groups_what_may_be_seen(behind: House) -> None:
    assert through(behind, "ada", "Choir, Parks").text == "ada: department of parks in "
    assert through(behind, "ada", "City Hall").text == "ada: executive of  in ", "rights are read anew at every request"
    assert through(behind, "bea", "Choir").status_code == 403
    assert [action for action, _ in behind.done()].count("signed in") == 1, "one visit is one entry"
    assert ("signed in", "by proxy from 203.0.113.9") in behind.done()


@pytest.mark.parametrize("user", [None, "", "u" * 256])
def test_whom_the_proxy_does_not_name_is_nobody(behind: House, user: str | None) -> None:
    assert through(behind, user, "City Hall").status_code == 403


def test_two_names_are_none(behind: House) -> None:
    headers = [("X-Forwarded-User", "ada"), ("X-Forwarded-User", "boss"), ("X-Forwarded-Groups", "City Hall")]
    assert httpx.get(f"{behind.url}/who", headers=headers).status_code == 403
    assert through(behind, "ada,boss", "City Hall").status_code == 403, "as gunicorn joins them"


def test_a_disabled_account_is_refused_behind_the_proxy_too(behind: House) -> None:
    assert through(behind, "cyd", "Roads").status_code == 200
    accounts.disable(prepared(behind.settings.store_url), "cyd", sign_in.present_instant())
    assert through(behind, "cyd", "Roads").status_code == 403


@pytest.mark.parametrize(
    ("address", "is_proxy"), [("10.1.0.7", True), ("::ffff:10.1.0.7", True), ("::ffff:10.2.0.7", False), ("", False), ("unix:", False)]
)
def test_the_proxy_is_known_on_a_socket_for_both_kinds_of_addresses(address: str, is_proxy: bool) -> None:
    assert ProxyHeaders(("10.0.0.5", "10.1.0.0/24")).sends_from(address) is is_proxy


def test_headers_from_any_other_address_are_refused(tmp_path: Path) -> None:
    """Also when they say that they came from the proxy."""
    with house(tmp_path, sign_in="proxy", proxy=ProxyHeaders(("10.0.0.5",)), trusted_proxies=1) as far:
        for claimed in ("203.0.113.9", "10.0.0.5", "10.0.0.5, 10.0.0.5"):
            answer = through(far, "ada", "City Hall", **{"X-Forwarded-For": claimed})
            assert (answer.status_code, "Statroom is reached through" in answer.text) == (403, True)
        program = httpx.get(f"{far.url}/who", headers={"X-Forwarded-User": "ada", "Accept": "application/json"})
        assert (program.status_code, program.json()["error"]["status"]) == (401, 401)
        assert elsewhere.found(prepared(far.settings.store_url), elsewhere.PROXY, "ada") is None


def test_where_accounts_sign_in_a_proxy_s_headers_are_ignored(person: House) -> None:
    assert (
        httpx.get(
            f"{person.url}/who",
            headers={"X-Forwarded-User": "boss@city.example", "X-Forwarded-Groups": "City Hall", "Accept": "application/json"},
        ).status_code
        == 401
    )
