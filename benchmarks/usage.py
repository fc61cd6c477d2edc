"""Processor time and memory of a process and all that it started, from /proc."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_MB = 1e6


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory of a family of processes, MB (10⁶ bytes).

    Attributes:
        pss: shared pages counted once, divided among those who share them.
        rss: the sum of what each has resident, shared pages counted each time.
        processes: how many there are.
    """

    pss: float
    rss: float
    processes: int


def cpu_seconds(root: int) -> float:
    """Processor time of `root` and all its descendants, those that have ended included."""
    total = 0
    for pid in family(root):
        fields = _stat(pid)
        if fields is not None:
            # utime, stime, and the same of children that were waited for: a child is in one of the two, never both.
            total += sum(map(int, fields[11:15]))
    return total / _TICKS


def memory(root: int) -> Memory:
    """Resident memory now."""
    pss = rss = count = 0
    for pid in family(root):
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        sizes = {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines[1:]}
        pss += sizes["Pss"]
        rss += sizes["Rss"]
        count += 1
    return Memory(pss / _MB, rss / _MB, count)


def family(root: int) -> list[int]:
    """`root` and all its living descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal() and (fields := _stat(int(entry.name))) is not None:
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found = [root]
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat after the name, which may hold blanks: state, parent, …; None when it has ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
