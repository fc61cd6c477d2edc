"""What runs in a worker process: load the model, close the doors, judge one body after another.

Light on purpose: the proxy imports it to name these functions, and must not load decoders or a model runtime. The work
is in `judging`, which the fork server preloads, so that a worker which replaces a dead one has everything imported.
"""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Protocol

from geacc_proxy.classify import answers, sandbox
from geacc_proxy.exceptions import GeaccError
from geacc_proxy.verdict import Failure, Unjudged, Verdict

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.connection import Connection

    from geacc_proxy.classify.judging import ModelJudge
    from geacc_proxy.classify.limits import Limits
    from geacc_proxy.images.caps import Caps
    from geacc_proxy.models.registry import InstalledModel


class Judges(Protocol):
    """What a worker has loaded; a `ModelJudge`, in life."""

    def verdict(self, body: bytes, content_type: str) -> Verdict:
        """Scores of one body, or why there are none."""


def load(model: InstalledModel, caps: Caps) -> ModelJudge:
    """The model, ready to judge under `caps`.

    Raises:
        ModelError: the file is no model, or not the one on its card.
    """
    from geacc_proxy.classify.judging import ModelJudge

    return ModelJudge(model, caps)


def serve(requests: Connection, replies: Connection, loading: Callable[[], Judges], limits: Limits) -> None:
    """Judge what comes through `requests` until nobody holds its other end.

    The first reply is a JSON object: `lacking`, what the sandbox could not give up, or `error`, why there is no model.
    Each request is two messages, content type and body, and each reply to one a verdict as `answers` writes it.
    """
    # A terminal's Ctrl-C reaches the whole process group; the proxy decides when a worker ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sandbox.leave_alone([requests.fileno(), replies.fileno()])
    try:
        judge = loading()
    except Exception as error:  # noqa: BLE001  (whatever it is, the proxy is to say it)
        said = str(error) if isinstance(error, GeaccError) else f"{type(error).__name__}: {error}"
        replies.send_bytes(json.dumps({"error": said}).encode())
        return
    replies.send_bytes(json.dumps({"lacking": sandbox.enter(limits)}).encode())
    while True:
        try:
            content_type, body = requests.recv_bytes().decode(), requests.recv_bytes()
        except EOFError:
            return
        replies.send_bytes(answers.written(_verdict(judge, body, content_type)))
        del body  # while waiting for the next one there is no need to keep it


def _verdict(judge: Judges, body: bytes, content_type: str) -> Verdict:
    try:
        return judge.verdict(body, content_type)
    except MemoryError:
        return Unjudged(Failure.TOO_LARGE, "more memory than a worker has")
    except Exception as error:  # noqa: BLE001  (one picture's fault must not cost the next one its worker)
        return Unjudged(Failure.INTERNAL, f"{type(error).__name__}: {error}"[:200])
