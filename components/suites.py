"""What browsers load besides the page itself: one file of styles, one of Dash's scripts, one of ours, and the large ones only where they are needed.

Each address has a tag of its content, so browsers keep the file for a year and ask for nothing again. Each
file is compressed once and not for every reader: quickly for the first one, and as well as can be aside.
"""

from __future__ import annotations

import base64
import hashlib
import importlib
import pkgutil
import re
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import dash
import flask_bootstrap
from flask import Flask, Response, after_this_request, has_request_context, request

from components import compressing
from components.icons import styles_of_icons
from settings import ROOT, Settings

OURS, DASHS = "/assets/made/", "/_dash-component-suites/made/"
"""Where the files are. Dash's stand where sign-in keeps strangers out, and where Dash's own chunks look for their kind."""
YEAR = 31_536_000
KINDS = {"js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}
CHUNKS = {
    "async-graph.js": ("dash", "dcc/async-graph.js"), "async-markdown.js": ("dash", "dcc/async-markdown.js"), "async-highlight.js": ("dash", "dcc/async-highlight.js"),
    "async-dropdown.js": ("dash", "dcc/async-dropdown.js"), "async-datepicker.js": ("dash", "dcc/async-datepicker.js"), "async-slider.js": ("dash", "dcc/async-slider.js"),
    "async-upload.js": ("dash", "dcc/async-upload.js"), "plotly.min.js": ("plotly", "package_data/plotly.min.js"),
    "dash_ag_grid.min.js": ("dash_ag_grid", "dash_ag_grid.min.js"), "async-community.js": ("dash_ag_grid", "async-community.js"),
}  # fmt: skip
"""What is loaded when a page first shows such a part: its name here -> the package that has it, and where."""
GRAPHS, GRIDS = ("async-graph.js", "plotly.min.js"), ("dash_ag_grid.min.js", "async-community.js")
UNUSED = "/dash_table/"
SCRIPT = re.compile(r'<script src="([^"]+)"></script>\n?')
NO_MAP = re.compile(rb"\n?//# sourceMappingURL=\S+\s*$")


@dataclass
class Made:
    """One file, in each way of compressing it that was asked for."""

    name: str
    content: bytes
    smaller: dict[str, bytes] = field(default_factory=dict)

    @cached_property
    def tag(self) -> str:
        return hashlib.sha256(self.content).hexdigest()[:16]


class Suites:
    """The files of one process."""

    def __init__(self, app: dash.Dash, settings: Settings, *, public: bool) -> None:
        self.app, self.public = app, public
        self.kept = compressing.Kept(settings.data / "cache" / "files")
        self._chunks: dict[str, Made] = {}

    @cached_property
    def _scripts(self) -> tuple[Made, Made]:
        """Dash's scripts and ours, from the tags that Dash would write."""
        tags = dash.Dash._generate_scripts_html(self.app)
        addresses = SCRIPT.findall(tags)
        theirs = [one for one in addresses if not one.startswith("/assets/") and UNUSED not in one and "/dash_ag_grid/" not in one]
        ours = [one for one in addresses if one.startswith("/assets/") and "/early/" not in one]
        return Made("dash-renderer.js", _joined(map(_suite, theirs))), Made("statroom.js", _joined(map(_asset, ours)))

    @cached_property
    def _styles(self) -> Made:
        sheets = sorted((ROOT / "assets").glob("*.css"))
        bootstrap = Path(flask_bootstrap.__file__).parent / "static" / "bootstrap5" / "css" / "bootstrap.min.css"
        return Made(
            "statroom.css",
            b"\n".join([_unmapped(bootstrap.read_bytes(), b"/*#"), styles_of_icons().encode(), *(sheet.read_bytes() for sheet in sheets)]),
        )

    @cached_property
    def set(self) -> str:
        """A tag of all that is Dash's."""
        versions = [version(name) for name in ("dash", "plotly", "dash-ag-grid")]
        return hashlib.sha256(repr([self._scripts[0].tag, versions]).encode()).hexdigest()[:16]

    def address(self, name: str) -> str:
        """The address of a file that is loaded when it is needed, or of all Dash's scripts ("dash-renderer.js")."""
        return f"{DASHS}{self.set}/{name}"

    def early(self) -> str:
        """The script that runs before anything is painted: light or dark, and where the large scripts are that a page may need."""
        theme = (ROOT / "assets" / "early" / "theme.js").read_text()
        plotly, grid = (self.address(name) for name in (GRAPHS[1], GRIDS[0]))
        # Dash would ask for plotly without its version.
        return f"{theme}Object.defineProperty(window, '_dashPlotlyJSURL', {{ get: function () {{ return '{plotly}'; }}, set: function () {{}} }});\nwindow.statroomGrid = '{grid}';\n"

    def styles(self) -> str:
        """The tags of the page's styles."""
        return f'<link rel="stylesheet" href="{OURS}{self._styles.tag}/statroom.css">'

    def scripts(self) -> str:
        """The tags of the page's scripts, in the order in which they run."""
        # Dash knows what stands in the page itself later than its files: it declares a callback with the first request.
        inline = "\n".join(f"<script>{script}</script>" for script in self.app._inline_scripts)
        ours = self._scripts[1]
        return f'<script src="{self.address("dash-renderer.js")}"></script>\n<script src="{OURS}{ours.tag}/statroom.js"></script>\n{inline}'

    def hints(self, names: tuple[str, ...]) -> str:
        """Tags that let a browser load what the page will need before a script asks for it."""
        return "".join(f'<link rel="preload" as="script" fetchpriority="low" href="{self.address(name)}">' for name in names)

    def start(self, server: Flask) -> None:
        """Serve the files. Called after sign-in: whoever it keeps out does not come here."""

        @server.before_request
        def suite() -> Response | None:
            path = request.path
            if request.method != "GET" or not path.startswith((OURS, DASHS)):
                return None
            tag, _sep, name = path.removeprefix(OURS).removeprefix(DASHS).partition("/")
            found = self._named(name, is_ours=path.startswith(OURS))
            if found is None:
                return Response("There is no such file.\n", 404, content_type="text/plain; charset=utf-8")
            made, current = found
            return self._answer(made, is_current=tag == current)

    def _named(self, name: str, *, is_ours: bool) -> tuple[Made, str] | None:
        """The file of that name, and the tag it has now."""
        if is_ours:
            made = {"statroom.css": self._styles, "statroom.js": self._scripts[1]}.get(name)
            return None if made is None else (made, made.tag)
        if name == "dash-renderer.js":
            return self._scripts[0], self.set
        if name in CHUNKS and name not in self._chunks:
            package, place = CHUNKS[name]
            content = pkgutil.get_data(importlib.import_module(package).__name__, place)
            assert content is not None
            self._chunks[name] = Made(name, content)
        return (self._chunks[name], self.set) if name in self._chunks else None

    def _answer(self, made: Made, *, is_current: bool) -> Response:
        coding = compressing.coding_for(request.headers.get("Accept-Encoding", ""))
        content = self.kept.smaller(made, coding) if coding else made.content
        answer = Response(content, content_type=KINDS[made.name.rpartition(".")[2]])
        if coding:
            answer.headers["Content-Encoding"] = coding
        answer.vary.add("Accept-Encoding")
        # Who asks for another version's file, between two servers of which one is newer, gets this one's, and not for long.
        whose = "public" if self.public else "private"
        answer.headers["Cache-Control"] = f"{whose}, max-age={YEAR}, immutable" if is_current else "no-store"
        return answer


def need_grid() -> None:
    """Say with the present answer that it has a work list: the page loads its script before it shows the answer (`assets/50-shell.js`)."""
    if has_request_context():
        after_this_request(_with_grid)


def _with_grid(answer: Response) -> Response:
    answer.headers["X-Needs"] = "grid"
    return answer


def csp_hash(script: str) -> str:
    """How a policy names a script that stands in the page."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _joined(contents: Any) -> bytes:
    # Each file ends its last statement, or the next one would go on with it.
    return b"\n;\n".join(contents)


def _suite(address: str) -> bytes:
    """A file of a component's package, from the address that Dash gave it."""
    package, _sep, path = address.partition("/_dash-component-suites/")[2].partition("/")
    content = pkgutil.get_data(package, dash.fingerprint.check_fingerprint(path)[0])
    assert content is not None, address
    return _unmapped(content)


def _asset(address: str) -> bytes:
    return (ROOT / address.lstrip("/").partition("?")[0]).read_bytes()


def _unmapped(content: bytes, mark: bytes = b"") -> bytes:
    """`content` without the address of its source, which is not served."""
    if mark:
        return re.sub(re.escape(mark) + rb" sourceMappingURL=\S+ \*/\s*$", b"", content)
    return NO_MAP.sub(b"", content)
