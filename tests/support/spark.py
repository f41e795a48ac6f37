"""A Spark cluster of this machine's own, for tests and measurements: a master, two workers in processes of their own, and the Thrift server."""

from __future__ import annotations

import importlib.util
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

WORKERS = 2
MEMORY = "1g"
"""Of each worker, of which its executor gets most, and of the driver, which is the Thrift server."""
QUICK = {
    "spark.sql.shuffle.partitions": "1", "spark.sql.codegen.wholeStage": "false", "spark.sql.codegen.factoryMode": "NO_CODEGEN",
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC", "spark.executor.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.adaptive.enabled": "false",
}  # fmt: skip
START_SECONDS = 600
LOCAL = "127.0.0.1"


def missing() -> str | None:
    """What keeps a cluster from being started here, or None."""
    for package in ("pyspark", "pyhive", "thrift"):
        if importlib.util.find_spec(package) is None:
            return f"{package} is not installed: pip install -r requirements-spark.txt"
    return None if shutil.which("java") else "no Java is installed: Spark needs 17 or newer"


@contextmanager
def started_cluster(folder: Path, *, workers: int = WORKERS, quick_start: bool = True) -> Iterator[str]:
    """A cluster that works in `folder`; the address for STATROOM_MART_URL, without `files`.

    Args:
        quick_start: compile little of the statements and of Spark itself: a few rows are answered sooner so, many later.

    Raises:
        RuntimeError: a part of it did not start; the text has the end of its log.
    """
    home = Path(str(importlib.util.find_spec("pyspark").submodule_search_locations[0]))  # type: ignore[union-attr,index]
    work = Path(tempfile.mkdtemp(prefix="spark-", dir=folder))
    thrift, master, *ports = (_free_port() for _ in range(4 + workers))
    environ = {**os.environ, "SPARK_HOME": str(home), "SPARK_LOCAL_IP": LOCAL, "SPARK_NO_DAEMONIZE": "1", "SPARK_LOCAL_DIRS": str(work),
               "SPARK_WORKER_DIR": str(work / "work"), "SPARK_DAEMON_MEMORY": "256m", "SPARK_SCALA_VERSION": "2.13"}  # fmt: skip
    run = str(home / "bin" / "spark-class")
    address = f"spark://{LOCAL}:{master}"
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, work, ignore_errors=True)
        deploy = "org.apache.spark.deploy"
        named = ("--host", LOCAL, "--port", str(master), "--webui-port", str(ports[0]))
        first = stack.enter_context(_process([run, f"{deploy}.master.Master", *named], environ, work / "master.log"))
        _wait_for(first, master, work / "master.log")
        for number in range(workers):
            ui = ports[1 + number]
            about = ("--host", LOCAL, "--cores", "1", "--memory", MEMORY, "--webui-port", str(ui), address)
            stack.enter_context(_process([run, f"{deploy}.worker.Worker", *about], environ, work / f"worker-{number}.log"))
        conf = {
            "spark.driver.host": LOCAL, "spark.driver.bindAddress": LOCAL, "spark.ui.enabled": "false", "spark.executor.memory": "896m",
            "spark.executor.cores": "1", "spark.sql.shuffle.partitions": "8", "spark.sql.session.timeZone": "UTC",
            "spark.scheduler.minRegisteredResourcesRatio": "1.0", "spark.scheduler.maxRegisteredResourcesWaitingTime": "60s",
            "spark.cores.max": str(workers), "spark.sql.warehouse.dir": str(work / "warehouse"), "spark.locality.wait": "0",
            # The list of tables lives in the server's memory: what a test makes is gone with it.
            "spark.sql.catalogImplementation": "in-memory",
        }  # fmt: skip
        if quick_start:
            conf |= QUICK
        submit = [run, "org.apache.spark.deploy.SparkSubmit", "--master", address, "--driver-memory", MEMORY,
                  "--class", "org.apache.spark.sql.hive.thriftserver.HiveThriftServer2",
                  *(word for name, value in conf.items() for word in ("--conf", f"{name}={value}")), "spark-internal",
                  "--hiveconf", f"hive.server2.thrift.port={thrift}", "--hiveconf", f"hive.server2.thrift.bind.host={LOCAL}",
                  "--hiveconf", "hive.server2.authentication=NOSASL"]  # fmt: skip
        # The launcher knows the server as a daemon.
        log = work / "thrift.log"
        server = stack.enter_context(_process(submit, environ | {"SPARK_DAEMON_MEMORY": MEMORY}, log))
        _wait_for(server, thrift, log)
        yield f"hive://{LOCAL}:{thrift}/statroom_{secrets.token_hex(4)}?auth=NOSASL"


@contextmanager
def _process(command: list[str], environ: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that is ended, by its number, with the `with`."""
    with open(log, "wb") as into:
        process = subprocess.Popen(command, env=environ, cwd=log.parent, stdout=into, stderr=into, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not _listens(port):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"Spark did not start: {log.read_text(errors='replace')[-3000:]}")
        time.sleep(0.2)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((LOCAL, port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LOCAL, 0))
        return probe.getsockname()[1]
