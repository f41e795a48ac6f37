"""From published exports to a city: the right columns proposed, one question asked, and what the files are known to hide said."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from data_access.city import load_city
from data_access.mapping.spec import load_mapping, preset_path
from data_access.proposing.look import look_at_files
from data_access.proposing.questions import Question, settled
from tests.support.real import ALL, BALTIMORE, BOSTON_ANIMAL, DC_MEASURES, FOLDER, LOS_ANGELES, NYC_2018, RealCity
from tests.test_init import Types, types

assert types

NOT_TOLD_BY_COLUMNS = {
    "outcome": "a text that people wrote, which patterns of the preset read", "resolution_text": "a text that people wrote",
    "is_duplicate": "", "source_id": "Baltimore numbers its records twice",
}  # fmt: skip
"""Fields that a preset reads and that are not proposed from the columns alone, or from another column, and why."""


@pytest.mark.parametrize("real", ALL, ids=lambda real: real.name)
def test_a_known_export_is_recognised_and_its_columns_alone_tell_the_same(real: RealCity) -> None:
    """With its preset nothing but the name is asked. Somebody else's city has none: then every field that the preset reads is proposed
    from the same column, and nothing more is asked."""
    real.files()
    pattern, preset = real.sources[0]
    look = look_at_files(FOLDER / pattern)
    assert look.preset == preset
    for known in (look, replace(look, preset=None)):
        asked: list[str] = []

        def enter(question: Question, asked: list[str] = asked) -> str:
            asked.append(question.key)
            return question.default

        plan = settled(known, enter)
        assert asked == (["name"] if real is not DC_MEASURES else ["name", "zone"])
        assert plan.zone == real.zone
        if known.preset:
            assert [word.value for word in plan.words.get("status", [])] == []
    mapping = load_mapping(preset_path(preset))
    wrong = {}
    for field in set(mapping.columns) - set(NOT_TOLD_BY_COLUMNS) - {"location"}:
        column = look.proposed.fields[field].column if field in look.proposed.fields else None
        if column not in mapping.aliases(field):
            wrong[field] = column
    assert wrong == {}


@pytest.mark.parametrize(
    ("real", "said"),
    [
        (LOS_ANGELES, "ServiceDate looks like a deadline and is none: read as deadline it makes 96% of the closed cases late"),
        (BOSTON_ANIMAL, "most cases open at 04:00; check 'zone' in [time] of the mapping (times in UTC?), 'offset_applied' (shifted twice?)"),
        (BALTIMORE, "885 at 39.0, -77.0"), (NYC_2018, "117 cases have a closing date"),
    ],
    ids=lambda value: getattr(value, "name", ""),
)  # fmt: skip
def test_what_an_export_is_known_to_hide_is_said_before_anything_is_loaded(real: RealCity, said: str, types: Types, tmp_path: Path) -> None:
    real.files()
    done = types(FOLDER / real.sources[0][0], tmp_path / "city", "--yes", "--no-preset")
    assert done.exit_code == 0, done.stderr
    assert said in done.stdout
    assert load_city(tmp_path / "city").zone == real.zone
