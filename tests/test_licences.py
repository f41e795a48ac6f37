"""What Statroom is made of: every package is listed with a licence that a city may live with, and the bill names them all."""

from __future__ import annotations

import re

import pytest

from tests.support import bill
from tests.test_dependencies import RANGES, parts

LISTED = dict(re.findall(r"^\| ([a-z0-9-]+) \| (.+) \|$", bill.DOCUMENT.read_text("utf-8").split(bill.BEGIN)[1].split(bill.END)[0], re.M))


def test_no_package_is_missing_and_none_is_listed_without_use() -> None:
    assert sorted(LISTED) == bill.names()
    assert {*parts()[0], *parts()[1]} <= set(LISTED)


def test_the_list_says_what_the_packages_say() -> None:
    """Of another release than the one it was written with a package may say more."""
    installed = {name: said for name in bill.names() if name not in RANGES and (said := bill.licence(name))}
    assert {name: LISTED[name] for name in installed} == installed


@pytest.mark.parametrize("name", bill.names())
def test_every_licence_is_one_that_is_allowed(name: str) -> None:
    assert bill.parts_of(bill.licence(name) or LISTED[name]) <= bill.ALLOWED


def test_a_licence_that_nobody_allowed_is_found_also_within_an_expression() -> None:
    assert bill.parts_of("MIT AND (AGPL-3.0-only OR Apache-2.0)") - bill.ALLOWED == {"AGPL-3.0-only"}


def test_the_bill_names_each_package_once_and_what_it_needs() -> None:
    made = bill.bill()
    components = {one["name"]: one for one in made["components"]}
    assert set(components) == {name for name in bill.names() if bill.licence(name)}
    assert components["flask"]["purl"] == f"pkg:pypi/flask@{components['flask']['version']}"
    needs = {one["ref"]: one["dependsOn"] for one in made["dependencies"]}
    assert components["werkzeug"]["bom-ref"] in needs[components["flask"]["bom-ref"]]
    assert made == bill.bill()
