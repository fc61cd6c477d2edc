"""What runs in a worker process: load what it works with, close the doors, answer on one body after another.

Light on purpose: the proxy imports it to name these functions, and must not load decoders or a model runtime. The work
is in `judging`, which the fork server preloads, so that a worker which replaces a dead one has everything imported.
"""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from geacc_proxy.classify import answers, sandbox
from geacc_proxy.exceptions import GeaccError
from geacc_proxy.images.manner import Manner
from geacc_proxy.verdict import Failure, Unjudged, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from geacc_proxy.classify.depicting import Depicter
    from geacc_proxy.classify.judging import ModelJudge
    from geacc_proxy.classify.limits import Limits
    from geacc_proxy.images.caps import Caps
    from geacc_proxy.models.registry import InstalledModel


JUDGE = "judge"
"""The work of most workers; that of the others is called after a `Manner`."""


@runtime_checkable
class Judges(Protocol):
    """What a worker that judges has loaded; a `ModelJudge`, in life."""

    def verdict(self, body: bytes, content_type: str) -> Verdict:
        """Scores of one body, or why there are none."""


@runtime_checkable
class Depicts(Protocol):
    """What a worker that depicts has loaded; a `Depicter`, in life."""

    def depiction(self, body: bytes, content_type: str, manner: Manner) -> bytes | Unjudged:
        """What may be left of one picture, encoded, or why there is nothing."""


type Works = Judges | Depicts
"""What a worker has loaded."""


def load(model: InstalledModel, caps: Caps) -> ModelJudge:
    """The model, ready to judge under `caps`.

    Raises:
        ModelError: the file is no model, or not the one on its card.
    """
    from geacc_proxy.classify.judging import ModelJudge

    return ModelJudge(model, caps)


def load_depicter(caps: Caps) -> Depicter:
    """What draws under `caps`; it needs no model."""
    from geacc_proxy.classify.depicting import Depicter

    return Depicter(caps)


def serve(requests: Connection, replies: Connection, loading: Callable[[], Works], limits: Limits) -> None:
    """Answer on what comes through `requests` until nobody holds its other end.

    The first reply is a JSON object: `lacking`, what the sandbox could not give up, or `error`, why there is no model.
    Each request is two messages: `JUDGE` or a `Manner`, a space and the content type; and the body. The reply to one is
    a verdict as `answers` writes it, or a picture.
    """
    # A terminal's Ctrl-C reaches the whole process group; the proxy decides when a worker ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sandbox.leave_alone([requests.fileno(), replies.fileno()])
    try:
        loaded = loading()
    except Exception as error:  # noqa: BLE001  (whatever it is, the proxy is to say it)
        said = str(error) if isinstance(error, GeaccError) else f"{type(error).__name__}: {error}"
        replies.send_bytes(json.dumps({"error": said}).encode())
        return
    replies.send_bytes(json.dumps({"lacking": sandbox.enter(limits)}).encode())
    while True:
        try:
            (work, _, content_type), body = requests.recv_bytes().decode().partition(" "), requests.recv_bytes()
        except EOFError:
            return
        answer = _answer(loaded, work, body, content_type)
        replies.send_bytes(answer if isinstance(answer, bytes) else answers.written(answer))
        del body, answer  # while waiting for the next one there is no need to keep them


def _answer(loaded: Works, work: str, body: bytes, content_type: str) -> Verdict | bytes:
    try:
        if work == JUDGE and isinstance(loaded, Judges):
            return loaded.verdict(body, content_type)
        if work != JUDGE and isinstance(loaded, Depicts):
            return loaded.depiction(body, content_type, Manner(work))
        raise TypeError(f"asked to {work}")
    except MemoryError:
        return Unjudged(Failure.TOO_LARGE, "more memory than a worker has")
    except Exception as error:  # noqa: BLE001  (one picture's fault must not cost the next one its worker)
        return Unjudged(Failure.INTERNAL, f"{type(error).__name__}: {error}"[:200])
