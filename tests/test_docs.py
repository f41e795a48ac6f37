"""The documents tell the truth: what they name exists, and what exists is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import cli
from benchmarks.faults import __main__ as faults
from settings import ROOT, Settings

DOCUMENTS = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")] + sorted((ROOT / "docs").glob("*.md"))
WORDS = {path: path.read_text("utf-8") for path in DOCUMENTS}
ALL = "\n".join(WORDS.values())
OF_SPARK = {"--master", "--class"}
"""Options of a program that is not ours."""
OF_DEPLOYING = {
    "--yes", "--depth", "--branch", "--require-hashes", "--only-binary", "--no-index", "--find-links", "--create", "--now", "--no-pager", "--fail",
    "--rm", "--as-portal",
}  # fmt: skip
"""Options of git, pip, systemd, curl, Docker and `deploy/statroom`."""
NOT_OURS = {"run", "routes", "shell"}
CODE = [
    path
    for folder in ("", "api", "benchmarks", "cli", "components", "data_access", "metrics", "pages", "settings", "tests")
    for path in ((ROOT / folder).rglob("*.py") if folder else ROOT.glob("*.py"))
]


def named(pattern: str) -> set[str]:
    return set(re.findall(pattern, ALL, re.M))


def test_every_command_in_the_documents_exists_and_every_command_is_documented() -> None:
    commands = {str(command.name) for command in cli.COMMANDS}
    assert named(r"`?(?:\.venv/bin/)?flask ([a-z]+)\b") - NOT_OURS == commands


def test_every_option_in_the_documents_exists() -> None:
    commands = [below for command in cli.COMMANDS for below in (command, *getattr(command, "commands", {}).values())]
    options = {option for command in commands for parameter in command.params for option in parameter.opts if option.startswith("--")}
    options |= {option for action in faults.parser()._actions for option in action.option_strings if option.startswith("--")} - {"--help"}
    assert named(r"(?<![\w-])--[a-z][a-z-]+") - {"--help", *OF_SPARK, *OF_DEPLOYING} <= options
    assert options <= named(r"(?<![\w-])--[a-z][a-z-]+")


def test_every_make_target_in_the_documents_exists_and_every_target_is_documented() -> None:
    targets = set(re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(), re.M))
    assert named(r"(?:`|^|\s{3})make ([a-z]+)") <= targets | {"it", "sure"}
    assert targets - {"help", "clean", "docs"} <= named(r"(?:`|^|\s{3})make ([a-z]+)") | set(
        re.findall(r"`([a-z]+)`", WORDS[ROOT / "CHANGELOG.md"])
    )


def test_every_variable_in_the_documents_is_read_and_every_variable_read_is_documented() -> None:
    pattern = r"\b(?:STATROOM|BENCH)_[A-Z_]*[A-Z]\b"
    read = {name for path in CODE for name in re.findall(pattern, path.read_text("utf-8"))}
    test_names = {f"STATROOM_TEST_{name}" for name in ("POSTGRES_URL", "MARIADB_URL", "REDIS_URL", "BROWSER")}
    documented = named(pattern)
    assert documented - read - test_names == set()
    assert {name for name in read if not name.startswith("STATROOM_TEST")} - documented == set()


def test_every_setting_has_its_variable_in_the_table() -> None:
    source = "".join(path.read_text("utf-8") for path in (ROOT / "settings").glob("*.py"))
    described = set(re.findall(r"\"\"\"(STATROOM_[A-Z_]+|PORT)", source))
    assert len(described) >= len(Settings.__dataclass_fields__) - 1
    assert {name for name in described if f"| `{name}` |" not in WORDS[ROOT / "docs" / "operating.md"]} == set()


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_leads_somewhere(path: Path) -> None:
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", WORDS[path])
    missing = [target for target in targets if "://" not in target and not (path.parent / target).exists()]
    assert missing == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_file_named_in_a_document_exists(path: Path) -> None:
    """Paths in code marks that begin with one of our folders or are one of our top files."""
    folders = "api|assets|benchmarks|cli|components|data_access|deploy|docs|metrics|pages|tests"
    names = re.findall(rf"`((?:{folders})/[\w./-]*\w|[a-z_.]+\.py)`", WORDS[path])
    made = {"benchmarks/latest.json", "deploy/env"}
    assert [name for name in names if not (ROOT / name).exists() and name not in made | {"utils.py"}] == []


def test_every_preset_is_named() -> None:
    presets = {path.stem for path in (ROOT / "data_access" / "sources" / "presets").glob("*.toml") if not path.stem.endswith("_sla")}
    assert {name for name in presets if f'"{name}"' not in WORDS[ROOT / "docs" / "connect-a-city.md"]} == set()


def test_the_project_speaks_only_of_itself() -> None:
    foreign = re.compile(r"/work/|/tmp/brief|\bTODO\b|\bFIXME\b")
    texts = [*DOCUMENTS, *CODE, *(ROOT / "cities").rglob("*.toml")]
    assert [str(path.relative_to(ROOT)) for path in texts if path != Path(__file__) and foreign.search(path.read_text("utf-8"))] == []
