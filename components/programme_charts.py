"""Charts of one programme whatever its kind: what came week by week, what became of it, why, and what it waits for."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from components import lists, on_time, programme_words, theme, words
from components.backlog_flow import draw_transfers
from components.chart import Chart, Drawn
from components.figures.ranked import bars, stack
from components.figures.series import Line, lines
from components.lists import Listing
from components.programme_words import counted, in_own_words, kind_of, own
from components.stock_over_time import draw_over_time, period_label
from components.table import Column, Twin
from metrics import outcomes, xmr
from metrics.measure import measure
from metrics.on_time import cut_periods
from metrics.only import ANY_WORDS, NO_WORDS
from metrics.select import Asked
from metrics.stages import programme_of, whole

MOST_BARS = 12
ROUNDS = "application"
"""Kind whose cases come in rounds: a week without one is no signal."""
COLOURS = {"open": theme.QUIET, "resolved": theme.THIRD, "denied": theme.SECOND, "withdrawn": theme.FOURTH}
ORDER = ("resolved", "denied", "withdrawn", "open")


def draw_flow(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """What was opened and closed in each period, with the range that is only noise."""
    both = {name: measure(name, asked, period=True).frame for name in ("opened", "closed")}
    cut = cut_periods(asked)
    frame = both["opened"][["period"]].assign(opened=both["opened"]["value"], closed=both["closed"]["value"].to_numpy())
    spans = [on_time.span_of(first, asked) for first in frame["period"]]
    rows = frame.assign(**{f"{name}_href": [lists.address(Listing(name), asked, **span) for span in spans] for name in both})
    one, many = own(asked)
    kind = kind_of(programme_of(asked))
    columns = (
        Column("period", period_label(asked), "day"), Column("opened", kind.opened, "cases", href="opened_href"),
        Column("closed", "Closings", "closures", href="closed_href"),
    )  # fmt: skip
    twin = Twin(rows.iloc[::-1], columns, f"{kind.opened} and closed")
    known = rows[[first.date() not in cut for first in rows["period"]]].dropna(subset=["opened"]).reset_index(drop=True)
    if known.empty or not known[["opened", "closed"]].to_numpy().any():
        return Drawn(f"No {one} was opened or closed in a whole {on_time.step(asked)} of this period.", None, twin)
    in_rounds = programme_of(asked).extra["kind"] == ROUNDS
    values = known["opened"].tolist()
    limits = None if in_rounds else xmr.limits(values)
    found = xmr.signals(values, limits) if limits else None
    figure = lines(
        known, [Line("opened", kind.opened), Line("closed", "Closed", theme.THIRD, "dash")], "cases", limits=xmr.shown(limits, "count") if limits else None,
        marked=found.outside if found else (), title=many.capitalize(),
    )  # fmt: skip
    for trace, name in zip(figure["data"], both, strict=False):
        trace["customdata"] = known[f"{name}_href"].tolist()
    total = int(known["opened"].sum())
    note = "Rounds open and close: what comes is no steady stream, so no usual range is drawn." if in_rounds else _band(limits, asked)
    return Drawn(_flow_words(known, total, found, limits, asked), figure, twin, note, cases=lists.address(Listing("opened"), asked))


def _band(limits: xmr.Limits | None, asked: Asked) -> str:
    if limits is None:
        return f"A usual range needs {xmr.LEAST_POINTS} {on_time.step(asked)}s or more."
    return f"Grey band: the usual range of what is opened, from the first {xmr.BASELINE_POINTS} {on_time.step(asked)}s shown; diamonds lie outside it."


def _flow_words(known: pd.DataFrame, total: int, found: xmr.Signals | None, limits: xmr.Limits | None, asked: Asked) -> str:
    step, closed = on_time.step(asked), int(known["closed"].sum())
    said = f"{counted(total, asked)} came and {words.plural(closed, 'was', 'were').split(' ')[0]} {programme_words.were(closed)} closed in {words.plural(len(known), 'whole ' + step)}"
    if found is None or limits is None:
        return words.sentence(said)
    last = len(known) - 1
    if last in found.outside:
        way = "more" if known["opened"].iloc[-1] > limits.mean else "fewer"
        return f"{said}; in the last one {way} than usual: a signal."
    if last in (*found.shift, *found.trend, *found.two_of_three):
        return f"{said}; the last ones are part of a run that is a signal."
    outside = len(found.outside)
    return f"{said}; the last is within the usual range" + (
        f", {words.plural(outside, 'earlier one')} {'lies' if outside == 1 else 'lie'} outside." if outside else "."
    )


def draw_became(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """What became of the cases of each month."""
    about, frame = whole(asked), outcomes.became(asked)
    one, many = own(asked)
    kind = kind_of(programme_of(asked))
    present = [*[word for word in ORDER if word in set(frame["outcome"])], *sorted(set(frame["outcome"]) - set(ORDER))]
    wide = (
        frame.pivot_table(index="period", columns="outcome", values="n", aggfunc="sum", fill_value=0).reindex(columns=present)
        if len(frame)
        else pd.DataFrame()
    )
    monthly = about.about(about.question.about(grain="month"))
    spans = [on_time.span_of(first, monthly) for first in wide.index]
    hrefs = {
        word: [lists.address(Listing("opened"), about, **span, **({"now": "open"} if word == outcomes.OPEN else {"now": "closed", "outcome": word})) for span in spans]
        for word in present
    }  # fmt: skip
    called = {word: kind.outcome(word) if word == outcomes.OPEN else programme_words.outcome(word, asked) for word in present}
    rows = wide.reset_index().assign(
        month=[words.period(first, "month", asked.calendar) for first in wide.index], total=wide.sum(axis=1).to_numpy() if len(wide) else [],
        total_href=[lists.address(Listing("opened"), about, **span) for span in spans], **{f"{word}_href": hrefs[word] for word in present},
    )  # fmt: skip
    columns = (
        Column("month", f"{kind.opened} in"), Column("total", many.capitalize(), "cases", href="total_href"),
        *(Column(word, called[word], "cases", href=f"{word}_href") for word in present),
    )  # fmt: skip
    twin = Twin(rows, columns, "What became of them, by month", frame)
    if frame.empty:
        return Drawn(f"No {one} was opened in this period.", None, twin)
    drawn = wide.rename(columns=called)
    colours = [COLOURS.get(word, colour) for word, colour in zip(present, [*theme.AGE_COLOURS] * 2, strict=False)]
    figure = stack(drawn, rows["month"].tolist(), "cases", colours, href={called[word]: hrefs[word] for word in present})
    figure["layout"]["xaxis"]["title"]["text"] = many.capitalize()
    total = int(frame["n"].sum())
    sums = frame.groupby("outcome")["n"].sum()
    said = words.joined(
        [
            f"{words.count(sums[word])} ({words.percent_of(sums[word] / total)}) {called[word][0].lower()}{called[word][1:]}"
            for word in present
        ],
        5,
    )
    every = lists.address(Listing("opened"), about)
    return Drawn(
        f"Of {counted(total, asked)} in all: {said}.", figure, twin, "Young months have more open ones: that is their age, no failure.", cases=every,
        leads={counted(total, asked): every},
    )  # fmt: skip


def draw_reasons(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """Why cases were closed, in the source's own words."""
    about, frame = whole(asked), outcomes.reasons(asked)
    rows = frame.assign(
        label=[programme_words.reason(text) for text in frame["reason"]], value=frame["n"], share=frame["n"] / frame["n"].sum(),
        href=[lists.address(Listing("closed"), about, reason=text) for text in frame["reason"]],
    )  # fmt: skip
    columns = (
        Column("label", "Reason"), Column("outcome", "Counted as"), Column("n", "Closings", "closures", href="href"), Column("share", "Of all", "share"),
    )  # fmt: skip
    twin = Twin(rows, columns, "Closings by reason", frame)
    if frame.empty:
        return Drawn(f"No {own(asked)[0]} was closed in this period.", None, twin)
    total = int(frame["n"].sum())
    denied = int(frame.loc[frame["outcome"] == "Denied", "n"].sum())
    top = rows.iloc[0]
    level = rows.loc[rows["n"] == top["n"], "label"].tolist()
    leads = "is the most frequent ending" if len(level) == 1 else "are the most frequent endings"
    said = f"{words.joined(level)} {leads}, {words.count(top['n'])}{'' if len(level) == 1 else ' each'} of {words.count(total)}"
    if denied > top["n"] or (denied and top["outcome"] != "Denied"):
        called = programme_words.outcome("denied", asked)
        said += (
            f"; {words.count(denied)} ({words.percent_of(denied / total)}) {programme_words.were(denied)} {called[0].lower()}{called[1:]}"
        )
    colours = [theme.SECOND if name == "Denied" else theme.PRIMARY for name in rows["outcome"]]
    figure = bars(rows.head(MOST_BARS), "closures", colours=colours[:MOST_BARS])
    left = len(rows) - MOST_BARS
    note = ("Orange: counted as denied. " if denied else "") + (f"{left:,} more in the table." if left > 0 else "")
    every = lists.address(Listing("closed"), about)
    return Drawn(words.sentence(said), figure, twin, note, cases=every, leads={f"{words.count(total)}": every})


def draw_extensions(asked: Asked, _view: Mapping[str, str]) -> Drawn:
    """How often deadlines were extended, and by what right."""
    found = outcomes.extensions(asked)
    of = Listing("due_extended_rate")
    every, due = lists.address(of, asked, basis=ANY_WORDS), lists.address(of, asked)
    rows = found.bases.assign(
        label=[programme_words.reason(text) for text in found.bases["basis"]], value=found.bases["n"],
        href=[lists.address(of, asked, basis=text) for text in found.bases["basis"]],
    )  # fmt: skip
    one, many = own(asked)
    columns = (Column("label", "Reason or legal basis"), Column("n", f"{many.capitalize()} extended", "cases", href="href"))
    twin = Twin(rows, columns, "Deadlines extended, by reason or legal basis", found.bases)
    if not found.due:
        return Drawn(f"No {one} with a deadline fell due in this period.", None, twin)
    if not found.extended:
        return Drawn(f"No deadline of the {counted(found.due, asked)} that fell due was extended.", None, twin, cases=due)
    figure = bars(rows.head(MOST_BARS), "cases")
    figure["layout"]["xaxis"]["title"]["text"] = f"{many.capitalize()} extended"
    part = words.percent_of(found.extended / found.due)
    said = f"{counted(found.extended, asked)} of {words.count(found.due)} that fell due had the deadline extended ({part})."
    named = [text for text in found.bases["basis"] if text != NO_WORDS]
    note = "" if named else "The source names no reason for any of them."
    return Drawn(said, figure, twin, note, cases=every, leads={counted(found.extended, asked): every})


FLOW = Chart("programme-flow", "What came and what was closed", draw_flow, metric="opened")
BECAME = Chart("programme-became", "What became of those that came, by month", draw_became, defined="became")
REASONS = Chart("programme-reasons", "Why they were closed", draw_reasons, defined="closing_reasons")
EXTENSIONS = Chart("programme-extensions", "Deadlines extended", draw_extensions, defined="extension_basis")
STOCK = Chart("programme-stock", "Open and overdue cases", in_own_words("Open and overdue cases", draw_over_time), metric="backlog")
MOVES = Chart(
    "programme-moves",
    "Moved between departments",
    in_own_words("Cases that moved between departments", draw_transfers),
    metric="transferred",
)
