"""TensorFlow, imported once, and real processes that train."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest

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
            [sys.executable, "-m", "geacc_proxy", "train", *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return begin
