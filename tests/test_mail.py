"""The outbox and the mail server: each letter once, whatever several processes do and however the server behaves."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import create_engine, select

from data_access import post
from data_access.post import Office, Session, Unreachable, office
from data_access.store import letters
from data_access.store.engine import upgrade
from data_access.store.letters import BACK_OFF, CLAIM_HOLDS, Draft, Letter
from data_access.store.meeting_models import letter
from settings import SettingsError, read_settings
from tests.support.smtp import PASSWORD, USER, Rogue, certificate, mail_server
from tests.support.stores import empty_store

NOW = datetime(2026, 3, 16, 9)
DRAFT = Draft(
    "digest:1:2026-03-09", None, "ada@city.example", "The week", "Text\n", "<html><body><p>Text</p></body></html>", "", timedelta(days=5)
)
QUICK = 0.5
"""Seconds that these servers may take."""


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Any]:
    engine = empty_store(f"sqlite:///{tmp_path / 'own.sqlite'}")
    yield engine
    engine.dispose()


def at(port: int, **other: Any) -> Office:
    usual: dict[str, Any] = {"host": "127.0.0.1", "port": port, "is_tls": False, "starttls": False, "user": "", "password": ""}
    return Office(**{**usual, "sender": "statroom@city.example", "site": "https://stat.city.example", **other})


def claimed(store: Any, now: datetime = NOW, **other: Any) -> Letter:
    letters.write(store, dataclasses.replace(DRAFT, **other), now)
    found = letters.claim(store, letters.waiting(store, now)[0], now)
    assert found is not None
    return found


def row(store: Any, number: int = 1) -> Any:
    with store.connect() as connection:
        return connection.execute(select(letter).where(letter.c.id == number)).one()


# The outbox


def test_a_key_is_written_once(store: Any) -> None:
    assert letters.write(store, DRAFT, NOW)
    assert not letters.write(store, dataclasses.replace(DRAFT, subject="Again"), NOW + timedelta(days=1))
    assert row(store).subject == "The week"


def test_of_twelve_processes_one_gets_the_letter(store: Any) -> None:
    letters.write(store, DRAFT, NOW)
    with ThreadPoolExecutor(12) as pool:
        found = list(pool.map(lambda _at: letters.claim(store, 1, NOW), range(12)))
    assert len([one for one in found if one is not None]) == 1
    assert row(store).tries == 1


def test_of_several_processes_one_gets_the_letter_in_postgresql_too(postgres_url: str) -> None:
    engine = create_engine(postgres_url)
    try:
        upgrade(engine)
        with ThreadPoolExecutor(6) as pool:
            written = list(pool.map(lambda _at: letters.write(engine, DRAFT, NOW), range(6)))
            (number,) = letters.waiting(engine, NOW)
            found = list(pool.map(lambda _at: letters.claim(engine, number, NOW), range(6)))
        assert written.count(True) == 1 and len([one for one in found if one is not None]) == 1
    finally:
        engine.dispose()


def test_a_letter_that_was_not_taken_waits_longer_each_time_and_is_given_up_in_the_end(store: Any) -> None:
    now = NOW
    one = claimed(store, good_for=timedelta(days=30))
    for wait in BACK_OFF:
        assert letters.put_back(store, one, now, "busy")
        assert letters.waiting(store, now + wait - timedelta(seconds=1)) == []
        now += wait
        again = letters.claim(store, letters.waiting(store, now)[0], now)
        assert again is not None
        one = again
    assert not letters.put_back(store, one, now, "busy")
    assert letters.waiting(store, now + timedelta(days=1)) == []
    assert (row(store).given_up, row(store).error, row(store).sent_at) == (True, "busy", None)


def test_old_news_is_not_sent(store: Any) -> None:
    letters.write(store, dataclasses.replace(DRAFT, good_for=timedelta(hours=14)), NOW)
    assert letters.waiting(store, NOW + timedelta(hours=14)) == []
    assert row(store).error == letters.TOO_LATE


def test_a_letter_whose_sender_died_may_have_arrived_and_is_not_sent_again(store: Any) -> None:
    claimed(store)
    assert letters.waiting(store, NOW + CLAIM_HOLDS - timedelta(seconds=1)) == [] and not row(store).given_up
    assert letters.waiting(store, NOW + CLAIM_HOLDS) == []
    assert (row(store).given_up, row(store).error) == (True, letters.PERHAPS)


def test_a_letter_for_other_rights_makes_room_for_a_new_one(store: Any) -> None:
    letters.set_aside(store, claimed(store), "rights")
    assert letters.write(store, DRAFT, NOW)
    assert letters.waiting(store, NOW) == [2]


# What goes over the wire


def test_a_letter_arrives_as_text_and_html_with_a_way_out(store: Any) -> None:
    link = "https://stat.city.example/unsubscribe/tok-en"
    with mail_server() as (inbox, port), Session(at(port)) as session:
        one = claimed(store, text="Überfällig: 3\n.\n..hidden\nEnd\n", html="<html><body><p>Überfällig: 3</p></body></html>")
        assert session.send(post.message(one, at(port), "Bad Münster", link), one.email).became == "sent"
    ((to, mail),) = inbox.arrived
    assert (to, mail["To"], mail["Subject"]) == ("ada@city.example", "ada@city.example", "The week")
    assert (
        mail["From"].addresses[0].display_name == "Statroom Bad Münster" and mail["From"].addresses[0].addr_spec == "statroom@city.example"
    )
    assert (mail["List-Unsubscribe"], mail["List-Unsubscribe-Post"]) == (f"<{link}>", "List-Unsubscribe=One-Click")
    assert mail["Auto-Submitted"] == "auto-generated"
    plain, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None and html is not None
    assert plain.get_content().replace("\r\n", "\n") == f"Überfällig: 3\n.\n..hidden\nEnd\n\nNo more of this mail: {link}\n"
    assert f'<a href="{link}">' in html.get_content()
    assert inbox.raw[0].isascii(), "every server can pass it on"


@pytest.mark.parametrize(
    "evil", ["The week\r\nBcc: all@city.example", "The week\nBcc: all@city.example", "The week\u2028Bcc: x@y.zz", "\r\n\r\nBody"]
)
def test_no_text_becomes_a_header(store: Any, evil: str) -> None:
    one = claimed(store, subject=evil)
    made = post.message(one, at(25), f"Town\r\nBcc: all@city.example {evil}")
    lines = made.as_bytes().split(b"\r\n\r\n")[0]
    assert made["Bcc"] is None and b"\nBcc" not in lines
    assert [name for name in made if name not in {"From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted", "MIME-Version", "Content-Type"}] == []  # fmt: skip


def test_a_letter_has_the_same_number_at_every_try(store: Any) -> None:
    one = claimed(store)
    assert post.message(one, at(25), "Town")["Message-ID"] == post.message(one, at(25), "Town")["Message-ID"]


def test_with_starttls_and_a_password(tmp_path: Path, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    context, public = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(public))
    with mail_server(tls=context) as (inbox, port):
        url = f"smtp://{USER}:{quote(PASSWORD, safe='')}@localhost:{port}"
        there = office(
            read_settings({"STATROOM_SMTP_URL": url, "STATROOM_MAIL_FROM": "s@city.example", "STATROOM_BASE_URL": "https://s.example/"})
        )
        assert there is not None and there.site == "https://s.example"
        one = claimed(store)
        with Session(there) as session:
            assert session.send(post.message(one, there, "Town"), one.email).became == "sent"
        with Session(dataclasses.replace(there, password="wrong")) as session, pytest.raises(Unreachable, match="user and password"):
            session.send(post.message(one, there, "Town"), one.email)
    assert len(inbox.arrived) == 1


def test_a_certificate_that_nobody_vouches_for_gets_no_mail(tmp_path: Path, store: Any) -> None:
    context, _public = certificate(tmp_path)
    with mail_server(tls=context) as (inbox, port):
        there, one = at(port, host="localhost", starttls=True, user=USER, password=PASSWORD), claimed(store)
        with Session(there) as session, pytest.raises(Unreachable, match="certificate"):
            session.send(post.message(one, there, "Town"), one.email)
    assert inbox.arrived == []


def test_a_server_without_encryption_gets_no_mail_where_it_is_wanted(store: Any) -> None:
    with mail_server() as (inbox, port):
        there, one = at(port, starttls=True), claimed(store)
        with Session(there) as session, pytest.raises(Unreachable, match="STARTTLS"):
            session.send(post.message(one, there, "Town"), one.email)
    assert inbox.arrived == []


def test_a_refused_address_is_given_up_and_a_busy_one_is_not_and_the_next_letter_is_sent(store: Any) -> None:
    with mail_server() as (inbox, port), Session(at(port)) as session:
        inbox.refused = {"gone@city.example": "550 no such user", "full@city.example": "452 box is full"}
        became = [
            session.send(post.message(one, at(port), "Town"), one.email)
            for one in (claimed(store, key=name, email=f"{name}@city.example") for name in ("gone", "full", "ada"))
        ]
    assert [one.became for one in became] == ["never", "later", "sent"]
    assert "550 no such user" in became[0].error and [to for to, _mail in inbox.arrived] == ["ada@city.example"]


@pytest.mark.parametrize(
    ("does", "became", "had"),
    [("drop_in_letter", "later", 0), ("hang_after_letter", "unknown", 1), ("drop_after_letter", "unknown", 1), ("well", "sent", 1)],
)
def test_what_a_server_may_have_is_not_sent_again_and_what_it_cannot_have_is(store: Any, does: str, became: str, had: int) -> None:
    with closing(Rogue(does)) as server, Session(at(server.port), seconds=QUICK) as session:
        one = claimed(store)
        assert session.send(post.message(one, at(server.port), "Town"), one.email).became == became
        assert server.letters == had
        if became == "later":
            server.does = "well"
            assert session.send(post.message(one, at(server.port), "Town"), one.email).became == "sent"
            assert server.letters == 1


@pytest.mark.parametrize(("does", "why"), [("hang", "in time"), ("busy", "421|closed")])
def test_a_server_that_hangs_or_is_busy_takes_none(store: Any, does: str, why: str) -> None:
    with closing(Rogue(does)) as server, Session(at(server.port), seconds=QUICK) as session:
        one = claimed(store)
        with pytest.raises(Unreachable, match=why):
            session.send(post.message(one, at(server.port), "Town"), one.email)


def test_a_server_that_is_not_there_is_named_without_the_password(store: Any) -> None:
    with closing(Rogue("well")) as server:
        port = server.port
    one = claimed(store)
    with (
        Session(at(port, user="u", password="secret"), seconds=QUICK) as session,
        pytest.raises(Unreachable, match=f"127.0.0.1:{port}") as said,
    ):
        session.send(post.message(one, at(port), "Town"), one.email)
    assert "secret" not in str(said.value)


# Settings


GOOD = {
    "STATROOM_SMTP_URL": "smtp://u:pa%3Ass@mail.city.example",
    "STATROOM_MAIL_FROM": "s@city.example",
    "STATROOM_BASE_URL": "https://s.example",
}


def test_the_server_is_named_by_one_address() -> None:
    there = office(read_settings(GOOD))
    assert there is not None
    assert (there.host, there.port, there.starttls, there.is_tls, there.user, there.password) == (
        "mail.city.example",
        587,
        True,
        False,
        "u",
        "pa:ss",
    )
    tls = office(read_settings({**GOOD, "STATROOM_SMTP_URL": "smtps://mail.city.example"}))
    assert tls is not None and (tls.port, tls.starttls, tls.is_tls) == (465, False, True)
    assert office(read_settings({})) is None
    assert "pa:ss" not in repr(there) and "pa%3Ass" not in repr(read_settings(GOOD))


@pytest.mark.parametrize(
    ("wrong", "name"),
    [({"STATROOM_SMTP_URL": "http://u:geheim@h"}, "STATROOM_SMTP_URL"), ({"STATROOM_SMTP_URL": "smtp://u:geheim@h:x"}, "STATROOM_SMTP_URL"),
     ({"STATROOM_SMTP_URL": "smtp://u:geheim@h?tls=1"}, "STATROOM_SMTP_URL"), ({"STATROOM_SMTP_URL": "smtp://u:geheim@h?starttls=no"}, "STATROOM_SMTP_URL"),
     ({"STATROOM_SMTP_URL": "smtp://u:geheim@h?starttls=false"}, "this machine only"), ({"STATROOM_MAIL_FROM": "Statroom <s@x.yz>"}, "STATROOM_MAIL_FROM"),
     ({"STATROOM_MAIL_FROM": ""}, "STATROOM_MAIL_FROM"), ({"STATROOM_BASE_URL": ""}, "STATROOM_BASE_URL"), ({"STATROOM_BASE_URL": "stat.city"}, "STATROOM_BASE_URL")],
)  # fmt: skip
def test_what_cannot_be_used_is_named_and_no_password_told(wrong: dict[str, str], name: str) -> None:
    with pytest.raises(SettingsError, match=name) as said:
        office(read_settings({**GOOD, **wrong}))
    assert "geheim" not in str(said.value)
