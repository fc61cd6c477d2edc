"""What a worker gives up before it sees the first picture.

It computes on bytes that strangers chose. Should one of them take it over, there is nothing for them to take.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import TYPE_CHECKING

from geacc_proxy.classify import landlock, limits, seccomp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from geacc_proxy.classify.limits import Limits

_NO_NEW_PRIVILEGES = 38  # PR_SET_NO_NEW_PRIVS, linux/prctl.h


def leave_alone(descriptors: Iterable[int]) -> None:
    """Close all descriptors but these, and let the standard ones lead nowhere.

    What came with the fork leads to the fork server, the terminal and the log; and what a decoder prints of a picture
    is words that a stranger chose.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    for standard in range(3):
        os.dup2(nowhere, standard)
    os.close(nowhere)
    kept = set(descriptors)
    if sys.platform != "win32":
        for descriptor in map(int, os.listdir("/dev/fd")):  # noqa: PTH208  (names, not paths)
            if descriptor > 2 and descriptor not in kept:
                _close(descriptor)


def enter(bounds: Limits) -> list[str]:
    """Give up the network, all files, other processes and all memory but `bounds`; return what could not be given up.

    Call it when everything is loaded: nothing can be opened from here on.
    """
    lacking = []
    if sys.platform == "linux":
        _no_new_privileges()  # both of the following ask for it
        lacking += _try("no Landlock", landlock.enter)
    limits.enter(bounds)  # before the filter, which refuses setrlimit(2), and after Landlock, which opens a descriptor
    if sys.platform == "linux":
        lacking += _try("no filter on system calls", seccomp.enter)
    else:
        lacking.append(f"no sandbox beyond resource limits ({sys.platform})")
    return lacking


def _no_new_privileges() -> None:
    ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)


def _try(otherwise: str, door: Callable[[], None]) -> list[str]:
    try:
        door()
    except (OSError, AttributeError, NotImplementedError) as error:
        return [f"{otherwise} ({error})"]
    return []


def _close(descriptor: int) -> None:
    try:
        os.close(descriptor)
    except OSError:
        return  # the one that listed them
