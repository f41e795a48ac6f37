"""`make docs`: writes the table of settings in docs/operating.md from what stands beside their fields."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from settings import ROOT

PATH = ROOT / "docs" / "operating.md"
BEGIN, END = "<!-- written by `make docs`: begin -->", "<!-- written by `make docs`: end -->"
FILES = ("__init__.py", "sign_in.py")
ELSEWHERE = (
    ("STATROOM_CITIES", "folders of several cities, `:` between them ([more](#several-cities))", "none"),
    ("STATROOM_ADDRESSES", "where readers of this process open the cities, `ID=https://HOST` with spaces between them", "none"),
    ("STATROOM_OTHERS", "not to be set: with several cities Statroom tells each city's processes with it which others there are", "none"),
    ("STATROOM_APART", "ids of cities that are told of no other and no other of them", "none"),
    ("WEB_CONCURRENCY", "worker processes per application", "`2`"),
    ("STATROOM_DEBUG", "`1` shows where a command's error comes from", "off"),
    ("CRM_URL", "the CRM's address, where `city.toml` names it", "the demo's SQLite file"),
)
"""(variable, meaning, default) of those that no field of `Settings` holds: of gunicorn, and of an installation with several cities."""


def described() -> list[tuple[str, str, str]]:
    """(variable, meaning, default), those of `Settings` first and in its order, as the docstring of each field says.

    Raises:
        ValueError: a docstring begins with a variable and has not the form `NAME: meaning. Default: value.`
    """
    found = []
    for file in FILES:
        for text in _texts(Path(__file__).with_name(file)):
            name = re.match(r"(STATROOM_[A-Z_]+|PORT)\b", text)
            if name is None:
                continue
            said = re.fullmatch(r"(\w+): (.+)\. Default: (.+)\.", text)
            if said is None:
                raise ValueError(f"{name[1]}: write its docstring as `NAME: meaning. Default: value.`")
            found.append((said[1], said[2], said[3]))
    return [*found, *ELSEWHERE]


def table() -> str:
    """The table as the document has it."""
    rows = "".join(f"| `{name}` | {meaning} | {default} |\n" for name, meaning, default in described())
    return f"| Variable | Meaning | Default |\n|---|---|---|\n{rows}"


def document() -> str:
    """docs/operating.md with the table of today."""
    before, rest = PATH.read_text("utf-8").split(BEGIN)
    return f"{before}{BEGIN}\n{table()}{END}{rest.split(END)[1]}"


def _texts(path: Path) -> list[str]:
    """The docstrings of fields in a module, each on one line."""
    classes = [node for node in ast.parse(path.read_text("utf-8")).body if isinstance(node, ast.ClassDef)]
    texts = [
        node.value.value for one in classes for node in one.body if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    ]
    return [" ".join(text.split()) for text in texts if isinstance(text, str)]


def main() -> None:
    """Write the document."""
    PATH.write_text(document(), "utf-8")


if __name__ == "__main__":
    main()
