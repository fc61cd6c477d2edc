"""TensorFlow, imported once, and real processes that train."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

# The command as the program runs it.
_PROGRAM = """
import sys
from geacc_proxy.cli import application, train
application.app.command("train")(train.train)
if __name__ == "__main__":
    sys.exit(application.execute(["train", *sys.argv[1:]]))
"""

Start = Callable[..., subprocess.Popen[str]]


@pytest.fixture(scope="session")
def tensorflow() -> ModuleType:
    """TensorFlow, quiet, deterministic and seeded."""
    from geacc_proxy.lab.training.runtime import start_tensorflow

    start_tensorflow(0, "float32")
    import tensorflow

    return tensorflow


@pytest.fixture(scope="session")
def start() -> Start:
    """Start `geacc-proxy train` with arguments; its output can be read."""

    def begin(*arguments: str | Path) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return begin
