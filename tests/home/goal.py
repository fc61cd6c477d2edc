"""A service on this machine that takes messages, as Apprise's `json://` sends them."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Goal:
    """Attributes: port; status, what it answers; got, the messages; came, set with each of them."""

    port: int = 0
    statuses: list[int] = field(default_factory=list)
    got: list[dict[str, Any]] = field(default_factory=list)
    came: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        return f"json://someone:s3cret@127.0.0.1:{self.port}/path"

    @property
    def texts(self) -> list[str]:
        return [message["message"] for message in self.got]


@contextmanager
def serving() -> Iterator[Goal]:
    goal = Goal()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            goal.got.append(json.loads(body))
            self.send_response(goal.statuses.pop(0) if goal.statuses else 200)
            self.send_header("content-length", "0")
            self.end_headers()
            goal.came.set()

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    goal.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield goal
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
