"""Addresses that people write down: paths of this site, as every browser reads them."""

from __future__ import annotations

import re

OWN = re.compile(r"/(?![/\\])[^\\\x00-\x1f\x7f]*")
"""From its '/' on; without a second one, a backslash, or what a browser drops (a tab, a line's end), all of which can lead to another host."""


def leads_here(address: str) -> bool:
    """Whether `address` stays on this site."""
    return OWN.fullmatch(address) is not None
