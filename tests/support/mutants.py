"""Guards, each with a way to weaken it and the tests that must then fail. `python -m benchmarks.mutants` weakens them one by one in a copy."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from settings import ROOT

COPIED = (
    "access.py",
    "app.py",
    "settings",
    "serve.py",
    "pyproject.toml",
    "api",
    "assets",
    "cities",
    "cli",
    "components",
    "data_access",
    "metrics",
    "pages",
    "tests",
    "translations",
)


@dataclass(frozen=True)
class Mutant:
    """One guard, weakened: in `file`, `old` becomes `new`; `tests` (pytest's ids, separated by spaces) must notice."""

    guard: str
    file: str
    old: str
    new: str
    tests: str


MUTANTS = (
    Mutant("who decides about a held load", "data_access/store/held.py", 'permit(acting.viewer, "decide_load")', "pass",
           "tests/test_held_loads.py::test_nobody_but_an_administrator_decides"),
    Mutant("rows of other departments", "data_access/mart/reading.py", "cut = cut.where(table.c.department_id.in_(ids) if ids else false())",
           "cut = cut if ids else cut.where(false())", "tests/test_walls.py::test_every_from_is_cut_to_the_departments_of_the_scope"),
    Mutant("no departments means no rows", "data_access/mart/reading.py", "if ids else false())", "if ids else ~false())",
           "tests/test_access.py::test_a_head_without_departments_gets_no_case_by_any_door"),
    Mutant("rows of other programmes", "data_access/mart/reading.py", "if scope.programmes is not None:", "if False:",
           "tests/test_programme_limits.py::test_every_from_with_cases_is_cut_and_what_is_not_about_cases_is_empty"),
    Mutant("names of staff", "data_access/mart/schema.py", '"staff_names": ("queue",)', '"staff_names": ()',
           "tests/test_access.py::test_each_role_reads_its_fields_of_a_case_and_no_other"),
    Mutant("columns that need a right", "data_access/mart/reading.py", "scope, schema.columns_hidden_from(scope))", "scope, ())",
           "tests/test_access.py::test_addresses_and_free_text_are_for_roles_that_may_read_them"),
    Mutant("columns of places", "data_access/mart/schema.py", '"address": ("address", "latitude", "longitude", "location_key")', '"address": ("address",)',
           "tests/test_walls.py::test_who_reads_no_texts_reads_no_places"),
    Mutant("audience of the mart", "data_access/mart/reading.py", "not is_sealed(scope) or scope.audience != self.audience", "not is_sealed(scope)",
           "tests/test_walls.py::test_a_viewer_s_scope_is_never_the_residents_nor_theirs_a_viewer_s"),
    Mutant("refused rows", "data_access/mart/reading.py", 'if scope.audience != "staff" or scope.departments is not None:', "if False:",
           "tests/test_access.py::test_refused_rows_are_for_those_who_see_all_departments"),
    Mutant("rows that loads read", "data_access/mart/reading.py", "if scope.departments is not None:\n            frame[", "if False:\n            frame[",
           "tests/test_walls.py::test_a_head_is_not_told_how_many_rows_the_loads_of_the_city_read"),
    Mutant("time a query may take", "data_access/mart/limits.py", "timer.start()", "pass", "tests/test_walls.py::test_a_runaway_query_is_ended"),
    Mutant("files out of the engine's reach", "data_access/mart/embedded.py", '"enable_external_access": "false"', '"enable_external_access": "true"',
           "tests/test_walls.py::test_the_engine_reads_no_file_writes_none_and_keeps_its_settings"),
    Mutant("settings of the engine", "data_access/mart/embedded.py", '"lock_configuration": "true"', '"lock_configuration": "false"',
           "tests/test_walls.py::test_the_engine_reads_no_file_writes_none_and_keeps_its_settings"),
    Mutant("files out of the reach of a mart in Parquet", "data_access/mart/parquet_reading.py", "SET enable_external_access = false", "SET enable_external_access = true",
           "tests/test_parquet_mart.py::test_a_reader_of_staff_s_files_reads_and_writes_nothing_else"),
    Mutant("settings of a mart in Parquet", "data_access/mart/parquet_reading.py", "SET lock_configuration = true", "SET lock_configuration = false",
           "tests/test_parquet_mart.py::test_a_reader_of_staff_s_files_reads_and_writes_nothing_else"),
    Mutant("class A only, in the residents' file", "data_access/mart/public.py", "WHERE release_class = 'A'\n        AND id NOT IN", "WHERE id NOT IN",
           "tests/test_walls.py::test_the_residents_file_holds_no_mark_and_no_name_of_what_is_withheld"),
    Mutant("departments of released cases only", "data_access/mart/public.py", "FROM staff.department WHERE id IN (SELECT id FROM kept)", "FROM staff.department",
           "tests/test_walls.py::test_the_residents_file_holds_no_mark_and_no_name_of_what_is_withheld"),
    Mutant("what the residents' file says of itself", "data_access/mart/public.py", "WHERE list_contains(?, key)", "WHERE list_contains(?, key) OR true",
           "tests/test_walls.py::test_the_residents_file_says_of_itself_what_it_was_allowed_to_say"),
    Mutant("age of a provider's word", "components/provider_session.py", "if age < every:", "if True:",
           "tests/test_sign_in_elsewhere.py::test_rights_follow_the_groups_while_somebody_is_signed_in"),
    Mutant("length of a sign-in that is not asked about again", "components/provider_session.py",
           "return known if age < timedelta(minutes=self.provider.longest) else None", "return known",
           "tests/test_sign_in_elsewhere.py::test_where_the_provider_cannot_be_asked_again_a_sign_in_is_short"),
    Mutant("whom a renewed identity is about", "components/provider_session.py", "found is None or found.id != known.id", "found is None",
           "tests/test_sign_in_elsewhere.py::test_a_renewed_identity_that_does_not_fit_ends_the_sign_in"),
    Mutant("seal of a scope", "access.py", "hmac.compare_digest(scope.seal, _seal(scope.key()))", "True",
           "tests/test_access.py::test_an_altered_scope_is_worthless"),
    Mutant("kind of a scope", "access.py", "type(scope) is Scope and isinstance", "isinstance", "tests/test_access.py::test_a_scope_of_another_kind_is_worthless"),
    Mutant("who may change something", "access.py", "if viewer.role not in MAY[action]:", "if False:",
           "tests/test_walls.py::test_only_the_roles_named_may_change_something"),
    Mutant("whose commitments a head sees", "data_access/store/commitment_rows.py", "return commitment.c.department.in_(sorted(open_to)) if open_to else false()", "return true()",
           "tests/test_commitments.py::test_a_head_sees_and_answers_only_their_own_departments"),
    Mutant("who reviews evidence", "data_access/store/commitments.py", "if acting.viewer.id in _witnesses(connection, number):", "if False:",
           "tests/test_commitments.py::test_who_gave_the_evidence_does_not_review_it"),
    Mutant("whose remarks a head sees", "data_access/store/remarks.py", "return remark.c.department.in_(sorted(open_to)) if open_to else false()", "return true()",
           "tests/test_remarks.py::TestWhoMay::test_a_remark_of_another_department_does_not_exist"),
    Mutant("whose figures a head disputes", "data_access/store/remarks.py", "not {department, *named} <= set(allowed)", "False",
           "tests/test_remarks.py::TestWhoMay::test_a_head_speaks_for_the_own_department_of_its_own_figures_alone"),
    Mutant("who silences a department", "data_access/store/remarks.py", 'return viewer.role == "department" or viewer.id == one.written_by_id', "return True",
           "tests/test_remarks.py::TestWhoMay::test_nobody_else_silences_a_department"),
    Mutant("viewers read no texts", "access.py", '"case_text": frozenset({', '"case_text": frozenset({"viewer", ',
           "tests/test_walls.py::test_who_reads_no_texts_reads_no_places"),
    Mutant("scope in the key of a kept answer", "data_access/cache.py", "[name, edition, scope.key(), parameters]", "[name, edition, parameters]",
           "tests/test_walls.py::test_an_answer_kept_for_one_scope_is_no_other_s"),
    Mutant("load in the key of a kept answer", "data_access/cache.py", "[name, edition, scope.key(), parameters]", "[name, scope.key(), parameters]",
           "tests/test_cached_answers.py::test_a_mart_made_anew_never_meets_the_answers_of_the_one_before"),
    Mutant("text in a statement", "data_access/mart/guard.py", "isinstance(element, (TextClause, selectable.TextualSelect))", "False",
           "tests/test_scope_guard.py::test_everything_else_is_refused"),
    Mutant("bare tables in a statement", "data_access/mart/guard.py", "isinstance(element, Table) and element not in", "False and element not in",
           "tests/test_scope_guard.py::test_everything_else_is_refused"),
    Mutant("another scope's FROM", "data_access/mart/guard.py", "if _issued[element] != key:", "if False:", "tests/test_scope_guard.py::test_everything_else_is_refused"),
    Mutant("functions on the list", "data_access/mart/guard.py", "if name not in ALLOWED_FUNCTIONS:", "if False:", "tests/test_scope_guard.py::test_everything_else_is_refused"),
    Mutant("home-made operators", "data_access/mart/guard.py", "any(isinstance(operator, operators.custom_op) for operator in used)", "False",
           "tests/test_scope_guard.py::test_everything_else_is_refused"),
    Mutant("what another site sends", "components/gate.py", 'raise AccessDenied("This was not sent', 'return print("This was not sent',
           "tests/test_walls.py::test_what_another_site_sends_is_refused"),
    Mutant("departments a head may name", "metrics/question.py", "allowed = scope_of(viewer).departments\n", "allowed = None\n",
           "tests/test_walls.py::test_a_head_may_name_no_other_department"),
    Mutant("few cases", "metrics/suppression.py", "LEAST_COUNT = 5", "LEAST_COUNT = 1", "tests/test_walls.py::test_few_cases_are_as_few_as_residents_are_promised"),
    Mutant("formulas in files", "components/files.py", 'return "\'" + value if', "return value if", "tests/test_walls.py::test_no_file_holds_a_formula"),
    Mutant("full-width formulas in files", "components/files.py", "\\uff1d\\uff0b\\uff0d\\uff20", "", "tests/test_walls.py::test_no_file_holds_a_formula"),
    Mutant("links in the text of figures", "components/words.py", "return html.escape(str(text), quote=False)", "return str(text)",
           "tests/test_words.py"),
    Mutant("long bodies", "components/web.py", "LARGEST_BODY = 64 * 1024", "LARGEST_BODY = 64 * 1024 * 1024", "tests/test_walls.py::test_a_body_that_is_too_long_is_not_read"),
    Mutant("bodies that a form can send", "components/web.py", "if request.content_type not in JSON_TYPES:", "if False:",
           "tests/test_walls.py::test_what_is_not_sent_as_json_is_not_read"),
    Mutant("what the router is told", "components/web.py", "return isinstance(path, str) and path.startswith", "return True or path.startswith",
           "tests/test_walls.py::test_the_router_is_told_a_page_of_ours"),
    Mutant("doors that are open to nobody", "components/sign_in.py", 'OPEN_FILES = re.compile(r"/(assets|bootstrap/static)/.+")', 'OPEN_FILES = re.compile(r"/.+")',
           "tests/test_walls.py::test_nobody_comes_in_by_another_door"),
    Mutant("short keys", "settings/__init__.py", "if secret and len(secret) < 32:", "if False:", "tests/test_walls.py::test_a_short_key_is_refused"),
    Mutant("packets about other departments", "data_access/store/packet_rows.py", "set(one.departments) <= set(open_to)", "set(one.departments) & set(open_to)",
           "tests/test_packets.py::TestWhoMayRead::test_a_head_reads_packets_of_own_departments_alone"),
    Mutant("packets of whole departments for some districts", "data_access/store/packet_rows.py", "if scope_of(viewer).is_part:", "if False:",
           "tests/test_packets.py::TestWhoMayRead::test_who_is_limited_to_districts_reads_nothing_about_whole_departments"),
    Mutant("mail written for other rights", "cli/mailing.py", "if postman.rights(subscription.owner_id) != letter.rights:", "if False:",
           "tests/test_subscriptions.py::test_a_letter_that_waits_is_not_sent_when_it_is_not_wanted_or_not_allowed_any_more"),
    Mutant("mail that one process sends", "data_access/store/letters.py", "tries=letter.c.tries + 1)).rowcount != 1:", "tries=letter.c.tries + 1)).rowcount > 99:",
           "tests/test_mail.py::test_of_twelve_processes_one_gets_the_letter"),
    Mutant("mail to who cannot look", "data_access/store/readers.py", "row.disabled_at is not None or ", "",
           "tests/test_subscriptions.py::test_an_account_that_cannot_be_used_gets_nothing"),
    Mutant("mail to one plain address", "data_access/store/subscriptions.py", "_ADDRESS.fullmatch(text)", "_ADDRESS.search(text)",
           "tests/test_subscriptions.py::test_an_address_is_one_plain_address"),
    Mutant("mail that is another's", "data_access/store/subscriptions.py", "mine = (subscription.c.id == min(number, LARGEST_NUMBER)) & (subscription.c.owner_id == acting.viewer.id)", "mine = subscription.c.id == number",
           "tests/test_subscriptions.py::test_everybody_sees_and_ends_only_their_own"),
    Mutant("mail that another site asks for", "components/subscriptions.py", "gate.require_same_site()\n            title", "title",
           "tests/test_page_subscriptions.py::test_another_site_makes_a_browser_send_nothing"),
    Mutant("mail without encryption", "data_access/post.py", "if at.starttls:", "if False:",
           "tests/test_mail.py::test_a_server_without_encryption_gets_no_mail_where_it_is_wanted"),
    Mutant("mail that residents did not confirm", "data_access/residents.py", ".where(resident.c.confirmed_at.is_not(None))", ".where(resident.c.id > 0)",
           "tests/test_resident_mail.py::test_from_the_form_to_the_last_letter"),
    Mutant("mail that asks one address too often", "data_access/residents.py", "if n >= MOST_ASKED or ", "if ",
           "tests/test_resident_mail.py::test_one_address_is_asked_three_times_in_two_days_at_most"),
    Mutant("Dash's own doors", "settings/__init__.py", 'REFUSED = ("DASH_MCP_ENABLED", "DASH_DEBUG")', "REFUSED = ()", "tests/test_walls.py::test_dash_is_not_let_open_itself"),
)  # fmt: skip


def copy_to(folder: Path) -> None:
    """The application and its tests, with the environment they run in."""
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, folder / name)


def is_noticed(mutant: Mutant, folder: Path) -> bool:
    """Whether its tests fail in `folder`, a copy, while the guard is weak there."""
    file = folder / mutant.file
    whole = file.read_text("utf-8")
    assert whole.count(mutant.old) == 1, f"{mutant.guard}: the guard reads otherwise now"
    file.write_text(whole.replace(mutant.old, mutant.new), "utf-8")
    try:
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "--timeout", "40", *mutant.tests.split()]
        done = subprocess.run(command, cwd=folder, env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}, capture_output=True, text=True)
        # 1: tests failed. Anything else (no such test, a broken file) proves nothing.
        return done.returncode == 1 and "error" not in done.stdout.splitlines()[-1]
    finally:
        file.write_text(whole, "utf-8")
