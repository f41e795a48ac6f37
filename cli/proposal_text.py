"""A plan as the two files of a city: every key explained, every proposal with its reason."""

from __future__ import annotations

import json

from cli import skeleton
from cli.toml_text import in_comment, lines_of
from cli.toml_text import quoted as _text
from data_access.mapping.spec import MappingFile, load_mapping, preset_path
from data_access.proposing.fields import TIMES
from data_access.proposing.known import has_deadlines
from data_access.proposing.names import AREAS
from data_access.proposing.questions import Plan
from data_access.proposing.selects import events_select
from data_access.proposing.web_look import SYSTEM_CHANGE, without_query
from data_access.proposing.words import Word
from data_access.slugs import slug
from data_access.sources.connections import is_secret

PRIVATE_SAMPLES = {"address", "latitude", "longitude", "source_id", "parent_source_id"}
"""Fields of which no value is written as an example."""
MOST_TYPES = 40


def city_text(plan: Plan) -> str:
    """`city.toml`."""
    look = plan.look
    head = skeleton.CITY_HEAD.format(id=slug(plan.name) if slug(plan.name) != "unnamed" else "city", name=_text(plan.name), zone=plan.zone)
    parts = [head, _source(plan), skeleton.DEPARTMENTS, _departments(plan), skeleton.CALENDAR, skeleton.RULES]
    if look.preset and has_deadlines(look.preset):
        # A key of the whole file stands before its first table.
        parts.insert(
            0,
            f"# The promises of that export, rebuilt from the city's own due dates; rules below go before them.\nsla_preset = [{_text(look.preset)}]\n",
        )
    return "\n".join([*parts, _layers(plan), skeleton.RELEASE, _types(plan)])


def mapping_text(plan: Plan) -> str:
    """The mapping beside it."""
    look = plan.look
    lines = [
        f"# How the rows become {look.proposed.entity}. Only columns named here are ever read.",
        f"# Proposed from {look.sample.rows:,} rows; look it over, then `flask check`.",
    ]
    if look.preset:
        lines += [
            "",
            "# The columns are those of a known export: everything it says holds here, and this file goes before it.",
            f"extends = {_text(look.preset)}",
        ]
        return "\n".join([*lines, *_word_tables(plan), *_not_read(plan, load_mapping(preset_path(look.preset)))]) + "\n"
    lines += [*_read(plan), *_sql(plan), *_web(plan), "", "[columns]"]
    lines += [
        _aligned(f"{one.field} = {_text(one.column)}", f"{one.reason}{_such_as(plan, one.field, one.column)}")
        for one in look.proposed.fields.values()
    ]
    if "address" in look.proposed.fields:
        lines.append(
            _aligned(
                f"location = {_text(look.proposed.fields['address'].column)}",
                "to count places that come again; only a number is kept of it",
            )
        )
    lines += [f"# due_at = {_text(name)}   # looks like a deadline and is none: {why}" for name, why in look.proposed.not_deadlines.items()]
    lines += _areas(plan) + _time(plan) + _word_tables(plan) + _classes(plan) + _events(plan)
    return "\n".join([*lines, *_not_read(plan, None)]) + "\n"


def _source(plan: Plan) -> str:
    look = plan.look
    where = _url(look.address) if look.kind == "sql" else f"path = {_text(look.address)}       # a file, a folder or a pattern"
    kind = [f'kind = "{look.kind}"', where if look.kind in ("sql", "files") else f"url = {_text(without_query(look.address))}"]
    lines = [
        "[[source]]",
        'name = "crm"',
        *kind,
        f'mapping = "{skeleton.MAPPING_FILE}"       # how its columns become cases, in this folder',
        'programme = "requests"',
    ]
    return "\n".join([*lines, '# schedule = "*/15 * * * *"  # for `flask clock`; a cron line in the city\'s time', ""])


def _url(address: str) -> str:
    """A password is never written, nor what a city's file would take for the name of a variable: the address then comes from the environment."""
    return (
        'url = "${CRM_URL}"          # the address is in the environment'
        if stays_outside(address)
        else f"url = {_text('${CRM_URL:-' + address + '}')}"
    )


def stays_outside(address: str) -> bool:
    """Whether a database's address is in no file."""
    return is_secret(address) or not set("${}").isdisjoint(address)


def _departments(plan: Plan) -> str:
    field = plan.look.proposed.fields.get("department")
    facts = plan.look.facts.get(field.column) if field else None
    return (
        "" if facts is None else f"# The source has: {in_comment(', '.join(f'{value} ({count:,})' for value, count in facts.top[:30]))}\n"
    )


def _layers(plan: Plan) -> str:
    lines = [skeleton.LAYERS]
    for layer, column in _area_columns(plan).items():
        one, many, _ = AREAS.get(layer, (layer.replace("_", " ").capitalize(), layer.replace("_", " ").capitalize() + "s", ()))
        lines.append(
            f'[[area_layer]]\nid = "{layer}"\nname = "{one}"\nplural = "{many}"\nassign = "name"           # as the source says in column {_text(column)}; with a file also on maps\n'
        )
    return "\n".join(lines)


def _area_columns(plan: Plan) -> dict[str, str]:
    """Layer -> column, at most four: as a case can lie in."""
    if plan.look.preset is None:
        return plan.look.proposed.areas
    known = load_mapping(preset_path(plan.look.preset)).areas
    there = {
        layer: next((name for name in ([given] if isinstance(given, str) else given) if name in plan.look.facts), None)
        for layer, given in known.items()
    }
    return dict([(layer, column) for layer, column in there.items() if column][:4])


def _types(plan: Plan) -> str:
    field = plan.look.proposed.fields.get("request_type")
    facts = plan.look.facts.get(field.column) if field else None
    if facts is None or plan.look.proposed.entity != "cases":
        return ""
    return (
        "# The source's types, most frequent first:\n"
        + "\n".join(f"#     {_text(value)},   # {count:,} of {facts.filled:,}" for value, count in facts.top[:MOST_TYPES])
        + "\n"
    )


def _read(plan: Plan) -> list[str]:
    look = plan.look
    said = [
        *([f'encoding = "{look.encoding}"'] if look.encoding != "utf-8" else []),
        *([f"delimiter = {_text(look.delimiter)}"] if look.delimiter != "," else []),
    ]
    said += ['entity = "measures"        # figures of fiscal years with targets, not cases'] if look.proposed.entity == "measures" else []
    return ["", "[read]", *said] if said else []


def _sql(plan: Plan) -> list[str]:
    look = plan.look
    if look.joined is None or look.cases is None:
        return []
    used = [one.column for one in look.proposed.fields.values()] + list(look.proposed.areas.values())
    number = look.proposed.fields["source_id"].column
    mark = look.proposed.fields.get("source_updated_at")
    lines = [
        "",
        "[sql]",
        "# A table, a view or a SELECT; it names what is used and nothing else.",
        f"cases = {lines_of(look.joined.select(used))}",
    ]
    lines += [_aligned(f"key = {_text(number)}", "a column that never changes")]
    lines += (
        [_aligned(f"watermark = {_text(mark.column)}", "loads read what changed since the last one"), "overlap_minutes = 60"]
        if mark
        else ["# Without a watermark every load reads everything."]
    )
    if look.events is not None:
        select, _ = events_select(look.events, look.cases, number, look.quote)
        lines += [
            f"events_key = {_text(number)}",
            f"# The log of what happened: table {look.events.table}. With it backlogs of the past are exact.",
            f"events = {lines_of(select)}",
        ]
    return lines


def _web(plan: Plan) -> list[str]:
    """Of an API: which column says what changed, so that not everything is read each time."""
    changed = plan.look.proposed.fields.get("source_updated_at")
    column = SYSTEM_CHANGE if SYSTEM_CHANGE in plan.look.facts else changed.column if changed else None
    if plan.look.kind in ("sql", "files") or column is None:
        return []
    return ["", "[web]", _aligned(f"watermark = {_text(column)}", "loads read what changed since the last one")]


def _such_as(plan: Plan, field: str, column: str) -> str:
    facts = plan.look.facts.get(column)
    if facts is None or field in PRIVATE_SAMPLES or not facts.samples:
        return ""
    return f"; such as {', '.join(repr(value) for value in facts.samples[:2])}"


def _areas(plan: Plan) -> list[str]:
    if not plan.look.proposed.areas:
        return []
    return [
        "",
        "# Which column names the area of a layer of city.toml.",
        "[areas]",
        *(f"{layer} = {_text(column)}" for layer, column in plan.look.proposed.areas.items()),
    ]


def _time(plan: Plan) -> list[str]:
    times = [
        facts.times
        for name in TIMES
        if name in plan.look.proposed.fields and (facts := plan.look.facts.get(plan.look.proposed.fields[name].column)) and facts.times
    ]
    formats = list(dict.fromkeys(form for one in times for form in one.formats))
    sentinels = sorted({day for one in times for day in one.sentinels})
    if not times:
        return []
    lines = ["", "[time]"]
    lines += [f"formats = {json.dumps(formats)}"] if formats != ["ISO8601"] else []
    lines += [f'sentinels = [{", ".join(sentinels)}]   # days that stand for "no date"'] if sentinels else []
    with_offset = all(one.with_offset for one in times)
    lines.append(
        "# The times say their offset."
        if with_offset
        else f'# zone = "UTC"   # of times without an offset; if not said the city\'s, {plan.zone}'
    )
    return lines


def _word_tables(plan: Plan) -> list[str]:
    lines: list[str] = []
    for field, words in plan.words.items():
        if not words:
            continue
        lines += [
            "",
            f"# The source's words for the {field}, most frequent first. What is not mapped is loaded as unknown, counted and listed.",
            f"[{field}]",
        ]
        lines += [_word(word) for word in words]
    return lines


def _word(word: Word) -> str:
    rows = f"{word.count:,} rows"
    if word.meaning is None:
        return f'# {_text(word.value)} = "unknown"   # {rows}: say what it means'
    plain = word.meaning.get(word.field) if len(word.meaning) == 1 else None
    meaning = _text(plain) if plain else "{ " + ", ".join(f"{name} = {_text(value)}" for name, value in word.meaning.items()) + " }"
    return _aligned(f"{_text(word.value)} = {meaning}", f"{rows}, {word.why}")


def _classes(plan: Plan) -> list[str]:
    if not any(word.meaning and word.meaning.get("initiated_by") == "staff" for word in plan.words.get("channel", [])):
        return []
    return [
        "",
        "# Entered by staff and closed within a minute: logged after the work was done. Volume, but nobody waited.",
        "[[class]]",
        'field = "initiated_by"',
        'values = ["staff"]',
        "instant_only = true",
        'is = "staff_entered"',
    ]


def _events(plan: Plan) -> list[str]:
    look = plan.look
    if look.events is None or look.cases is None:
        return []
    _, columns = events_select(look.events, look.cases, look.proposed.fields["source_id"].column, look.quote)
    lines = ["", "[events.columns]", *(f"{field} = {_text(column)}" for field, column in columns.items()), "", "[events.kinds]"]
    return lines + [
        f"{_text(value)} = {_text(kind)}" if kind else f'# {_text(value)} = "..."   # {count:,} rows: left out'
        for value, count, kind in look.events.kinds
    ]


def _not_read(plan: Plan, known: MappingFile | None) -> list[str]:
    read = {name for given in (known.columns.values() if known else []) for name in ([given] if isinstance(given, str) else given)}
    left = {name: what for name, what in plan.look.proposed.left_out.items() if name not in read}
    used = {*read, *(one.column for one in plan.look.proposed.fields.values()), *plan.look.proposed.areas.values(), *left}
    other = [name for name in plan.look.facts if name not in used]
    lines = (
        ["", "# Not read, because it is about people:", *(f"#   {in_comment(name)}: {what}" for name, what in left.items())] if left else []
    )
    return lines + (["", *_wrapped("# Columns that nothing uses: ", other)] if other and known is None else [])


def _wrapped(start: str, names: list[str]) -> list[str]:
    lines = [start]
    for name in map(in_comment, names):
        if len(lines[-1]) + len(name) > 130:
            lines.append("#   ")
        lines[-1] += name + ", "
    return [line.rstrip(", ") for line in lines]


def _aligned(line: str, comment: str) -> str:
    return f"{line:<38} # {in_comment(comment)}"
