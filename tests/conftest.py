"""What all tests share: a browser test without a browser is skipped, and fails where CI is set."""

from __future__ import annotations

import os
import shutil

import pytest

# ONNX Runtime would tell its makers of every test that imports it.
os.environ["ORT_DISABLE_TELEMETRY"] = "1"


def pytest_runtest_setup(item: pytest.Item) -> None:
    if item.get_closest_marker("browser") is None:
        return
    missing = [tool for tool in ("chromium", "certutil") if shutil.which(tool) is None]
    if not missing:
        return
    explanation = f"a browser test needs {' and '.join(missing)} (Debian: chromium, libnss3-tools)"
    if os.environ.get("CI"):
        pytest.fail(explanation, pytrace=False)
    pytest.skip(explanation)
