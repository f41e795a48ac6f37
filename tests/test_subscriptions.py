"""Subscriptions: one's own only, ended and taken up again; what is sent, to whom, when, and with which rights."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from click.testing import CliRunner
from sqlalchemy import select, update

from access import PUBLIC_VIEWER, AccessDenied, Viewer
from cli.commands import COMMANDS
from cli.mail import after_load, in_between
from cli.mailing import send_due
from components.mail_due import Postman
from data_access.store import accounts, commitments, letters, meetings, passwords, readers, subscriptions
from data_access.store.acting import Acting
from data_access.store.letters import Draft
from data_access.store.meeting_models import letter, subscription, unsubscribe_link
from data_access.store.models import account, sign_in
from data_access.store.subscriptions import MOST, NotSubscribed
from metrics import mail
from metrics.desk import Desk
from settings import Provider, Settings
from tests.support.desks import CITY_TOML
from tests.support.marts import MAYOR, make_mart, settings_in, small_city
from tests.support.smtp import mail_server
from tests.support.stores import empty_store

MONDAY = date(2026, 3, 30)
"""The first day after the last week of the towns below; their zone is UTC."""
BEFORE = datetime(2026, 1, 5, 9)
NOW = datetime(2026, 3, 30, 9)
SITE = "https://stat.city.example"
GOOD = "lantern gravel otter parade"
DIGEST: dict[str, Any] = {"email": "ada@city.example", "kind": "digest", "title": "The week", "filters": ""}
EXECUTIVE = Viewer("executive", "Mayor's office", "executive")
COUNCIL = Viewer("council", "Council office (figures only)", "viewer")


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    # What is tested here is not how long a guess takes.
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    engine = empty_store(f"sqlite:///{tmp_path / 'own.sqlite'}")
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Parks open 20 cases a week, a few more or fewer, and in the last week 60; roads always about 20. All are closed within a day, but
    one of parks that was due on 24 March and one that is due on the 30th."""
    folder, made = tmp_path_factory.mktemp("town"), []
    for week in range(64):
        monday = datetime(2026, 3, 23, 9) - timedelta(weeks=63 - week)
        for department, n in (("parks", 60 if week == 63 else 20 + week * 7 % 5), ("roads", 20 + week * 3 % 5)):
            made += [
                {"source_id": f"{department[0]}{week}-{at}", "department": department, "request_type": "tree" if department == "parks" else "pothole", "case_class": "service",
                 "opened_at": monday + timedelta(hours=at % 7), "due_at": monday + timedelta(days=3), "closed_at": monday + timedelta(days=1), "status": "closed", "outcome": "resolved",
                 "address": "12 Elm Street", "description": "Call me at home"}
                for at in range(n)
            ]  # fmt: skip
    open_ = {
        "department": "parks",
        "request_type": "bench",
        "case_class": "service",
        "status": "open",
        "opened_at": datetime(2026, 3, 23, 9),
        "address": "12 Elm Street",
    }
    made += [
        {**open_, "source_id": "late-1", "due_at": datetime(2026, 3, 24, 9)},
        {**open_, "source_id": "due-1", "due_at": datetime(2026, 3, 30, 17)},
    ]
    departments = [{"id": "parks", "name": "Parks"}, {"id": "roads", "name": "Roads"}]
    make_mart(folder, made, as_of=datetime(2026, 3, 30), city=small_city("UTC", department=departments))
    (folder / "city").mkdir()
    (folder / "city" / "city.toml").write_text(CITY_TOML.format(more=""))
    return folder


def settings_of(town: Path, store: Any, **other: Any) -> Settings:
    url = store.url.render_as_string(hide_password=False)
    return dataclasses.replace(settings_in(town), city=town / "city", store_url=url, **other)


def postman(town: Path, store: Any, now: datetime = NOW, **other: Any) -> Postman:
    return Postman(settings_of(town, store, **other), store, SITE, now)


def acting(store: Any, viewer: Viewer = EXECUTIVE, now: datetime = BEFORE) -> Acting:
    return Acting(viewer, store, now)


def add(store: Any, viewer: Viewer = EXECUTIVE, now: datetime = BEFORE, **other: Any) -> int:
    return subscriptions.add(acting(store, viewer, now), **{**DIGEST, **other})


def drafts(town: Path, store: Any, now: datetime = NOW, **other: Any) -> list[Draft]:
    return postman(town, store, now, **other).due().drafts


def written(store: Any, found: list[Draft], now: datetime = NOW) -> None:
    assert found and all(letters.write(store, one, now) for one in found)


# One's own


def test_everybody_sees_and_ends_only_their_own(store: Any) -> None:
    number = add(store)
    assert subscriptions.own(store, COUNCIL, NOW) == []
    for change in (subscriptions.end, subscriptions.restore):
        with pytest.raises(NotSubscribed, match="no such subscription"):
            change(acting(store, COUNCIL), number)
    assert [one.ended_at for one in subscriptions.own(store, EXECUTIVE, NOW)] == [None]
    with pytest.raises(AccessDenied):
        add(store, PUBLIC_VIEWER)


def test_what_was_ended_can_be_taken_up_again_for_a_month(store: Any) -> None:
    number = add(store)
    subscriptions.end(acting(store, now=NOW), number)
    assert subscriptions.going_on(store) == []
    assert [one.ended_at for one in subscriptions.own(store, EXECUTIVE, NOW + timedelta(days=29))] == [NOW]
    assert subscriptions.own(store, EXECUTIVE, NOW + timedelta(days=31)) == []
    subscriptions.restore(acting(store), number)
    assert [one.id for one in subscriptions.going_on(store)] == [number]


def test_what_goes_on_again_under_another_number_is_not_taken_up_too(store: Any) -> None:
    """Or every letter would come twice."""
    first = add(store)
    subscriptions.end(acting(store, now=NOW), first)
    add(store)
    with pytest.raises(NotSubscribed, match="already"):
        subscriptions.restore(acting(store), first)
    assert len(subscriptions.going_on(store)) == 1


def test_a_button_that_is_pressed_twice_subscribes_once(store: Any) -> None:
    def press(_at: int) -> bool:
        try:
            add(store)
        except NotSubscribed:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert any(pool.map(press, range(6)))
    assert len(subscriptions.going_on(store)) == 1


def test_nobody_fills_a_post_box_from_here(store: Any) -> None:
    first = add(store)
    with pytest.raises(NotSubscribed, match="already"):
        add(store)
    for at in range(MOST - 1):
        add(store, filters=f"department=d{at}")
    with pytest.raises(NotSubscribed, match="20 subscriptions"):
        add(store, filters="department=parks")
    subscriptions.end(acting(store), first)
    add(store, filters="department=parks")
    with pytest.raises(NotSubscribed, match="20 subscriptions"):
        subscriptions.restore(acting(store), first)


@pytest.mark.parametrize(
    "email", ["", "ada", "ada@city", "a@b.cc,c@d.ee", "a@b.cc;c@d.ee", "a b@c.dd", "Ada <a@b.cc>", "a@b.cc\r\nBcc: x@y.zz", "a@b.cc\x00", "ä@b.cc", "a@b..cc", "@b.cc", "x" * 200 + "@b.cc", '"a"@b.cc'],
)  # fmt: skip
def test_an_address_is_one_plain_address(store: Any, email: str) -> None:
    with pytest.raises(NotSubscribed, match="no e-mail address"):
        add(store, email=email)


# The way out


def test_a_link_ends_its_own_subscription_and_only_its_hash_is_kept(store: Any) -> None:
    mine, other = add(store), add(store, filters="department=parks")
    token, second = subscriptions.new_token(store, mine, NOW), subscriptions.new_token(store, mine, NOW)
    with store.connect() as connection:
        kept = {row.token_hash for row in connection.execute(select(unsubscribe_link))}
    assert token not in kept and len(kept) == 2 and token != second and len(token) >= 43
    for _ in range(2):
        found = subscriptions.end_by_token(store, token, NOW)
        assert found is not None and found.id == mine
    assert [one.id for one in subscriptions.going_on(store)] == [other]
    for wrong in ("", "x", token[:-1], token + "x", "\udc80", "é"):
        assert subscriptions.end_by_token(store, wrong, NOW) is None


# Who is written to


def test_an_account_that_cannot_be_used_gets_nothing(town: Path, store: Any) -> None:
    accounts.add(store, login="root", name="Root", role="admin", password=GOOD, now=BEFORE)
    ada = accounts.add(store, login="ada@city.example", name="Ada", role="executive", password=GOOD, now=BEFORE)
    add(store, ada.viewer)
    assert len(drafts(town, store, sign_in="accounts")) == 1
    # Where passwords are not used any more, nobody can look with one.
    assert drafts(town, store, sign_in="oidc", provider=Provider("https://id.example", "c", "s")) == []
    accounts.disable(store, "ada@city.example", NOW)
    due = postman(town, store, sign_in="accounts").due()
    assert due.drafts == [] and "cannot be used" in due.silent[0]
    accounts.disable(store, "ada@city.example", NOW, disabled=False)
    accounts.reset(store, "ada@city.example", NOW)
    assert drafts(town, store, sign_in="accounts") == []


def test_who_signs_in_elsewhere_is_written_to_while_the_provider_vouched_lately(town: Path, store: Any) -> None:
    ada = accounts.add(store, login="ada@city.example", name="Ada", role="executive", password=GOOD, now=BEFORE)
    with store.begin() as connection:
        connection.execute(update(account).values(issuer="https://id.example", subject="1", password_hash=None))
        connection.execute(
            sign_in.insert().values(
                token_hash="t", account_id=ada.id, began_at=NOW - timedelta(days=40), seen_at=NOW, checked_at=NOW - timedelta(days=29)
            )
        )
    settings = settings_of(town, store, sign_in="oidc", provider=Provider("https://id.example", "c", "s"))
    assert readers.reader(store, settings, ada.viewer.id, NOW) == ada.viewer
    assert readers.reader(store, settings, ada.viewer.id, NOW + timedelta(days=1)) is None
    other = dataclasses.replace(settings, provider=Provider("https://other.example", "c", "s"))
    assert readers.reader(store, other, ada.viewer.id, NOW) is None


@pytest.mark.parametrize("owner", ["", "account-", "account-99", "account-1 OR 1=1", "executive", "account-²"])
def test_no_other_id_is_an_account(town: Path, store: Any, owner: str) -> None:
    accounts.add(store, login="ada", name="Ada", role="executive", password=GOOD, now=BEFORE)
    assert readers.reader(store, settings_of(town, store, sign_in="accounts"), owner, NOW) is None


def test_rights_are_those_of_the_moment_of_sending(town: Path, store: Any) -> None:
    accounts.add(store, login="root", name="Root", role="admin", password=GOOD, now=BEFORE)
    ada = accounts.add(store, login="ada", name="Ada", role="executive", password=GOOD, now=BEFORE)
    add(store, ada.viewer)
    add(store, ada.viewer, filters="department=roads", title="Roads")
    before = drafts(town, store, sign_in="accounts")
    assert len(before) == 2 and "Opened: 86 cases" in before[0].text
    accounts.change_role(store, "ada", "department", ("parks",))
    due = postman(town, store, sign_in="accounts").due()
    assert ["Opened: 62 cases" in one.text for one in due.drafts] == [True], "62 of parks, and nothing of roads"
    assert due.drafts[0].rights != before[0].rights
    assert "no department called 'roads'" in due.silent[0]


# The week before the meeting


def test_the_week_is_told_once_on_its_first_day_or_the_day_before_a_meeting_about_it(town: Path, store: Any) -> None:
    add(store)
    add(store, filters="department=roads")
    (city, roads) = drafts(town, store)
    assert city.key.endswith("2026-03-23") and "The week of 23 to 29 Mar 2026" in city.text
    written(store, [city, roads])
    assert drafts(town, store) == [] and drafts(town, store, NOW + timedelta(days=6)) == []


@pytest.mark.parametrize(("day", "told"), [(30, 0), (31, 0), (32, 1), (33, 1)])
def test_a_meeting_on_thursday_has_its_letter_on_wednesday(town: Path, store: Any, day: int, told: int) -> None:
    planner = Viewer("m", "Mayor", "executive")
    meetings.plan_series(
        acting(store, planner), name="Parks", departments=["parks"], first_on=date(2026, 4, 2), starts_at="09:00", minutes=60, every_weeks=1
    )
    meetings.materialise(store, MONDAY)
    add(store, filters="department=parks")
    add(store, filters="department=roads")
    keys = [one.key.split(":")[1] for one in drafts(town, store, datetime(2026, 3, 1, 9) + timedelta(days=day - 1))]
    assert keys == ["1", "2"] if told else keys == ["2"]


def test_who_subscribes_after_that_day_begins_with_the_next_week(town: Path, store: Any) -> None:
    add(store, now=NOW + timedelta(days=1))
    assert drafts(town, store, NOW + timedelta(days=2)) == []


def test_the_letter_has_figures_signals_promises_and_links(town: Path, store: Any) -> None:
    commitments.make(
        Acting(MAYOR, store, BEFORE), meeting_id=None, department="parks", deliverable="A second crew", owner_name="Bo", owner_email="", due_on=date(2026, 3, 20),
        metric="ontime_due", filters="department=parks", expected="higher", expected_value=None, made_on=date(2026, 3, 1),
    )  # fmt: skip
    add(store, filters="department=parks")
    (one,) = drafts(town, store)
    assert "- Opened: 62 cases; up 38 (158 %) on the week before" in one.text
    assert "- tree: opened: 38 more opened than expected. 1 week: outside its limits. Ask Parks." in one.text
    assert "- Bo: A second crew (10 days late, 20 Mar 2026)" in one.text and f"{SITE}/commitments/1" in one.text
    assert f'href="{SITE}/signals?' in one.html and "12 Elm Street" not in one.text + one.html


# The crew's day


def test_the_work_list_has_numbers_and_types_and_no_address(town: Path, store: Any) -> None:
    add(store, kind="worklist", filters="department=parks", title="Parks")
    (one,) = drafts(town, store)
    assert one.subject == "Parks: 1 due, 1 overdue"
    assert one.text.index("due-1 bench, due 30 Mar 2026, 17:00") < one.text.index("late-1 bench, due 24 Mar 2026, 09:00, 6 days late")
    assert f"{SITE}/cases/requests/late-1" in one.text
    for secret in ("Elm", "home"):
        assert secret not in one.text + one.html
    written(store, [one])
    assert drafts(town, store, NOW + timedelta(hours=9)) == []
    assert [again.key for again in drafts(town, store, NOW + timedelta(days=1))] == ["worklist:1:2026-03-31"]


def test_the_work_list_comes_in_the_morning_and_not_where_there_is_nothing(town: Path, store: Any) -> None:
    add(store, kind="worklist", filters="department=parks")
    add(store, kind="worklist", filters="department=roads")
    assert drafts(town, store, datetime(2026, 3, 30, 4, 59)) == []
    assert [one.key for one in drafts(town, store, datetime(2026, 3, 30, 5, 0))] == ["worklist:1:2026-03-30"]


def test_the_work_list_counts_all_that_is_due_and_names_the_first(tmp_path: Path) -> None:
    """Of a whole city more than a page of a list has."""
    case = {
        "department": "parks",
        "request_type": "bench",
        "case_class": "service",
        "status": "open",
        "opened_at": datetime(2026, 3, 23, 9),
    }
    due = [{**case, "source_id": f"due-{at}", "due_at": datetime(2026, 3, 30, 10) + timedelta(seconds=at)} for at in range(501)]
    make_mart(tmp_path, [*due, {**case, "source_id": "later", "due_at": datetime(2026, 3, 31, 10)}], as_of=datetime(2026, 3, 30))
    asked = Desk(settings_in(tmp_path), lambda: EXECUTIVE).ask({})
    found = mail.worklist(asked, MONDAY)
    assert (found.due_n, len(found.due), found.overdue_n) == (501, mail.MOST_CASES, 0)


# Signals, never noise


def test_a_signal_is_told_once_and_noise_never(town: Path, store: Any) -> None:
    add(store, kind="signal", metric="opened", filters="department=parks")
    add(store, kind="signal", metric="opened", filters="department=roads")
    (one,) = drafts(town, store)
    assert one.key == "signal:1:opened:up:2026-03-23"
    assert (
        one.subject == "Opened is higher than expected: Parks"
        and "62 cases in the week of 23 to 29 Mar 2026, 22 cases expected" in one.text
    )
    written(store, [one])
    assert drafts(town, store) == []


def test_what_went_on_before_somebody_asked_is_no_news(town: Path, store: Any) -> None:
    add(store, kind="signal", metric="opened", filters="department=parks", now=NOW)
    assert drafts(town, store) == []


@pytest.mark.parametrize(
    ("metric", "filters", "bound", "beyond", "told"),
    [("opened", "department=parks", 50, "higher", 1), ("opened", "department=parks", 70, "higher", 0), ("opened", "department=parks", 70, "lower", 0),
     ("opened", "department=roads", 10, "higher", 0), ("opened", "department=roads", 30, "lower", 0)],
)  # fmt: skip
def test_a_threshold_tells_only_of_a_signal_beyond_it(
    town: Path, store: Any, metric: str, filters: str, bound: float, beyond: str, told: int
) -> None:
    """Roads lie beyond both values and always did: no signal, no letter."""
    add(store, kind="threshold", metric=metric, filters=filters, bound=bound, beyond=beyond)
    assert len(drafts(town, store)) == told


def test_an_episode_that_goes_on_is_the_same_and_a_later_one_is_not(town: Path, store: Any) -> None:
    asked = Desk(settings_of(town, store), lambda: EXECUTIVE).ask({"department": "parks", "weeks": "52"})
    (one,) = mail.alerts(asked, "opened")
    assert (one.since, one.week, one.sign, one.value) == (date(2026, 3, 23), date(2026, 3, 23), 1, 62.0)
    later = dataclasses.replace(one, week=one.week + timedelta(weeks=5))
    assert later.is_told([one.key]) and not one.is_told([])
    # Its first week moved by the few weeks that a gap may have.
    assert dataclasses.replace(later, since=one.since + timedelta(weeks=3)).is_told([one.key])
    assert not dataclasses.replace(later, since=one.since + timedelta(weeks=5)).is_told([one.key])


# What is owed


def promise(store: Any, email: str = "bo@parks.example", due_on: date = MONDAY) -> int:
    return commitments.make(
        Acting(MAYOR, store, BEFORE), meeting_id=None, department="parks", deliverable="A second crew\u2028Bcc: x@y.zz", owner_name="Bo", owner_email=email, due_on=due_on,
        metric="ontime_due", filters="", expected="higher", expected_value=0.9, made_on=date(2026, 3, 1),
    )  # fmt: skip


def test_an_owner_is_reminded_once_until_the_next_time(town: Path, store: Any) -> None:
    number = promise(store)
    promise(store, email="all,bo@parks.example")
    (one,) = drafts(town, store)
    assert (one.key, one.email, one.subscription_id) == (f"reminder:{number}:2026-03-30", "bo@parks.example", None)
    assert (
        "Due on Mon 30 Mar 2026: due today." in one.text
        and "On time should go up to 90.0 %" in one.text
        and f"{SITE}/commitments/{number}" in one.text
    )
    written(store, [one])
    assert drafts(town, store, NOW + timedelta(days=6)) == []
    assert [again.key for again in drafts(town, store, NOW + timedelta(days=7))] == [f"reminder:{number}:2026-04-06"]


# The command


def run(town: Path, store: Any, monkeypatch: pytest.MonkeyPatch, *arguments: str, **environ: str) -> Any:
    settings = settings_of(town, store)
    usual = {
        "STATROOM_CITY": str(settings.city),
        "STATROOM_DATA": str(settings.data),
        "STATROOM_STORE_URL": settings.store_url,
        "STATROOM_SIGN_IN": "demo",
    }
    for name, text in {**usual, **environ}.items():
        monkeypatch.setenv(name, text)
    return CliRunner().invoke(next(command for command in COMMANDS if command.name == "mail"), list(arguments))


def with_server(port: int) -> dict[str, str]:
    return {
        "STATROOM_SMTP_URL": f"smtp://127.0.0.1:{port}?starttls=false",
        "STATROOM_MAIL_FROM": "s@city.example",
        "STATROOM_BASE_URL": SITE,
    }


def test_without_a_mail_server_the_command_says_so_and_keeps_nothing(town: Path, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    promise(store)
    done = run(town, store, monkeypatch)
    assert done.exit_code == 0 and "No mail is sent: STATROOM_SMTP_URL is empty" in done.output
    shown = run(town, store, monkeypatch, "--dry-run")
    assert shown.exit_code == 0 and "To: bo@parks.example" in shown.output and "1 due; nothing was kept or sent." in shown.output
    with store.connect() as connection:
        assert connection.execute(select(letter)).all() == []


def test_the_command_sends_what_is_due_once_however_often_it_runs(town: Path, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    promise(store)
    with mail_server() as (inbox, port):
        done = [run(town, store, monkeypatch, **with_server(port)) for _ in range(3)]
        assert [one.exit_code for one in done] == [0, 0, 0]
        assert [one.output for one in done] == ["Mail: 1 made, 1 sent.\n", *["Mail: 0 made, 0 sent.\n"] * 2]
    ((to, message),) = inbox.arrived
    assert to == "bo@parks.example" and message["Bcc"] is None and "List-Unsubscribe" not in message


def test_a_server_that_is_down_costs_no_letter(town: Path, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    promise(store)
    with mail_server() as (_inbox, port):
        pass
    down = run(town, store, monkeypatch, **with_server(port))
    assert down.exit_code == 1 and "1 made, 0 sent, 1 to be tried again" in down.output
    with store.begin() as connection:
        connection.execute(update(letter).values(next_try_at=BEFORE))
    with mail_server() as (inbox, port):
        assert "0 made, 1 sent" in run(town, store, monkeypatch, **with_server(port)).output
    assert len(inbox.arrived) == 1


def test_several_processes_send_each_letter_once(town: Path, store: Any) -> None:
    for at in range(12):
        promise(store, email=f"owner-{at}@parks.example")
    with mail_server() as (inbox, port):
        settings = settings_of(town, store, smtp_url=f"smtp://127.0.0.1:{port}?starttls=false", mail_from="s@city.example", base_url=SITE)
        with ThreadPoolExecutor(4) as pool:
            done = list(pool.map(lambda _at: send_due(settings), range(4)))
    assert sorted(to for to, _message in inbox.arrived) == sorted(f"owner-{at}@parks.example" for at in range(12))
    assert sum(one.sent for one in done if one is not None) == 12


def waiting_letter(store: Any, number: int, rights: str) -> None:
    draft = Draft(
        "digest:1:x", number, "ada@city.example", "The week", "Text\n", "<html><body></body></html>", rights, timedelta(days=3650)
    )
    assert letters.write(store, draft, NOW)


def test_a_letter_that_waits_goes_out_with_a_link_of_its_own(town: Path, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    number = add(store, now=datetime(2100, 1, 1))
    waiting_letter(store, number, letters.rights_of(EXECUTIVE))
    with mail_server() as (inbox, port):
        assert "1 sent" in run(town, store, monkeypatch, **with_server(port)).output
    link = inbox.arrived[0][1]["List-Unsubscribe"].strip("<>")
    assert link.startswith(f"{SITE}/unsubscribe/")
    found = subscriptions.of_token(store, link.rpartition("/")[2])
    assert found is not None and found.id == number


@pytest.mark.parametrize("what", ["ended", "other rights", "finished"])
def test_a_letter_that_waits_is_not_sent_when_it_is_not_wanted_or_not_allowed_any_more(
    town: Path, store: Any, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    if what == "finished":
        number = promise(store)
        written(store, [dataclasses.replace(one, good_for=timedelta(days=3650)) for one in drafts(town, store)])
        commitments.give_evidence(Acting(MAYOR, store, NOW), number, "Done.")
    else:
        number = add(store, now=datetime(2100, 1, 1))
        waiting_letter(store, number, letters.rights_of(EXECUTIVE if what == "ended" else COUNCIL))
        if what == "ended":
            subscriptions.end(acting(store), number)
    with mail_server() as (inbox, port):
        done = run(town, store, monkeypatch, **with_server(port))
    assert done.exit_code == 0 and inbox.arrived == []
    with store.connect() as connection:
        assert connection.execute(select(letter.c.given_up)).scalar() is True


def test_one_that_cannot_be_written_keeps_no_other_from_its_reader(town: Path, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = add(store, kind="signal", metric="opened", now=BEFORE)
    with store.begin() as connection:
        connection.execute(update(subscription).where(subscription.c.id == broken).values(metric="no_such_metric"))
    promise(store)
    with mail_server() as (inbox, port):
        done = run(town, store, monkeypatch, **with_server(port))
    assert done.exit_code == 1 and "1 made, 1 sent." in done.output and "could not be written" in done.output
    assert len(inbox.arrived) == 1


def test_the_operator_is_told_what_was_not_sent(town: Path, store: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    promise(store)
    with mail_server() as (inbox, port):
        inbox.refused = {"bo@parks.example": "550 no such user"}
        done = [run(town, store, monkeypatch, **with_server(port)) for _ in range(2)]
    assert [one.exit_code for one in done] == [1, 0]
    assert "Not sent: Promised" in done[1].output and "550 no such user" in done[1].output and "bo@parks" not in done[1].output


def test_the_clock_goes_on_when_mail_cannot_be_sent(town: Path, store: Any, capsys: pytest.CaptureFixture[str]) -> None:
    wrong = settings_of(town, store, smtp_url="smtp://mail.city.example")
    for call in (after_load, in_between):
        call(wrong)
    assert capsys.readouterr().err.count("Mail could not be sent: STATROOM_MAIL_FROM") == 2
