"""A mapping changed by somebody at a screen: written into the city's own file with its comments kept, the earlier one beside it.

A preset is never changed: saving makes a mapping of the city's own that extends it.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tempfile
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import tomlkit
from tomlkit.items import AoT, Table

from data_access.city import CityError, validate
from data_access.city_models import SourceConfig
from data_access.mapping.spec import MappingFile, Words, preset_path, whole
from data_access.mapping.words import WORD_FIELDS
from data_access.slugs import slug

TABLES = ("status", "channel", "outcome")
NEEDED = ("source_id", "opened_at")


class NotSaved(ValueError):
    """The draft cannot be used or kept; a sentence with the remedy."""


@dataclass(frozen=True)
class Draft:
    """What somebody chose: canonical field -> column ("": none), and for each table source word -> meaning ("": none)."""

    columns: Mapping[str, str]
    words: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Written:
    """A city's mapping as it stands: its file (which may not exist yet), its text, and what that means with its preset."""

    path: Path
    text: str
    mapping: MappingFile
    preset: str | None
    """The preset that city.toml names, where the city has no file of its own."""

    @property
    def version(self) -> str:
        """Changes with every change of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


def written(folder: Path, source: SourceConfig) -> Written:
    """The mapping of one source.

    Raises:
        CityError: it cannot be read.
    """
    if source.preset:
        text = f'# What differs from the preset.\nextends = "{source.preset}"\n'
        return Written(folder / f"{source.name}.toml", text, mapping_of(text, preset_path(source.preset)), source.preset)
    path = folder / str(source.mapping)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise CityError(f"{path} cannot be read: {error}.") from None
    return Written(path, text, mapping_of(text, path), None)


def mapping_of(text: str, path: Path) -> MappingFile:
    """A mapping of a text that may not be written yet; `path` is named in errors.

    Raises:
        CityError: naming the file, the key, the value and the remedy.
    """
    try:
        return validate(MappingFile, whole(tomllib.loads(text)), path)
    except tomllib.TOMLDecodeError as error:
        raise CityError(f"{path} is not valid TOML: {error}.") from None


def meaning_text(words: Words | None) -> str:
    """The meaning of a word as one text, "status=closed outcome=duplicate"; empty if it is not mapped."""
    if words is None:
        return ""
    return " ".join(f"{name}={value}" for name in WORD_FIELDS if (value := getattr(words, name)) is not None)


def meaning_of(text: str) -> Words:
    """The reverse of `meaning_text`.

    Raises:
        NotSaved: it is no meaning.
    """
    try:
        return Words(**dict(part.split("=", 1) for part in text.split()))
    except (ValueError, TypeError):
        raise NotSaved(f"'{text[:60]}' is no meaning of a word; choose one of the list.") from None


def word_of(table: Mapping[str, Words], word: str) -> Words | None:
    """What a word means by `table`, however it is written."""
    return {slug(source): meaning for source, meaning in table.items()}.get(slug(word))


def drafted(now: Written, draft: Draft) -> tuple[str, MappingFile]:
    """(the file's text with the draft in it, what that means).

    Raises:
        NotSaved: what is chosen cannot be; nothing is written.
    """
    document = tomlkit.parse(now.text)
    for field, column in draft.columns.items():
        if column != _first(now.mapping, field):
            _set_column(document, now, field, column)
    for name in TABLES:
        for word, meaning in draft.words.get(name, {}).items():
            if meaning != meaning_text(word_of(getattr(now.mapping, name), word)):
                _set_word(document, now, name, word, meaning)
    text = tomlkit.dumps(document)
    try:
        return text, mapping_of(text, now.path)
    except CityError as error:
        raise NotSaved(str(error)) from None


def _first(mapping: MappingFile, field: str) -> str:
    return mapping.aliases(field)[0] if field in mapping.columns else ""


def _table(document: tomlkit.TOMLDocument, name: str) -> Table:
    if name not in document:
        document[name] = tomlkit.table()
    return document[name]  # type: ignore[return-value]


def _set_column(document: tomlkit.TOMLDocument, now: Written, field: str, column: str) -> None:
    own = _table(document, "columns")
    if column:
        own[field] = column
        return
    if field in NEEDED:
        raise NotSaved(f"No case is without '{field}': choose the column that has it.")
    own.pop(field, None)
    if field in mapping_of(tomlkit.dumps(document), now.path).columns:
        # The preset reads it: said that its column is not there.
        own[field] = False


def _set_word(document: tomlkit.TOMLDocument, now: Written, name: str, word: str, meaning: str) -> None:
    own = _table(document, name)
    key = next((written for written in own if slug(written) == slug(word)), None)
    said = meaning_of(meaning).model_dump(exclude_none=True) if meaning else {}
    if not said and key is not None:
        del own[key]
    # What the preset says of a word can be taken back, not taken out.
    said = said or ({name: "unknown"} if word_of(getattr(mapping_of(tomlkit.dumps(document), now.path), name), word) else {})
    if not said:
        return
    if list(said) == [name]:
        own[key or word] = said[name]
    else:
        inline = tomlkit.inline_table()
        inline.update(said)
        own[key or word] = inline


def save(folder: Path, source: SourceConfig, draft: Draft, version: str, now: datetime) -> Path:
    """Write the draft; answers where the earlier mapping is kept (of a preset: the mapping that is new).

    Args:
        version: of the mapping that the draft was made from.

    Raises:
        NotSaved: it cannot be used, somebody changed the mapping meanwhile, or the folder cannot be written.
    """
    with _alone(folder):
        before = written(folder, source)
        if before.version != version:
            raise NotSaved(
                "Somebody changed this mapping meanwhile. Your choices are still here: note them, open the page again and repeat what is missing."
            )
        text, _ = drafted(before, draft)
        if text == before.text:
            raise NotSaved("Nothing differs from what is saved.")
        if before.preset is None:
            kept = before.path.with_name(f"{before.path.name}.before-{now:%Y%m%d-%H%M%S}")
            _put(kept, before.text)
            _put(before.path, text)
            return kept
        if before.path.exists():
            raise NotSaved(
                f"{before.path.name} exists already beside city.toml; name it there as 'mapping' of source {source.name!r}, or move it away."
            )
        _put(before.path, text)
        _name_mapping(folder, source.name, mapping=before.path.name, preset=None)
        return before.path


def undo(folder: Path, source: SourceConfig, now: datetime) -> str:
    """Take the last saving back; answers in words what is in force now. What was in force is kept beside it.

    Raises:
        NotSaved: nothing was saved here, or the folder cannot be written.
    """
    with _alone(folder):
        if source.preset:
            raise NotSaved("Nothing was saved here: the preset is in force.")
        path = folder / str(source.mapping)
        kept = sorted(path.parent.glob(f"{path.name}.before-*"))
        text = path.read_text("utf-8")
        preset = tomllib.loads(text).get("extends")
        if kept:
            _put(path.with_name(f"{path.name}.undone-{now:%Y%m%d-%H%M%S}"), text)
            os.replace(kept[-1], path)
            return f"{path.name} is again as it was before the last saving."
        if preset is None or path.name != f"{source.name}.toml":
            raise NotSaved("Nothing was saved here: there is no earlier version.")
        _name_mapping(folder, source.name, mapping=None, preset=str(preset))
        os.replace(path, path.with_name(f"{path.name}.undone-{now:%Y%m%d-%H%M%S}"))
        return f"The preset {preset!r} is in force again."


def _name_mapping(folder: Path, name: str, *, mapping: str | None, preset: str | None) -> None:
    """Let city.toml name a mapping or a preset for one source."""
    path = folder / "city.toml"
    document = tomlkit.parse(path.read_text("utf-8"))
    sources = document.get("source")
    assert isinstance(sources, AoT)
    table = next(one for one in sources if one["name"] == name)
    for key in ("mapping", "preset"):
        table.pop(key, None)
    table.add("mapping" if mapping else "preset", mapping or preset)
    _put(path, tomlkit.dumps(document))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One writer at a time; what the file system refuses is said with the remedy."""
    try:
        handle = os.open(folder, os.O_RDONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)
    except OSError as error:
        raise NotSaved(f"The city's folder cannot be written here ({error.strerror}); copy the text below into the mapping file.") from None


def _put(path: Path, text: str) -> None:
    """Write a file whole or not at all, with the rights that files here usually have."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(name, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
