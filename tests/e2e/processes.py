"""Proxies as a person starts them: processes of their own, ended by their own id."""

from __future__ import annotations

import contextlib
import http.client
import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

REPOSITORY = Path(__file__).parents[2]
TOOLS = Path(sys.executable).parent
"""Where this environment's programs are."""

READY_WITHIN = 90
"""Seconds; generous, since a loaded machine must not fail a test."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that is up.

    Attributes:
        process: the process.
        port: where browsers connect, on 127.0.0.1.
        admin_port: where its admin pages are; 0 for stock mitmdump.
        state: its state directory.
        ca_file: the certificate that browsers must trust, PEM.
        output: what it has printed, both streams.
    """

    process: subprocess.Popen[bytes]
    port: int
    admin_port: int
    state: Path
    ca_file: Path
    output: Path

    def stop(self, within: float) -> int:
        """Ask it to end and return its exit code; raises TimeoutExpired when it takes longer, in seconds."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(within)

    def leaves_children(self, within: float = 5) -> bool:
        """Whether any process that it started still runs that many seconds later."""
        deadline = time.monotonic() + within
        while _group_runs(self.process.pid):
            if time.monotonic() > deadline:
                return True
            time.sleep(0.05)
        return False


def free_port() -> int:
    """A port that nothing listens on.

    Taken from below the range that systems hand out for outgoing connections, at random: no other test and no
    connection is likely to take it between this call and the start of the process that it is for.
    """
    for _ in range(100):
        port = random.randint(15_000, 32_000)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port between 15000 and 32000 in 100 tries")


def geacc_proxy(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one command of ours to its end, for at most a minute."""
    return subprocess.run(
        [TOOLS / "geacc-proxy", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        env=_environment(**environment),
    )


@contextmanager
def running_geacc_proxy(
    directory: Path,
    upstream_ca: Path,
    *more: str,
    program: Sequence[str | Path] = (TOOLS / "geacc-proxy",),
    environment: Mapping[str, str] | None = None,
) -> Iterator[Proxy]:
    """`geacc-proxy run`, ready; it trusts `upstream_ca` as the origins' authority.

    Args:
        directory: a fresh one.
        upstream_ca: certificate of that authority.
        *more: further flags.
        program: what is run in its place.
        environment: more of it.
    """
    port, admin_port, state = free_port(), free_port(), directory / "state"
    command = [
        *program,
        "run",
        "--host",
        "127.0.0.1",
        "--port",
        port,
        "--admin-port",
        admin_port,
    ]
    command += ["--state-dir", state, "--upstream-ca", upstream_ca, "--workers", 2, *more]
    with _running(command, directory, port, admin_port, state, state / "ca", environment or {}) as proxy:
        yield proxy


@contextmanager
def running_mitmdump(directory: Path, upstream_ca: Path, *more: str | Path) -> Iterator[Proxy]:
    """Stock `mitmdump`, with more arguments such as the addon's; ready when it accepts connections."""
    port, state = free_port(), directory / "state"
    confdir = directory / "mitmproxy"
    command = [TOOLS / "mitmdump", "-q", "--listen-host", "127.0.0.1", "--listen-port", port]
    command += [
        "--set",
        f"confdir={confdir}",
        "--set",
        f"ssl_verify_upstream_trusted_ca={upstream_ca}",
        *more,
    ]
    with _running(command, directory, port, 0, state, confdir) as proxy:
        yield proxy


@contextmanager
def _running(
    command: Sequence[object],
    directory: Path,
    port: int,
    admin_port: int,
    state: Path,
    ca: Path,
    environment: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Proxy]:
    output = directory / "output.txt"
    home = directory / "home"
    home.mkdir()
    with output.open("wb") as sink:
        process = subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=subprocess.STDOUT,
            cwd=REPOSITORY,
            env=_environment(HOME=str(home), **environment),
            start_new_session=True,  # a group of its own: whatever it starts can be found and ended with it
        )
    proxy = Proxy(process, port, admin_port, state, ca / "mitmproxy-ca-cert.pem", output)
    try:
        _wait_until(lambda: _ready(proxy), proxy)
        yield proxy
    finally:
        _end(process)


def _environment(**more: str) -> dict[str, str]:
    """This process's environment without settings of the proxy, which whoever runs the tests may have."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("GEACC_")}
    return inherited | more


def _ready(proxy: Proxy) -> bool:
    if not proxy.admin_port:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", proxy.port)) == 0 and proxy.ca_file.exists()
    connection = http.client.HTTPConnection("127.0.0.1", proxy.admin_port, timeout=5)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _wait_until(condition: Callable[[], bool], proxy: Proxy) -> None:
    deadline = time.monotonic() + READY_WITHIN
    while not condition():
        ended = proxy.process.poll() is not None
        if ended or time.monotonic() > deadline:
            what = f"ended with {proxy.process.returncode}" if ended else f"was not ready in {READY_WITHIN} s"
            raise AssertionError(f"the proxy {what}:\n{proxy.output.read_text(errors='replace')}")
        time.sleep(0.05)


def _end(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(10)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def _group_runs(group: int) -> bool:
    """Whether a process of the group is alive; one that has ended and waits to be reaped by init is not."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            # proc_pid_stat(5): pid (command) state parent group …; the command may hold spaces and brackets.
            state, _, its_group = status.read_text().rpartition(")")[2].split()[:3]
            if int(its_group) == group and state not in "ZX":
                return True
    return False
