"""What the measured programs find in their environment: the same for all, and nothing of whoever measures."""

from __future__ import annotations

import os
from pathlib import Path


def prepare(directory: Path) -> None:
    """Let every program that is started from here on keep its bytecode, in `directory`.

    A second start finds it there, as it would on any machine but one that forbids Python to write it: without it, a
    start would measure the compiler.
    """
    for name in [name for name in os.environ if name.startswith("GEACC_")]:
        del os.environ[name]
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    os.environ["PYTHONPYCACHEPREFIX"] = str(directory)
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
