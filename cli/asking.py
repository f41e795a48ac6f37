"""Questions of a command: answered from flags, from a file, by the default, or by a person; each once."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Any

import click

from data_access.proposing.questions import Question


class Asker:
    """Answers questions. `asked` counts those that a person had to answer."""

    def __init__(self, given: dict[str, str], *, yes: bool) -> None:
        self.given, self.yes, self.asked = given, yes, 0
        self.told: list[tuple[Question, str]] = []
        """What was taken without asking: the question and its answer."""
        self._known: dict[str, str] = {}

    def __call__(self, question: Question) -> str:
        """The answer, checked.

        Raises:
            click.ClickException: a given answer does not fit.
        """
        if question.key not in self._known:
            self._known[question.key] = self._answer(question)
        return self._known[question.key]

    def _answer(self, question: Question) -> str:
        if question.key in self.given or self.yes:
            answer = self.given.get(question.key, question.default)
            try:
                answer = _checked(question, answer)
            except ValueError as error:
                raise click.ClickException(f"the answer {question.key!r}: {error}") from None
            self.told.append((question, answer))
            return answer
        self.asked += 1
        while True:
            answer = click.prompt(question.text + _listed(question), default=question.default, type=str, err=True)
            try:
                return _checked(question, answer)
            except ValueError as error:
                click.echo(str(error), err=True)

    def unused(self) -> str | None:
        """A given answer to which there was no question, as a sentence."""
        for key in self.given:
            if key not in self._known:
                near = difflib.get_close_matches(key, self._known, n=1)
                hint = f"did you mean {near[0]!r}?" if near else f"there were {', '.join(map(repr, self._known)) or 'none'}."
                return f"The answer {key!r} was not needed; {hint}"
        return None


def _checked(question: Question, answer: str) -> str:
    if question.choices and answer not in question.choices:
        near = difflib.get_close_matches(answer, question.choices, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"it may be {', '.join(question.choices)}."
        raise ValueError(f"{answer!r} is not among the choices; {hint}")
    return question.check(answer)


def _listed(question: Question) -> str:
    return f" ({', '.join(question.choices)})" if question.choices else ""


def read_answers(path: Path) -> dict[str, str]:
    """A TOML file of answers: `name = "..."`, and tables such as `[status]` with a word on each line.

    Raises:
        click.ClickException: it is no such file.
    """
    try:
        data: dict[str, Any] = tomllib.loads(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise click.ClickException(f"{path} cannot be read as answers: {' '.join(str(error).split())}") from None
    made = {}
    for key, value in data.items():
        for name, text in value.items() if isinstance(value, dict) else [("", value)]:
            if not isinstance(text, str):
                raise click.ClickException(f"{path}: {key!r} must be text in quotation marks.")
            made[f"{key}.{name}" if name else key] = text
    return made
