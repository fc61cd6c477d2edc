"""Where the figures come from."""

from __future__ import annotations

import datetime
import os
import platform
from importlib.metadata import version
from pathlib import Path

_PACKAGES = ("mitmproxy", "ai-edge-litert", "pillow", "numpy", "keras", "tensorflow-cpu")


def machine() -> str:
    """One line: date, processors, memory, versions."""
    total = int(Path("/proc/meminfo").read_text().split()[1]) / 1024**2
    versions = ", ".join(f"{name} {version(name)}" for name in _PACKAGES)
    return (
        f"{datetime.date.today().isoformat()}; {len(os.sched_getaffinity(0))} processors ({_processor()}), "
        f"{total:.0f} GB; {platform.system()}, Python {platform.python_version()}, {versions}"
    )


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
