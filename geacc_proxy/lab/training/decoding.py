"""Picture files to squares, through the proxy's own decoder, so that training sees what judging sees.

In processes of their own: decoders are written in C and read what somebody downloaded, and their settings are global
to a process.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Self

import numpy as np

from geacc_proxy.exceptions import GeaccError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

_CHUNK = 16  # files a task; a task costs about as much as a tenth of a decoding
_AHEAD = 4  # tasks under way or waiting, for each process


@dataclass(frozen=True, slots=True)
class Square:
    """What came of a file.

    Attributes:
        digest: SHA-256 of its bytes; empty where they cannot be read.
        pixels: uint8, shape (size, size, 3), RGB: the whole picture, on white where it is transparent; None where there
            is none.
        problem: why not.
    """

    digest: str
    pixels: NDArray[np.uint8] | None
    problem: str = ""


class Decoder:
    """Decodes files side by side; a context, and open from the start."""

    def __init__(self, size: int, resize: str) -> None:
        """Make one; processes start when there is work.

        Args:
            size: side of the square that the whole picture is squeezed into, pixels.
            resize: the filter for that, one of `models.card.RESIZES`.
        """
        self._size = size
        self._resize = resize
        self._workers = _processors()
        methods = multiprocessing.get_all_start_methods()
        context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
        self._pool = ProcessPoolExecutor(self._workers, context, initializer=_begin)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def squares(self, paths: Iterable[Path]) -> Iterator[Square]:
        """What came of each file, in order.

        Raises:
            GeaccError: a decoder crashed.
        """
        waiting: list[tuple[list[Path], Future[list[Square]]]] = []
        remaining = iter(paths)
        while True:
            while len(waiting) < _AHEAD * self._workers and (chunk := list(islice(remaining, _CHUNK))):
                waiting.append((chunk, self._pool.submit(_decode, chunk, self._size, self._resize)))
            if not waiting:
                return
            chunk, task = waiting.pop(0)
            try:
                yield from task.result()
            except BrokenProcessPool as error:
                raise GeaccError(f"a decoder crashed on one of the files from {chunk[0]} to {chunk[-1]}") from error


def _processors() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _begin() -> None:
    # A terminal's Ctrl-C reaches the whole process group; the parent decides when this ends, and its death ends it too.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _decode(paths: list[Path], size: int, resize: str) -> list[Square]:
    from PIL.Image import Resampling

    from geacc_proxy.images.caps import Caps
    from geacc_proxy.images.decode import Target, Undecodable, decode

    # The first view is the whole picture; its parts and later frames have no labels.
    caps = Caps(tiles=0, frames=1)
    target = Target(size, Resampling[resize.upper()])
    found = []
    for path in paths:
        try:
            body = path.read_bytes()
        except OSError as error:
            found.append(Square("", None, f"cannot be read: {error.strerror or error}"))
            continue
        digest = hashlib.sha256(body).hexdigest()
        try:
            found.append(Square(digest, np.ascontiguousarray(decode(body, target, caps).frames[0])))
        except Undecodable as error:
            found.append(Square(digest, None, str(error)))
    return found
