"""The SELECTs that are proposed for a database: the cases with their look-up tables, and the log of what happened to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from data_access.proposing.tables import EventTable, Join, TableFacts

Quote = Callable[[str], str]


@dataclass(frozen=True)
class Column:
    """What is selected, and how the result calls it."""

    expression: str
    name: str
    quoted: str
    """`name` as SQL writes it."""


@dataclass(frozen=True)
class Joined:
    """Everything that may be selected of the cases and their look-up tables."""

    table: str
    columns: tuple[Column, ...]
    joins: tuple[tuple[str, tuple[str, ...]], ...]
    """(LEFT JOIN ..., names of the columns that need it)."""

    def select(self, names: list[str], extra: str = "") -> str:
        """A SELECT of `names` with only the joins they need; the bare table where it is enough."""
        wanted = [column for column in self.columns if column.name in names]
        listed = ",\n       ".join(
            column.expression if column.expression.endswith(f".{column.quoted}") else f"{column.expression} AS {column.quoted}"
            for column in wanted
        )
        joins = [join for join, needed_by in self.joins if any(name in names for name in needed_by)]
        return "\n".join([f"SELECT {listed}", f"FROM {self.table} r", *joins, *([extra] if extra else [])])


def joined(cases: TableFacts, columns: list[str], joins: list[Join], parent: str | None, number: str | None, quote: Quote) -> Joined:
    """`columns` of the table, the labels of what it points at, and the number of the case that it repeats."""
    made = [Column(f"r.{quote(name)}", name, quote(name)) for name in columns]
    taken = {name.lower() for name in columns}
    said = []
    for position, join in enumerate(joins):
        alias = f"t{position + 1}"
        names = []
        for label, name in join.labels.items():
            free = name if name.lower() not in taken else f"{name}_name"
            taken.add(free.lower())
            names.append(free)
            made.append(Column(f"{alias}.{quote(label)}", free, quote(free)))
        said.append((f"LEFT JOIN {quote(join.table)} {alias} ON {alias}.{quote(join.key)} = r.{quote(join.column)}", tuple(names)))
    if parent and number and cases.key and number != cases.key:
        made.append(Column(f"p.{quote(number)}", "parent_number", "parent_number"))
        said.append((f"LEFT JOIN {quote(cases.name)} p ON p.{quote(cases.key)} = r.{quote(parent)}", ("parent_number",)))
    return Joined(quote(cases.name), tuple(made), tuple(said))


def events_select(events: EventTable, cases: TableFacts, number: str, quote: Quote) -> tuple[str, dict[str, str]]:
    """(the SELECT of the log, its columns by the field of an event). The case is called as the cases' own id."""
    columns = {"source_id": number, "event_at": events.at, "event_kind": events.kind, **events.values}
    of_log = ", ".join(f"a.{quote(name)}" for field, name in columns.items() if field != "source_id")
    if number == cases.key:
        whose = f"a.{quote(events.case_column)}" + ("" if events.case_column == number else f" AS {quote(number)}")
        return f"SELECT {whose}, {of_log}\nFROM {quote(events.table)} a", columns
    on = f"r.{quote(cases.key or number)} = a.{quote(events.case_column)}"
    return f"SELECT r.{quote(number)}, {of_log}\nFROM {quote(events.table)} a\nJOIN {quote(cases.name)} r ON {on}", columns
