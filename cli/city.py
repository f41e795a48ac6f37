"""The city the settings name."""

from __future__ import annotations

import os

from data_access.city import City, CityError, load_city
from settings import Settings


def configured_city(settings: Settings) -> City:
    """The city in `settings.city`; `${STATROOM_DATA}` in its texts is `settings.data`, whoever set that.

    Raises:
        CityError: the first thing to mend.
    """
    found = load_city(settings.city, {**os.environ, "STATROOM_DATA": str(settings.data)})
    if settings.others is not None and found.facts.id != settings.city.name:
        raise CityError(
            f"{settings.city / 'city.toml'}: key 'city.id' is {found.facts.id!r}; among several cities it is the folder's name, "
            f"{settings.city.name!r}: change one of them."
        )
    return found
