"""Letters to residents: asked and due ones, written when they are sent, of what the public portal shows and nothing else."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from email.message import EmailMessage
from functools import cached_property

from access import PUBLIC_VIEWER
from components import language, resident_mail
from components.letter import as_html, as_text
from data_access import post, residents
from data_access.mart.reading import MartUnavailable
from data_access.post import Office
from data_access.store import letters
from data_access.store.engine import Store
from data_access.store.letters import Draft, Letter
from metrics.desk import Desk
from metrics.periods import quarter_name
from metrics.question import default_question
from settings import Settings

NOT_NOW = "What it was about is not published any more, or was ended before it was sent."


class Portal:
    """The residents' side of the mail: their own database and the public mart, whatever the process itself is told to serve."""

    def __init__(self, settings: Settings) -> None:
        self._settings = replace(settings, audience="public")
        self._desk = Desk(self._settings, lambda: PUBLIC_VIEWER)
        self._desk.speak(lambda: language.spoken().code)

    @property
    def site(self) -> str:
        """Where residents open the portal; empty where the city does not say so, and then no resident is written to."""
        return self._desk.city.file.portal.address or ""

    @cached_property
    def engine(self) -> Store:
        """The residents' database."""
        return residents.opened(self._settings.residents_url)

    def forget(self, now: datetime) -> None:
        """Delete what was not confirmed in time."""
        residents.forget_unconfirmed(self.engine, now)

    def write_due(self, now: datetime) -> int:
        """Put a letter into the outbox for everybody who was not yet told of the latest quarter; answers how many."""
        if not self.site:
            return 0
        try:
            mart = self._desk.mart()
        except MartUnavailable:
            return 0
        question = default_question(mart, self._desk.calendar)
        quarter = quarter_name(question.start, question.end)
        drafts = [
            Draft(f"{residents.NEWS}:{one.id}:{quarter}", one.id, "", "", "", "", "", residents.GOOD_FOR)
            for one in residents.confirmed(self.engine)
        ]
        return sum(letters.write(self.engine, draft, now) for draft in drafts)

    def message(self, letter: Letter, office: Office, now: datetime) -> EmailMessage | None:
        """What goes out for a claimed letter; None, and put away, where there is nothing to say any more."""
        found = None if letter.subscription_id is None else residents.one(self.engine, letter.subscription_id)
        is_asking = letter.key.startswith(f"{residents.CONFIRM}:")
        if found is None or is_asking != (found.confirmed_at is None):
            letters.give_up(self.engine, letter, NOT_NOW)
            return None
        with language.speaking(found.language):
            asked = resident_mail.question_of(found, self._desk)
            if asked is None:
                letters.give_up(self.engine, letter, NOT_NOW)
                return None
            if is_asking:
                made, link = resident_mail.asking(found, self._desk, residents.new_token(self.engine, found.id, "confirm", now)), ""
            else:
                made = resident_mail.news(found, asked)
                link = f"{self.site}{resident_mail.END}/{residents.new_token(self.engine, found.id, 'end', now)}?lang={found.language}"
            whole = replace(
                letter,
                email=found.email,
                subject=made.subject,
                text=as_text(made, self.site),
                html=as_html(made, self.site, found.language),
            )
            return post.message(whole, office, self._desk.called(self._desk.city.name), link, resident_mail.end_words())
