"""Where questions are taken: what a browser or a program sent becomes an `Asked`, bound to who asks and to the mart in service.

Pages and the API hold one `Desk` per process, so both pass the same gate.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields
from functools import cached_property
from typing import Any

from access import AccessDenied, Action, Viewer, permit
from data_access.city import City, load_city
from data_access.city_checks import TAKEN
from data_access.mart.reading import Mart, open_mart
from data_access.store import audit, targets
from data_access.store.acting import Acting
from data_access.store.engine import Store, is_kept, prepared
from metrics.agreed import NOTHING_AGREED, Agreed, concerned, told
from metrics.measure import ask
from metrics.periods import Calendar
from metrics.question import Question, parse_question
from metrics.select import Asked
from settings import Settings, utc_now

# A filter's name is a parameter of every address, so no layer of areas may have it.
TAKEN.update(field.name for field in fields(Question))


class Unknown(Exception):
    """Nobody is known to be asking."""


class Desk:
    """One process's mart, its city's calendar, and who is asking."""

    def __init__(self, settings: Settings, viewer: Callable[[], Viewer | None]) -> None:
        self.settings = settings
        self._language: Callable[[], str] = lambda: "en"
        self._opened: Callable[[Settings], Mart] = open_mart
        self.look_as(viewer)

    def speak(self, language: Callable[[], str]) -> None:
        """Ask `language` from now on in which language the city's own names are read."""
        self._language = language

    def read(self, opened: Callable[[Settings], Mart]) -> None:
        """Ask `opened` from now on which edition is read."""
        self._opened = opened

    def called(self, name: str) -> str:
        """What the reader calls something that the city named."""
        return self.city.names_in(self._language()).get(name, name)

    def look_as(self, viewer: Callable[[], Viewer | None]) -> None:
        """Ask `viewer` from now on who is asking."""
        self._viewer = viewer

    @cached_property
    def city(self) -> City:
        """The city's file, read when first needed."""
        return load_city(self.settings.city)

    @cached_property
    def calendar(self) -> Calendar:
        """How the city counts its days."""
        return Calendar(self.city.zone, self.city.facts.week_start, self.city.facts.fiscal_year_start)

    @property
    def is_public(self) -> bool:
        return self.settings.audience == "public"

    def viewer(self) -> Viewer:
        """Who is asking.

        Raises:
            Unknown: nobody is signed in.
        """
        found = self._viewer()
        if found is None:
            raise Unknown("Sign in to ask this.")
        return found

    def mart(self) -> Mart:
        """The generation that is shown, with the city's names in the reader's language.

        Raises:
            MartUnavailable: before the first load.
        """
        found, language = self._opened(self.settings), self._language()
        names = self.city.names_in(language)
        return found.named(language, names) if names else found

    def ask(self, query: Mapping[str, Any]) -> Asked:
        """`query` (URL parameters) as a question of the present viewer.

        Raises:
            Unknown: nobody is signed in.
            BadQuestion: a sentence naming what cannot be used.
        """
        viewer, mart = self.viewer(), self.mart()
        return ask(mart, self.calendar, parse_question(query, viewer, mart, self.calendar), viewer, self.agreed(viewer, mart))

    def agreed(self, viewer: Viewer, mart: Mart) -> Agreed:
        """The targets that people agreed on, of the departments the viewer may see, of those above them and of the city; residents' by those that a load told."""
        if self.is_public:
            return told(mart)
        if not is_kept(self.settings.store_url):
            return NOTHING_AGREED
        return Agreed(targets.register(self.store(), viewer, concerned(viewer, mart)))

    def store(self) -> Store:
        """Statroom's own database, up to date.

        Raises:
            AccessDenied: in the public process, which has none.
        """
        if self.is_public:
            raise AccessDenied("This is not open to you.")
        return prepared(self.settings.store_url, self.settings.backups)

    def acting(self, action: Action) -> Acting:
        """The present viewer, about to do `action`.

        Raises:
            Unknown: nobody is signed in.
            AccessDenied: the role may not.
        """
        viewer = self.viewer()
        permit(viewer, action)
        return Acting(viewer, self.store(), utc_now().replace(tzinfo=None))

    def note(self, action: audit.Done, detail: str) -> None:
        """Remember that the present viewer did `action`; in the public process nothing is remembered of anybody."""
        if not self.is_public:
            audit.note(self.store(), self.viewer(), action, detail, utc_now().replace(tzinfo=None))
