"""Making the letters that are due and handing over those that wait, for the command and for the clock."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage

from cli.city import configured_city
from cli.errors import one_line
from cli.portal_mail import Portal
from components.mail_due import Due, Postman
from data_access import post
from data_access.post import Office
from data_access.store import letters, subscriptions
from data_access.store.engine import Store, prepared
from data_access.store.letters import Letter
from settings import Settings, utc_now

TROUBLES_FOR = timedelta(days=7)


@dataclass
class Done:
    """What one run did."""

    made: int = 0
    sent: int = 0
    waiting: int = 0
    """Could not be handed over; tried again later."""
    given_up: int = 0
    silent: list[str] = field(default_factory=list)
    """Why subscriptions get nothing, each in a sentence."""
    error: str = ""
    """What the server said last of a letter it did not take; empty if it took all."""

    @property
    def is_worth_saying(self) -> bool:
        return bool(self.made or self.sent or self.error)

    def __str__(self) -> str:
        parts = [f"{self.made} made", f"{self.sent} sent"]
        parts += [f"{self.waiting} to be tried again"] if self.waiting else []
        parts += [f"{self.given_up} given up"] if self.given_up else []
        return "Mail: " + ", ".join(parts) + "." + (f" {self.error}" if self.error else "")


def due_now(settings: Settings) -> Due:
    """What is due, without a server and without keeping it.

    Raises:
        MartUnavailable: before the first load.
    """
    office = post.office(settings)
    postman = Postman(settings, prepared(settings.store_url, settings.backups), "" if office is None else office.site, _now())
    of_loads, due = postman.of_loads(), postman.due()
    return Due([*of_loads, *due.drafts], due.silent, due.failed)


def send_due(settings: Settings) -> Done | None:
    """Make what is due and send what waits, to staff and to residents; None where no mail server is named.

    Raises:
        SettingsError: the mail settings cannot be used.
        MartUnavailable: before the first load.
    """
    office = post.office(settings)
    if office is None:
        return None
    store = prepared(settings.store_url, settings.backups)
    done = Done()
    _write_of_loads(settings, store, office, done)
    due = Postman(settings, store, office.site, _now()).due()
    done.silent, done.error = due.silent, " ".join(due.failed)
    for draft in due.drafts:
        done.made += letters.write(store, draft, _now())
    _send(settings, store, office, done, with_news=True)
    return done


def send_waiting(settings: Settings) -> Done | None:
    """Send what waits, and of what is due only what is to be told of loads: so that a letter is tried again, a resident asked to
    confirm, and an administrator told of old data also between two loads."""
    office = post.office(settings)
    if office is None:
        return None
    store, done = prepared(settings.store_url, settings.backups), Done()
    _write_of_loads(settings, store, office, done)
    _send(settings, store, office, done, with_news=False)
    return done


def _write_of_loads(settings: Settings, store: Store, office: Office, done: Done) -> None:
    """Before anything that needs data: a first load may be the one that fails."""
    for draft in Postman(settings, store, office.site, _now()).of_loads():
        done.made += letters.write(store, draft, _now())


def troubles(settings: Settings) -> list[str]:
    """The letters to staff of the last days that were not sent, each with the reason."""
    return [
        f"{subject}: {error}" for subject, error in letters.troubles(prepared(settings.store_url, settings.backups), _now() - TROUBLES_FOR)
    ]


def _send(settings: Settings, store: Store, office: Office, done: Done, *, with_news: bool) -> None:
    """Send what waits: to staff first, whom nothing that goes wrong with residents' mail must keep waiting."""
    with post.Session(office) as session:
        try:
            _hand_over(store, session, lambda letter: _of_staff(settings, store, office, letter), done)
            portal = Portal(settings)
            if portal.site:
                portal.forget(_now())
                done.made += portal.write_due(_now()) if with_news else 0
                _hand_over(portal.engine, session, lambda letter: portal.message(letter, office, _now()), done)
        except post.Unreachable:
            # No other letter would fare better; the one that was tried says why.
            return


def _hand_over(store: Store, session: post.Session, message: Callable[[Letter], EmailMessage | None], done: Done) -> None:
    """Send what waits in one outbox. `message`: what goes out for a claimed letter; None if it put the letter away."""
    for number in letters.waiting(store, _now()):
        letter = letters.claim(store, number, _now())
        if letter is None:
            continue
        try:
            made = message(letter)
        except Exception as error:
            # What cannot be written now must not stop the others, and was not sent.
            _not_taken(store, letter, f"It could not be written: {one_line(error)}", done)
            continue
        if made is None:
            continue
        try:
            outcome = session.send(made, made["To"].addresses[0].addr_spec)
        except post.Unreachable as error:
            _not_taken(store, letter, str(error), done)
            raise
        if outcome.became == "sent":
            letters.sent(store, letter, _now())
            done.sent += 1
        elif outcome.became == "later":
            _not_taken(store, letter, outcome.error, done)
        else:
            letters.give_up(store, letter, outcome.error)
            done.given_up, done.error = done.given_up + 1, outcome.error


def _of_staff(settings: Settings, store: Store, office: Office, letter: Letter) -> EmailMessage | None:
    """A letter to staff, if it is still wanted, and of what its reader may see now; otherwise it is put away with the reason."""
    postman, link = Postman(settings, store, office.site, _now()), ""
    if letter.subscription_id is None:
        if not postman.is_owed(letter.key):
            letters.give_up(store, letter, "The commitment was answered, moved or closed before it was sent.")
            return None
    else:
        subscription = subscriptions.one(store, letter.subscription_id)
        if subscription is None or subscription.ended_at is not None:
            letters.give_up(store, letter, "It was unsubscribed from before it was sent.")
            return None
        if postman.rights(subscription.owner_id) != letter.rights:
            letters.set_aside(store, letter, "What the reader may see has changed since it was written.")
            return None
        link = f"{office.site}/unsubscribe/{subscriptions.new_token(store, subscription.id, _now())}"
    return post.message(letter, office, configured_city(settings).name, link)


def _not_taken(store: Store, letter: Letter, error: str, done: Done) -> None:
    done.error = error
    if letters.put_back(store, letter, _now(), error):
        done.waiting += 1
    else:
        done.given_up += 1


def _now() -> datetime:
    return utc_now().replace(tzinfo=None)
