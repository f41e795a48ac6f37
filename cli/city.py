"""The city the settings name."""

from __future__ import annotations

import os

from data_access.city import City, load_city
from settings import Settings


def configured_city(settings: Settings) -> City:
    """The city in `settings.city`; `${STATROOM_DATA}` in its texts is `settings.data`, whoever set that.

    Raises:
        CityError: the first thing to mend.
    """
    return load_city(settings.city, {**os.environ, "STATROOM_DATA": str(settings.data)})
