"""What one who has taken a worker over would try, and judges that try it when they are asked to.

Run as a program, it tries the same without a sandbox, where all of it works.
"""

from __future__ import annotations

import ctypes
import errno
import json
import mmap
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

from geacc_proxy.classify.worker import load
from geacc_proxy.images.caps import Caps
from geacc_proxy.models import registry
from geacc_proxy.verdict import Failure, Unjudged, Verdict

PROBE, EXEC = b"probe", b"exec"
_libc = ctypes.CDLL(None, use_errno=True)


def _connect() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()


def _unix_socket() -> None:
    for end in socket.socketpair():
        end.close()


def _read() -> None:
    with open("/etc/passwd", "rb") as file:  # noqa: PTH123  (no layer between this and open(2))
        file.read(1)


def _write() -> None:
    path = f"/tmp/geacc-probe-{os.getpid()}"
    with open(path, "wb"):  # noqa: PTH123
        os.unlink(path)  # noqa: PTH108


def _fork() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _spawn() -> None:
    os.waitpid(os.posix_spawn("/bin/true", ["true"], {}), 0)


def _ptrace() -> None:
    child = os.fork() if not _sandboxed() else os.getppid()
    if child == 0:
        time.sleep(5)
        os._exit(0)
    try:
        if _libc.ptrace(0x4206, ctypes.c_long(child), None, None) != 0:  # PTRACE_SEIZE
            raise OSError(ctypes.get_errno(), "ptrace")
    finally:
        if child != os.getppid():
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)


def _sandboxed() -> bool:
    try:
        os.close(os.dup(0))
    except OSError:
        return True
    return False


def _raise_limit() -> None:
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


def _memory_beside_the_limit() -> None:
    os.close(os.memfd_create("beside"))


FORBIDDEN: dict[str, Callable[[], object]] = {
    "make a socket": lambda: socket.socket().close(),
    "connect": _connect,
    "make a Unix socket": _unix_socket,
    "read a file": _read,
    "write a file": _write,
    "list a folder": lambda: os.scandir("/").close(),
    "look at a file": lambda: Path("/etc/passwd").stat(),
    "fork": _fork,
    "start a program": _spawn,
    "signal the parent": lambda: os.kill(os.getppid(), 0),
    "trace another process": _ptrace,
    "change its limits": _raise_limit,
    "make memory that no limit counts": _memory_beside_the_limit,
}


def _thread() -> None:
    ran = threading.Event()
    thread = threading.Thread(target=ran.set)
    thread.start()
    thread.join()
    if not ran.is_set():
        raise OSError(errno.EAGAIN, "no thread")


NEEDED: dict[str, Callable[[], object]] = {
    "run a thread": _thread,
    "take memory": lambda: mmap.mmap(-1, 2**20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS).close(),
    "sleep": lambda: time.sleep(0.001),
    "tell the time": time.time,
    "get random bytes": lambda: os.urandom(16),
}


def outcomes(attempts: dict[str, Callable[[], object]]) -> dict[str, str]:
    """The name of the error that each attempt ends in; empty where it works."""
    found = {}
    for name, attempt in attempts.items():
        try:
            attempt()
        except OSError as error:
            found[name] = errno.errorcode.get(error.errno or 0, str(error))
        else:
            found[name] = ""
    return found


def run_another_program() -> None:
    os.execv("/bin/true", ["true"])


class Prober:
    """Judges pictures as workers do, and tries things when a body names them."""

    def __init__(self) -> None:
        self._judge = load(registry.find(), Caps())

    def verdict(self, body: bytes, content_type: str) -> Verdict:
        if body == PROBE:
            return Unjudged(Failure.INTERNAL, json.dumps([outcomes(FORBIDDEN), outcomes(NEEDED)]))
        if body == EXEC:
            run_another_program()
        return self._judge.verdict(body, content_type)


class Unruly:
    """Judges nothing, and does what a body says."""

    def verdict(self, body: bytes, content_type: str) -> Verdict:
        match body.decode().split():
            case ["hang", seconds]:
                time.sleep(float(seconds))
            case ["crash", _]:
                os._exit(3)
            case ["half", pipe]:  # a length, and then less than that
                os.write(int(pipe), b"\0\0\1\0half")
                time.sleep(60)
            case ["endless", pipe]:
                os.write(int(pipe), b"\x7f\xff\xff\xff" + bytes(1000))
                time.sleep(60)
            case ["nonsense", pipe]:
                os.write(int(pipe), b"\0\0\0\5{nan}")
            case ["fault", _]:
                raise ValueError("a fault of ours")
            case ["memory", _]:
                bytes(2**40)
        return Unjudged(Failure.NOT_A_PICTURE, f"{os.getpid()} {content_type}")


def broken() -> Unruly:
    raise RuntimeError("no model today")


if __name__ == "__main__":
    if sys.argv[1:] == ["exec"]:
        run_another_program()
        raise SystemExit("still here")
    print(json.dumps([outcomes(FORBIDDEN), outcomes(NEEDED)]))
