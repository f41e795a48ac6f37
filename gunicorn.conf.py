"""How gunicorn serves Statroom: read from this folder by itself. PORT and WEB_CONCURRENCY decide as on any host.

Two processes with a few threads each suit two cores: DuckDB uses one thread per process then,
and a slow client holds none.
"""

import os
import shutil
import tempfile
from contextlib import suppress
from typing import Any

bind = f"{os.environ.get('STATROOM_HOST') or '127.0.0.1'}:{os.environ.get('PORT') or 8050}"
workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
# The mart divides the cores by the number of processes that read it.
os.environ["WEB_CONCURRENCY"] = str(workers)
# One numeric thread for each request: small matrices gain nothing from more, and threads that wait for a busy core cost a hundredfold.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
threads = 4
# Threads; a request gets one once it is here as a whole.
worker_class = "worker.WholeRequests"
# Loaded once and shared: a worker that is replaced answers at once.
preload_app = True
timeout = 60
graceful_timeout = 10
keepalive = 5
# A worker's memory is given back now and then; the spread keeps two from leaving together.
max_requests = 20_000
max_requests_jitter = 2_000
worker_tmp_dir = "/dev/shm" if os.path.isdir("/dev/shm") else None
accesslog = None
errorlog = "-"


# What the workers count about themselves is added up from files in here (`data_access/observed.py`).
COUNTED = "statroom-counted-"
if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = tempfile.mkdtemp(prefix=COUNTED, dir=worker_tmp_dir)


def on_exit(_server: Any) -> None:
    """The counts end with the processes, unless somebody named a folder for them."""
    if COUNTED in os.environ["PROMETHEUS_MULTIPROC_DIR"]:
        shutil.rmtree(os.environ["PROMETHEUS_MULTIPROC_DIR"], ignore_errors=True)


def on_starting(server: Any) -> None:
    """Without passwords the staff application listens to this machine only, whatever address gunicorn was told."""
    from data_access.installation import own
    from settings import SettingsError, read_settings

    try:
        settings = read_settings(own(os.environ))
    except SettingsError as error:
        raise SystemExit(f"Error: {error}") from None
    if settings.audience != "staff" or settings.sign_in != "demo":
        return
    for address in server.cfg.address:
        host = address[0] if isinstance(address, tuple) else str(address)
        if not host.startswith(("127.", "::1", "localhost", "unix:", "/")):
            raise SystemExit(f"Error: the staff application would listen on {host}; without passwords it serves 127.0.0.1 only.")


def on_reload(server: Any) -> None:
    """HUP: the workers there are go on until the new ones are ready."""
    from worker import replace_workers

    replace_workers(server)


def post_worker_init(worker: Any) -> None:
    """Open the mart and make a page before the first reader comes."""
    with suppress(Exception):
        for path in ("/readyz", "/"):
            # Not in the name of who reads from this machine, or of a proxy on it: how much one address may ask is counted.
            worker.wsgi.test_client().get(path, environ_base={"REMOTE_ADDR": "::1"})


def worker_exit(_server: Any, worker: Any) -> None:
    """Leave at once: work aside may still go on, and an engine that is taken down under it ends in an abort."""
    # gunicorn's first process calls this too, of a worker that was gone before it was told to go.
    if worker.pid == os.getpid():
        os._exit(0)
