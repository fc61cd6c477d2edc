"""What runs in a process that looks at pictures: one after another, with nothing else within its reach.

Light on purpose: the downloading process imports it to name `serve`, and must not load decoders.
"""

from __future__ import annotations

import json
import signal
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from geacc_proxy.classify import sandbox
from geacc_proxy.verdict import Failure, Picture

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from geacc_proxy.classify.limits import Limits

MOST_ANSWER_BYTES = 4096


def serve(requests: Connection, replies: Connection, size: tuple[int, int] | None, limits: Limits) -> None:
    """Look at what comes through `requests` until nobody holds its other end.

    The first reply is an empty message: ready. Each request is two messages, content type and body; each reply is two,
    a JSON object and, where a picture was scaled down, its bytes. The object has `picture` and, where it is none to be
    kept, `failure` and `detail`.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal sends it to all; the downloading process decides
    sandbox.leave_alone([requests.fileno(), replies.fileno()])
    import geacc_proxy.lab.dataset.examining  # noqa: F401  (now: nothing can be imported in the sandbox)

    sandbox.enter(limits)
    replies.send_bytes(b"")
    while True:
        try:
            content_type, body = requests.recv_bytes().decode(), requests.recv_bytes()
        except EOFError:
            return
        answer, resized = _looked_at(body, content_type, size)
        del body  # while waiting for the next one there is no need to keep it
        replies.send_bytes(json.dumps(answer).encode())
        replies.send_bytes(resized)


def _looked_at(body: bytes, content_type: str, size: tuple[int, int] | None) -> tuple[dict[str, Any], bytes]:
    from geacc_proxy.images.outcome import Undecodable
    from geacc_proxy.lab.dataset.examining import examine

    try:
        found = examine(body, content_type, size)
    except Undecodable as error:
        return _failure(error.failure, str(error), error.picture), b""
    except MemoryError:
        return _failure(Failure.TOO_LARGE, "more memory than may be spent on one picture", Picture()), b""
    except Exception as error:  # noqa: BLE001  (one picture's fault must not cost the next one its process)
        return _failure(Failure.UNREADABLE, f"{type(error).__name__}: {error}", Picture()), b""
    return {"picture": asdict(found.picture)}, found.resized


def _failure(failure: Failure, detail: str, picture: Picture) -> dict[str, Any]:
    return {"failure": failure, "detail": " ".join(detail.split())[:300], "picture": asdict(picture)}
