"""What metrics say in DuckDB's words, said in those of a PostgreSQL server, with the same answer.

Metrics are SQLAlchemy expressions and use a small set of DuckDB's functions (`guard.ALLOWED_FUNCTIONS`). A mart's
engine in PostgreSQL compiles with `PostgresMart`, which knows each of them; other engines of the process (a CRM,
Statroom's own database) are not touched. `Number` gives counts as whole numbers and the rest as floats, as DuckDB does.
"""

from __future__ import annotations

from typing import Any

from psycopg.adapt import Buffer, Loader
from sqlalchemy import ColumnElement, Engine, Float
from sqlalchemy.dialects.postgresql.psycopg import PGCompiler_psycopg
from sqlalchemy.sql import operators
from sqlalchemy.sql.elements import BinaryExpression, UnaryExpression
from sqlalchemy.sql.functions import FunctionElement

LEAST_EXPONENT = -700
"""Below it `exp` is nothing: DuckDB says 0, PostgreSQL raises an error."""


class PostgresMart(PGCompiler_psycopg):
    """PostgreSQL's SQL with DuckDB's meaning."""

    def visit_epoch_func(self, function: FunctionElement, **kw: Any) -> str:
        return f"CAST(extract(epoch FROM {self._arguments(function, **kw)[0]}) AS DOUBLE PRECISION)"

    def visit_epoch_us_func(self, function: FunctionElement, **kw: Any) -> str:
        return f"CAST(extract(epoch FROM {self._arguments(function, **kw)[0]}) * 1000000 AS BIGINT)"

    def visit_year_func(self, function: FunctionElement, **kw: Any) -> str:
        return self._part("year", function, **kw)

    def visit_month_func(self, function: FunctionElement, **kw: Any) -> str:
        return self._part("month", function, **kw)

    def visit_date_trunc_func(self, function: FunctionElement, **kw: Any) -> str:
        # Of a plain date PostgreSQL would make an instant in the zone of the session.
        grain, day = self._arguments(function, **kw)
        return f"date_trunc({grain}, CAST({day} AS TIMESTAMP))"

    def visit_quantile_cont_func(self, function: FunctionElement, **kw: Any) -> str:
        of, share = self._arguments(function, **kw)
        return f"percentile_cont({share}) WITHIN GROUP (ORDER BY {of})"

    def visit_median_func(self, function: FunctionElement, **kw: Any) -> str:
        return f"percentile_cont(0.5) WITHIN GROUP (ORDER BY {self._arguments(function, **kw)[0]})"

    def visit_count_if_func(self, function: FunctionElement, **kw: Any) -> str:
        return f"count(*) FILTER (WHERE {self._arguments(function, **kw)[0]})"

    def visit_arg_max_func(self, function: FunctionElement, **kw: Any) -> str:
        of, by = self._arguments(function, **kw)
        return f"(array_agg({of} ORDER BY {by} DESC) FILTER (WHERE {of} IS NOT NULL AND {by} IS NOT NULL))[1]"

    def visit_range_func(self, function: FunctionElement, **kw: Any) -> str:
        first, end = self._arguments(function, **kw)
        return f"generate_series({first}, {end} - 1)"

    def visit_unnest_func(self, function: FunctionElement, **kw: Any) -> str:
        # Of a range, which is a set of rows already.
        return self._arguments(function, **kw)[0]

    def visit_exp_func(self, function: FunctionElement, **kw: Any) -> str:
        (of,) = self._arguments(function, **kw)
        return f"CASE WHEN {of} < {LEAST_EXPONENT} THEN 0 ELSE exp({of}) END"

    def visit_lower_func(self, function: FunctionElement, **kw: Any) -> str:
        # Texts are in the order of their code points (COLLATE "C"), which knows only the letters of ASCII.
        return f'lower({self._arguments(function, **kw)[0]} COLLATE "und-x-icu") COLLATE "C"'

    def visit_truediv_binary(self, binary: BinaryExpression, operator: Any, **kw: Any) -> str:
        of, by = (side._compiler_dispatch(self, **kw) for side in (binary.left, binary.right))
        return f"{of} / {by if isinstance(binary.right.type, Float) else f'CAST({by} AS DOUBLE PRECISION)'}"

    def visit_desc_op_unary_modifier(self, unary: UnaryExpression, modifier: Any, **kw: Any) -> str:
        return f"{unary.element._compiler_dispatch(self, **kw)} DESC NULLS LAST"

    def visit_nulls_last_op_unary_modifier(self, unary: UnaryExpression, modifier: Any, **kw: Any) -> str:
        said = unary.element._compiler_dispatch(self, **kw)
        descends = isinstance(unary.element, UnaryExpression) and unary.element.modifier is operators.desc_op
        return said if descends else f"{said} NULLS LAST"

    def _part(self, name: str, function: FunctionElement, **kw: Any) -> str:
        return f"CAST(extract({name} FROM {self._arguments(function, **kw)[0]}) AS INTEGER)"

    def _arguments(self, function: FunctionElement, **kw: Any) -> list[str]:
        return [_dispatched(self, argument, kw) for argument in function.clauses]


def _dispatched(compiler: PostgresMart, argument: ColumnElement[Any], kw: dict[str, Any]) -> str:
    return argument._compiler_dispatch(compiler, **kw)


class Number(Loader):
    """A NUMERIC of PostgreSQL: sums of whole numbers have no fraction part, quotients always have one."""

    def load(self, data: Buffer) -> int | float:
        text = bytes(data)
        return int(text) if text.lstrip(b"-").isdigit() else float(text)


def speak(engine: Engine) -> Engine:
    """Make a PostgreSQL `engine` understand statements of metrics."""
    engine.dialect.statement_compiler = PostgresMart
    return engine
