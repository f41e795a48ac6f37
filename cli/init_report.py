"""What `flask init` says: what it saw and proposes, the first figures, what is doubtful, and what comes next."""

from __future__ import annotations

from pathlib import Path

from data_access.mapping.spec import load_mapping, preset_path
from data_access.proposing.facts import mixes_orders
from data_access.proposing.known import has_deadlines
from data_access.proposing.look import Look
from data_access.proposing.personal import by_name
from data_access.proposing.questions import Plan
from data_access.proposing.tables import TableFacts
from data_access.sources.profile import Profile

MOST_TABLES = 12
HIDDEN = {"address", "latitude", "longitude", "source_id", "parent_source_id"}
"""Fields whose values are not shown."""


def seen(look: Look) -> str:
    """The tables, the export if it is known, and a column for every field."""
    lines = [
        f"{look.sample.rows:,} rows{'' if look.sample.complete else ' looked at, there may be more'}, {len(look.facts) + len(look.sample.left_out)} columns."
    ]
    lines += _tables(look)
    if look.preset:
        lines.append(f"This is a known export: preset {look.preset!r} says what its columns and words mean.")
    lines += ["", f"  {'Field':<18} {'Column':<28} Why"]
    lines += [f"  {field:<18} {column:<28} {why}" for field, column, why in _fields(look)]
    lines += [f"  {'':<18} {name:<28} looks like a deadline and is none: {why}" for name, why in look.proposed.not_deadlines.items()]
    read = {column for _, column, _ in _fields(look)}
    personal = {name: what for name, what in look.proposed.left_out.items() if name not in read}
    if personal:
        lines += ["", "Not read, because it is about people:", *(f"  {name}: {what}" for name, what in personal.items())]
    return "\n".join([*lines, ""])


def _tables(look: Look) -> list[str]:
    if look.cases is None:
        return []
    lines = [_table(table) for table in look.tables[:MOST_TABLES]]
    lines.append(f"The cases are in {look.cases.name}.")
    lines += [
        f"  its {join.column} is explained by {join.table} ({'foreign key' if join.declared else 'by name, and its ids are there'})"
        for join in look.joins
    ]
    if look.events:
        lines.append(f"  what happened to them is in {look.events.table}: with it backlogs of the past are exact")
    return lines


def _table(table: TableFacts) -> str:
    people = sorted({what for name in table.columns if (what := by_name(name))})
    said = f"  {'view' if table.is_view else 'table'} {table.name}: {'?' if table.rows is None else f'{table.rows:,}'} rows"
    return said + (f"; of it {' and '.join(people)} are not read" if people else "")


def _fields(look: Look) -> list[tuple[str, str, str]]:
    if look.preset:
        mapping = load_mapping(preset_path(look.preset))
        found = [
            (field, next((name for name in mapping.aliases(field) if name in look.facts or name in look.sample.left_out), None))
            for field in mapping.columns
        ]
        return [(field, column, "as the preset says") for field, column in found if column]
    return [(one.field, one.column, one.reason + _samples(look, one.field, one.column)) for one in look.proposed.fields.values()]


def _samples(look: Look, field: str, column: str) -> str:
    facts = look.facts.get(column)
    return "" if facts is None or field in HIDDEN or not facts.samples else f": {', '.join(facts.samples[:2])}"


def figures(profile: Profile, look: Look) -> str:
    """The first figures, of the rows that were looked at, mapped as a load will."""
    refused = [f"  refused              {count:,}: {reason}" for reason, count in profile.refused.items()]
    if look.proposed.entity == "measures":
        return "\n".join(["First figures:", f"  measures             {profile.cases:,} of {profile.rows:,} rows", *refused]) + "\n"
    of = (
        ""
        if look.sample.complete and len(look.sample.frame) == look.sample.rows
        else f", of {len(look.sample.frame):,} rows spread over the source"
        if look.kind == "files"
        else f", of the {len(look.sample.frame):,} {'newest' if look.kind == 'sql' else 'first'} rows"
    )
    lines = [f"First figures{of}:", f"  cases                {profile.cases:,} of {profile.rows:,} rows", *refused]
    if profile.first_opened_at and profile.last_opened_at:
        lines.append(
            f"  opened               {profile.local(profile.first_opened_at):%Y-%m-%d} to {profile.local(profile.last_opened_at):%Y-%m-%d}, most at {profile.busiest_hour or 0:02d}:00 ({profile.busiest_hour_share:.0%})"
        )
    rate = "no deadline is read" if profile.on_time_rate is None else f"{profile.on_time_rate:.1%} of {profile.with_due:,} with a deadline"
    lines.append(f"  on time              {rate}")
    days = "-" if profile.median_days_to_close is None else f"{profile.median_days_to_close:,.1f}"
    lines += [f"  median days to close {days} (of {profile.closed:,} closed)", f"  backlog              {profile.open_cases:,} open"]
    return "\n".join(lines) + "\n"


def doubtful(profile: Profile, plan: Plan) -> str:
    """What to look at, each with the remedy."""
    found = [f"  {'!' if doubt.level == 'error' else '-'} {doubt}" for doubt in profile.doubts]
    found += [
        f"  - {name} looks like a deadline and is none: {why}; if it is one, name it as due_at in the mapping."
        for name, why in plan.look.proposed.not_deadlines.items()
    ]
    for one in plan.look.proposed.fields.values():
        if (facts := plan.look.facts.get(one.column)) and facts.times and mixes_orders(facts.times.formats):
            found.append(
                f"  - {one.column} has dates with the month first and others with the day first: of those up to the 12th nobody can tell; "
                "deliver it in one form, and leave the other out of 'formats' in [time]."
            )
    if profile.with_due == 0 and profile.types:
        found.append("  - no case has a deadline; what the city promises can be written as [[sla_rule]] in city.toml.")
    if plan.look.preset and has_deadlines(plan.look.preset):
        found.append("  - the promises of this export come with Statroom and are switched on (sla_preset): check that they still hold.")
    return "\n".join(["What is doubtful:", *found]) if found else "Nothing is doubtful."


def following(folder: Path, profile: Profile, *, is_secret: bool) -> str:
    """The next commands."""
    lines = [
        "Next:",
        f"  export STATROOM_CITY={folder}",
        *(["  export CRM_URL=...   # the database's address: it has a password and is in no file"] if is_secret else []),
    ]
    return "\n".join([*lines, "  flask check" + ("   # after mending what is marked with !" if profile.errors else ""), "  flask sync"])
