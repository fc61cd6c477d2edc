"""A start does not pay for what a filter has no use for."""

import subprocess
import sys

import pytest

_PROGRAM = """
import sys
from geacc_proxy.gateways.mitm.lean import import_addons_one_by_one
import_addons_one_by_one()
import geacc_proxy.gateways.mitm.runner, geacc_proxy.gateways.mitm.addon, geacc_proxy.web.app, geacc_proxy.web.server
print(*sorted(name for name in sys.modules if "." not in name))
"""


@pytest.fixture(scope="module")
def imported() -> set[str]:
    """Top-level modules that the proxy process has after it imported its gateway and its pages."""
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True, timeout=60)
    return set(done.stdout.split())


@pytest.mark.parametrize(
    "heavy", ["flask", "ldap3", "tornado", "PIL", "numpy", "ai_edge_litert", "tensorflow", "resvg_py"]
)
def test_the_proxy_process_does_not_load_it(heavy: str, imported: set[str]) -> None:
    assert "mitmproxy" in imported
    assert heavy not in imported
