"""Small pictures of files, blurred unless asked; they are decoded in another process."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING, Self

from PIL import Image

from geacc_proxy.images.caps import Caps
from geacc_proxy.lab.evaluation.framing import LENGTH, REPLY_BYTES, SIDE, SIZE

if TYPE_CHECKING:
    from pathlib import Path

WIDTH, HEIGHT = 160, 120
"""Of the space for a thumbnail, pixels."""

_BLURRED = 6  # pixels across that are left of a blurred picture: colours and no shapes
_NARROWEST = 0.25  # of the other side: what is longer is squeezed
_SECONDS = 15.0


class Thumbnailer:
    """Makes thumbnails, one after another; a context manager, which ends the child process."""

    def __init__(self, *, blurred: bool) -> None:
        """Start nothing yet.

        Args:
            blurred: whether nothing but colours is to be seen.
        """
        self._blurred = blurred
        self._child: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def thumbnail(self, path: Path) -> Image.Image | None:
        """The picture, at most `WIDTH` × `HEIGHT`, RGB; None where it cannot be drawn."""
        try:
            if path.stat().st_size > Caps().bytes:
                return None
            answer = self._asked(path.read_bytes())
        except OSError:
            return None
        if len(answer) != REPLY_BYTES:
            return None
        width, height = SIZE.unpack_from(answer)
        if not (width and height):
            return None
        square = Image.frombytes("RGB", (SIDE, SIDE), answer[SIZE.size :])
        if self._blurred:
            square = square.resize((_BLURRED, _BLURRED), Image.Resampling.BOX)
        return square.resize(_fitted(width, height), Image.Resampling.BICUBIC)

    def _asked(self, body: bytes) -> bytes:
        """What the child answers; less than an answer where it ends over the picture or takes too long."""
        child = self._child = self._child or _start()
        requests, replies = child.stdin, child.stdout
        if requests is None or replies is None:
            return b""
        watch = threading.Timer(_SECONDS, child.kill)
        watch.start()
        try:
            requests.write(LENGTH.pack(len(body)) + body)
            requests.flush()
            answer = replies.read(REPLY_BYTES)
        except OSError:
            answer = b""
        finally:
            watch.cancel()
        if len(answer) != REPLY_BYTES:
            self._end()
        return answer

    def _end(self) -> None:
        child, self._child = self._child, None
        if child is None:
            return
        child.kill()
        child.wait()
        for stream in (child.stdin, child.stdout):
            try:
                if stream is not None:
                    stream.close()
            except OSError:  # what was still to be written to a dead child
                continue


def _start() -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "geacc_proxy.lab.evaluation.thumbnailing"]
    # Where the package is found by its folder alone, the child must find it, too.
    paths = os.pathsep.join(path for path in sys.path if path)
    environment = {**os.environ, "PYTHONPATH": paths}
    return subprocess.Popen(  # noqa: S603  (no word of it comes from outside)
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
    )


def _fitted(width: int, height: int) -> tuple[int, int]:
    """The largest size of about these proportions in the space for a thumbnail."""
    shape = min(max(width / height, _NARROWEST), 1 / _NARROWEST)
    if shape >= WIDTH / HEIGHT:
        return WIDTH, max(1, round(WIDTH / shape))
    return max(1, round(HEIGHT * shape)), HEIGHT
