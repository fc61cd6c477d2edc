"""Landlock: from here on this process reaches no file, no TCP port and no process outside, by the kernel's own rules.

A second belt to the filter on system calls: it holds even for a call that the filter's list allows by mistake.

Sources: landlock(7), linux/landlock.h, Documentation/userspace-api/landlock.rst.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct

_CREATE_RULESET, _RESTRICT_SELF = 444, 446  # the same on all processors
_ASK_VERSION = 1
_FILE_RIGHTS = {1: 13, 2: 14, 3: 15, 5: 16}
"""How many rights on files there are (the lowest bits of a mask), from that version on."""
_NETWORK_RIGHTS, _NETWORK_SINCE = 0b11, 4  # bind and connect, TCP
_SCOPES, _SCOPES_SINCE = 0b11, 6  # abstract Unix sockets, signals


def ruleset(version: int) -> bytes:
    """A struct landlock_ruleset_attr that governs all that `version` of Landlock can: with no rule, nothing is left."""
    files = max(count for since, count in _FILE_RIGHTS.items() if since <= version)
    network = _NETWORK_RIGHTS if version >= _NETWORK_SINCE else 0
    scopes = _SCOPES if version >= _SCOPES_SINCE else 0
    return struct.pack("@QQQ", (1 << files) - 1, network, scopes)


def enter() -> None:
    """Give up all of it, for good. The caller has set PR_SET_NO_NEW_PRIVS, and runs in the only thread.

    Raises:
        OSError: the kernel has no Landlock, or it is switched off.
    """
    version = _call(_CREATE_RULESET, None, 0, _ASK_VERSION)
    attributes = ruleset(version)
    descriptor = _call(_CREATE_RULESET, attributes, len(attributes), 0)
    try:
        _call(_RESTRICT_SELF, descriptor, 0)
    finally:
        os.close(descriptor)


def _call(number: int, *arguments: bytes | int | None) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    given = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    result: int = libc.syscall(ctypes.c_long(number), *given)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"Landlock: {errno.errorcode.get(code, code)}")
    return result
