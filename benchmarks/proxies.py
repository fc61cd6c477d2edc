"""The proxies that are measured, as a person starts them."""

from __future__ import annotations

import http.client
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.origin import Origin

PROGRAMS = Path(sys.executable).parent
_READY_WITHIN = 90.0


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that is up.

    Attributes:
        pid: its process; whatever it starts descends from it.
        port: where browsers connect, on 127.0.0.1.
        ca_file: the certificate that browsers must trust, PEM.
        admin_port: where its pages are; 0 for stock mitmdump.
        ready_after: seconds from its start until it answered.
    """

    pid: int
    port: int
    ca_file: Path
    admin_port: int
    ready_after: float


@contextmanager
def geacc_proxy(origin: Origin, state: Path, workers: int = 2) -> Iterator[Proxy]:
    """`geacc-proxy run`, ready when /healthz answers 200."""
    port, admin_port = _free_port(), _free_port()
    command = [PROGRAMS / "geacc-proxy", "run", "--host", "127.0.0.1", "--port", port, "--admin-port", admin_port]
    command += ["--state-dir", state, "--upstream-ca", origin.ca_file, "--workers", workers]
    ca_file = state / "ca" / "mitmproxy-ca-cert.pem"
    with _running(command, port, ca_file, lambda: _healthy(admin_port), admin_port) as proxy:
        yield proxy


@contextmanager
def mitmdump(origin: Origin, state: Path) -> Iterator[Proxy]:
    """Stock `mitmdump -q` without an addon, ready when it listens."""
    port = _free_port()
    command = [PROGRAMS / "mitmdump", "-q", "--listen-host", "127.0.0.1", "--listen-port", port]
    command += ["--set", f"confdir={state}", "--set", f"ssl_verify_upstream_trusted_ca={origin.ca_file}"]
    with _running(command, port, state / "mitmproxy-ca-cert.pem", lambda: _listening(port)) as proxy:
        yield proxy


@contextmanager
def _running(command, port, ca_file, is_ready, admin_port=0) -> Iterator[Proxy]:
    with tempfile.TemporaryFile() as output:
        start = time.monotonic()
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        try:
            while not is_ready():
                if process.poll() is not None or time.monotonic() - start > _READY_WITHIN:
                    output.seek(0)
                    raise RuntimeError(f"{command[0]} did not start: {output.read().decode(errors='replace')}")
                time.sleep(0.01)
            yield Proxy(process.pid, port, ca_file, admin_port, time.monotonic() - start)
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _listening(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def _healthy(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
