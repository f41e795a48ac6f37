"""Texts of ours that are put into the reader's language where they are shown: figures know no language, but what they say can be translated."""

from __future__ import annotations


class Phrase(str):
    """A whole text of ours, English as it stands, whose translation is looked up when somebody reads it."""

    __slots__ = ()


def N_(text: str) -> Phrase:
    """`text`, marked for the catalogue of translations without being translated here."""
    return Phrase(text)


class Told(Exception):
    """A refusal or failure told to a reader: a sentence with named `{fields}`, and what stands in them."""

    def __init__(self, text: str, **values: object) -> None:
        super().__init__(text.format(**values) if values else text)
        self.text, self.values = text, values
