"""What metrics say in DuckDB's words, said in Spark SQL, with the same answer: PyHive's dialect, told what differs.

As `dialects` does for PostgreSQL. Values are written into the statement as literals of their own types, since the Thrift protocol of
Hive knows no parameters; days, instants and sums come back as DuckDB gives them.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from numbers import Integral
from typing import Any

from pyhive import hive  # type: ignore[import-not-found]
from pyhive.sqlalchemy_hive import HiveDialect, HiveIdentifierPreparer  # type: ignore[import-not-found]
from sqlalchemy.dialects import registry
from sqlalchemy.sql import operators, sqltypes, type_api
from sqlalchemy.sql.compiler import GenericTypeCompiler, SQLCompiler
from sqlalchemy.sql.elements import Cast, Over, UnaryExpression
from sqlalchemy.sql.functions import FunctionElement
from thrift.Thrift import TException  # type: ignore[import-not-found]

NAME = "hive.statroom"
_ENDED = "the connection to the Thrift server ended"


class SparkMart(SQLCompiler):
    """Spark SQL with DuckDB's meaning."""

    def visit_epoch_func(self, function: FunctionElement, **kw: Any) -> str:
        return f"(CAST({_micros(*self._arguments(function, **kw))} AS DOUBLE) / 1000000D)"

    def visit_epoch_us_func(self, function: FunctionElement, **kw: Any) -> str:
        return _micros(*self._arguments(function, **kw))

    def visit_quantile_cont_func(self, function: FunctionElement, **kw: Any) -> str:
        of, share = self._arguments(function, **kw)
        return f"percentile({of}, {share})"

    def visit_arg_max_func(self, function: FunctionElement, **kw: Any) -> str:
        of, by = self._arguments(function, **kw)
        return f"max_by({of}, CASE WHEN {of} IS NOT NULL THEN {by} END)"

    def visit_range_func(self, function: FunctionElement, **kw: Any) -> str:
        # A sequence that ends before it begins would count down.
        first, end = self._arguments(function, **kw)
        return f"CASE WHEN {first} < {end} THEN sequence(CAST({first} AS BIGINT), CAST({end} AS BIGINT) - 1) END"

    def visit_unnest_func(self, function: FunctionElement, **kw: Any) -> str:
        return f"explode({self._arguments(function, **kw)[0]})"

    def visit_concat_func(self, function: FunctionElement, **kw: Any) -> str:
        return f"concat_ws('', {', '.join(self._arguments(function, **kw))})"

    def visit_strpos_func(self, function: FunctionElement, **kw: Any) -> str:
        return f"instr({', '.join(self._arguments(function, **kw))})"

    def visit_make_date_func(self, function: FunctionElement, **kw: Any) -> str:
        return f"make_date({', '.join(f'CAST({argument} AS INT)' for argument in self._arguments(function, **kw))})"

    def visit_cast(self, cast: Cast[Any], **kw: Any) -> str:
        of, kind = cast.clause._compiler_dispatch(self, **kw), cast.typeclause._compiler_dispatch(self, **kw)
        is_whole = isinstance(cast.clause.type, (sqltypes.Integer, sqltypes.Boolean))
        # DuckDB rounds to the nearest whole number, Spark cuts off.
        return f"CAST({of if is_whole or not isinstance(cast.type, sqltypes.Integer) else f'bround({of})'} AS {kind})"

    def visit_over(self, over: Over[Any], **kw: Any) -> str:
        text = super().visit_over(over, **kw)
        if over.order_by is None or not len(over.order_by):
            return text
        plain = over.order_by._compiler_dispatch(self, **kw)
        return text.replace(f"ORDER BY {plain}", f"ORDER BY {self._nulls_last(over.order_by.clauses, **kw)}")  # type: ignore[attr-defined]

    def order_by_clause(self, select: Any, **kw: Any) -> str:
        return f" ORDER BY {self._nulls_last(select._order_by_clauses, **kw)}" if select._order_by_clauses else ""

    def visit_empty_set_expr(self, element_types: Sequence[Any], **kw: Any) -> str:
        nothing = ", ".join(
            f"CAST(NULL AS {self.dialect.type_compiler_instance.process(kind)})" for kind in element_types or [sqltypes.Integer()]
        )
        return f"SELECT {nothing} WHERE 1 != 1"

    def _nulls_last(self, ordered: Sequence[Any], **kw: Any) -> str:
        """What has no value stands last, in both directions."""
        said = (operators.nulls_last_op, operators.nulls_first_op)
        return ", ".join(
            one._compiler_dispatch(self, **kw) + ("" if isinstance(one, UnaryExpression) and one.modifier in said else " NULLS LAST")
            for one in ordered
        )

    def _arguments(self, function: FunctionElement, **kw: Any) -> list[str]:
        return [argument._compiler_dispatch(self, **kw) for argument in function.clauses]


def _micros(instant: str) -> str:
    return f"unix_micros(CAST({instant} AS TIMESTAMP))"


class SparkTypes(GenericTypeCompiler):
    """Names of types."""

    def visit_INTEGER(self, type_: Any, **kw: Any) -> str:
        return "INT"

    def visit_FLOAT(self, type_: Any, **kw: Any) -> str:
        return "DOUBLE"

    def visit_VARCHAR(self, type_: Any, **kw: Any) -> str:
        return "STRING"

    def visit_DATETIME(self, type_: Any, **kw: Any) -> str:
        return "TIMESTAMP_NTZ"

    def visit_TIMESTAMP(self, type_: Any, **kw: Any) -> str:
        return "TIMESTAMP_NTZ"


class SparkInterval(type_api.NativeForEmulated, sqltypes._AbstractInterval):  # type: ignore[misc]
    """A stretch of time is one, and no instant that far from an epoch."""

    __visit_name__ = "INTERVAL"
    native = True

    @classmethod
    def adapt_emulated_to_native(cls, interval: Any, **kw: Any) -> SparkInterval:
        return cls()

    @property
    def _type_affinity(self) -> type[sqltypes.Interval]:
        return sqltypes.Interval


class Cursor(hive.Cursor):
    """Gives days, whole sums and instants as DuckDB does, all at once: what fails while rows come fails within the statement."""

    def execute(self, operation: str, parameters: Any = None, **kwargs: Any) -> None:
        super().execute(operation, parameters, **kwargs)
        self._rows = self._read() if self.description else []

    def fetchall(self) -> list[tuple[Any, ...]]:
        return self._rows

    def _read(self) -> list[tuple[Any, ...]]:
        rows = super().fetchall()
        reading = {place: READING[kind] for place, (_, kind, *_) in enumerate(self.description or ()) if kind in READING}
        if not reading:
            return rows
        return [
            tuple(reading[place](value) if place in reading and value is not None else value for place, value in enumerate(row))
            for row in rows
        ]


def _number(value: Decimal | str) -> int | float:
    found = Decimal(value)
    return int(found) if found.as_tuple().exponent == 0 else float(found)


READING = {"DATE_TYPE": lambda value: value if isinstance(value, date) else date.fromisoformat(value), "DECIMAL_TYPE": _number}
"""How what the protocol brings as text is read."""


class Connection(hive.Connection):
    """A session of the Thrift server."""

    def cursor(self, *args: Any, **kwargs: Any) -> Cursor:
        return Cursor(self, *args, **kwargs)


class SparkDialect(HiveDialect):
    """PyHive's dialect for statements of metrics."""

    driver = "statroom"
    supports_statement_cache = True
    statement_compiler = SparkMart
    preparer = HiveIdentifierPreparer
    type_compiler = type_compiler_cls = SparkTypes
    colspecs = {sqltypes.Interval: SparkInterval}

    @classmethod
    def import_dbapi(cls) -> Any:
        return hive

    def connect(self, *args: Any, **kwargs: Any) -> Connection:
        try:
            return Connection(*args, **kwargs)
        except (TException, OSError, ImportError) as error:
            raise hive.OperationalError(str(error)) from error

    def do_execute(self, cursor: Any, statement: str, parameters: Any, context: Any = None) -> None:
        if context is not None and context.compiled is not None:
            statement = statement % {name: literal(value) for name, value in parameters.items()}
        try:
            cursor.execute(statement)
        except (TException, OSError) as error:
            raise hive.OperationalError(f"{_ENDED}: {error}") from error

    def is_disconnect(self, e: Any, connection: Any, cursor: Any) -> bool:
        return _ENDED in str(e)


def literal(value: Any) -> str:
    """`value` in Spark SQL, with its type."""
    if value is None:
        return "NULL"
    if isinstance(value, timedelta):
        return f"INTERVAL '{value / timedelta(seconds=1):.6f}' SECOND"
    if isinstance(value, datetime):
        return f"TIMESTAMP_NTZ '{value.isoformat(' ')}'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    if type(value).__name__ in ("bool", "bool_"):
        return "true" if value else "false"
    if isinstance(value, Integral):
        return str(int(value))
    if isinstance(value, (float, Decimal)):
        return f"{float(value)!r}D" if float(value) - float(value) == 0 else f"CAST('{float(value)}' AS DOUBLE)"
    if isinstance(value, str):
        return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    raise TypeError(f"{type(value).__name__} is no value of a question.")


registry.register(NAME, __name__, SparkDialect.__name__)
