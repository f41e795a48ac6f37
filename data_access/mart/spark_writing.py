"""Brings a generation that was built in files to a Spark cluster: as Parquet files, of whose cases Spark builds the facts of staff.

The files go into a folder that this machine, the cluster and readers see. When all tables are there, the generation is put into
service twice, each time at once: in the cluster by its view, and in the folder by the file `current`, for readers that
serve the same files with DuckDB. If anything fails, what was in service before stays.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
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


def bring(address: str, root: Path) -> bool:
    """Put the generation in service below `root` into service on the cluster at `address` too; answers whether it was not yet.

    Raises:
        NotBrought: what was in service is in service still.
    """
    generation = generations.current(root)
    if generation is None:
        return False
    cluster = spark.cluster_of(address)
    try:
        edition, zone, as_of = _told(generation)
        held = spark.current(address)
        if held is not None and held.edition == edition:
            return False
        folder = parquet.started(cluster.files, generation.number)
        engine = spark.engine_of(cluster, "default", STATEMENT_SECONDS)
        try:
            for audience in AUDIENCES:
                _write(
                    engine,
                    cluster.schema_of(audience, edition),
                    generation,
                    folder,
                    audience,
                    zone,
                    as_of,
                    cluster.builds and audience == "staff",
                )
            parquet.put_into_service(folder)
            _switch(engine, cluster, edition, generation.number)
            _drop_old(engine, cluster)
        finally:
            engine.dispose()
    except (SQLAlchemyError, duckdb.Error, OSError, NoGeneration) as error:
        said = spark.first_line(getattr(error, "orig", None) or error)
        raise NotBrought(f"the data is loaded, but not in service in {cluster.name}: {said}. Mend the cause and load again.") from error
    return True


def _told(generation: generations.Generation) -> tuple[str, str, str]:
    with duckdb.connect() as connection:
        connection.execute(f"ATTACH '{generation.path('staff')}' AS held (READ_ONLY)")
        meta = dict(connection.execute("SELECT key, value FROM held.meta").fetchall())
    return meta["edition"], meta["city_zone"], meta["as_of"]


def _write(
    engine: Engine, schema: str, generation: generations.Generation, folder: Path, audience: Audience, zone: str, as_of: str, built: bool
) -> None:
    """The files of one audience, and the tables over them."""
    parquet.export(generation.path(audience), folder, audience, without=spark_facts.BUILT if built else ())
    target = folder / audience
    run = [f"DROP DATABASE IF EXISTS {schema} CASCADE", f"CREATE DATABASE {schema}", f"USE {schema}"]
    run += [
        _table(table, columns, target)
        for table, columns in _columns(folder, audience).items()
        if not built or table not in spark_facts.BUILT
    ]
    if built:
        entered = folder / spark_facts.INPUT
        spark_facts.write_coded(generation.path("staff"), entered)
        run.append(_table(spark_facts.INPUT, ((name, CODED_TYPES[type(kind)]) for name, kind in spark_facts.CODED.items()), folder))
        run += spark_facts.statements(str(target), zone, datetime.fromisoformat(as_of).replace(tzinfo=None))
        run.append(f"DROP TABLE {spark_facts.INPUT}")
    spark.run(engine, run)
    if built:
        shutil.rmtree(folder / spark_facts.INPUT)
    parquet.register(folder, audience)


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


def _table(name: str, columns: Iterable[tuple[str, str]], folder: Path) -> str:
    declared = ", ".join(f"`{column}` {kind}" for column, kind in columns)
    # Which year a file is of is no column of the mart: its files are found below the folder.
    return f"CREATE TABLE {name} ({declared}) USING parquet OPTIONS (recursiveFileLookup 'true') LOCATION '{folder / name}'"


def _switch(engine: Engine, cluster: spark.Cluster, edition: str, number: int) -> None:
    said = f"SELECT '{edition}' AS edition, {number} AS number"
    spark.run(engine, [f"CREATE DATABASE IF NOT EXISTS {cluster.schema}", f"CREATE OR REPLACE VIEW {cluster.schema}.generation AS {said}"])


def _drop_old(engine: Engine, cluster: spark.Cluster) -> None:
    """Drop the databases whose files are gone."""
    with engine.connect() as connection:
        names = [name for (name,) in connection.exec_driver_sql(f"SHOW DATABASES LIKE '{cluster.schema}_*'").fetchall()]
    kept = set()
    for generation in generations.kept(cluster.files):
        edition = _told(generation)[0]
        kept |= {cluster.schema_of(audience, edition) for audience in AUDIENCES}
    spark.run(engine, [f"DROP DATABASE {name} CASCADE" for name in names if name not in kept])
