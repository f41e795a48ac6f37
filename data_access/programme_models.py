"""What a city writes of its programmes: service requests, and everything else that is a case with a clock."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from data_access.model_base import Id, Model
from data_access.slugs import slug

Unit = Literal["business_days", "business_hours", "calendar_days", "elapsed_hours"]
Privacy = Literal["open", "staff", "aggregate"]
Word = Annotated[str, Field(min_length=1, max_length=60)]


class StageConfig(Model):
    """`[[programme.stage]]`: one step on a case's way, in the usual order."""

    id: Id
    name: Word
    aliases: tuple[str, ...] = ()
    """The source's words for it; its id and its name are known anyway."""
    amount: Annotated[float, Field(gt=0)] | None = None
    """How long a case should stay in it at most, in `unit`; none: nothing is promised."""
    unit: Unit = "calendar_days"
    calendar: Id | None = None
    waits: bool = False
    """Somebody outside has to act: meanwhile the clock of the case stands still."""
    ends: bool = False
    """A case that comes here is at its end."""

    @model_validator(mode="after")
    def _promises_something(self) -> StageConfig:
        if self.amount is None and self.calendar is not None:
            raise ValueError("'calendar' is of use with an 'amount' only; add it or leave both out")
        if self.ends and (self.waits or self.amount is not None):
            raise ValueError("a stage that ends a case neither waits nor has an 'amount'")
        return self


class Programme(Model):
    """`[[programme]]`: a kind of case, with its words, stages and who may see it."""

    id: Id
    name: str
    kind: Literal["service_request", "idea", "application", "records_request", "complaint", "code_case"] = "service_request"
    about: str = ""
    """One sentence for readers."""
    case: Word = "case"
    cases: Word = "cases"
    """What one case is called, and several."""
    privacy: Privacy = "open"
    """open: residents see what the classes of its types allow; staff: they see nothing of it; aggregate: everybody sees totals only,
    staff too: no case, list or map."""
    stage: tuple[StageConfig, ...] = ()

    @model_validator(mode="after")
    def _stages_differ(self) -> Programme:
        words: dict[str, str] = {}
        for stage in self.stage:
            for word in dict.fromkeys(slug(word) for word in (stage.id, stage.name, *stage.aliases)):
                if words.setdefault(word, stage.id) != stage.id:
                    raise ValueError(f"stages {words[word]!r} and {stage.id!r} are both called {word!r}; give each its own words")
        if self.stage and self.stage[0].ends:
            raise ValueError(f"the first stage, {self.stage[0].id!r}, cannot be one that ends a case")
        return self

    def stage_of(self, word: str) -> StageConfig | None:
        """The stage a source means by `word`, or None."""
        wanted = slug(word)
        return next((one for one in self.stage if wanted in {slug(name) for name in (one.id, one.name, *one.aliases)}), None)
