"""What a source's words and texts mean, as a mapping says it."""

from __future__ import annotations

import re
from typing import Any

from pydantic import field_validator

from data_access import vocabulary
from data_access.city_models import Model


class Words(Model):
    """The meaning of one source word: any of status, outcome, channel, initiated_by, case_class."""

    status: str | None = None
    outcome: str | None = None
    channel: str | None = None
    initiated_by: str | None = None
    case_class: str | None = None

    @field_validator("*")
    @classmethod
    def _known(cls, value: str | None, info: Any) -> str | None:
        if value is not None:
            vocabulary.code_of(info.field_name, value)
        return value


class Pattern(Model):
    """`[[outcome_pattern]]`: how a free text that must not be kept begins (a regular expression), and what that means."""

    pattern: str
    outcome: str
    label: str
    case_class: str | None = None

    @field_validator("outcome", "case_class")
    @classmethod
    def _known(cls, value: str | None, info: Any) -> str | None:
        if value is not None:
            vocabulary.code_of(info.field_name, value)
        return value

    @field_validator("pattern")
    @classmethod
    def _compiles(cls, value: str) -> str:
        try:
            re.compile(value)
        except re.error as error:
            raise ValueError(f"it is no regular expression: {error}") from None
        return value
