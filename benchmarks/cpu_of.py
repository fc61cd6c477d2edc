"""Run a command to its end and print the processor time, in seconds, of all the processes that it took."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import sys

_PR_SET_CHILD_SUBREAPER = 36


def cpu_of(*command: object) -> float:
    """Seconds of processor time."""
    words = [sys.executable, "-m", "benchmarks.cpu_of", *map(str, command)]
    return float(subprocess.run(words, check=True, capture_output=True, text=True).stdout)


def main(command: list[str]) -> None:
    """Count grandchildren too that outlive their parents, such as a pool's: they become children of this process."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")
    subprocess.run(command, check=True, stdout=sys.stderr, stdin=subprocess.DEVNULL)
    while True:
        try:
            os.wait()
        except ChildProcessError:
            break
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(used.ru_utime + used.ru_stime)


if __name__ == "__main__":
    main(sys.argv[1:])
