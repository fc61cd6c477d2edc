"""What a parent names by its address comes from the public web alone, and within bounds."""

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

import pytest

from geacc_proxy.exceptions import UsageError
from geacc_proxy.home.fetching import FetchError, check_address, fetch

PICTURE = b"\x89PNG" + bytes(100)


class Origin(BaseHTTPRequestHandler):
    hold = threading.Event()

    def do_GET(self) -> None:
        if self.path == "/slow":
            self.send_response(200)
            self.end_headers()
            self.hold.wait(20)
            return
        if self.path == "/gone":
            self.send_error(404)
            return
        if self.path == "/loop":
            self.send_response(302)
            self.send_header("Location", "/loop")
            self.end_headers()
            return
        if self.path.startswith("/to?"):
            self.send_response(302)
            self.send_header("Location", self.path[4:])
            self.end_headers()
            return
        body = PICTURE * (100_000 if self.path == "/large" else 1)
        self.send_response(200)
        self.send_header("Content-Type", "Image/PNG; charset=binary")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Quiet."""


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """One who hangs up is no news."""


@contextmanager
def serving() -> Iterator[str]:
    Origin.hold.clear()
    with Server(("127.0.0.1", 0), Origin) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            Origin.hold.set()
            server.shutdown()
            thread.join()


@pytest.fixture
def origin() -> Iterator[str]:
    with serving() as address:
        yield address


def anywhere(_: str) -> bool:
    return True


def test_a_picture_comes_as_it_is_with_its_declared_type(origin: str) -> None:
    found = fetch(f"{origin}/a b.png?q=ü", may_lead_to=anywhere)

    assert (found.body, found.content_type) == (PICTURE, "image/png")


def test_nothing_is_asked_of_an_address_at_home(origin: str) -> None:
    with pytest.raises(FetchError, match=r"127\.0\.0\.1, which is no public address"):
        fetch(f"{origin}/picture.png")


def test_a_name_that_leads_home_is_refused_where_the_connection_is_made(origin: str) -> None:
    port = origin.rpartition(":")[2]

    with pytest.raises(FetchError, match="no public address"):
        fetch(f"http://localhost:{port}/picture.png")


def test_a_redirect_to_an_address_at_home_is_refused_too(origin: str) -> None:
    with serving() as other:
        port = other.rpartition(":")[2]
        asked = []

        def not_localhost(address: str) -> bool:
            asked.append(address)
            return len(asked) == 1

        with pytest.raises(FetchError, match="no public address"):
            fetch(f"{origin}/to?http://127.0.0.1:{port}/", may_lead_to=not_localhost)
    assert len(asked) == 2


def test_a_redirect_is_followed(origin: str) -> None:
    assert fetch(f"{origin}/to?/picture.png", may_lead_to=anywhere).body == PICTURE


def test_a_redirect_to_a_file_of_this_machine_is_refused(origin: str) -> None:
    with pytest.raises(UsageError, match="no address of a picture"):
        fetch(f"{origin}/to?file:///etc/passwd", may_lead_to=anywhere)


def test_redirects_end(origin: str) -> None:
    with pytest.raises(FetchError, match="leads on and on"):
        fetch(f"{origin}/loop", may_lead_to=anywhere)


def test_a_picture_that_is_too_large_is_given_up(origin: str) -> None:
    with pytest.raises(FetchError, match="larger than 1 MB"):
        fetch(f"{origin}/large", may_lead_to=anywhere, most_bytes=2**20)


def test_an_origin_that_says_nothing_more_is_given_up(origin: str) -> None:
    with pytest.raises(FetchError, match="it took too long"):
        fetch(f"{origin}/slow", may_lead_to=anywhere, seconds=0.3)


def test_what_an_origin_refuses_is_told(origin: str) -> None:
    with pytest.raises(FetchError, match=r"answers 404"):
        fetch(f"{origin}/gone", may_lead_to=anywhere)


def test_a_host_that_does_not_answer_is_told(origin: str) -> None:
    with socketserver.TCPServer(("127.0.0.1", 0), Origin) as closed:
        port = closed.server_address[1]

    with pytest.raises(FetchError, match=r"127\.0\.0\.1 does not answer"):
        fetch(f"http://127.0.0.1:{port}/", may_lead_to=anywhere)


@pytest.mark.parametrize(
    "address",
    ["", "picture.jpg", "ftp://example.com/a", "https://", "http://[::1", "https://exa mple.com/", "data:image/png,x",
     "http://example.com:25/", "https://example.com/\n", f"https://example.com/{'a' * 9000}"],
)  # fmt: skip
def test_what_is_no_address_of_the_web_is_refused(address: str) -> None:
    with pytest.raises(UsageError):
        check_address(address + " \x00" if address.endswith("\n") else address)
