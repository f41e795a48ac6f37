"""Brings a generation that was built in files to a Spark cluster: as Parquet files, of whose cases Spark builds the facts of staff.

The files go into a folder that this machine, the cluster and readers see. When all tables are there, the generation is put into
service twice, each time at once: in the cluster by its view, and in the folder by the file `current`, for readers that
serve the same files with DuckDB. If anything fails, what was in service before stays.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.sql.sqltypes import BigInteger, Boolean, Date, DateTime, Double, SmallInteger

from data_access.mart import generations, parquet, spark, spark_facts
from data_access.mart.generations import NoGeneration, NotBrought
from settings import AUDIENCES, Audience

TYPES = {
    "SMALLINT": "SMALLINT", "INTEGER": "INT", "BIGINT": "BIGINT", "DOUBLE": "DOUBLE", "BOOLEAN": "BOOLEAN",
    "TIMESTAMP": "TIMESTAMP_NTZ", "DATE": "DATE", "VARCHAR": "STRING",
}  # fmt: skip
"""Of DuckDB's columns."""
CODED_TYPES = {
    SmallInteger: "SMALLINT",
    BigInteger: "BIGINT",
    Double: "DOUBLE",
    Boolean: "BOOLEAN",
    DateTime: "TIMESTAMP_NTZ",
    Date: "DATE",
}
STATEMENT_SECONDS = 6 * 3600
"""How long one statement of a build may take."""


@dataclass(frozen=True)
class Bringing:
    """A generation on its way to a cluster."""

    cluster: spark.Cluster
    engine: Engine
    generation: generations.Generation
    folder: Path
    facts: dict[str, str]
    """What the generation says of itself (table `meta`)."""
    done: Callable[[str], None]

    def write(self, audience: Audience) -> None:
        """The files of one audience, and the tables over them."""
        builds = self.cluster.builds and audience == "staff"
        held, target = self.generation.path(audience), self.folder / audience
        parquet.export(held, self.folder, audience, without=spark_facts.BUILT if builds else ())
        if builds:
            spark_facts.write_coded(held, self.folder / spark_facts.INPUT)
        self.done(f"{audience}: files")
        schema = self.cluster.schema_of(audience, self.facts["edition"])
        spark.run(self.engine, [f"DROP DATABASE IF EXISTS {schema} CASCADE", f"CREATE DATABASE {schema}"])
        known = {name: columns for name, columns in _columns(self.folder, audience).items() if not builds or name not in spark_facts.BUILT}
        spark.run_together(self.engine, [_table(schema, name, columns, target) for name, columns in known.items()])
        self.done(f"{audience}: tables")
        if builds:
            entered = ((name, CODED_TYPES[type(kind)]) for name, kind in spark_facts.CODED.items())
            as_of = datetime.fromisoformat(self.facts["as_of"]).replace(tzinfo=None)
            made = spark_facts.statements(str(target), self.facts["city_zone"], as_of)
            name = spark_facts.INPUT
            spark.run(self.engine, [f"USE {schema}", _table(schema, name, entered, self.folder), *made, f"DROP TABLE {name}"])
            shutil.rmtree(self.folder / name)
            self.done(f"{audience}: facts")
        parquet.register(self.folder, audience)

    def switch(self) -> None:
        """Put it into service in the folder and in the cluster."""
        parquet.put_into_service(self.folder)
        number = int(self.folder.name.removeprefix("gen-"))
        said = f"SELECT '{self.facts['edition']}' AS edition, {number} AS number"
        name = self.cluster.schema
        spark.run(self.engine, [f"CREATE DATABASE IF NOT EXISTS {name}", f"CREATE OR REPLACE VIEW {name}.generation AS {said}"])

    def drop_old(self) -> None:
        """Drop the databases whose files are gone."""
        with self.engine.connect() as connection:
            names = [name for (name,) in connection.exec_driver_sql(f"SHOW DATABASES LIKE '{self.cluster.schema}_*'").fetchall()]
        editions = [_told(generation)["edition"] for generation in generations.kept(self.cluster.files)]
        kept = {self.cluster.schema_of(audience, edition) for audience in AUDIENCES for edition in editions}  # type: ignore[arg-type]
        ours = re.compile(rf"{self.cluster.schema}_({'|'.join(AUDIENCES)})_[0-9a-f]+")
        spark.run(self.engine, [f"DROP DATABASE {name} CASCADE" for name in names if ours.fullmatch(name) and name not in kept])


def bring(address: str, root: Path, done: Callable[[str], None] = lambda step: None) -> bool:
    """Put the generation in service below `root` into service on the cluster at `address` too; answers whether it was not yet.

    Args:
        done: called after each step with its name.

    Raises:
        NotBrought: what was in service is in service still.
    """
    generation = generations.current(root)
    if generation is None:
        return False
    try:
        cluster = spark.cluster_of(address)
        facts, held = _told(generation), spark.current(address)
        if held is not None and held.edition == facts["edition"]:
            return False
        engine = spark.engine_of(cluster, "default", STATEMENT_SECONDS)
        try:
            bringing = Bringing(cluster, engine, generation, parquet.started(cluster.files, generation.number), facts, done)
            for audience in AUDIENCES:
                bringing.write(audience)  # type: ignore[arg-type]
            bringing.switch()
            bringing.drop_old()
        finally:
            engine.dispose()
    except (spark.driver_error(), SQLAlchemyError, duckdb.Error, OSError, NoGeneration) as error:
        said = spark.first_line(getattr(error, "orig", None) or error)
        raise NotBrought(f"the data is loaded, but not in service in the cluster: {said}. Mend the cause and load again.") from error
    return True


def _told(generation: generations.Generation) -> dict[str, str]:
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{generation.path('staff')}' AS held (READ_ONLY)")
        return dict(connection.execute("SELECT key, value FROM held.meta").fetchall())


def _columns(folder: Path, audience: Audience) -> dict[str, list[tuple[str, str]]]:
    """Table -> its columns with Spark's types."""
    with duckdb.connect(str(folder / f"{audience}.duckdb"), read_only=True) as made:
        rows = made.execute(
            "SELECT table_name, column_name, data_type FROM duckdb_columns() WHERE NOT internal AND table_name <> ?", [parquet.FILES]
        ).fetchall()
    found: dict[str, list[tuple[str, str]]] = {}
    for table, column, kind in rows:
        found.setdefault(table, []).append((column, TYPES[kind]))
    return found


def _table(schema: str, name: str, columns: Iterable[tuple[str, str]], folder: Path) -> str:
    declared = ", ".join(f"`{column}` {kind}" for column, kind in columns)
    # Which year a file is of is no column of the mart: its files are found below the folder.
    return f"CREATE TABLE {schema}.{name} ({declared}) USING parquet OPTIONS (recursiveFileLookup 'true') LOCATION '{folder / name}'"
