"""`make lock`: writes `requirements.lock`, every package of `requirements.txt` with the hashes of its files, by asking the package index.

pip then takes no file that was put in the place of another. Where no one release fits every Python, each Python has its line.
"""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.request
from collections.abc import Iterable, Iterator
from importlib.metadata import PackageNotFoundError, requires
from typing import Any

from packaging.requirements import Requirement
from packaging.tags import Tag
from packaging.utils import InvalidWheelFilename, canonicalize_name, parse_sdist_filename, parse_wheel_filename
from packaging.version import InvalidVersion, Version

from settings import ROOT

PYTHONS = ("3.11", "3.12", "3.13")
LOCK = ROOT / "requirements.lock"
INDEX = os.environ.get("PIP_INDEX_URL") or "https://pypi.org/simple"
AS_JSON = "application/vnd.pypi.simple.v1+json"
PLATFORMS = re.compile(r"any|(many|musl)linux\w*_(x86_64|aarch64)|macosx_\w+|win_amd64")
HEAD = """# Written by `make lock` from requirements.txt: every file that pip may take, by its hash. Do not edit.
#   .venv/bin/python -m pip install --require-hashes --only-binary :all: -r requirements.lock
"""


def main() -> int:
    """Ask the index about every package and write the file; packages without a wheel for a Python are said."""
    blocks, lacking = [], []
    for wanted in all_wanted():
        files = json.loads(_asked(canonicalize_name(wanted.name)))["files"]
        for version, marker in versions_of(wanted, files):
            fitting = [one for one in files if _version(one["filename"]) == version and _is_ours(one["filename"]) and not one.get("yanked")]
            blocks.append(block(wanted, version, marker, [one["hashes"]["sha256"] for one in fitting]))
            lacking += [
                f"{wanted.name} {python}"
                for python in PYTHONS
                if not any(_suits(one["filename"], python) for one in fitting) and not marker
            ]
    LOCK.write_text(HEAD + "".join(sorted(blocks, key=str.lower)), "utf-8")
    print(f"{LOCK.name}: {len(blocks)} releases" + (f"; no wheel: {', '.join(lacking)}" if lacking else ""))
    return int(bool(lacking))


def all_wanted() -> list[Requirement]:
    """What `requirements.txt` names, and what that needs in exactly one release, once each."""
    found: dict[str, Requirement] = {}
    lines = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    for wanted in [Requirement(line) for line in lines if line and not line.startswith("#")]:
        known = found.setdefault(canonicalize_name(wanted.name), wanted)
        known.extras |= wanted.extras
        for one in _needed(wanted):
            found.setdefault(canonicalize_name(one.name), one)
    return list(found.values())


def _needed(wanted: Requirement) -> Iterator[Requirement]:
    try:
        lines = requires(wanted.name) or []
    except PackageNotFoundError:
        return
    for one in map(Requirement, lines):
        if [part.operator for part in one.specifier] == ["=="] and any(
            one.marker is None or one.marker.evaluate({"extra": extra}) for extra in wanted.extras or {""}
        ):
            one.marker = None
            yield one


def versions_of(wanted: Requirement, files: Iterable[dict[str, Any]]) -> list[tuple[Version, str]]:
    """(release, marker): the one that is named, or of a range the newest with a wheel for each Python."""
    said = str(wanted.marker or "")
    if [part.operator for part in wanted.specifier] == ["=="]:
        return [(Version(next(iter(wanted.specifier)).version), said)]
    newest: dict[str, Version] = {}
    for one in files:
        version = _version(one["filename"])
        if version is None or version.is_prerelease or version not in wanted.specifier or one.get("yanked"):
            continue
        for python in PYTHONS:
            if _suits(one["filename"], python):
                newest[python] = max(version, newest.get(python, version))
    return [(newest[python], f'python_version == "{python}"') for python in PYTHONS]


def block(wanted: Requirement, version: Version, marker: str, hashes: Iterable[str]) -> str:
    """The lines of one release."""
    extras = f"[{','.join(sorted(wanted.extras))}]" if wanted.extras else ""
    head = f"{canonicalize_name(wanted.name)}{extras}=={version}" + (f" ; {marker}" if marker else "")
    return " \\\n".join([head, *(f"    --hash=sha256:{one}" for one in sorted(hashes))]) + "\n"


def _asked(name: str) -> bytes:
    question = urllib.request.Request(f"{INDEX.rstrip('/')}/{name}/", headers={"Accept": AS_JSON})
    with urllib.request.urlopen(question, timeout=60) as answer:
        return answer.read()


def _version(filename: str) -> Version | None:
    try:
        return parse_wheel_filename(filename)[1] if filename.endswith(".whl") else parse_sdist_filename(filename)[1]
    except (InvalidWheelFilename, InvalidVersion, ValueError):
        return None


def _tags(filename: str) -> frozenset[Tag]:
    return parse_wheel_filename(filename)[3] if filename.endswith(".whl") else frozenset()


def _is_ours(filename: str) -> bool:
    """Whether it is a wheel for one of the Pythons on a machine that is meant: sources are not built."""
    return any(_suits(filename, python) for python in PYTHONS)


def _suits(filename: str, python: str) -> bool:
    number = python.replace(".", "")
    for tag in _tags(filename):
        exact = tag.interpreter == f"cp{number}" and tag.abi in (f"cp{number}", "abi3", "none")
        stable = tag.abi == "abi3" and re.fullmatch(r"cp3\d*", tag.interpreter) and int(tag.interpreter[3:] or 0) <= int(number[1:])
        pure = tag.abi == "none" and tag.interpreter in ("py3", "py2.py3", f"py{number}")
        if (exact or stable or pure) and PLATFORMS.fullmatch(tag.platform):
            return True
    return False


if __name__ == "__main__":
    sys.exit(main())
