"""How tests are shared among the processes of one run: the tests of a module marked with `xdist_group` stay with one of them.

What such a module makes for all its tests is then made once. All other tests go to whoever is free. (The plugin's own way marks the ids
of tests, which pytest no longer lets it write.)
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from xdist.scheduler import LoadScopeScheduling


class WholeModules(LoadScopeScheduling):
    """Units of work: a marked module, or one test of any other."""

    def _split_scope(self, nodeid: str) -> str:
        module = nodeid.partition("::")[0]
        return module if _is_marked(self.config.rootpath / module) else nodeid


@cache
def _is_marked(module: Path) -> bool:
    return module.is_file() and "mark.xdist_group(" in module.read_text("utf-8")
