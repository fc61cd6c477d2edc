"""Block lists are fetched from elsewhere, and a bad one never takes a good one's place."""

from __future__ import annotations

import gzip
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import trustme

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home.subscriptions import Bounds, Kept, Refreshed, check_source, forget, kept, load, refresh

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
LIST = b"0.0.0.0 bad.example\n||worse.example^\nworse.example##.advert\n"


class Origin(ThreadingHTTPServer):
    """An HTTPS server that answers as a test tells it, and remembers what it was asked."""

    daemon_threads = True

    def __init__(self, tls: ssl.SSLContext) -> None:
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        self.socket = tls.wrap_socket(self.socket, server_side=True)

    def address(self, path: str) -> str:
        return f"https://127.0.0.1:{self.server_address[1]}{path}"

    def gives(self, path: str, body: bytes, status: int = 200, **headers: str) -> str:
        self.answers[path] = partial(_answer, status=status, body=body, headers=headers)
        return self.address(path)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up, or trusts nobody, is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    server: Origin

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        self.server.answers[self.path](self)

    def log_message(self, *_: object) -> None:
        pass


def _answer(handler: BaseHTTPRequestHandler, status: int, body: bytes, headers: dict[str, str]) -> None:
    etag = headers.get("ETag")
    if etag and handler.headers.get("If-None-Match") == etag:
        handler.send_response(304)
        handler.end_headers()
        return
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture
def origin(authority: trustme.CA) -> Iterator[Origin]:
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("127.0.0.1").configure_cert(tls)
    with Origin(tls) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def look(authority: trustme.CA, tmp_path: Path) -> Callable[..., Refreshed]:
    trusting = ssl.create_default_context()
    authority.configure_trust(trusting)

    def look(source: str, *, now: datetime = NOW, force: bool = False, bounds: Bounds | None = None) -> Refreshed:
        return refresh(source, tmp_path / "lists", now=now, force=force, tls=trusting, bounds=bounds)

    return look


def test_a_list_is_fetched_and_kept(origin: Origin, look: Callable[..., Refreshed], tmp_path: Path) -> None:
    source = origin.gives("/list.txt", LIST, ETag='"one"', Last_Modified="Mon, 23 Nov 2026 10:00:00 GMT")
    result = look(source)
    assert result == Refreshed(changed=True, rules=2, skipped=1)
    assert result.blocklist is not None
    assert result.blocklist.covers("www.worse.example") == "worse.example"
    listed = load(source, tmp_path / "lists")
    assert listed == result.blocklist
    known = kept(source, tmp_path / "lists")
    assert known is not None
    assert (known.source, known.rules, known.skipped, known.etag) == (source, 2, 1, '"one"')
    assert known.fetched == known.checked == NOW.isoformat()
    assert {path.suffix for path in (tmp_path / "lists").iterdir()} == {".txt", ".json"}


def test_a_list_that_is_the_same_is_not_sent_again(
    origin: Origin, look: Callable[..., Refreshed], tmp_path: Path
) -> None:
    source = origin.gives("/list.txt", LIST, ETag='"one"', Last_Modified="Mon, 23 Nov 2026 10:00:00 GMT")
    look(source)
    later = NOW + timedelta(days=1)
    assert look(source, now=later) == Refreshed(changed=False, rules=2, skipped=1)
    _, headers = origin.asked[-1]
    assert headers["If-None-Match"] == '"one"'
    assert headers["If-Modified-Since"] == "Mon, 23 Nov 2026 10:00:00 GMT"
    known = kept(source, tmp_path / "lists")
    assert known is not None
    assert (known.fetched, known.checked) == (NOW.isoformat(), later.isoformat())


def test_it_is_sent_again_if_that_is_wanted_or_the_copy_is_gone(
    origin: Origin, look: Callable[..., Refreshed], tmp_path: Path
) -> None:
    source = origin.gives("/list.txt", LIST, ETag='"one"')
    look(source)
    assert look(source, force=True) == Refreshed(changed=False, rules=2, skipped=1)
    assert "If-None-Match" not in origin.asked[-1][1]
    next((tmp_path / "lists").glob("*.txt")).unlink()
    assert look(source).changed
    assert load(source, tmp_path / "lists") is not None


def test_a_new_list_takes_the_old_ones_place(origin: Origin, look: Callable[..., Refreshed], tmp_path: Path) -> None:
    source = origin.gives("/list.txt", LIST, ETag='"one"')
    look(source)
    origin.gives("/list.txt", b"0.0.0.0 other.example\n", ETag='"two"')
    assert look(source) == Refreshed(changed=True, rules=1, skipped=0)
    listed = load(source, tmp_path / "lists")
    assert listed is not None
    assert listed.covers("other.example")
    assert not listed.covers("bad.example")


BAD: dict[str, tuple[bytes, int, dict[str, str], str]] = {
    "page": (b"\xef\xbb\xbf\n<!DOCTYPE html><html>bad.example</html>", 200, {}, "is a web page, not a block list"),
    "empty": (b" \n", 200, {}, "is empty"),
    "text": (b"Not Found here\n", 200, {}, "is no block list"),
    "gone": (b"", 404, {}, "answers 404 Not Found"),
    "broken": (b"", 503, {}, "answers 503 Service Unavailable"),
    "unasked": (b"", 206, {}, "answers 206 Partial Content"),
    "cut": (gzip.compress(LIST)[:-9], 200, {"Content_Encoding": "gzip"}, "is cut short"),
    "noise": (b"\x1f\x8b" + bytes(20), 200, {"Content_Encoding": "gzip"}, "cannot be unpacked"),
    "plain": (
        b"",
        302,
        {"Location": "http://127.0.0.1/list.txt"},
        "leads on to http://127.0.0.1/list.txt, which is not",
    ),
    "file": (b"", 302, {"Location": "file:///etc/hosts"}, "leads on to file:///etc/hosts, which is not fetched"),
    "login": (b"", 302, {"Location": "https://me:secret@127.0.0.1/x"}, "leads on to https://127.0.0.1/x, which is not"),
    "round": (b"", 302, {"Location": "/list.txt?x=1"}, "more than 6 redirects"),
}


@pytest.mark.parametrize("kind", BAD)
def test_the_old_list_stays_when_the_new_one_is_none(
    kind: str, origin: Origin, look: Callable[..., Refreshed], tmp_path: Path
) -> None:
    source = origin.gives("/list.txt?x=1", LIST)
    look(source)
    body, status, headers, said = BAD[kind]
    origin.gives("/list.txt?x=1", body, status, **headers)
    result = look(source)
    assert (result.changed, result.rules, result.skipped) == (False, 2, 1)
    assert said in result.error
    assert "\n" not in result.error
    assert "x=1" not in result.error
    assert "secret" not in result.error
    listed = load(source, tmp_path / "lists")
    assert listed is not None
    assert listed.covers("bad.example")
    assert not list((tmp_path / "lists").glob("*.part"))


def test_without_an_old_list_there_is_none_then(origin: Origin, look: Callable[..., Refreshed], tmp_path: Path) -> None:
    source = origin.gives("/list.txt", b"", 404)
    assert look(source).error == f"{source}: answers 404 Not Found"
    assert load(source, tmp_path / "lists") is None
    assert kept(source, tmp_path / "lists") is None


def test_redirects_are_followed_to_where_https_leads(origin: Origin, look: Callable[..., Refreshed]) -> None:
    source = origin.gives("/here", b"", 301, Location="/there")
    origin.gives("/there", b"", 307, Location=origin.address("/list.txt"))
    origin.gives("/list.txt", LIST)
    assert look(source).rules == 2
    assert [path for path, _ in origin.asked] == ["/here", "/there", "/list.txt"]


@pytest.mark.parametrize(
    "body",
    [gzip.compress(LIST), gzip.compress(LIST[:20]) + gzip.compress(LIST[20:])],
    ids=["whole", "in two members"],
)
def test_a_list_may_come_packed(body: bytes, origin: Origin, look: Callable[..., Refreshed]) -> None:
    source = origin.gives("/list.txt", body, Content_Encoding="gzip")
    assert look(source) == Refreshed(changed=True, rules=2, skipped=1)
    assert origin.asked[0][1]["Accept-Encoding"] == "gzip"
    packed_twice = origin.gives("/list.txt.gz", gzip.compress(body), Content_Encoding="gzip")
    assert look(packed_twice).rules == 2


def test_a_list_that_is_too_long_is_refused_packed_or_not(origin: Origin, look: Callable[..., Refreshed]) -> None:
    small = Bounds(max_bytes=2**20)
    long = b"bad.example\n" * 100_000
    source = origin.gives("/long.txt", long)
    assert look(source, bounds=small).error == f"{source}: is longer than 1 MiB; no block list is"
    source = origin.gives("/bomb.txt", gzip.compress(long), Content_Encoding="gzip")
    assert look(source, bounds=small).error == f"{source}: is longer than 1 MiB; no block list is"


def test_a_list_that_takes_too_long_is_given_up(origin: Origin, look: Callable[..., Refreshed]) -> None:
    enough = threading.Event()

    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        while not enough.wait(0.01):
            handler.wfile.write(b"bad.example\n")

    origin.answers["/slow.txt"] = drip
    source = origin.address("/slow.txt")
    result = look(source, bounds=Bounds(all_seconds=0.05))
    enough.set()
    assert result.error == f"{source}: is not here after 0 s"


def test_a_silent_origin_is_given_up(origin: Origin, look: Callable[..., Refreshed]) -> None:
    enough = threading.Event()
    origin.answers["/silent.txt"] = lambda _: enough.wait(20) and None
    source = origin.address("/silent.txt")
    result = look(source, bounds=Bounds(silent_seconds=0.05))
    enough.set()
    assert result.error == f"{source}: no answer in time"


def test_a_list_that_is_cut_off_on_the_way_is_refused(origin: Origin, look: Callable[..., Refreshed]) -> None:
    def cut(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        handler.wfile.write(LIST)

    origin.answers["/cut.txt"] = cut
    result = look(origin.address("/cut.txt"))
    assert result.rules == 0
    assert "cannot be fetched" in result.error


def test_a_stranger_is_not_believed(origin: Origin, tmp_path: Path) -> None:
    source = origin.gives("/list.txt", LIST)
    result = refresh(source, tmp_path, now=NOW)
    assert "its certificate is not to be trusted" in result.error
    assert "\n" not in result.error


def test_an_origin_that_is_not_there_is_told_in_one_line(look: Callable[..., Refreshed]) -> None:
    source = "https://127.0.0.1:1/list.txt"  # where nobody listens
    result = look(source)
    assert result.error == f"{source}: cannot be fetched: Connection refused"


def test_a_file_is_a_source_too(look: Callable[..., Refreshed], tmp_path: Path) -> None:
    path = tmp_path / "my list.txt"
    path.write_bytes(LIST)
    assert look(str(path)) == Refreshed(changed=True, rules=2, skipped=1)
    assert look(str(path)) == Refreshed(changed=False, rules=2, skipped=1)
    path.write_bytes(gzip.compress(b"0.0.0.0 other.example\n"))
    assert look(str(path)) == Refreshed(changed=True, rules=1, skipped=0)
    path.unlink()
    assert look(str(path)) == Refreshed(False, 1, 0, f"cannot read {path}: No such file or directory")
    assert look(str(tmp_path)).error == f"cannot read {tmp_path}: Is a directory"


def test_a_file_that_is_too_long_is_refused(look: Callable[..., Refreshed], tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(LIST * 100)
    assert "is longer than" in look(str(path), bounds=Bounds(max_bytes=1000)).error


def test_what_is_forgotten_is_gone(look: Callable[..., Refreshed], tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(LIST)
    look(str(path))
    forget(str(path), tmp_path / "lists")
    assert list((tmp_path / "lists").iterdir()) == []
    forget(str(path), tmp_path / "lists")


def test_a_folder_that_cannot_be_written_is_told_in_one_line(look: Callable[..., Refreshed], tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(LIST)
    (tmp_path / "lists").write_text("no folder")
    assert look(str(path)).error == f"cannot write to {tmp_path / 'lists'}: File exists"


@pytest.mark.parametrize("note", ["", "{", "[]", json.dumps({"source": "x"})])
def test_a_damaged_note_is_no_note(note: str, look: Callable[..., Refreshed], tmp_path: Path) -> None:
    path = tmp_path / "list.txt"
    path.write_bytes(LIST)
    look(str(path))
    next((tmp_path / "lists").glob("*.json")).write_text(note)
    assert kept(str(path), tmp_path / "lists") is None
    assert look(str(path)) == Refreshed(changed=True, rules=2, skipped=1)
    assert isinstance(kept(str(path), tmp_path / "lists"), Kept)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("", "is no list"),
        ("  ", "is no list"),
        ("a\nb", "is no list"),
        ("http://example.org/list.txt", "http://example.org/list.txt is not fetched: only https addresses are"),
        ("ftp://example.org/list.txt?key=secret", "ftp://example.org/list.txt is not fetched"),
        ("https://", "is no address"),
        ("https:///list.txt", "is no address"),
        ("https://example.org:port/", "is no address"),
        ("https://example.org/a b", "is no address"),
        ("https://[::1/", "is no address"),
        ("https://me:secret@example.org/", "the address of example.org holds a name or a password"),
    ],
)
def test_what_is_no_source_is_refused_in_one_line(source: str, said: str, look: Callable[..., Refreshed]) -> None:
    with pytest.raises(UsageError) as caught:
        check_source(source)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)
    assert look(source).error == str(caught.value)


def test_an_address_loses_its_fragment_and_a_path_becomes_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert check_source(" https://example.org/list.txt#top ") == "https://example.org/list.txt"
    assert check_source("list.txt") == str(tmp_path / "list.txt")
