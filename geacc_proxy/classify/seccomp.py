"""A filter on system calls (Linux's seccomp, mode 2), put together by hand.

It lists what is allowed. A worker that has its model loaded computes, takes memory, runs the decoders' threads, reads
bodies from one pipe and writes verdicts to another: under strace, pictures of all formats need some twenty calls.
`_ALLOWED` has those, and what another libc, processor or model runtime would use in their place and that gives away
nothing. A list of what is forbidden would have to know every way to a file, a socket or another process, and those
that kernels are yet to invent.

A refusal is an error, not the end: EPERM, so that a library which would have liked to know more (how many processors
there are, from a file) goes on without. Calls newer than this list get ENOSYS, what an older kernel would say, since a
libc that tries a new call first falls back on that alone. For the same reason clone3(2) gets it, whose flags lie in
memory where a filter cannot look: libc then uses clone(2), which may make threads and no processes.

Sources: seccomp(2), Documentation/userspace-api/seccomp_filter.rst, linux/filter.h, linux/seccomp.h; the numbers are
those of asm/unistd_64.h and of asm-generic/unistd.h, which aarch64 uses.
"""

from __future__ import annotations

import ctypes
import errno
import platform
import struct
import sys
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Machine:
    """How a processor's calls are numbered.

    Attributes:
        audit: its AUDIT_ARCH_…, by which the kernel tells the filter whose numbers a call uses.
        column: its place in the tables of calls.
        beyond: numbers from here on belong to another ABI (x32).
    """

    audit: int
    column: int
    beyond: int


MACHINES = {
    "x86_64": Machine(0xC000003E, 0, 0x40000000),
    "aarch64": Machine(0xC00000B7, 1, 0x80000000),
}
"""By `platform.machine()`; on others there is no filter."""

_ALLOWED: dict[str, tuple[int | None, int | None]] = {
    # the pipes
    "read": (0, 63),
    "readv": (19, 65),
    "write": (1, 64),
    "writev": (20, 66),
    "close": (3, 57),
    "fstat": (5, 80),
    "lseek": (8, 62),
    # memory
    "brk": (12, 214),
    "madvise": (28, 233),
    "mmap": (9, 222),
    "mprotect": (10, 226),
    "mremap": (25, 216),
    "munmap": (11, 215),
    # threads
    "exit": (60, 93),
    "exit_group": (231, 94),
    "futex": (202, 98),
    "futex_wait": (455, 455),
    "futex_waitv": (449, 449),
    "futex_wake": (454, 454),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "membarrier": (324, 283),
    "rseq": (334, 293),
    "sched_get_priority_max": (146, 125),
    "sched_get_priority_min": (147, 126),
    "sched_getaffinity": (204, 123),
    "sched_getparam": (143, 121),
    "sched_getscheduler": (145, 120),
    "sched_yield": (24, 124),
    "set_robust_list": (273, 99),
    # signals that a process gets
    "restart_syscall": (219, 128),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    # clocks, chance, and the size of the machine
    "clock_getres": (229, 114),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "getcpu": (309, 168),
    "getrandom": (318, 278),
    "getrusage": (98, 165),
    "gettimeofday": (96, 169),
    "nanosleep": (35, 101),
    "sysinfo": (99, 179),
    "time": (201, None),
    "times": (100, 153),
    "uname": (63, 160),
}
_CLONE, _CLONE3, _PRCTL, _SECCOMP = (56, 220), (435, 435), (157, 167), (317, 277)
_NEWEST = 450
"""Numbers beyond it are newer than Linux 5.17, and a libc that tries them can do without."""
_THREAD = 0x00010000  # CLONE_THREAD, linux/sched.h
_NAMES = (15, 16, 0x53564D41)  # PR_SET_NAME, PR_GET_NAME, PR_SET_VMA: names of threads and of memory

_NUMBER, _ARCHITECTURE, _FIRST_ARGUMENT = 0, 4, 16  # offsets in struct seccomp_data, little-endian
_LOAD, _EQUAL, _GREATER, _NOT_LESS, _ANY_BIT, _RETURN = 0x20, 0x15, 0x25, 0x35, 0x45, 0x06
_ALLOW, _KILL = 0x7FFF0000, 0x80000000
_MODE_FILTER, _TO_ALL_THREADS = 1, 1


def program(machine: Machine) -> bytes:
    """The filter for `machine`, an array of struct sock_filter."""
    column = machine.column
    steps = [
        _step(_LOAD, _ARCHITECTURE),
        _step(_EQUAL, machine.audit, 1, 0),
        _step(_RETURN, _KILL),  # another processor's numbers, as through int 0x80: no library of ours does that
        _step(_LOAD, _NUMBER),
        *_if(_NOT_LESS, machine.beyond, _refusal(errno.EPERM)),
    ]
    for numbers in _ALLOWED.values():
        number = numbers[column]
        if number is not None:
            steps += _if(_EQUAL, number, _ALLOW)
    steps += _if(_EQUAL, _CLONE3[column], _refusal(errno.ENOSYS))
    steps += _if_first_argument(_CLONE[column], _if(_ANY_BIT, _THREAD, _ALLOW))
    steps += _if_first_argument(_PRCTL[column], [step for name in _NAMES for step in _if(_EQUAL, name, _ALLOW)])
    steps += _if(_GREATER, _NEWEST, _refusal(errno.ENOSYS))
    steps.append(_step(_RETURN, _refusal(errno.EPERM)))
    return b"".join(steps)


def enter() -> None:
    """Refuse all calls but those above, in this process and for good. The caller has set PR_SET_NO_NEW_PRIVS.

    Raises:
        OSError: the kernel has no such filters, or forbids them.
        NotImplementedError: no filter for this processor.
    """
    machine = MACHINES.get(platform.machine())
    if machine is None or sys.maxsize < 2**32:  # a program of 32 bits uses other numbers on the same processor
        raise NotImplementedError(f"none for {platform.machine()} with {sys.maxsize.bit_length() + 1} bits")
    steps = program(machine)
    held = ctypes.create_string_buffer(steps, len(steps))
    header = struct.pack("@HP", len(steps) // 8, ctypes.addressof(held))  # struct sock_fprog
    libc = ctypes.CDLL(None, use_errno=True)
    call = ctypes.c_long(_SECCOMP[machine.column])
    # With that flag the kernel answers with the id of a thread that it could not hold to the filter.
    result = libc.syscall(call, ctypes.c_ulong(_MODE_FILTER), ctypes.c_ulong(_TO_ALL_THREADS), header)
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"seccomp: {errno.errorcode.get(code, code)}")
    if result > 0:
        raise OSError(errno.EBUSY, f"seccomp: thread {result} has a filter of its own")


def _step(code: int, operand: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("<HBBI", code, if_true, if_false, operand)


def _if(comparison: int, operand: int, answer: int) -> list[bytes]:
    return [_step(comparison, operand, 0, 1), _step(_RETURN, answer)]


def _if_first_argument(number: int, tests: list[bytes]) -> list[bytes]:
    """Run `tests` on the low half of the first argument of one call, and refuse it if none of them answers."""
    inside = [_step(_LOAD, _FIRST_ARGUMENT), *tests, _step(_RETURN, _refusal(errno.EPERM))]
    return [_step(_EQUAL, number, 0, len(inside)), *inside]


def _refusal(error: int) -> int:
    return 0x00050000 | error  # SECCOMP_RET_ERRNO
