"""Every sentence of a briefing, its headings and its suggested questions: templates over the numbers that `metrics.briefing` asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from components import briefing_measured_words, remark_words, words
from components.commitment_words import BECAUSE_WORDS
from components.signal_words import COUNTED, RULE_WORDS
from metrics.definitions import REGISTRY
from metrics.periods import Calendar
from metrics.signal_list import SILENT_DAY

Numbers = Mapping[str, Any]
HEADINGS = {
    "promises": "Promises of last time", "signals": "What really changed", "backlog": "The week, what waits and what is overdue", "measured": "Figures that miss their target", "risk": "What is coming",
    "equity": "Who is left out", "data": "What the data can bear",
}  # fmt: skip
SUGGESTED = "Suggested questions"
OLDER = "The figures were drafted anew after that: look whether the text still says what they show."


def heading(kind: str, numbers: Numbers | None = None) -> str:
    """Of a part; an issue is named after its signal."""
    return HEADINGS[kind] if numbers is None else f"Issue: {_named(numbers)}"


def sentence(of: str, numbers: Numbers, calendar: Calendar) -> str:
    """What the numbers of one question say."""
    return _SAID[of](numbers, calendar)


def question(rule: str, of: Numbers) -> str:
    """One suggested question."""
    if rule == "back" and of["verdict"] != "worse":
        return _NOT_WORSE[of["verdict"]]
    shares = {name: words.percent_of(of[name]) for name in ("share", "now", "before") if name in of}
    return _ASKED[rule].format_map({**of, **shares, "who": of.get("owner") or "the department"})


_NOT_WORSE = {
    "better": "What was done differently, and where else could the same be done?",
    "neither": "Is it known what is behind it, will it last, and what does it ask of the crews?",
}
_ASKED = {
    "more_work": "More came in than usual: which type came more, and is it known why?",
    "fewer_closed": "Less was closed than usual: who was away, what was out of order, what else was done instead?",
    "one_type": "{share} are {label}: which part of that work takes longer than it did?",
    "one_area": "{share} lie in {label}: what is different there?",
    "mix": "Part of the change is another mix of work: which type came more, {type} or another one?",
    "loops": "{again} of {cases} cases that were passed on were passed on again: who decides at first sight whose case it is?",
    "old": "{old} open cases are {days} days old and more: which of them can never be done, and who says so?",
    "slower": "{now} are closed within 30 days, {before} a year earlier: at which step do they wait?",
    "back": "What brings it back to its usual range, by which day, and who at {who} sees to it?",
}  # fmt: skip


def _figure(of: Numbers, _calendar: Calendar) -> str:
    metric = REGISTRY[of["metric"]]
    counts = metric.unit in ("cases", "closures")
    value = words.amount(of["value"], metric.unit) if counts else words.value(of["value"], metric.unit)
    when = words.during(_day(of["first"]), _day(of["end"]))
    if of["value"] is None:
        return f"{metric.label}: no figure {when}."
    is_instant = metric.date_field == "as_of"
    said = f"{metric.label}: {value} {'at the end of the week' if is_instant else 'in the week'} {when}"
    behind = f" (of {words.cases(of['n'])})" if metric.unit == "share" else ""
    before = [
        f"{words.amount(of[name], metric.unit)} {text}"
        for name, text in (("previous", "the week before"), ("last_year", "a year earlier"))
        if of[name] is not None
    ]
    return f"{said}{behind}; {' and '.join(before)}." if before else f"{said}{behind}."


def _ages(of: Numbers, _calendar: Calendar) -> str:
    if not of["total"]:
        return "No case is open."
    if not of["old"]:
        return f"None of {words.value(of['total'], 'cases')} open now is {of['old_days']} days old and more."
    return f"{words.count(of['old'])} of {words.value(of['total'], 'cases')} open now are {of['old_days']} days old and more ({words.percent_of(of['old'] / of['total'])})."


def _overdue(of: Numbers, _calendar: Calendar) -> str:
    if not of["total"]:
        return "No case is overdue."
    longest = "" if of["longest"] is None else f", the longest for {words.value(of['longest'], 'days')}"
    verb = "is" if of["total"] == 1 else "are"
    return f"{words.cases(of['total'])} {verb} overdue now{longest}."


def _quiet(of: Numbers, _calendar: Calendar) -> str:
    if not of["series"]:
        return "No weekly series has enough weeks and cases to be judged."
    total = words.plural(of["series"], "weekly series", "weekly series")
    if of["quiet"] == of["series"]:
        return f"Of {total} none has a signal: all stayed within their ordinary ups and downs."
    breaks = "breaks" if of["faint"] == 1 else "break"
    faint = f"; {of['faint']:,} more {breaks} a rule faintly, as some of so many do by chance" if of["faint"] else ""
    said = f"Of {total} {of['quiet']:,} stayed within their ordinary ups and downs{faint}."
    if not of["signals"]:
        return f"{said} None has a clear signal."
    first = f", of which the first {of['told']} follow." if of["told"] < of["signals"] else "."
    return f"{said} What changed makes {words.plural(of['signals'], 'line')} of the list{first}"


def _named(of: Numbers) -> str:
    label = "All cases" if of["dimension"] == "whole" else of["label"]
    return f"{label}, {words.label(REGISTRY[of['metric']])}"


def _signal(of: Numbers, _calendar: Calendar) -> str:
    counted = f"{words.count(of['cases'])} {'more' if of['sign'] > 0 else 'fewer'} {COUNTED[of['metric']]}"
    if SILENT_DAY in of["rules"]:
        return f"{_named(of)}: nothing was recorded on {words.weekday(_day(of['since']))}, where about {words.count(of['expected'])} are usual."
    rules = words.joined([RULE_WORDS[name] for name in of["rules"] if name != "two_of_three" or len(of["rules"]) == 1])
    verdict = "" if of["verdict"] == "neither" else f", {of['verdict']}"
    also = f" Seen with it: {words.joined(list(dict.fromkeys(of['also'])))}." if of["also"] else ""
    ask = f" Whom to ask: {of['owner']}." if of["owner"] else ""
    return f"{_named(of)}: {counted} than expected since the week of {words.day(_day(of['since']))}{verdict} ({rules}).{also}{ask}"


def _weeks(of: Numbers, _calendar: Calendar) -> str:
    metric = REGISTRY[of["metric"]]
    how = (("its change from week to week", of["is_change"]), ("less the same week a year before", of["is_seasonal"]))
    shown = [part for part, holds in how if holds]
    judged = f" Judged is {', '.join(shown) if of['is_change'] else 'the week ' + shown[0]}." if shown else ""
    last = f"{metric.label} in the last week: {words.value(of['value'], metric.unit)}."
    if of["limits"] is None:
        return f"{last} Fewer than 6 weeks are known, so there are no limits.{judged}"
    low, mean, high = (_signed(value, of) for value in of["limits"])
    count = len(of["marked"])
    return f"{last}{judged} Its usual range is {low} to {high} around {mean}; {words.plural(count, 'week')} of those drawn {'breaks' if count == 1 else 'break'} a rule."


def _signed(value: float, of: Numbers) -> str:
    metric = REGISTRY[of["metric"]]
    if not (of["is_change"] or of["is_seasonal"]):
        return words.amount(value, metric.unit)
    said = words.decimal(abs(100 * value)) + " points" if metric.unit == "share" else words.decimal(abs(value))
    return f"{'−' if value < 0 else '+'}{said}"


def _split(of: Numbers, _calendar: Calendar) -> str:
    by = of["by"].replace("_", " ")
    if not of["total"]:
        return f"No case behind it to split by {by}."
    kind = REGISTRY[of["metric"]].kind
    what = "that missed the deadline" if kind == "share" else COUNTED[of["metric"]]
    parts = [f"{label} {words.count(n)}" for label, n in list(zip(of["labels"], of["n"], strict=True))[:3]]
    when = "now" if kind == "stock" else "since it began"
    return f"By {by}, of {words.value(of['total'], 'cases')} {what} {when}: {words.joined(parts)}."


def _moves(of: Numbers, _calendar: Calendar) -> str:
    if not of["cases"]:
        return "No case was passed on to another department in the last 13 weeks."
    days = "" if of["days"] is None else f", the first time after {words.value(of['days'], 'days')} (median)"
    again = f"{words.count(of['again'])} of them" if of["again"] else "none"
    return f"{words.cases(of['cases'])} {'was' if of['cases'] == 1 else 'were'} passed on to another department in the last 13 weeks{days}; {again} more than once."


def _curve(of: Numbers, _calendar: Calendar) -> str:
    now, before = (dict(zip(of["days"], of[name], strict=False)).get(30) for name in ("now", "before"))
    if now is None:
        return "Too few cases were opened in the last 13 weeks to say how soon they are closed."
    then = "" if before is None else f", {words.share(before)} a year earlier"
    return f"Of {words.value(of['n_now'], 'cases')} opened in the last 13 weeks {words.share(now)} are closed within 30 days{then} (open cases taken into account)."


def _examples(of: Numbers, _calendar: Calendar) -> str:
    if not of["cases"]:
        return "No single case stands behind it now."
    return (
        f"Examples, {len(of['cases'])} of {words.value(of['total'], 'cases')}: {', '.join(number for _programme, number in of['cases'])}."
    )


def _mix(of: Numbers, _calendar: Calendar) -> str:
    if not of["is_known"]:
        return "What the change is made of cannot be told: nothing fell due in one of the two periods."
    way = "rose" if of["change"] > 0 else "fell"
    parts = f"{_points(of['rate'])} because the same work was done differently, {_points(of['mix'])} because other work came"
    return f"Against the 13 weeks before, the share on time {way} by {words.points(of['change'])}: {parts}."


def _points(value: float) -> str:
    return f"{'−' if value < 0 else '+'}{words.points(value)}"


def _due(of: Numbers, _calendar: Calendar) -> str:
    if not of["n"]:
        return "Nothing falls due in the next 7 days."
    late = "" if of["late"] is None else f"; about {words.count(of['late'])} of them are expected to be late"
    first = f" ({words.count(of['by_type'][0])} {of['labels'][0]})" if of["labels"] else ""
    return f"{words.cases(of['n'])} {'falls' if of['n'] == 1 else 'fall'} due in the next 7 days{first}{late}."


def _forecast(of: Numbers, _calendar: Calendar) -> str:
    if of["value"] is None:
        return "There are too few weeks of data to forecast what will be overdue in four weeks."
    record = f" Such a range held in {of['held']} of {words.plural(of['judged'], 'past week')}." if of["judged"] else ""
    return f"In four weeks {words.count(of['low'])} to {words.count(of['high'])} cases will be overdue if work goes on as it did; now {words.count(of['now'])} are.{record}"


def _equity(of: Numbers, _calendar: Calendar) -> str:
    layer = of["layer"].lower()
    if "typical_rate" not in of:
        return f"Who is left out cannot be said of the {layer}: too few of them have a reporting rate and enough cases."
    typical = f"typical are {words.amount(of['typical_rate'], 'per_1000')} reports per 1,000 residents and {words.value(of['typical_days'], 'days')} to close"
    if not of["out"]:
        return f"None of {of['areas']} {layer} both reports less than is typical and waits longer; {typical}."
    many = "report less than is typical and wait" if len(of["out"]) > 1 else "reports less than is typical and waits"
    return f"{len(of['out'])} of {of['areas']} {layer} {many} longer: {words.joined(of['out'])}, at most {words.value(of['longest'], 'days')}; {typical}."


def _promises(of: Numbers, _calendar: Calendar) -> str:
    when = f"on {words.day(_day(of['day']))}"
    if not any(of[state] for state in ("open", "in_review", "kept", "dropped")):
        return f"No commitment had been made by these departments {when}."
    owed = words.plural(of["open"], "commitment") if of["open"] else "No commitment"
    late = f", {of['overdue']} of them overdue" if of["overdue"] else ""
    rest = [(of["in_review"], "waited for a review"), (of["kept"], "had been kept"), (of["dropped"], "had been dropped")]
    told = words.joined([f"{n} {what}" for n, what in rest if n])
    return f"{owed} {'were' if of['open'] > 1 else 'was'} owed {when}{late}{'; ' + told if told else ''}."


def _promise(of: Numbers, _calendar: Calendar) -> str:
    due = words.day(_day(of["due_on"]))
    state = {
        "open": f"{words.plural(of['days_late'], 'day')} late (due {due})" if of["days_late"] else f"due {due}",
        "in_review": f"done, waits for a review (due {due})", "kept": f"kept (due {due})", "dropped": f"dropped (due {due})",
    }[of["state"]]  # fmt: skip
    evidence = f" Evidence: {words.sentence(of['evidence'])}" if of["evidence"] else ""
    return f"{of['deliverable'].rstrip('.')} ({of['department']}): {state}.{evidence} {_moved(of)}"


def _moved(of: Numbers) -> str:
    metric = REGISTRY.get(of["metric"])
    if metric is None or of["verdict"] == "not_measurable":
        return f"Its figure cannot be measured: {BECAUSE_WORDS[of['because']] or 'there is none.'}"
    usual, since = (words.value(of[name], metric.unit) for name in ("usual", "since"))
    went = f"Its figure ({words.label(metric)}) was {usual} in the weeks before" + (
        f" and {since} in the {words.plural(of['weeks'], 'week')} since" if of["weeks"] else ""
    )
    verdict = {
        "as_hoped": "it moved as hoped, by more than its ordinary ups and downs", "worse": "it moved the wrong way, by more than its ordinary ups and downs",
        "none_yet": "no effect yet", "too_early": f"too early to tell before {words.day(_day(of['tells_from']))}",
    }[of["verdict"]]  # fmt: skip
    reached = "" if of["reached"] is None else f"; what was hoped for {'is' if of['reached'] else 'is not'} reached"
    return f"{went}: {verdict}{reached}."


def _data(of: Numbers, calendar: Calendar) -> str:
    return f"Figures are as known on {words.instant(datetime.fromisoformat(of['as_of']), calendar)}, by version {of['definitions']} of the definitions."


def _gate(of: Numbers, _calendar: Calendar) -> str:
    if of["week"] is None:
        return "No week had been closed by then, so no gate was passed."
    week = f"the week {words.during(_day(of['week']), _day(of['week']) + timedelta(weeks=1))}"
    said = f"are not fit to be discussed: {of['note']}" if of["is_red"] else "passed the gate when it was closed."
    return f"The data of {week} {said}"


def _refused(of: Numbers, _calendar: Calendar) -> str:
    return f"Of {of['read']:,} rows read {of['refused']:,} were refused and are in no figure; {of['unmapped']:,} hold a word that nobody mapped."


def _changed(of: Numbers, _calendar: Calendar) -> str:
    if of["week"] is None:
        return "There is no frozen week to compare with."
    since = f"Since the week from {words.day(_day(of['week']))} was closed"
    if not of["figures"]:
        return f"{since}: no figure was frozen for these departments."
    if not of["changed"]:
        return f"{since}, none of its {words.plural(of['figures'], 'figure')} has another value."
    parts = [_restated(one) for one in of["changed"]]
    return f"{since}, {words.plural(len(parts), 'figure')} of {of['figures']} changed: {words.joined(parts)}."


def _restated(one: Numbers) -> str:
    metric = REGISTRY[one["metric"]]
    whose = f"{one['label']}, " if one["label"] else ""
    return f"{whose}{words.label(metric)} from {words.amount(one['frozen'], metric.unit)} to {words.amount(one['now'], metric.unit)}"


def _day(text: str) -> date:
    return date.fromisoformat(text)


_SAID: dict[str, Callable[[Numbers, Calendar], str]] = {
    "figure": _figure, "ages": _ages, "overdue": _overdue, "quiet": _quiet, "signal": _signal, "weeks": _weeks, "split": _split, "moves": _moves,
    "curve": _curve, "examples": _examples, "mix": _mix, "due": _due, "forecast": _forecast, "equity": _equity, "promises": _promises, "promise": _promise, "said": remark_words.frozen,
    "data": _data, "gate": _gate, "refused": _refused, "changed": _changed, "targets": briefing_measured_words.targets, "target": briefing_measured_words.target,
}  # fmt: skip
