"""The filter on system calls, run call by call as the kernel would, for every processor that has one."""

from __future__ import annotations

import errno
import struct

import pytest

from geacc_proxy.classify import seccomp
from geacc_proxy.classify.seccomp import MACHINES, Machine, program

ALLOW, KILL, REFUSED = 0x7FFF0000, 0x80000000, 0x00050000
EPERM, ENOSYS = REFUSED | errno.EPERM, REFUSED | errno.ENOSYS
NUMBERS = {  # asm/unistd_64.h and asm-generic/unistd.h
    "read": {"x86_64": 0, "aarch64": 63},
    "write": {"x86_64": 1, "aarch64": 64},
    "futex": {"x86_64": 202, "aarch64": 98},
    "mmap": {"x86_64": 9, "aarch64": 222},
    "munmap": {"x86_64": 11, "aarch64": 215},
    "exit_group": {"x86_64": 231, "aarch64": 94},
    "openat": {"x86_64": 257, "aarch64": 56},
    "openat2": {"x86_64": 437, "aarch64": 437},
    "newfstatat": {"x86_64": 262, "aarch64": 79},
    "socket": {"x86_64": 41, "aarch64": 198},
    "connect": {"x86_64": 42, "aarch64": 203},
    "sendmsg": {"x86_64": 46, "aarch64": 211},
    "execve": {"x86_64": 59, "aarch64": 221},
    "execveat": {"x86_64": 322, "aarch64": 281},
    "kill": {"x86_64": 62, "aarch64": 129},
    "tgkill": {"x86_64": 234, "aarch64": 131},
    "pidfd_send_signal": {"x86_64": 424, "aarch64": 424},
    "ptrace": {"x86_64": 101, "aarch64": 117},
    "process_vm_writev": {"x86_64": 311, "aarch64": 271},
    "io_uring_setup": {"x86_64": 425, "aarch64": 425},
    "memfd_create": {"x86_64": 319, "aarch64": 279},
    "prlimit64": {"x86_64": 302, "aarch64": 261},
    "unshare": {"x86_64": 272, "aarch64": 97},
    "bpf": {"x86_64": 321, "aarch64": 280},
    "setpriority": {"x86_64": 141, "aarch64": 140},
    "fcntl": {"x86_64": 72, "aarch64": 25},
    "ioctl": {"x86_64": 16, "aarch64": 29},
}
CLONE, CLONE3, PRCTL = {"x86_64": 56, "aarch64": 220}, 435, {"x86_64": 157, "aarch64": 167}
CLONE_THREAD, THREAD_OF_LIBC, FORK_OF_LIBC = 0x00010000, 0x003D0F00, 0x01200011
allowed = ("read", "write", "futex", "mmap", "munmap", "exit_group")
refused = tuple(name for name in NUMBERS if name not in allowed)
every_machine = pytest.mark.parametrize("name", MACHINES)


def answer(machine: Machine, number: int, first_argument: int = 0, audit: int | None = None) -> int:
    """What the filter says of one call (classic BPF; the instructions that the filter uses)."""
    architecture = machine.audit if audit is None else audit
    data = struct.pack("<IIQ6Q", number & 0xFFFFFFFF, architecture, 0, first_argument, *[0] * 5)
    code = program(machine)
    accumulator = at = 0
    while True:
        operation, if_true, if_false, operand = struct.unpack_from("<HBBI", code, at * 8)
        at += 1
        match operation:
            case 0x20:
                (accumulator,) = struct.unpack_from("<I", data, operand)
            case 0x06:
                return operand
            case 0x15:
                at += if_true if accumulator == operand else if_false
            case 0x25:
                at += if_true if accumulator > operand else if_false
            case 0x35:
                at += if_true if accumulator >= operand else if_false
            case 0x45:
                at += if_true if accumulator & operand else if_false
            case _:
                raise AssertionError(f"no such operation: {operation:#x}")


@every_machine
@pytest.mark.parametrize("call", allowed)
def test_what_computing_takes_is_allowed(name: str, call: str) -> None:
    assert answer(MACHINES[name], NUMBERS[call][name]) == ALLOW


@every_machine
@pytest.mark.parametrize("call", refused)
def test_what_reaches_outside_is_refused(name: str, call: str) -> None:
    assert answer(MACHINES[name], NUMBERS[call][name]) == EPERM


@every_machine
def test_threads_are_made_and_processes_are_not(name: str) -> None:
    machine = MACHINES[name]
    assert THREAD_OF_LIBC & CLONE_THREAD
    assert answer(machine, CLONE[name], THREAD_OF_LIBC) == ALLOW
    assert answer(machine, CLONE[name], FORK_OF_LIBC) == EPERM
    assert answer(machine, CLONE3) == ENOSYS


@every_machine
def test_a_thread_is_given_a_name_and_no_privileges_change(name: str) -> None:
    machine = MACHINES[name]
    assert answer(machine, PRCTL[name], 15) == ALLOW
    for other in (0, 4, 22, 38):
        assert answer(machine, PRCTL[name], other) == EPERM


@every_machine
def test_what_is_newer_than_the_list_does_not_exist(name: str) -> None:
    for number in (500, 4000, 0x3FFFFFFF):
        assert answer(MACHINES[name], number) == ENOSYS


def test_another_abi_of_the_same_processor_is_no_way_round() -> None:
    x32 = 0x40000000
    for call in ("read", "openat", "execve"):
        assert answer(MACHINES["x86_64"], x32 | NUMBERS[call]["x86_64"]) == EPERM
    assert answer(MACHINES["x86_64"], -1) == EPERM


@every_machine
def test_the_numbers_of_another_processor_end_the_process(name: str) -> None:
    i386 = 0x40000003
    assert answer(MACHINES[name], NUMBERS["read"][name], audit=i386) == KILL


def test_an_unknown_processor_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seccomp.platform, "machine", lambda: "riscv64")
    with pytest.raises(NotImplementedError, match="riscv64"):
        seccomp.enter()
