"""Why something of another city is not compared, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from components import promise_words, words
from components.language import _
from data_access.comparison import Comparison
from metrics.city_comparison import rule_of
from metrics.other_cities import Side, WhyNot


def why_said(why: WhyNot, every: Sequence[Side], of: Comparison, language: str) -> str:
    """One reason as a sentence."""
    city = why.city
    if why.kind in ("ends", "begins"):
        day = words.day(date.fromisoformat(why.detail))
        if why.kind == "ends":
            return _("{city}: its data reach to {day} only, and the quarter is not over in them.", city=city, day=day)
        return _("{city}: its data begin on {day}, after the quarter began.", city=city, day=day)
    if why.kind == "promise":
        return _("the cities promise different things: {promises}.", promises=_promises(why.service, every, of, language))
    if why.kind.startswith("unlike"):
        return f"{city}: {why.detail}"
    return {
        "file": lambda: _("{city}: its description cannot be read.", city=city),
        "mart": lambda: _("{city}: it has published nothing yet, or an older version of Statroom made what it has published.", city=city),
        "no_type": lambda: _("nobody has said what this is in {city}.", city=city),
        "not_published": lambda: _("{city} publishes nothing of it.", city=city),
        "no_promise": lambda: _("{city} promises no one time for it.", city=city),
        "few": lambda: _("{city} does not publish the number: there are too few cases, or few elsewhere would follow from it.", city=city),
        "not_yet": lambda: _("in {city} half of the cases are not closed yet.", city=city),
        "no_people": lambda: _("it is not known how many people live in {city}.", city=city),
        "no_year": lambda: _("of the number of people in {city} it is not said who counted them and when.", city=city),
    }[why.kind]()


def _promises(service: str, every: Sequence[Side], of: Comparison, language: str) -> str:
    """Each city's promise: "3 working days in Alder and 5 working days in Lakeview"."""
    entry = next(one for one in of.same_service if one.called(language) == service)
    rules = [(side.name, rule_of(side, entry)) for side in every]
    return words.joined(
        [_("{time} in {city}", time=promise_words.time_said(rule), city=name) for name, rule in rules if rule is not None], len(rules)
    )


def topics_said(metrics: Sequence[str], all_of_them: int) -> str:
    """Which figures a reason is about; nothing where it is about all."""
    if len(metrics) == all_of_them:
        return ""
    names = {
        "closed_within_7_days": _("closed within 7 days"), "ttc_km": _("days until half are closed"), "ontime_due": _("on time"), "per_1000": _("reports per resident"),
    }  # fmt: skip
    return words.joined([names[metric] for metric in metrics], len(metrics))
