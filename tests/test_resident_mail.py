"""Mail for residents: nothing without the owner's press of a button, nothing but what the portal shows, and nothing left when it ends."""

from __future__ import annotations

import dataclasses
import re
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, create_engine, func, select, update

from access import PUBLIC_VIEWER
from cli.mailing import send_due, send_waiting
from cli.portal_mail import Portal
from components import gate, language, resident_mail
from data_access import post, residents
from data_access.residents import CONFIRMED_WITHIN, MOST, MOST_ASKED
from data_access.store import letters
from metrics.desk import Desk
from settings import ROOT, Settings
from tests.support.marts import settings_in
from tests.support.portal_town import make_town
from tests.support.smtp import Inbox, mail_server

NOW = datetime(2026, 5, 4, 9)
SITE = "https://stats.town.example"
POTHOLE = "/service/pothole"
FORM = {"about": POTHOLE, "email": "ana@home.example"}
ELSEWHERE = {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"}


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_town(tmp_path_factory.mktemp("residents"))
    with open(folder / "city.toml", "a") as file:
        file.write(f'[portal]\naddress = "{SITE}"\n')
    return folder


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return residents.opened(f"sqlite:///{tmp_path / 'residents.sqlite'}")


def settings_of(town: Path, engine: Engine, **other: Any) -> Settings:
    url = engine.url.render_as_string(hide_password=False)
    own = {"store_url": url.replace("residents.sqlite", "staff.sqlite"), "residents_url": url, "smtp_url": "smtp://mail.town.example"}
    return dataclasses.replace(settings_in(town, "public"), **{"city": town, **own, **other})


def client_of(settings: Settings, *, limited: bool = False) -> FlaskClient:
    """The forms of the public process, without the pages of Dash."""
    server = Flask("portal", root_path=str(ROOT), template_folder="components/templates")
    server.config["SESSION_COOKIE_SECURE"] = False
    desk = Desk(settings, lambda: PUBLIC_VIEWER)
    gate.start(server, desk)
    language.start(server, lambda: "en-US")
    desk.speak(lambda: language.spoken().code)
    resident_mail.add_routes(server, desk)
    server.extensions["statroom-limits"].enabled = limited
    return server.test_client()


def count(engine: Engine, table: Any) -> int:
    with engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(table)).scalar_one()


def asked(engine: Engine) -> list[str]:
    return letters.keys_from(engine, "confirm:")


# The form


def test_the_form_is_about_a_page_of_the_portal_and_of_nothing_else(town: Path, engine: Engine) -> None:
    client = client_of(settings_of(town, engine))
    shown = client.get(resident_mail.link_to(POTHOLE))
    assert shown.status_code == 200 and "By e-mail: Pothole" in shown.text and 'name="email"' in shown.text
    north = client.get(resident_mail.link_to("/area/district/north"))
    assert north.status_code == 200 and "By e-mail: North" in north.text
    missing = [
        client.get(resident_mail.link_to(about))
        for about in ("/service/no-heat", "/service/complaint", "/service/made-up", "", "/", "//evil.example", "/service/pothole?x=1", "/area/district/x" * 99, "/service/\u2028")
    ]  # fmt: skip
    assert {(answer.status_code, answer.text) for answer in missing} == {(404, missing[0].text)}, "withheld and not there are the same"
    for about in ("/service/no-heat", "/service/made-up"):
        assert client.post(resident_mail.FORM, data={**FORM, "about": about}).status_code == 404
    assert count(engine, residents.resident) == 0


@pytest.mark.parametrize("other", [{"smtp_url": ""}, {"city": ROOT / "cities" / "demo"}])
def test_where_no_mail_is_sent_there_is_no_form(town: Path, engine: Engine, other: dict[str, Any]) -> None:
    client = client_of(settings_of(town, engine, **other))
    assert client.get(resident_mail.link_to(POTHOLE)).status_code == 404
    assert client.post(resident_mail.FORM, data=FORM).status_code == 404


def test_the_answer_is_the_same_whoever_is_written_to_already(town: Path, engine: Engine) -> None:
    client = client_of(settings_of(town, engine))
    told = [client.post(resident_mail.FORM, data=FORM).text]
    told.append(client.post(resident_mail.FORM, data=FORM).text)
    with engine.begin() as connection:
        connection.execute(update(residents.resident).values(confirmed_at=NOW))
    told.append(client.post(resident_mail.FORM, data=FORM).text)
    with engine.begin() as connection:
        connection.execute(update(residents.resident).values(email="another@home.example"))
    told.append(client.post(resident_mail.FORM, data=FORM).text)
    assert len(set(told)) == 1 and "a letter is on its way" in told[0]
    links = {client.get(f"{resident_mail.END}/{token}").text for token in ("x", "y" * 43, residents.new_token(engine, 1, "end", NOW))}
    assert len(links) == 1, "a link to end tells nobody whether somebody is written to"


@pytest.mark.parametrize("email", ["", "ana", "a@b.cc,c@d.ee", "a@b.cc\r\nBcc: x@y.zz", "x" * 300 + "@b.cc"])
def test_what_is_no_address_is_said(town: Path, engine: Engine, email: str) -> None:
    answer = client_of(settings_of(town, engine)).post(resident_mail.FORM, data={**FORM, "email": email})
    assert answer.status_code == 400 and "is no e-mail address" in answer.text
    assert count(engine, residents.resident) == 0


def test_another_site_makes_no_browser_ask(town: Path, engine: Engine) -> None:
    assert client_of(settings_of(town, engine)).post(resident_mail.FORM, data=FORM, headers=ELSEWHERE).status_code == 403
    assert count(engine, residents.resident) == 0


# How it is attacked


def test_one_address_is_asked_three_times_in_two_days_at_most(engine: Engine) -> None:
    for at in range(12):
        residents.ask(engine, "Ana@Home.example", f"/service/{at}", "en", NOW + timedelta(minutes=at))
    assert len(asked(engine)) == MOST_ASKED
    residents.ask(engine, "bo@home.example", POTHOLE, "en", NOW)
    assert len(asked(engine)) == MOST_ASKED + 1


def test_one_address_is_sent_ten_things_at_most(engine: Engine) -> None:
    for at in range(MOST + 5):
        now = NOW + at * CONFIRMED_WITHIN
        residents.ask(engine, "ana@home.example", f"/service/{at}", "en", now)
        with engine.begin() as connection:
            connection.execute(update(residents.resident).values(confirmed_at=now))
    assert count(engine, residents.resident) == MOST


def test_one_caller_and_one_address_are_slowed(town: Path, engine: Engine) -> None:
    client = client_of(settings_of(town, engine), limited=True)
    codes = [client.post(resident_mail.FORM, data={**FORM, "email": f"a{at}@home.example"}).status_code for at in range(11)]
    assert codes == [200] * 10 + [429]
    codes = [
        client.post(resident_mail.FORM, data={**FORM, "email": "ANA@home.example" if at % 2 else "ana@home.example"}, environ_base={"REMOTE_ADDR": f"192.0.2.{at + 1}"}).status_code
        for at in range(6)
    ]  # fmt: skip
    assert codes == [200] * 5 + [429]


def test_what_nobody_confirms_is_deleted_after_two_days(engine: Engine) -> None:
    residents.ask(engine, "ana@home.example", POTHOLE, "en", NOW)
    token = residents.new_token(engine, 1, "confirm", NOW)
    late = NOW + CONFIRMED_WITHIN
    assert residents.of_token(engine, token, "confirm", late - timedelta(seconds=1)) is not None
    assert residents.confirm(engine, token, late) is None and residents.confirmed(engine) == []
    assert residents.forget_unconfirmed(engine, late) == 1
    assert [count(engine, table) for table in (residents.resident, residents.link, residents.letter)] == [0, 0, 0]


def test_in_postgresql_too(postgres_url: str) -> None:
    with ThreadPoolExecutor(4) as pool:
        engines = list(pool.map(lambda at: residents.opened.__wrapped__(f"{postgres_url}?application_name=p{at}"), range(4)))
    try:
        for at in range(5):
            residents.ask(engines[at % 4], "ana@home.example", POTHOLE, "en", NOW)
        assert len(asked(engines[0])) == MOST_ASKED
        assert residents.confirm(engines[1], residents.new_token(engines[2], 1, "confirm", NOW), NOW) is not None
        residents.end(engines[3], residents.new_token(engines[0], 1, "end", NOW), NOW)
        assert [count(engines[0], table) for table in (residents.resident, residents.link, residents.letter)] == [0, 0, 0]
    finally:
        for one in engines:
            one.dispose()


def test_a_link_of_one_kind_does_not_do_the_other(engine: Engine) -> None:
    residents.ask(engine, "ana@home.example", POTHOLE, "en", NOW)
    to_end, to_confirm = residents.new_token(engine, 1, "end", NOW), residents.new_token(engine, 1, "confirm", NOW)
    assert residents.confirm(engine, to_end, NOW) is None
    residents.end(engine, to_confirm, NOW)
    assert count(engine, residents.resident) == 1


# From the form to the last letter


def link_in(inbox: Inbox, path: str) -> str:
    body = inbox.arrived[-1][1].get_body(("plain",))
    assert body is not None
    (found,) = set(re.findall(rf"{re.escape(SITE)}({re.escape(path)}/[\w-]+)\?lang=\w+", body.get_content()))
    return found


def test_from_the_form_to_the_last_letter(town: Path, engine: Engine) -> None:
    with mail_server() as (inbox, port):
        mail = {
            "smtp_url": f"smtp://127.0.0.1:{port}?starttls=false",
            "mail_from": "s@town.example",
            "base_url": "https://staff.town.example",
        }
        settings = settings_of(town, engine, **mail)
        client = client_of(settings)
        assert client.post(f"{resident_mail.FORM}?lang=es", data=FORM).status_code == 200
        staff = Path(str(engine.url.database)).with_name("staff.sqlite")
        assert not staff.exists(), "the public process has no database of staff"

        done = send_waiting(settings)
        assert done is not None and done.sent == 1
        (to, asking), confirm = inbox.arrived[0], link_in(inbox, resident_mail.CONFIRM)
        assert to == "ana@home.example" and asking["Subject"] == "Town: ¿quiere los datos de Pothole por correo electrónico?"
        assert "List-Unsubscribe" not in asking and SITE + confirm in asking.as_string().replace("=\n", "")
        # A program that looks through mail opens the link, and nothing happens.
        assert client.get(confirm).status_code == 200 and residents.confirmed(engine) == []
        again = send_due(settings)
        assert again is not None and again.sent == 0
        assert client.post(confirm).status_code == 200 and len(residents.confirmed(engine)) == 1

        told = [send_due(settings) for _ in range(3)]
        assert [one.sent for one in told if one is not None] == [1, 0, 0], "once a quarter"
        news = inbox.arrived[1][1]
        body = news.get_body(("plain",))
        assert body is not None
        text = body.get_content()
        assert news["Subject"] == "Pothole: los datos del 1 ene al 31 mar 2026"
        assert "Se recibieron 40 solicitudes." in text and "**" not in text and f"{SITE}{POTHOLE}?lang=es" in text
        assert news["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        end = news["List-Unsubscribe"].strip("<>").removeprefix(SITE)
        assert client.get(end).status_code == 200 and len(residents.confirmed(engine)) == 1
        for _ in range(2):
            assert client.post(end, data={"List-Unsubscribe": "One-Click"}, headers=ELSEWHERE).status_code == 200
    assert [count(engine, table) for table in (residents.resident, residents.link, residents.letter)] == [0, 0, 0]


def test_no_token_no_text_and_no_second_address_is_kept(town: Path, engine: Engine) -> None:
    with mail_server() as (inbox, port):
        mail = {
            "smtp_url": f"smtp://127.0.0.1:{port}?starttls=false",
            "mail_from": "s@town.example",
            "base_url": "https://staff.town.example",
        }
        settings = settings_of(town, engine, **mail)
        client_of(settings).post(resident_mail.FORM, data=FORM)
        send_waiting(settings)
        token = link_in(inbox, resident_mail.CONFIRM).rpartition("/")[2]
    other = create_engine(engine.url)
    with other.connect() as connection:
        rows = [str(row) for table in (residents.resident, residents.link, residents.letter) for row in connection.execute(select(table))]
    other.dispose()
    assert len(rows) == 3 and token not in str(rows)
    assert str(rows).count("ana@home.example") == 1 and "Pothole" not in str(rows)


def test_what_is_not_published_any_more_is_not_sent(town: Path, engine: Engine) -> None:
    """A service that was moved out of class A since somebody subscribed to it."""
    settings = settings_of(town, engine, mail_from="s@town.example", base_url="https://staff.town.example")
    residents.ask(engine, "ana@home.example", "/service/no-heat", "en", NOW)
    with engine.begin() as connection:
        connection.execute(update(residents.resident).values(confirmed_at=NOW))
    portal, office = Portal(settings), post.office(settings)
    assert office is not None and portal.write_due(NOW) == 1
    made = [
        portal.message(one, office, NOW)
        for number in letters.waiting(engine, NOW)
        if (one := letters.claim(engine, number, NOW)) is not None
    ]
    assert made == [None, None] and letters.waiting(engine, NOW + timedelta(days=1)) == []


def test_few_cases_are_no_share_in_a_letter_either(town: Path, engine: Engine) -> None:
    settings = settings_of(town, engine, mail_from="s@town.example", base_url="https://staff.town.example")
    residents.ask(engine, "ana@home.example", "/service/lamp", "en", NOW)
    found, portal = residents.one(engine, 1), Portal(settings)
    assert found is not None
    about = resident_mail.question_of(found, portal._desk)
    assert about is not None
    said = " ".join(line.text for line in resident_mail.news(found, about).lines)
    assert "8 cases were reported." in said and "How many cases were closed on time is not published." in said and "%" not in said
