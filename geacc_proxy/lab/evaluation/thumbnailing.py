"""The child process that decodes pictures to be drawn: `python -m geacc_proxy.lab.evaluation.thumbnailing`.

What it reads may be hostile. So it decodes under the same caps and in the same sandbox as a worker. What is imported
here need not be opened later, when nothing can be opened any more.
"""

from __future__ import annotations

import os
import signal
from typing import BinaryIO

from geacc_proxy.classify import sandbox
from geacc_proxy.classify.limits import Limits
from geacc_proxy.images.caps import Caps
from geacc_proxy.images.decode import Target, Undecodable, decode
from geacc_proxy.lab.evaluation.framing import LENGTH, REPLY_BYTES, SIDE, SIZE


def main() -> None:
    """Give up what is not needed, then answer until nobody asks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C reaches this process, too; its parent ends it
    requests, replies = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    sandbox.leave_alone([requests.fileno(), replies.fileno()])
    sandbox.enter(Limits())
    serve(requests, replies)


def serve(requests: BinaryIO, replies: BinaryIO) -> None:
    """Answer until the requests end."""
    while len(head := requests.read(LENGTH.size)) == LENGTH.size:
        (length,) = LENGTH.unpack(head)
        replies.write(squeezed(requests.read(length)))
        replies.flush()


def squeezed(body: bytes) -> bytes:
    """The answer to one picture; a blank one where it cannot be decoded."""
    try:
        found = decode(body, Target(SIDE), Caps(), "image/*")
    except (Undecodable, MemoryError):
        return bytes(REPLY_BYTES)
    return SIZE.pack(found.picture.width, found.picture.height) + bytes(found.frames[0].tobytes())


if __name__ == "__main__":
    main()
