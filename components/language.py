"""The words residents read, in their language: every text of the portal goes through here."""

from __future__ import annotations


def _(text: str, **values: object) -> str:
    """`text` in the reader's language, its named `{fields}` filled in. A whole sentence, so that languages can order it their way."""
    return text.format(**values) if values else text


def plural(one: str, many: str, n: float, **values: object) -> str:
    """`one` or `many`, whichever the reader's language uses for `n` things, with `{n}` and the other fields filled in."""
    return (one if n == 1 else many).format(n=n, **values)
