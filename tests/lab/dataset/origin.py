"""An origin that behaves as origins do: it fails, stalls, breaks off, redirects and lies, and counts who asks."""

from __future__ import annotations

import hashlib
import io
import socket
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image


def picture(seed: str, kind: str = "JPEG", size: tuple[int, int] = (96, 64), **options: object) -> bytes:
    """A picture of coloured noise that is another one for each seed."""
    noise = hashlib.shake_256(seed.encode()).digest(12 * 8 * 3)
    file = io.BytesIO()
    Image.frombytes("RGB", (12, 8), noise).resize(size).save(file, kind, **options)
    return file.getvalue()


Answer = Callable[["Asked"], None]


class Asked(BaseHTTPRequestHandler):
    """One request; `respond` and its kin answer it."""

    protocol_version = "HTTP/1.1"
    server: Origin

    def do_GET(self) -> None:
        with self.server.counting(self.path):
            self.server.answers[self.path](self)

    def respond(self, body: bytes, kind: str = "image/jpeg", status: int = 200, **headers: str) -> None:
        self.head(status, {"Content-Type": kind, "Content-Length": str(len(body)), **headers})
        self.wfile.write(body)

    def head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def break_off(self) -> None:
        self.close_connection = True
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *_: object) -> None:
        pass


class Origin(ThreadingHTTPServer):
    """Answers by path.

    Attributes:
        answers: what to do, by path.
        asked: the requests' headers, by path, in order.
        most_at_once: requests that were in hand together, at most.
    """

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Asked)
        self.answers: dict[str, Answer] = {}
        self.times: Counter[str] = Counter()
        self.at_once = self.most_at_once = 0
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @contextmanager
    def counting(self, path: str) -> Iterator[None]:
        with self._lock:
            self.times[path] += 1
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            yield
        finally:
            with self._lock:
                self.at_once -= 1

    def handle_error(self, *_: object) -> None:
        """Clients that hang up are part of the tests."""

    def gives(self, path: str, body: bytes, kind: str = "image/jpeg", **headers: str) -> str:
        """Answer with `body`; return the address."""
        return self.does(path, lambda asked: asked.respond(body, kind, **headers))

    def does(self, path: str, answer: Answer) -> str:
        self.answers[path] = answer
        return self.url + path

    def in_turn(self, path: str, *answers: Answer) -> str:
        """Answer in another way each time, and for good as the last time."""
        return self.does(path, lambda asked: answers[min(self.times[path], len(answers)) - 1](asked))


def status(code: int, **headers: str) -> Answer:
    return lambda asked: asked.respond(b"no", "text/plain", code, **headers)


def redirect(where: str, code: int = 302) -> Answer:
    return lambda asked: asked.respond(b"", "text/html", code, Location=where)


def resumable(body: bytes, first: int, etag: str) -> Answer:
    """Breaks off after `first` bytes; gives the rest to who asks for it as RFC 9110 says."""

    def answer(asked: Asked) -> None:
        wanted = asked.headers.get("Range")
        if wanted and asked.headers.get("If-Range") == etag:
            start = int(wanted.removeprefix("bytes=").removesuffix("-"))
            rest = body[start:]
            asked.respond(rest, status=206, ETag=etag, Content_Range=f"bytes {start}-{len(body) - 1}/{len(body)}")
            return
        asked.head(200, {"Content-Type": "image/jpeg", "Content-Length": str(len(body)), "ETag": etag})
        asked.wfile.write(body[:first])
        asked.wfile.flush()
        asked.break_off()

    return answer


def drip(body: bytes, until: threading.Event) -> Answer:
    """A byte now and then, for ever."""

    def answer(asked: Asked) -> None:
        asked.head(200, {"Content-Type": "image/jpeg", "Content-Length": str(len(body))})
        with suppress(OSError):
            for at in range(len(body)):
                asked.wfile.write(body[at : at + 1])
                if until.wait(0.05):
                    return

    return answer


def without_length(body: bytes) -> Answer:
    """The end of the connection is the end of the body."""

    def answer(asked: Asked) -> None:
        asked.close_connection = True
        asked.head(200, {"Content-Type": "image/jpeg", "Connection": "close"})
        asked.wfile.write(body)

    return answer


@contextmanager
def serving() -> Iterator[Origin]:
    with Origin() as origin:
        thread = threading.Thread(target=origin.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield origin
        finally:
            origin.shutdown()
            thread.join()


def wait_for(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Wait until something is so, and fail if it never is."""
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "it never happened"
        time.sleep(0.02)
