"""Refuses every statement that is not built on FROMs issued for the scope it runs under.

Rewriting SQL to add a missing restriction was found unsafe, so nothing is rewritten: the
FROMs that `issue` hands out are already cut, and a statement that reaches the mart by any
other way (a bare table, text, a literal column, a home-made operator, a prefix, a function
that is not on the list) is refused before the database sees it.
"""

from __future__ import annotations

from weakref import WeakKeyDictionary

from sqlalchemy import Engine, Table, event
from sqlalchemy.sql import functions, operators, selectable
from sqlalchemy.sql.elements import BinaryExpression, ClauseElement, ColumnClause, TextClause, UnaryExpression

from access import AccessDenied, Scope, is_sealed
from data_access.mart import schema

ALLOWED_FUNCTIONS = frozenset(
    """count sum min max avg abs floor ceil round least greatest coalesce nullif concat lower upper
    length strpos date_trunc date_part extract epoch epoch_us datediff date_diff date_add exp ln sqrt power
    percentile_cont quantile_cont median mode row_number rank dense_rank lag lead first_value last_value
    bool_or bool_and count_if any_value arg_min arg_max stddev_samp var_samp ntile generate_series range
    unnest hash make_date to_days to_seconds year month week day isoyear mod sign
    """.split()
)  # fmt: skip

_issued: WeakKeyDictionary[selectable.FromClause, str] = WeakKeyDictionary()


def issue(source: selectable.FromClause, scope: Scope) -> selectable.FromClause:
    """Register `source` (already cut to `scope`) as a FROM that statements may use."""
    _issued[source] = scope.key()
    return source


def install(engine: Engine) -> None:
    """Make `engine` refuse everything that `check` refuses, and all driver-level SQL."""

    @event.listens_for(engine, "before_execute")
    def _before_execute(conn, statement, multiparams, params, execution_options):  # type: ignore[no-untyped-def]
        check(statement, execution_options.get("scope"))

    @event.listens_for(engine, "before_cursor_execute")
    def _before_cursor_execute(conn, cursor, statement, parameters, context, executemany):  # type: ignore[no-untyped-def]
        if context is None or context.compiled is None:
            raise AccessDenied("Plain SQL is not accepted by the mart; build a select on a scoped FROM.")


def check(statement: object, scope: object) -> None:
    """Raise unless `statement` is a SELECT made only of FROMs issued for `scope`.

    Raises:
        AccessDenied: naming what was refused.
    """
    if not is_sealed(scope):
        raise AccessDenied("A read of the mart needs a sealed scope.")
    if not isinstance(statement, (selectable.Select, selectable.CompoundSelect)):
        raise AccessDenied(f"The mart only answers SELECT, not {type(statement).__name__}.")
    seen: set[int] = set()
    _walk(statement, scope.key(), seen)  # type: ignore[attr-defined]


def _walk(element: ClauseElement, key: str, seen: set[int]) -> None:
    if id(element) in seen:
        return
    seen.add(id(element))
    if isinstance(element, selectable.FromClause) and element in _issued:
        if _issued[element] != key:
            raise AccessDenied("This FROM was issued for another scope.")
        return
    _refuse(element)
    for child in element.get_children():
        _walk(child, key, seen)
    if isinstance(element, ColumnClause) and element.table is not None:
        _walk(element.table, key, seen)


def _refuse(element: ClauseElement) -> None:
    if isinstance(element, Table) and element not in schema.DIMENSIONS + schema.PLAIN_TABLES:
        raise AccessDenied(f"Table {element.name} is only read through a scope.")
    if isinstance(element, selectable.TableClause) and not isinstance(element, Table):
        raise AccessDenied(f"Table {element.name} is not part of the mart.")
    if isinstance(element, (TextClause, selectable.TextualSelect)):
        raise AccessDenied("Text is not accepted as part of a statement.")
    # `count(*)` and `exists(...)` hold the one literal that names no column.
    if isinstance(element, ColumnClause) and element.is_literal and element.name != "*":
        raise AccessDenied("Literal columns are not accepted.")
    if isinstance(element, (BinaryExpression, UnaryExpression)) and _is_custom(element):
        raise AccessDenied("Home-made operators are not accepted.")
    if isinstance(element, functions.FunctionElement):
        name = getattr(element, "name", type(element).__name__).lower()
        if name not in ALLOWED_FUNCTIONS:
            raise AccessDenied(f"Function {name} is not on the list of the mart's functions.")
    for attribute in ("_prefixes", "_suffixes", "_hints", "_statement_hints"):
        if getattr(element, attribute, None):
            raise AccessDenied("Prefixes, suffixes and hints are not accepted.")


def _is_custom(element: BinaryExpression | UnaryExpression) -> bool:
    used = (element.operator, getattr(element, "modifier", None), getattr(element, "negate", None))
    return any(isinstance(operator, operators.custom_op) for operator in used)
