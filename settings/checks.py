"""What every setting has in common: one kind of error, and numbers and rates that are read alike."""

from __future__ import annotations

import re


class SettingsError(ValueError):
    """A setting that cannot be used; the text names the variable, its value and the remedy."""


def whole(name: str, text: str, least: int, most: int, of: str = "") -> int:
    """The whole number `text` of the setting `name`, from `least` to `most`."""
    if not text.isascii() or not text.isdigit() or not least <= int(text[:10]) <= most:
        raise SettingsError(f"{name} is {text!r}; set it to a whole number{of} from {least} to {most}.")
    return int(text)


def rate(name: str, text: str) -> str:
    """A rate such as `120 per minute`, as it was written."""
    if not re.fullmatch(r"[1-9]\d{0,6} per (second|minute|hour|day)", text):
        raise SettingsError(f"{name} is {text!r}; write a number and a time, such as '120 per minute'.")
    return text


def one_of(name: str, text: str, choices: tuple[str, ...]) -> str:
    """`text`, if it is one of `choices`."""
    if text not in choices:
        raise SettingsError(f"{name} is {text!r}; set it to {' or '.join(repr(choice) for choice in choices)}.")
    return text


def token(name: str, text: str) -> str:
    """A secret that programs show: nothing, or long enough not to be guessed. It is not repeated in the error."""
    if text and not re.fullmatch(r"[!-~]{16,200}", text):
        raise SettingsError(f"{name} has {len(text)} characters; use 16 to 200 random ones without spaces.")
    return text
