"""Which areas an address lies in, looked up in the city's own list of streets. What is asked is kept nowhere: no cache, no log, no address."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pandas as pd

from data_access.slugs import street_key
from metrics.areas import layers
from metrics.select import Asked

MOST_STREETS = 8
LONGEST = 120
"""Characters of an address."""
_NUMBER_FIRST = re.compile(r"^\s*(\d{1,6})[\w/-]*\s+(\S.*)$")
_NUMBER_LAST = re.compile(r"^\s*(\S.*?)\s+(\d{1,6})[\w/-]*\s*$")


@dataclass(frozen=True, slots=True)
class Found:
    """A street and the areas it, or the part of it with the house number, lies in: (layer, area) pairs, the smallest areas first."""

    street: str
    areas: tuple[tuple[str, str], ...]


def knows_streets(asked: Asked) -> bool:
    """Whether the city gave a list of its streets."""
    return not asked.mart.dimensions.streets.empty


def find(asked: Asked, text: str) -> list[Found]:
    """The streets that `text` (an address or a part of a street's name) may mean, at most `MOST_STREETS`; empty if there are none."""
    number, name = _parts(text.partition(",")[0])
    if not any(letter.isalnum() for letter in name):
        return []
    streets = asked.mart.dimensions.streets
    key = street_key(name)
    chosen = streets[streets["slug"] == key]
    if chosen.empty:
        keys = sorted({slug for slug in streets["slug"] if _may_mean(slug, key)}, key=lambda slug: (len(slug), slug))[:MOST_STREETS]
        chosen = streets[streets["slug"].isin(keys)]
    order = list(layers(asked))[::-1]
    found = []
    for _slug, rows in chosen.groupby("slug", sort=True):
        areas = [(layer, area) for layer in order for area in sorted(_at(rows[rows["layer_id"] == layer], number)["area_slug"])]
        if areas:
            found.append(Found(str(rows["name"].iloc[0]), tuple(areas)))
    return found


def _parts(text: str) -> tuple[int | None, str]:
    """The house number, if one is named, and the street."""
    if match := _NUMBER_FIRST.match(text):
        return int(match[1]), match[2]
    if match := _NUMBER_LAST.match(text):
        return int(match[2]), match[1]
    return None, text


def _may_mean(slug: str, typed: str) -> bool:
    """Whether every typed word begins a word of the street's name."""
    words = slug.split("-")
    return all(any(word.startswith(part) for word in words) for part in typed.split("-"))


def _at(rows: pd.DataFrame, number: int | None) -> pd.DataFrame:
    """The parts of a street that have the number; all of them where none is known to."""
    if number is None:
        return rows
    has = rows[(rows["first_number"] <= number) & (rows["last_number"] >= number)]
    return rows if has.empty else has
