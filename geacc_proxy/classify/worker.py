"""What the pool calls inside a worker process.

Light on purpose: the proxy imports it to name these functions, and must not load decoders or a model runtime. The work
is in `judging`, which the fork server preloads, so that a worker which replaces a dead one has everything imported.
"""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

from geacc_proxy.classify import limits as sandbox

if TYPE_CHECKING:
    from geacc_proxy.classify.judging import ModelJudge
    from geacc_proxy.classify.limits import Limits
    from geacc_proxy.images.caps import Caps
    from geacc_proxy.models.registry import InstalledModel
    from geacc_proxy.verdict import Verdict

_judge: ModelJudge | None = None


def start(model: InstalledModel, caps: Caps, limits: Limits) -> None:
    """Load the model, then close the doors. Called once in each new worker."""
    global _judge
    from geacc_proxy.classify.judging import ModelJudge

    _silence()
    # A terminal's Ctrl-C reaches the whole process group; the proxy decides when a worker ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _judge = ModelJudge(model, caps)
    sandbox.enter(limits)


def _silence() -> None:
    """Send what libraries print nowhere: a decoder's warnings are words that a stranger's picture chose."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    os.close(nowhere)


def judge(body: bytes, content_type: str) -> Verdict:
    """Scores of one body, or why there are none. Never raises on what a body holds."""
    if _judge is None:
        raise RuntimeError("judge() before start()")
    return _judge.verdict(body, content_type)


def ping() -> None:
    """Answer once `start` is through."""
    if _judge is None:
        raise RuntimeError("ping() before start()")
