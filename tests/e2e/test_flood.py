"""More bombs at once than there are workers: each is hidden, nothing else is harmed, and memory stays within bounds."""

from __future__ import annotations

import contextlib
import http.client
import io
import json
import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import trustme
from PIL import Image

from .bombs import BOMBS, HARMLESS_IN_THE_END, bomb
from .processes import Proxy, geacc_proxy, running_geacc_proxy

pytestmark = [
    pytest.mark.xdist_group("flood"),
    pytest.mark.timeout(300),
    pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc"),
]

MALIGN = (Path(__file__).parent.parent / "data" / "malign-synthetic-1.png").read_bytes()
PNG = b"\x89PNG\r\n\x1a\n"
ROUNDS = 3
MOST_MEGABYTES = 1500
REASONS = {"too-large", "timed-out", "worker-died", "unreadable"}


def _plain() -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").convert("RGB").save(file, "JPEG")
    return file.getvalue()


PLAIN = _plain()


def _answer(path: str) -> tuple[str, bytes]:
    match path.split("/")[1:]:
        case ["bomb", name, number]:
            return bomb(name, int(number))
        case ["plain", number]:
            return "image/jpeg", PLAIN + number.encode()
        case _:
            return "image/png", MALIGN


def _serve(client: socket.socket) -> None:
    with client, contextlib.suppress(OSError):
        client.settimeout(30)
        kind, body = _answer(client.recv(65536).split(b" ")[1].decode())
        client.sendall(
            f"HTTP/1.0 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body
        )


@pytest.fixture(scope="module")
def origin() -> Iterator[int]:
    """A port whose server sends a bomb of any name and number, a plain picture, and a malign one."""

    def accept() -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=_serve, args=(client,), daemon=True).start()

    with socket.create_server(("127.0.0.1", 0), backlog=200) as listener:
        threading.Thread(target=accept, daemon=True).start()
        yield listener.getsockname()[1]


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The real thing, as it is set by default on a machine with two processors."""
    folder = tmp_path_factory.mktemp("proxy")
    authority = folder / "authority.pem"
    trustme.CA().cert_pem.write_to_path(str(authority))
    with running_geacc_proxy(folder, authority) as running:
        yield running


class Fetch:
    """Asks the origin through the proxy."""

    def __init__(self, proxy: Proxy, origin: int) -> None:
        self._proxy, self._origin = proxy, origin

    def __call__(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self._proxy.port, timeout=120)
        try:
            connection.request("GET", f"http://127.0.0.1:{self._origin}{path}", headers={"Sec-Fetch-Dest": "image"})
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()


def _megabytes(proxy: Proxy) -> float:
    """Resident memory of the proxy and all that it started, pages that several share counted once."""
    total = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError, PermissionError):
            # proc_pid_stat(5): pid (command) state parent group …; the command may hold spaces and brackets.
            if int((process / "stat").read_text().rpartition(")")[2].split()[2]) == proxy.process.pid:
                lines = (process / "smaps_rollup").read_text().splitlines()
                total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total * 1024 / 1e6


class Gauge(threading.Thread):
    """The most memory that was seen while it ran, MB."""

    def __init__(self, proxy: Proxy) -> None:
        super().__init__(daemon=True)
        self.peak = 0.0
        self._proxy = proxy
        self._enough = threading.Event()

    def run(self) -> None:
        while not self._enough.wait(0.05):
            self.peak = max(self.peak, _megabytes(self._proxy))

    def stop(self) -> float:
        self._enough.set()
        self.join()
        return self.peak


def test_a_flood_of_bombs_is_hidden_and_does_no_harm(proxy: Proxy, origin: int) -> None:
    fetch, gauge = Fetch(proxy, origin), Gauge(proxy)
    flood = [(name, f"/bomb/{name}/{number}") for number in range(ROUNDS) for name in BOMBS]
    assert fetch("/plain/0") == (200, PLAIN + b"0")
    gauge.start()
    with ThreadPoolExecutor(len(flood) + 1) as everyone:
        answers = [everyone.submit(fetch, path) for _, path in flood]
        during = everyone.submit(fetch, "/malign")
    peak = gauge.stop()

    for (name, path), answer in zip(flood, answers, strict=True):
        status, body = answer.result()
        original = bomb(name, int(path.rpartition("/")[2]))[1]
        assert status == 200, path
        if body == original:
            assert name in HARMLESS_IN_THE_END, path
        else:
            assert body.startswith(PNG), path
            assert len(body) < 20_000, path
    status, body = during.result()
    assert (status, body[:8]) == (200, PNG)
    assert body != MALIGN
    assert 50 < peak < MOST_MEGABYTES

    assert fetch("/plain/1") == (200, PLAIN + b"1")
    assert fetch("/malign")[1] != MALIGN
    assert proxy.process.poll() is None
    assert proxy.stop(within=15) == 0
    assert not proxy.leaves_children()
    exported = geacc_proxy("log", "export", "--format", "json", "--state-dir", proxy.state).stdout
    reasons = {line["url"].partition("/bomb/")[2]: line["reason"] for line in map(json.loads, exported.splitlines())}
    for name, path in flood:
        if name not in HARMLESS_IN_THE_END:
            assert reasons[path.removeprefix("/bomb/")] in REASONS
