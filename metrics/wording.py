"""Texts of ours that are put into the reader's language where they are shown: figures know no language, but what they say can be translated."""

from __future__ import annotations


class Phrase(str):
    """A whole text of ours, English as it stands, whose translation is looked up when somebody reads it."""

    __slots__ = ()


def N_(text: str) -> Phrase:
    """`text`, marked for the catalogue of translations without being translated here."""
    return Phrase(text)


def NN_(one: str, many: str) -> tuple[str, str]:
    """The two forms of a text that counts something, marked as `N_` does."""
    return one, many


class Told(Exception):
    """A refusal or failure told to a reader: a sentence with named `{fields}`, and what stands in them."""

    def __init__(self, text: str, /, **values: object) -> None:
        shown = {name: f"{value:,}" if type(value) is int else value for name, value in values.items()}
        # Without fields it may hold what somebody wrote, braces and all.
        super().__init__(text.format(**shown) if values else text)
        self.text, self.values = text, values


class BadQuestion(Told, ValueError):
    """A question that cannot be answered; the text is a sentence for the reader."""
