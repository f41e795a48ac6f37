"""The picture that stands beside a link to a page of the portal where it is shared: the page's title and its main figure.

It holds names of the city's and released figures alone, and nothing of what an address says.
"""

from __future__ import annotations

import io
from functools import cache
from importlib.resources import files
from typing import Literal

import font_source_sans_pro
from PIL import Image, ImageDraw, ImageFont

SIZE = (1200, 630)
LARGEST = 100_000
"""Bytes; a picture of few colours has about a third of it."""
COLOURS = 32
GROUND, INK, SOFT, STROKE = "#18324F", "#FFFFFF", "#C9D6E4", "#E0A06A"
LEFT, WIDE = 80, 1040
Weight = Literal["Bold", "Regular"]


class TooLarge(RuntimeError):
    """The picture has more bytes than a link's picture should."""


def drawn(city: str, title: str, figure: str, sentence: str, foot: str) -> bytes:
    """A PNG of 1200 x 630: the city's name, the page's title, its main figure and what that is, and how old the data is.

    Raises:
        TooLarge: more than `LARGEST` bytes.
    """
    image = Image.new("RGB", SIZE, GROUND)
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 18, SIZE[1]), fill=STROKE)
    draw.text((LEFT, 58), _fitting(city, 40, "Regular", 1)[0], font=_font(40, "Regular"), fill=SOFT, anchor="lt")
    below = _block(draw, 118, title, 72 if figure else 92, "Bold", 2 if figure else 3, INK)
    if figure:
        below = _block(draw, below + 26, figure, 128, "Bold", 1, INK)
    _block(draw, below + 18, sentence, 42, "Regular", 3 if not figure else 2, SOFT)
    draw.text((LEFT, SIZE[1] - 44), _fitting(foot, 30, "Regular", 1)[0], font=_font(30, "Regular"), fill=SOFT, anchor="ls")
    made = io.BytesIO()
    image.quantize(COLOURS, dither=Image.Dither.NONE).save(made, "PNG", optimize=True)
    if made.tell() > LARGEST:
        raise TooLarge(f"{made.tell()} bytes")
    return made.getvalue()


def _block(draw: ImageDraw.ImageDraw, top: int, text: str, size: int, weight: Weight, most: int, ink: str) -> int:
    """Draw `text` in at most so many lines; answers where the next block may begin."""
    for line in _fitting(text, size, weight, most):
        draw.text((LEFT, top), line, font=_font(size, weight), fill=ink, anchor="lt")
        top += round(size * 1.16)
    return top


def _fitting(text: str, size: int, weight: Weight, most: int) -> list[str]:
    """`text` in lines that fit, what does not go into `most` of them cut off with three dots."""
    font, lines = _font(size, weight), [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if lines[-1] and font.getlength(longer) > WIDE:
            lines.append(word)
        else:
            lines[-1] = longer
    shown = [line if font.getlength(line) <= WIDE else _cut(line, font) for line in lines[:most]]
    if len(lines) > most:
        shown[-1] = _cut(f"{shown[-1]} {lines[most]}", font)
    return shown


def _cut(line: str, font: ImageFont.FreeTypeFont) -> str:
    """As many words of `line` as fit, or of one long word as many letters, and three dots."""
    while line and font.getlength(f"{line}…") > WIDE:
        line = line.rpartition(" ")[0] if " " in line else line[:-1]
    return f"{line}…"


@cache
def _font(size: int, weight: Weight) -> ImageFont.FreeTypeFont:
    # A font of its own, so that a picture is the same on every machine and has the letters of many languages.
    return ImageFont.truetype(io.BytesIO((files(font_source_sans_pro) / "files" / f"SourceSansPro-{weight}.ttf").read_bytes()), size)
