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
    plain = unicodedata.normalize("NFKD", label)
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[\W_]+", "-", plain.casefold()).strip("-") or "unnamed"
