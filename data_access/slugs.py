"""Keys made from labels: labels are kept as the source writes them, only keys are normalised."""

from __future__ import annotations

import re
import unicodedata


def slug(label: str) -> str:
    """`label` as a key for URLs and joins: no accents, no case, one hyphen between words.

    "Café / Parks & Rec." and "cafe parks rec" have the same key, "cafe-parks-rec".
    Letters of other scripts stay, so that two Greek words are two keys. A label without any letter
    or digit gives "unnamed".
    """
    plain = label
    if not label.isascii():
        plain = unicodedata.normalize("NFKD", label)
        plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[\W_]+", "-", plain.casefold()).strip("-") or "unnamed"


_SHORT = {
    "st": "street", "str": "street", "ave": "avenue", "av": "avenue", "rd": "road", "ln": "lane", "blvd": "boulevard", "dr": "drive", "ct": "court",
    "pl": "place", "sq": "square", "pkwy": "parkway", "hwy": "highway", "ter": "terrace", "cir": "circle", "n": "north", "s": "south", "e": "east", "w": "west",
}  # fmt: skip


def street_key(name: str) -> str:
    """A street's name as a key: "N. Alder St" and "North Alder Street" are one street."""
    return "-".join(_SHORT.get(word, word) for word in slug(name).split("-"))
