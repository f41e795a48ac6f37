"""`flask init`: a first folder for a city, proposed from a look at its database or files, or empty with every key explained."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from cli.asking import Asker, read_answers
from cli.errors import plain_errors
from settings import ROOT, utc_now

DATA_ENDINGS = (".csv", ".csv.gz", ".gz", ".parquet", ".tsv", ".txt", ".sqlite", ".db")


@click.command("init")
@click.argument("source", required=False)
@click.argument("folder", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("--name", help="The city's name.")
@click.option("--zone", help="Its IANA time zone.")
@click.option("--table", help="Of a database: the table or view with the cases.")
@click.option("--yes", is_flag=True, help="Ask nothing: take every default.")
@click.option("--answers", type=click.Path(path_type=Path, dir_okay=False), help="A TOML file with answers, for scripts.")
@click.option("--no-preset", is_flag=True, help="Propose from the columns alone, also where the export is known.")
@click.option("--force", is_flag=True, help="Replace FOLDER; what is in it is kept beside it.")
@plain_errors
def init(source: str | None, folder: Path | None, name: str | None, zone: str | None, table: str | None, yes: bool, answers: Path | None, no_preset: bool, force: bool) -> None:  # fmt: skip
    """Look at SOURCE (a database's address, a file, a folder, a pattern, or a data set on the web) and propose a city for it in FOLDER.

    FOLDER is the city's name below cities/ unless named. Without a SOURCE that exists, SOURCE is taken as FOLDER: it gets an empty
    city.toml and mapping, every key explained.
    """
    if source is None or not _is_source(source):
        _skeleton(Path(source) if source else folder, name or "My City", zone or "America/New_York", force)
        return
    given = {
        **(read_answers(answers) if answers else {}),
        **{key: value for key, value in (("name", name), ("zone", zone), ("table", table)) if value},
    }
    _proposal(source, folder, Asker(given, yes=yes), presets=not no_preset, force=force)


def _is_source(text: str) -> bool:
    if "://" in text or any(sign in text for sign in "*?[") or text.lower().endswith(DATA_ENDINGS):
        return True
    path = Path(text)
    return path.is_file() or (path.is_dir() and any(file.name.lower().endswith(DATA_ENDINGS) for file in path.iterdir()))


def _skeleton(folder: Path | None, name: str, zone: str, force: bool) -> None:
    from cli.skeleton import texts

    folder = folder or _usual_folder(name)
    _refuse_full(folder, force)
    with _put_in_place(folder, texts(name, zone)) as staged:
        _checked(staged, {})
    for file in ("city.toml", "crm.toml"):
        click.echo(f"wrote {folder / file}")
    click.echo(f"Next: mend city.toml, then STATROOM_CITY={_shown(folder)} flask check")


def _proposal(source: str, folder: Path | None, asker: Asker, *, presets: bool, force: bool) -> None:
    from cli import init_report
    from cli.proposal_text import city_text, mapping_text, stays_outside
    from cli.skeleton import MAPPING_FILE
    from cli.toml_text import plain
    from data_access.proposing.questions import settled

    if folder is not None:
        _refuse_full(folder, force)
    look = _looked(source, asker, presets=presets)
    click.echo(plain(init_report.seen(look)))
    _refuse_without_cases(look)
    plan = settled(look, asker)
    # Asked or taken as the default, it is said once what everything rests on.
    for question, answer in asker.told:
        click.echo(f"  {question.text} {answer}")
    unused = asker.unused()
    if unused:
        click.echo(unused, err=True)
    folder = folder or _usual_folder(plan.name)
    _refuse_full(folder, force)
    environ = {"CRM_URL": look.address} if look.kind == "sql" else {}
    with _put_in_place(folder, {"city.toml": city_text(plan), MAPPING_FILE: mapping_text(plan)}) as staged:
        profile = _preview(staged, look, environ)
    click.echo(plain(init_report.figures(profile, look)))
    click.echo(plain(init_report.doubtful(profile, plan)))
    click.echo(
        f"\nWrote {folder / 'city.toml'} and {folder / MAPPING_FILE}; {asker.asked} question{'' if asker.asked == 1 else 's'} asked."
    )
    click.echo(init_report.following(_shown(folder), profile, is_secret=look.kind == "sql" and stays_outside(look.address)))


def _looked(source: str, asker: Asker, *, presets: bool) -> Any:
    from data_access.proposing.look import look_at_database, look_at_files, look_at_web
    from data_access.sources.connections import shown_address

    if "://" not in source:
        path = Path(source).expanduser().absolute()
        if path.suffix in (".sqlite", ".db"):
            source = f"sqlite:///{path}"
        else:
            click.echo(f"Looking at {path} ...")
            return look_at_files(path, presets=presets)
    if source.startswith(("http://", "https://")):
        click.echo(f"Looking at {source.partition('?')[0]} ...")
        return look_at_web(source, presets=presets)
    click.echo(f"Looking at {shown_address(source)} ...")
    return look_at_database(source, lambda ranked: _chosen_table(ranked, asker), presets=presets)


def _chosen_table(ranked: list[Any], asker: Asker) -> Any:
    """The likeliest; asked only where a second one is nearly as likely, or where one was named."""
    from data_access.proposing.questions import Question

    score, best = ranked[0]
    near = tuple(table.name for other, table in ranked if other >= 0.85 * score)
    if len(near) == 1 and "table" not in asker.given:
        return best
    names = tuple(table.name for _, table in ranked)
    answer = asker(Question("table", f"Which table has the cases: {', '.join(names)}?", best.name, names))
    return next(table for _, table in ranked if table.name == answer)


def _refuse_without_cases(look: Any) -> None:
    wanted = ("source_id", "opened_at") if look.proposed.entity == "cases" else ("measure", "fiscal_year")
    missing = [name for name in wanted if name not in look.proposed.fields]
    if missing and look.preset is None:
        columns = ", ".join(list(look.facts)[:30])
        raise click.ClickException(
            f"no column looks like {missing[0]}; there are {columns}. Write a mapping by hand: `flask init FOLDER` begins one."
        )


def _preview(staged: Path, look: Any, environ: dict[str, str]) -> Any:
    """What the product itself makes of the rows that were looked at."""
    from data_access.sources import open_source
    from data_access.sources.profile import profile_frame

    city = _checked(staged, environ)
    source = open_source(city.sources[0], city)
    return profile_frame(source, city, source.named(look.sample))


def _checked(staged: Path, environ: dict[str, str]) -> Any:
    from data_access.city import load_city
    from data_access.mapping.spec import load_mapping

    city = load_city(staged, {**os.environ, **environ})
    load_mapping(staged / "crm.toml")
    return city


@contextmanager
def _put_in_place(folder: Path, texts: dict[str, str]) -> Iterator[Path]:
    """A folder beside `folder` with `texts`; it takes its place when the block is done, and is gone when it failed or was interrupted."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
    try:
        staged.chmod(0o755)
        (staged / "areas").mkdir()
        for name, text in texts.items():
            (staged / name).write_text(text, "utf-8")
        yield staged
        if folder.exists() and any(folder.iterdir()):
            kept = folder.with_name(f"{folder.name}.before-{utc_now():%Y%m%d-%H%M%S}")
            folder.rename(kept)
            click.echo(f"What was in {folder} is kept in {kept}.")
        elif folder.exists():
            folder.rmdir()
        staged.rename(folder)
    except BaseException:
        shutil.rmtree(staged, ignore_errors=True)
        raise


def _refuse_full(folder: Path, force: bool) -> None:
    if not force and folder.exists() and any(folder.iterdir()):
        raise click.ClickException(
            f"{folder} is not empty; name a new folder, or replace it with --force, which keeps what is there beside it."
        )


def _usual_folder(name: str) -> Path:
    from data_access.slugs import slug

    return ROOT / "cities" / slug(name)


def _shown(folder: Path) -> Path:
    path = folder.resolve()
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
