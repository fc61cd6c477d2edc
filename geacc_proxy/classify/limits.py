"""What the operating system lets a worker have."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass

if sys.platform != "win32":
    import resource


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one worker.

    Attributes:
        memory: bytes of private memory (RLIMIT_DATA) beyond what the loaded model takes; an allocation past it fails.
        seconds: wall time for one picture; the worker is ended past it.
        niceness: added to the worker's own, so that traffic comes before pictures.
    """

    memory: int = 640 * 2**20
    seconds: float = 10.0
    niceness: int = 5


def enter(limits: Limits) -> None:
    """Give up what a worker has no reason to have: memory beyond the limit, files to write, core dumps."""
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        os.nice(limits.niceness)
    _lower(resource.RLIMIT_DATA, limits.memory)
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_CORE, 0)


def _lower(what: int, value: int) -> None:
    if sys.platform == "win32":
        return
    _, hard = resource.getrlimit(what)
    ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (ceiling, ceiling))
