"""However a picture comes over the wire, it is judged, and what follows on the connection is in step."""

from __future__ import annotations

import contextlib
import gzip
import http.client
import io
import socket
import threading
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from email.parser import BytesParser
from pathlib import Path

import brotli
import pytest
import trustme
import zstandard
from PIL import Image

from .processes import Proxy, running_geacc_proxy

pytestmark = [pytest.mark.xdist_group("transport"), pytest.mark.timeout(240)]

PNG = b"\x89PNG\r\n\x1a\n"
AFTER = b"in step"
BOUNDARY = b"THIS_STRING_SEPARATES"


def _calm() -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize((240, 160)).convert("RGB").save(file, "PNG")
    return file.getvalue()


BENIGN = _calm()
MALIGN = (Path(__file__).parent.parent / "data" / "malign-synthetic-1.png").read_bytes()
PICTURES = {"benign": BENIGN, "malign": MALIGN}


@dataclass(frozen=True, slots=True)
class Wire:
    """What the origin sends.

    Attributes:
        raw: status line, headers, body as framed.
        closes: whether it closes the connection then.
    """

    raw: bytes
    closes: bool = False


def answer(body: bytes, *headers: str, status: str = "200 OK", version: str = "1.1") -> Wire:
    lines = [f"HTTP/{version} {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return Wire("\r\n".join(lines).encode() + body, closes=version == "1.0")


def chunked(body: bytes, *headers: str, size: int = 4096, trailer: bytes = b"") -> Wire:
    lines = ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked", *headers, "", ""]
    pieces = (body[at : at + size] for at in range(0, len(body), size))
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces)
    return Wire("\r\n".join(lines).encode() + chunks + b"0\r\n" + trailer + b"\r\n")


def to_the_end(body: bytes, *headers: str, version: str = "1.1") -> Wire:
    return Wire("\r\n".join([f"HTTP/{version} 200 OK", *headers, "", ""]).encode() + body, closes=True)


def after(interim: bytes, wire: Wire) -> Wire:
    return Wire(interim + wire.raw, wire.closes)


def raw_deflate(body: bytes) -> bytes:
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return compressor.compress(body) + compressor.flush()


def byteranges(body: bytes, kind: str) -> bytes:
    head = b"--%s\r\nContent-Type: %s\r\nContent-Range: bytes 0-%d/%d\r\n\r\n"
    first = head % (BOUNDARY, kind.encode(), len(body) - 1, len(body)) + body
    return first + b"\r\n--" + BOUNDARY + b"--\r\n"


IMAGE = "Content-Type: image/png"
DATA = "Content-Type: application/octet-stream"
PIECES = f"Content-Type: multipart/byteranges; boundary={BOUNDARY.decode()}"
HINTS = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload; as=style\r\n\r\n"


def _range(body: bytes) -> str:
    return f"Content-Range: bytes 0-{len(body) - 1}/{len(body)}"


FRAMINGS: dict[str, Callable[[bytes], Wire]] = {
    "length": lambda body: answer(body, IMAGE),
    "chunked": lambda body: chunked(body, IMAGE),
    "chunked-finely": lambda body: chunked(body, IMAGE, size=97),
    "chunked-with-trailers": lambda body: chunked(body, IMAGE, "Trailer: X-Sum", trailer=b"X-Sum: 1\r\nX-Else: 2\r\n"),
    "closed": lambda body: to_the_end(body, IMAGE),
    "closed-by-header": lambda body: Wire(answer(body, IMAGE, "Connection: close").raw, closes=True),
    "http-1.0": lambda body: to_the_end(body, IMAGE, version="1.0"),
    "http-1.0-length": lambda body: answer(body, IMAGE, version="1.0"),
    "early-hints": lambda body: after(HINTS, answer(body, IMAGE)),
    "early-hints-twice-chunked": lambda body: after(HINTS + HINTS, chunked(body, IMAGE)),
    "continue-unasked": lambda body: after(b"HTTP/1.1 100 Continue\r\n\r\n", answer(body, IMAGE)),
}
ENCODINGS: dict[str, Callable[[bytes], Wire]] = {
    "gzip": lambda body: answer(gzip.compress(body), IMAGE, "Content-Encoding: gzip"),
    "x-gzip": lambda body: answer(gzip.compress(body), IMAGE, "Content-Encoding: x-gzip"),
    "GZIP": lambda body: answer(gzip.compress(body), IMAGE, "content-encoding: GZIP"),
    "deflate": lambda body: answer(zlib.compress(body), IMAGE, "Content-Encoding: deflate"),
    "raw-deflate": lambda body: answer(raw_deflate(body), IMAGE, "Content-Encoding: deflate"),
    "br": lambda body: answer(brotli.compress(body), IMAGE, "Content-Encoding: br"),
    "zstd": lambda body: answer(zstandard.compress(body), IMAGE, "Content-Encoding: zstd"),
    "stacked": lambda body: answer(brotli.compress(gzip.compress(body)), IMAGE, "Content-Encoding: gzip, br"),
    "stacked-in-two-lines": lambda body: answer(
        brotli.compress(gzip.compress(body)), IMAGE, "Content-Encoding: gzip", "Content-Encoding: br"
    ),
    "stacked-chunked": lambda body: chunked(gzip.compress(gzip.compress(body)), IMAGE, "Content-Encoding: gzip, gzip"),
    "identity": lambda body: answer(body, IMAGE, "Content-Encoding: identity"),
    "none-named": lambda body: answer(body, IMAGE, "Content-Encoding:"),
    "wrong": lambda body: answer(body, IMAGE, "Content-Encoding: gzip"),
    "unknown": lambda body: answer(body, IMAGE, "Content-Encoding: rot13"),
    "untyped": lambda body: answer(gzip.compress(body), "Content-Encoding: gzip"),
}
TYPES: dict[str, Callable[[bytes], Wire]] = {
    "no-type": lambda body: answer(body),
    "octet-stream": lambda body: answer(body, DATA),
    "text": lambda body: answer(body, "Content-Type: text/plain"),
    "html": lambda body: answer(body, "Content-Type: text/html; charset=utf-8"),
    "json": lambda body: answer(body, "Content-Type: application/json"),
    "video": lambda body: answer(body, "Content-Type: video/mp4"),
    "font": lambda body: answer(body, "Content-Type: font/woff2"),
    "two-types": lambda body: answer(body, "Content-Type: text/html", IMAGE),
}


def with_status(status: str) -> Callable[[bytes], Wire]:
    return lambda body: answer(body, IMAGE, "Location: /after", status=status)


STATUSES = {
    f"status-{status[:3]}": with_status(status)
    for status in (
        "203 Non-Authoritative Information",
        "301 Moved Permanently",
        "302 Found",
        "303 See Other",
        "307 Temporary Redirect",
        "308 Permanent Redirect",
        "403 Forbidden",
        "404 Not Found",
        "410 Gone",
        "416 Range Not Satisfiable",
        "500 Internal Server Error",
    )
}
# Answers to a script that asks for ranges: those that are all of a picture.
WHOLES: dict[str, Callable[[bytes], Wire]] = {
    "all-of-it": lambda body: answer(body, IMAGE, _range(body), 'ETag: "1"', status="206 Partial Content"),
    "all-of-it-untyped": lambda body: answer(body, DATA, _range(body), status="206 Partial Content"),
}
ROWS = FRAMINGS | ENCODINGS | TYPES | STATUSES | WHOLES
# And those that are pieces of one: these cannot be judged, whatever they are of.
FRAGMENTS: dict[str, Callable[[bytes], Wire]] = {
    "beginning": lambda body: answer(
        body[:500], DATA, f"Content-Range: bytes 0-499/{len(body)}", status="206 Partial Content"
    ),
    "beginning-typed": lambda body: answer(
        body[:500], IMAGE, f"Content-Range: bytes 0-499/{len(body)}", status="206 Partial Content"
    ),
    "beginning-encoded": lambda body: answer(
        gzip.compress(body)[:500],
        DATA,
        "Content-Encoding: gzip",
        "Content-Range: bytes 0-499/*",
        status="206 Partial Content",
    ),
    "middle-typed": lambda body: answer(
        body[500:], IMAGE, f"Content-Range: bytes 500-{len(body) - 1}/{len(body)}", status="206 Partial Content"
    ),
    "several": lambda body: answer(byteranges(body, "image/png"), PIECES, status="206 Partial Content"),
    "several-untyped": lambda body: answer(
        byteranges(body, "application/octet-stream"), PIECES, status="206 Partial Content"
    ),
}
MIDDLE = answer(MALIGN[500:], DATA, f"Content-Range: bytes 500-{len(MALIGN) - 1}/{len(MALIGN)}", status="206 Partial")
TEXT = b"<p>" + b"words and more words " * 10_000


class Origin:
    """Answers by path; connections stay open between answers.

    Attributes:
        port: where it listens.
        asked: method, path and headers of each request.
        answers: what it sends, by path.
    """

    def __init__(self, listener: socket.socket) -> None:
        self.port: int = listener.getsockname()[1]
        self.asked: list[tuple[str, str, dict[str, str]]] = []
        self.answers: dict[str, Wire] = {"/after": answer(AFTER, "Content-Type: text/plain")}
        self._listener = listener

    def accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, contextlib.suppress(OSError):
            client.settimeout(60)
            came = b""
            while True:
                while b"\r\n\r\n" not in came:
                    chunk = client.recv(65536)
                    if not chunk:
                        return
                    came += chunk
                head, _, came = came.partition(b"\r\n\r\n")
                first, _, lines = head.partition(b"\r\n")
                method, path, _ = first.decode().split(" ")
                headers = BytesParser().parsebytes(lines + b"\r\n\r\n")
                self.asked.append((method, path, {name.lower(): value for name, value in headers.items()}))
                wire = self.answers[path]
                client.sendall(wire.raw.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if method == "HEAD" else wire.raw)
                if wire.closes:
                    return


@dataclass(frozen=True, slots=True)
class Got:
    """One answer as it came through the proxy."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes
    closes: bool


class Client:
    """One connection to the proxy; none other is opened behind its back."""

    def __init__(self, proxy: Proxy, origin: Origin) -> None:
        self._origin = origin
        self._connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=60)
        self._connection.connect()
        self._connection.auto_open = 0

    def get(self, path: str, method: str = "GET", **headers: str) -> Got:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self._connection.request(method, f"http://127.0.0.1:{self._origin.port}{path}", headers=named)
        response = self._connection.getresponse()
        return Got(response.status, response.headers, response.read(), response.will_close)

    def close(self) -> None:
        self._connection.close()


@pytest.fixture(scope="module")
def origin() -> Iterator[Origin]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        running = Origin(listener)
        for name, wire in (ROWS | FRAGMENTS).items():
            for kind, body in PICTURES.items():
                running.answers[f"/{kind}/{name}"] = wire(body)
        threading.Thread(target=running.accept, daemon=True).start()
        yield running


@pytest.fixture(scope="module")
def proxy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("proxy")
    authority = folder / "authority.pem"
    trustme.CA().cert_pem.write_to_path(str(authority))
    with running_geacc_proxy(folder, authority) as running:
        yield running


@pytest.fixture
def client(proxy: Proxy, origin: Origin) -> Iterator[Client]:
    connection = Client(proxy, origin)
    yield connection
    connection.close()


def assert_hidden(got: Got) -> None:
    """A placeholder came, and all headers agree with it."""
    assert got.body.startswith(PNG)
    assert got.body not in PICTURES.values()
    assert len(got.body) < 20_000
    assert got.headers["content-type"] == "image/png"
    assert got.headers["content-length"] == str(len(got.body))
    assert got.headers["cache-control"] == "no-store"
    for stale in ("etag", "content-encoding", "content-range", "transfer-encoding", "trailer", "accept-ranges"):
        assert stale not in got.headers


def assert_in_step(client: Client, got: Got) -> None:
    """The next answer on the same connection is the next answer."""
    if not got.closes:
        assert client.get("/after").body == AFTER


def plain(got: Got) -> bytes:
    """The body as a browser undoes its encodings; as it came where it is not what the header says."""
    undo = {"gzip": gzip.decompress, "x-gzip": gzip.decompress, "br": brotli.decompress, "zstd": zstandard.decompress}
    undo["deflate"] = lambda body: zlib.decompress(body, zlib.MAX_WBITS if body[0] == 0x78 else -zlib.MAX_WBITS)
    body = got.body
    names = [name.strip().lower() for value in got.headers.get_all("content-encoding", []) for name in value.split(",")]
    for name in reversed(names):
        with contextlib.suppress(OSError):
            body = undo.get(name, bytes)(body)
    return body


@pytest.mark.parametrize("asked_by", ["image", "empty"])
@pytest.mark.parametrize("row", ROWS)
def test_a_malign_picture_is_hidden_however_it_comes(row: str, asked_by: str, client: Client) -> None:
    got = client.get(f"/malign/{row}", Sec_Fetch_Dest=asked_by)
    assert_hidden(got)
    assert got.status == (int(row[7:]) if row in STATUSES else 200)
    assert_in_step(client, got)


@pytest.mark.parametrize("row", ROWS)
def test_a_benign_picture_comes_as_it_was(row: str, client: Client) -> None:
    got = client.get(f"/benign/{row}", Sec_Fetch_Dest="image")
    assert plain(got) == BENIGN
    assert got.status == (int(row[7:]) if row in STATUSES else 200)
    if "content-length" in got.headers:
        assert "transfer-encoding" not in got.headers
        assert got.headers["content-length"] == str(len(got.body))
    assert_in_step(client, got)


@pytest.mark.parametrize("declared", ["text/event-stream", "application/x-ndjson"])
@pytest.mark.parametrize("asked_by", ["image", "empty"])
def test_a_picture_in_the_place_of_messages_never_arrives(
    asked_by: str, declared: str, client: Client, origin: Origin
) -> None:
    for wire in (
        answer(MALIGN, f"Content-Type: {declared}"),
        chunked(MALIGN, f"Content-Type: {declared}", size=3),
        answer(gzip.compress(MALIGN), f"Content-Type: {declared}", "Content-Encoding: gzip"),
    ):
        origin.answers["/messages"] = wire
        got = client.get("/messages", Sec_Fetch_Dest=asked_by)
        if asked_by == "image":
            assert_hidden(got)
        else:
            assert (got.status, got.body) == (200, b"")
        assert_in_step(client, got)


def test_messages_do_not_wait_for_one_another(proxy: Proxy) -> None:
    said = threading.Event()

    def serve(listener: socket.socket) -> None:
        connection, _ = listener.accept()
        with connection:
            connection.recv(65536)
            head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
            connection.sendall(head + b"4\r\n: 1\n\r\n")
            said.wait(30)
            connection.sendall(b"4\r\n: 2\n\r\n0\r\n\r\n")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=serve, args=(listener,), daemon=True).start()
        connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=20)
        connection.request("GET", f"http://127.0.0.1:{listener.getsockname()[1]}/events")
        response = connection.getresponse()
        assert response.read(4) == b": 1\n"
        said.set()
        assert response.read() == b": 2\n"
        connection.close()


@pytest.mark.parametrize("row", FRAGMENTS)
@pytest.mark.parametrize("kind", PICTURES)
def test_a_piece_of_a_picture_is_hidden_whatever_it_is_of(kind: str, row: str, client: Client) -> None:
    got = client.get(f"/{kind}/{row}", Sec_Fetch_Dest="empty", Range="bytes=0-499")
    assert_hidden(got)
    assert got.status == 200
    assert_in_step(client, got)


def test_a_piece_from_the_middle_is_hidden_once_its_address_has_brought_a_picture(
    client: Client, origin: Origin
) -> None:
    origin.answers["/known.bin"] = MIDDLE
    asks = {"Sec_Fetch_Dest": "empty", "Range": "bytes=500-", "If_Range": '"1"'}
    assert client.get("/known.bin", **asks).body == MALIGN[500:]  # nothing tells what it is
    origin.answers["/known.bin"] = answer(MALIGN, DATA)
    assert_hidden(client.get("/known.bin", Sec_Fetch_Dest="image"))
    # Now it is asked for whole; an origin that sends a piece all the same is not believed.
    assert_hidden(client.get("/known.bin", **asks))
    assert not origin.asked[-1][2].keys() & {"range", "if-range"}
    origin.answers["/known.bin"] = MIDDLE
    assert_hidden(client.get("/known.bin", **asks))
    assert client.get("/after").body == AFTER


@pytest.mark.parametrize(
    ("destination", "path", "kept"),
    [
        ("image", "/benign/length", False),
        ("document", "/after", False),
        ("script", "/after", False),
        ("video", "/after", True),
        ("audio", "/after", True),
        ("empty", "/after", True),
        ("empty", "/picture.jpg", False),
    ],
)
def test_what_is_judged_whole_is_asked_for_whole(
    destination: str, path: str, client: Client, origin: Origin, *, kept: bool
) -> None:
    origin.answers["/picture.jpg"] = answer(BENIGN, IMAGE)
    client.get(path, Sec_Fetch_Dest=destination, Range="bytes=0-3,8-9", If_Range='"1"')
    asked = origin.asked[-1][2]
    assert ("range" in asked, "if-range" in asked) == (kept, kept)


def test_a_player_gets_its_ranges_as_they_come(client: Client, origin: Origin) -> None:
    body = b"\x00\x00\x00\x18ftypmp42" + bytes(300_000)
    origin.answers["/film"] = answer(
        body, "Content-Type: video/mp4", f"Content-Range: bytes 0-{len(body) - 1}/{10**9}", status="206 Partial Content"
    )
    got = client.get("/film", Sec_Fetch_Dest="video", Range="bytes=0-")
    assert (got.status, got.body) == (206, body)
    assert got.headers["content-range"] == f"bytes 0-{len(body) - 1}/{10**9}"
    assert_in_step(client, got)


@pytest.mark.parametrize("row", ["length", "chunked", "gzip", "no-type"])
@pytest.mark.parametrize("kind", PICTURES)
def test_the_answer_to_head_has_no_body(kind: str, row: str, client: Client) -> None:
    got = client.get(f"/{kind}/{row}", "HEAD", Sec_Fetch_Dest="image")
    assert (got.status, got.body) == (200, b"")
    assert_in_step(client, got)


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_an_answer_without_a_body_has_none(status: str, client: Client, origin: Origin) -> None:
    origin.answers["/nothing"] = Wire(f'HTTP/1.1 {status}\r\nETag: "1"\r\n{IMAGE}\r\n\r\n'.encode())
    got = client.get("/nothing", Sec_Fetch_Dest="image")
    assert (got.status, got.body) == (int(status[:3]), b"")
    assert_in_step(client, got)


def test_an_empty_picture_passes(client: Client, origin: Origin) -> None:
    origin.answers["/empty"] = answer(b"", IMAGE)
    origin.answers["/reset"] = answer(b"", status="205 Reset Content")
    for path, status in (("/empty", 200), ("/reset", 205)):
        got = client.get(path, Sec_Fetch_Dest="image")
        assert (got.status, got.body) == (status, b"")
        assert_in_step(client, got)


def test_an_origin_does_not_bring_a_copy_back_that_it_was_not_asked_about(client: Client, origin: Origin) -> None:
    origin.answers["/stubborn"] = Wire(b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n')
    got = client.get("/stubborn", Sec_Fetch_Dest="image", If_None_Match='"1"')
    assert "if-none-match" not in origin.asked[-1][2]
    assert (got.status, got.body) == (502, b"")
    assert_in_step(client, got)


def test_a_shown_picture_is_confirmed_here_and_a_hidden_one_is_not(client: Client, origin: Origin) -> None:
    fresh = (IMAGE, 'ETag: "1"', "Cache-Control: max-age=1000", "Vary: Accept")
    origin.answers["/fresh"] = answer(BENIGN, *fresh)
    shown = client.get("/fresh", Sec_Fetch_Dest="image", Accept="image/webp")
    assert shown.headers["cache-control"] == "no-cache"
    tag = shown.headers["etag"]
    asked = len(origin.asked)
    confirmed = client.get("/fresh", Sec_Fetch_Dest="image", Accept="image/webp", If_None_Match=tag)
    assert (confirmed.status, confirmed.body, confirmed.headers["etag"]) == (304, b"", tag)
    assert len(origin.asked) == asked
    assert_in_step(client, confirmed)
    # Another choice, or a reload, is the origin's to answer, in its own words.
    for more in ({"Accept": "image/avif"}, {"Accept": "image/webp", "Cache_Control": "no-cache"}):
        assert client.get("/fresh", Sec_Fetch_Dest="image", If_None_Match=tag, **more).body == BENIGN
        assert origin.asked[-1][2]["if-none-match"] == '"1"'
    origin.answers["/fresh"] = answer(MALIGN, *fresh)
    assert_hidden(client.get("/fresh", Sec_Fetch_Dest="image", Accept="image/webp", Cache_Control="no-cache"))


@pytest.mark.parametrize("vary", ["*", "Save-Data"])
def test_data_is_saved_as_the_origin_sees_fit(vary: str, client: Client, origin: Origin) -> None:
    origin.answers["/saved"] = answer(BENIGN, IMAGE, 'ETag: "1"', "Cache-Control: max-age=1000", f"Vary: {vary}")
    tag = client.get("/saved", Sec_Fetch_Dest="image").headers["etag"]
    got = client.get("/saved", Sec_Fetch_Dest="image", Save_Data="on", If_None_Match=tag)
    assert got.body == BENIGN
    assert got.headers["vary"] == vary
    assert origin.asked[-1][2]["save-data"] == "on"


@pytest.mark.parametrize(
    "asks",
    [
        {"Sec_Purpose": "prefetch", "Sec_Fetch_Dest": "image"},
        {"Sec_Purpose": "prefetch", "Sec_Fetch_Dest": "empty"},
        {"Sec_Purpose": "prefetch;prerender", "Sec_Fetch_Dest": "document"},
        {"Purpose": "prefetch"},
        {"Sec_Fetch_Dest": "empty", "Sec_Fetch_Mode": "no-cors"},  # a service worker that keeps pages for later
        {"Sec_Fetch_Dest": "serviceworker", "Service_Worker": "script"},
        {"Save_Data": "on"},
        {},
    ],
)
def test_whoever_asks_gets_no_malign_picture(asks: dict[str, str], client: Client) -> None:
    got = client.get("/malign/no-type", **asks)
    assert_hidden(got)
    assert_in_step(client, got)


@pytest.mark.parametrize("row", ["length", "closed", "http-1.0", "early-hints"])
def test_a_client_of_http_1_0_is_served(row: str, proxy: Proxy, origin: Origin) -> None:
    bodies = {}
    for kind in PICTURES:
        with socket.create_connection(("127.0.0.1", proxy.port), 60) as connection:
            url = f"http://127.0.0.1:{origin.port}/{kind}/{row}"
            connection.sendall(f"GET {url} HTTP/1.0\r\nSec-Fetch-Dest: image\r\n\r\n".encode())
            with connection.makefile("rb") as file:
                bodies[kind] = file.read().partition(b"\r\n\r\n")[2]
    assert bodies["benign"] == BENIGN
    assert bodies["malign"].startswith(PNG)
    assert MALIGN[1000:2000] not in bodies["malign"]


LONG_TEXTS: dict[str, Callable[[bytes], Wire]] = {
    "length": lambda body: answer(body, "Content-Type: text/html"),
    "chunked": lambda body: chunked(body, "Content-Type: text/html"),
    "trailers": lambda body: chunked(body, "Content-Type: text/html", trailer=b"X-Sum: 1\r\n"),
    "gzip": lambda body: chunked(gzip.compress(body), "Content-Type: text/html", "Content-Encoding: gzip"),
    "closed": lambda body: to_the_end(body, "Content-Type: text/html"),
    "http-1.0": lambda body: to_the_end(body, "Content-Type: text/html", version="1.0"),
    "hints": lambda body: after(HINTS, answer(body, "Content-Type: text/html")),
}


@pytest.mark.parametrize("row", LONG_TEXTS)
def test_a_long_text_without_pictures_comes_whole_however_it_comes(row: str, client: Client, origin: Origin) -> None:
    origin.answers["/text"] = LONG_TEXTS[row](TEXT)
    got = client.get("/text", Sec_Fetch_Dest="document")
    assert (got.status, plain(got)) == (200, TEXT)
    assert_in_step(client, got)
