"""A statement reads the mart only through FROMs that were issued for the scope it runs under."""

from __future__ import annotations

import dataclasses
import pickle

import pytest
from sqlalchemy import column, delete, exists, func, insert, literal_column, select, table, text, tuple_, union_all, update

from access import PUBLIC_VIEWER, AccessDenied, Scope, Viewer, is_sealed, scope_of
from data_access.mart import guard, schema

HEAD_OF_PARKS = scope_of(Viewer("p", "Head of Parks", "department", ("parks",)))
MAYOR = scope_of(Viewer("m", "Mayor's office", "executive"))
SPELLS = guard.issue(select(schema.spell).where(schema.spell.c.department_id == 1).subquery("spell"), HEAD_OF_PARKS)
ALL_SPELLS = guard.issue(select(schema.spell).subquery("spell"), MAYOR)
RAW = schema.spell


def test_a_select_on_an_issued_from_is_accepted() -> None:
    by_week = func.date_trunc("week", SPELLS.c.opened_on)
    statement = select(by_week, func.count()).where(SPELLS.c.is_counted).group_by(by_week)
    guard.check(statement, HEAD_OF_PARKS)


def test_aliases_unions_and_subqueries_of_an_issued_from_are_accepted() -> None:
    one, two = SPELLS.alias(), SPELLS.alias()
    inner = select(one.c.case_id).where(exists().where(two.c.case_id == one.c.case_id)).cte("chosen")
    guard.check(union_all(select(inner.c.case_id), select(SPELLS.c.case_id)), HEAD_OF_PARKS)


HOSTILE = {
    "the bare table": select(RAW),
    "a column of the bare table": select(RAW.c.case_id),
    "count of the bare table": select(func.count()).select_from(RAW),
    "an alias of the bare table": select(RAW.alias().c.case_id),
    "a join with the bare table": select(SPELLS.c.case_id).join(RAW, RAW.c.case_id == SPELLS.c.case_id),
    "a scalar subquery on the bare table": select(SPELLS.c.case_id, select(func.count(RAW.c.case_id)).scalar_subquery()),
    "exists on the bare table": select(SPELLS.c.case_id).where(exists(select(RAW.c.case_id))),
    "in on the bare table": select(SPELLS.c.case_id).where(SPELLS.c.case_id.in_(select(RAW.c.case_id))),
    "tuple in on the bare table": select(SPELLS.c.case_id).where(tuple_(SPELLS.c.case_id).in_(select(RAW.c.case_id))),
    "a lateral of the bare table": select(SPELLS.c.case_id, select(RAW.c.due_at).lateral().c.due_at),
    "a union with the bare table": union_all(select(SPELLS.c.case_id), select(RAW.c.case_id)),
    "a cte of the bare table": select(select(RAW.c.case_id).cte("x").c.case_id),
    "a values list with a bare subquery": select(select(RAW.c.case_id).subquery().c.case_id),
    "order by the bare table": select(SPELLS.c.case_id).order_by(select(RAW.c.case_id).limit(1).scalar_subquery()),
    "a group by the bare table": select(func.count(SPELLS.c.case_id)).group_by(RAW.c.department_id),
    "a window over the bare table": select(func.row_number().over(order_by=RAW.c.case_id)),
    "a filter clause on the bare table": select(func.count().filter(RAW.c.is_counted)),
    "a table made by name": select(table("case_record", column("address")).c.address),
    "all columns of a bare table": select(literal_column("*")).select_from(RAW),
    "a column made by name": select(literal_column("address")).select_from(SPELLS),
    "text": text("select * from spell"),
    "text in where": select(SPELLS.c.case_id).where(text("1=1 or exists(select 1 from spell)")),
    "text from": select(SPELLS.c.case_id).select_from(text("spell")),
    "a home-made operator": select(SPELLS.c.case_id.op("|| (select count(*) from spell) ||")("x")),
    "a prefix": select(SPELLS.c.case_id).prefix_with("(select address from case_record),"),
    "a suffix": select(SPELLS.c.case_id).suffix_with("union select case_id from spell"),
    "a hint": select(SPELLS.c.case_id).with_hint(SPELLS, "x"),
    "a statement hint": select(SPELLS.c.case_id).with_statement_hint("x"),
    "a file function": select(func.read_text("/etc/passwd")),
    "a table function": select(func.read_csv("/etc/passwd").table_valued("x")),
    "another scope's from": select(ALL_SPELLS.c.case_id),
    "an insert": insert(RAW).values(case_id=1),
    "an update": update(RAW).values(case_id=1),
    "a delete": delete(RAW),
    "a string": "select * from spell",
    "refused rows": select(schema.quarantine),
}


@pytest.mark.parametrize("statement", HOSTILE.values(), ids=HOSTILE.keys())
def test_everything_else_is_refused(statement: object) -> None:
    with pytest.raises(AccessDenied):
        guard.check(statement, HEAD_OF_PARKS)


@pytest.mark.parametrize("scope", [None, "mayor", object(), dataclasses.replace(HEAD_OF_PARKS, departments=None)])
def test_a_scope_that_was_not_minted_opens_nothing(scope: object) -> None:
    with pytest.raises(AccessDenied, match="sealed scope"):
        guard.check(select(SPELLS.c.case_id), scope)


def test_a_handmade_or_altered_scope_is_not_sealed() -> None:
    assert is_sealed(MAYOR)
    assert not is_sealed(Scope("staff", None, None, None, ("address",), b""))
    assert not is_sealed(dataclasses.replace(scope_of(PUBLIC_VIEWER), audience="staff"))
    assert not is_sealed(dataclasses.replace(HEAD_OF_PARKS, departments=("parks", "police")))


def test_a_scope_cannot_be_stored() -> None:
    with pytest.raises(TypeError, match="never stored"):
        pickle.dumps(MAYOR)


def test_equal_viewers_have_equal_scope_keys_and_different_ones_do_not() -> None:
    a = scope_of(Viewer("1", "A", "department", ("parks", "police")))
    b = scope_of(Viewer("2", "B", "department", ("police", "parks")))
    assert a.key() == b.key()
    assert len({a.key(), HEAD_OF_PARKS.key(), MAYOR.key(), scope_of(PUBLIC_VIEWER).key()}) == 4


def test_a_head_without_departments_has_a_scope_with_none() -> None:
    assert scope_of(Viewer("x", "X", "department")).departments == ()


def test_an_unknown_role_is_refused() -> None:
    with pytest.raises(AccessDenied):
        scope_of(Viewer("x", "X", "mayor"))  # type: ignore[arg-type]
