"""How gunicorn serves Statroom: read from this folder by itself. PORT and WEB_CONCURRENCY decide as on any host.

Two processes with a few threads each suit two cores: DuckDB uses one thread per process then,
and a slow client holds a thread, not the service.
"""

import os

workers = int(os.environ.get("WEB_CONCURRENCY") or 2)
# The mart divides the cores by the number of processes that read it.
os.environ["WEB_CONCURRENCY"] = str(workers)
threads = 4
worker_class = "gthread"
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
