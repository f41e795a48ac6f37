"""Which letters are due now, each with its key: to readers of subscriptions with their own rights of this moment, and to owners of commitments."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from access import MAY, AccessDenied, Viewer
from components import letter_words, load_mail, viewers
from components.letter import Letter, as_html, as_text
from data_access.mart.reading import Mart, MartUnavailable
from data_access.store import annotations, commitments, letters, meetings, readers, subscriptions
from data_access.store.commitments import Reminder
from data_access.store.engine import Store
from data_access.store.letters import Draft
from data_access.store.subscriptions import DIGEST, LOADS, WORKLIST, Subscription
from metrics import mail, promised
from metrics.agreed import concerned
from metrics.desk import Desk
from metrics.notes import Rebasing
from metrics.question import BadQuestion
from metrics.select import Asked
from settings import Settings

log = logging.getLogger(__name__)

FROM_HOUR = 5
"""On the city's clock: a work list of the day is there when a shift begins, and not at midnight."""
GOOD_FOR = {DIGEST: timedelta(days=5), WORKLIST: timedelta(hours=14)}
USUALLY_GOOD_FOR = timedelta(days=5)


@dataclass(frozen=True)
class Due:
    """What is due, and what is not written to whom."""

    drafts: list[Draft]
    silent: list[str]
    """Why a subscription gets nothing, each in a sentence."""
    failed: list[str]
    """Of what nobody foresaw, which subscription it concerns; the log has the rest."""


class Postman:
    """One process's look at what is due.

    Args:
        site: where the links of letters lead.
        now: naive UTC.
    """

    def __init__(self, settings: Settings, store: Store, site: str, now: datetime) -> None:
        # Also where the process is told to serve the public: mail of staff is what staff see.
        self._settings, self._store, self._site, self._now = replace(settings, audience="staff"), store, site, now

    def reader(self, owner_id: str) -> Viewer | None:
        """The viewer of that id, with the rights of this moment; None if they could not look now."""
        if self._settings.sign_in == "demo":
            return viewers.viewer_named(owner_id, self._mart())
        return readers.reader(self._store, self._settings, owner_id, self._now)

    def rights(self, owner_id: str) -> str:
        """The rights of that reader as letters remember them; empty for nobody."""
        viewer = self.reader(owner_id)
        return "" if viewer is None else letters.rights_of(viewer)

    def is_owed(self, key: str) -> bool:
        """Whether the reminder of that key is still due."""
        day = self._desk(None).calendar.day_of(self._now)
        return key in {_reminder_key(one) for one in commitments.due_for_reminder(self._store, day)}

    def due(self) -> Due:
        """All that is due now and not written yet."""
        made = Due(self._reminders(), [], [])
        for one in subscriptions.going_on(self._store):
            viewer = self.reader(one.owner_id)
            if viewer is None:
                made.silent.append(f"“{one.title}”: the account of {one.owner_id} cannot be used now.")
                continue
            if one.kind == LOADS:
                if not _administers(viewer):
                    made.silent.append(f"“{one.title}”: {one.owner_id} is no administrator any more.")
                continue
            try:
                made.drafts.extend(self._due_of(one, viewer))
            except (BadQuestion, AccessDenied) as error:
                made.silent.append(f"“{one.title}”: {error}")
            except Exception:
                # One that cannot be written must not keep the others from their readers.
                log.exception("Subscription %s failed", one.id)
                made.failed.append(f"“{one.title}” could not be written.")
        return made

    def of_loads(self) -> list[Draft]:
        """What administrators are to be told of loads now and is not written yet. Needs no data in service where people have accounts."""
        made: list[Draft] = []
        for one in subscriptions.going_on(self._store):
            if one.kind == LOADS and (viewer := self._administrator(one)) is not None:
                keyed = [(self._key(one, about), letter) for about, letter in self._loads(one)]
                fresh = [(key, letter) for key, letter in keyed if not letters.is_written(self._store, key)]
                rights = letters.rights_of(viewer)
                made += [self._draft(key, one.id, one.email, letter, rights, USUALLY_GOOD_FOR) for key, letter in fresh]
        return made

    def preview(self, of: Subscription, viewer: Viewer) -> Letter | None:
        """The letter as it would be now, due or not; None where there is nothing to tell.

        Raises:
            BadQuestion: what it is about is not open to the viewer any more.
        """
        if of.kind == LOADS:
            return next((letter for _about, letter in self._loads(of)), None) if _administers(viewer) else None
        asked = self._asked(of, viewer)
        if of.kind == DIGEST:
            return self._digest(of, viewer, asked)
        if of.kind == WORKLIST:
            return self._worklist(of, asked)
        return next((letter_words.alert(one, of, asked) for one in self._alerts(of, viewer, asked)), None)

    def _due_of(self, of: Subscription, viewer: Viewer) -> Iterable[Draft]:
        asked = self._asked(of, viewer)
        today = asked.calendar.day_of(self._now)
        begun = asked.calendar.day_of(of.created_at)
        if of.kind == DIGEST:
            week, end = asked.last_week()
            known = meetings.schedule(self._store, concerned(viewer, asked.mart), end, end + timedelta(days=6))
            day = mail.digest_day(asked, known)
            return self._written(of, viewer, f"{week}", begun <= day <= today, lambda: self._digest(of, viewer, asked))
        if of.kind == WORKLIST:
            is_time = asked.calendar.local(self._now).hour >= FROM_HOUR
            return self._written(of, viewer, f"{today}", is_time, lambda: self._worklist(of, asked))
        made: list[Draft] = []
        beginning = self._key(of, "")
        for one in self._alerts(of, viewer, asked):
            # A key with "#" is that of a letter that was not sent because of changed rights.
            keys = [key for key in letters.keys_from(self._store, beginning + one.series) if "#" not in key]
            if one.is_new(asked.calendar.day_of(of.created_at)) and not one.is_told(key.removeprefix(beginning) for key in keys):
                made += self._written(of, viewer, one.key, True, lambda one=one: letter_words.alert(one, of, asked))
        return made

    def _written(self, of: Subscription, viewer: Viewer, about: str, is_due: bool, write: Callable[[], Letter | None]) -> list[Draft]:
        """The draft, if it is due and its key is not taken; nothing is counted for one that is not."""
        key = self._key(of, about)
        if not is_due or letters.is_written(self._store, key):
            return []
        letter = write()
        return (
            []
            if letter is None
            else [self._draft(key, of.id, of.email, letter, letters.rights_of(viewer), GOOD_FOR.get(of.kind, USUALLY_GOOD_FOR))]
        )

    def _digest(self, of: Subscription, viewer: Viewer, asked: Asked) -> Letter:
        promises = commitments.register(self._store, viewer, promised.open_to(viewer, asked))
        return letter_words.digest(mail.digest(asked, promises, self._rebasing(viewer)), of, asked)

    def _worklist(self, of: Subscription, asked: Asked) -> Letter | None:
        found = mail.worklist(asked, asked.calendar.day_of(self._now))
        return None if found.is_empty else letter_words.worklist(found, of, asked)

    def _alerts(self, of: Subscription, viewer: Viewer, asked: Asked) -> list[mail.Alert]:
        return mail.alerts(asked, of.metric, of.bound, of.beyond, self._rebasing(viewer))

    def _loads(self, of: Subscription) -> Iterable[tuple[str, Letter]]:
        """What is to be told of loads, with what it is about."""
        desk, beginning, as_of = self._desk(None), self._key(of, ""), None
        with suppress(MartUnavailable):
            as_of = desk.mart().as_of

        def told(about: str) -> list[str]:
            return [key.removeprefix(beginning + about) for key in letters.keys_from(self._store, beginning + about)]

        for about, letter in load_mail.news(self._store, desk.city, desk.calendar, as_of, self._now, told):
            yield about, replace(letter, lines=[*letter.lines, *letter_words.why(of)])

    def _administrator(self, of: Subscription) -> Viewer | None:
        with suppress(MartUnavailable):  # the people of the demo come from its data
            viewer = self.reader(of.owner_id)
            return viewer if viewer is not None and _administers(viewer) else None
        return None

    def _reminders(self) -> list[Draft]:
        day = self._desk(None).calendar.day_of(self._now)
        made = []
        for one in commitments.due_for_reminder(self._store, day):
            key = _reminder_key(one)
            # An address of former times may be none: a letter nobody can get is none.
            if subscriptions.is_address(one.commitment.owner_email) and not letters.is_written(self._store, key):
                made.append(self._draft(key, None, one.commitment.owner_email, letter_words.reminder(one, day), "", USUALLY_GOOD_FOR))
        return made

    def _draft(self, key: str, number: int | None, email: str, letter: Letter, rights: str, good_for: timedelta) -> Draft:
        text, html = as_text(letter, self._site), as_html(letter, self._site)
        return Draft(key, number, email, letter.subject, text, html, rights, good_for)

    def _asked(self, of: Subscription, viewer: Viewer) -> Asked:
        return self._desk(viewer).ask({**dict(parse_qsl(of.filters)), "weeks": str(mail.WEEKS)})

    def _rebasing(self, viewer: Viewer) -> Rebasing:
        return Rebasing([note for note in annotations.standing(self._store, viewer) if note.rebases])

    def _desk(self, viewer: Viewer | None) -> Desk:
        return Desk(self._settings, lambda: viewer)

    def _mart(self) -> Mart:
        return self._desk(None).mart()

    @staticmethod
    def _key(of: Subscription, about: str) -> str:
        return f"{of.kind}:{of.id}:{about}"


def _administers(viewer: Viewer) -> bool:
    return viewer.role in MAY["administer"]


def _reminder_key(of: Reminder) -> str:
    return f"reminder:{of.commitment.id}:{of.since}"
