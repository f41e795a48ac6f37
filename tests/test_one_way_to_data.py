"""There is one way to data: a viewer's question through `metrics`. Whoever reads another way is named here, file and line."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

from settings import ROOT
from tests.test_imports_direction import files, layer_of, nodes

ABOVE = [path for path in files() if layer_of(path) in ("components", "pages", "api", "cli", "app", "serve")]
READS = {
    "spells", "open_spells", "closed_spells", "due_spells", "day_counts", "case_records", "case_events", "measures", "measure_values", "contact_intervals", "quarantine", "quality_issues",
}  # fmt: skip
"""What a mart gives FROMs by, and what runs them."""
OPENING = {"api/health.py", "cli/users.py", "cli/state.py", "components/freshness.py", "serve.py"}
"""Who opens a mart without a desk: to say how old it is, which departments there are, and which edition the desk shows. None reads a case."""
STORE_ONLY_BELOW = {"models", "guard", "writing", "staging", "generations", "facts", "public", "measures"}
SCOPES = {"asked.scope", "scope", "self.scope"}


@cache
def calls(path: Path) -> list[ast.Call]:
    return [node for node in nodes(path) if isinstance(node, ast.Call)]


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else call.func.id if isinstance(call.func, ast.Name) else ""


def where(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}"


def test_no_page_component_route_command_or_job_reads_the_mart_itself() -> None:
    """Not by a FROM, not by `Mart.read`: figures come from `measure` and its like, cases from `case_list`, both of an `Asked`."""
    found = []
    for path in ABOVE:
        for call in calls(path):
            on_mart = isinstance(call.func, ast.Attribute) and ast.unparse(call.func.value).endswith("mart")
            if (on_mart and name_of(call) in {*READS, "read"}) or name_of(call) in READS - {"measures"}:
                found.append(where(path, call))
    assert found == []


def test_a_mart_is_opened_by_the_desk_and_by_those_who_only_ask_how_old_it_is() -> None:
    opening = {str(path.relative_to(ROOT)) for path in ABOVE for call in calls(path) if name_of(call) in ("open_mart", "Mart")}
    assert opening <= OPENING


def test_an_asked_question_is_made_of_a_viewer_in_one_place() -> None:
    """`ask` mints the scope; an `Asked` made by hand could hold anybody's."""
    made = [where(path, call) for path in files() for call in calls(path) if name_of(call) == "Asked"]
    assert [place.partition(":")[0] for place in made] == ["metrics/measure.py"]
    minted = {str(path.relative_to(ROOT)) for path in files() for call in calls(path) if name_of(call) == "scope_of"}
    assert minted == {f"metrics/{name}.py" for name in ("agreed", "audit", "measure", "narrowing", "question", "remarks")} | {
        "cli/state.py",
        "data_access/mart/reading.py",
        "data_access/store/annotations.py",
        "data_access/store/commitment_rows.py",
        "data_access/store/letters.py",
        "data_access/store/packet_rows.py",
        "data_access/store/targets.py",
    }


def test_everything_kept_is_kept_under_its_scope() -> None:
    wrong, seen = [], 0
    for path in files():
        for call in calls(path):
            if name_of(call) == "cached" and isinstance(call.func, ast.Name):
                seen += 1
                given = [ast.unparse(argument) for argument in call.args]
                if len(given) != 5 or not given[1].endswith("edition") or given[2] not in SCOPES:
                    wrong.append(where(path, call))
    assert wrong == []
    assert seen > 5


def test_nothing_about_a_viewer_is_kept_in_another_way() -> None:
    """A function that remembers its answers must not take what belongs to one viewer, and no cache but ours is used."""
    wrong = []
    for path in files():
        if layer_of(path) != "data_access":
            wrong += [where(path, call) for call in calls(path) if name_of(call) in ("memoize", "cached_method")]
            wrong += [str(path.relative_to(ROOT))] * ("flask_caching" in path.read_text("utf-8"))
        for node in nodes(path):
            if isinstance(node, ast.FunctionDef) and any(
                "cache" in ast.unparse(mark) and "property" not in ast.unparse(mark) for mark in node.decorator_list
            ):
                taken = {argument.arg for argument in (*node.args.args, *node.args.kwonlyargs)}
                if taken & {"self", "asked", "viewer", "scope", "mart", "question", "desk"}:
                    wrong.append(where(path, node))
    assert wrong == []


def test_above_the_figures_nobody_knows_tables() -> None:
    wrong = []
    for path in ABOVE:
        for node in nodes(path):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith(("data_access.mart", "data_access.store")):
                modules = {node.module.rpartition(".")[2], *(alias.name for alias in node.names)}
                if modules & STORE_ONLY_BELOW and str(path.relative_to(ROOT)) not in ("serve.py", "cli/state.py"):
                    wrong.append(where(path, node))
    assert wrong == []
