"""The few icons that pages show, as styles: the drawings of the Bootstrap package, instead of a font with two thousand of them."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

import flask_bootstrap

ICONS = ("arrows-fullscreen", "bookmark", "buildings", "circle-half", "dash-lg", "list", "person-circle", "plus-lg", "stopwatch")
"""Names after `bi-`; a test looks for others in the code."""
SVG = "{http://www.w3.org/2000/svg}"
SHAPE = (
    '.bi::before{content:"";display:inline-block;width:1em;height:1em;vertical-align:-.125em;background:currentColor;'
    "-webkit-mask:var(--icon) center/contain no-repeat;mask:var(--icon) center/contain no-repeat}\n"
    "@media (forced-colors:active){.bi::before{forced-color-adjust:none;background:CanvasText}}\n"
)


def styles_of_icons() -> str:
    """One rule for each icon: its drawing as a mask, so that it has the colour of the text it stands in."""
    sprite = Path(flask_bootstrap.__file__).parent / "static" / "bootstrap5" / "icons" / "bootstrap-icons.svg"
    found = {symbol.get("id"): symbol for symbol in ElementTree.parse(sprite).getroot().iter(f"{SVG}symbol")}
    return SHAPE + "".join(f'.bi-{name}::before{{--icon:url("{_drawing(found[name])}")}}\n' for name in ICONS)


def _drawing(symbol: ElementTree.Element) -> str:
    paths = "".join(
        f'<path d="{path.get("d")}"' + (f' fill-rule="{path.get("fill-rule")}"' if path.get("fill-rule") else "") + "/>"
        for path in symbol.iter(f"{SVG}path")
    )
    others = [one.tag for one in symbol.iter() if one.tag not in (f"{SVG}symbol", f"{SVG}path")]
    assert not others, f"the icon {symbol.get('id')} has {others}"
    return "data:image/svg+xml," + quote(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{symbol.get("viewBox")}">{paths}</svg>', safe=" /:=;,'"
    )
