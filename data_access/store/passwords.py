"""Passwords: which may be used, and how they are kept.

Rules after NIST SP 800-63B: length counts, not kinds of characters; none that is known, guessable or
about the person; no expiry. Kept as argon2id with the library's parameters, renewed when these change.
"""

from __future__ import annotations

import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

LEAST = 15
MOST = 128
LEAST_SCORE = 3
"""Of 0 to 4, by zxcvbn: 3 withstands an offline attack of moderate means."""
_HASHER = PasswordHasher()
_NOBODYS = _HASHER.hash("a password that nobody has, so that an unknown name takes as long as a known one")


class WeakPassword(ValueError):
    """The password may not be used; the text says why and what to do."""


def require_good(password: str, about: tuple[str, ...]) -> None:
    """Refuse a password that others would guess.

    Args:
        about: words that belong to the person or the city.

    Raises:
        WeakPassword: saying what is wrong with it.
    """
    if not LEAST <= len(password) <= MOST:
        raise WeakPassword(
            f"The password has {len(password)} characters; use {LEAST} to {MOST}. A few unrelated words are easy to remember."
        )
    from zxcvbn import zxcvbn

    found = zxcvbn(password[:72], user_inputs=[word for word in about if word])
    if found["score"] < LEAST_SCORE:
        why = found["feedback"]["warning"] or "It is easy to guess."
        raise WeakPassword(f"{why.rstrip('.')}. Use a few unrelated words, none of them about you or the city.")


def hashed(password: str) -> str:
    """What is kept of a password."""
    return _HASHER.hash(_plain(password))


def is_right(kept: str | None, password: str) -> bool:
    """Whether `password` is the one that was kept; takes as long where none was."""
    try:
        return _HASHER.verify(kept or _NOBODYS, _plain(password)) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def is_outdated(kept: str) -> bool:
    """Whether it was kept with weaker parameters than today's."""
    return _HASHER.check_needs_rehash(kept)


def _plain(password: str) -> str:
    """The same password from every keyboard (NFKC), and never endless work."""
    return unicodedata.normalize("NFKC", password[:MOST])
