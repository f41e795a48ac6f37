"""Pages of a first load that were fetched already: a load that broke off goes on where it was.

Only the columns a mapping names are kept, for a day at most, and nothing once the load has read all.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any, Callable

import orjson

from settings import utc_now

FRESH_SECONDS = 24 * 3600
"""Older pages say too little of today: they are asked again."""

Page = dict[str, Any]
"""`rows`: a list of rows; `at`: when they were asked (ISO, UTC); whatever else the source needs to go on."""


class Spool:
    """Pages in `folder`; with None nothing is kept."""

    def __init__(self, folder: Path | None) -> None:
        self.folder = folder

    def page(self, question: Any, fetch: Callable[[], Page]) -> Page:
        """The answer to `question` (JSON values) that is kept, or that `fetch` gives now."""
        if self.folder is None:
            return fetch()
        path = self.folder / f"{hashlib.sha256(orjson.dumps(question, default=str)).hexdigest()}.json"
        try:
            if utc_now().timestamp() - path.stat().st_mtime < FRESH_SECONDS:
                return orjson.loads(path.read_bytes())
        except (OSError, orjson.JSONDecodeError):
            pass  # not there, or written by half: asked again
        made = fetch()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = path.with_suffix(f".{os.getpid()}")
        part.write_bytes(orjson.dumps(made, default=str))
        part.replace(path)
        return made

    def prune(self) -> None:
        """What is too old goes also where no load comes to its end."""
        for path in self.folder.iterdir() if self.folder and self.folder.is_dir() else ():
            if utc_now().timestamp() - path.stat().st_mtime >= FRESH_SECONDS:
                path.unlink(missing_ok=True)

    def forget(self) -> None:
        """All was read: the next load asks anew."""
        if self.folder is not None:
            shutil.rmtree(self.folder, ignore_errors=True)
