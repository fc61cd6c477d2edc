"""What an origin may do to us: lie, hang up, set traps. The client sees an error or a placeholder; we go on."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import json
import socket
import struct
import threading
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import trustme

from .processes import Proxy, geacc_proxy, running_geacc_proxy

pytestmark = [pytest.mark.xdist_group("bad-origins"), pytest.mark.timeout(240)]

MALIGN = (Path(__file__).parent.parent / "data" / "malign-synthetic-1.png").read_bytes()
PNG = b"\x89PNG\r\n\x1a\n"


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def huge_png(side: int = 6900) -> bytes:
    """A PNG of few bytes and many pixels (47 million, within the cap): 190 MB and more to decode with alpha."""
    rows = zlib.compress(bytes(1 + side * 4) * side, 9)
    header = struct.pack(">IIBBBBB", side, side, 8, 6, 0, 0, 0)
    return PNG + _chunk(b"IHDR", header) + _chunk(b"IDAT", rows) + _chunk(b"IEND", b"")


def answer(body: bytes, *headers: str, status: str = "200 OK", length: int | None = None) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body) if length is None else length}", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


IMAGE = "Content-Type: image/png"
ANSWERS: dict[str, bytes] = {
    "/malign": answer(MALIGN, IMAGE, 'ETag: "1"', "Cache-Control: max-age=9", 'Alt-Svc: h3=":443"'),
    "/malign-untyped": answer(MALIGN),
    "/malign-gzip": answer(gzip.compress(MALIGN), IMAGE, "Content-Encoding: gzip"),
    "/malign-close": b"HTTP/1.0 200 OK\r\nContent-Type: image/png\r\n\r\n" + MALIGN,
    "/malign-chunked": b"HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n"
    + b"%x\r\n%s\r\n0\r\n\r\n" % (len(MALIGN), MALIGN),
    "/malign-as-text": answer(MALIGN, "Content-Type: text/plain"),
    "/not-gzip": answer(MALIGN, IMAGE, "Content-Encoding: gzip"),
    "/bomb": answer(gzip.compress(bytes(100_000_000)), IMAGE, "Content-Encoding: gzip"),
    "/huge": answer(huge_png(), IMAGE),
    "/broken": answer(PNG + b"nothing", IMAGE),
    "/large": answer(b"", IMAGE, length=10**9),
    "/part": answer(MALIGN[:1000], IMAGE, f"Content-Range: bytes 0-999/{len(MALIGN)}", status="206 Partial Content"),
    "/cut": answer(MALIGN, IMAGE, length=len(MALIGN) + 1000),
    "/hang-up": b"",
    "/nonsense": b"\x00\xff not http at all\r\n\r\n",
    "/not-modified": b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\nContent-Type: image/png\r\n\r\n',
    "/page": answer(b"<p>hello", "Content-Type: text/html"),
}
# Bodies of unknown length, in megabytes of zeros behind a beginning.
ENDLESS = {
    "/endless": (b"HTTP/1.0 200 OK\r\nContent-Type: image/png\r\n\r\n" + MALIGN, 60),
    "/download": (b"HTTP/1.0 200 OK\r\nContent-Type: application/octet-stream\r\n\r\ndownload", 60),
    "/untyped-download": (b"HTTP/1.0 200 OK\r\n\r\ndownload", 60),
}
FAULTY = ("/cut", "/hang-up", "/nonsense")
HIDDEN = {
    "/malign": "malign",
    "/malign-untyped": "malign",
    "/malign-gzip": "malign",
    "/malign-close": "malign",
    "/malign-chunked": "malign",
    "/malign-as-text": "malign",
    "/endless": "too-large",
    "/not-gzip": "malign",
    "/bomb": "too-large",
    "/huge": "too-large",
    "/broken": "unreadable",
    "/large": "too-large",
    "/part": "partial",
}


def _serve(listener: socket.socket) -> None:
    while True:
        try:
            client, _ = listener.accept()
        except OSError:
            return
        with client:
            client.settimeout(10)
            head = client.recv(65536).decode("latin-1")
            method, path, *_ = head.split(" ")
            reply = ANSWERS.get(path, b"")
            if path in ENDLESS:
                beginning, megabytes = ENDLESS[path]
                with contextlib.suppress(OSError):
                    client.sendall(beginning)
                    for _ in range(megabytes):
                        client.sendall(bytes(2**20))
                continue
            client.sendall(reply.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if method == "HEAD" else reply)


@pytest.fixture(scope="module")
def origin() -> Iterator[int]:
    """A port whose server says what `ANSWERS` has, once a connection."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener,), daemon=True).start()
        yield listener.getsockname()[1]


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """The real thing, with workers too small for the huge picture."""
    folder = tmp_path_factory.mktemp("proxy")
    config = folder / "config.toml"
    config.write_text("worker_megabytes = 300\n")
    authority = folder / "authority.pem"
    trustme.CA().cert_pem.write_to_path(str(authority))
    with running_geacc_proxy(folder, authority, "--config", str(config)) as running:
        yield running


@pytest.fixture
def fetch(proxy: Proxy, origin: int) -> Callable[..., tuple[http.client.HTTPResponse, bytes]]:
    """Ask for a path through the proxy."""

    def get(path: str, method: str = "GET") -> tuple[http.client.HTTPResponse, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=60)
        try:
            connection.request(method, f"http://127.0.0.1:{origin}{path}", headers={"Connection": "close"})
            response = connection.getresponse()
            return response, response.read()
        finally:
            connection.close()

    return get


@pytest.mark.parametrize("path", [path for path in HIDDEN if path != "/large"])  # that one sends no body
def test_it_is_replaced_by_a_placeholder_whose_headers_agree(path: str, fetch: Callable[..., tuple]) -> None:
    response, body = fetch(path)
    assert response.status == 200
    assert body.startswith(PNG)
    assert body != MALIGN
    assert len(body) < 20_000
    assert response.headers["content-type"] == "image/png"
    assert response.headers["content-length"] == str(len(body))
    assert response.headers["cache-control"] == "no-store"
    for stale in ("etag", "content-encoding", "content-range", "transfer-encoding", "alt-svc"):
        assert stale not in response.headers


def test_a_picture_that_is_declared_too_large_to_hold_never_arrives(fetch: Callable[..., tuple]) -> None:
    try:
        _, body = fetch("/large")
    except (http.client.HTTPException, OSError):
        body = b""
    assert body == b"" or body.startswith(PNG)


@pytest.mark.parametrize("path", ["/download", "/untyped-download"])
def test_a_download_streams_whole_and_unchanged(path: str, proxy: Proxy, fetch: Callable[..., tuple]) -> None:
    before = _peak(proxy)
    response, body = fetch(path)
    assert response.status == 200
    assert body == b"download" + bytes(60 * 2**20)
    assert _peak(proxy) - before < 30


def _peak(proxy: Proxy) -> int:
    """The proxy process's largest resident memory so far, megabytes (proc_pid_status(5), VmHWM)."""
    status = Path(f"/proc/{proxy.process.pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) // 1024


@pytest.mark.parametrize("path", FAULTY)
def test_a_fault_upstream_is_what_mitmproxy_says_of_it(path: str, fetch: Callable[..., tuple]) -> None:
    response, body = fetch(path)
    assert response.status == 502
    assert MALIGN[:100] not in body


def test_what_has_no_body_is_left_alone(fetch: Callable[..., tuple]) -> None:
    response, body = fetch("/malign", "HEAD")
    assert (response.status, body) == (200, b"")
    assert response.headers["content-length"] == str(len(MALIGN))
    response, body = fetch("/not-modified")
    assert (response.status, body) == (304, b"")
    assert response.headers["etag"] == '"1"'


def test_after_all_that_the_proxy_works_and_the_log_has_the_reasons(proxy: Proxy, fetch: Callable[..., tuple]) -> None:
    for path in (*HIDDEN, *FAULTY):
        try:
            fetch(path)
        except (http.client.HTTPException, OSError):
            assert path == "/large"
    assert fetch("/page")[1] == b"<p>hello"
    assert proxy.process.poll() is None
    assert proxy.stop(within=15) == 0
    exported = geacc_proxy("log", "export", "--format", "json", "--state-dir", proxy.state).stdout
    reasons = {}
    for line in map(json.loads, exported.splitlines()):
        reasons[line["url"].rpartition("/")[2]] = line["reason"]
    assert {f"/{name}": reason for name, reason in reasons.items()} == HIDDEN
