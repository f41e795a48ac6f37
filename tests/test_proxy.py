"""deploy/proxy/nginx.conf, run as it is but for names, ports and certificates: what it keeps from Statroom, and what it passes on."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path

import pytest

from settings import ROOT, utc_now

RECIPE = (ROOT / "deploy" / "proxy" / "nginx.conf").read_text("utf-8")
TINY = """
import json
def app(environ, start):
    body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    if environ["PATH_INFO"] == "/large":
        answer = b"x" * 8_000_000
    else:
        told = {name[5:].lower(): value for name, value in environ.items() if name.startswith("HTTP_")}
        answer = json.dumps({"body": len(body), **told}).encode()
    start("200 OK", [("Content-Length", str(len(answer))), ("Strict-Transport-Security", "max-age=1"), ("Content-Type", "text/html")])
    return [answer]
"""
NAME = "stat.city.example"


class Proxy:
    """nginx on two ports of this machine: of HTTP and of HTTPS."""

    def __init__(self, plain: int, secure: int) -> None:
        self.plain, self.secure = plain, secure
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE

    def connected(self) -> ssl.SSLSocket:
        return self.context.wrap_socket(socket.create_connection(("127.0.0.1", self.secure), 10), server_hostname=NAME)

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection(NAME)
        connection.sock = self.connected()
        try:
            named = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request("GET" if body is None else "POST", path, body, named)
            answer = connection.getresponse()
            return answer, answer.read()
        finally:
            connection.close()


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """nginx before a small application under gunicorn's own worker with two threads, which slow clients keep busy."""
    if (nginx := shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin")) is None:
        pytest.skip("nginx is not installed; install it (nginx-light of Debian is enough)")
    folder = tmp_path_factory.mktemp("proxy")
    (folder / "tiny.py").write_text(TINY)
    _certificate(folder)
    plain, secure, behind = _free(3)
    recipe = RECIPE
    for said, here in (
        (r"^\s*listen \[::\].*\n", ""), ("listen 80;", f"listen 127.0.0.1:{plain};"), ("listen 443", f"listen 127.0.0.1:{secure}"),
        (r"127\.0\.0\.1:805[01]", f"127.0.0.1:{behind}"), (r"/etc/ssl/statroom/\S+\.(pem|key)", rf"{folder}/own.\1"),
        ("/var/log/nginx", str(folder)),
    ):  # fmt: skip
        recipe = re.sub(said, here, recipe, flags=re.M)
    kept = "".join(f"{kind}_temp_path {folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    (folder / "nginx.conf").write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log {folder}/error.log;\nevents {{ worker_connections 256; }}\n"
        f"http {{\n{kept}{recipe}}}\n"
    )
    command = [nginx, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True)
    assert "test is successful" in checked.stderr, checked.stderr
    serving = [sys.executable, "-m", "gunicorn", "--config", "/dev/null", "--worker-class", "gthread", "--threads", "2",
               "--bind", f"127.0.0.1:{behind}", "--pythonpath", str(folder), "tiny:app"]  # fmt: skip
    with ExitStack() as stack:
        for started in (serving, command):
            process = subprocess.Popen(started, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            stack.callback(process.wait, 20)
            stack.callback(process.terminate)
        for port in (behind, secure):
            _wait_for(port)
        yield Proxy(plain, secure)


def _certificate(folder: Path) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key, now = ec.generate_private_key(ec.SECP256R1()), utc_now()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, NAME)])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1)).sign(key, hashes.SHA256())
    (folder / "own.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    (folder / "own.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain))


def _free(count: int) -> list[int]:
    probes = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [probe.getsockname()[1] for probe in probes]
    for probe in probes:
        probe.close()
    return ports


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"nothing listens on {port}")


def test_forty_clients_that_send_a_byte_at_a_time_keep_nobody_out(proxy: Proxy) -> None:
    """Behind the proxy are two threads, which forty connections of that kind would hold."""
    slow = [proxy.connected() for _ in range(40)]
    try:
        for byte in b"POST / ":
            for client in slow:
                client.send(bytes([byte]))
        begun = time.monotonic()
        assert proxy.ask("/")[0].status == 200
        assert time.monotonic() - begun < 5
    finally:
        for client in slow:
            client.close()


def test_clients_that_do_not_take_their_answers_keep_nobody_out(proxy: Proxy) -> None:
    """Eight megabytes for each of six, more than the sockets between hold; the proxy has taken them over."""
    slow = [proxy.connected() for _ in range(6)]
    try:
        for client in slow:
            client.send(b"GET /large HTTP/1.1\r\nHost: stat.city.example\r\n\r\n")
            assert client.recv(12) == b"HTTP/1.1 200"
        begun = time.monotonic()
        assert proxy.ask("/")[0].status == 200
        assert time.monotonic() - begun < 5
    finally:
        for client in slow:
            client.close()


def test_what_clients_say_of_themselves_is_replaced(proxy: Proxy) -> None:
    said = {"X_Forwarded_For": "10.9.9.9", "X_Forwarded_Proto": "http", "X_Forwarded_Host": "evil.example", "X_Request_Id": "mine"}
    _, told = proxy.ask("/", **said, X_Forwarded_User="mayor", X_Forwarded_Groups="admins", Forwarded="for=10.9.9.9")
    heard = json.loads(told)
    assert (heard["x_forwarded_for"], heard["x_forwarded_proto"], heard["x_forwarded_host"], heard["host"]) == (
        "127.0.0.1", "https", NAME, NAME,
    )  # fmt: skip
    assert re.fullmatch("[0-9a-f]{32}", heard["x_request_id"])
    assert {"x_forwarded_user", "x_forwarded_groups", "forwarded"} & set(heard) == set()


def test_headers_and_compression_are_statrooms_own(proxy: Proxy) -> None:
    answer, _ = proxy.ask("/", Accept_Encoding="gzip, br")
    assert answer.headers.get_all("Strict-Transport-Security") == ["max-age=1"]
    assert answer.headers["Content-Encoding"] is None


def test_what_is_for_who_watches_is_closed_and_bodies_are_bounded(proxy: Proxy) -> None:
    assert [proxy.ask(path)[0].status for path in ("/metrics", "/readyz", "/healthz")] == [404, 404, 200]
    assert json.loads(proxy.ask("/", b"x" * 65_536)[1])["body"] == 65_536
    assert proxy.ask("/", b"x" * 200_000)[0].status == 413


def test_http_leads_to_https_and_other_names_nowhere(proxy: Proxy) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", proxy.plain, timeout=10)
    connection.request("GET", "/sla?period=week", headers={"Host": NAME})
    answer = connection.getresponse()
    assert (answer.status, answer.headers["Location"]) == (301, f"https://{NAME}/sla?period=week")
    connection.close()
    with pytest.raises(ssl.SSLError):
        proxy.context.wrap_socket(socket.create_connection(("127.0.0.1", proxy.secure), 10), server_hostname="other.example")
