"""Brings the catalogues of `translations/` up to the texts of the code: `make translations`. A test fails where one lacks a text.

Texts are those given to `_`, `plural`, `N_` or a refusal in the modules a public process imports, and what the
registry says of every figure.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po, write_po

from components.language import FOLDER
from metrics.definitions import METRICS
from settings import ROOT

KEYWORDS = {
    "_": (0,), "N_": (0,), "plural": (0, 1), "NN_": (0, 1), "counted": (0, 1), "Chart": (1,), "BadQuestion": (0,), "AccessDenied": (0,), "Unknown": (0,),
}  # fmt: skip
"""What takes texts, and which of its arguments they are: one, or the forms for one and for several."""
OURS = ("access", "api", "components", "metrics", "pages")
FROM = ("pages/public/*.py", "components/shell.py", "components/outward.py", "api/*.py", "components/web.py", "metrics/desk.py")
OF_METRICS = ("label", "meaning", "caveat")


def texts() -> Catalog:
    """Every text a resident may be told, with the modules that hold it."""
    found = Catalog(project="Statroom", charset="utf-8")
    for path in modules():
        for message in _texts_in(path):
            found.add(message, locations=[(path.relative_to(ROOT).as_posix(), 0)])
    for metric in METRICS:
        for text in (getattr(metric, name) for name in OF_METRICS):
            if text:
                found.add(text, locations=[("metrics/dictionary", 0)])
    return found


def _texts_in(path: Path) -> Iterator[str | tuple[str, ...]]:
    for call in [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]:
        name = call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""
        given = [call.args[at] for at in KEYWORDS.get(name, ()) if at < len(call.args)]
        said = tuple(one.value for one in given if isinstance(one, ast.Constant) and isinstance(one.value, str) and one.value)
        if said and len(said) == len(KEYWORDS[name]):
            yield said if len(said) > 1 else said[0]


def modules() -> list[Path]:
    """The modules of ours that a public process imports for its pages."""
    waiting = {path for pattern in FROM for path in ROOT.glob(pattern)}
    found: set[Path] = set()
    while waiting:
        path = waiting.pop()
        found.add(path)
        waiting |= {made for name in _imported(path) if (made := _file_of(name)) is not None} - found
    return sorted(found)


def _imported(path: Path) -> Iterator[str]:
    """What a module imports when it is imported itself: `components.words` also of `from components import words`."""
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _file_of(name: str) -> Path | None:
    path = ROOT / (name.replace(".", "/") + ".py")
    return path if name.partition(".")[0] in OURS and path.exists() else None


def catalogue_of(code: str) -> Catalog:
    """The catalogue of a language as it stands."""
    with (FOLDER / code / "LC_MESSAGES" / "messages.po").open("rb") as file:
        return read_po(file, locale=code)


def updated(code: str) -> Catalog:
    """The catalogue of a language with every text of the code, those without a translation empty, and no other."""
    made, wanted = catalogue_of(code), texts()
    wanted.creation_date = made.creation_date
    made.update(wanted, no_fuzzy_matching=True)
    made.obsolete.clear()
    return made


def missing(code: str) -> list[str]:
    """The texts of the code that a language has no translation of."""
    return [str(message.id) for message in updated(code) if message.id and not _is_whole(message.string)]


def _is_whole(translation: object) -> bool:
    return all(translation) if isinstance(translation, tuple) else bool(translation)


def main() -> None:
    """Write the catalogues, and say what is to be translated."""
    for path in sorted(FOLDER.glob("*/LC_MESSAGES/messages.po")):
        code = path.parent.parent.name
        made = updated(code)
        with path.open("wb") as file:
            write_po(file, made, width=0, include_lineno=False, sort_by_file=True, include_previous=False, ignore_obsolete=True)
        print(f"{path.relative_to(ROOT)}: {len(made)} texts, {len(missing(code))} to translate")


if __name__ == "__main__":
    main()
