"""What a worker may spend: memory, time, and how little it presses."""

from __future__ import annotations

import contextlib
import os
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

if sys.platform != "win32":
    import resource


ROOM = 128 * 2**20
"""Bytes of private memory that a picture has at least, whatever the model has taken."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one worker.

    Attributes:
        memory: bytes of private memory (RLIMIT_DATA), the model's and the decoders' included: 120 MB, most of it never
            touched, for the embedded one; an allocation past it fails. A larger model gets more: `ROOM` to decode in.
        seconds: wall time for one picture; the worker is ended past it.
        niceness: added to the worker's own, so that traffic comes before pictures.
    """

    memory: int = 640 * 2**20
    seconds: float = 10.0
    niceness: int = 10

    def quick(self) -> Self:
        """Limits for the quick lane: what nearly every picture of the web needs, several times over."""
        return replace(self, memory=min(self.memory, 256 * 2**20), seconds=min(self.seconds, 1.5), niceness=5)


def enter(limits: Limits) -> None:
    """Take no more than `limits` from here on; write no file, leave no core dump, and open no further descriptor.

    Those that are open go on working, but poll(2) refuses to look at them (EINVAL): they are read from and written to.
    """
    if sys.platform == "win32":
        return
    with contextlib.suppress(OSError):
        os.nice(limits.niceness)
    _lower(resource.RLIMIT_DATA, max(limits.memory, _private_bytes() + ROOM))
    _lower(resource.RLIMIT_FSIZE, 0)
    _lower(resource.RLIMIT_CORE, 0)
    _lower(resource.RLIMIT_NOFILE, 0)


def _private_bytes() -> int:
    """What counts against RLIMIT_DATA at this moment; 0 where the system does not tell."""
    try:
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData:"))


def _lower(what: int, value: int) -> None:
    if sys.platform == "win32":
        return
    _, hard = resource.getrlimit(what)
    ceiling = value if hard == resource.RLIM_INFINITY else min(value, hard)
    resource.setrlimit(what, (ceiling, ceiling))
