"""The filters of programmes and their stages: what they offer, and where there is nothing to choose."""

from __future__ import annotations

from collections.abc import Callable

from components import words
from components.filter_labels import ALL_OF_THEM, LABELS, MAIN
from components.language import _
from data_access.city import City
from metrics.question import open_programmes
from metrics.select import Asked

Choice = dict[str, str]


def unneeded(city: City, *, with_stages: bool) -> tuple[str, ...]:
    """The filters with nothing to choose: one programme is no choice."""
    seen = [one for one in city.programmes if one.privacy != "aggregate"]
    few = () if len(seen) > 1 else ("programme",)
    return few if with_stages and any(one.stage for one in seen) else (*few, "stage")


def has_several(city: City) -> bool:
    """Whether there is more to say of programmes than that there is one."""
    return len(city.programmes) > 1 or any(one.stage for one in city.programmes)


def main_names(asked: Asked) -> str:
    """The programmes that headline figures count, in words; empty where those are all."""
    known = asked.mart.dimensions
    return words.joined([known.programmes.by_id[number].name for number in known.headline_programmes(asked.scope.programmes)])


def _programmes(asked: Asked) -> list[Choice]:
    """Those that headline figures count are the default; then each, and all of them."""
    main, one_by_one = main_names(asked), open_programmes(asked.scope, asked.mart)
    each = [{"value": slug, "label": member.name} for slug, member in one_by_one.items()]
    if not main:
        return [{"value": MAIN, "label": _("All ({what})", what=_(LABELS["programme"]).lower())}, *each]
    alone = [choice for choice in each if choice["label"] != main]
    return [{"value": MAIN, "label": main}, *alone, {"value": ALL_OF_THEM, "label": _("All ({what})", what=_(LABELS["programme"]).lower())}]


def _stages(asked: Asked) -> list[Choice]:
    """The stages of the programmes asked about; of all, where it is none in particular. Several programmes: with their names."""
    known, chosen = asked.mart.dimensions, asked.question.programme
    open_to = {member.id: member.name for slug, member in open_programmes(asked.scope, asked.mart).items() if not chosen or slug in chosen}
    stages = sorted(known.stages, key=lambda stage: (stage.extra["programme_id"], stage.extra["position"]))
    shown = [stage for stage in stages if stage.extra["programme_id"] in open_to and not stage.extra["ends"]]
    several = len({stage.extra["programme_id"] for stage in shown}) > 1
    labels = [f"{open_to[stage.extra['programme_id']]}: {stage.name}" if several else stage.name for stage in shown]
    return [
        {"value": ALL_OF_THEM, "label": "All (stages)"}, *({"value": stage.slug, "label": label} for stage, label in zip(shown, labels, strict=True))
    ]  # fmt: skip


OPTIONS: dict[str, Callable[[Asked], list[Choice]]] = {"programme": _programmes, "stage": _stages}
"""Filter -> its options for this viewer."""
